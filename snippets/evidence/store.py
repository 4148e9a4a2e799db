"""Records on disk: one file an atom, canonical JSON with its own checksum, written whole or not at all."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from ..errors import RecordError
from ..reading import regular
from .records import Capture, Evidence, Execution, Strip
from .truth import FIRST_ENGINE, untrue

R = TypeVar("R", Evidence, Capture, Execution, Strip)
_FOLDERS: Mapping[type, str] = {Evidence: "", Capture: "pitfalls/", Execution: "tutorials/", Strip: "strips/"}


@dataclass(frozen=True, slots=True)
class EvidenceStore:
    """A directory of records, one file an atom; a record that cannot be believed is not there."""

    root: Path

    def read(self, type_: type[R], name: str) -> R | None:
        """Read the record, None where there is none; raises RecordError where it cannot be believed."""
        path = self._path(type_, name)
        try:
            text = regular(path, _LARGEST)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise RecordError(f"{Path(path).name}: {error.strerror}") from None
        try:
            if not _sealed(text):
                raise RecordError(
                    f"{Path(path).name}: its checksum does not match: corrupt, truncated or edited by hand"
                )
            record: R = _DECODERS[type_].decode(text)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise RecordError(f"{Path(path).name}: not a record: {error}") from None
        return record

    def present(self, type_: type[R], name: str) -> R | None:
        """The record, or None where there is none that can be believed."""
        try:
            return self.read(type_, name)
        except RecordError:
            return None

    def write(self, record: R, name: str) -> bool:
        """Write the record unless the one that is there says the same; whether it was written.

        The same but for dates, times and sizes counts as the same: proving unchanged bytes again
        changes no line. Atomic: a temporary file, fsynced, then renamed.
        """
        import tempfile  # noqa: PLC0415 - whoever only reads does without all that it loads

        path = Path(self._path(type(record), name))
        before = self.present(type(record), name)
        # What is refused whatever it says has to go: of a clock that ran ahead, or of what no engine can have seen.
        believable = before and FIRST_ENGINE <= before.verified_at <= record.verified_at and not any(untrue(before))
        if before and believable and _essence(before) == _essence(record):
            return False
        document = msgspec.to_builtins(record)
        document["checksum"] = _digest(msgspec.json.encode(document, order="sorted"))
        text = msgspec.json.format(msgspec.json.encode(document, order="sorted"), indent=2) + b"\n"
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".record-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(0o644)
            Path(temporary).replace(path)
        finally:
            Path(temporary).unlink(missing_ok=True)
        return True

    def files(self) -> frozenset[str]:
        """Paths of all that lies among the records, below its folder: what a killed run left included."""
        found = (path for path in self.root.rglob("*") if path.is_symlink() or not path.is_dir())
        return frozenset(path.relative_to(self.root).as_posix() for path in found)

    def place(self, type_: type, name: str) -> str:
        """Where the record of an atom is, below the folder."""
        return f"{_FOLDERS[type_]}{name}.json"

    def _path(self, type_: type, name: str) -> str:
        return f"{self.root}/{self.place(type_, name)}"


class _Seal(msgspec.Struct):
    """The one key of a record that is not hashed."""

    checksum: str = ""


# Twenty times the largest that was written.
_LARGEST = 256 * 1024
_SEAL = msgspec.json.Decoder(_Seal)
_DECODERS: Mapping[type, Any] = {type_: msgspec.json.Decoder(type_) for type_ in _FOLDERS}


def _sealed(text: bytes) -> bool:
    """Whether a record has the checksum of its own bytes, but for layout and the checksum itself.

    As `write` lays it out, so that no decoding and encoding is between the bytes and their checksum.
    """
    try:
        checksum = _SEAL.decode(text).checksum
    except msgspec.ValidationError:
        return False
    compact = msgspec.json.format(text, indent=-1)
    seal = b'"checksum":' + msgspec.json.encode(checksum)
    before, found, after = compact.partition(seal)
    if not found or seal in after:
        return False
    # Keys are sorted and each kind of record has one that comes after it: a comma follows.
    rest = before + after.removeprefix(b",")
    # Of a key that stands twice a decoder takes the last, and a reader of the diff sees the first.
    return checksum == _digest(rest) and compact == msgspec.json.encode(msgspec.json.decode(text), order="sorted")


def _digest(canonical: bytes) -> str:
    return "sha256:" + hashlib.sha256(canonical).hexdigest()


def _essence(record: Evidence | Capture | Execution | Strip) -> object:
    """Reduce a record to what it says: all but dates, times, sizes, ids and wording."""
    match record:
        case Evidence():
            # Whether words are there counts, which words does not: a record without any is refused.
            judged = sorted((f.promise, f.rules, f.verdict, bool(f.seen.strip())) for f in record.findings)
            bases = sorted((b.ref, b.stand_in) for b in record.bases)
            return record.snippet, record.digest, dict(record.files), bases, judged, record.image is None
        case Capture():
            return record.pitfall, record.digest, record.stage, record.stand_in, bool(record.error.strip())
        case Execution():
            return record.tutorial, record.digest, record.stand_in
        case Strip():
            # Each is a look of its own: another one is news.
            return record
