"""pytest plugin: test outcomes -> records; workers only witness, the controller alone writes."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from statistics import median

import msgspec
import pytest

from ..catalog import Catalog
from ..catalog.snippet import Snippet
from ..contract import Finding
from ..evidence.objection import requirements
from ..evidence.records import Base, Capture, Evidence, Execution, ImageFacts
from ..evidence.standing import State
from ..evidence.store import EvidenceStore
from ..handbook import Handbook
from ..tutorials import FOLDER
from .turns import Believed

FINDING, CAPTURE, EXECUTION = "handbook-finding", "handbook-capture", "handbook-execution"
WITHHELD = "handbook-withheld"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Findings of one test, the snippets they hold for, and what they were seen on."""

    snippets: Sequence[str]
    findings: Sequence[Finding]
    engine: str
    bases: Sequence[Base]
    image: ImageFacts | None = None


class Witness:
    """What a test calls to say what it saw; it travels to the controller with the test's report."""

    def __init__(self, item: pytest.Item) -> None:
        self._item = item

    def testify(self, account: Account) -> None:
        """Findings for one or more snippets."""
        self._attach(FINDING, account)

    def capture(self, capture: Capture) -> None:
        """A pitfall that was caught."""
        self._attach(CAPTURE, capture)

    def execution(self, execution: Execution) -> None:
        """A tutorial that ran to its end."""
        self._attach(EXECUTION, execution)

    def withhold(self, name: str, why: str) -> None:
        """A snippet that could not be judged: its base is nowhere."""
        self._attach(WITHHELD, (name, why))

    def _attach(self, kind: str, what: object) -> None:
        self._item.user_properties.append((kind, msgspec.json.encode(what).decode()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a run did to one record: proven again, changed, or left alone for want of findings."""

    name: str
    complete: bool
    written: bool
    findings: int
    took_s: float


class Recorder:
    """Gathers accounts while tests report, and writes records when all have; `partly` also those of some promises."""

    def __init__(self, catalog: Catalog, store: EvidenceStore, *, partly: bool = False) -> None:
        self._catalog = catalog
        self._store = store
        self._partly = partly
        self._accounts: defaultdict[str, list[Account]] = defaultdict(list)
        self._captures: dict[str, Capture] = {}
        self._executions: dict[str, Execution] = {}
        self.withheld: dict[str, str] = {}
        self.believed = Believed()
        self._committed: Handbook | None = None
        self.written: list[Written] = []

    def believe(self, records: Believed) -> None:
        """What this run does not try, by what an earlier one saw of it; the dates stay what they are."""
        self.believed = records

    def fall_back(self, committed: Handbook) -> None:
        """What cannot be judged here stands by its committed record, where that is current; its date stays."""
        self._committed = committed

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take in what a test attached, whether it passed or not: a broken promise is worth a record."""
        if report.when != "call":
            return
        for kind, text in report.user_properties:
            if kind == FINDING:
                account = msgspec.json.decode(str(text), type=Account)
                for name in account.snippets:
                    self._accounts[name].append(account)
            elif kind == CAPTURE and report.passed:
                capture = msgspec.json.decode(str(text), type=Capture)
                self._captures[capture.pitfall] = capture
            elif kind == EXECUTION and report.passed:
                execution = msgspec.json.decode(str(text), type=Execution)
                self._executions[execution.tutorial] = execution
            elif kind == WITHHELD:
                name, why = msgspec.json.decode(str(text), type=tuple[str, str])
                self.withheld[name] = why

    def pytest_sessionfinish(self) -> None:
        """Write every record whose findings are complete; nothing is lost of the others."""
        for name, accounts in sorted(self._accounts.items()):
            snippet = self._catalog.snippets[name]
            fresh = [finding for account in accounts for finding in account.findings]
            before = self._store.present(Evidence, name) or self.believed.snippets.get(name)
            evidence = _evidence(snippet, accounts, before)
            complete = {finding.promise for finding in evidence.findings} >= set(requirements(snippet))
            # What was seen on other bases says nothing of these: the rest is proven next time.
            void = before is not None and before.digest == evidence.digest and not _same_bases(before, evidence)
            written = (complete or void or self._partly) and self._store.write(evidence, name)
            took_s = sum(finding.took_s for finding in fresh)
            self.written.append(
                Written(name=name, complete=complete, written=written, findings=len(fresh), took_s=took_s)
            )
        for name, evidence in self.believed.snippets.items():
            # One that is asked nothing on this day has no account. Of one that was, none is no proof.
            if all(f"{name}:{slug}" in self.believed.atoms for slug in requirements(self._catalog.snippets[name])):
                self._store.write(evidence, name)
        for name, capture in self.believed.captures.items():
            self._store.write(capture, name)
        for name, execution in self.believed.executions.items():
            self._store.write(execution, name)
        if self._committed is not None:
            for name, why in self.withheld.items():
                self.withheld[name] = self._standing(name, why, self._committed)
        for name, capture in sorted(self._captures.items()):
            self._note(name, written=self._store.write(capture, name))
        for name, execution in sorted(self._executions.items()):
            self._note(name, written=self._store.write(execution, name))

    def _standing(self, name: str, why: str, committed: Handbook) -> str:
        """Why it was not judged, and since when its record stands."""
        said, since = why.partition("\n")[0].removesuffix("."), None
        snippet, pitfall = committed.snippets.get(name), committed.pitfalls.get(name)
        if snippet and snippet.evidence and snippet.state is State.PROVEN:
            self._store.write(snippet.evidence, name)
            since = snippet.evidence.verified_at
        if pitfall and pitfall.capture and pitfall.state is State.PROVEN:
            self._store.write(pitfall.capture, name)
            since = pitfall.capture.verified_at
        place, _, last = name.partition("/")
        tutorial = committed.tutorials.get(last) if place == FOLDER else None
        if tutorial and tutorial.execution and tutorial.state is State.PROVEN:
            self._store.write(tutorial.execution, tutorial.tutorial.name)
            since = tutorial.execution.verified_at
        return f"{said}; what was seen on {since:%Y-%m-%d} stands" if since else said

    def _note(self, name: str, *, written: bool) -> None:
        self.written.append(Written(name=name, complete=True, written=written, findings=1, took_s=0.0))


def _ready_s(images: Sequence[ImageFacts], before: Evidence | None) -> float:
    """The median of the boots there were; who looks at layers alone boots nothing, and what was known stands."""
    known = before.image.ready_s if before and before.image else 0.0
    return round(median([image.ready_s for image in images if image.ready_s] or [known]), 2)


def _evidence(snippet: Snippet, accounts: Sequence[Account], before: Evidence | None) -> Evidence:
    """What these accounts say, and of the present record what still holds, as old as its oldest part."""
    required = requirements(snippet)
    fresh: dict[str, Finding] = {}
    for finding in (finding for account in accounts for finding in account.findings):
        known = fresh.get(finding.promise)
        fresh[finding.promise] = finding if known is None else known.joined(finding)
    last = accounts[-1]
    images = [account.image for account in accounts if account.image]
    evidence = Evidence(
        snippet=snippet.name,
        digest=snippet.digest,
        files=snippet.files,
        engine=last.engine,
        bases=last.bases,
        image=replace(images[-1], ready_s=_ready_s(images, before)) if images else None,
        verified_at=datetime.now(UTC).replace(microsecond=0),
        findings=[fresh[slug] for slug in required if slug in fresh],
    )
    if before is None or before.digest != snippet.digest:
        return evidence
    if not _same_bases(before, evidence):
        # A part that was seen again as it is recorded, for the sake of another snippet, voids nothing.
        recorded = {(f.promise, f.rules, f.verdict) for f in before.findings}
        again = {(f.promise, f.rules, f.verdict) for f in evidence.findings}
        return before if again < recorded else evidence
    kept = {f.promise: f for f in before.findings if required.get(f.promise) == f.rules and f.promise not in fresh}
    merged = kept | fresh
    return replace(
        evidence,
        image=evidence.image or before.image,
        verified_at=min(before.verified_at, evidence.verified_at) if kept else evidence.verified_at,
        findings=[merged[slug] for slug in required if slug in merged],
    )


def _same_bases(one: Evidence, other: Evidence) -> bool:
    return sorted((b.ref, b.digest) for b in one.bases) == sorted((b.ref, b.digest) for b in other.bases)
