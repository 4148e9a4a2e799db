"""Markdown -> Markdown, with every reference replaced by what is proven; knows no MkDocs."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from ..catalog.fences import Fence, on_one_line, scan
from ..catalog.metadata import near
from ..errors import ReferenceFault, SnippetsError, UnverifiedError
from ..handbook import Handbook
from .blocks import Links
from .lookup import UnprovenError
from .references import LANGUAGES, SENTENCES, Shown, show

# In a sentence: {command}`flask-pip/build`, {seen}`flask-pip/drains: requests`.
_IN_SENTENCE = re.compile(rf"(?<!`)\{{({'|'.join(SENTENCES)})\}}`([^`\n]+)`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """Why something may not be published: the page or file, its line (1 is the first; 0: all of it), the reason.

    `unproven` tells what a rehearsal could mend from what only an edit of the page can.
    """

    page: str
    line: int
    why: str
    unproven: bool = False

    @property
    def place(self) -> str:
        """Where to look, as an editor understands it."""
        return f"{self.page}:{self.line}" if self.line else self.page


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """One page: its Markdown, what speaks against publishing it, and (snippet, path) of each file to download."""

    text: str
    objections: tuple[Objection, ...] = ()
    downloads: frozenset[tuple[str, str]] = field(default_factory=frozenset)


def render(text: str, page: str, handbook: Handbook, *, first_line: int = 1) -> Rendered:
    """Replace each fence of a page by what it refers to; all that is wrong with the page is in `objections`.

    `text` begins below the front matter, in line `first_line` of the file; `page` is its path below
    the docs, from which follows how its links reach the rest of the site.
    """
    found = scan(text)
    cards = {line.strip() for fence in found.fences if fence.language == "evidence" for line in fence.body}
    links = Links(root_of(page), frozenset(cards), frozenset(anchor for _, anchor in found.anchors))
    objections = [Objection(page=page, line=fault.line, why=fault.why) for fault in found.faults]
    pieces, downloads, end = list[str](), set[tuple[str, str]](), 0
    prose = _prose(found.lines, page, handbook, objections)
    for fence in found.fences:
        shown, against = _fence(fence, page, handbook, links)
        objections += against
        downloads |= {(block.snippet, path) for block in shown for path in block.files}
        pieces.append(on_one_line("\n".join(prose[end : fence.first - 1])))
        # Blank lines around it, or Markdown makes it part of a paragraph.
        pieces += ["", *(line for block in shown for line in (fence.before + block.html, ""))]
        end = fence.last
    pieces.append(on_one_line("\n".join(prose[end:])))
    moved = (replace(objection, line=objection.line + first_line - 1) for objection in objections)
    return Rendered(text="\n".join(pieces), objections=tuple(_each_once(moved)), downloads=frozenset(downloads))


def _prose(lines: Sequence[str], page: str, handbook: Handbook, objections: list[Objection]) -> list[str]:
    """Lines with the commands and figures that their sentences refer to; what speaks against one: `objections`."""
    shown: list[str] = []
    for number, line in enumerate(lines, start=1):
        told = line
        for found in _IN_SENTENCE.finditer(line) if "}`" in line else ():
            try:
                told = told.replace(found[0], SENTENCES[found[1]](found[2].strip(), handbook))
            except UnprovenError as fault:
                objections.append(Objection(page=page, line=number, why=str(fault), unproven=True))
            except SnippetsError as fault:
                objections.append(Objection(page=page, line=number, why=str(fault)))
        shown.append(told)
    return shown


def refusal(objections: Collection[Objection]) -> SnippetsError:
    """Say everything that speaks against a site, by page and line, as one error."""
    listed: dict[str, list[str]] = {}
    for objection in objections:
        listed.setdefault(objection.place, []).append(objection.why)
    if any(objection.unproven for objection in objections):
        return UnverifiedError(listed)
    lines = "\n".join(f"  {place}: {why}" for place, reasons in listed.items() for why in reasons)
    return ReferenceFault(f"refusing to publish: {len(objections)} objection(s)\n{lines}")


def root_of(page: str) -> str:
    """The way from a page to the site's root, where each page is a directory of its own."""
    *folders, file = page.split("/")
    return "../" * (len(folders) + (file.removesuffix(".md") not in ("index", "README")))


def _each_once(objections: Iterable[Objection]) -> Iterator[Objection]:
    """In the order of lines; what is unproven is said where the page shows it first."""
    said: set[str] = set()
    for objection in sorted(objections, key=lambda objection: objection.line):
        if not (objection.unproven and objection.why in said):
            yield objection
        said.add(objection.why)


def _fence(fence: Fence, page: str, handbook: Handbook, links: Links) -> tuple[list[Shown], list[Objection]]:
    """What a fence shows, and what speaks against it."""
    if why := _without_references(fence):
        return [], [Objection(page=page, line=fence.first, why=why)]
    blocks, objections = list[Shown](), list[Objection]()
    for number, line in enumerate(fence.body, start=fence.first + 1):
        if not (reference := line.strip()):
            continue
        try:
            blocks.append(show(fence.language, reference, handbook, links))
        except UnprovenError as fault:
            objections.append(Objection(page=page, line=number, why=str(fault), unproven=True))
        except SnippetsError as fault:
            objections.append(Objection(page=page, line=number, why=str(fault)))
    return blocks, objections


def _without_references(fence: Fence) -> str | None:
    """Why a fence refers to nothing: its language is none of ours, or it is empty."""
    if fence.language not in LANGUAGES:
        word = f"unknown fence {fence.language!r}" if fence.language else "a fence without a language"
        known = near(fence.language, LANGUAGES)
        return f"{word}{known}: code is shown by reference to a snippet, never typed by hand"
    return None if any(line.strip() for line in fence.body) else f"an empty {fence.language} fence"
