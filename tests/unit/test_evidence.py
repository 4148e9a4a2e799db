"""Evidence: what a record vouches for, what makes it worthless, and how it is kept."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snippets.contract import Finding, Verdict
from snippets.errors import RecordError
from snippets.evidence import Capture, Cell, Evidence, Execution
from snippets.objection import objection, pitfall_objection, requirements
from snippets.store import EvidenceStore
from tests.unit.sample import DOCKERFILE, NOW, WEB, Library, capture_of, evidence_of

JOB = """\
title = "A job"
summary = "It runs."
kind = "workflow"
rehearsal = ["it-runs"]
"""
WALKS = """\
title = "It walks"
edit = { path = "run.sh", find = "run", replace = "walk" }
stage = "rehearsal"
promise = "it-runs"
message = "walks"
why = "Walking is slower."
fix = "Run."
"""

SAID = "web: drains"


def refusal(library: Library, change: Callable[[Evidence], Evidence], *, days: int | None = None) -> str | None:
    """What is said against `web` by a record that vouches for it, changed in one respect."""
    web = library.snippet()
    max_age = None if days is None else timedelta(days=days)
    return objection(web, change(evidence_of(web)), now=NOW, max_age=max_age)


def judged(slug: str, **changes: object) -> Callable[[Evidence], Evidence]:
    """Change one finding of a record."""

    def change(evidence: Evidence) -> Evidence:
        assert any(finding.promise == slug for finding in evidence.findings)
        findings = [
            replace(finding, **changes) if finding.promise == slug else finding  # type: ignore[arg-type]
            for finding in evidence.findings
        ]
        return replace(evidence, findings=findings)

    return change


def test_a_record_of_these_bytes_vouches_for_them(library: Library) -> None:
    """There is nothing to say against a snippet whose every promise was kept."""
    assert refusal(library, lambda evidence: evidence) is None


def test_no_record_is_no_proof(library: Library) -> None:
    """Without a record a snippet was never verified."""
    assert objection(library.snippet(), None, now=NOW) == "web was never verified"


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("web/Dockerfile", DOCKERFILE + "\n"),
        ("web/Dockerfile", DOCKERFILE.replace("\n", "\r\n")),
        ("conf/serve.conf", "workers = 4\n"),
        ("web/new.txt", ""),
    ],
    ids=["own-file", "line-ends", "shared-file", "new-file"],
)
def test_any_changed_byte_voids_the_record(library: Library, path: str, content: str) -> None:
    """Evidence speaks for the bytes it saw, and the objection names the file that moved."""
    evidence = evidence_of(library.snippet())
    moved = library.write(path, content).snippet()

    assert objection(moved, evidence, now=NOW) == f"web changed since 2026-01-02: {path.partition('/')[2]}"


def test_a_changed_mode_voids_the_record(library: Library) -> None:
    """A file that becomes executable is another file."""
    evidence = evidence_of(library.snippet())
    (library.root / "web" / "Dockerfile").chmod(0o755)

    assert objection(library.snippet(), evidence, now=NOW) == "web changed since 2026-01-02: Dockerfile"


def test_every_moved_file_is_named(library: Library) -> None:
    """Removed, renamed and new files are listed."""
    evidence = evidence_of(library.snippet())
    moved = library.write("conf/serve.conf", "w\n").write("web/a.txt", "a\n").snippet()

    assert objection(moved, evidence, now=NOW) == "web changed since 2026-01-02: a.txt, serve.conf"


def test_a_loosened_contract_voids_the_record(library: Library) -> None:
    """The metadata says how a snippet is judged, so it is part of what was judged."""
    evidence = evidence_of(library.snippet())
    table = WEB.replace("port = 8000", "port = 8000\nstop_grace_s = 300")
    loosened = library.write("web/snippet.toml", table).snippet()

    assert objection(loosened, evidence, now=NOW) == "web changed since 2026-01-02: snippet.toml"


def test_a_record_of_another_snippet_vouches_for_nothing(library: Library) -> None:
    """A copied record is recognised, even of a snippet with the same bytes."""
    said = refusal(library, lambda evidence: replace(evidence, snippet="wep"))

    assert said == "web was never verified: the record is of wep"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (judged("drains", verdict=Verdict.BROKEN, seen="cut short\nlog"), f"{SAID} is broken: cut short"),
        (judged("drains", verdict=Verdict.ERROR, seen="no engine"), f"{SAID} is error: no engine"),
        (judged("drains", verdict=Verdict.BROKEN, seen=""), f"{SAID} is broken: nothing was seen"),
        (judged("drains", verdict=Verdict.NOT_APPLICABLE, seen="why not"), f"{SAID} is not-applicable: why not"),
        (judged("drains", rules="sha256:01d"), f"{SAID} was judged by other code than today's"),
        (judged("drains", seen=" \n"), f"{SAID} was kept, but nothing was seen"),
        (judged("drains", promise="drain"), f"{SAID} was not judged"),
        (judged("command-build", rules="sha256:01d"), "web: command-build was judged by other code than today's"),
        (judged("drains", promise="reachable"), "web: the record judges a promise twice"),
    ],
    ids=["broken", "error", "mute", "not-applicable", "other-rules", "unseen", "missing", "other-rehearsal", "twice"],
)
def test_every_promise_was_kept_by_the_code_of_today(
    library: Library, change: Callable[[Evidence], Evidence], said: str
) -> None:
    """One promise that is broken, in error, not judged or judged by other code is enough."""
    assert refusal(library, change) == said


def test_an_exemption_needs_its_reason_in_the_snippet(library: Library) -> None:
    """What the snippet exempts may be not applicable, and may as well be kept."""
    assert refusal(library, judged("cpu-aware", verdict=Verdict.KEPT, seen="1 worker")) is None


def test_a_promise_that_nobody_asks_for_may_not_be_broken(library: Library) -> None:
    """A broken finding speaks against the record even where today's contract would not ask for it."""
    gone = Finding(promise="gone", rules="sha256:01d", verdict=Verdict.BROKEN, seen="it leaks", took_s=1.0)

    assert refusal(library, lambda e: replace(e, findings=[*e.findings, gone])) == "web: gone is broken: it leaks"


