"""Commands of a page: those that brought it are not run again, and what fails is tried once more."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from snippets.contract import Verdict
from snippets.contract.observation import Done
from snippets.proving.commands import rehearse, rehearse_twice

if TYPE_CHECKING:
    from snippets.catalog.snippet import Snippet
    from snippets.engine.engine import Engine
    from snippets.engine.subjects.servers import Servers


class Arrived:
    """Hosts to which one command has brought something; what is run there afterwards."""

    def __init__(self) -> None:
        self.ran: list[str] = []

    def renewed(self) -> "Arrived":
        """As it was then."""
        self.ran.append("renewed")
        return self

    def brought(self, command: str) -> Done | None:
        """How that one ended."""
        return Done(status=0, stdout="here", stderr="", took_s=9.0) if command == "bring it" else None

    def run(self, command: str, *, check: bool) -> Done:
        """Any other."""
        assert not check
        self.ran.append(command)
        return Done(status=command.count("wrong"), stdout="told", stderr="", took_s=1.0)


def test_commands_that_brought_it_are_not_run_again(tmp_path: Path) -> None:
    """How they ended is what is found; those after them are run until one fails."""
    servers = Arrived()
    commands = {"arrive": "bring it", "look": "look", "break": "wrong", "mend": "mend"}
    findings, last = rehearse(
        cast("Engine", None), cast("Snippet", None), tmp_path, commands, arrived=cast("Servers", servers)
    )

    assert servers.ran == ["renewed", "look", "wrong"]
    assert [(finding.promise, finding.verdict, finding.took_s) for finding in findings] == [
        ("command-arrive", Verdict.KEPT, 9.0),
        ("command-look", Verdict.KEPT, 1.0),
        ("command-break", Verdict.BROKEN, 1.0),
    ]
    assert last == "`wrong`\ntold\nexit status 1"


class Failing(Arrived):
    """Hosts on which a command fails as often as its list says, and then no more."""

    def __init__(self, **left: int) -> None:
        super().__init__()
        self._left = left

    def run(self, command: str, *, check: bool) -> Done:
        """Fail, once less."""
        done = super().run(command, check=check)
        self._left[command] = self._left.get(command, 0) - 1
        return replace(done, status=1) if self._left[command] >= 0 else done


@pytest.mark.parametrize(
    ("left", "expected", "said"),
    [
        ({}, ["exit 0", "exit 0"], ["exit status 0"]),
        ({"look": 1}, ["exit 0", "exit 0; flaky, at the first try: exit 1"], ["exit status 0", "exit status 1"]),
        ({"look": 2}, ["exit 0", "exit 1; at the first try: exit 1"], ["exit status 1", "exit status 1"]),
        ({"up": 1}, ["exit 0; flaky, at the first try: exit 1", "exit 0"], ["exit status 0", "exit status 1"]),
    ],
    ids=["kept", "flaky", "broken", "flaky-early"],
)
def test_commands_that_fail_are_all_run_once_more(
    tmp_path: Path, left: Mapping[str, int], expected: Sequence[str], said: Sequence[str]
) -> None:
    """From the beginning; what holds only then is told as flaky, and what fails twice is broken."""
    servers, snippet = Failing(**left), SimpleNamespace(commands={"up": "up", "look": "look"})

    findings, last = rehearse_twice(
        cast("Engine", None), cast("Snippet", snippet), tmp_path, arrived=cast("Servers", servers)
    )

    assert [finding.seen.replace(" after 1.0 s", "") for finding in findings] == expected
    broken = "exit 1" in expected[-1].partition(";")[0]
    assert [finding.verdict for finding in findings] == [Verdict.KEPT, Verdict.BROKEN if broken else Verdict.KEPT]
    assert [line for line in last.splitlines() if "exit" in line] == list(said)
    assert servers.ran.count("renewed") == len(said)
