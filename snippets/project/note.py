"""`.handbook/`, which `copy` leaves in a project: which snippets, their digests, and the original bytes."""

import hashlib
from collections.abc import Mapping

import msgspec

from ..errors import ProjectError
from .journal import FOLDER, Change
from .target import Target, path_fault

NOTE = f"{FOLDER}/copied.json"
ORIGINALS = f"{FOLDER}/original"


class CopiedFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file that was copied: of which snippet, and the sha256 of its original bytes."""

    snippet: str
    sha256: str


class Note(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was copied into a project: the digest of each snippet, and each file by its path."""

    version: int = 1
    snippets: dict[str, str] = {}
    files: dict[str, CopiedFile] = {}

    def of(self, slug: str) -> Mapping[str, str]:
        """Path -> sha256 of a snippet's files."""
        return {path: file.sha256 for path, file in self.files.items() if file.snippet == slug}


def read_note(target: Target) -> Note:
    """The note of a project, an empty one where it has none; raises ProjectError where it cannot be believed."""
    text = target.read(NOTE)
    if text is None:
        return Note()
    try:
        note = msgspec.json.decode(text, type=Note)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise _damaged(NOTE, str(error)) from None
    if note.version != 1:
        raise ProjectError(
            f"{NOTE}: of version {note.version}, and this handbook knows 1: `pipx upgrade deployment-handbook`"
        )
    for path, file in note.files.items():
        if fault := path_fault(path) or ("" if file.snippet in note.snippets else f"of no snippet {file.snippet!r}"):
            raise _damaged(NOTE, f"{path!r}: {fault}")
    return note


def original(target: Target, path: str, sha256: str) -> bytes:
    """The bytes that were copied; raises ProjectError where they are gone or were edited."""
    content = target.read(f"{ORIGINALS}/{path}")
    if content is None or hashlib.sha256(content).hexdigest() != sha256:
        raise _damaged(f"{ORIGINALS}/{path}", "missing" if content is None else "not the bytes that were copied")
    return content


def note_changes(target: Target, note: Note, originals: Mapping[str, bytes]) -> list[Change]:
    """What makes the project's note this one; `originals` are the bytes that are new in it."""
    before = target.read(NOTE)
    after = msgspec.json.format(msgspec.json.encode(note, order="sorted"), indent=2) + b"\n"
    kept = [
        Change(path=f"{ORIGINALS}/{path}", before=target.read(f"{ORIGINALS}/{path}"), after=content)
        for path, content in originals.items()
    ]
    changes = [*kept, Change(path=NOTE, before=before, after=after)]
    return [change for change in changes if change.before != change.after]


def _damaged(what: str, why: str) -> ProjectError:
    return ProjectError(
        f"{what}: {why}. Restore it from your version control; "
        f"or remove {FOLDER}/ and run `handbook copy` again, which adopts the files that are as they were"
    )
