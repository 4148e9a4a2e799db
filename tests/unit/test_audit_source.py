"""A page's tags before any parser sees them: how deep they stand, and in which line an element begins."""

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
