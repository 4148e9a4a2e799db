"""Standings -> everything that a site may hold for readers to copy: texts of blocks, and files by path."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from selectolax.lexbor import LexborHTMLParser

from snippets.errors import SnippetsError
from snippets.render import DOWNLOADS, Links, difference, show
from snippets.standing import Standings, State
from snippets.tutorials import TutorialStanding, as_notebook


@dataclass(frozen=True, kw_only=True)
class Published:
    """What is proven by the records of today, gathered once an audit."""

    standings: Standings
    tutorials: Mapping[str, TutorialStanding]
    _known: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def blocks(self) -> frozenset[str]:
        """Text of every file, command, diff, error, cell and output that may stand in a block of code."""
        texts: set[str] = set()
        for standing in self.standings.snippets.values():
            if standing.state is State.PROVEN:
                texts |= {standing.snippet.text(path) for path in standing.snippet.sources}
                texts |= set(standing.snippet.commands.values())
        for fault in self.standings.pitfalls.values():
            owner = self.standings.snippets[fault.pitfall.snippet]
            if fault.state is State.PROVEN and fault.capture is not None and owner.state is State.PROVEN:
                texts |= {difference(fault.pitfall, owner.snippet), fault.capture.error}
        for tutorial in self.tutorials.values():
            if tutorial.state is State.PROVEN and tutorial.execution is not None:
                texts |= {text for cell in tutorial.execution.cells for text in (cell.source, cell.output)}
        # An empty file is no block: nothing may pass for being empty.
        return frozenset(text for text in texts if text.strip())

    @cached_property
    def indexed(self) -> frozenset[str]:
        """The same as a search index keeps them, which is with line feeds alone."""
        return frozenset(text.replace("\r\n", "\n").replace("\r", "\n") for text in self.blocks)

    @cached_property
    def files(self) -> Mapping[str, str]:
        """Path below the site -> sha256 of each file to download."""
        digests: dict[str, str] = {}
        for name, standing in self.standings.snippets.items():
            if standing.state is State.PROVEN:
                sources = standing.snippet.sources.items()
                digests |= {f"{DOWNLOADS}{name}/{path}": source.sha256 for path, source in sources}
        for tutorial in self.tutorials.values():
            if tutorial.state is State.PROVEN and tutorial.execution is not None:
                content = as_notebook(tutorial.tutorial, tutorial.execution)
                digests[tutorial.tutorial.download] = hashlib.sha256(content).hexdigest()
        return digests

    def shown(self, reference: str, root: str) -> frozenset[str]:
        """What a card, table, pitfall or notice is today on a page `root` below the site's own, as HTML.

        `reference` is language and name, "evidence:flask-pip"; nothing is returned where it may not be shown.
        """
        key = (reference, root)
        if key not in self._known:
            self._known[key] = frozenset(self._render(reference, root))
        return self._known[key]

    def _render(self, reference: str, root: str) -> set[str]:
        language, _, name = reference.partition(":")
        if language == "withheld":
            # Whatever is asked of a withheld snippet, the answer is its notice.
            language = "evidence"
        try:
            html = show(language, name, self.standings, Links(root)).html
        except (SnippetsError, KeyError):
            return set()
        tree = LexborHTMLParser(html)
        return {node.html for node in tree.css("[data-hb]") if node.html and node.attributes["data-hb"] == reference}
