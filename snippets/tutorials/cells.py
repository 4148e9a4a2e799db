"""A tutorial's text -> its front matter and its passages, in a strict part of what Jupyter's readers accept.

jupytext knows the same format and much more of it. Loading it takes longer than reading every page of the
site, so only what executes a tutorial asks it, and refuses where it reads anything else (`execution`).
"""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..catalog.fences import scan
from ..catalog.metadata import near

LANGUAGES = ("bash", "python")
FENCE = "```"
Value = str | list[str] | dict[str, "Value"]
_MARK = "---"
_KEY = re.compile(r"(?P<before> *)(?P<key>[A-Za-z_][\w-]*):(?: +(?P<value>[^\t]*))?")
_LIST = re.compile(r"\[ *(?P<words>(?:\w[\w./-]*(?: *, *\w[\w./-]*)*)?) *\]")
# Nothing that YAML reads otherwise than as this very text: quotes, comments, numbers, dates, words for yes and no.
_PLAIN = re.compile(
    r"(?![-?:,\[\]{}#&*!|>'\"%@`~=<.+])(?!.*(?::(?:\s|$)|\s#))"
    r"(?!(?:true|false|yes|no|on|off|null|y|n|\d\S*|[\d:.\stz+-]+)$)\S(?:.*\S)?",
    re.IGNORECASE,
)
# What jupytext takes for the beginning or the end of a cell of prose, and drops.
_REGION = re.compile(r"<!--\s*#")


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A run of prose, or the code of one cell; `line` is where it begins in the file, 1 the first."""

    language: str | None
    text: str
    line: int


Fault = tuple[int, str]


def front_matter(lines: Sequence[str]) -> tuple[dict[str, Value], int, list[Fault]]:
    """Read the keys between the first two `---`: text, lists of words and nested keys, indented by two.

    Returns them, the index of the first line below, and every fault with its line (from 1).
    """
    if not lines or lines[0] != _MARK:
        return {}, 0, []
    if _MARK not in lines[1:]:
        return {}, len(lines), [(1, "front matter: never closed by ---")]
    end = lines.index(_MARK, 1)
    faults: list[Fault] = []
    keys: dict[str, Value] = {}
    nest = [keys]
    for number, line in enumerate(lines[1:end], start=2):
        if not line.strip():
            continue
        found = _KEY.fullmatch(line.rstrip(" "))
        depth = len(found["before"]) // 2 if found else 0
        value = _value(found["value"]) if found else None
        if found is None or value is None or len(found["before"]) % 2 or depth >= len(nest):
            faults.append((number, f"front matter: neither `key: text` nor `key: [word, word]`: {line.strip()}"))
            continue
        del nest[depth + 1 :]
        if found["key"] in nest[depth]:
            faults.append((number, f"front matter: {found['key']} is there twice"))
        nest[depth][found["key"]] = value
        if isinstance(value, dict):
            nest.append(value)
    return keys, end + 1, faults


def _value(text: str | None) -> Value | None:
    """One value, None where it is written in any other way than these."""
    if text is None:
        return {}
    if words := _LIST.fullmatch(text):
        return [word.strip() for word in words["words"].split(",") if word.strip()]
    if len(text) > 1 and text[0] == text[-1] == '"' and not {'"', "\\"} & set(text[1:-1]):
        return text[1:-1]
    return text if _PLAIN.fullmatch(text) else None


def passages(lines: Sequence[str], start: int) -> tuple[list[Passage], list[Fault]]:
    """Cut what follows the front matter into prose and cells; every fault comes with its line (from 1)."""
    found: list[Passage] = []
    faults: list[Fault] = []
    prose = index = start
    while index < len(lines):
        language = _opened(lines[index])
        if language is None:
            index += 1
            continue
        end, closed = _end(lines, index + 1)
        _prose(lines, prose, index, found, faults)
        cell = Passage(language=language, text="\n".join(lines[index + 1 : end]), line=index + 1)
        found.append(cell)
        plain = closed and lines[index] == f"{FENCE}{language}"
        faults += [(cell.line + offset, why) for offset, why in _cell_faults(cell, plain=plain)]
        prose = index = end + 1
    _prose(lines, prose, len(lines), found, faults)
    return found, faults


def _opened(line: str) -> str | None:
    """The language of a cell that begins here, whatever else stands on the line."""
    if not line.startswith(FENCE):
        return None
    words = line.lstrip("`").split()
    return words[0] if words and words[0] in LANGUAGES else None


def _end(lines: Sequence[str], index: int) -> tuple[int, bool]:
    """Index of the line that ends a cell, and whether it is the one that every reader ends it at."""
    while index < len(lines) and not lines[index].startswith(FENCE):
        index += 1
    return index, index < len(lines) and lines[index] == FENCE


def _prose(lines: Sequence[str], start: int, end: int, found: list[Passage], faults: list[Fault]) -> None:
    while start < end and not lines[start].strip():
        start += 1
    while start < end and not lines[end - 1].strip():
        end -= 1
    if start >= end:
        return
    text = "\n".join(lines[start:end])
    found.append(Passage(language=None, text=text, line=start + 1))
    faults += [(start + offset, why) for offset, why in _prose_faults(text, lines[start:end])]


def _prose_faults(text: str, lines: Sequence[str]) -> Iterator[Fault]:
    """Every fault with its line in the prose: what has a fence and is no cell is code that nobody ran."""
    for number, line in enumerate(lines, start=1):
        if _REGION.match(line):
            yield number, f"no cell and no prose: {line.strip()}"
    seen = scan(text)
    for fence in seen.fences:
        yield fence.first, _unknown(fence.language)
    for fault in seen.faults:
        yield fault.line, fault.why


def _cell_faults(cell: Passage, *, plain: bool) -> Iterator[Fault]:
    """Every fault with its distance in lines from the fence."""
    # With an option, such as the tag raises-exception, a cell could fail and still pass.
    if not plain:
        yield 0, f"a cell's fence is {FENCE}{cell.language} and nothing else, and is closed by {FENCE}"
    elif not cell.text.strip():
        yield 0, "an empty cell"
    elif cell.language == "python":
        try:
            ast.parse(cell.text)
        except SyntaxError as error:
            # IPython would take `!command`, whose failure is none of the cell's.
            yield error.lineno or 0, f"not Python ({error.msg}): commands go into a bash cell"
        except (ValueError, RecursionError, MemoryError):
            yield 0, "not Python that anybody could read: a zero byte, or nested deeper than a reader of Python follows"


def _unknown(language: str) -> str:
    return f"unknown fence {language!r}{near(language, LANGUAGES)}: a tutorial holds {' and '.join(LANGUAGES)} cells"
