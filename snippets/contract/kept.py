"""Digests of code that need not be computed again: those that a wheel ships, and those of an earlier run here.

Reading the code takes a third of a second, and every command asks for its digests. In a checkout they are kept
in `.cache/`, under a digest of all of the package's source: another byte anywhere, and none of them counts.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from pathlib import Path

import msgspec

SHIPPED, FOLDER, FILE = "rules.json", ".cache", "rules.json"
SKIPPED = frozenset({"__pycache__", "recipes"})


class _Kept(msgspec.Struct):
    """What the file holds."""

    code: str
    digests: dict[str, str] = {}


class Digests:
    """Name of a judging function -> digest of the code that it rests on, for the package at `root`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._file = root.parent / FOLDER / FILE

    @cached_property
    def shipped(self) -> dict[str, str]:
        """Those of a wheel, which were computed when it was built; a checkout has none.

        Of a file that is damaged none are taken: they are computed again.
        """
        path = self._root / SHIPPED
        with suppress(OSError, msgspec.DecodeError, UnicodeError, RecursionError):
            return msgspec.json.decode(path.read_bytes() if path.is_file() else b"{}", type=dict[str, str])
        return {}

    @cached_property
    def _kept(self) -> _Kept:
        code = _digest(self._root)
        with suppress(OSError, msgspec.DecodeError, UnicodeError, RecursionError):
            kept = msgspec.json.decode(self._file.read_bytes() if self._file.is_file() else b"", type=_Kept)
            if kept.code == code:
                return kept
        return _Kept(code=code)

    def get(self, name: str) -> str | None:
        """The digest where it is known."""
        return self.shipped.get(name) or self._kept.digests.get(name)

    def keep(self, name: str, digest: str) -> None:
        """Keep one for the next run; where nothing can be written, nothing is kept."""
        self._kept.digests[name] = digest
        with suppress(OSError):
            self._file.parent.mkdir(exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=self._file.parent)
            with os.fdopen(handle, "wb") as file:
                file.write(msgspec.json.encode(self._kept))
            Path(temporary).replace(self._file)


def _digest(root: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(_sources(str(root))):
        with open(path, "rb") as file:  # noqa: PTH123 - a hundred of them, at each command
            digest.update(f"{path.removeprefix(str(root))}\n".encode() + file.read())
    return digest.hexdigest()


def _sources(folder: str) -> Iterator[str]:
    """All Python files of the package; of the library only what judges, which is a file of its own in each snippet."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name == "library":
                    yield from (f"{inner.path}/rehearsal.py" for inner in os.scandir(entry.path) if _rehearses(inner))
                elif entry.name not in SKIPPED:
                    yield from _sources(entry.path)
            elif entry.name.endswith(".py"):
                yield entry.path


def _rehearses(entry: "os.DirEntry[str]") -> bool:
    return os.path.isfile(f"{entry.path}/rehearsal.py")  # noqa: PTH113 - likewise
