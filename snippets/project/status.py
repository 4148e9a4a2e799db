"""A project's note, its files and the library of today -> how each copied file stands."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from ..errors import ProjectError
from ..evidence.standing import Standing, State
from ..handbook import Handbook
from .merge import lf, marks, same
from .note import CopiedFile, Note, digest, read_note
from .target import Target

# Where the new version of a file without lines waits, while a merge of it does.
ASIDE = ".from-handbook"


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
    UNREADABLE = "unreadable"


# For which `status` says that there is something to do.
OUTDATED = frozenset({FileState.NEWER, FileState.BOTH, FileState.ADDED, FileState.CONFLICT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What the library of today has for a path: of which snippet, its bytes, and whether they are executable."""

    snippet: str
    sha256: str
    content: bytes
    executable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStatus:
    """One file of a project: how it stands, and all that says so.

    `known` is its entry in the note, None where a newer snippet adds it; `offer` is None where the library has it no
    more, and the same as `original` where nothing newer is proven. `original` is None where nobody has it any more.
    `why` says what keeps it from being read, or taken.
    """

    path: str
    snippet: str
    state: FileState
    known: CopiedFile | None = None
    yours: bytes | None = None
    original: bytes | None = None
    offer: Offer | None = None
    why: str = ""

    @property
    def is_outdated(self) -> bool:
        """Whether there is something to do for `update`, or for the reader."""
        return self.state in OUTDATED

    @property
    def is_newer(self) -> bool:
        """Whether the library has another version than the one that was copied."""
        if self.offer is None or self.known is None:
            return False
        return (self.offer.sha256, self.offer.executable) != (self.known.sha256, self.was_executable)

    @property
    def was_executable(self) -> bool:
        """Whether what was copied is executable; an older layout did not say."""
        stated = self.known.executable if self.known else None
        return bool(self.offer and self.offer.executable) if stated is None else stated

    @property
    def conflicts(self) -> int:
        """How many conflicts wait in the reader's file."""
        ours = (self.original, self.offer.content if self.offer else None)
        return marks(self.yours or b"", self.known.separators if self.known else None, *ours)


def status(handbook: Handbook, target: Target) -> Sequence[FileStatus]:
    """Each copied file by its path, and those that a newer snippet adds.

    A snippet that is not proven today has nothing newer to give; one that the library has no more is
    `dropped`. What cannot be read keeps no other from being told. Raises ProjectError where the note cannot be
    believed.
    """
    note = read_note(target)
    found = [_copied(handbook, target, note, path, file) for path, file in note.files.items()]
    return sorted([*found, *_added(handbook, target, note)], key=lambda each: each.path)


def _copied(handbook: Handbook, target: Target, note: Note, path: str, file: CopiedFile) -> FileStatus:
    try:
        yours = target.read(path)
        waits = target.read(f"{path}{ASIDE}") is not None
    except ProjectError as error:
        return FileStatus(path=path, snippet=file.snippet, state=FileState.UNREADABLE, known=file, why=str(error))
    original, offer = file.bytes, _offer(handbook, note, path, file)
    if original is None:
        # A tool has rewritten what was kept, but the same bytes may be elsewhere.
        elsewhere = [*((yours, lf(yours)) if yours is not None else ()), *((offer.content,) if offer else ())]
        original = next((content for content in elsewhere if digest(content) == file.sha256), None)
    stands = FileStatus(
        path=path,
        snippet=offer.snippet if offer else file.snippet,
        state=FileState.IDENTICAL,
        known=file,
        yours=yours,
        original=original,
        offer=offer,
    )
    return replace(stands, state=_state(stands, is_run=runs(target, path), waits=waits))


def _offer(handbook: Handbook, note: Note, path: str, file: CopiedFile) -> Offer | None:
    """What there is for a path: of the snippet it was copied with, or of another one here that shares it."""
    for slug in (file.snippet, *sorted(note.snippets)):
        standing = handbook.snippets.get(slug)
        source = standing.snippet.sources.get(path) if standing else None
        if standing and source and standing.state is State.PROVEN:
            return _offered(standing, path)
        if standing and standing.state is not State.PROVEN and (source or slug == file.snippet):
            # Nothing newer is proven: what was copied is what there is.
            executable = bool(source and source.executable) if file.executable is None else file.executable
            return Offer(snippet=slug, sha256=file.sha256, content=file.bytes or b"", executable=executable)
    return None


def _offered(standing: Standing, path: str) -> Offer:
    snippet, source = standing.snippet, standing.snippet.sources[path]
    return Offer(
        snippet=snippet.name, sha256=source.sha256, content=snippet.content(path), executable=source.executable
    )


def _added(handbook: Handbook, target: Target, note: Note) -> Iterator[FileStatus]:
    """The files that are new in what was copied, each once, whoever of them shares it."""
    offers: dict[str, list[Offer]] = {}
    for slug in sorted(note.snippets):
        standing = handbook.snippets.get(slug)
        if standing and standing.state is State.PROVEN:
            for path in standing.snippet.sources.keys() - note.files.keys():
                offers.setdefault(path, []).append(_offered(standing, path))
    for path, (offer, *others) in offers.items():
        clash = next((other for other in others if other.sha256 != offer.sha256), None)
        why = f"{offer.snippet} and {clash.snippet} both add it, and differ" if clash else ""
        state = FileState.CONFLICT if clash else FileState.ADDED
        yours = None
        try:
            yours = target.read(path)
        except ProjectError as error:
            state, why = FileState.UNREADABLE, str(error)
        yield FileStatus(path=path, snippet=offer.snippet, state=state, yours=yours, offer=offer, why=why)


def _state(stands: FileStatus, *, is_run: bool, waits: bool) -> FileState:
    yours, original, offer = stands.yours, stands.original, stands.offer
    if yours is None:
        return FileState.MISSING
    if waits or stands.conflicts:
        return FileState.CONFLICT
    if offer is None:
        return FileState.DROPPED
    if same(yours, offer.content) and (is_run or not offer.executable):
        return FileState.IDENTICAL
    is_edited = original is None or not same(yours, original) or (stands.was_executable and not is_run)
    if not stands.is_newer:
        return FileState.YOURS
    return FileState.BOTH if is_edited else FileState.NEWER


def runs(target: Target, path: str) -> bool:
    """Whether a file may be executed; Windows has no such right, and misses none."""
    return os.name == "nt" or bool((target.mode(path) or 0) & 0o111)
