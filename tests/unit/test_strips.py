"""Releases that were cut off: what is made of what was seen, what of it may be shown, and how it is drawn."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from click.testing import CliRunner
from selectolax.lexbor import LexborHTMLParser

from snippets.audit.published import _as_parsed
from snippets.catalog import load
from snippets.contract.deployment.cut import Mishap
from snippets.contract.observation import Done
from snippets.errors import ContainerError
from snippets.evidence.aside import strips
from snippets.evidence.objection import cut_rules, fault_digest, strip_objection
from snippets.evidence.records import CutOff, Outcome, Strip
from snippets.evidence.store import EvidenceStore
from snippets.handbook import Handbook
from snippets.proving import strips as proving
from snippets.render import render
from snippets.render.blocks import Links
from snippets.render.diagram import WIDTHS
from snippets.render.strip import strip, undrawn
from snippets.render.tables import contract
from tests.unit.sample import evidence_of
from tests.unit.test_releases import Released

if TYPE_CHECKING:
    from snippets.engine.engine import Engine

NAME = "ansible-app-docker"
CATALOG = load()
DEPLOYMENT = CATALOG.snippets[NAME]
MUTANT = f"{NAME}/down-first"
WHEN = datetime(2026, 1, 2, 12, tzinfo=UTC)
SAID = "{way} after 3 s: it serves, of 9 acknowledged writes 0 are lost, the next release ends right"
CONNECTION, POWER = Mishap.CONNECTION, Mishap.POWER
CELLS = [
    CutOff(after_s=3.0, mishap=CONNECTION, outcome=Outcome.RIGHT, seen=SAID.format(way="the connection lost")),
    CutOff(after_s=9.0, mishap=CONNECTION, outcome=Outcome.HAND, seen="the connection lost after 9 s: it serves <all>"),
    CutOff(after_s=3.0, mishap=POWER, outcome=Outcome.WRONG, seen="the hosts without power after 3 s: nobody serves"),
]
SEEN = Strip(
    deployment=NAME,
    digest=DEPLOYMENT.digest,
    rules=cut_rules(),
    engine="Docker",
    stand_in=True,
    verified_at=WHEN,
    whole_s=12.0,
    cells=CELLS,
)


@pytest.mark.parametrize(
    ("told", "outcome"),
    [
        (Released(), Outcome.RIGHT),
        (Released(stays=True), Outcome.HAND),
        (Released(dark=True), Outcome.WRONG),
        (Released(forgets=True), Outcome.WRONG),
        (Released(writes=False), Outcome.WRONG),
    ],
    ids=["right", "the-next-one-does-not-end", "nobody-serves", "a-write-lost", "nobody-wrote"],
)
def test_what_is_left_has_a_colour(told: Released, outcome: Outcome, monkeypatch: pytest.MonkeyPatch) -> None:
    """One cell for each moment and each way to be cut off, as far as it was cut off."""
    said: list[str] = []
    seen = drawn(told, monkeypatch, said)

    assert [(cell.after_s, cell.mishap, cell.outcome) for cell in seen.cells] == [
        *((after_s, mishap, outcome) for mishap in Mishap for after_s in (0.2, 0.8))
    ]
    assert len(said) == 1 + len(seen.cells)
    assert (seen.deployment, seen.digest, seen.rules, seen.whole_s) == (NAME, DEPLOYMENT.digest, cut_rules(), 1.0)


def test_where_all_was_over_by_then_there_is_no_strip(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was over was not cut off, and a strip without a cell is none."""
    with pytest.raises(ContainerError, match="each release was over before it was cut off"):
        drawn(Released(busy=False), monkeypatch, [])

    empty = replace(SEEN, cells=[])
    assert (
        strip_objection(NAME, CATALOG, empty) == f"the strip of {NAME}: the record tells of no release that was cut off"
    )


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (
            ["ansible-app-doker", "12"],
            "there is no deployment 'ansible-app-doker' (did you mean 'ansible-app-docker'?)",
        ),
        (["flask-pip", "12"], "there is no deployment 'flask-pip'"),
        ([f"{NAME}/down-frist", "12"], f"there is no deployment '{NAME}/down-frist'"),
        # It edits a command, and the files that release are the good ones.
        ([f"{NAME}/vault-without-its-password", "12"], "there is no deployment"),
        (["flask-pip/latest-tag", "12"], "there is no deployment 'flask-pip/latest-tag'"),
        ([NAME, "0"], "0 is not in the range"),
        ([NAME, "many"], "'many' is not a valid integer"),
        ([NAME], "Missing argument 'CELLS'"),
        ([], "Missing argument 'NAME'"),
    ],
)
def test_what_cannot_be_cut_off_is_refused_at_the_door(asked: list[str], why: str) -> None:
    """Before an engine is asked for anything."""
    done = CliRunner().invoke(proving.main, asked)

    assert (done.exit_code, why in done.output) == (2, True), done.output


