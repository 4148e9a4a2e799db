"""A proven snippet and a project -> the changes that put its files there, or every reason against."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..catalog.snippet import Snippet
from ..errors import ProjectError
from ..evidence.standing import State
from ..handbook import Handbook
from .merge import same
from .note import CopiedFile, Note, copied, later, note_changes, read_note
from .status import runs
from .swap import BACKUP, Change
from .target import Target, refuse_clashes


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """What a copy changes: files that are written, backups by path, and the note; and files that are there already."""

    written: Sequence[Change]
    there: Mapping[str, bytes]
    backups: Mapping[str, Change]
    noted: Sequence[Change]

    @property
    def shown(self) -> Sequence[Change]:
        """Those of the project's own files."""
        return (*self.backups.values(), *self.written)

    @property
    def changes(self) -> Sequence[Change]:
        """All of them, the note's last."""
        return (*self.shown, *self.noted)


def plan_copy(handbook: Handbook, slug: str, target: Target, *, force: bool = False) -> Copy:
    """Plan what puts a snippet's files into a project; raises ProjectError with every reason against it.

    Nothing is written over a file that differs, but where `force`: then what was there is kept beside it.
    """
    standing = handbook.snippets[slug]
    snippet = standing.snippet
    if standing.state is not State.PROVEN:
        raise ProjectError(f"{slug} is {standing.state}: {standing.objection}")
    refuse_clashes(snippet.sources)
    note = read_note(target)
    written: list[Change] = []
    there: dict[str, bytes] = {}
    backups: dict[str, Change] = {}
    faults: list[str] = []
    entries: dict[str, CopiedFile] = {}
    for path, source in snippet.sources.items():
        after = snippet.content(path)
        entries[path] = _entry(note, path, slug, after, executable=source.executable)
        try:
            before = target.read(path)
            is_run = not source.executable or runs(target, path)
            if before is None:
                written.append(Change(path=path, before=None, after=after, executable=source.executable))
            elif same(before, after) and is_run:
                there[path] = before
            elif same(before, after):
                # Its bytes are the proven ones: it is given back the right to be run.
                written.append(Change(path=path, before=before, after=before, executable=True))
            elif force:
                written.append(Change(path=path, before=before, after=after, executable=source.executable))
                backups[path] = _backup(target, path, before)
            else:
                faults.append(f"{path}: {_clash(handbook, note, path, snippet)}")
        except ProjectError as error:
            faults += error.faults
    if faults:
        raise ProjectError(*faults)
    noted = later(note, note.snippets | {slug: snippet.digest}, note.files | entries)
    return Copy(written=written, there=there, backups=backups, noted=note_changes(target, noted))


def _entry(note: Note, path: str, slug: str, content: bytes, *, executable: bool) -> CopiedFile:
    """The entry of a file; the one that is there where it says the same, however it was packed."""
    entry, known = copied(slug, content, executable=executable), note.files.get(path)
    is_known = known is not None and known.bytes == content and (known.snippet, known.executable) == (slug, executable)
    return known if known is not None and is_known and known.separators is None else entry


def _clash(handbook: Handbook, note: Note, path: str, snippet: Snippet) -> str:
    """Why a file that is there and differs is not written over, and what to do."""
    known = note.files.get(path)
    keeps = f"`--force` keeps it as {path}{BACKUP}"
    if known is None:
        return f"is there and differs; move it away, or {keeps}"
    if known.sha256 == snippet.sources[path].sha256:
        return f"you edited it since it was copied with {known.snippet}, and nothing newer is there to merge; {keeps}"
    other = handbook.snippets.get(known.snippet)
    shared = other.snippet.sources.get(path) if other else None
    if known.snippet == snippet.name or (shared and shared.sha256 == snippet.sources[path].sha256):
        return f"differs from what was copied; `handbook update` merges, {keeps}"
    return f"was copied with {known.snippet}, and {snippet.name} has another; copy it to a directory of its own"


def _backup(target: Target, path: str, content: bytes) -> Change:
    number = 1
    place = f"{path}{BACKUP}"
    while (there := target.read(place)) is not None and there != content:
        number += 1
        place = f"{path}{BACKUP}-{number}"
    return Change(path=place, before=there, after=content, like=path)
