"""A page's source -> its tags: how deep they stand, and in which line each element begins."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice

from selectolax.lexbor import LexborHTMLParser, LexborNode

# More than any page needs. What is deeper, or never closed, takes a parser of HTML ever longer.
DEPTH = 200
CHARS = 2_000_000
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
# As the standard cuts it: quotes are quotes after an equals sign alone, and a comment ends in several ways.
_TOKEN = re.compile(
    r"<(?:!--(?:-?>|.*?(?:--!?>|\Z))|[!?][^>]*>|/[^a-zA-Z>][^>]*>|(?P<closing>/?)(?P<tag>[a-zA-Z][^\s/>]*+)"
    r"(?:[\s/]+|[^\s/>][^\s/>=]*+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s>]*+))?){0,400}+>)"
    # What never ends, or has more attributes than that.
    r"|(?P<endless><)(?=[a-zA-Z])",
    re.DOTALL,
)
_RAW_TEXT = frozenset({"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "plaintext"})
_MARK = "hb-line"


def too_deep(source: str) -> int:
    """The line (from 1) in which more elements are open than any page needs; 0 where there is none."""
    opened, depth, text = defaultdict[str, int](int), 0, ""
    for number, (closing, name, endless) in enumerate(_TOKEN.findall(source)):
        tag = endless or name.lower()
        if not tag or tag in _VOID:
            continue
        if not closing:
            # A path of a picture holds none.
            depth += not (tag == "path" and opened["svg"])
            opened[tag] += 1
            text = text or (tag if tag in _RAW_TEXT else "")
            if depth > DEPTH:
                found = next(islice(_TOKEN.finditer(source), number, None))
                return source.count("\n", 0, found.start()) + 1
        # What is closed and not open, or closed in a text, closes nothing.
        elif opened[tag] and text in ("", tag):
            opened[tag] -= 1
            depth -= not (tag == "path" and opened["svg"])
            text = ""
    return 0


def lines(source: str, tree: LexborHTMLParser, nodes: Sequence[LexborNode]) -> list[int]:
    """The line of each node's start tag.

    The parser keeps no positions. So each start tag is marked with its line, and the page is read
    again: attributes change nothing about which elements come out, and in which order.
    """
    marked = LexborHTMLParser("".join(_marked(source))).css("*")
    place = {node.mem_id: number for number, node in enumerate(tree.css("*"))}
    return [_line(marked, place.get(node.mem_id, 0)) for node in nodes]


def _line(marked: Sequence[LexborNode], index: int) -> int:
    # Elements that a browser adds by itself have no start tag: the one before is close enough.
    while index >= 0:
        line = marked[index].attributes.get(_MARK) if index < len(marked) else None
        if line is not None:
            return int(line)
        index -= 1
    return 1


def _marked(source: str) -> Iterator[str]:
    end, line, counted, raw_until = 0, 1, 0, 0
    for found in _TOKEN.finditer(source):
        tag = found["tag"]
        if tag is None or found["closing"] or found.start() < raw_until:
            continue
        line, counted = line + source.count("\n", counted, found.start()), found.start()
        yield source[end : found.end("tag")]
        yield f' {_MARK}="{line}"'
        end = found.end("tag")
        if tag.lower() in _RAW_TEXT:
            raw_until = _end_of_text(source, found.end(), tag)
    yield source[end:]


def _end_of_text(source: str, start: int, tag: str) -> int:
    """Where the text of an element ends that holds no others."""
    closing = re.compile(rf"</{re.escape(tag)}[\s/>]", re.IGNORECASE).search(source, start)
    return closing.start() if closing and tag.lower() != "plaintext" else len(source)
