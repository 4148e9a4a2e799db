"""A page's fences and headings, and what somebody typed by hand, each by its line."""

import pytest

from snippets.catalog.fences import Fence, on_one_line, scan

INDENTED = "an indented code block typed by hand: refer to a snippet"


def faults(text: str) -> list[tuple[int, str]]:
    """Line and reason of each."""
    return [(fault.line, fault.why) for fault in scan(text).faults]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a\n\n    x\n", [3]),
        # One that goes on is told of once, blank lines in it included; another by itself.
        ("a\n\n    x\n    y\n\n    z\n\nb\n\n    x\n", [3, 10]),
        ("a\n    b\n", []),
        ("# A\n    x\n", [2]),
        ("\tx\n", [1]),
        ("> a\n>\n>     x\n", [3]),
        ("- a\n\n    b\n", []),
        ("- a\n\n        x\n", [3]),
        ("- a\n    - b\n\n        c\n\n            x\n", [6]),
        ("- a\n\nb\n\n    x\n", [5]),
        ("!!! note\n    a\n\n    b\n\n        x\n", [6]),
        ("```snippet\na/b\n```\n    x\n", [4]),
        ("```snippet\n    a\n```\n", []),
    ],
)
def test_a_block_that_is_indented_is_told_once(text: str, lines: list[int]) -> None:
    """By its first line; what a list or a note indents is none of it."""
    assert faults(text) == [(line, INDENTED) for line in lines]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a <!-- b --> c", "a  c"),
        ("<!-- a\n-->", "\n"),
        ("<!-- a\n--> b", "\n b"),
        ("<!-- a\n\nb\n--> c <!-- d --> e", "\n\n\n c  e"),
        ("<!---->", ""),
        ("`<!--` a", "`<!--` a"),
        ("<!--\n```snippet\n-->\na", "\n\n\na"),
    ],
)
def test_a_comment_is_taken_out_and_no_line_moves(text: str, kept: str) -> None:
    """Where it ends is where Markdown ends it; within inline code it is none."""
    read = scan(text)

    assert ("\n".join(read.lines), read.fences, read.faults) == (kept, [], [])


@pytest.mark.parametrize("text", ["a\n<!-- b", "a\n<!-- b\nc --", "a\n<!-- b\nc\n"])
def test_a_comment_without_an_end_is_told_by_its_beginning(text: str) -> None:
    """It would hide the rest of the page."""
    assert faults(text) == [(2, "the comment <!-- is never closed")]


def test_a_fence_is_told_by_its_lines() -> None:
    """From the one that opens it to the one that closes it, without what stands before each."""
    read = scan("a\n\n> ~~~~ snippet \n> a/b\n> ~~~\n> ~~~~~\n\n```x```\n")

    assert read.fences == [Fence(first=3, last=6, before="> ", language="snippet", body=["a/b", "~~~"])]
    assert read.faults == []


def test_a_fence_that_is_never_closed_goes_to_the_end() -> None:
    """Whatever looks like a heading in it is none."""
    read = scan("# A { #a }\n\n```snippet\n## B { #b }\n# C { #c }")

    assert [(fence.first, fence.last, fence.body) for fence in read.fences] == [
        (3, 5, ["## B { #b }", "# C { #c }"]),
    ]
    assert faults("# A { #a }\n\n```snippet\n## B { #b }") == [(3, "the fence ```snippet is never closed")]
    assert read.anchors == [(1, "a")]


def test_html_is_told_by_its_line() -> None:
    """But for what inline code names, and what lies in a fence."""
    assert faults("a `<pre>`\n\n```snippet\n<pre>\n```\n\nb <PRE>\n<p>\n<script>") == [
        (7, "<pre> typed by hand: refer to a snippet"),
        (9, "<script> typed by hand: refer to a snippet"),
    ]


def test_inline_code_is_put_on_one_line() -> None:
    """But where a list item ends it, for then it is none."""
    assert on_one_line("a `b\n  c` d") == "a `b c` d"
    assert on_one_line("> a `b\n> c` d") == "> a `b c` d"
    assert on_one_line("a `b\n- c` d") == "a `b\n- c` d"