def test_a_record_in_which_nothing_was_kept_proves_nothing(library: Library) -> None:
    """Exemptions alone are no proof, should any ever get past the door."""
    conf = library.snippet("conf")
    lax = replace(conf, table=msgspec.structs.replace(conf.table, not_applicable={"drains": "Not here."}))

    assert objection(lax, evidence_of(lax), now=NOW) == "conf: no promise was kept"


def test_a_base_left_out_of_the_record_could_have_been_anything(library: Library) -> None:
    """Every FROM is accounted for: otherwise a stand-in could pass for the real base."""
    said = refusal(library, lambda evidence: replace(evidence, bases=[]))

    assert said == "web: the record does not say what python:3.13 was"


def test_a_record_of_an_image_names_it(library: Library) -> None:
    """What was booted has an id."""
    assert refusal(library, lambda evidence: replace(evidence, image=None)) == "web: the record names no image"


def test_a_record_from_the_future_is_refused(library: Library) -> None:
    """A clock that ran ahead would keep a record fresh for ever; a few minutes of skew are let pass."""
    assert refusal(library, dated(timedelta(minutes=5))) is None
    assert refusal(library, dated(timedelta(minutes=6))) == "web was verified in the future: 2026-01-02T12:06:00+00:00"


def test_a_record_may_be_as_old_as_is_allowed_and_no_older(library: Library) -> None:
    """Age counts only where an age is given, as when publishing."""
    assert refusal(library, dated(-timedelta(days=3650))) is None
    assert refusal(library, dated(-timedelta(days=7)), days=7) is None
    said = refusal(library, dated(-timedelta(days=7, seconds=1)), days=7)
    assert said == "web was last verified on 2025-12-26, more than 7 days ago"


def dated(shift: timedelta) -> Callable[[Evidence], Evidence]:
    """Move a record in time."""
    return lambda evidence: replace(evidence, verified_at=NOW + shift)


def test_a_rehearsal_that_is_not_there_proves_nothing(library: Library) -> None:
    """A snippet whose rehearsal file is missing cannot be verified, and the file is named."""
    meta = 'title = "T"\nsummary = "S."\nkind = "workflow"\nrehearsal = ["it-runs"]\n'
    job = library.write("job/snippet.toml", meta).write("job/run.sh", "run\n").snippet("job")
    web = evidence_of(library.snippet())
    evidence = replace(web, snippet="job", digest=job.digest, files=job.files)

    assert objection(job, evidence, now=NOW) == "job cannot be verified: no rehearsal tests/rehearsals/test_job.py"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(data=st.data())
