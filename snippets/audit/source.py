"""A page's source -> its tags: how deep they stand, and in which line each element begins."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice

import regex
from selectolax.lexbor import LexborHTMLParser, LexborNode

# More than any page needs. What is deeper, or never closed, takes a parser of HTML ever longer.
DEPTH = 200
CHARS = 1_000_000
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
# As the standard cuts it: quotes are quotes after an equals sign alone, and a comment ends in several ways. What has
# more attributes than a page needs, or never ends, is a tag all the same.
_TOKEN = regex.compile(
    r"<(?:!--(?:-?>|.*?(?:--!?>|\Z))|[!?][^>]*>|/[^a-zA-Z>][^>]*>|(/?[a-zA-Z][^\s/>]*+)"
    r"(?:(?:[\s/]+|[^\s/>][^\s/>=]*+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s>]*+))?){0,400}+>)?)",
    regex.DOTALL,
)
_RAW_TEXT = frozenset({"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "plaintext"})
_MARK = "hb-line"


def too_deep(source: str) -> int:
    """The line (from 1) in which more elements are open than any page needs; 0 where there is none."""
    opened, depth, text = defaultdict[str, int](int), 0, ""
    for number, name in enumerate(_TOKEN.findall(source)):
        tag, step = _step(name)
        if step > 0:
            # A path of a picture holds none.
            if tag == "path" and opened["svg"]:
                continue
            opened[tag] += 1
            depth += 1
            if tag in _RAW_TEXT:
                text = text or tag
            if depth > DEPTH:
                found = next(islice(_TOKEN.finditer(source), number, None))
                return source.count("\n", 0, found.start()) + 1
        # What is closed and not open, or closed in a text, closes nothing.
        elif step and opened[tag] and (not text or text == tag):
            opened[tag] -= 1
            depth -= 1
            text = ""
    return 0


@lru_cache(maxsize=1024)
def _step(name: str) -> tuple[str, int]:
    """A tag's name in lower case, and whether it opens an element (1), closes one (-1) or neither (0)."""
    tag = name.lower().removeprefix("/")
    if not tag or tag in _VOID:
        return tag, 0
    return tag, -1 if name.startswith("/") else 1


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
        tag = found[1]
        if tag is None or tag.startswith("/") or found.start() < raw_until:
            continue
        line, counted = line + source.count("\n", counted, found.start()), found.start()
        yield source[end : found.end(1)]
        yield f' {_MARK}="{line}"'
        end = found.end(1)
        if tag.lower() in _RAW_TEXT:
            raw_until = _end_of_text(source, found.end(), tag)
    yield source[end:]


def _end_of_text(source: str, start: int, tag: str) -> int:
    """Where the text of an element ends that holds no others."""
    closing = re.compile(rf"</{re.escape(tag)}[\s/>]", re.IGNORECASE).search(source, start)
    return closing.start() if closing and tag.lower() != "plaintext" else len(source)
