"""Promises of who watches, by what they are told."""

from dataclasses import dataclass, field

import pytest

from snippets.contract import Verdict
from snippets.contract.observation import Done
from tests.unit.fake_servers import Told, judged


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
