"""How subjects wait: until it is so, never will be, or two answers agree; and how a log is quoted."""

import pytest

from snippets.engine.subjects import waiting
from snippets.engine.subjects.waiting import awaited, pause_s, quoted, settled
from snippets.errors import ContainerError, NotReadyError


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two questions nobody waits here."""
    monkeypatch.setattr(waiting, "POLL_S", 0.0)
    monkeypatch.setattr(waiting, "SETTLED_S", 0.0)


@pytest.mark.parametrize(("waited_s", "paused_s"), [(0.0, 0.0), (0.5, 0.025), (4.0, 0.2), (10.0, 0.5), (90.0, 0.5)])
def test_who_has_waited_for_long_is_not_asked_at_once(waited_s: float, paused_s: float) -> None:
    """As exact as a twentieth of the answer; and never longer than half a second."""
    assert pause_s(waited_s) == pytest.approx(paused_s)


def nothing() -> None:
    """No reason to wait no longer."""


def test_what_is_so_at_once_is_not_waited_for() -> None:
    """It is told after how many seconds it was so; nobody is asked whether it ever will be."""

    def refuse() -> None:
        raise NotReadyError("exited")

    waited_s = awaited(lambda: True, 5.0, refuse=refuse)

    assert waited_s is not None
    assert waited_s < 1.0


def test_what_becomes_so_is_waited_for() -> None:
    """An answer that does not come is none, and is asked for again."""
    answers = [False, None, True]

    def is_so() -> bool:
        if (answer := answers.pop(0)) is None:
            raise ContainerError("no answer")
        return answer

    assert awaited(is_so, 5.0, refuse=nothing) is not None
    assert answers == []


def test_what_is_never_so_is_given_up() -> None:
    """None is no number of seconds."""
    assert awaited(lambda: False, 0.05, refuse=nothing) is None
    assert awaited(lambda: True, 0.0, refuse=nothing) is None


@pytest.mark.parametrize("answers", [[False], []], ids=["answers-no", "does-not-answer"])
def test_what_never_will_be_is_not_waited_for(answers: list[bool]) -> None:
    """A container that exited says so at once, in its own words."""

    def is_so() -> bool:
        if not answers:
            raise ContainerError("no answer")
        return answers[0]

    def refuse() -> None:
        raise NotReadyError("the container exited with status 3")

    with pytest.raises(NotReadyError, match="exited with status 3"):
        awaited(is_so, 60.0, refuse=refuse)


def test_two_answers_that_agree_are_an_answer() -> None:
    """One after the other: a number that comes back later is none."""
    answers, pauses = iter([1, 2, 1, 1, 3]), list[float]()

    assert settled(lambda: next(answers), pauses.append) == 1
    assert len(pauses) == 3
    assert pauses == sorted(pauses)


def test_answers_that_never_agree_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a time that is enough for every server."""
    monkeypatch.setattr(waiting, "SETTLING_S", 0.02)
    count = iter(range(1_000_000))

    with pytest.raises(TimeoutError):
        settled(lambda: next(count), lambda _: None)


def test_a_log_is_quoted_by_its_end() -> None:
    """So many lines and no more, and of silence it is said that it is."""
    log = "".join(f"line {number}\n" for number in range(100))

    assert quoted("one\ntwo\n\n") == "its last lines:\none\ntwo"
    assert quoted(log).splitlines()[1:] == [f"line {number}" for number in range(80, 100)]
    assert quoted(" \n") == "it printed nothing"


def test_a_line_that_is_too_long_keeps_both_its_ends() -> None:
    """A traceback in one line of JSON has its cause at the end."""
    (line,) = quoted("{" + "x" * 9_000 + "ValueError}").splitlines()[1:]

    assert line.startswith("{xxx")
    assert line.endswith("ValueError}")
    assert " … " in line
    assert len(line) == 3_003


def test_a_quotation_is_bounded() -> None:
    """However long its lines are."""
    log = "\n".join(["y" * 2_500] * 20)

    assert len(quoted(log)) <= len("its last lines:\n") + 6_000
