"""What a host is made of: what the variable says, and nothing that it does not."""

import pytest

from snippets.engine.subjects.make import CONTAINER, WHOLE, chosen
from snippets.errors import EngineError


@pytest.mark.parametrize(("said", "make"), [(None, CONTAINER), ("container", CONTAINER), ("machine", WHOLE)])
def test_the_variable_says_which(monkeypatch: pytest.MonkeyPatch, said: str | None, make: object) -> None:
    """A container where it says nothing."""
    monkeypatch.delenv("HANDBOOK_HOSTS", raising=False)
    if said:
        monkeypatch.setenv("HANDBOOK_HOSTS", said)

    assert chosen() is make


@pytest.mark.parametrize("said", ["", "machines", "Machine"])
def test_another_word_is_refused(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    """By name, with those that there are: nothing falls back on containers in silence."""
    monkeypatch.setenv("HANDBOOK_HOSTS", said)

    with pytest.raises(EngineError, match=f"HANDBOOK_HOSTS={said} is none of container, machine"):
        chosen()
