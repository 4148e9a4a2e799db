"""A project's note, its files and the library of today -> how each copied file stands."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ..evidence.standing import State
from ..handbook import Handbook
from .merge import conflicts
from .note import read_note
from .target import Target


class FileState(StrEnum):
    """How a copied file stands."""

    IDENTICAL = "identical"
    YOURS = "yours differs"
    NEWER = "newer"
    BOTH = "both"
    ADDED = "added"
    MISSING = "missing"
    CONFLICT = "conflict"
    DROPPED = "dropped"


# For which `status` says that there is something to do.
OUTDATED = frozenset({FileState.NEWER, FileState.BOTH, FileState.ADDED, FileState.CONFLICT})


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStatus:
    """One file of a project: its path, whose it is, and how it stands."""

    path: str
    snippet: str
    state: FileState

    @property
    def is_outdated(self) -> bool:
        """Whether there is something to do for `update`, or for the reader."""
        return self.state in OUTDATED


def status(handbook: Handbook, target: Target) -> Sequence[FileStatus]:
    """Each copied file by its path, and those that a newer snippet adds.

    A snippet that is not proven today has nothing newer to give; one that the library has no more is
    `dropped`. Raises ProjectError where the note cannot be believed.
    """
    note = read_note(target)
    found = []
    for path, file in note.files.items():
        theirs = latest(handbook, file.snippet, path, file.sha256)
        state = _state(target.read(path), file.sha256, theirs)
        found.append(FileStatus(path=path, snippet=file.snippet, state=state))
    for slug in note.snippets:
        standing = handbook.snippets.get(slug)
        if standing and standing.state is State.PROVEN:
            new = standing.snippet.sources.keys() - note.files.keys()
            found += [FileStatus(path=path, snippet=slug, state=FileState.ADDED) for path in new]
    return sorted(found, key=lambda each: each.path)


def latest(handbook: Handbook, slug: str, path: str, copied: str) -> str | None:
    """The sha256 of a file in the library of today, None where it has none: what was copied, where it is unproven."""
    standing = handbook.snippets.get(slug)
    if standing is None:
        return None
    if standing.state is not State.PROVEN:
        return copied
    source = standing.snippet.sources.get(path)
    return source.sha256 if source else None


def _state(yours: bytes | None, original: str, theirs: str | None) -> FileState:
    if yours is None:
        return FileState.MISSING
    mine = hashlib.sha256(yours).hexdigest()
    if conflicts(yours):
        return FileState.CONFLICT
    if theirs is None:
        return FileState.DROPPED
    if mine == theirs:
        return FileState.IDENTICAL
    if theirs == original:
        return FileState.YOURS
    return FileState.NEWER if mine == original else FileState.BOTH
