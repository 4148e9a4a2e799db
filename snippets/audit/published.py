"""Handbook -> everything that a site may hold for readers to copy: texts of blocks, and files by path."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from selectolax.lexbor import LexborHTMLParser

from ..errors import SnippetsError
from ..evidence.standing import PitfallStanding, State
from ..handbook import Handbook
from ..render import DOWNLOADS, Links, difference, show, uncoloured, without_colours
from ..render.notebook import CELL, cells, to_download
from ..tutorials import TutorialStanding
from .inline import Pieces

_SPELLINGS = {
    "&#10;": "\n",
    "&#9;": "\t",
    "&#13;": "\r",
    "&quot;": '"',
    "&#x27;": "'",
    "\N{NO-BREAK SPACE}": "&nbsp;",
    " download>": ' download="">',
    " open>": ' open="">',
}

_MARK = re.compile(r"^[-+]", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Published:
    """What is proven by the records of today, gathered once an audit."""

    handbook: Handbook
    tutorials: Mapping[str, TutorialStanding]
    _known: dict[tuple[str, Links], str | None] = field(default_factory=dict, init=False, repr=False)
    _parsed: dict[tuple[str, Links], frozenset[str]] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def blocks(self) -> frozenset[str]:
        """Text of every file, command, diff, error, cell and output that may stand in a block of code."""
        texts = set(self._differences)
        for standing in self.handbook.snippets.values():
            if standing.state is State.PROVEN:
                texts |= {standing.snippet.text(path) for path in standing.snippet.sources}
                texts |= set(standing.snippet.commands.values())
        texts |= {fault.capture.error for fault in self._faults if fault.capture is not None}
        for tutorial in self.tutorials.values():
            if tutorial.state is State.PROVEN and tutorial.execution is not None:
                texts |= {text for cell in tutorial.execution.cells for text in (cell.source, cell.output)}
        # An empty file is no block: nothing may pass for being empty.
        return frozenset(text for text in texts if text.strip())

    @cached_property
    def _faults(self) -> tuple[PitfallStanding, ...]:
        """Those that were seen, of files that were seen to be good."""
        snippets = self.handbook.snippets
        faults = (fault for fault in self.handbook.pitfalls.values() if fault.state is State.PROVEN and fault.capture)
        return tuple(fault for fault in faults if snippets[fault.pitfall.snippet].state is State.PROVEN)

    @cached_property
    def _differences(self) -> frozenset[str]:
        faults = (fault.pitfall for fault in self._faults if not fault.pitfall.exhibit)
        return frozenset(difference(fault, self.handbook.snippets[fault.snippet].snippet) for fault in faults)

    @cached_property
    def exhibits(self) -> frozenset[str]:
        """Text of every file of an exhibit: faulty, so it stands within a claim that it is one and nowhere else."""
        faults = [fault.pitfall for fault in self.handbook.pitfalls.values() if fault.state is State.PROVEN]
        return frozenset(source.text for fault in faults for source in fault.exhibit.values())

    @cached_property
    def indexed(self) -> frozenset[str]:
        """The same as a search index keeps them, which is with line feeds alone."""
        return frozenset(text.replace("\r\n", "\n").replace("\r", "\n") for text in self.blocks | self.exhibits)

    @cached_property
    def files(self) -> Mapping[str, str]:
        """Path below the site -> sha256 of each file to download."""
        digests: dict[str, str] = {}
        for name, standing in self.handbook.snippets.items():
            if standing.state is State.PROVEN:
                whole = {path: source.sha256 for path, source in standing.snippet.sources.items()}
                whole |= {path: _sha256(content) for path, content in standing.snippet.archives.items()}
                digests |= {f"{DOWNLOADS}{name}/{path}": digest for path, digest in whole.items()}
        for tutorial in self.tutorials.values():
            if tutorial.state is State.PROVEN and tutorial.execution is not None:
                offered = to_download(tutorial.tutorial, tutorial.execution)
                digests |= {path: _sha256(content) for path, content in offered.items()}
        return digests

    @cached_property
    def pieces(self) -> Pieces:
        """Lines of all this, and of what was seen while it was proven, for sentences that speak of them."""
        texts = set(self.blocks | self.exhibits)
        # Of a line that goes, its words: its mark looks like a part of them.
        texts |= {_MARK.sub("", text) for text in self._differences}
        for standing in self.handbook.snippets.values():
            if standing.state is State.PROVEN and standing.evidence is not None:
                texts |= {finding.seen for finding in standing.evidence.findings}
        return Pieces(texts)

    def shows(self, element: str, reference: str, root: str, cards: frozenset[str] = frozenset()) -> bool:
        """Whether an element of a page `root` below the site's own is what this block, card or notice is today.

        `element` is its HTML as the parser writes it, `reference` is language and name, "evidence:flask-pip";
        `cards` are the snippets whose cards the page shows itself.
        """
        element = without_colours(element)
        # A link of proof leads to the card of its page, or else to what a card is: either is true.
        ways = [Links(root, shown) for shown in dict.fromkeys((cards, frozenset[str]()))]
        # The renderer writes nearly as the parser does, and reading it back takes longer than writing it.
        if any(element == self._written(reference, links) for links in ways):
            return True
        return any(element in self._read_back(reference, links) for links in ways)

    def _written(self, reference: str, links: Links) -> str | None:
        key = (reference, links)
        if key not in self._known:
            html = self._render(reference, links)
            self._known[key] = None if html is None else without_colours(_as_parsed(html))
        return self._known[key]

    def _read_back(self, reference: str, links: Links) -> frozenset[str]:
        key = (reference, links)
        if key not in self._parsed:
            html = self._render(reference, links)
            self._parsed[key] = frozenset() if html is None else _elements(html, reference)
        return self._parsed[key]

    def _render(self, reference: str, links: Links) -> str | None:
        language, _, name = reference.partition(":")
        if language == CELL:
            return self._cells.get(name)
        if language == "withheld":
            # Whatever is asked of a withheld snippet, the answer is its notice; a pitfall may be withheld alone.
            language = "pitfall" if "/" in name else "evidence"
        try:
            with uncoloured():
                return show(language, name, self.handbook, links).html
        except (SnippetsError, KeyError):
            return None

    @cached_property
    def _cells(self) -> Mapping[str, str]:
        """Every executed cell with what it printed, by its name."""
        proven = [standing for standing in self.tutorials.values() if standing.state is State.PROVEN]
        with uncoloured():
            return {name: html for standing in proven for name, html in cells(standing).items()}


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _as_parsed(html: str) -> str:
    """The same HTML with as few character references as a parser leaves, and a value for each attribute."""
    for ours, theirs in _SPELLINGS.items():
        html = html.replace(ours, theirs)
    return html


def _elements(html: str, reference: str) -> frozenset[str]:
    """What a browser makes of it: the elements that claim to be `reference`."""
    tree = LexborHTMLParser(html)
    claims = tree.css("[data-hb]")
    found = (node.html for node in claims if node.html and node.attributes["data-hb"] == reference)
    return frozenset(map(without_colours, found))
