"""One-line blocks of HTML -> Markdown's stash, so that lists, tabs and admonitions leave them whole.

Python-Markdown takes HTML out of its way at the margin alone. Four columns further in, as in a
list, it reads the block as prose: stars in a file turn into emphasis.
"""

import re

from markdown import Extension, Markdown
from markdown.preprocessors import Preprocessor

BLOCK = re.compile(r'(?P<before>[ \t>]*)(?P<html><(?:div|details|section|table|figure) class="hb-[^\n]*>)[ \t]*')


class _Passthrough(Preprocessor):
    def run(self, lines: list[str]) -> list[str]:
        return [self._stashed(line) for line in lines]

    def _stashed(self, line: str) -> str:
        found = BLOCK.fullmatch(line)
        if found is None:
            return line
        return found["before"] + self.md.htmlStash.store(found["html"])


class PassthroughExtension(Extension):
    """Takes lines that begin with a block of the renderer out of Markdown's way."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - Python-Markdown's name
        """Run after white space is normalised (30) and before fences (25) and raw HTML (20) are looked for."""
        md.preprocessors.register(_Passthrough(md), "handbook", 28)


def makeExtension(**options: object) -> PassthroughExtension:  # noqa: N802 - Python-Markdown's name
    """Let a configuration file name it: `snippets.render.passthrough`."""
    return PassthroughExtension(**options)
