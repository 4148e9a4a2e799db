"""A page before any parser sees it: how it begins, how long and how deep it is, and in which line an element stands."""

import pytest

from snippets.audit.source import DEPTH, too_deep
from tests.unit.pages.site import LINE, Site


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("<div>" * DEPTH, 0),
        ("\n\n" + "<div>" * (DEPTH + 1), 3),
        ("<div>\n" * (DEPTH + 3), DEPTH + 1),
        ("<b></b>" * (DEPTH + 1), 0),
        ("<B></b>" * (DEPTH + 1), 0),
        # What is closed twice closes no other.
        ("<div><b></b></b>" * (DEPTH + 1), 1),
        ("<div></i>" * (DEPTH + 1), 1),
        ("<div></div></div>" * (DEPTH + 1), 0),
        # What holds nothing is not open.
        ("<br><img src=a><meta charset=b>" * (DEPTH + 1), 0),
        ("<svg>" + "<path d=M0>" * (DEPTH + 1) + "</svg>", 0),
        ("<path d=M0>" * (DEPTH + 1), 1),
        ("<svg></svg>" + "<path d=M0>" * (DEPTH + 1), 1),
        # In a text nothing closes but that text.
        ("<div><title></div></title>" * (DEPTH + 1), 1),
        ("<div><title></title></div>" * (DEPTH + 1), 0),
        ("<title><title></title>" * (DEPTH + 1), 1),
        ("<!-- <div> -->" * (DEPTH + 1), 0),
        ("", 0),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else "",
)
def test_how_deep_a_page_is(text: str, line: int) -> None:
    """The line is that of the first tag too many; no page needs two hundred elements within each other."""
    assert too_deep(text) == line


@pytest.mark.parametrize(
    "before",
    [
        # A table ends a paragraph, and what then ends one begins another: by the rules of today's pages alone.
        "<p>a<table><tbody><tr><td>x</td></tr></tbody></table></p>",
        "<table><tr><td>x</td></tr></table>",
        "<title>a < b <samp>\n</title>",
        '<abbr title="<samp>">x</abbr><!-- <samp> -->',
        "</p></p>",
    ],
)
@pytest.mark.parametrize("lead", ["", "\n\n"])
def test_a_line_is_counted_past_what_a_browser_adds(audited: Site, before: str, lead: str) -> None:
    """Elements that nobody wrote have no line, and move none."""
    page = audited(f"{lead}{before}\n<samp>x</samp>\n<p>a</p>\n<p>b</p>")

    at = LINE + 1 + (lead + before).count("\n")
    assert [(o.line, o.why) for o in page if "samp" in o.why] == [(at, "<samp> can show what no audit reads")]


@pytest.mark.parametrize(
    "start", ["", "<!-- x -->", "<!doctype html SYSTEM>", "\ufeff<!doctype html>", "x<!DOCTYPE html>"]
)
def test_a_page_that_browsers_read_by_old_rules_is_refused(audited: Site, start: str) -> None:
    """There an id has no case, and a table another font: what is copied is another block."""
    page = f"{start}<html><head><meta charset=utf-8><title>T</title></head><body><p>a</p></body></html>"

    assert [o.why for o in audited(files={"a.html": page.encode()})] == [
        "a page that does not begin with <!doctype html>"
    ]


DEEP = 20_000


@pytest.mark.parametrize(
    "text",
    [
        "<b>" * DEEP,
        "<div>" * DEEP,
        "<DIV>" * DEEP,
        "<div>" * DEEP + "</div>" * DEEP,
        "<table><td>" * DEEP,
        "<p><b>" * DEEP,
        "".join(f"<b id={number}>" for number in range(DEEP)),
        "".join(f"<b id={number}></i>" for number in range(DEEP)),
        "".join(f"<b id={number}><!--</b>-->" for number in range(DEEP)),
        "".join(f'<b id="{number}</b>">' for number in range(DEEP)),
        "".join(f"<b id={number}><title></b></title>" for number in range(DEEP)),
        "".join(f"<b id={number}><!</b>" for number in range(DEEP)),
        "<div " * DEEP,
        '<p "' * DEEP,
        '<p a="' * DEEP,
    ],
    ids=lambda text: text[:12],
)
@pytest.mark.timeout(120)
def test_what_is_never_closed_takes_no_longer_than_what_is(audited: Site, text: str) -> None:
    """Nobody waits for a parser that is led into the depth: the page is refused before it is parsed."""
    assert [o.why for o in audited(text) if o.page == "index.html"] == [
        "more than 200 elements within each other: close their tags"
    ]


def test_a_page_of_a_size_that_no_page_has_is_refused(audited: Site) -> None:
    """By its name, before anything is made of it."""
    assert "of more than 1,000,000 characters: no page needs them" in [o.why for o in audited("a" * 1_000_001)]


def test_lines_are_counted_past_scripts_comments_and_attributes(audited: Site) -> None:
    """What looks like a tag inside a comment, a script or an attribute does not move the line."""
    text = (
        '<abbr title="a > <pre>\n<pre>">b</abbr>\n'
        '<script type="application/json">{"a": "<pre>\\n"}\n</script>\n<pre>x</pre>'
    )

    assert [o.place for o in audited(text)] == ["index.html:8", "index.html:10"]
