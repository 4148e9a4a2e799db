"""Diagrams: what is refused at the door, what does not fit, and that a page holds what is drawn and no more."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from snippets.audit import audit
from snippets.audit.published import _as_parsed
from snippets.catalog.diagrams import KINDS
from snippets.errors import CatalogError
from snippets.evidence.records import Cell, Execution
from snippets.handbook import Handbook
from snippets.render import Links, render, show
from snippets.render.diagram import LAYOUTS, WIDTHS
from snippets.render.drawing import width_of
from tests.unit.pages.site import HEAD
from tests.unit.pages.synthetic import WHEN
from tests.unit.test_audit_published import TUTORIAL

DOCS = Path(__file__).parents[2] / "docs"
PAGE = "# A page\n\n```diagram\nway\n```\n"
WAY = """
kind = "path"
title = "The way"

[nodes.visitor]
group = "outside"
title = "Visitor"

[nodes.visitor.to.web]
says = "by port 443"
seen = "web/drains"

[nodes.web]
group = "the server"
title = "web & more"
says = "answers whoever asks"
keeps = ["uploads"]

[nodes.web.to.db]
says = "by a network"

[nodes.db]
group = "the server"
title = "Database"
"""
REACH = """
kind = "reach"
title = "Who reaches what"

[nodes.visitor]
group = "who"
title = "Visitor"

[nodes.visitor.to.site]
says = "by HTTPS"
seen = "web/drains"

[nodes.visitor.to.db]
says = "it is closed"
seen = "web/drains"
closed = true

[nodes.site]
group = "what"
title = "443"

[nodes.db]
group = "what"
title = "5432"
"""
COURSE = """
kind = "course"
title = "What becomes of it"

[nodes.first]
group = "when"
title = "It begins"
says = "nothing has ended yet"

[nodes.first.to.web]
says = "serves"
state = "before"
seen = "web/drains"

[nodes.between]
group = "when"
title = "Nothing changes"

[nodes.last]
group = "when"
title = "It ends"

[nodes.last.to.web]
says = "is away"
state = "away"
seen = "web/drains"

[nodes.web]
group = "who"
title = "web & more"
"""
BARS = """
kind = "bars"
title = "What it takes"
tutorial = "first"
unit = "s"

[nodes.slow]
group = "the longest wait"
title = "The slow way"
after = "slow: "

