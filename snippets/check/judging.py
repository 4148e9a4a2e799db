"""An image and its description -> a finding for each promise that was asked, and how the whole of them stands."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum

# Promises that look at pages import these when they are asked: what is missing is missed before anything is built.
import ada_url  # noqa: F401
import tinycss2  # noqa: F401
import webencodings  # noqa: F401

from ..contract import Finding, Promise, Trial, Verdict
from ..contract.container.boot import reachable
from ..contract.container.image import builds_clean
from ..contract.container.resources import fits_memory
from ..contract.observation import PLAIN
from ..contract.project import Project
from ..contract.promise import KILLED, NOT_UP
from ..contract.subject import Image
from ..errors import BuildError, ContainerError, EngineError, NotReadyError
from .guess import Guess


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

    One cause is told once: by `reachable` that it does not come up at all, by `fits-memory` that it is killed for
    its memory. Whatever else that breaks could not be judged.
    """
    with Trial(image) as trial:
        tells = {NOT_UP: reachable.slug if _is_down(trial) else None}
        for promise in asked:
            finding = _left_out(promise, skip) or promise.judge_twice(trial, project)
            if finding.seen.startswith(KILLED) and KILLED not in tells:
                tells[KILLED] = _told_by_memory(finding, trial, project, asked, skip)
            for cause, slug in tells.items():
                if slug and promise.slug != slug and finding.seen.startswith(cause):
                    said = f"it {cause.removesuffix(': ')}: see {slug}"
                    finding = replace(finding, verdict=Verdict.ERROR, seen=said)
            yield finding


def _told_by_memory(
    finding: Finding, trial: Trial, project: Project, asked: Sequence[Promise], skip: Mapping[str, str]
) -> str | None:
    """The promise of memory, where it is asked and broken: then it tells of it, now or later."""
    if fits_memory not in asked or _left_out(fits_memory, skip):
        return None
    told = finding if finding.promise == fits_memory.slug else fits_memory.judge(trial, project)
    return fits_memory.slug if told.verdict is Verdict.BROKEN else None


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
