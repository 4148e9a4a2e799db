"""pytest plugin: test outcomes -> records; workers only witness, the controller alone writes."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from statistics import median

import msgspec
import pytest

from snippets.catalog import Catalog
from snippets.contract import Finding, Verdict
from snippets.evidence import Base, Capture, Evidence, EvidenceStore, Execution, ImageFacts, requirements
from snippets.snippet import Snippet

FINDING, CAPTURE, EXECUTION = "handbook-finding", "handbook-capture", "handbook-execution"


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
    """Gathers accounts while tests report, and writes records when all have."""

    def __init__(self, catalog: Catalog, store: EvidenceStore) -> None:
        self._catalog = catalog
        self._store = store
        self._accounts: defaultdict[str, list[Account]] = defaultdict(list)
        self._captures: dict[str, Capture] = {}
        self._executions: dict[str, Execution] = {}
        self.written: list[Written] = []

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

    def pytest_sessionfinish(self) -> None:
        """Write every record whose findings are complete; nothing is lost of the others."""
        for name, accounts in sorted(self._accounts.items()):
            snippet = self._catalog.snippets[name]
            fresh = [finding for account in accounts for finding in account.findings]
            evidence = self._evidence(snippet, accounts)
            complete = {finding.promise for finding in evidence.findings} >= set(requirements(snippet))
            written = complete and self._store.write(evidence, name)
            took_s = sum(finding.took_s for finding in fresh)
            self.written.append(
                Written(name=name, complete=complete, written=written, findings=len(fresh), took_s=took_s)
            )
        for name, capture in sorted(self._captures.items()):
            self._note(name, written=self._store.write(capture, name))
        for name, execution in sorted(self._executions.items()):
            self._note(name, written=self._store.write(execution, name))

    def _note(self, name: str, *, written: bool) -> None:
        self.written.append(Written(name=name, complete=True, written=written, findings=1, took_s=0.0))

    def _evidence(self, snippet: Snippet, accounts: Sequence[Account]) -> Evidence:
        required = requirements(snippet)
        fresh: dict[str, Finding] = {}
        for finding in (finding for account in accounts for finding in account.findings):
            known = fresh.get(finding.promise)
            fresh[finding.promise] = finding if known is None else _both(known, finding)
        kept = {finding.promise: finding for finding in self._still_valid(snippet)}
        merged = kept | fresh
        last = accounts[-1]
        images = [account.image for account in accounts if account.image]
        image = replace(images[-1], ready_s=median(image.ready_s for image in images)) if images else None
        return Evidence(
            snippet=snippet.name,
            digest=snippet.digest,
            files=snippet.files,
            engine=last.engine,
            bases=last.bases,
            image=image,
            verified_at=datetime.now(UTC).replace(microsecond=0),
            findings=[merged[slug] for slug in required if slug in merged],
        )

    def _still_valid(self, snippet: Snippet) -> list[Finding]:
        """Findings of the present record that were judged on these bytes by the code of today."""
        before = self._store.present(Evidence, snippet.name)
        if before is None or before.digest != snippet.digest:
            return []
        required = requirements(snippet)
        return [finding for finding in before.findings if required.get(finding.promise) == finding.rules]


def _both(one: Finding, other: Finding) -> Finding:
    """Two tests of one promise: broken where either says so, and what both saw."""
    worse = one if one.verdict is not Verdict.KEPT else other
    seen = "; ".join(dict.fromkeys((one.seen, other.seen)))
    return replace(worse, seen=seen, took_s=round(one.took_s + other.took_s, 2))
