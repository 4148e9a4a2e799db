"""A flood, judged by hosts that answer as it was laid out: who is refused, who is lost, and what is killed."""

import json
import re
from dataclasses import dataclass, field
from itertools import cycle

import pytest

from snippets.contract import Verdict
from snippets.contract.observation import Done
from tests.unit.fake_servers import Told, judged


@dataclass
class Flooded(Told):
    """What it answers in a flood, and what others have of it in that time."""

    few: int = 400
    crowd: dict[str, int] = field(default_factory=lambda: {"200": 900, "503": 80})
    longest_s: float = 12.0
    ssh: int = 0
    page: int = 0
    page_after: int = 0
    killed: bool = False
    took_s: float = 1.0
    # It serves everybody who asks for the page.
    quick: bool = False
    floods: list[tuple[int, int]] = field(default_factory=list)
    slow: list[bool] = field(default_factory=list)

    def run(self, command: str, *, on: str = "", check: bool = True) -> Done:
        """By the words of the command."""
        if "systemd-run" in command:
            said = re.search(r"= ([^\n]*?), (\d+), (\d+), [\d.]+, [\d.]+\n", command)
            assert said, command
            self.slow.append("/slow" in said[1])
            self.floods.append((int(said[2]), int(said[3])))
        elif command.startswith("cat /run/flood.json"):
            served = len(self.floods) == 1 or (self.quick and not self.slow[-1])
            answers = {"200": self.few} if served else self.crowd
            return Done(status=0, stdout=json.dumps([answers, self.longest_s]), stderr="", took_s=1.0)
        elif command.startswith("ssh "):
            return Done(status=self.ssh, stdout="", stderr="", took_s=self.took_s)
        elif command.startswith("curl "):
            # Before somebody sends, beside those who do, and after them.
            sending = self.floods[-1][1] > 0 and next(self._asked) == 0
            return Done(status=self.page if sending else self.page_after, stdout="", stderr="", took_s=1.0)
        elif command == "uptime":
            since = "later" if self.killed and self.floods else "before"
            return Done(status=0, stdout=since, stderr="", took_s=1.0)
        return super().run(command, on=on, check=check)

    def __post_init__(self) -> None:
        """Nobody has asked for the page."""
        self._asked = cycle([0, 1])


def test_who_refuses_in_time_survives() -> None:
    """Everybody is answered, ssh as well, and it is as before."""
    told = Flooded()
    verdict, seen = judged("flood-survived", told)
    assert verdict is Verdict.KEPT, seen
    # A few, twenty seconds' worth of what it serves, and those who send something.
    assert told.floods == [(48, 0), (2000, 0), (100, 8 << 20)]
    assert seen.startswith("2000 at once for / are answered 900 times 200, 80 times 503, the last after 12 s; ssh ")


def test_a_slow_server_is_flooded_as_well() -> None:
    """By five hundred at the least."""
    told = Flooded(few=8)
    judged("flood-survived", told)
    assert told.floods[1] == (500, 0)


def test_what_serves_everybody_is_asked_for_what_takes_its_time() -> None:
    """Nobody is refused who asks for the page, however many they are: that was no flood."""
    told = Flooded(few=8, quick=True)
    verdict, seen = judged("flood-survived", told)
    assert verdict is Verdict.KEPT, seen
    assert told.floods == [(48, 0), (500, 0), (2000, 0), (500, 0), (100, 8 << 20)]
    assert told.slow == [False, False, False, True, False]
    assert "2000 at once for / are answered 8 times 200, the last" in seen
    assert "500 at once for /slow?seconds=14 are answered 900 times 200, 80 times 503" in seen


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (Flooded(crowd={"200": 900}), "are answered 900 times 200, the last"),
        (Flooded(crowd={"200": 9, "503": 9, "TimeoutError": 1}), "1 times TimeoutError"),
        (Flooded(crowd={}), "are answered nothing"),
        (Flooded(longest_s=61.0), "the last after 61 s"),
        (Flooded(ssh=255), "ssh does not answer; beside"),
        (Flooded(took_s=61.0), "ssh does not answer; beside"),
        (Flooded(page=28), "send 8 MiB each the page does not answer"),
        (Flooded(page_after=28), "after the end the page does not answer"),
        (Flooded(killed=True), "something is killed"),
    ],
)
def test_who_does_not_is_told_apart(told: Flooded, words: str) -> None:
    """Each by what was seen of it."""
    verdict, seen = judged("flood-survived", told)
    assert verdict is Verdict.BROKEN
    assert words in seen
