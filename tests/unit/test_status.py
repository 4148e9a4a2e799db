"""Who watches from elsewhere, judged by hosts that answer as it was laid out: what is told, and what is not."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

import msgspec
import pytest

from snippets.contract import ADDED, DEPLOYED, Verdict
from snippets.contract.deployment.addition import Status, Trouble, Watched
from snippets.contract.observation import Done, Reply
from tests.unit.fake_servers import APP

if TYPE_CHECKING:
    from snippets.contract.deployment.subject import Deployed

NET, COM = "status.test", "status.example"
WATCHED = Watched(
    deployment=APP,
    status=Status(
        watchers=[NET, COM],
        says="look at {watcher}",
        up="well",
        down="ill",
        told_s=60.0,
        aged="age {unit} {ago_s}",
        looks="silent.timer",
        troubles={"the database is stopped": Trouble(on="app.test", begin="stop it", end="start it")},
    ),
)
SILENCE_S = 7200


@dataclass
class Watching:
    """A site and two who watch it: what they say, what they heard of, and whom they told."""

    told_by: dict[str, bool] = field(default_factory=lambda: {NET: True, COM: True})
    messages: list[str] = field(default_factory=list)
    off: set[str] = field(default_factory=set)
    stopped: bool = False
    heard_s: float = 0.0
    fails: bool = False
    # What is done otherwise than it should be.
    is_blind: bool = False
    is_away: bool = False
    hears_failures: bool = False
    patience: float = 1.0
    has_no_timer: bool = False

    def run(self, command: str, *, on: str = "", check: bool = True) -> Done:
        """By the words of the command."""
        del check
        match command.split():
            case ["stop", "it"]:
                self._tell(stopped=True)
            case ["start", "it"]:
                self._tell(stopped=False)
            case ["look", "at", watcher]:
                return said("" if watcher in self.off else self._page(watcher))
            case ["age", _, ago_s]:
                self.heard_s = float(ago_s)
            case ["curl", *_]:
                return said(status=7 if self.is_away else 0)
            case ["systemctl", "show", "--property=Unit", "--value", timer]:
                return said(timer.replace(".timer", ".service"))
            case _ if "try-restart" in command:
                self._looks(on)
            case ["systemctl", "start", "silent.service"]:
                return said(status=int(self._is_silent()))
            case ["systemctl", "start", _]:
                self._ran()
            case _ if "fails.conf" in command:
                self.fails = "/bin/false" in command
            case _ if ".d" in command and on == "app.test":
                self.fails = False
                self._ran()
        return said()

    def _ran(self) -> None:
        if not self.fails or self.hears_failures:
            self.heard_s = 0.0

    def _looks(self, watcher: str) -> None:
        if self.told_by[watcher] and self._is_silent() and not self.has_no_timer:
            self.messages.append(f"{watcher}: certificate.service is silent")

    def _is_silent(self) -> bool:
        return self.heard_s > SILENCE_S * self.patience

    def _page(self, watcher: str) -> str:
        others = self.off - {watcher}
        return "ill" if not self.is_blind and (self.stopped or others) else "well"

    def _tell(self, *, stopped: bool) -> None:
        self.stopped = stopped
        self._say()

    def _say(self) -> None:
        tellers = [name for name, tells in self.told_by.items() if tells and name not in self.off]
        self.messages += [f"{name} says it is {self._page(name)}" for name in tellers]

    def told(self) -> list[str]:
        """So far."""
        return self.messages

    def kill(self, unit: str = "") -> None:
        """A host."""
        self.off.add(unit)
        self._say()

    def start(self, unit: str = "") -> None:
        """A host."""
        self.off.discard(unit)
        self._say()

    def get(self, path: str, *, headers: object = None, timeout_s: float = 5.0) -> Reply:
        """The site."""
        del path, headers, timeout_s
        return Reply(status=200, body=b"", headers={}, whole=True, took_s=0.0)

    def await_(self, what: Callable[[], bool], timeout_s: float) -> float | None:
        """Asked once."""
        del timeout_s
        return 0.1 if what() else None

    def renewed(self) -> "Watching":
        """Itself."""
        return self


def said(stdout: str = "", status: int = 0) -> Done:
    """A command that ended so."""
    return Done(status=status, stdout=stdout, stderr="", took_s=1.0)


def judged(slug: str, servers: Watching) -> tuple[Verdict, str]:
    """The verdict, and what was seen."""
    finding = DEPLOYED[slug].judge(cast("Deployed", servers), WATCHED)
    return finding.verdict, finding.seen


@pytest.mark.parametrize("slug", [promise.slug for promise in ADDED["status"]])
def test_what_is_as_it_should_be_is_kept(slug: str) -> None:
    """Each of them."""
    verdict, seen = judged(slug, Watching())

    assert verdict is Verdict.KEPT, seen


@pytest.mark.parametrize(
    ("slug", "servers", "seen"),
    [
        ("outage-told", Watching(told_by={NET: True, COM: False}), f"stopped: not told ({COM} tells nobody)"),
        (
            "outage-told",
            Watching(is_blind=True),
            f"({NET} tells nobody, {COM} tells nobody, the page of {NET} do",
        ),
        ("outage-told", Watching(is_away=True), "and not that it was over (the site itself does not serve again)"),
        ("outage-told", Watching(stopped=True), "at first not all of 2 pages say well"),
        ("silence-told", Watching(told_by={NET: True, COM: False}), "1 of 2 tell somebody"),
        ("silence-told", Watching(hears_failures=True), "0 of 2 tell somebody"),
        ("silence-told", Watching(patience=0.5), f"{NET} and {COM} misses them"),
        ("silence-told", Watching(patience=10.0), "0 of 2 tell somebody"),
        ("silence-told", Watching(has_no_timer=True), "0 of 2 tell somebody"),
    ],
)
def test_what_is_not_is_broken(slug: str, servers: Watching, seen: str) -> None:
    """And it is said how."""
    verdict, told = judged(slug, servers)

    assert verdict is Verdict.BROKEN
    assert seen in told


def test_one_that_watches_alone_is_watched_by_nobody() -> None:
    """While it is switched off nobody says so."""
    alone = replace(WATCHED, status=msgspec.structs.replace(WATCHED.status, watchers=[NET]))
    finding = DEPLOYED["outage-told"].judge(cast("Deployed", Watching(told_by={NET: True})), alone)

    assert finding.verdict is Verdict.BROKEN
    assert f"{NET} is switched off: not told (nobody looks)" in finding.seen
