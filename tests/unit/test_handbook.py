"""Handbook: one value that says how everything stands, whatever it was made of."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from snippets.catalog import LIBRARY
from snippets.contract import PROMISES, Verdict
from snippets.errors import CatalogError, RecordError
from snippets.evidence.records import Capture
from snippets.evidence.standing import State
from snippets.evidence.store import EvidenceStore
from snippets.handbook import PACKAGE, Handbook
from tests.unit.sample import BY_NAME, NOW, Library, capture_of, evidence_of

Proven = Callable[[], Handbook]
PAGE = "# Wrong\n\n## By name { #by-name }\n\n```pitfall\nweb/user-by-name\n```\n"


@pytest.fixture(autouse=True)
def _unset(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever this run's own records are."""
    monkeypatch.delenv("HANDBOOK_EVIDENCE", raising=False)


def test_a_checkout_s_own_is_its_library_records_and_pages() -> None:
    """The clock's time, any age, and no command line until somebody needs its help."""
    handbook = Handbook.here()

    assert handbook.catalog.snippets["flask-uv"].root == LIBRARY / "flask-uv"
    assert handbook.store == EvidenceStore(PACKAGE.parent / "evidence")
    assert handbook.docs == PACKAGE.parent / "docs"
    assert (handbook.now, handbook.max_age, handbook.program) == (None, None, None)


