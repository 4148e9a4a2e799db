"""An image and its description -> a finding for each promise that was asked, and how the whole of them stands."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum

from ..contract import Finding, Promise, Trial, Verdict
from ..contract.container.boot import reachable
from ..contract.container.image import builds_clean
from ..contract.observation import PLAIN
from ..contract.project import Project
from ..contract.promise import NOT_UP
from ..contract.subject import Image
from ..errors import BuildError, ContainerError, EngineError, NotReadyError
from .guess import Guess

# The promise that a container breaks which does not come up.
TELLS = reachable.slug


class Status(IntEnum):
    """How the command ends; 2 is wrong usage."""

    KEPT = 0
    BROKEN = 1
    UNJUDGED = 3


class FailOn(StrEnum):
    """What makes it end with another status than 0: the default, broken promises alone, or nothing at all."""

    UNJUDGED = "unjudged"
    BROKEN = "broken"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was checked, a Dockerfile or an image, on what engine, and what was found.

    `stand_ins` are the bases that no registry answered for, `guessed` is what nobody stated.
    """

    subject: str
    engine: str
    stand_ins: Sequence[str]
    guessed: Sequence[Guess]
    findings: Sequence[Finding]

    def of(self, verdict: Verdict) -> list[Finding]:
        """The findings with this verdict."""
        return [finding for finding in self.findings if finding.verdict is verdict]

    def status(self, fail_on: FailOn) -> Status:
        """What is broken weighs more than what could not be judged."""
        if fail_on is FailOn.NOTHING:
            return Status.KEPT
        if self.of(Verdict.BROKEN):
            return Status.BROKEN
        return Status.UNJUDGED if self.of(Verdict.ERROR) and fail_on is FailOn.UNJUDGED else Status.KEPT

    def __str__(self) -> str:
        """In one line."""
        broken, unjudged = len(self.of(Verdict.BROKEN)), len(self.of(Verdict.ERROR))
        counts = [f"{len(self.of(Verdict.KEPT))} of {len(self.findings)} kept", f"{broken} broken"]
        counts += [f"{unjudged} could not be judged"] * bool(unjudged)
        left_out = len(self.of(Verdict.NOT_APPLICABLE))
        counts += [f"{left_out} not asked"] * bool(left_out)
        return f"{self.subject}: {', '.join(counts)}"


def judged(image: Image, project: Project, asked: Sequence[Promise], skip: Mapping[str, str]) -> Iterator[Finding]:
    """Judge by one promise after the other, on boots that they share; what is broken is judged once more.

    Of a container that does not come up at all one promise says so, and nothing else can be said.
    """
    with Trial(image) as trial:
        is_down = _is_down(trial)
        for promise in asked:
            finding = _left_out(promise, skip) or promise.judge_twice(trial, project)
            if is_down and promise.slug != TELLS and finding.seen.startswith(NOT_UP):
                finding = replace(finding, verdict=Verdict.ERROR, seen=f"it does not come up: see {TELLS}")
            yield finding


def _is_down(trial: Trial) -> bool:
    try:
        with trial.boot(PLAIN):
            return False
    except NotReadyError:
        return True
    except (ContainerError, EngineError):
        # Whoever needs it hears of it.
        return False


def unbuilt(error: BuildError, asked: Sequence[Promise], skip: Mapping[str, str]) -> Iterator[Finding]:
    """Of an image that does not build nothing can be said but that."""
    last = error.log.strip().rpartition("\n")[2]
    for promise in asked:
        left_out = _left_out(promise, skip)
        if left_out or promise.slug != builds_clean.slug:
            yield left_out or _finding(promise, Verdict.ERROR, f"{error.summary} {last}")
        else:
            yield _finding(promise, Verdict.BROKEN, str(error))


def _left_out(promise: Promise, skip: Mapping[str, str]) -> Finding | None:
    reason = skip.get(promise.slug)
    return _finding(promise, Verdict.NOT_APPLICABLE, reason) if reason else None


def _finding(promise: Promise, verdict: Verdict, seen: str) -> Finding:
    return Finding(promise=promise.slug, rules=promise.rules, verdict=verdict, seen=seen, took_s=0.0)