def test_a_release_that_fails_by_itself_has_no_strip(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody would know what the cut had to do with it."""

    class Failing(Released):
        """Whatever is released."""

        def release(self, version: str = "") -> Done:
            """With an error."""
            return replace(super().release(version), status=2)

    with pytest.raises(ContainerError, match="a release that nobody cuts off exits 2"):
        drawn(Failing(), monkeypatch, [])


def drawn(told: Released, monkeypatch: pytest.MonkeyPatch, said: list[str], name: str = NAME) -> Strip:
    """Two cells each way, on hosts that answer as laid out."""

    @contextmanager
    def arrived(*_: object) -> Iterator[Released]:
        yield told

    class Known:
        """An engine that is asked for its name alone."""

        description = "Docker"

        def bases(self, _: object) -> tuple[()]:
            """None at all."""
            return ()

    monkeypatch.setattr(proving, "arrived", arrived)
    return proving.strip(cast("Engine", Known()), CATALOG, name, 2, said.append)


def test_a_mutant_has_one_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the pitfall's name and digest: each cell begins with hosts that it was deployed to, which somebody kept."""
    kept: list[str] = []

    class Mutant(Released):
        """It is renewed at each cell."""

        def keep(self) -> None:
            """Once."""
            kept.append(MUTANT)

    seen = drawn(Mutant(dark=True), monkeypatch, [], MUTANT)

    assert (seen.deployment, seen.digest) == (MUTANT, fault_digest(CATALOG.pitfalls[MUTANT], CATALOG))
    assert kept == [MUTANT]
    assert {cell.outcome for cell in seen.cells} == {Outcome.WRONG}


def test_a_strip_is_kept_and_read(tmp_path: Path) -> None:
    """Another look is another record, also where it saw the same."""
    store, later = EvidenceStore(tmp_path), replace(SEEN, verified_at=WHEN + timedelta(days=1))

    assert [store.write(each, NAME) for each in (SEEN, SEEN, later)] == [True, False, True]
    assert store.read(Strip, NAME) == later


def test_of_a_mutant_it_is_said_what_is_wrong_with_it(tmp_path: Path) -> None:
    """Above the strip, and it has an anchor of its own."""
    store = EvidenceStore(tmp_path)
    store.write(
        replace(SEEN, deployment=MUTANT, digest=fault_digest(CATALOG.pitfalls[MUTANT], CATALOG)),
        MUTANT,
    )

    assert strips(CATALOG, store, now=None, max_age=None).keys() == {MUTANT}
    figure = strip(MUTANT, SEEN, CATALOG.pitfalls[MUTANT].table.title)
    assert (
        f'<figcaption id="strip-{MUTANT.replace("/", "-")}">{CATALOG.pitfalls[MUTANT].table.title}: a release of 12 s'
        in figure
    )


CHANGED: Mapping[str, tuple[Strip | None, str]] = {
    "never": (None, "were never cut off"),
    "other files": (replace(SEEN, digest="sha256:0"), "changed since its releases were cut off on 2026-01-02"),
    "another look": (replace(SEEN, rules="sha256:0"), "changed since its releases were cut off"),
    "of another": (replace(SEEN, deployment="web"), "changed since its releases were cut off"),
    "no engine": (replace(SEEN, engine=" "), "the record names no engine"),
    "after its end": (replace(SEEN, whole_s=5.0), "the record tells of a cut after 9 s of 5 s"),
}


@pytest.mark.parametrize(("record", "why"), CHANGED.values(), ids=CHANGED)
def test_what_is_not_of_today_is_not_shown(record: Strip | None, why: str, tmp_path: Path) -> None:
    """Its files, whoever looked, and what cannot be."""
    store = EvidenceStore(tmp_path)
    if record:
        store.write(record, NAME)

    assert why in str(strip_objection(NAME, CATALOG, record))
    assert strips(load(), store, now=None, max_age=None) == {}


def test_it_is_shown_until_it_is_too_old(tmp_path: Path) -> None:
    """Where somebody states an age."""
    store, age = EvidenceStore(tmp_path), timedelta(days=7)
    store.write(SEEN, NAME)

    assert strips(load(), store, now=WHEN + age, max_age=age) == {NAME: SEEN}
    assert strips(load(), store, now=WHEN + 2 * age, max_age=age) == {}


def test_a_strip_says_the_same_in_words() -> None:
    """Both drawings have a cell for each, of another shape where something else is left."""
    figure = LexborHTMLParser(strip(NAME, SEEN)).css_first("figure")
    assert figure is not None
    drawings = figure.css("svg")

    assert [svg.attributes["class"] for svg in drawings] == [*WIDTHS]
    for svg in drawings:
        assert [len(svg.css(shape)) for shape in ("rect.hb-before", "rect.hb-after", "path.hb-cross")] == [1, 1, 1]
    told = "".join(node.text() for node in figure.css("figcaption, details"))
    for said in ("A release of 12 s, cut off 3 times on 2026-01-02", "9 s: it serves <all>", "3 s: nobody serves"):
        assert said in told
    assert figure.css("ul ul")[1].text() == "3 s: nobody serves"


def test_a_cell_stands_at_its_moment() -> None:
    """Three of a release of 12 s, each the middle of 6 s: where it was over by then nothing is drawn, which is said."""
    drawing = LexborHTMLParser(strip(NAME, SEEN)).css("svg")[0]
    (first, wide), (later, as_wide) = (
        (float(str(box.attributes["x"])), float(str(box.attributes["width"]))) for box in drawing.css("rect")
    )

    assert wide == as_wide
    assert later - first == wide + 3
    assert "nothing drawn: it was over by then" in strip(NAME, SEEN)
    assert "nothing drawn" not in strip(NAME, replace(SEEN, cells=CELLS[:2]))


@pytest.mark.parametrize("html", [strip(NAME, SEEN), undrawn(NAME, "It changed & is not drawn.")])
def test_it_is_written_as_the_parser_writes_it(html: str) -> None:
    """So the audit compares it byte for byte."""
    assert [_as_parsed(html)] == [node.html for node in LexborHTMLParser(html).css("[data-hb]")]


def test_only_what_is_released_to_has_one(small: Handbook) -> None:
    """A container is not."""
    (objection,) = render("```strip\nweb\n```\n", "index.md", small).objections

    assert objection.why == "web is released to nobody: only a deployment has a strip"


def test_the_contract_s_table_sums_it_up(tmp_path: Path) -> None:
    """Where the promise stands of which the strip shows more moments, and nowhere else; a stale one is left out."""
    store = EvidenceStore(tmp_path)
    store.write(evidence_of(DEPLOYMENT), NAME)
    handbook = Handbook(catalog=load(), store=store)
    assert "each of them drawn" not in contract("deployments", handbook, Links("../"))

    store.write(SEEN, NAME)
    told = LexborHTMLParser(contract("deployments", Handbook(catalog=load(), store=store), Links("../")))
    summed = [row for row in told.css("tr") if "each of them drawn" in row.text()]
    assert [row.attributes["id"] for row in summed] == ["promise-release-survives-cut"]
    assert "At 3 moments (2026-01-02): 1 right, each of them drawn" in summed[0].text()
    assert summed[0].css_first('a[href="../servers/cut-off/"]') is not None
