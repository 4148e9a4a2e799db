"""Pitfalls by turns: whose record is not current is tried whatever day it is, and each of the others in its turn."""

from datetime import date, timedelta

import pytest

from snippets.evidence.records import Capture
from snippets.evidence.store import EvidenceStore
from snippets.handbook import Handbook
from snippets.proving.recorder import Recorder
from snippets.proving.summary import print_summary
from snippets.proving.turns import DAYS, believed
from tests.unit.sample import BY_NAME, NOW, Library, capture_of, evidence_of

DAY = date(2026, 1, 2)
TURNS = [DAY + timedelta(days=number) for number in range(DAYS)]
NAMES = [f"web/user-by-name-{number}" for number in range(2 * DAYS)]


@pytest.fixture
def committed(library: Library, store: EvidenceStore) -> Handbook:
    """Twice as many pitfalls as there are days, all of them caught."""
    for name in NAMES:
        library.write(f"web/pitfalls/{name.partition('/')[2]}.toml", BY_NAME.replace("by name", f"by {name}"))
    catalog = library.load()
    for snippet in catalog.snippets.values():
        if snippet.withheld is None:
            store.write(evidence_of(snippet), snippet.name)
    for name in NAMES:
        store.write(capture_of(catalog, name), name)
    return Handbook(catalog=catalog, store=store, now=NOW)


def test_each_is_tried_on_one_day(committed: Handbook) -> None:
    """Two a day here, and none is believed on all days."""
    tried = [set(NAMES) - set(believed(committed, day)) for day in TURNS]

    assert [len(names) for names in tried] == [2] * DAYS
    assert set().union(*tried) == set(NAMES)
    assert set(NAMES) - set(believed(committed, DAY + timedelta(days=DAYS))) == tried[0]


def test_what_changed_is_tried_on_every_day(committed: Handbook, library: Library) -> None:
    """Its own edit, here; a good file or a judge that changes voids records likewise."""
    place = f"{NAMES[0].replace('/', '/pitfalls/')}.toml"
    library.write(place, BY_NAME.replace("USER app", "USER other"))
    today = Handbook(catalog=library.load(), store=committed.store, now=NOW)

    assert [NAMES[0] in believed(today, day) for day in TURNS] == [False] * DAYS
    assert sum(NAMES[1] in believed(today, day) for day in TURNS) == DAYS - 1


def test_without_a_record_nothing_is_believed(committed: Handbook, store: EvidenceStore) -> None:
    """Nor with one that was edited by hand."""
    gone, edited = (store.root / store.place(Capture, name) for name in NAMES[:2])
    gone.unlink()
    edited.write_text(edited.read_text().replace("a name", "no name"))
    today = Handbook(catalog=committed.catalog, store=store, now=NOW)

    assert not any(name in believed(today, day) for name in NAMES[:2] for day in TURNS)


def test_what_is_believed_keeps_its_date_and_is_told(
    committed: Handbook, store: EvidenceStore, library: Library
) -> None:
    """The records of a run hold it as it was seen; the summary says of how many that is so, and since when."""
    fresh = EvidenceStore(store.root.parent / "fresh")
    recorder = Recorder(library.load(), fresh)
    recorder.believe(believed(committed, DAY))
    recorder.pytest_sessionfinish()
    said: list[str] = []
    print_summary(recorder.written, recorder.withheld, recorder.believed, (), said.append)

    assert len(recorder.believed) == len(NAMES) - 2
    assert {name: fresh.read(Capture, name) for name in recorder.believed} == dict(recorder.believed)
    assert [line.split() for line in said if "pitfalls" in line] == [
        [str(len(NAMES) - 2), "pitfalls,", "by", "their", "committed", "records", "2026-01-02"]
    ]
