"""Diagrams on a page: that it holds what is drawn and no more, in a drawing and in words."""

import re
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from snippets.audit import audit
from snippets.audit.published import _as_parsed
from snippets.catalog.diagrams import KINDS
from snippets.handbook import Handbook
from snippets.render import Links, render, show
from snippets.render.diagram import LAYOUTS, WIDTHS
from tests.unit.diagrams.texts import COURSE, DIAGRAMS, PAGE, WAY, Drawn
from tests.unit.pages.site import HEAD

DOCS = Path(__file__).parents[3] / "docs"


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
