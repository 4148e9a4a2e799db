"""Promises of who watches, by what they are told."""

from dataclasses import dataclass, field

import pytest

from snippets.contract import Verdict
from snippets.contract.observation import Done
from tests.unit.fake_servers import Told, judged
from tests.unit.test_releases import Released


@dataclass
class Watched(Told):
    """One on which what a timer starts has `ended` so after the boot, or has not."""

    ended: str = "success"
    power: list[str] = field(default_factory=list)

    def stop(self, unit: str = "") -> None:
        """Off."""
        self.power.append(f"-{unit}")

    def start(self, unit: str = "") -> None:
        """On."""
        self.power.append(f"+{unit}")

    def run(self, command: str, *, on: str = "", check: bool = True) -> Done:
        """How it ended, or that it has not; all else goes well."""
        if "ExecMainExitTimestampMonotonic" in command:
            return Done(status=0 if self.ended else 1, stdout=f"{self.ended}\n", stderr="", took_s=0.1)
        return super().run(command, on=on, check=check)


@pytest.mark.parametrize(
    ("told", "is_kept", "seen"),
    [
        (
            Watched(),
            True,
            "certificate.timer, missed while the host was off, ends with success within 90 s of the boot",
        ),
        (Watched(ended=""), False, "does not run within 90 s of the boot"),
        (Watched(ended="exit-code"), False, "ends with exit-code"),
    ],
    ids=["kept", "forgets", "fails"],
)
def test_a_missed_timer_runs_after_the_boot(told: Watched, *, is_kept: bool, seen: str) -> None:
    """It does, and does not fail because the host has only just been booted."""
    verdict, said = judged("timers-catch-up", told)

    assert (verdict is Verdict.KEPT, seen in said) == (is_kept, True), said
    assert told.power == ["-app.test", "+app.test"]


@dataclass
class Logged(Released):
    """One whose lines of a request are gone when it was released so often, or off so often."""

    gone_after: int = 9
    past: list[str] = field(default_factory=list)

    def release(self, version: str = "") -> Done:
        """Another container."""
        self.past.append(f"released {version}")
        return super().release(version)

    def stop(self, unit: str = "") -> None:
        """Off."""
        self.past.append(f"off {unit}")

    def run(self, command: str, *, on: str = "", check: bool = True) -> Done:
        """The line, as long as it is there."""
        if command.startswith("journalctl"):
            line = command.removeprefix("journalctl --grep=") if len(self.past) < self.gone_after else ""
            return Done(status=0 if line else 1, stdout=line, stderr="", took_s=0.1)
        return super().run(command, on=on, check=check)


@pytest.mark.parametrize(
    ("told", "is_kept", "seen"),
    [
        (Logged(), True, "at once it is found, after a release it is found, after a boot it is found"),
        (Logged(gone_after=0), False, "at once it is gone"),
        (Logged(gone_after=1), False, "after a release it is gone"),
        (Logged(gone_after=2), False, "after a release it is found, after a boot it is gone"),
    ],
    ids=["kept", "nobody-logs", "with-its-container", "in-memory"],
)
def test_a_line_outlives_its_container_and_a_boot(told: Logged, *, is_kept: bool, seen: str) -> None:
    """Each is asked."""
    verdict, said = judged("log-found", told)

    assert (verdict is Verdict.KEPT, seen in said) == (is_kept, True), said
    assert told.past == ["released next", "off app.test"]


def test_what_is_there_already_replaces_nothing() -> None:
    """Another one is released then."""
    told = Logged(serves="next")

    assert judged("log-found", told)[0] is Verdict.KEPT
    assert told.past == ["released next", "released ", "off app.test"]


def test_a_release_that_replaces_nothing_tells_nothing_of_its_lines() -> None:
    """What wrote the line is there still, and so is the line."""
    verdict, said = judged("log-found", Logged(stays=True))

    assert (verdict, "the release exits 0 and replaces nothing" in said) == (Verdict.BROKEN, True), said
