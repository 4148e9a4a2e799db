"""Promises of a release by what they are told: what they believe, and what they do not."""

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import msgspec
import pytest

from snippets.contract import DEPLOYED, Verdict
from snippets.contract.deployment.cut import NOTICED, Mishap, cut
from snippets.contract.deployment.description import HELD, NEXT
from snippets.contract.observation import Done, Reply
from snippets.errors import ContainerError
from tests.unit.fake_servers import APP, Told, judged

if TYPE_CHECKING:
    from snippets.contract.deployment.subject import Deployed


@dataclass
class Released(Told):
    """One that serves what was released to it; of a bad version it serves `bad`, where that is given.

    `visited` are the answers that visitors got besides those of the versions that served meanwhile. What it runs on is
    replaced by an update, which exits with `updated`.
    """

    serves: str = ""
    bad: str | None = None
    refuses: bool = True
    stays: bool = False
    loses: bool = False
    late_s: float = 25.0
    waits: list[bool] = field(default_factory=lambda: [False, True])
    dark: bool = False
    writes: bool = True
    worked: str = "1 1"
    forgets: bool = False
    visited: dict[str, int] = field(default_factory=dict)
    waited: dict[str, int] = field(default_factory=lambda: {"200": 3})
    seen: set[str] = field(default_factory=set)
    updated: int = 0
    replaces: bool = True

    def get(self, path: str, *, headers: Mapping[str, str] | None = None, timeout_s: float = 5.0) -> Reply:
        """The version that serves."""
        del path, headers, timeout_s
        return Reply(status=200, body=f"v{self.serves}".encode(), headers={}, whole=True, took_s=0.1)

    def release(self, version: str = "") -> Done:
        """As it was laid out."""
        self.seen |= {f"v{self.serves}"}
        is_bad, status = version in APP.versions.bad, 0
        if version == HELD and self.waits.pop():
            return Done(status=0 if self.stays else 1, stdout="", stderr="", took_s=self.late_s)
        if is_bad:
            self.serves = self.bad if self.bad is not None else self.serves
            status = 1 if self.refuses else 0
        elif not self.stays:
            self.serves = version
        self.seen |= {f"v{self.serves}"}
        return Done(status=status, stdout="", stderr="", took_s=1.0)

    def run(self, command: str, *, on: str = "", check: bool = True) -> Done:
        """What visitors were answered, each look from anew; what was left there, where it is not forgotten."""
        if command.startswith("cat /run/visits"):
            told = (
                {f"200 {each}": 2 for each in (*self.seen, f"v{self.serves}")}
                | {"200": 9}
                | self.visited
                | ({"HTTPError": 1} if self.loses else {})
            )
            self.seen = set()
            return Done(status=0, stdout=json.dumps(told), stderr="", took_s=0.1)
        if command == "cat /run/written":
            return Done(status=0, stdout="1\n2\n" * self.writes, stderr="", took_s=0.1)
        if command.startswith("cat /run/waits"):
            return Done(status=0, stdout=json.dumps(self.waited), stderr="", took_s=0.1)
        if command == APP.update or "(deleted)" in command:
            status = self.updated if command == APP.update else 0
            return Done(status=status, stdout="", stderr="engine.service\n" * self.replaces, took_s=1.0)
        if "pg_locks" in command:
            return Done(status=0, stdout=" 1\n", stderr="", took_s=0.1)
        if command.startswith("curl"):
            return Done(status=7 if self.dark else 0, stdout="", stderr="", took_s=0.1)
        if "worked=" in command:
            return Done(status=0, stdout=self.worked, stderr="", took_s=0.1)
        if "grep --quiet --fixed-strings" in command:
            return Done(status=0, stdout="before-the-way-back-\n" * self.forgets, stderr="", took_s=0.1)
        return super().run(command, on=on, check=check)

    def cut_off(self, version: str, due: Callable[[], bool], *, power: bool) -> bool:
        """Whether it was busy then."""
        del version, power
        due()
        return self.busy

    def disturbed(self, version: str, due: Callable[[], bool], do: Callable[[], object]) -> bool:
        """Likewise, with something done."""
        do()
        return self.cut_off(version, due, power=False)

    def renewed(self) -> "Released":
        """What arrived serves again."""
        self.serves = ""
        return self

    def unsupplied(self) -> AbstractContextManager[None]:
        """As if nobody had a registry."""
        return self.begun()

    def kill(self, name: str) -> None:
        """Nothing is left to tell."""

    def start(self, name: str) -> None:
        """As it was."""


@pytest.mark.parametrize(
    ("told", "is_kept"),
    [
        (Released(), True),
        (Released(stays=True), False),
        (Released(visited={"502": 1}), False),
        (Released(visited={"an empty page": 1}), False),
        (Released(visited={"200 vother": 1}), False),
        (Released(waited={"200": 3, "IncompleteRead": 1}), False),
        (Released(waited={}), False),
    ],
    ids=["kept", "the-old-one-stays", "refused", "empty", "of-a-third", "cut-off", "nobody-waited"],
)
def test_a_release_loses_no_request(told: Released, *, is_kept: bool) -> None:
    """Also none of those that take their time, and the new version is the one that was seen."""
    assert (judged("release-lossless", told)[0] is Verdict.KEPT) == is_kept


