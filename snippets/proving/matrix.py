"""Pitfalls and who noticed each -> a matrix of plain lines: one row a pitfall, one column a promise.

Mutants that a rehearsal kills have no column: they are told below, after the promises.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from ..contract import PROMISES

PROPERTY = "handbook-noticed"
STATED, NOTICED, MISSED, UNASKED = "#", "x", ".", " "


@dataclass(frozen=True, slots=True, kw_only=True)
class MutantRow:
    """One mutant: the promise or rehearsal that killed it, and of the others that were asked those that noticed."""

    pitfall: str
    killer: str
    asked: Sequence[str]
    noticed: Sequence[str]


def matrix(rows: Sequence[MutantRow]) -> Iterator[str]:
    """Lines to print: a number for each promise on top, its name below."""
    slugs = [*PROMISES, *sorted({row.killer for row in rows} - PROMISES.keys())]
    ordered = sorted(rows, key=lambda row: (slugs.index(row.killer), row.pitfall))
    width = max(len(row.pitfall) for row in ordered)
    numbers = [f"{number:02d}" for number in range(1, len(PROMISES) + 1)]
    yield ""
    yield f"who noticed which mutant: {STATED} the stated promise, {NOTICED} another, {MISSED} asked and kept"
    for place in range(2):
        yield f"{'':{width}}  {' '.join(number[place] for number in numbers)}"
    for row in ordered:
        yield f"{row.pitfall:{width}}  {' '.join(_cell(row, slug) for slug in PROMISES)}".rstrip()
    yield ""
    for number, slug in zip_longest(numbers, slugs, fillvalue="--"):
        killed = [row.pitfall for row in ordered if row.killer == slug]
        yield f"{number} {slug:18} kills {len(killed)}: {', '.join(killed) or 'none'}"


def _cell(row: MutantRow, slug: str) -> str:
    if slug == row.killer:
        return STATED
    if slug in row.noticed:
        return NOTICED
    return MISSED if slug in row.asked else UNASKED
