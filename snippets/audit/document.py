"""One HTML page, as a browser reads it -> what a reader could copy from it that nobody proved, by line."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from selectolax.lexbor import LexborHTMLParser, LexborNode

from ..render import CLASSES, disguised
from .loading import LINKING, LOADING, QUIET, Attributes, SitePage, is_quiet_link, loading_faults
from .published import Published

BLOCKS = ("pre", "textarea", "xmp", "listing", "plaintext", "samp")
INLINE = ("code", "kbd", "tt")
_CLAIMS = frozenset(
    {"hb-evidence", "hb-exhibit", "hb-facts", "hb-family", "hb-findings", "hb-pitfall", "hb-seal", "hb-table"}
    | {"hb-withheld"}
)
# An element that is none of these, and has quiet attributes alone, is prose.
_LOOKED_AT = frozenset(BLOCKS + INLINE) | {"br", "a"} | LOADING
# Inside a block, anything but colours could hide a part of it, add to it or reorder it.
_COLOURS = "|".join(sorted(css for css in CLASSES if css))
_COLOURED = re.compile(rf"(?:[^<]++|<span(?: class=\"(?:{_COLOURS})?\")?>|</span>|</?code>)*+")
_TOKEN = re.compile(r"<!--(?:-?>|.*?(?:--!?>|\Z))|<([a-zA-Z][^\s/>]*)((?:[^\"'>]|\"[^\"]*\"|'[^']*')*)>", re.DOTALL)
_RAW_TEXT = frozenset({"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "plaintext"})
_MARK = "hb-line"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """What was found on one page: faults by line, how many blocks are proven, the texts that claim nothing."""

    faults: Sequence[tuple[int, str]]
    proven: int
    illustrations: frozenset[str]


def audit_document(source: str, place: SitePage, published: Published) -> Audited:
    """Audit one page of a site."""
    page = _Page(source, place, published)
    found = list(page.faults())
    lines = _lines(source, page.tree, [node for node, _ in found]) if found else []
    faults = [(line, why) for line, (_, why) in zip(lines, found, strict=True)]
    return Audited(faults=faults, proven=page.proven, illustrations=frozenset(page.illustrations))


class _Page:
    def __init__(self, source: str, place: SitePage, published: Published) -> None:
        self.source, self.place, self.published = source, place, published
        self.tree = LexborHTMLParser(source)
        self.proven = 0
        self.illustrations: set[str] = set()
        self.broken = self.tree.css_first("br") is not None

    def faults(self) -> Iterator[tuple[LexborNode, str]]:
        """Every element that somebody has to answer for, with the reason."""
        for node in self.tree.css("*"):
            tag, attributes = node.tag or "", node.attributes
            # Most of a page is prose without attributes, or with a class.
            if tag not in _LOOKED_AT and (
                not attributes or (attributes.keys() <= QUIET and not _is_claim(attributes.get("class")))
            ):
                continue
            if self._is_quiet(node, tag, attributes):
                continue
            for why in self._node(node, tag, attributes):
                yield node, why
        for node in self.tree.css("svg a, svg title, svg desc"):
            yield node, f"<{node.tag}> in a picture, which is shapes alone"

    def _is_quiet(self, node: LexborNode, tag: str, attributes: Attributes) -> bool:
        """Links within the site and `inline code`, which are many as well."""
        if _is_claim(attributes.get("class")):
            return False
        if tag == "a":
            return attributes.keys() <= LINKING and is_quiet_link(attributes, self.place)
        return tag == "code" and not attributes and not self.broken and "\n" not in (node.text() or "")

    def _node(self, node: LexborNode, tag: str, attributes: Attributes) -> Iterator[str]:
        if tag in BLOCKS:
            yield from self._block(node, tag)
        elif tag in INLINE:
            yield from self._inline(node, tag)
        elif tag == "br":
            yield from _broken(node)
        if "data-hb" in attributes or _is_claim(attributes.get("class")):
            yield from self._claim(node)
        yield from loading_faults(node, tag, attributes, self.place)

    def _block(self, node: LexborNode, tag: str) -> Iterator[str]:
        text = node.text() or ""
        if node.attributes or not _COLOURED.fullmatch(node.inner_html or ""):
            yield f"a <{tag}> that is more than text and its colours"
        elif not text.strip():
            yield f"an empty <{tag}>"
        elif text in self.published.blocks or (text in self.published.exhibits and _in_exhibit(node)):
            self.proven += 1
        elif node.parent is not None and "hb-text" in (node.parent.attributes.get("class") or "").split():
            self.illustrations.add(text)
            if why := disguised(text):
                yield f"a text that {why}"
        else:
            yield f"a <{tag}> that nobody proved: {_start(text)}"

    def _inline(self, node: LexborNode, tag: str) -> Iterator[str]:
        text = node.text() or ""
        broken = "\n" in text or (self.broken and node.css_first("br") is not None)
        if broken and not any(parent.tag in BLOCKS for parent in _ancestors(node)):
            yield f"a <{tag}> of several lines that nobody proved: {_start(text)}"

    def _claim(self, node: LexborNode) -> Iterator[str]:
        """Check what says that something is proven: it says exactly what the records say, or is refused."""
        stated = node.attributes.get("data-hb")
        if stated:
            if not self.published.shows(node.html or "", stated, self.place.root):
                yield f"a claim that no record makes: {stated}"
        elif not any("data-hb" in parent.attributes for parent in _ancestors(node)):
            yield f"a claim of unknown origin: {_start(node.text() or '')}"


@lru_cache(maxsize=4096)
def _is_claim(css: str | None) -> bool:
    return css is not None and not _CLAIMS.isdisjoint(css.split())


def _in_exhibit(node: LexborNode) -> bool:
    """Whether the page says that this is a faulty file; what says so is a claim, and looked into as one."""
    return node.parent is not None and (node.parent.attributes.get("data-hb") or "").startswith("exhibit:")


def _broken(node: LexborNode) -> Iterator[str]:
    """Lines of prose that look like code, once for the first line end among them."""
    parent = node.parent
    if parent is None or parent.css_first("br") != node:
        return
    pieces = ("\n" if part.tag == "br" else part.text_content or "" for part in parent.traverse(include_text=True))
    if why := disguised("".join(pieces)):
        yield f"lines broken by <br>, of which one {why}"


def _ancestors(node: LexborNode) -> Iterator[LexborNode]:
    parent = node.parent
    while parent is not None:
        yield parent
        parent = parent.parent


def _start(text: str) -> str:
    lines = text.strip().splitlines()
    return repr(lines[0][:60]) if lines else "nothing"


def _lines(source: str, tree: LexborHTMLParser, nodes: Sequence[LexborNode]) -> list[int]:
    """The line of each node's start tag.

    The parser keeps no positions. So each start tag is marked with its line, and the page is read
    again: attributes change nothing about which elements come out, and in which order.
    """
    marked = LexborHTMLParser(_marked(source)).css("*")
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


def _marked(source: str) -> str:
    pieces, end, line, counted = list[str](), 0, 1, 0
    while (found := _TOKEN.search(source, end)) is not None:
        tag = found[1]
        if tag is not None:
            line, counted = line + source.count("\n", counted, found.start()), found.start()
            pieces += [source[end : found.end(1)], f' {_MARK}="{line}"', source[found.end(1) : found.end()]]
        else:
            pieces.append(source[end : found.end()])
        end = found.end()
        if tag is not None and tag.lower() in _RAW_TEXT:
            closing = re.compile(rf"</{re.escape(tag)}[\s/>]", re.IGNORECASE).search(source, end)
            stop = closing.start() if closing and tag.lower() != "plaintext" else len(source)
            pieces.append(source[end:stop])
            end = stop
    return "".join((*pieces, source[end:]))
