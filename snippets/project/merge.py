"""Three versions of one file -> one, in this process: what one side changed is that side's, the rest is marked.

Lines are compared without their ends, and a reader's line keeps its own: a checkout may have turned them all.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from merge3 import Merge3

YOURS, SEPARATOR, THEIRS = b"<<<<<<< yours", b"=======", b">>>>>>> handbook"
# Ours wherever they stand, be it in a comment; anybody's at the start of a line.
_OPENING = re.compile(rb"\s*<{7}(?!\S)|.*<{7} yours")
_CLOSING = re.compile(rb"\s*>{7}(?!\S)|.*>{7} handbook")
# From here on lines that are there a hundred times are no anchors: looking at each pair of them takes minutes.
_MANY = 2_000


@dataclass(frozen=True, slots=True)
class Merged:
    """The merged bytes, and how many conflicts are marked in them."""

    content: bytes
    conflicts: int


def is_text(content: bytes) -> bool:
    """Whether it has lines, by git's own measure: UTF-16 has none, Latin-1 has."""
    return b"\0" not in content


def same(one: bytes, other: bytes) -> bool:
    """Whether two versions differ in their line ends at most."""
    return one == other or (is_text(one) and is_text(other) and lf(one) == lf(other))


def lf(content: bytes) -> bytes:
    """The same with the line ends of Unix."""
    return content.replace(b"\r\n", b"\n")


def like(content: bytes, yours: bytes) -> bytes:
    """The same with the line ends that most of the reader's lines have."""
    if not (is_text(content) and is_text(yours) and yours.count(b"\n")):
        return content
    return lf(content).replace(b"\n", _end(yours))


def merge(yours: bytes, original: bytes | None, theirs: bytes) -> Merged:
    """Merge; where nobody knows the original any more, every difference is a conflict.

    Each of the reader's lines is in what comes out, but those that are as they were copied and that the
    handbook changed. Raises ValueError where one of the three is no text.
    """
    if not all(map(is_text, (yours, original or b"", theirs))):
        raise ValueError("not text")
    mine, other = _lines(yours), _lines(theirs)
    end = _end(yours if b"\n" in yours else theirs)
    own = [line + b"\n" for line in yours.split(b"\n")]
    own[-1] = own[-1].removesuffix(b"\n") + end
    merged: list[bytes] = []
    regions = list(_differences(mine, other) if original is None else _regions(mine, _lines(original), other))
    for region in regions:
        kept, taken = own[region.mine], [line + end for line in other[region.theirs]]
        if region.is_conflict:
            merged += [YOURS + end, *kept, SEPARATOR + end, *taken, THEIRS + end]
        else:
            merged += [*kept, *taken]
    if merged and not regions[-1].is_conflict and not _is_ended(yours, original, theirs):
        merged[-1] = merged[-1].removesuffix(end)
    return Merged(content=b"".join(merged), conflicts=sum(region.is_conflict for region in regions))


def marks(content: bytes, separators: int | None, *unmarked: bytes | None) -> int:
    """How many conflicts wait in a file, counting those of which a mark alone is left.

    `separators` is how many lines like that between two sides the file has of its own, None where no merge left
    any; marks that the `unmarked` versions hold are part of the file.
    """
    opening, closing = (
        sum(bool(mark.match(line)) for line in content.split(b"\n"))
        - max(sum(bool(mark.match(line)) for line in (version or b"").split(b"\n")) for version in (b"", *unmarked))
        for mark in (_OPENING, _CLOSING)
    )
    between = 0 if separators is None else count_separators(content) - separators
    return max(opening, closing, between, 0)


def count_separators(content: bytes) -> int:
    """How many lines look like the mark between two sides, which in prose may underline a heading."""
    return sum(line.strip() == SEPARATOR for line in content.split(b"\n"))


@dataclass(frozen=True, slots=True)
class _Region:
    """Lines of the reader's, lines of the handbook's, and whether both want the place."""

    mine: slice
    theirs: slice
    is_conflict: bool = False


_NONE = slice(0, 0)


def _regions(mine: Sequence[bytes], base: Sequence[bytes], other: Sequence[bytes]) -> Iterator[_Region]:
    merging = Merge3(base, mine, other, sequence_matcher=_Matcher)  # type: ignore[arg-type]
    # Where a line that nobody changed stands in the reader's file, whose line ends it keeps.
    at = {start: begin for start, _, begin, *_ in merging.find_sync_regions()}
    for region in merging.reprocess_merge_regions(merging.merge_regions()):
        match region:
            case ("unchanged", start, stop):
                yield _Region(slice(at[start], at[start] + stop - start), _NONE)
            case ("a" | "same", start, stop):
                yield _Region(slice(start, stop), _NONE)
            case ("b", start, stop):
                yield _Region(_NONE, slice(start, stop))
            case ("conflict", _, _, start, stop, begin, end):
                yield _Region(slice(start, stop), slice(begin, end), is_conflict=True)


def _differences(mine: Sequence[bytes], other: Sequence[bytes]) -> Iterator[_Region]:
    for kind, start, stop, begin, end in _Matcher(None, mine, other).get_opcodes():
        if kind == "equal":
            yield _Region(slice(start, stop), _NONE)
        else:
            yield _Region(slice(start, stop), slice(begin, end), is_conflict=True)


class _Matcher(SequenceMatcher[bytes]):
    """Takes every line for an anchor, however often it is there; the blank ones of a long file are not."""

    def __init__(self, isjunk: None, a: Sequence[bytes], b: Sequence[bytes], autojunk: bool = True) -> None:  # noqa: FBT001, FBT002 - as its caller has it
        del autojunk
        super().__init__(isjunk, a, b, autojunk=len(b) > _MANY)


def _lines(content: bytes) -> list[bytes]:
    *lines, last = content.split(b"\n")
    return [line.removesuffix(b"\r") for line in lines] + ([last] if last else [])


def _end(content: bytes) -> bytes:
    pairs = content.count(b"\r\n")
    return b"\r\n" if pairs > content.count(b"\n") - pairs else b"\n"


def _is_ended(yours: bytes, original: bytes | None, theirs: bytes) -> bool:
    """Whether the last line has an end: as with every line, whoever changed that is followed."""
    ended, was, newer = (version.endswith(b"\n") if version else None for version in (yours, original, theirs))
    follows = ended is None or (ended == was and newer is not None)
    return bool(newer if follows else ended)
