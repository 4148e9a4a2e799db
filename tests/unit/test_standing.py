"""Handbook: how everything stands by its records, and what has to be proven again."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from snippets.contract import Verdict
from snippets.evidence.records import Capture, Evidence
from snippets.evidence.standing import State
from snippets.evidence.store import EvidenceStore
from snippets.handbook import Handbook
from tests.unit.sample import ALMA, CONF, DOCKERFILE, NOW, Library, evidence_of

Proven = Callable[[], Handbook]


def test_what_its_record_vouches_for_is_proven(proven: Proven) -> None:
    """A current record makes a snippet and a pitfall proven, without an objection."""
    handbook = proven()

    assert {name: (s.state, s.objection) for name, s in handbook.snippets.items()} == {
        "alma": (State.WITHHELD, "No registry answers."),
        "conf": (State.PROVEN, None),
        "web": (State.PROVEN, None),
    }
    assert [(s.state, s.objection) for s in handbook.pitfalls.values()] == [(State.PROVEN, None)]
    assert handbook.stale_atoms == frozenset()


def test_without_records_all_is_unproven(library: Library, store: EvidenceStore) -> None:
    """Nothing is proven by default."""
    handbook = Handbook(catalog=library.load(), store=store, now=NOW)

    assert handbook.snippets["web"].objection == "web was never verified"
    assert handbook.pitfalls["web/user-by-name"].objection == "pitfall web/user-by-name was never caught"
    assert {"web:drains", "web:command-build", "conf:drains", "pitfall:web/user-by-name"} <= handbook.stale_atoms
    assert not [atom for atom in handbook.stale_atoms if atom.startswith("alma")]


def test_a_corrupt_record_means_unproven_and_never_a_crash(proven: Proven, store: EvidenceStore) -> None:
    """The objection says that there is a record and why it is not believed."""
    (store.root / "web.json").write_text("{")
    (store.root / "pitfalls" / "web" / "user-by-name.json").write_text("[]")
    handbook = proven()

    assert handbook.snippets["web"].state is State.UNPROVEN
    said = handbook.snippets["web"].objection
    assert said is not None
    assert said.startswith("not verified: web.json: not a record: ")
    assert handbook.pitfalls["web/user-by-name"].objection == (
        "not verified: user-by-name.json: its checksum does not match: corrupt, truncated or edited by hand"
    )


def test_withheld_is_no_way_out_for_what_failed(library: Library, proven: Proven, store: EvidenceStore) -> None:
    """Once there is a record, it decides; a broken or a corrupt one does not make a snippet withheld."""
    alma = library.snippet("alma")
    evidence = evidence_of(alma)
    broken = [replace(finding, verdict=Verdict.BROKEN, seen="cut short") for finding in evidence.findings]
    store.write(replace(evidence, findings=broken), "alma")
    assert proven().snippets["alma"].objection == "alma: builds-clean is broken: cut short"

    (store.root / "alma.json").write_text("{")
    assert proven().snippets["alma"].state is State.UNPROVEN


def test_a_withheld_snippet_that_was_proven_is_proven(library: Library, proven: Proven, store: EvidenceStore) -> None:
    """Where its base could be had, a record is worth what any record is."""
    store.write(evidence_of(library.snippet("alma")), "alma")

    assert proven().snippets["alma"].state is State.PROVEN


def test_a_configuration_is_proven_in_the_image_of_today(library: Library, proven: Proven) -> None:
    """When the image moves on, nobody has seen its configuration in what it is now."""
    library.write("web/Dockerfile", DOCKERFILE + "STOPSIGNAL SIGINT\n")
    handbook = proven()

    assert handbook.snippets["conf"].state is State.UNPROVEN
    assert handbook.snippets["conf"].objection == (
        "conf is proven in web, but web changed since 2026-01-02: Dockerfile"
    )
    # Proving the image again proves what it carries: the configuration's own findings are current.
    assert not [atom for atom in handbook.stale_atoms if atom.startswith("conf:")]


def test_what_a_withheld_image_carries_is_withheld(library: Library, proven: Proven) -> None:
    """A configuration whose image cannot be built here cannot be proven here either."""
    library.write("alma/snippet.toml", ALMA.replace("[project]", '[uses]\n"a.conf" = "more/a.conf"\n\n[project]'))
    library.write("more/snippet.toml", CONF.replace('"web"', '"alma"')).write("more/a.conf", "a\n")

    standing = proven().snippets["more"]
    assert (standing.state, standing.objection) == (State.WITHHELD, "No registry answers.")


def test_pitfalls_of_a_withheld_snippet_are_withheld(library: Library, proven: Proven) -> None:
    """What cannot be built here cannot be broken here."""
    library.write("alma/pitfalls/latest.toml", (library.root / "web/pitfalls/user-by-name.toml").read_text())
    library.write("alma/Dockerfile", "FROM almalinux:9-minimal\nUSER 10001\n")

    standing = proven().pitfalls["alma/latest"]
    assert (standing.state, standing.objection) == (State.WITHHELD, "No registry answers.")


def test_a_pitfall_is_stale_when_the_good_snippet_moves(library: Library, proven: Proven) -> None:
    """The mutant is one edit away from today's bytes, not from those of its record."""
    library.write("web/Dockerfile", DOCKERFILE + "STOPSIGNAL SIGINT\n")

    assert proven().pitfalls["web/user-by-name"].objection == "pitfall web/user-by-name changed since 2026-01-02"


def test_only_what_is_missing_is_proven_again(proven: Proven, store: EvidenceStore, library: Library) -> None:
    """One promise judged by other code makes that promise stale and no other."""
    evidence = evidence_of(library.snippet())
    findings = [replace(f, rules="sha256:01d") if f.promise == "drains" else f for f in evidence.findings]
    store.write(replace(evidence, findings=findings), "web")

    assert proven().stale_atoms == {"web:drains"}


def test_a_record_refused_as_a_whole_is_made_anew_as_a_whole(
    proven: Proven, store: EvidenceStore, library: Library
) -> None:
    """Where no single promise is at fault, all of them are judged again."""
    evidence = evidence_of(library.snippet())
    store.write(replace(evidence, bases=[]), "web")

    atoms = proven().stale_atoms
    assert atoms == {f"web:{finding.promise}" for finding in evidence.findings}


@pytest.mark.parametrize("name", ["web", "conf"])
def test_records_age_where_an_age_is_given(library: Library, store: EvidenceStore, proven: Proven, name: str) -> None:
    """What is published was proven lately, pitfalls as well."""
    proven()
    late = Handbook(catalog=library.load(), store=store, now=NOW + timedelta(days=8), max_age=timedelta(days=7))

    said = late.snippets[name].objection
    assert said == f"{name} was last verified on 2026-01-02, more than 7 days ago"
    assert late.pitfalls["web/user-by-name"].state is State.UNPROVEN


def test_records_are_asked_once(proven: Proven, store: EvidenceStore) -> None:
    """A page that is rendered while records change shows one state of affairs."""
    handbook = proven()
    first = handbook.snippets
    (store.root / "web.json").unlink()

    assert handbook.snippets is first
    assert handbook.snippets["web"].state is State.PROVEN
    assert store.read(Evidence, "web") is None
    assert store.read(Capture, "web/user-by-name") is not None