def test_no_single_change_of_a_record_goes_unnoticed(library: Library, data: st.DataObject) -> None:
    """Whatever finding is dropped, doubled or judged otherwise: the record no longer vouches."""
    web = library.snippet()
    evidence = evidence_of(web)
    index = data.draw(st.integers(0, len(evidence.findings) - 1))
    chosen = evidence.findings[index]
    others = [finding for finding in evidence.findings if finding is not chosen]
    changed = data.draw(
        st.sampled_from(
            [
                others,
                [*evidence.findings, chosen],
                [*others, replace(chosen, verdict=Verdict.ERROR)],
                [*others, replace(chosen, verdict=Verdict.BROKEN)],
                [*others, replace(chosen, rules=chosen.rules[:-1])],
                [*others, replace(chosen, promise=chosen.promise.upper())],
            ]
        )
    )

    assert objection(web, evidence, now=NOW) is None
    assert objection(web, replace(evidence, findings=changed), now=NOW) is not None


def test_a_record_comes_back_as_it_was_written(library: Library, store: EvidenceStore) -> None:
    """Nothing is lost on disk, and the file is read by everybody."""
    evidence = evidence_of(library.snippet())

    assert store.write(evidence, "web")
    assert store.read(Evidence, "web") == evidence
    assert (store.root / "web.json").stat().st_mode & 0o777 == 0o644


def test_a_record_is_canonical_json(library: Library, store: EvidenceStore) -> None:
    """Keys are sorted and one stands on a line, so that a diff shows what changed."""
    store.write(evidence_of(library.snippet()), "web")
    text = (store.root / "web.json").read_text()

    assert text == json.dumps(json.loads(text), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    assert all(one < other for one, other in pairwise(json.loads(text)))


def test_proving_the_same_again_changes_no_line(library: Library, store: EvidenceStore) -> None:
    """Dates, times, sizes and wording alone are no reason to write."""
    evidence = evidence_of(library.snippet())
    store.write(evidence, "web")
    before = (store.root / "web.json").stat()
    again = replace(evidence, verified_at=NOW + timedelta(days=1), engine="Docker 30")
    again = judged("drains", seen="said otherwise", took_s=9.0)(again)

    assert not store.write(again, "web")
    assert (store.root / "web.json").stat() == before


@pytest.mark.parametrize(
    "change",
    [
        judged("drains", verdict=Verdict.BROKEN),
        judged("drains", rules="sha256:01d"),
        judged("drains", seen=""),
        lambda e: replace(e, snippet="wep"),
        lambda e: replace(e, bases=[replace(e.bases[0], stand_in=False)]),
        lambda e: replace(e, bases=[]),
        lambda e: replace(e, image=None),
        lambda e: replace(e, verified_at=NOW + timedelta(days=400)),
    ],
    ids=["verdict", "rules", "unseen", "name", "stand-in", "bases", "image", "future"],
)
def test_a_record_that_says_something_else_is_replaced(
    library: Library, store: EvidenceStore, change: Callable[[Evidence], Evidence]
) -> None:
    """A record with a flaw does not stay for looking the same."""
    evidence = evidence_of(library.snippet())
    store.write(change(evidence), "web")

    assert store.write(evidence, "web")
    assert store.read(Evidence, "web") == evidence


def test_a_corrupt_record_is_replaced(library: Library, store: EvidenceStore) -> None:
    """What cannot be read counts as nothing when there is something to write."""
    store.root.mkdir()
    (store.root / "web.json").write_text("{")

    assert store.write(evidence_of(library.snippet()), "web")


def test_writing_leaves_nothing_beside_the_record(library: Library, store: EvidenceStore) -> None:
    """The temporary file goes, also where the record cannot be put in place."""
    store.write(evidence_of(library.snippet()), "web")
    (store.root / "conf.json").mkdir()
    with pytest.raises(OSError, match=r"Is a directory|conf\.json"):
        store.write(evidence_of(library.snippet()), "conf")

    assert sorted(path.name for path in store.root.iterdir()) == ["conf.json", "web.json"]


def test_an_absent_record_is_none(store: EvidenceStore) -> None:
    """Nothing there is not an error."""
    assert store.read(Evidence, "web") is None


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"null", b"[]", b"{}", b"\xff", b'"' + b"\xed\xa0\x80" + b'"', b"[" * 100_000, b"1e999", b"{}" * 2],
    ids=["empty", "truncated", "null", "list", "object", "not-utf-8", "surrogate", "deep", "huge", "two"],
)
def test_what_is_not_a_record_is_refused_without_a_crash(store: EvidenceStore, content: bytes) -> None:
    """Any bytes at all may lie there; they are refused by the file's name."""
    assert refused(store, content).startswith("web.json: ")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=100)
