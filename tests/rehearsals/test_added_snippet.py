"""A compose snippet is a directory and nothing elsewhere: one that lies here is proven, and so is its pitfall."""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import msgspec

from snippets.catalog import load
from snippets.contract import Verdict
from snippets.engine.engine import Engine
from snippets.evidence.objection import fault_digest
from snippets.evidence.records import Capture
from snippets.evidence.standing import State
from snippets.evidence.store import EvidenceStore
from snippets.handbook import Handbook
from snippets.proving.commands import rehearse
from snippets.proving.judging import rehearsal
from snippets.proving.mutants import mutant_caught
from snippets.proving.recorder import FINDING, Account, Recorder
from snippets.proving.sharing import Subjects

if TYPE_CHECKING:
    import pytest

ADDED = Path(__file__).parent / "added"


def test_a_directory_is_all_that_a_compose_snippet_needs(engine: Engine, tmp_path: Path) -> None:
    """It comes up, keeps what its rehearsal.py says, its commands run, its mutant is caught, and it may be shown."""
    catalog, store = load(ADDED), EvidenceStore(tmp_path / "evidence")
    snippet = catalog.snippets["greeting"]
    subjects = Subjects(engine, tmp_path / "subjects")
    findings = [subjects.judged(rehearsal(snippet, slug), snippet) for slug in snippet.rehearsals]
    subjects.close()
    ran, last = rehearse(engine, snippet, tmp_path / "commands", snippet.commands)
    assert [finding.verdict for finding in (*findings, *ran)] == [Verdict.KEPT] * 4, last

    recorder = Recorder(catalog, store)
    account = Account(
        snippets=[snippet.name], findings=[*findings, *ran], engine=engine.description, bases=engine.bases(snippet)
    )
    told = SimpleNamespace(when="call", user_properties=[(FINDING, msgspec.json.encode(account).decode())])
    recorder.pytest_runtest_logreport(cast("pytest.TestReport", told))
    recorder.pytest_sessionfinish()
    pitfall = catalog.pitfalls["greeting/silent"]
    caught = mutant_caught(pitfall, catalog, engine, tmp_path / "mutant")
    capture = Capture(
        pitfall=pitfall.name,
        digest=fault_digest(pitfall, catalog),
        stage=caught.stage,
        error=caught.said,
        engine=engine.description,
        stand_in=True,
        verified_at=datetime.now(UTC).replace(microsecond=0),
    )
    store.write(capture, pitfall.name)

    handbook = Handbook(catalog=catalog, store=store)
    assert handbook.snippets["greeting"].objection is None
    assert handbook.pitfalls["greeting/silent"].state is State.PROVEN
