"""What unit tests share: a small library, an empty store, how all stands once it is proven, and programs made here."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from snippets.catalog import load
from snippets.cli import main
from snippets.evidence.store import EvidenceStore
from snippets.handbook import Handbook
from tests.unit.fake_machine import Fake, debian
from tests.unit.pages import synthetic
from tests.unit.pages.site import Site, site_of
from tests.unit.projects import Command
from tests.unit.sample import NOW, Library, capture_of, evidence_of, sample_library
from tests.unit.scanned import Exports, docker_of


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
def unproven(library: Library, store: EvidenceStore) -> Handbook:
    """The same library without any record."""
    return Handbook(catalog=library.load(), store=store, now=NOW)


@pytest.fixture
def prove(library: Library, store: EvidenceStore) -> Callable[[], None]:
    """Prove the library as it is now."""

    def proven() -> None:
        for name in ("web", "conf"):
            store.write(evidence_of(library.snippet(name)), name)

    return proven


@pytest.fixture
def handbook(library: Library, store: EvidenceStore, prove: Callable[[], None]) -> Command:
    """The command line over the sample library, which was proven once."""
    prove()

    def run(*arguments: str) -> Result:
        handbook = Handbook(catalog=library.load(), store=store, now=NOW)
        result = CliRunner().invoke(main, arguments, obj=handbook)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    return run


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A directory of the reader's with a file of their own."""
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "mine.py").write_text("mine\n")
    return tmp_path / "project"


@pytest.fixture
def small(tmp_path: Path) -> Handbook:
    """Provide the small library, proven."""
    return synthetic.handbook(tmp_path)


@pytest.fixture
def audited(tmp_path: Path, small: Handbook) -> Site:
    """Audit a site of one page and of files beside it."""
    return site_of(tmp_path / "site", small)


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[Fake]:
    """A Debian with the engine's programs and no running engine."""
    machine = debian(tmp_path)
    yield machine
    machine.clear()


@pytest.fixture
def exports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Exports:
    """A `docker` that exports what it is given, found before any other."""
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    return docker_of(programs)
