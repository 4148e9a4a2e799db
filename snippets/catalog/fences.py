"""A page's Markdown -> its fences, and every place where somebody typed code by hand."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_FENCE = re.compile(r"(?P<before>[ \t>]*)(?P<marker>(?:[-*+:]|\d+[.)])[ \t]+)?(?P<fence>`{3,}|~{3,})(?P<info>.*)")
_SPAN = re.compile(r"(?<![\\`])(`+)(?!`)(?:[^\n]|\n(?![ \t>]*\n))+?(?<!`)\1(?!`)", re.DOTALL)
_RAW = re.compile(
    r"<(pre|code|samp|textarea|xmp|listing|plaintext|script|style|iframe|frame|frameset|object|embed|applet|template"
    r"|noscript|svg|math|link|base|meta|form|input|select)\b",
    re.IGNORECASE,
)
_CONTAINER = re.compile(r"(?:[-*+]|\d+\.)[ \t]+\S|:[ \t]+\S|!!!|\?\?\?|===|\[\^[^\]]+\]:")
_OTHER_BLOCK = re.compile(r"[ \t>]*(?:(?:[-*+:]|\d+\.)[ \t]|#|\||!!!|\?\?\?|===|$)")
_INDENT = 4
_ANCHOR = re.compile(r"#+ .*\{[^{}]*#([\w-]+)[^{}]*\}\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """A fence: its first and last line (from 1), what stands before it, its language, the lines in it."""

    first: int
    last: int
    before: str
    language: str
    body: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFault:
    """Something on a line (from 1) that only an edit of the page mends."""

    line: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """A page's lines without comments, its fences in order, and its faults."""

    lines: Sequence[str]
    fences: Sequence[Fence]
    faults: Sequence[PageFault]

    @property
    def anchors(self) -> Sequence[tuple[int, str]]:
        """Line (from 1) and anchor of each heading that states one."""
        inside = {line for fence in self.fences for line in range(fence.first, fence.last + 1)}
        headings = ((number, _ANCHOR.match(line)) for number, line in enumerate(self.lines, 1) if line.startswith("#"))
        return [(number, found[1]) for number, found in headings if found and number not in inside]


def scan(text: str) -> Scan:
    """Find fences wherever they are nested, and code that is typed by hand: raw HTML, indented blocks."""
    reader = _Reader(text)
    reader.run()
    prose = list(reader.lines)
    for fence in reader.fences:
        prose[fence.first - 1 : fence.last] = [""] * (fence.last - fence.first + 1)
    faults = [*reader.faults, *_raw(prose), *_indented(reader.lines, reader.fences)]
    return Scan(lines=reader.lines, fences=reader.fences, faults=sorted(faults, key=lambda fault: fault.line))


def on_one_line(text: str) -> str:
    """The same page with each `inline code` on one line, as browsers show it and the audit demands it."""
    return _SPAN.sub(_joined, text) if "`" in text else text


def _joined(span: re.Match[str]) -> str:
    first, *rest = span[0].split("\n")
    # A list item ends the code before it: such a page has a stray backtick, and is left as it is.
    if any(_OTHER_BLOCK.match(line) for line in rest):
        return span[0]
    return " ".join([first.rstrip(), *(line.strip(" \t>") for line in rest)])


class _Reader:
    """Goes through the lines once, inside a fence, inside a comment or in prose."""

    def __init__(self, text: str) -> None:
        self.lines = text.split("\n")
        self.fences: list[Fence] = []
        self.faults: list[PageFault] = []

    def run(self) -> None:
        index = 0
        while index < len(self.lines):
            index = self._fence(index) or self._prose(index)

    def _fence(self, index: int) -> int | None:
        """Read the fence that opens here; the index after it, or None where none does."""
        line = self.lines[index]
        opening = _FENCE.fullmatch(line) if "```" in line or "~~~" in line else None
        # Backticks after backticks on one line are inline code.
        if opening is None or (opening["fence"][0] == "`" and "`" in opening["info"]):
            return None
        number = index + 1
        before, fence = opening["before"], opening["fence"]
        if opening["marker"]:
            self._object(number, "a fence beside a list marker: give it a line of its own")
        end = index + 1
        while end < len(self.lines) and not _closes(self.lines[end], fence):
            end += 1
        if end == len(self.lines):
            self._object(number, f"the fence {fence}{opening['info'].strip()} is never closed")
            end -= 1
            body = self.lines[index + 1 :]
        else:
            body = self.lines[index + 1 : end]
        language = opening["info"].strip()
        inside = [line.removeprefix(before) for line in body]
        self.fences.append(Fence(first=number, last=end + 1, before=before, language=language, body=inside))
        return end + 1

    def _prose(self, index: int) -> int:
        """Take comments out of this line; the index of the next line to read."""
        kept, rest, first = "", self.lines[index], index
        # A comment that this scan and Markdown ended at different places would hide code from one of them.
        while (start := _comment(rest)) is not None:
            kept, rest = kept + rest[:start], rest[start + 4 :]
            while (end := rest.find("-->")) < 0 and index + 1 < len(self.lines):
                self.lines[index] = kept
                kept, index = "", index + 1
                rest = self.lines[index]
            if end < 0:
                self._object(first + 1, "the comment <!-- is never closed")
                rest = ""
                break
            rest = rest[end + 3 :]
        self.lines[index] = kept + rest
        return index + 1

    def _object(self, line: int, why: str) -> None:
        self.faults.append(PageFault(line=line, why=why))


def _closes(line: str, fence: str) -> bool:
    text = line.strip(" \t>")
    return len(text) >= len(fence) and set(text) == {fence[0]}


def _comment(line: str) -> int | None:
    if "<!--" not in line:
        return None
    masked = _SPAN.sub(lambda span: "x" * len(span[0]), line)
    start = masked.find("<!--")
    return start if start >= 0 else None


def _raw(prose: Sequence[str]) -> Iterator[PageFault]:
    """HTML that readers copy from or that makes more HTML; `inline code` may name it."""
    text = "\n".join(prose)
    if "<" not in text:
        return
    masked = _SPAN.sub(lambda span: re.sub(r"[^\n]", "x", span[0]), text)
    for found in _RAW.finditer(masked):
        line = masked.count("\n", 0, found.start()) + 1
        yield PageFault(line=line, why=f"<{found[1].lower()}> typed by hand: refer to a snippet")


def _indented(lines: Sequence[str], fences: Sequence[Fence]) -> Iterator[PageFault]:
    """Lines that Markdown takes for an indented code block, by what list, tab or note they are in."""
    inside = {line for fence in fences for line in range(fence.first + 1, fence.last + 1)}
    containers: list[int] = []
    fresh, refused = True, False
    for number, line in enumerate(lines, start=1):
        if number in inside:
            fresh = True
            continue
        text = line.expandtabs(_INDENT).replace("> ", "").lstrip(">") if "\t" in line or ">" in line else line
        shown = text.strip()
        if not shown:
            fresh = True
            continue
        indent = len(text) - len(text.lstrip())
        while fresh and containers and indent < containers[-1]:
            containers.pop()
        outer = containers[-1] if containers else 0
        if fresh and indent - outer >= _INDENT:
            if not refused:
                yield PageFault(line=number, why="an indented code block typed by hand: refer to a snippet")
            refused = True
            continue
        refused = False
        if _CONTAINER.match(shown):
            while containers and indent < containers[-1]:
                containers.pop()
            containers.append((containers[-1] if containers else 0) + _INDENT)
        fresh = shown.startswith("#")