@given(content=st.binary(max_size=200) | st.text(alphabet='{}[]",:\\u0123tfn \n', max_size=60).map(str.encode))
def test_no_bytes_crash_the_reader(store: EvidenceStore, content: bytes) -> None:
    """The only thing that reading may raise says that it is not a record."""
    assert refused(store, content).startswith("web.json: ")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(data=st.data())
def test_a_damaged_record_is_never_believed(library: Library, store: EvidenceStore, data: st.DataObject) -> None:
    """Cut off anywhere, or with any letter replaced, it is refused or says the very same."""
    evidence = evidence_of(library.snippet())
    (store.root / "web.json").unlink(missing_ok=True)
    store.write(evidence, "web")
    text = (store.root / "web.json").read_bytes()
    at = data.draw(st.integers(0, len(text) - 2))
    rest = data.draw(st.sampled_from([b"", b"x" + text[at + 1 :], b"0" + text[at + 1 :]]))
    (store.root / "web.json").write_bytes(text[:at] + rest)

    assert store.present(Evidence, "web") in (None, evidence)


def test_a_record_edited_by_hand_is_refused(library: Library, store: EvidenceStore) -> None:
    """A verdict cannot be changed with an editor."""
    store.write(judged("drains", verdict=Verdict.BROKEN)(evidence_of(library.snippet())), "web")
    text = (store.root / "web.json").read_bytes()

    said = refused(store, text.replace(b'"broken"', b'"kept"'))
    assert said == "web.json: its checksum does not match: corrupt, truncated or edited by hand"


def test_the_layout_of_a_record_is_not_sealed(library: Library, store: EvidenceStore) -> None:
    """White space says nothing: a tool that formats JSON voids no record."""
    evidence = evidence_of(library.snippet())
    store.write(evidence, "web")
    text = (store.root / "web.json").read_bytes()
    (store.root / "web.json").write_bytes(msgspec.json.format(text, indent=-1))

    assert store.read(Evidence, "web") == evidence


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"engine":', b'"engine": "Podman",\n  "engine":'),
        (b'"engine":', b'"note": "x",\n  "engine":'),
        (b'"checksum":', b'"checksum": "sha256:0",\n  "checksum":'),
        (b'"checksum":', b'"chequesum":'),
        (b'"Docker 26.1.5"', b'"Docker\\u0020' + b'26.1.5"'),
    ],
    ids=["a key twice", "one key more", "a checksum twice", "no checksum", "other spelling"],
)
def test_all_but_the_layout_is_sealed(library: Library, store: EvidenceStore, old: bytes, new: bytes) -> None:
    """Every byte that is not white space is what was written, also where JSON would mean the same."""
    store.write(evidence_of(library.snippet()), "web")
    text = (store.root / "web.json").read_bytes()
    assert text.count(old) == 1

    assert "its checksum does not match" in refused(store, text.replace(old, new))


@pytest.mark.parametrize("content", [b"[]", b'"x"', b"1", b"{}", b'{"checksum": 1}'])
def test_json_that_is_no_record_is_refused(store: EvidenceStore, content: bytes) -> None:
    """It has no checksum of its own."""
    assert "its checksum does not match" in refused(store, content)


def test_a_date_without_a_zone_is_refused(library: Library, store: EvidenceStore) -> None:
    """Such a date cannot be compared with the clock."""
    store.write(replace(evidence_of(library.snippet()), verified_at=NOW.replace(tzinfo=None)), "web")

    said = refused(store, (store.root / "web.json").read_bytes())
    assert said.startswith("web.json: not a record: Expected `datetime` with a timezone component")


