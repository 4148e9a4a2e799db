"""`.handbook/copied.json`, which `copy` leaves in a project: which snippets, their digests, and the original bytes.

It came with a clone, so each word of it is checked, and nothing is written on its word alone: what `update` writes
is what the library has at that path. The originals lie in it packed, where no formatter takes them for source.
"""

import base64
import binascii
import hashlib
import re
import zlib
from collections.abc import Mapping
from importlib.metadata import version

import msgspec
from msgspec.structs import replace

from ..errors import ProjectError
from .lock import FOLDER
from .merge import lf
from .swap import Change
from .target import Target, folded, path_fault, refuse_clashes

NOTE = f"{FOLDER}/copied.json"
# Where an older handbook kept the originals, as files; what it left to be finished was trusted, and is no more.
ORIGINALS = f"{FOLDER}/original"
LAYOUT = 2
DISTRIBUTION = "deployment-handbook"
# No snippet is nearly as large, and a few bytes may unpack to gigabytes.
LIMIT_BYTES = 64 * 2**20
_BOM = b"\xef\xbb\xbf"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_SNIPPET = re.compile(r"(?:sha256:)?[0-9a-z]{1,64}")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_VERSION = re.compile(r"(\d{1,9}(?:\.\d{1,9})*)[0-9A-Za-z.+!-]{0,40}")


class CopiedFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A file that was copied: of which snippet, the sha256 of its original bytes, and those, packed.

    An older layout did not say whether it was executable. `separators` is set while a merge waits in the file: how
    many lines of its own look like the mark between two sides.
    """

    snippet: str
    sha256: str
    executable: bool | None = None
    original: str = ""
    separators: int | None = None

    @property
    def bytes(self) -> bytes | None:
        """The original bytes, None where nobody has them any more."""
        try:
            packed = base64.b64decode(self.original, validate=True)
            content = zlib.decompressobj().decompress(packed, LIMIT_BYTES)
        except (ValueError, binascii.Error, zlib.error):
            return None
        return content if digest(content) == self.sha256 else None


class Note(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was copied into a project: the digest of each snippet, and each file by its path.

    `version` is the layout's, `handbook` that of the handbook which wrote it.
    """

    version: int = LAYOUT
    handbook: str = ""
    snippets: dict[str, str] = {}
    files: dict[str, CopiedFile] = {}


class _Head(msgspec.Struct, frozen=True, kw_only=True):
    """What every layout says of itself, whatever else is in it."""

    version: int = 1
    handbook: str = "0"


def copied(snippet: str, content: bytes, *, executable: bool, separators: int | None = None) -> CopiedFile:
    """The entry of a file that was copied with these bytes."""
    return CopiedFile(
        snippet=snippet,
        sha256=digest(content),
        executable=executable,
        original=_packed(content),
        separators=separators,
    )


def digest(content: bytes) -> str:
    """The sha256 of bytes, as the library has it."""
    return hashlib.sha256(content).hexdigest()


def read_note(target: Target) -> Note:
    """The note of a project, an empty one where it has none; raises ProjectError where it cannot be believed."""
    text = target.read(NOTE)
    if text is None:
        return Note()
    text = text.removeprefix(_BOM)
    if len(text) > LIMIT_BYTES:
        raise _damaged(f"of {len(text)} bytes, which is no note's size")
    try:
        _refuse_newer(msgspec.json.decode(text, type=_Head))
        note = msgspec.json.decode(text, type=Note)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise _damaged(str(error)) from None
    _check(note)
    return note if note.version == LAYOUT else _migrated(target, note)


def note_changes(target: Target, note: Note) -> list[Change]:
    """What makes the project's note this one; the older layout's originals go, where they are what was copied."""
    before = target.read(NOTE)
    text = msgspec.json.format(msgspec.json.encode(note, order="sorted"), indent=2) + b"\n"
    if note == Note() or (before is not None and before.replace(b"\r\n", b"\n") == text):
        return []
    gone = [] if before is None else _old_originals(target, before)
    return [*gone, Change(path=NOTE, before=before, after=text)]


def later(was: Note, snippets: Mapping[str, str], files: Mapping[str, CopiedFile]) -> Note:
    """A note of today; the same as it was where nothing is new, so that a newer handbook alone changes nothing."""
    if (was.snippets, was.files) == (snippets, files):
        return was
    return Note(handbook=version(DISTRIBUTION), snippets=dict(snippets), files=dict(files))


def _refuse_newer(head: _Head) -> None:
    """Raise ProjectError where a newer handbook wrote the note: this one would bring back what that one replaced."""
    ours = version(DISTRIBUTION)
    if head.version < 1 or not _VERSION.fullmatch(head.handbook):
        raise _damaged("of no version that there is")
    if head.version > LAYOUT or _release(head.handbook) > _release(ours):
        raise ProjectError(
            f"{NOTE}: written by handbook {head.handbook} in layout {head.version}, and this is {ours}, which knows "
            f"layout {LAYOUT} and older versions of the files: install handbook {head.handbook} or a later one"
        )


def _release(stated: str) -> tuple[int, ...]:
    """The numbers of a version, without zeros at their end."""
    found = _VERSION.fullmatch(stated)
    numbers = [int(number) for number in found[1].split(".")] if found else []
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def _check(note: Note) -> None:
    """Raise ProjectError where the note says what `copy` writes in none."""
    for slug, known in note.snippets.items():
        if not (_SLUG.fullmatch(slug) and _SNIPPET.fullmatch(known)):
            raise _damaged(f"{slug!a}: no snippet's name and digest")
    for path, file in note.files.items():
        fault = path_fault(path) or ("the handbook's own" if folded(path.partition("/")[0]) == FOLDER else None)
        fault = fault or (None if file.snippet in note.snippets else f"of no snippet {file.snippet!a}")
        fault = fault or (None if _DIGEST.fullmatch(file.sha256) else f"no digest: {file.sha256!a}")
        if fault:
            raise _damaged(f"{path!a}: {fault}")
    try:
        refuse_clashes(note.files)
    except ProjectError as error:
        raise _damaged(str(error)) from None


def _migrated(target: Target, note: Note) -> Note:
    """A note of the older layout with the originals in it, as far as no tool has rewritten them."""
    files = {}
    for path, file in note.files.items():
        content = _old_original(target, path, file)
        files[path] = file if content is None else replace(file, original=_packed(content))
    return Note(handbook=version(DISTRIBUTION), snippets=note.snippets, files=files)


def _old_original(target: Target, path: str, file: CopiedFile) -> bytes | None:
    """What the older layout kept of a file, its line ends as they were; None where that is not what was copied."""
    try:
        kept = target.read(f"{ORIGINALS}/{path}")
    except ProjectError:
        return None
    versions = () if kept is None else (kept, lf(kept))
    return next((content for content in versions if digest(content) == file.sha256), None)


def _old_originals(target: Target, before: bytes) -> list[Change]:
    note = msgspec.json.decode(before.removeprefix(_BOM), type=Note)
    if note.version == LAYOUT:
        return []
    known = [path for path, file in note.files.items() if _old_original(target, path, file) is not None]
    places = [f"{ORIGINALS}/{path}" for path in known]
    return [Change(path=place, before=target.read(place), after=None) for place in places]


def _packed(content: bytes) -> str:
    return base64.b64encode(zlib.compress(content, 9)).decode()


def _damaged(why: str) -> ProjectError:
    return ProjectError(
        f"{NOTE}: {why}. Restore it from your version control; "
        f"or remove {FOLDER}/ and run `handbook copy` again, which adopts the files that are as they were"
    )
