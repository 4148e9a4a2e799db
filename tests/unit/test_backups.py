"""Backups, judged by hosts that answer as it was laid out: what is kept, and each way in which it is not."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import pytest

from snippets.contract import ADDED, DEPLOYED, Verdict
from snippets.contract.deployment.addition import BackedUp, Backup, Trouble
from snippets.contract.observation import Done
from snippets.errors import ContainerError
from tests.unit.fake_servers import APP

if TYPE_CHECKING:
    from snippets.contract.deployment.subject import Deployed

STORE = "store.test"
BACKED = BackedUp(
    deployment=APP,
    backup=Backup(
        store=STORE,
        copies="list copies",
        sound="read all",
        thin="thin out",
        leave="leave {nonce} at {url}",
        left="look at {url}",
        sums="sum up",
        empty="empty it",
        troubles={"the disk is full": Trouble(on="app.test", begin="fill the disk", end="empty the disk")},
        attacks={"forget them": "restic forget"},
    ),
)


def done(stdout: str = "", status: int = 0, took_s: float = 1.0) -> Done:
    """A command that ended so."""
    return Done(status=status, stdout=stdout, stderr="", took_s=took_s)


@dataclass
class Backed:
    """An application with a store: what visitors left, the backups, and what is wrong with either."""

    left: list[str] = field(default_factory=list)
    copies: list[list[str]] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    wrong: bool = False
    up: bool = True
    took_s: float = 10.0
    # What is done otherwise than it should be, by the name of the promise that has to notice.
    forgets: Callable[[list[str]], list[str]] = list
    is_deaf: bool = False
    poses: bool = False
    damaged: bool = False
    obeys: bool = False
    stays: bool = False

    def run(self, command: str, *, on: str = "", check: bool = True) -> Done:
        """By the words of the command."""
        del on
        status = 0
        said = ""
        match command.split():
            case ["leave", nonce, *_]:
                self.left.append(nonce)
            case ["look", *_]:
                said = "\n".join(self.left)
            case ["sum", "up"]:
                said = f"{len(self.left)} notes"
            case ["list", "copies"]:
                said = "\n".join(f"copy-{number}" for number, _ in enumerate(self.copies))
            case ["read", "all"]:
                status = int(self.damaged)
            case ["empty", "it"]:
                self._empty()
            case ["fill", *_]:
                self.wrong = True
            case ["empty", "the", "disk"]:
                self.wrong = False
            case ["restic", "forget"] if self.obeys:
                self.copies.clear()
            case ["curl", *_]:
                status = 0 if self.up else 7
        if check and status:
            raise ContainerError(f"`{command}` exits {status}")
        return done(said, status)

    def _empty(self) -> None:
        if not self.stays:
            self.left.clear()
            self.up = False

    def told(self) -> list[str]:
        """So far."""
        return self.messages

    def backup(self) -> Done:
        """As it is now, unless something is wrong."""
        if not self.wrong or self.poses:
            self.copies.append(list(self.left))
        if self.wrong and not self.is_deaf:
            self.messages.append("it failed")
        return done(status=int(self.wrong and not self.poses))

    def restore(self) -> Done:
        """The newest."""
        self.left = self.forgets(list(self.copies[-1]))
        return done("restored", took_s=self.took_s)

    def arrive(self) -> Done:
        """It is up."""
        self.up = True
        return done(took_s=self.took_s)

    def lose(self, name: str) -> None:
        """All that was on it."""
        del name
        self._empty()

    def kill(self, unit: str = "") -> None:
        """The store."""
        del unit
        self.wrong = True

    def start(self, unit: str = "") -> None:
        """The store."""
        del unit
        self.wrong = False

    def await_(self, what: Callable[[], bool], timeout_s: float) -> float | None:
        """Asked once."""
        del timeout_s
        return 0.1 if what() else None

    def renewed(self) -> "Backed":
        """Itself."""
        return self


def judged(slug: str, servers: Backed) -> tuple[Verdict, str]:
    """The verdict, and what was seen."""
    finding = DEPLOYED[slug].judge(cast("Deployed", servers), BACKED)
    return finding.verdict, finding.seen


@pytest.mark.parametrize("slug", [promise.slug for promise in ADDED["backup"]])
def test_what_is_as_it_should_be_is_kept(slug: str) -> None:
    """Each of them."""
    verdict, seen = judged(slug, Backed())

    assert verdict is Verdict.KEPT, seen


@pytest.mark.parametrize(
    ("slug", "servers", "seen"),
    [
        ("backup-restores", Backed(forgets=lambda left: left[:-1]), "is shown ''"),
        ("backup-restores", Backed(stays=True), "not all was taken away"),
        ("backup-restores", Backed(took_s=200.0), "restored in 200 s"),
        ("host-lost", Backed(forgets=lambda left: left[:-1]), "is shown ''"),
        ("host-lost", Backed(took_s=500.0), "1000 s in all"),
        ("host-lost", Backed(stays=True), "nothing was taken away"),
        ("backup-fails-loudly", Backed(is_deaf=True), "the disk is full: it fails, nobody is told"),
        (
            "backup-fails-loudly",
            Backed(poses=True),
            "the disk is full: it ends well, somebody is told, and there is one",
        ),
        ("backup-fails-loudly", Backed(damaged=True), "what is there is damaged"),
        ("backups-outlive-intruder", Backed(obeys=True), "of 2 older backups 2 are gone"),
        ("backups-outlive-intruder", Backed(damaged=True), "what is there is damaged"),
    ],
)
def test_what_is_not_is_broken(slug: str, servers: Backed, seen: str) -> None:
    """And it is said how."""
    verdict, said = judged(slug, servers)

    assert verdict is Verdict.BROKEN
    assert seen in said


def test_who_cannot_find_what_was_left_is_told_so() -> None:
    """A visitor who sees nothing before the backup proves nothing after it."""

    class Blind(Backed):
        def run(self, command: str, *, on: str = "", check: bool = True) -> Done:
            return done() if command.startswith("look") else super().run(command, on=on, check=check)

    verdict, said = judged("backup-restores", Blind())

    assert verdict is Verdict.BROKEN
    assert "a visitor left before-the-backup, and is shown ''" in said
