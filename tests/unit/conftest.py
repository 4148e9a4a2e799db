"""What unit tests share: the sample library, an empty store, and how all of it stands once it is proven."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from snippets.catalog import load
from snippets.evidence.store import EvidenceStore
from snippets.handbook import Handbook
from tests.unit.pages.site import Site, site_of
from tests.unit.pages.synthetic import handbook
from tests.unit.sample import NOW, Library, capture_of, evidence_of, sample_library


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """A library without a fault."""
    return sample_library(tmp_path / "library")


@pytest.fixture
def store(tmp_path: Path) -> EvidenceStore:
    """An empty store."""
    return EvidenceStore(tmp_path / "evidence")


@pytest.fixture
def vouched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a record vouch for flask-uv, whatever was proven of it so far: programs that are started read it."""
    records = EvidenceStore(tmp_path / "vouched")
    evidence = evidence_of(load().snippets["flask-uv"])
    # Not of one alphabet.
    findings = [replace(finding, seen="größer: 2 of 2 “asked”") for finding in evidence.findings]
    records.write(replace(evidence, findings=findings), "flask-uv")
    monkeypatch.setenv("HANDBOOK_EVIDENCE", str(records.root))


@pytest.fixture
def proven(library: Library, store: EvidenceStore) -> Callable[[], Handbook]:
    """Prove everything but what is withheld; how the library stands then, read anew at each call."""
    catalog = library.load()
    for name in ("web", "conf"):
        store.write(evidence_of(catalog.snippets[name]), name)
    store.write(capture_of(catalog, "web/user-by-name"), "web/user-by-name")
    return lambda: Handbook(catalog=library.load(), store=store, now=NOW)


@pytest.fixture
def small(tmp_path: Path) -> Handbook:
    """Provide the small library, proven."""
    return handbook(tmp_path)


@pytest.fixture
def audited(tmp_path: Path, small: Handbook) -> Site:
    """Audit a site of one page and of files beside it."""
    return site_of(tmp_path / "site", small)
