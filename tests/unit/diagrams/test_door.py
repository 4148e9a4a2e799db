"""Files of diagrams: what is refused at the door, and what does not fit into its place."""

import pytest

from snippets.errors import CatalogError
from snippets.render import render
from snippets.render.drawing import width_of
from tests.unit.diagrams.texts import BARS, COURSE, PAGE, REACH, WAY, Drawn

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