[nodes.quick]
group = "the longest wait"
title = "The quick & short way"
after = "quick: "
"""
PRINTED = "slow: 18.5 s without an answer\nquick:   0.5 s without an answer"
DIAGRAMS = [WAY, REACH, COURSE, BARS]
Drawn = Callable[..., Handbook]


@pytest.fixture
def described(tmp_path: Path, small: Handbook) -> Drawn:
    """Lay out a page, a tutorial that printed something, and one diagram; the small library, proven, with these."""

    def made(text: str, page: str = PAGE, name: str = "way.toml", printed: str = PRINTED) -> Handbook:
        (tmp_path / "docs" / "diagrams").mkdir(parents=True, exist_ok=True)
        (tmp_path / "docs" / "diagrams" / name).write_text(text)
        (tmp_path / "docs" / "index.md").write_text(page)
        (tmp_path / "docs" / "tutorials").mkdir(exist_ok=True)
        (tmp_path / "docs" / "tutorials" / "first.md").write_text(TUTORIAL)
        told = replace(small, docs=tmp_path / "docs")
        execution = Execution(
            tutorial="first",
            digest=told.tutorials["first"].tutorial.digest(small.catalog),
            engine="Docker",
            stand_in=False,
            verified_at=WHEN,
            cells=[Cell(source="echo 1", output=printed)],
        )
        (small.store.root / "tutorials" / "first.json").unlink(missing_ok=True)
        small.store.write(execution, "first")
        return replace(told)

    return made


FAULTS = {
    "a misspelt key": (WAY.replace("keeps", "keep"), "unknown key nodes.web.keep (did you mean 'keeps'?)"),
    "a misspelt key of an arrow": (
        WAY.replace("seen", "sen"),
        "unknown key nodes.visitor.to.web.sen (did you mean 'seen'?)",
    ),
    "a missing key": (WAY.replace('title = "Visitor"', ""), "missing key nodes.visitor.title"),
    "an unknown kind": (WAY.replace('"path"', '"paths"'), "kind: there is no kind 'paths' (did you mean 'path'?)"),
    "an unknown node": (
        WAY.replace("to.web]", "to.wep]"),
        "nodes.visitor.to.wep: there is no node 'wep' (did you mean 'web'?)",
    ),
    "an arrow from nowhere": (WAY + '[nodes.queue.to.db]\nsays = "?"\n', "missing key nodes.queue.group"),
    "an arrow past a node": (
        WAY.replace("visitor.to.web]", "visitor.to.db]"),
        "nodes.visitor.to.db: between two that do not follow on each other, or the second one between them",
    ),
    "two arrows at one place": (
        WAY + '[nodes.db.to.web]\nsays = "back"\n',
        "nodes.db.to.web: between two that do not follow on each other, or the second one between them",
    ),
    "a node by itself": (
        WAY + '[nodes.lost]\ngroup = "the server"\ntitle = "Lost"\n',
        "nodes.lost: nothing leads to it or from it",
    ),
    "a group in two pieces": (
        WAY.replace('"the server"\ntitle = "Data', '"outside"\ntitle = "Data'),
        "group: what stands in 'outside' does not stand together",
    ),
    "an unknown snippet": (
        WAY.replace("web/drains", "wep/drains"),
        "nodes.visitor.to.web.seen: there is no snippet 'wep' (did you mean 'web'?)",
    ),
    "an unknown promise": (
        WAY.replace("web/drains", "web/drain"),
        "nodes.visitor.to.web.seen: web is not judged by 'drain' (did you mean 'drains'?)",
    ),
    "closed on a path": (
        WAY.replace('says = "by port', 'closed = true\nsays = "by port'),
        "nodes.visitor.to.web.closed: only a table of who reaches what shows it",
    ),
    "a claim that nobody saw": (
        REACH.replace('seen = "web/drains"', "", 1),
        "nodes.visitor.to.site.seen: there is no snippet ''",
    ),
    "a column that leads somewhere": (
        REACH + '[nodes.db.to.site]\nsays = "?"\nseen = "web/drains"\n',
        "nodes.db.to.site: leads from no row to a column",
    ),
    "a third group": (
        REACH + '[nodes.x]\ngroup = "whom"\ntitle = "X"\n',
        "group: 3 of them, where one holds the rows and another the columns",
    ),
    "what is kept in a table": (
        REACH.replace('title = "443"', 'title = "443"\nkeeps = ["a"]'),
        "nodes.site.keeps: only a path shows it",
    ),
    "an unknown state": (
        COURSE.replace('"away"', '"awey"'),
        "nodes.last.to.web.state: there is no state 'awey' (did you mean 'away'?)",
    ),
    "a state on a path": (
        WAY.replace('says = "by port', 'state = "away"\nsays = "by port'),
        "nodes.visitor.to.web.state: only what takes its course has one",
    ),
    "closed in a course": (
        COURSE.replace('state = "away"', 'state = "away"\nclosed = true'),
        "nodes.last.to.web.closed: only a table of who reaches what shows it",
    ),
    "a course that does not say how it begins": (
        COURSE.replace("first.to.web", "between.to.web"),
        "nodes.first.to.web: missing, the first moment says it of each",
    ),
    "a course of nobody": (
        COURSE[: COURSE.index("[nodes.web]")].replace(".to.web", ".to.last"),
        "group: 1 of them, where one holds the rows and another the columns",
    ),
    "a bar without its words": (BARS.replace('after = "slow: "', ""), "nodes.slow.after: missing, a number has it"),
    "numbers of no tutorial": (BARS.replace('tutorial = "first"', ""), "tutorial: missing, a number has it"),
    "numbers of nothing": (BARS.replace('unit = "s"', ""), "unit: missing, a number has it"),
    "a number by hand": (
        BARS.replace("[nodes.quick]", 'says = "0.1 s"\n\n[nodes.quick]'),
        "nodes.slow.says: its number",
    ),
    "a bar that leads somewhere": (BARS + '[nodes.quick.to.slow]\nsays = "?"\n', "nodes.quick.to: a bar leads nowhere"),
    "bars in two groups": (BARS.replace("wait", "way", 1), "group: 2 of them, where all bars stand in one"),
    "a number on a path": (WAY.replace("keeps =", 'after = "x"\nkeeps ='), "nodes.web.after: only bars have it"),
    "a unit of a table": (REACH.replace("title =", 'unit = "s"\ntitle =', 1), "unit: only bars have it"),
    "no TOML": ("kind = path", "not TOML"),
}


@pytest.mark.parametrize(("text", "why"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_refused_at_the_door(described: Drawn, text: str, why: str) -> None:
    """By file and key, with the word that would have been right."""
    with pytest.raises(CatalogError) as refused:
        _ = described(text).diagrams

    assert any(fault.startswith(f"diagrams/way.toml: {why}") for fault in refused.value.faults), refused.value.faults


def test_a_file_that_no_page_shows_is_refused(described: Drawn) -> None:
    """And whatever is no diagram by its name."""
    described("", name="Way.svg")
    with pytest.raises(CatalogError) as refused:
        _ = described(WAY, "# A page about a diagram\n").diagrams

    assert refused.value.faults == (
        "diagrams/Way.svg: not a diagram: its name is words of small letters, and .toml",
        "diagrams/way.toml: no page shows it",
    )


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (WAY.replace("Visitor", "A visitor of the name that this server has"), "nodes.visitor.title"),
        (WAY.replace("whoever asks", "whoever asks, " * 9), "nodes.web.says"),
        (WAY.replace("answers whoever asks", "a" * 60), "nodes.web.says"),
        (WAY.replace('"uploads"', '"uploads of everybody", "settings of this server"'), "nodes.web.keeps"),
        (WAY.replace("by port 443", "by port 443, whatever the firewall says of it"), "nodes.visitor.to.web.says"),
        (WAY.replace('"outside"', f'"{"outside " * 9}"'), "nodes.visitor.group"),
        (REACH.replace('"443"', f'"{"443, " * 9}"'), "nodes.site.title"),
        (REACH.replace("Visitor", "A visitor of the name that this server has"), "nodes.visitor.title"),
        (COURSE.replace("It begins", "It begins " * 9), "nodes.first.title"),
        (COURSE.replace('"is away"', f'"{"is away " * 40}"'), "nodes.last.to.web.says"),
        (COURSE.replace('"web & more"', f'"{"web & more " * 9}"'), "nodes.web.title"),
    ],
)
def test_a_text_that_stands_out_of_its_place_is_refused(described: Drawn, text: str, key: str) -> None:
    """Where the page refers to it, by file and key."""
    (objection,) = render(PAGE, "index.md", described(text)).objections

    assert objection.place == "index.md:4"
    assert objection.why.startswith(f"diagrams/way.toml: {key}: ")
    assert "does not fit" in objection.why


@pytest.mark.parametrize(("word", "bold"), [("Visitor", True), ("by port 443", False), ("MMMM", False)])
def test_words_are_taken_for_wider_than_any_font_has_them(word: str, *, bold: bool) -> None:
    """An average letter has half its size, so that three fifths of it are little to ask."""
    assert width_of(word, bold=bold) >= 0.6 * 13 * len(word) * 0.9


def test_each_kind_has_a_layout() -> None:
    """Or a file that the door lets in would be drawn by nobody."""
    assert LAYOUTS.keys() == {*KINDS}


@pytest.mark.parametrize("text", DIAGRAMS, ids=KINDS)
def test_a_diagram_says_the_same_in_words(described: Drawn, text: str) -> None:
    """Whoever does not see it has each of its texts; both drawings have a name, and the id of that is there once."""
    figure = LexborHTMLParser(show("diagram", "way", described(text), Links()).html)
    told = "".join(node.text() for node in figure.css("figcaption, details"))
    drawings = figure.css("svg")

    assert [svg.attributes["class"] for svg in drawings] == [*WIDTHS]
    assert {svg.attributes["role"] for svg in drawings} == {"img"}
    assert {svg.attributes["aria-labelledby"] for svg in drawings} == {"diagrams-way"}
    assert len(figure.css("#diagrams-way")) == 1
    for said in re.findall(r'^(?:title|says) = "(.*)"', text, flags=re.MULTILINE):
        assert said in told


def test_what_nobody_saw_is_dotted_and_said(described: Drawn) -> None:
    """In the drawing, below it and in words."""
    html = show("diagram", "way", described(WAY), Links()).html

    assert html.count("hb-untried") == len(WIDTHS)
    assert "Dotted is what was not tried." in html
    assert "to Database: by a network (not tried)" in html
    assert (
        "Dotted"
        not in show(
            "diagram", "way", described(WAY.replace('a network"', 'a network"\nseen = "web/drains"')), Links()
        ).html
    )


def test_a_state_goes_on_until_another_one_begins(described: Drawn) -> None:
    """Where nothing changes its bar goes on, and what is away has none."""
    html = show("diagram", "way", described(COURSE), Links()).html

    assert [html.count(f'"{style}"') for style in ("hb-before", "hb-after")] == [2 * len(WIDTHS), 0]
    assert html.count('"hb-line hb-untried"') == len(WIDTHS)
    assert "Dotted" not in html


def test_a_bar_is_as_long_as_its_number(described: Drawn) -> None:
    """Which stands behind it, in both drawings, and in words."""
    html = show("diagram", "way", described(BARS), Links()).html
    long = [float(width) for width in re.findall(r'width="([\d.]+)" height="20"', html)]

    assert len(long) == 2 * len(WIDTHS)
    assert all(
        slow / quick == pytest.approx(18.5 / 0.5, rel=0.02) for slow, quick in zip(*[iter(long)] * 2, strict=True)
    )
    assert [html.count(number) for number in ("18.5 s", "0.5 s")] == [len(WIDTHS) + 1] * 2


@pytest.mark.parametrize(
    ("printed", "why"),
    [
        ("slow: 18.5 s", "nodes.quick.after: 0 lines of what was printed have 'quick: ', and one must"),
        (f"{PRINTED}\nslow: 1 s", "nodes.slow.after: 2 lines of what was printed have 'slow: ', and one must"),
        (PRINTED.replace("18.5", "long"), "nodes.slow.after: behind 'slow: ' stands no number of s: 'long s'"),
        (PRINTED.replace("18.5 s", "18.5 min"), "nodes.slow.after: behind 'slow: ' stands no number of s: '18.5 min'"),
        (
            PRINTED.replace(" 18.5 s without an answer", " "),
            "nodes.slow.after: behind 'slow: ' stands no number of s: ''",
        ),
    ],
    ids=["silent", "twice", "no-number", "another-unit", "nothing"],
)
def test_a_number_that_nobody_printed_is_refused(described: Drawn, printed: str, why: str) -> None:
    """It is one of the run, or there is no drawing."""
    (objection,) = render(PAGE, "index.md", described(BARS, printed=printed)).objections

    assert objection.why == f"diagrams/way.toml: {why}"


def test_what_was_not_measured_is_not_shown(described: Drawn) -> None:
    """By a tutorial that is not there, or whose record is not current."""
    (unknown,) = render(PAGE, "index.md", described(BARS.replace('"first"', '"fist"'))).objections
    handbook = described(BARS)
    (handbook.store.root / "tutorials" / "first.json").unlink()
    (unproven,) = render(PAGE, "index.md", handbook).objections

    assert unknown.why == "there is no tutorial 'fist' (did you mean 'first'?)"
    assert (unproven.unproven, unproven.why) == (True, "tutorial first was never executed")


def test_a_diagram_without_a_current_record_is_not_shown(described: Drawn) -> None:
    """What it says was seen is as true as the record of it."""
    handbook = described(WAY)
    (handbook.store.root / "web.json").unlink()
    (objection,) = render(PAGE, "index.md", handbook).objections

    assert objection.unproven
    assert objection.why == "web was never verified"


def test_a_wrong_name_says_which_is_right(described: Drawn) -> None:
    """As every reference does."""
    (objection,) = render("```diagram\nwey\n```\n", "index.md", described(WAY)).objections

    assert objection.why == "there is no diagram 'wey' (did you mean 'way'?)"


@pytest.mark.parametrize("text", DIAGRAMS, ids=KINDS)
def test_it_is_written_as_the_parser_writes_it(described: Drawn, text: str) -> None:
    """So the audit compares it byte for byte, and need not read it back."""
    html = show("diagram", "way", described(text), Links("../")).html

    assert [_as_parsed(html)] == [node.html for node in LexborHTMLParser(html).css("[data-hb]")]


CHANGED = {
    "another word": ("by port 443", "by port 80"),
    "a moved box": ('x="14.5"', 'x="15.5"'),
    "a text more": ("</svg>", '<text x="0" y="9">docker run evil</text></svg>'),
    "a link more": ("</svg>", '<a href="https://x.example/"></a></svg>'),
    "another class": ("hb-box", "hb-volume"),
    "another name": ("diagram:way", "diagram:wey"),
    "words left out": ("<li>", "<li hidden>"),
}


@pytest.mark.parametrize(("right", "wrong"), CHANGED.values(), ids=CHANGED)
def test_a_drawing_that_was_changed_is_refused(tmp_path: Path, described: Drawn, right: str, wrong: str) -> None:
    """The audit draws it again; as it was it has nothing against it."""
    handbook = described(WAY)
    html = show("diagram", "way", handbook, Links()).html
    shown = show("command", "web/run", handbook, Links()).html
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text(f"{HEAD}{shown}{html}</body></html>")
    assert audit(site, handbook) == ()

    (site / "index.html").write_text(f"{HEAD}{shown}{html.replace(right, wrong, 1)}</body></html>")
    reasons = [objection.why for objection in audit(site, handbook)]

    assert any(why.startswith("a claim that no record makes: diagram:w") for why in reasons)
    assert "<text> can show what no audit reads" in reasons


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ('<svg><text x="0" y="9">RUN x</text></svg>', "<text> can show what no audit reads"),
        ('<svg role="img"><path d="M0 0"/></svg>', "the attribute role on <svg>"),
        (
            '<figure class="hb-diagram"><svg><path d="M0 0"/></svg></figure>',
            "a claim of unknown origin: hb-diagram on <figure>",
        ),
    ],
)
def test_no_other_drawing_holds_a_text(tmp_path: Path, described: Drawn, typed: str, why: str) -> None:
    """What only looks like a diagram is none."""
    handbook = described(WAY)
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text(f"{HEAD}{typed}</body></html>")

    assert why in [objection.why for objection in audit(tmp_path / "site", handbook)]


def test_those_of_the_pages_fit() -> None:
    """Each is drawn in every width, whatever the records of today say."""
    known = Handbook.here(docs=DOCS).diagrams

    assert known
    for name, table in known.items():
        for width in WIDTHS.values():
            height, _ = LAYOUTS[table.kind](table, name, width)
            assert height