def test_any_part_may_be_another(library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable says where the records are; who is told goes before it."""
    monkeypatch.setenv("HANDBOOK_EVIDENCE", str(tmp_path / "told"))

    assert Handbook.here(library.root).store == EvidenceStore(tmp_path / "told")
    given = Handbook.here(library.root, tmp_path / "given", tmp_path / "docs")
    assert sorted(given.catalog.snippets) == ["alma", "conf", "web"]
    assert (given.store, given.docs) == (EvidenceStore(tmp_path / "given"), tmp_path / "docs")


def test_without_pages_nothing_is_told_of_anywhere(proven: Proven) -> None:
    """Where only a library is at hand there is no tutorial, no section and no page."""
    handbook = proven()

    assert handbook.docs is None
    assert (handbook.tutorials, handbook.sections, handbook.pages) == ({}, {}, {})


@pytest.mark.parametrize("damage", [b"", b"{", b'{"a": 1}', b"[" * 5000, b"\xff"])
def test_pages_of_a_damaged_wheel_are_named(
    proven: Proven, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: bytes
) -> None:
    """By file, and how to mend it; not by a traceback."""
    monkeypatch.setattr("snippets.handbook.PAGES", tmp_path / "pages.json")
    (tmp_path / "pages.json").write_bytes(damage)

    with pytest.raises(CatalogError) as refused:
        _ = proven().pages
    assert refused.value.faults[0].startswith(f"{tmp_path}/pages.json: ")
    assert refused.value.faults[0].endswith(": install the handbook again")


def test_a_checkout_names_the_file_of_a_page(proven: Proven, tmp_path: Path) -> None:
    """And the heading in it."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "wrong.md").write_text(PAGE)
    handbook = replace(proven(), docs=tmp_path / "docs")

    assert handbook.pages == {"web/user-by-name": "docs/wrong.md#by-name"}
    assert handbook.sections["web/user-by-name"].address == "wrong/#by-name"


def test_what_a_promise_was_seen_to_catch_is_proven(proven: Proven, library: Library, store: EvidenceStore) -> None:
    """A pitfall without a record, or with one of another fault, was caught by nobody."""
    library.write("web/pitfalls/user-by-number.toml", BY_NAME.replace("USER app", "USER 0"))
    assert proven().kills == {"numeric-non-root": ["web/user-by-name"]}

    capture = store.read(Capture, "web/user-by-name")
    assert capture is not None
    store.write(replace(capture, digest="sha256:0"), "web/user-by-name")
    assert proven().kills == {}


def test_what_rests_on_a_stand_in_is_named(proven: Proven, library: Library, store: EvidenceStore) -> None:
    """Snippets and pitfalls, each by its name; what was proven on the registry's own is not."""
    assert proven().on_stand_ins == ("web", "web/user-by-name")

    handbook = proven()
    web = evidence_of(library.snippet())
    store.write(replace(web, bases=[replace(base, stand_in=False, differs="") for base in web.bases]), "web")
    assert handbook.on_stand_ins == ("web/user-by-name",)


def test_what_machines_showed_is_of_the_files_and_judgements_of_today(proven: Proven, store: EvidenceStore) -> None:
    """Of other files or another judgement nothing is told; what was broken there was not kept."""
    machines = EvidenceStore(store.root / "machines")
    web = evidence_of(proven().catalog.snippets["web"])
    drains, lays, *_ = (finding for finding in web.findings if finding.verdict is Verdict.KEPT)
    assert proven().on_machines == {}

    machines.write(replace(web, findings=[drains, lays]), "web")
    assert proven().on_machines["web"].findings == [drains, lays]
    assert proven().on_stand_ins[-1] == "machines/web"
    machines.write(replace(web, findings=[replace(drains, rules="sha256:old"), lays]), "web")
    assert proven().on_machines["web"].findings == [lays]
    machines.write(replace(web, findings=[replace(drains, verdict=Verdict.BROKEN)]), "web")
    assert proven().on_machines == {}
    machines.write(replace(web, digest=f"sha256:{'0' * 64}"), "web")
    assert proven().on_machines == {}


def test_a_damaged_record_of_a_machine_is_named(proven: Proven, store: EvidenceStore) -> None:
    """It is not taken for one that is not there."""
    machines = EvidenceStore(store.root / "machines")
    machines.write(evidence_of(proven().catalog.snippets["web"]), "web")
    path = machines.root / "web.json"
    path.write_text(path.read_text().replace("as promised", "as claimed"))

    with pytest.raises(RecordError, match="its checksum does not match"):
        _ = proven().on_machines


def test_what_a_machine_alone_tells_is_withheld_until_one_has(proven: Proven, store: EvidenceStore) -> None:
    """And is no work for an engine: what is recorded among the rest does not count."""
    catalog = proven().catalog
    name = "web/user-by-name"
    pitfall = catalog.pitfalls[name]
    pitfall = replace(pitfall, table=msgspec.structs.replace(pitfall.table, machine=True))
    catalog = replace(catalog, pitfalls={name: pitfall})
    handbook = Handbook(catalog=catalog, store=store, now=NOW)
    standing = handbook.pitfalls[name]
    assert (standing.state, standing.capture) == (State.WITHHELD, None)
    assert str(standing.objection).startswith("only a whole machine tells it")
    assert handbook.stale == {}

    EvidenceStore(store.root / "machines").write(capture_of(catalog, name), name)
    assert Handbook(catalog=catalog, store=store, now=NOW).pitfalls[name].state is State.PROVEN


@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_stand_in_among_the_registry_s_own_is_enough(library: Library, store: EvidenceStore, place: int) -> None:
    """Wherever among the bases it stands: the snippet was not seen on what its readers fetch, though it is proven."""
    library.write("web/Dockerfile", "FROM a:1\nFROM b:1\nFROM c:1\nUSER 10001\n")
    web = evidence_of(library.snippet())
    bases = [replace(base, stand_in=False, differs="") for base in web.bases]
    bases[place] = web.bases[place]
    store.write(replace(web, bases=bases), "web")
    handbook = Handbook(catalog=library.load(), store=store, now=NOW)

    assert handbook.on_stand_ins == ("web",)
    assert handbook.snippets["web"].state is State.PROVEN


def test_what_is_stale_is_told_by_name_and_as_tests_prove_it(library: Library, store: EvidenceStore) -> None:
    """A whole that is stale has atoms that are; what is withheld is tried as well, and never called stale."""
    handbook = Handbook(catalog=library.load(), store=store, now=NOW)

    assert handbook.stale == {
        "conf": "conf was never verified",
        "web": "web was never verified",
        "web/user-by-name": "pitfall web/user-by-name was never caught",
    }
    assert {atom.partition(":")[0] for atom in handbook.stale_atoms} == {"conf", "web", "pitfall"}
    assert {atom.partition(":")[0] for atom in handbook.withheld_atoms} == {"alma"}
    assert {f"alma:{slug}" for slug in PROMISES} <= handbook.withheld_atoms


def test_the_time_is_the_clock_s_where_none_is_given(store: EvidenceStore, library: Library) -> None:
    """So a record of tomorrow is refused today."""
    web = evidence_of(library.snippet())
    store.write(replace(web, verified_at=datetime(2999, 1, 1, tzinfo=UTC)), "web")

    said = Handbook(catalog=library.load(), store=store).snippets["web"].objection
    assert said == "web was verified in the future: 2999-01-01T00:00:00+00:00"
