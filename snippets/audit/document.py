"""One HTML page, as a browser reads it -> what a reader could copy from it that nobody proved, by line."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from selectolax.lexbor import LexborHTMLParser, LexborNode

from .elements import CLASSES, ELEMENTS, Attributes, SitePage, element_faults, is_link, unknown_classes
from .inline import is_name
from .published import Published
from .source import CHARS, DEPTH, lines, too_deep

DOCTYPE, CHARS_BEFORE = "<!doctype html>", 100
INLINE = ("code", "kbd")
# What may stand around a block: nothing here hides, moves or rewrites what is in it.
AROUND = frozenset(
    {"html", "body", "div", "main", "article", "section", "blockquote", "details", "ul", "ol", "li", "dl", "dd"}
)
_AROUND_ATTRIBUTES = frozenset(
    {"class", "id", "lang", "dir", "open", "start", "markdown", "data-md-component", "data-tabs"}
    | {"data-md-color-scheme", "data-md-color-primary", "data-md-color-accent"}
)
_AROUND_CLASSES = (CLASSES - {"hb-links", "hb-lead", "headerlink"}) | frozenset(
    ["md-container", "md-main", "md-main__inner", "md-grid", "md-content", "md-content__inner", "md-typeset"]
)
# Claims whose code is what the command line, a server or a run said of itself: nobody typed it.
_STATED = frozenset({"usage", "install", "effective", "faults"})
# Of which nothing is to be asked but where they stand.
_PROSE = ELEMENTS.keys() - {*INLINE, "pre", "br", "a", "img", "link", "meta", "script", "input", "title", "svg", "path"}
_CLASS, _LINK = frozenset({"class"}), frozenset({"class", "href", "title"})
# What shows nothing, turns the order of what follows, or is another alphabet in the shape of code.
_ODD = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\uff01-\uff5e\U0001d400-\U0001d7ff]")
# What the theme's script puts a button on, and how it names what the button copies.
_COPIED = "<pre><span></span><code>"
_COPIED_ID = re.compile(r"[A-Za-z_][\w-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """What was found on one page: faults by line, how many blocks are proven, the inline code that may be indexed."""

    faults: Sequence[tuple[int, str]]
    proven: int = 0
    said: frozenset[str] = frozenset()


def audit_document(source: str, place: SitePage, published: Published) -> Audited:
    """Audit one page of a site."""
    # Without it browsers read a page by other rules, as of an age when ids had no case.
    if not source[:CHARS_BEFORE].lstrip().lower().startswith(DOCTYPE):
        return Audited(faults=[(1, "a page that does not begin with <!doctype html>")])
    if len(source) > CHARS:
        return Audited(faults=[(0, f"of more than {CHARS:,} characters: no page needs them")])
    if line := too_deep(source):
        return Audited(faults=[(line, f"more than {DEPTH} elements within each other: close their tags")])
    page = _Page(LexborHTMLParser(source), place, published)
    found = list(page.faults())
    starts = lines(source, page.tree, [node for node, _ in found]) if found else []
    faults = [(line, why) for line, (_, why) in zip(starts, found, strict=True)]
    return Audited(faults=faults, proven=page.proven, said=frozenset(page.said))


class _Page:
    def __init__(self, tree: LexborHTMLParser, place: SitePage, published: Published) -> None:
        self.tree, self.place, self.published = tree, place, published
        self.proven = 0
        self.said: set[str] = set()
        self.ids: set[str] = set()
        self.holders: set[str] = set()

    @cached_property
    def cards(self) -> frozenset[str]:
        """Snippets whose evidence card is on this page, to which links of proof then lead."""
        stated = (node.attributes["data-hb"] or "" for node in self.tree.css('details[data-hb^="evidence:"]'))
        return frozenset(reference.partition(":")[2] for reference in stated)

    def faults(self) -> Iterator[tuple[LexborNode, str]]:
        """Every element that somebody has to answer for, with the reason."""
        held = refused = 0
        is_odd = _ODD.search(self.tree.root.text() if self.tree.root else "") is not None
        for node in self.tree.css("*"):
            # What is within a claim that holds is what the renderer writes, to the byte.
            if held:
                held -= 1
                continue
            refused -= refused > 0
            if is_odd and (found := _ODD.search(node.text(deep=False) or "")):
                yield node, f"a character that is not what it seems: U+{ord(found[0]):04X}"
            tag, attributes = node.tag or "", node.attributes
            if _is_prose(tag, attributes):
                continue
            if attributes and (name := attributes.get("id")):
                if name in self.ids:
                    yield node, f"a second element of the id {name!r}"
                self.ids.add(name)
            stated = attributes.get("data-hb") if attributes else None
            if stated is not None:
                html = node.html or ""
                if self.published.shows(html, stated, self.place.root, self.cards):
                    held = len(node.css("*")) - 1
                    self.proven += html.count("<pre>")
                    for why in self._claim(node, stated, html):
                        yield node, why
                else:
                    yield node, f"a claim that no record makes: {stated}"
                    refused = max(refused, len(node.css("*")))
                continue
            for why in self._node(node, tag, attributes, is_named=refused > 0):
                yield node, why

    def _claim(self, node: LexborNode, stated: str, html: str) -> Iterator[str]:
        """What speaks against a claim that holds, where it stands and for what was typed into its metadata."""
        if "<pre>" in html:
            yield from self._around(node, is_copied=_COPIED in html)
        if " download" in html:
            for link in node.css("a[download]"):
                yield from element_faults(link, "a", link.attributes, self.place, is_claimed=True)
        is_typed = stated.partition(":")[0] not in _STATED
        for code in node.css("code"):
            text = code.text() or ""
            if text not in self.said and "\n" not in text:
                if is_typed and not self._may_be_said(text):
                    yield f"code in a sentence that nobody proved: {_start(text)}"
                self.said.add(text)

    def _around(self, node: LexborNode, *, is_copied: bool) -> Iterator[str]:
        """What the copy button of a block copies: the theme looks for it by the nearest id around the block."""
        holder = None
        for parent in _ancestors(node):
            attributes = parent.attributes
            if parent.tag not in AROUND:
                yield f"a block of code within <{parent.tag}>"
            elif not attributes.keys() <= _AROUND_ATTRIBUTES:
                strange = " ".join(sorted(attributes.keys() - _AROUND_ATTRIBUTES))
                yield f"a block of code within <{parent.tag}> with {strange}"
            elif strange := " ".join(set((attributes.get("class") or "").split()) - _AROUND_CLASSES):
                yield f"a block of code within <{parent.tag}> of the class {strange}"
            holder = attributes.get("id") if holder is None else holder
        if not is_copied or holder is None:
            return
        if holder in self.holders:
            yield f"a second block below the id {holder!r}: its copy button copies the first"
        elif not _COPIED_ID.fullmatch(holder):
            yield f"a block below the id {holder!r}: its copy button finds another, or none"
        self.holders.add(holder)

    def _node(self, node: LexborNode, tag: str, attributes: Attributes, *, is_named: bool) -> Iterator[str]:
        """Reasons against one element; within a claim that was refused, its classes are named already."""
        if not is_named and (unknown := unknown_classes(attributes.get("class") or "")):
            is_claim = any(name.startswith("hb-") for name in unknown.split())
            what = "a claim of unknown origin" if is_claim else "a class that no page of this site needs"
            yield f"{what}: {unknown} on <{tag}>"
        yield from element_faults(node, tag, attributes, self.place, is_claimed=is_named)
        if tag == "pre" and not _is_within_pre(node):
            yield f"a <pre> that nobody proved: {_start(node.text() or '')}"
        elif tag in INLINE:
            yield from self._inline(node, tag)
        elif tag == "br":
            yield "a line broken by <br>: prose has paragraphs, and code is shown by reference"

    def _inline(self, node: LexborNode, tag: str) -> Iterator[str]:
        text = node.text() or ""
        if text in self.said and (node.inner_html or "").find("<") < 0:
            return
        if _is_within_pre(node):
            return
        if "\n" in text or "<" in (node.inner_html or ""):
            yield f"a <{tag}> that is more than one line of text: {_start(text)}"
        elif not self._may_be_said(text):
            yield f"a <{tag}> in a sentence that nobody proved: {_start(text)}"
        else:
            self.said.add(text)

    def _may_be_said(self, text: str) -> bool:
        return is_name(text) or self.published.pieces.hold(text)


def _is_prose(tag: str, attributes: Attributes) -> bool:
    """Most of a page: elements without attributes or with a class, and links."""
    keys = attributes.keys()
    is_plain = tag in _PROSE and keys <= _CLASS
    is_linking = tag == "a" and keys <= _LINK and is_link(attributes.get("href") or "")
    return (is_plain or is_linking) and not unknown_classes(attributes.get("class") or "")


def _is_within_pre(node: LexborNode) -> bool:
    return any(parent.tag == "pre" for parent in _ancestors(node))


def _ancestors(node: LexborNode) -> Iterator[LexborNode]:
    parent = node.parent
    while parent is not None and parent.tag != "-document":
        yield parent
        parent = parent.parent


def _start(text: str) -> str:
    lines = text.strip().splitlines()
    return repr(lines[0][:60]) if lines else "nothing"
