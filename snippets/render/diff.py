"""A pitfall -> what mends it, as a unified diff to the good file as `diff --unified` writes it.

So what comes is what works: whoever skims takes the lines with a plus.
"""

import difflib
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import takewhile
from operator import eq

from ..catalog.pitfall import Pitfall
from ..catalog.snippet import Snippet

_CONTEXT_LINES = 3
# Only line feeds end a line: what else splitlines() cuts at may stand within one.
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_HUNK = re.compile(r"@@ -(\d+)(,\d+)? \+(\d+)(,\d+)? @@\n")


def difference(fault: Pitfall, owner: Snippet) -> str:
    """What leads from the fault to the good file, as a unified diff."""
    edit = fault.edit
    good = owner.text(edit.path) if edit.path else f"{owner.commands[edit.command or '']}\n"
    return _difference(edit.place, good, edit.find, edit.replace)


@lru_cache(maxsize=4096)
def _difference(path: str, good: str, find: str, replace: str) -> str:
    at = good.index(find)
    # The lines of the edit and more around it than are shown: comparing long files takes long.
    start, end = at, at + len(find)
    for _ in range(2 * _CONTEXT_LINES + 1):
        start, end = good.rfind("\n", 0, max(start, 0)), (good.find("\n", end) + 1 or len(good))
    before, after = good[start + 1 : at], good[at + len(find) : end]
    skipped = good.count("\n", 0, start + 1)
    ours, theirs = _LINE.findall(before + replace + after), _LINE.findall(before + find + after)
    lines = [f"--- {path}\n", f"+++ {path}\n", *_hunks(ours, theirs, skipped)]
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _hunks(ours: Sequence[str], theirs: Sequence[str], skipped: int) -> Iterator[str]:
    """What differs, with `skipped` lines of the file before the first of these."""
    head = _shared(ours, theirs)
    tail = _shared(ours[head:][::-1], theirs[head:][::-1])
    out, come = ours[head : len(ours) - tail], theirs[head : len(theirs) - tail]
    # Lines that only came, or only went, and end as the text above them does may stand higher as well.
    slides = not (out and come) and (out or come)[-1:] == ours[:head][-1:]
    if set(out).isdisjoint(come) and not slides:
        # Nothing to align: as good as always, and ten times as fast as aligning nothing.
        start = max(head - _CONTEXT_LINES, 0)
        above, below = ours[start:head], ours[len(ours) - tail :][:_CONTEXT_LINES]
        same = len(above) + len(below)
        yield f"@@ -{_range(start + skipped, len(out) + same)} +{_range(start + skipped, len(come) + same)} @@\n"
        for mark, lines in ((" ", above), ("-", out), ("+", come), (" ", below)):
            yield from (mark + line for line in lines)
        return
    _, _, *lines = difflib.unified_diff(ours, theirs, n=_CONTEXT_LINES)
    for line in lines:
        found = _HUNK.fullmatch(line)
        if found is None:
            yield line
        else:
            yield f"@@ -{int(found[1]) + skipped}{found[2] or ''} +{int(found[3]) + skipped}{found[4] or ''} @@\n"


def _shared(ours: Sequence[str], theirs: Sequence[str]) -> int:
    """How many lines both begin with."""
    return sum(1 for _ in takewhile(bool, map(eq, ours, theirs)))


def _range(start: int, length: int) -> str:
    """Lines as a hunk names them: from 1, no count of one, and an empty range by the line before it."""
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"
