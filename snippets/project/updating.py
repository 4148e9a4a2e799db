"""A project and the library of today -> the changes that bring each copied file up to date, conflicts marked."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ..evidence.standing import State
from ..handbook import Handbook
from .journal import FOLDER, Change
from .merge import conflicts, merge
from .note import CopiedFile, Note, note_changes, original, read_note
from .status import FileState, FileStatus, latest, status
from .target import Target


class Outcome(StrEnum):
    """What became of one file."""

    UPDATED = "updated"
    MERGED = "merged"
    ADDED = "added"
    CONFLICT = "conflict"
    KEPT = "kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class Updated:
    """One file: what became of it, and a sentence where that asks something of the reader."""

    path: str
    outcome: Outcome
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """All files of which something is to be said, and the changes, the note's last."""

    files: Sequence[Updated]
    changes: Sequence[Change]

    @property
    def shown(self) -> Sequence[Change]:
        """Those of the project's own files."""
        return [change for change in self.changes if not change.path.startswith(f"{FOLDER}/")]

    @property
    def has_conflicts(self) -> bool:
        """Whether any file waits for the reader."""
        return any(file.outcome is Outcome.CONFLICT for file in self.files)


def plan_update(handbook: Handbook, target: Target) -> Update:
    """Plan a three-way merge of each copied file; raises ProjectError where one cannot be merged.

    What was edited on one side alone is taken from that side. A file that the reader removed stays
    away; one that the library has no more stays there.
    """
    note = read_note(target)
    files: list[Updated] = []
    changes: list[Change] = []
    kept = dict(note.files)
    fresh: dict[str, bytes] = {}
    for each in status(handbook, target):
        if each.state is FileState.DROPPED:
            files.append(
                Updated(path=each.path, outcome=Outcome.KEPT, said="no longer part of the handbook; it is yours")
            )
            del kept[each.path]
            continue
        known = note.files.get(each.path)
        before = target.read(each.path)
        if known and latest(handbook, each.snippet, each.path, known.sha256) == known.sha256:
            if each.state is FileState.CONFLICT:
                files.append(_conflict(each.path, conflicts(before or b"")))
            continue
        source = handbook.snippets[each.snippet].snippet.sources[each.path]
        theirs = handbook.snippets[each.snippet].snippet.content(each.path)
        was = original(target, each.path, known.sha256) if known else b""
        brought = _brought(each, before, was, theirs)
        files += [brought.told] if brought.told else []
        if brought.after not in {None, before}:
            changes.append(
                Change(path=each.path, before=before, after=brought.after or b"", executable=source.executable)
            )
        if brought.is_taken:
            kept[each.path] = CopiedFile(snippet=each.snippet, sha256=source.sha256)
            fresh[each.path] = theirs
    later = Note(snippets=_digests(handbook, note), files=kept)
    return Update(files=files, changes=(*changes, *note_changes(target, later, fresh)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Brought:
    """What becomes of one file: what is told of it, its bytes, and whether the newer version counts as taken."""

    told: Updated | None = None
    after: bytes | None = None
    is_taken: bool = True


def _brought(each: FileStatus, before: bytes | None, was: bytes, theirs: bytes) -> _Brought:
    path = each.path
    match each.state:
        case FileState.MISSING:
            return _Brought(told=Updated(path=path, outcome=Outcome.KEPT, said="you removed it; it stays away"))
        case FileState.IDENTICAL:
            return _Brought()
        case FileState.NEWER:
            return _Brought(told=Updated(path=path, outcome=Outcome.UPDATED), after=theirs)
        case FileState.ADDED if before is None:
            return _Brought(told=Updated(path=path, outcome=Outcome.ADDED), after=theirs)
        case FileState.ADDED if before == theirs:
            return _Brought()
        case FileState.ADDED:
            said = f"is there and is not the handbook's; see `handbook show {each.snippet} {path}`"
            return _Brought(told=Updated(path=path, outcome=Outcome.CONFLICT, said=said), is_taken=False)
        case FileState.CONFLICT:
            return _Brought(told=_conflict(path, conflicts(before or b"")), is_taken=False)
    merged = merge(before or b"", was, theirs)
    if merged.conflicts:
        return _Brought(told=_conflict(path, merged.conflicts), after=merged.content)
    return _Brought(told=Updated(path=path, outcome=Outcome.MERGED), after=merged.content)


def _conflict(path: str, count: int) -> Updated:
    said = f"{count} marked with <<<<<<<: edit the file, then see `handbook status`"
    return Updated(path=path, outcome=Outcome.CONFLICT, said=said)


def _digests(handbook: Handbook, note: Note) -> dict[str, str]:
    """The digest of each copied snippet as it is now known; one that is not proven stays as it was copied."""
    found = {slug: handbook.snippets[slug] for slug in note.snippets if slug in handbook.snippets}
    return note.snippets | {slug: s.snippet.digest for slug, s in found.items() if s.state is State.PROVEN}
