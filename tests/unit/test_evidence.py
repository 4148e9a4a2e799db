"""Records on disk: written whole, read with suspicion, and never believed when damaged."""

import hashlib
import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snippets.contract import Verdict
from snippets.errors import RecordError
from snippets.evidence.records import Cell, Evidence, Execution
from snippets.evidence.store import EvidenceStore
from tests.unit.sample import NOW, Library, capture_of, evidence_of, judged


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

    assert not store.write(evidence, "web")
    assert not store.write(again, "web")
    after = (store.root / "web.json").stat()
    # When it was last read may change: it was just read.
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


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
        judged("drains", took_s=-1.0),
        lambda e: replace(e, engine=""),
        lambda e: replace(e, verified_at=NOW - timedelta(days=9000)),
        lambda e: replace(e, image=replace(e.image, bytes=0)),
        lambda e: replace(e, bases=[replace(e.bases[0], digest="sha256:0")]),
    ],
    ids=[
        "verdict",
        "rules",
        "unseen",
        "name",
        "stand-in",
        "bases",
        "image",
        "future",
        "time",
        "engine",
        "date",
        "size",
        "base",
    ],
)
def test_a_record_that_says_something_else_is_replaced(
    library: Library, store: EvidenceStore, change: Callable[[Evidence], Evidence]
) -> None:
    """A record with a flaw does not stay for looking the same, nor one that cannot be true and is refused."""
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


@pytest.mark.parametrize("key", ["engine", "findings", "verdict"])
def test_a_key_that_stands_twice_is_refused_though_it_is_sealed(
    library: Library, store: EvidenceStore, key: str
) -> None:
    """Whoever computes the checksum anew shows a reviewer one value and a decoder the other: at any depth."""
    store.write(judged("drains", verdict=Verdict.KEPT)(evidence_of(library.snippet())), "web")
    document = json.loads((store.root / "web.json").read_bytes())
    del document["checksum"]
    text = msgspec.json.encode(document, order="sorted")
    twice = text.replace(f'"{key}":'.encode(), f'"{key}":"broken","{key}":'.encode(), 1)
    assert twice != text
    seal = "sha256:" + hashlib.sha256(twice).hexdigest()

    assert "its checksum does not match" in refused(store, b'{"checksum":"' + seal.encode() + b'",' + twice[1:])


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("lay", "says"),
    [
        (os.mkfifo, "web.json: not a regular file"),
        (os.mkdir, "web.json: not a regular file"),
        (lambda path: path.symlink_to("/dev/zero"), "web.json: not a regular file"),
        (lambda path: path.symlink_to(path), "web.json: Too many levels of symbolic links"),
        (lambda path: path.write_bytes(b" " * 300_000), "web.json: 300000 bytes, larger than 262144"),
    ],
    ids=["pipe", "directory", "device", "link to itself", "huge"],
)
def test_only_a_file_of_a_records_size_is_read(store: EvidenceStore, lay: Callable[[Path], object], says: str) -> None:
    """What lies there may come with a clone: a pipe is not waited for, a device not read to its end."""
    store.root.mkdir(parents=True, exist_ok=True)
    lay(store.root / "web.json")

    with pytest.raises(RecordError, match=f"^{re.escape(says)}$"):
        store.read(Evidence, "web")


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


def test_a_record_says_whether_a_base_was_stood_in(library: Library) -> None:
    """One stand-in among the bases is enough."""
    evidence = evidence_of(library.snippet())

    assert evidence.stand_in
    assert not replace(evidence, bases=[replace(evidence.bases[0], stand_in=False)]).stand_in
    assert evidence.count(Verdict.NOT_APPLICABLE) == 1
