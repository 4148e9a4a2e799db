"""One built image -> the seconds in which all promises are judged on it, in one process, and what they go to."""

import tempfile
import time
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.checkout import MARK
from bench.figure import Figure
from bench.proof import Say
from bench.shell import BenchError
from snippets.catalog import Catalog, load
from snippets.contract import CONTRACT, Finding, Project, Promise, Trial, Verdict
from snippets.contract.subject import Image
from snippets.engine.engine import Engine
from snippets.engine.run import opened
from snippets.engine.subjects.image import BuiltImage

SNIPPET = "flask-pip"
# Its first layers hold this file: what the promises build again is in no cache, as after an edit of a user's.
EDITED = "requirements.txt"
FITTING = (Verdict.KEPT, Verdict.NOT_APPLICABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """How long all promises took, how many containers they booted, and what each of them said."""

    took_s: float
    boots: int
    findings: Sequence[Finding]


def contract(rounds: int, say: Say) -> Figure:
    """Each round judges an image of its own; building that is not in the time."""
    seconds: list[float] = []
    parts: defaultdict[str, list[float]] = defaultdict(list)
    catalog = load()
    with opened() as run, tempfile.TemporaryDirectory(prefix="handbook-contract-") as folder:
        for number in range(rounds):
            image = built(Engine(run=run), catalog, Path(folder) / f"contract-{number}")
            judged = judge(CONTRACT, image, image.project)
            seconds.append(judged.took_s)
            parts["boots"].append(judged.boots)
            for family, took_s in by_family(CONTRACT, judged.findings).items():
                parts[f"{family} s"].append(took_s)
            say(f"contract: {judged.took_s:.1f} s, {judged.boots} boots")
    return Figure.judged(
        "contract", f"{len(CONTRACT)} promises judged on one image that is built, {SNIPPET}",
        limit=60.0, values=seconds, parts=parts, unit="s",
    )  # fmt: skip


def judge(promises: Sequence[Promise], image: Image, project: Project) -> Judged:
    """Judge as the proof of the library does; raises BenchError where one is broken, and so is no measure."""
    started = time.monotonic()
    with Trial(image) as trial:
        findings = [promise.judge_twice(trial, project) for promise in promises]
    took_s = time.monotonic() - started
    if broken := [f"{found.promise} is {found.verdict}: {found.seen}" for found in findings if not _fits(found)]:
        raise BenchError("\n".join(broken))
    return Judged(took_s=took_s, boots=trial.boots, findings=findings)


def by_family(promises: Sequence[Promise], findings: Sequence[Finding]) -> dict[str, float]:
    """Seconds by the families of the promises; ending what ran belongs to none."""
    taken: dict[str, float] = {}
    for promise, finding in zip(promises, findings, strict=True):
        taken[promise.family] = taken.get(promise.family, 0.0) + finding.took_s
    return taken


def _fits(finding: Finding) -> bool:
    return finding.verdict in FITTING


def built(engine: Engine, catalog: Catalog, folder: Path) -> BuiltImage:
    """The snippet's image, with layers that nobody has built before."""
    snippet = catalog.snippets[SNIPPET]
    source = snippet.sources[EDITED]
    return engine.mutant(folder, catalog, snippet, {source.path: f"{source.text}{MARK}{uuid.uuid4().hex}\n"})
