"""A proven snippet and a project -> the changes that put its files there, or every reason against."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..catalog.snippet import Snippet
from ..errors import ProjectError
from ..evidence.standing import Standing, State
from .journal import Change
from .note import CopiedFile, Note, note_changes, read_note
from .target import Target, refuse_clashes

BACKUP = ".before-handbook"


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """What a copy changes: files that are written, those that were there already, backups by path, and the note."""

    written: Sequence[Change]
    there: Sequence[str]
    backups: Mapping[str, Change]
    noted: Sequence[Change]

    @property
    def changes(self) -> Sequence[Change]:
        """All of them, the note's last."""
        return (*self.backups.values(), *self.written, *self.noted)


def plan_copy(standing: Standing, target: Target, *, force: bool = False) -> Copy:
    """Plan what puts a snippet's files into a project; raises ProjectError with every reason against it.

    Nothing is written over a file that differs, but where `force`: then what was there is kept beside it.
    """
    snippet = standing.snippet
    if standing.state is not State.PROVEN:
        raise ProjectError(f"{snippet.name} is {standing.state}: {standing.objection}")
    refuse_clashes(snippet.sources)
    note = read_note(target)
    written: list[Change] = []
    there: list[str] = []
    backups: dict[str, Change] = {}
    faults: list[str] = []
    for path, source in snippet.sources.items():
        try:
            before = target.read(path)
        except ProjectError as error:
            faults += error.faults
            continue
        after = snippet.content(path)
        if before == after:
            there.append(path)
        elif before is None or force:
            written.append(Change(path=path, before=before, after=after, executable=source.executable))
            if before is not None:
                backups[path] = _backup(target, path, before)
        else:
            faults.append(f"{path}: {_clash(note, path, snippet)}")
    if faults:
        raise ProjectError(*faults)
    later = Note(
        snippets=note.snippets | {snippet.name: snippet.digest},
        files=note.files
        | {path: CopiedFile(snippet=snippet.name, sha256=s.sha256) for path, s in snippet.sources.items()},
    )
    noted = note_changes(target, later, {path: snippet.content(path) for path in snippet.sources})
    return Copy(written=written, there=there, backups=backups, noted=noted)


def _clash(note: Note, path: str, snippet: Snippet) -> str:
    """Why a file that is there and differs is not written over, and what to do."""
    known = note.files.get(path)
    if known is None:
        return f"is there and differs; move it away, or `--force` keeps it as {path}{BACKUP}"
    if known.snippet == snippet.name:
        return f"differs from what was copied; `handbook update` merges, `--force` keeps yours as {path}{BACKUP}"
    return f"was copied with {known.snippet}, and {snippet.name} has another; copy it to a directory of its own"


def _backup(target: Target, path: str, content: bytes) -> Change:
    number = 1
    place = f"{path}{BACKUP}"
    while (there := target.read(place)) is not None and there != content:
        number += 1
        place = f"{path}{BACKUP}-{number}"
    return Change(path=place, before=there, after=content)
