"""Recorder: what tests saw becomes records, and nothing that was seen elsewhere is mixed in."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import cast

import msgspec
import pytest

from snippets.catalog.snippet import Snippet
from snippets.contract import Finding, Verdict
from snippets.evidence.objection import requirements
from snippets.evidence.records import Capture, Cell, Evidence, Execution
from snippets.evidence.standing import State
from snippets.evidence.store import EvidenceStore
from snippets.handbook import Handbook
from snippets.proving.recorder import CAPTURE, FINDING, WITHHELD, Account, Recorder
from tests.unit.sample import DOCKERFILE, NOW, Library, capture_of, evidence_of

OTHER = "sha256:" + "07" * 32


def account(snippet: Snippet, *promises: str, base: str | None = None, **changes: object) -> Account:
    """What a test would say of some promises: all where none is named, on `base` where that is another one."""
    evidence = evidence_of(snippet)
    findings = [finding for finding in evidence.findings if not promises or finding.promise in promises]
    bases = [replace(known, digest=base) for known in evidence.bases] if base else evidence.bases
    return Account(
        snippets=[snippet.name],
        findings=[replace(finding, **changes) for finding in findings],  # type: ignore[arg-type]
        engine=evidence.engine,
        bases=bases,
        image=evidence.image,
    )


def run(library: Library, store: EvidenceStore, *said: Account, passed: bool = True) -> Recorder:
    """A run of tests of which each gave one account."""
    recorder = Recorder(library.load(), store)
    for one in said:
        recorder.pytest_runtest_logreport(report(FINDING, one, passed=passed))
    recorder.pytest_sessionfinish()
    return recorder


def report(kind: str, what: Account | Capture, *, passed: bool, when: str = "call") -> pytest.TestReport:
    """What pytest tells its plugins of one test."""
    return pytest.TestReport(
        nodeid="tests/contract/test_promises.py::test_promise",
        location=("tests/contract/test_promises.py", 1, "test_promise"),
        keywords={},
        outcome="passed" if passed else "failed",
        longrepr=None,
        when=when,  # type: ignore[arg-type]
        user_properties=[(kind, msgspec.json.encode(what).decode())],
    )


def found(store: EvidenceStore, name: str = "web") -> dict[str, Finding]:
    """The findings of a record, by promise."""
    record = store.read(Evidence, name)
    return {finding.promise: finding for finding in record.findings} if record else {}


def stale(library: Library, store: EvidenceStore) -> list[str]:
    """What is left to prove of `web`."""
    atoms = Handbook(catalog=library.load(), store=store, now=datetime.now(UTC)).stale_atoms
    return sorted(atom.removeprefix("web:") for atom in atoms if atom.startswith("web:"))


def test_what_all_tests_saw_together_is_a_record(library: Library, store: EvidenceStore) -> None:
    """Each says its part; the record has all of them, in the order of what is required."""
    web = library.snippet()
    required = list(requirements(web))
    recorder = run(library, store, account(web, *required[:2]), account(web, *required[2:]))

    assert list(found(store)) == required
    assert [(written.name, written.complete, written.written) for written in recorder.written] == [("web", True, True)]
    assert stale(library, store) == []


def test_a_part_is_no_record(library: Library, store: EvidenceStore) -> None:
    """Of what was never proven, some findings prove nothing, and the run says that it wrote nothing."""
    recorder = run(library, store, account(library.snippet(), "drains"))

    assert store.read(Evidence, "web") is None
    assert [(written.complete, written.written) for written in recorder.written] == [(False, False)]


def test_of_machines_a_part_is_one(library: Library, store: EvidenceStore) -> None:
    """Nobody asks them for all promises: what they were asked is recorded, and joins what was."""
    web = library.snippet()
    for slug in ("drains", "numeric-non-root"):
        recorder = Recorder(library.load(), store, partly=True)
        recorder.pytest_runtest_logreport(report(FINDING, account(web, slug), passed=True))
        recorder.pytest_sessionfinish()

    assert sorted(found(store)) == ["drains", "numeric-non-root"]


def test_a_promise_that_is_proven_again_joins_its_record(library: Library, store: EvidenceStore) -> None:
    """On the same bytes and bases the rest still holds, and is as old as it was."""
    web = library.snippet()
    before = evidence_of(web)
    store.write(before, "web")
    run(library, store, account(web, "drains", rules="sha256:new", verdict=Verdict.BROKEN, seen="cut short"))

    assert found(store)["drains"].verdict is Verdict.BROKEN
    others = [finding for finding in found(store).values() if finding.promise != "drains"]
    assert others == [finding for finding in before.findings if finding.promise != "drains"]
    after = store.read(Evidence, "web")
    assert after is not None
    assert after.verified_at == before.verified_at


def test_a_part_that_was_seen_on_another_base_voids_the_rest_and_the_next_run_proves_it(
    library: Library, store: EvidenceStore
) -> None:
    """No record mixes two bases; what is left to prove is named, and with it the record is whole."""
    web = library.snippet()
    before = evidence_of(web)
    old = [replace(f, rules="sha256:old") if f.promise == "drains" else f for f in before.findings]
    store.write(replace(before, findings=old), "web")
    assert stale(library, store) == ["drains"]
    run(library, store, account(web, "drains", base=OTHER))

    rest = [slug for slug in requirements(web) if slug != "drains"]
    assert list(found(store)) == ["drains"]
    assert stale(library, store) == sorted(rest)

    run(library, store, account(web, *rest, base=OTHER))

    assert list(found(store)) == list(requirements(web))
    assert stale(library, store) == []


def test_a_part_that_is_seen_again_on_another_base_voids_nothing(library: Library, store: EvidenceStore) -> None:
    """Its test ran for another snippet that it carries: the record says the same already, of its own base."""
    web = library.snippet()
    before = evidence_of(web)
    store.write(before, "web")
    recorder = run(library, store, account(web, "drains", base=OTHER))

    assert store.read(Evidence, "web") == before
    assert [(written.complete, written.written) for written in recorder.written] == [(True, False)]


def test_a_part_of_other_bytes_loses_nothing_of_the_record(library: Library, store: EvidenceStore) -> None:
    """The record is of what the files were, which the next whole run replaces; until then it is kept."""
    before = evidence_of(library.snippet())
    store.write(before, "web")
    library.write("web/Dockerfile", DOCKERFILE + "# Changed.\n")
    run(library, store, account(library.snippet(), "drains"))

    assert store.read(Evidence, "web") == before


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_tests_of_one_promise_are_one_finding_and_the_worse_one_counts(
    order: Sequence[int], library: Library, store: EvidenceStore
) -> None:
    """Whichever reports first."""
    web = library.snippet()
    rest = [slug for slug in requirements(web) if slug != "drains"]
    two = [
        account(web, "drains", seen="3 of 3 whole", took_s=1.0),
        account(web, "drains", seen="cut short", took_s=2.0, verdict=Verdict.BROKEN),
    ]
    run(library, store, account(web, *rest), *(two[index] for index in order))

    drains = found(store)["drains"]
    assert (drains.verdict, drains.took_s) == (Verdict.BROKEN, 3.0)
    assert set(drains.seen.split("; ")) == {"3 of 3 whole", "cut short"}


def test_a_broken_promise_is_recorded_though_its_test_failed(library: Library, store: EvidenceStore) -> None:
    """The record says so, and the snippet is refused by name."""
    run(library, store, account(library.snippet(), verdict=Verdict.BROKEN, seen="cut short"), passed=False)

    assert {finding.verdict for finding in found(store).values()} == {Verdict.BROKEN}


def test_one_account_of_two_snippets_is_a_finding_of_both(library: Library, store: EvidenceStore) -> None:
    """A configuration is judged in the image that carries it, by one boot of it."""
    web, conf = library.snippet(), library.snippet("conf")
    store.write(evidence_of(web), "web")
    both = account(web, "drains", verdict=Verdict.BROKEN, seen="cut short")
    run(library, store, replace(both, snippets=["conf", "web"]))

    assert requirements(conf).keys() == {"drains"}
    assert found(store, "conf")["drains"] == found(store)["drains"]
    assert found(store)["drains"].verdict is Verdict.BROKEN


def test_a_pitfall_is_captured_only_where_its_test_passed(library: Library, store: EvidenceStore) -> None:
    """A mutant that was not caught as stated has no capture; what a setup or a teardown says is none either."""
    catalog = library.load()
    recorder = Recorder(catalog, store)
    capture = capture_of(catalog, "web/user-by-name")
    recorder.pytest_runtest_logreport(report(CAPTURE, capture, passed=False))
    recorder.pytest_runtest_logreport(report(CAPTURE, capture, passed=True, when="teardown"))
    recorder.pytest_sessionfinish()
    assert store.read(Capture, capture.pitfall) is None

    recorder.pytest_runtest_logreport(report(CAPTURE, capture, passed=True))
    recorder.pytest_sessionfinish()
    assert store.read(Capture, capture.pitfall) == capture


def test_what_cannot_be_judged_stands_by_its_committed_record(library: Library, store: EvidenceStore) -> None:
    """For want of what a stand-in is made of; the date stays, and so does what voids it."""
    web, fresh = library.snippet(), EvidenceStore(store.root.parent / "fresh")
    said = withheld_run(library, fresh, store)
    assert (said, fresh.read(Evidence, "web")) == ("HANDBOOK_OFFLINE_BASES is not set", None)

    store.write(evidence_of(web), "web")
    said = withheld_run(library, fresh, store)
    assert said == f"HANDBOOK_OFFLINE_BASES is not set; what was seen on {evidence_of(web).verified_at:%Y-%m-%d} stands"
    assert fresh.read(Evidence, "web") == evidence_of(web)

    other = EvidenceStore(store.root.parent / "other")
    library.write("web/Dockerfile", f"{DOCKERFILE}# canary\n")
    said = withheld_run(library, other, store)
    assert (said, other.read(Evidence, "web")) == ("HANDBOOK_OFFLINE_BASES is not set", None)


def test_so_does_a_tutorial(library: Library, store: EvidenceStore) -> None:
    """Whose record is current; without one nothing is written in its name."""
    cells = [Cell(source="echo 1", output="1")]
    execution = Execution(tutorial="stop", digest=OTHER, engine="Docker", stand_in=True, verified_at=NOW, cells=cells)
    told = report(FINDING, account(library.snippet()), passed=True)
    why = ("tutorials/stop", "HANDBOOK_OFFLINE_BASES is not set.")
    told.user_properties = [(WITHHELD, msgspec.json.encode(why).decode())]
    for state, read in ((State.UNPROVEN, None), (State.PROVEN, execution)):
        standing = SimpleNamespace(tutorial=SimpleNamespace(name="stop"), execution=execution, state=state)
        committed = SimpleNamespace(snippets={}, pitfalls={}, tutorials={"stop": standing})
        recorder = Recorder(library.load(), store)
        recorder.fall_back(cast("Handbook", committed))
        recorder.pytest_runtest_logreport(told)
        recorder.pytest_sessionfinish()
        assert store.read(Execution, "stop") == read


def withheld_run(library: Library, store: EvidenceStore, committed: EvidenceStore) -> str:
    """A run that could not judge `web`: what it says of it."""
    recorder = Recorder(library.load(), store)
    recorder.fall_back(Handbook(catalog=library.load(), store=committed, now=NOW))
    told = report(FINDING, account(library.snippet()), passed=True)
    why = ("web", "HANDBOOK_OFFLINE_BASES is not set.\nSet it.")
    told.user_properties = [(WITHHELD, msgspec.json.encode(why).decode())]
    recorder.pytest_runtest_logreport(told)
    recorder.pytest_sessionfinish()
    return recorder.withheld["web"]
