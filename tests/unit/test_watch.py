"""Promises of who watches, by what they are told."""

from dataclasses import dataclass, field

import pytest

from snippets.contract import Verdict
from snippets.contract.observation import Done
from tests.unit.fake_servers import Told, judged


@dataclass
class Watched(Told):
    """One whose timer runs after a boot where it `catches_up`; somebody is told what is laid out for it."""

    catches_up: bool = True
    alerts: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    up: list[str] = field(default_factory=list)

    def told(self) -> list[str]:
        """All that arrived so far."""
        return self.heard

    def stop(self, unit: str = "") -> None:
        """Off."""
        self.up.append(f"-{unit}")

    def start(self, unit: str = "") -> None:
        """On, and whoever is told of it is."""
        self.up.append(f"+{unit}")
        self.heard = [*self.heard, *self.alerts]

    def run(self, command: str, *, on: str = "", check: bool = True) -> Done:
        """What it starts has begun, or not; all else goes well."""
        if "ExecMainStartTimestampMonotonic" in command:
            return Done(status=0 if self.catches_up else 1, stdout="", stderr="", took_s=0.1)
        return super().run(command, on=on, check=check)


@pytest.mark.parametrize(
    ("told", "is_kept", "seen"),
    [
        (Watched(), True, "runs 0 s after the boot; nobody is told that it fails"),
        (Watched(heard=["of before"]), True, "nobody is told"),
        (Watched(catches_up=False), False, "does not run within 60 s"),
        (Watched(alerts=["canary"]), False, "somebody is told that it fails"),
    ],
    ids=["kept", "told-before", "forgets", "fails"],
)
def test_a_missed_timer_runs_after_the_boot(told: Watched, *, is_kept: bool, seen: str) -> None:
    """It does, and does not fail because the host has only just been booted."""
    verdict, said = judged("timers-catch-up", told)

    assert (verdict is Verdict.KEPT, seen in said) == (is_kept, True), said
    assert told.up == ["-app.test", "+app.test"]