def refused(store: EvidenceStore, content: bytes) -> str:
    """Why a record of these bytes is refused."""
    store.root.mkdir(exist_ok=True)
    (store.root / "web.json").write_bytes(content)
    with pytest.raises(RecordError) as error:
        store.read(Evidence, "web")
    return str(error.value)


def test_records_of_each_kind_have_a_place(library: Library, store: EvidenceStore) -> None:
    """A pitfall, a tutorial and a snippet of one name do not overwrite each other."""
    catalog = library.load()
    cells = [Cell(source="1 + 1", output="2")]
    execution = Execution(
        tutorial="web", digest="sha256:0", engine="Docker", stand_in=False, verified_at=NOW, cells=cells
    )
    store.write(evidence_of(catalog.snippets["web"]), "web")
    store.write(capture_of(catalog, "web/user-by-name"), "web/user-by-name")
    store.write(execution, "web")

    found = sorted(path.relative_to(store.root).as_posix() for path in store.root.rglob("*.json"))
    assert found == ["pitfalls/web/user-by-name.json", "tutorials/web.json", "web.json"]
    assert store.read(Execution, "web") == execution


def test_a_pitfall_is_shown_as_it_was_caught(library: Library) -> None:
    """Its record is of this fault, in this snippet, at the stated stage and in the stated words."""
    catalog = library.load()
    pitfall, capture = catalog.pitfalls["web/user-by-name"], capture_of(catalog, "web/user-by-name")

    def said(changed: Capture | None) -> str | None:
        return pitfall_objection(pitfall, catalog, changed, now=NOW, max_age=timedelta(days=7))

    name = "pitfall web/user-by-name"
    assert said(capture) is None
    assert said(None) == f"{name} was never caught"
    assert said(replace(capture, pitfall="web/b")) == f"{name} was never caught: the record is of web/b"
    assert said(replace(capture, digest="sha256:01d")) == f"{name} changed since 2026-01-02"
    assert said(replace(capture, error=" ")) == f"{name} was caught without a word"
    otherwise = f"{name} was caught otherwise than stated"
    assert said(replace(capture, error="no space left\nat all")) == f"{otherwise}: contract: no space left"
    assert said(replace(capture, stage="boot")) == f"{otherwise}: boot: USER is 'app': a name"
    aged = replace(capture, verified_at=NOW - timedelta(days=8))
    assert said(aged) == f"{name} was last verified on 2025-12-25, more than 7 days ago"


def test_a_pitfall_of_a_project_is_caught_by_its_rehearsal(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its digest moves with the rehearsal's code, and without that code nobody catches it."""
    rules = dict.fromkeys(["test_job.py"], "sha256:one")

    def rehearsal_rules(file: str) -> str:
        if file not in rules:
            raise RecordError(f"no rehearsal {file}")
        return rules[file]

    monkeypatch.setattr("snippets.objection.rehearsal_rules", rehearsal_rules)
    library.write("job/snippet.toml", JOB).write("job/run.sh", "run\n").write("job/pitfalls/walks.toml", WALKS)
    catalog = library.load()
    capture = replace(capture_of(catalog, "job/walks"), error="it walks")

    def said() -> str | None:
        return pitfall_objection(catalog.pitfalls["job/walks"], catalog, capture, now=NOW)

    assert said() is None
    rules["test_job.py"] = "sha256:other"
    assert said() == "pitfall job/walks changed since 2026-01-02"
    rules.clear()
    assert said() == "pitfall job/walks cannot be caught: no rehearsal test_job.py"


def test_an_image_is_judged_by_the_whole_contract_and_its_commands(library: Library) -> None:
    """What is required of an image is every promise and every command that its page shows."""
    web = library.snippet()

    assert list(requirements(web)) == [*(promise.slug for promise in web.promises), "command-build"]
    assert list(requirements(library.snippet("conf"))) == ["drains"]


def test_a_record_says_whether_a_base_was_stood_in(library: Library) -> None:
    """One stand-in among the bases is enough."""
    evidence = evidence_of(library.snippet())

    assert evidence.stand_in
    assert not replace(evidence, bases=[replace(evidence.bases[0], stand_in=False)]).stand_in
    assert evidence.count(Verdict.NOT_APPLICABLE) == 1
