"""A project and the library of today -> the changes that bring each copied file up to date, conflicts marked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from msgspec.structs import replace

from ..evidence.standing import State
from ..handbook import Handbook
from .lock import FOLDER
from .merge import count_separators, is_text, like, merge, same
from .note import CopiedFile, Note, copied, later, note_changes, read_note
from .status import ASIDE, FileState, FileStatus, Offer, status
from .swap import Change
from .target import Target


class Outcome(StrEnum):
    """What became of one file."""

    UPDATED = "updated"
    MERGED = "merged"
    ADDED = "added"
    CONFLICT = "conflict"
    KEPT = "kept"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Updated:
    """One file: what became of it, and a sentence where that asks something of the reader."""

    path: str
    outcome: Outcome
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """All files of which something is to be said, the changes, the note's last, and the files as they were read."""

    files: Sequence[Updated]
    changes: Sequence[Change]
    read: Mapping[str, bytes | None]

    @property
    def shown(self) -> Sequence[Change]:
        """Those of the project's own files."""
        return [change for change in self.changes if not change.path.startswith(f"{FOLDER}/")]

    @property
    def has_conflicts(self) -> bool:
        """Whether any file waits for the reader."""
        return any(file.outcome is Outcome.CONFLICT for file in self.files)

    @property
    def has_failures(self) -> bool:
        """Whether any file could not be read."""
        return any(file.outcome is Outcome.FAILED for file in self.files)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Brought:
    """What becomes of one file: what is told of it, its change, and its entry in the note, None for none."""

    told: Updated | None = None
    change: Change | None = None
    entry: CopiedFile | None = None


def plan_update(handbook: Handbook, target: Target) -> Update:
    """Plan a three-way merge of each copied file; raises ProjectError where the note cannot be believed.

    What was edited on one side alone is taken from that side. A file that the reader removed stays
    away; one that the library has no more stays there. One that cannot be read is told, and keeps no other back.
    """
    note = read_note(target)
    stands = status(handbook, target)
    brought = {each.path: _brought(each) for each in stands}
    kept = {path: each.entry for path, each in brought.items() if each.entry is not None}
    noted = later(note, _digests(handbook, note, kept), kept)
    changes = [each.change for each in brought.values() if each.change is not None]
    return Update(
        files=[each.told for each in brought.values() if each.told is not None],
        changes=(*changes, *note_changes(target, noted)),
        read={each.path: each.yours for each in stands if each.state is not FileState.UNREADABLE},
    )


def _brought(each: FileStatus) -> _Brought:
    offer = each.offer
    if each.state is FileState.UNREADABLE:
        return _Brought(told=_told(each, Outcome.FAILED, each.why), entry=each.known)
    if each.state is FileState.CONFLICT:
        return _Brought(told=_told(each, Outcome.CONFLICT, _waits(each, each.conflicts)), entry=each.known)
    if offer is None:
        said = "it is yours" if each.yours is not None else "you removed it as well"
        return _Brought(told=_told(each, Outcome.KEPT, f"no longer part of the handbook; {said}"))
    match each.state:
        case FileState.MISSING if each.is_newer:
            return _Brought(told=_told(each, Outcome.KEPT, "you removed it; it stays away"), entry=_entry(offer))
        case FileState.IDENTICAL if each.is_newer:
            return _Brought(entry=_entry(offer))
        case FileState.ADDED:
            return _added(each, offer)
        case FileState.NEWER:
            after = like(offer.content, each.yours or b"")
            return _Brought(told=_told(each, Outcome.UPDATED), change=_change(each, offer, after), entry=_entry(offer))
        case FileState.BOTH:
            return _both(each, offer, each.yours or b"")
    return _Brought(entry=_unmarked(each))


def _added(each: FileStatus, offer: Offer) -> _Brought:
    if each.yours is None:
        change = Change(path=each.path, before=None, after=offer.content, executable=offer.executable)
        return _Brought(told=_told(each, Outcome.ADDED), change=change, entry=_entry(offer))
    if same(each.yours, offer.content):
        return _Brought(entry=_entry(offer))
    said = f"is there and is not the handbook's; see `handbook show {each.snippet} {each.path}`"
    return _Brought(told=_told(each, Outcome.CONFLICT, said))


def _both(each: FileStatus, offer: Offer, yours: bytes) -> _Brought:
    if not all(map(is_text, (yours, each.original or b"", offer.content))):
        return _laid_beside(each, offer)
    merged = merge(yours, each.original, offer.content)
    separators = count_separators(merged.content) - merged.conflicts if merged.conflicts else None
    told = _told(each, Outcome.CONFLICT, _waits(each, merged.conflicts)) if merged.conflicts else None
    return _Brought(
        told=told or _told(each, Outcome.MERGED),
        change=_change(each, offer, merged.content),
        entry=_entry(offer, separators),
    )


def _laid_beside(each: FileStatus, offer: Offer) -> _Brought:
    """Of a file without lines both versions are kept, each whole; `status` has looked that nothing lies there yet."""
    change = Change(path=f"{each.path}{ASIDE}", before=None, after=offer.content, executable=offer.executable)
    return _Brought(told=_told(each, Outcome.CONFLICT, _waits(each, 0)), change=change, entry=_entry(offer))


def _change(each: FileStatus, offer: Offer, after: bytes) -> Change | None:
    """What brings a file there; the right to run it follows the side that changed it."""
    executable = offer.executable if offer.executable != each.was_executable else None
    if after == each.yours and executable is None:
        return None
    return Change(path=each.path, before=each.yours, after=after, executable=executable)


def _entry(offer: Offer, separators: int | None = None) -> CopiedFile:
    return copied(offer.snippet, offer.content, executable=offer.executable, separators=separators)


def _unmarked(each: FileStatus) -> CopiedFile | None:
    """Its entry as it was, with what has been found out since, and no merge that waits."""
    if each.known is None or each.offer is None:
        return each.known
    if each.original is not None and each.known.bytes is None:
        return copied(each.known.snippet, each.original, executable=each.was_executable)
    return replace(each.known, executable=each.was_executable, separators=None)


def _told(each: FileStatus, outcome: Outcome, said: str = "") -> Updated:
    return Updated(path=each.path, outcome=outcome, said=said)


def _waits(each: FileStatus, count: int) -> str:
    """What waits for the reader."""
    if each.why:
        return each.why
    if not count:
        return f"no text, and edited on both sides: {each.path}{ASIDE} is the new one; remove it when you have merged"
    unknown = "" if each.original is not None else "; nobody has the original any more, so every difference is marked"
    return f"{count} marked with <<<<<<<, ======= and >>>>>>>: edit the file, then see `handbook status`{unknown}"


def _digests(handbook: Handbook, note: Note, kept: Mapping[str, CopiedFile]) -> dict[str, str]:
    """The digest of each copied snippet as it is now known.

    One that is not proven stays as it was copied, and one of which nothing is left is forgotten.
    """
    found = {slug: handbook.snippets[slug] for slug in note.snippets if slug in handbook.snippets}
    proven = {slug: s.snippet.digest for slug, s in found.items() if s.state is State.PROVEN}
    used = found.keys() | {file.snippet for file in kept.values()}
    return {slug: proven.get(slug, known) for slug, known in note.snippets.items() if slug in used}