@pytest.mark.parametrize(
    ("told", "is_kept"),
    [
        (Released(), True),
        (Released(refuses=False), False),
        (Released(bad="exits"), False),
        (Released(visited={"200 vexits": 1}), False),
        (Released(visited={"503": 4}), False),
    ],
    ids=["kept", "ends-well", "serves", "was-seen", "down"],
)
def test_a_bad_version_gets_no_visitor(told: Released, *, is_kept: bool) -> None:
    """And the command fails, or nobody hears of it."""
    assert (judged("bad-release-refused", told)[0] is Verdict.KEPT) == is_kept


@pytest.mark.parametrize(
    ("told", "is_kept"),
    [
        (Released(serves=NEXT), True),
        (Released(stays=True), False),
        (Released(loses=True), False),
        (Released(forgets=True), False),
    ],
    ids=["kept", "no-way-back", "a-request-lost", "a-datum-lost"],
)
def test_the_way_back_loses_nothing(told: Released, *, is_kept: bool) -> None:
    """Whatever was released before."""
    assert (judged("rolls-back", told)[0] is Verdict.KEPT) == is_kept


def test_a_way_back_has_its_time() -> None:
    """It is stated."""
    hasty = msgspec.structs.replace(APP, back_s=-1.0)
    assert DEPLOYED["rolls-back"].judge(cast("Deployed", Released()), hasty).verdict is Verdict.BROKEN


@pytest.mark.parametrize(
    ("told", "is_kept"),
    [
        (Released(waits=[False]), True),
        (Released(waits=[True]), False),
        (Released(waits=[False], loses=True), False),
        (Released(waits=[False], visited={"200 vother": 1}), False),
    ],
    ids=["kept", "one-fails", "a-request-lost", "two-serve-in-the-end"],
)
def test_two_releases_at_once_end_with_one_version(told: Released, *, is_kept: bool) -> None:
    """Both end well, and all copies are of the same."""
    assert (judged("migrates-once", told)[0] is Verdict.KEPT) == is_kept


@pytest.mark.parametrize(
    ("told", "is_kept"),
    [
        (Released(), True),
        (Released(visited={"TimeoutError": 2}), False),
        (Released(late_s=91.0), False),
        (Released(stays=True), False),
        (Released(waits=[False, False]), False),
        (Released(waits=[True, True]), False),
    ],
    ids=["kept", "visitors-wait", "too-late", "says-nothing", "did-not-wait", "never-gets-there"],
)
def test_a_migration_yields(told: Released, *, is_kept: bool) -> None:
    """It gives up beside a reader, in its time, and gets there without."""
    assert (judged("migration-yields", told)[0] is Verdict.KEPT) == is_kept


def test_without_a_registry_it_runs_on() -> None:
    """Also after a boot."""
    assert judged("runs-what-was-released", Released(serves=NEXT))[0] is Verdict.KEPT
    dark = judged("runs-what-was-released", Released(dark=True))
    assert (dark[0], "without a registry nobody serves" in dark[1]) == (Verdict.BROKEN, True)


@pytest.mark.parametrize(
    ("told", "is_kept"),
    [
        (Released(), True),
        (Released(dark=True), False),
        (Released(busy=False), False),
        (Released(forgets=True), False),
        (Released(writes=False), False),
        (Released(stays=True), False),
        (Released(updated=100), False),
        (Released(replaces=False), False),
    ],
    ids=[
        *("kept", "nobody-serves", "cut-too-late", "a-write-lost", "nobody-wrote", "does-not-go-on"),
        *("update-fails", "nothing-is-updated"),
    ],
)
def test_a_release_survives_a_cut(told: Released, *, is_kept: bool) -> None:
    """It counts while it is busy, and with somebody who writes."""
    assert (judged("release-survives-cut", told)[0] is Verdict.KEPT) == is_kept


@dataclass
class Noticed(Released):
    """One whose visitors are told of these versions when they ask, one after the other, or of none: nobody answers."""

    told: list[str] = field(default_factory=list)
    moments: list[bool] = field(default_factory=list)

    def get(self, path: str, *, headers: Mapping[str, str] | None = None, timeout_s: float = 5.0) -> Reply:
        """The next one."""
        if not self.told:
            return super().get(path, headers=headers, timeout_s=timeout_s)
        version = self.told.pop(0)
        if not version:
            raise ContainerError("connection refused")
        return Reply(status=200, body=version.encode(), headers={}, whole=True, took_s=0.1)

    def cut_off(self, version: str, due: Callable[[], bool], *, power: bool) -> bool:
        """As long as that goes on."""
        while self.told:
            self.moments.append(due())
        return super().cut_off(version, due, power=power)


@pytest.mark.parametrize("then", ["v2", ""], ids=["another-version", "nobody"])
def test_a_visitor_notices_another_version_and_nobody(then: str) -> None:
    """The first answer is what serves before, and the next ones while it is released."""
    told = Noticed(told=["v1", "v1", "v1", then])
    seen = cut(cast("Deployed", told), APP, NEXT, NOTICED, Mishap.POWER)

    assert told.moments == [False, False, True]
    assert (seen.noticed, "s, as a visitor first noticed: it serves" in str(seen)) == (True, True)


@pytest.mark.parametrize(
    ("told", "is_kept"),
    [
        (Released(), True),
        (Released(worked="1 0"), False),
        (Released(worked="1 2"), False),
        (Released(worked="1"), False),
        (Released(writes=False, worked=""), False),
    ],
    ids=["kept", "one-not-done", "one-done-twice", "one-not-told-of", "nobody-asked"],
)
def test_jobs_are_done_once_across_a_release(told: Released, *, is_kept: bool) -> None:
    """As many are told of as were asked for, each once."""
    assert (judged("jobs-survive-release", told)[0] is Verdict.KEPT) == is_kept
