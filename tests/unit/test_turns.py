"""By turns: what has no current record is tried whatever day it is, and each of the others in its turn."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from snippets.catalog import Catalog
from snippets.catalog.snippet import Kind
from snippets.contract import Verdict
from snippets.evidence.objection import requirements
from snippets.evidence.records import Capture, Evidence
from snippets.evidence.store import EvidenceStore
from snippets.handbook import Handbook
from snippets.proving.recorder import FINDING, Recorder
from snippets.proving.summary import print_summary
from snippets.proving.turns import COMMAND, JUDGEMENTS, PITFALLS, TUTORIALS, asked, believed
from tests.unit.sample import BY_NAME, NOW, REHEARSAL, SERVICES, SHOP, Library, capture_of, evidence_of
from tests.unit.test_recorder import account, report

DAY = date(2026, 1, 2)
TURNS = [DAY + timedelta(days=number) for number in range(PITFALLS)]
NAMES = [f"web/user-by-name-{number}" for number in range(2 * PITFALLS)]
# The commands of a page are tried together, for each begins where the one above it ended.
SOLD, CLOSED = {"shop:it-sells"}, {"shop:it-closes"}
COMMANDS = {"shop:command-up", "shop:command-again"}


@pytest.fixture
def committed(library: Library, store: EvidenceStore) -> Handbook:
    """Twice as many pitfalls as there are days, all of them caught, and a shop of several containers."""
    for name in NAMES:
        library.write(f"web/pitfalls/{name.partition('/')[2]}.toml", BY_NAME.replace("by name", f"by {name}"))
    library.write("shop/snippet.toml", f'{SHOP}again = "docker compose up --detach --wait"\n')
    library.write("shop/rehearsal.py", REHEARSAL).write("shop/compose.yaml", SERVICES)
    catalog = library.load()
    for snippet in catalog.snippets.values():
        if snippet.withheld is None:
            store.write(evidence_of(snippet), snippet.name)
    for name in NAMES:
        store.write(capture_of(catalog, name), name)
    return Handbook(catalog=catalog, store=store, now=NOW)


@pytest.fixture
def fresh(store: EvidenceStore) -> EvidenceStore:
    """Where a run writes that begins with no record."""
    return EvidenceStore(store.root.parent / "fresh")


def left_out(handbook: Handbook, day: date) -> set[str]:
    """What is not asked of the shop on this day."""
    return {atom for atom in believed(handbook, day).atoms if atom.startswith("shop:")}


def test_each_is_tried_on_one_day(committed: Handbook) -> None:
    """Two a day here, and none is believed on all days."""
    tried = [set(NAMES) - set(believed(committed, day).captures) for day in TURNS]

    assert [len(names) for names in tried] == [2] * PITFALLS
    assert set().union(*tried) == set(NAMES)
    assert set(NAMES) - set(believed(committed, DAY + timedelta(days=PITFALLS)).captures) == tried[0]


def test_on_each_day_something_is_asked_of_every_subject(committed: Handbook) -> None:
    """It has less to ask of than there are days: so it is brought up on each. An image is judged as a whole."""
    whole = SOLD | CLOSED | COMMANDS
    tried = [whole - left_out(committed, day) for day in TURNS[:3]]

    assert sorted(map(sorted, tried)) == sorted(map(sorted, (SOLD, CLOSED, COMMANDS)))
    assert len(tried) < JUDGEMENTS
    assert not any(atom.startswith(("web:", "conf:")) for day in TURNS for atom in believed(committed, day).atoms)


def test_of_servers_each_judgement_is_asked_on_one_day(catalog: Catalog) -> None:
    """As many on each day, and of few servers: each has to arrive, which takes longer than a question."""
    servers = [each for each in catalog.snippets.values() if each.kind in {Kind.HOST, Kind.CLUSTER}]
    turns = [asked(servers, day) for day in TURNS[:JUDGEMENTS]]
    # The commands of a page are one test.
    every = {
        f"{each.name}:{COMMAND if slug.startswith(COMMAND) else slug}"
        for each in servers
        for slug in requirements(each)
    }

    assert sorted(test for tests in turns for test in tests) == sorted(every)
    assert max(map(len, turns)) - min(map(len, turns)) <= 1
    assert sum(len({test.partition(":")[0] for test in tests}) for tests in turns) < JUDGEMENTS + len(servers)


def test_what_is_added_has_its_turn_beside_its_deployment(catalog: Catalog) -> None:
    """Who has to arrive for the one serves the other."""
    hosts = {each.name: each for each in catalog.snippets.values() if each.kind is Kind.HOST}
    stands = {name: each.table.addition.to if each.table.addition else name for name, each in hosts.items()}
    turns = [asked(hosts.values(), date.fromordinal(JUDGEMENTS * 24_000 + number)) for number in range(JUDGEMENTS)]
    up = [{stands[test.partition(":")[0]] for test in tests} for tests in turns]
    days = [number for number, names in enumerate(up) if "ansible-app-docker" in names]

    assert days == list(range(days[0], days[-1] + 1))


def test_what_changed_is_tried_on_every_day(committed: Handbook, library: Library) -> None:
    """Its own edit, here; a good file or a judge that changes voids records likewise."""
    place = f"{NAMES[0].replace('/', '/pitfalls/')}.toml"
    library.write(place, BY_NAME.replace("USER app", "USER other"))
    library.write("shop/compose.yaml", f"{SERVICES}# Another one.\n")
    today = Handbook(catalog=library.load(), store=committed.store, now=NOW)

    assert [NAMES[0] in believed(today, day).captures for day in TURNS] == [False] * PITFALLS
    assert sum(NAMES[1] in believed(today, day).captures for day in TURNS) == PITFALLS - 1
    assert not any(left_out(today, day) for day in TURNS)


def test_without_a_record_nothing_is_believed(committed: Handbook, store: EvidenceStore) -> None:
    """Nor with one that was edited by hand."""
    gone, edited = (store.root / store.place(Capture, name) for name in NAMES[:2])
    gone.unlink()
    edited.write_text(edited.read_text().replace("a name", "no name"))
    (store.root / store.place(Evidence, "shop")).unlink()
    today = Handbook(catalog=committed.catalog, store=store, now=NOW)

    assert not any(name in believed(today, day).captures for name in NAMES[:2] for day in TURNS)
    assert not any(left_out(today, day) for day in TURNS)


def test_what_is_believed_keeps_its_date_and_is_told(committed: Handbook, fresh: EvidenceStore) -> None:
    """The records of a run hold it as it was seen; the summary says of how many that is so, and since when."""
    recorder = Recorder(committed.catalog, fresh)
    recorder.believe(believed(committed, DAY))
    recorder.pytest_sessionfinish()
    said: list[str] = []
    print_summary(recorder.written, recorder.withheld, recorder.believed, (), said.append)

    captures = recorder.believed.captures
    assert len(captures) == len(NAMES) - 2
    assert {name: fresh.read(Capture, name) for name in captures} == dict(captures)
    told = [" ".join(line.split()) for line in said if "by their committed records" in line]
    assert told == [
        f"{len(left_out(committed, DAY))} judgements of servers and stacks, by their committed records 2026-01-02",
        f"{len(NAMES) - 2} pitfalls, by their committed records 2026-01-02",
    ]


@pytest.mark.parametrize("asked_of", [set(), SOLD], ids=["nothing", "something"])
def test_who_is_asked_nothing_today_keeps_its_record(
    committed: Handbook, fresh: EvidenceStore, asked_of: set[str]
) -> None:
    """It is among those of the run as it was seen; of one that was asked and told nothing there is none."""
    today = believed(committed, DAY)
    recorder = Recorder(committed.catalog, fresh)
    recorder.believe(replace(today, atoms=(today.atoms | SOLD | CLOSED | COMMANDS) - asked_of))
    recorder.pytest_sessionfinish()

    assert fresh.read(Evidence, "shop") == (None if asked_of else committed.snippets["shop"].evidence)


@pytest.mark.parametrize(
    ("verdict", "other", "is_whole"), [("kept", None, True), ("kept", "sha256:0", True), ("broken", "sha256:0", False)]
)
def test_a_part_that_was_tried_joins_what_is_believed(
    committed: Handbook, fresh: EvidenceStore, verdict: str, other: str | None, *, is_whole: bool
) -> None:
    """The record is whole again, and as old as its oldest part; on other bases nothing but the same confirms it."""
    shop = committed.catalog.snippets["shop"]
    seen = account(shop, "it-sells", base=other, verdict=Verdict(verdict), seen="again")
    day = next(day for day in TURNS if not SOLD & left_out(committed, day))
    recorder = Recorder(committed.catalog, fresh)
    recorder.believe(believed(committed, day))
    recorder.pytest_runtest_logreport(report(FINDING, replace(seen, image=None), passed=is_whole))
    recorder.pytest_sessionfinish()
    record = fresh.read(Evidence, "shop")

    assert record is not None
    assert (len(record.findings) == len(SOLD | CLOSED | COMMANDS)) == is_whole
    if is_whole:
        assert record.verified_at == NOW
        assert {finding.seen for finding in record.findings} == {"as promised"} | (
            {"again"} if other is None else set()
        )


@pytest.mark.parametrize("page", ["README.md", "docs/reference/proof.md"])
def test_pages_say_how_long_a_turn_takes(page: str) -> None:
    """By the numbers of today."""
    said = " ".join((Path(__file__).parents[2] / page).read_text(encoding="utf-8").split())

    assert JUDGEMENTS == TUTORIALS
    assert f"of what servers promise, and of tutorials, one in {JUDGEMENTS}" in said
    assert f"one in {PITFALLS}." in said
