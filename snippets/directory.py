"""A snippet's directory -> its files as `Source`s, each read once, and every fault of them.

Strings and directory entries in the place of `Path`s: for small files those cost more than reading.
"""

import hashlib
import os
import re
from collections.abc import Iterator
from io import FileIO
from operator import attrgetter
from pathlib import Path

from snippets.snippet import METADATA, Source

FILE_LIMIT_BYTES = 1024 * 1024
PATH = re.compile(r"[\w.@+-]+(/[\w.@+-]+)*", re.ASCII)
PITFALLS = "pitfalls/"


def entries(folder: str, shown: str, faults: list[str]) -> list[os.DirEntry[str]]:
    """What lies in a directory, by name; an entry knows its kind without asking the disk again."""
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=attrgetter("name"))
    except OSError as error:
        faults.append(f"{shown}: {error.strerror}")
        return []


def read(path: str, shown: str, faults: list[str]) -> bytes | None:
    """All of a file, or None and a fault."""
    try:
        with FileIO(path) as file:
            return file.readall()
    except OSError as error:
        faults.append(f"{shown}: {error.strerror}")
        return None


def sha256(content: bytes) -> str:
    """As records and manifests have it."""
    return hashlib.sha256(content).hexdigest()


def read_sources(folder: str, name: str, faults: list[str], below: str = "") -> Iterator[tuple[str, Source]]:
    """Path and source of every published file of a snippet; `below` is how far down its directory we are."""
    found = entries(folder, f"{name}: {below}", faults)
    faults.extend(f"{name}: {below}{entry.name}: a symlink" for entry in found if entry.is_symlink())
    inner: list[os.DirEntry[str]] = []
    for entry in found:
        shown = f"{below}{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            inner.append(entry)
        elif not entry.is_symlink() and shown != METADATA and not shown.startswith(PITFALLS):
            source = _source(entry, shown, name, faults)
            if source is not None:
                yield shown, source
    for entry in inner:
        if entry.name != "__pycache__":
            yield from read_sources(entry.path, name, faults, f"{below}{entry.name}/")


def _source(entry: os.DirEntry[str], shown: str, name: str, faults: list[str]) -> Source | None:
    fault = _entry_fault(entry, shown)
    content = None if fault else read(entry.path, f"{name}: {shown}", faults)
    if content is not None:
        fault = _content_fault(content, shown)
    if fault:
        faults.append(f"{name}: {shown}: {fault}")
    if fault or content is None:
        return None
    # The owner's bit alone: it is what git keeps, so every checkout has the same digest.
    executable = bool(entry.stat().st_mode & 0o100)
    return Source(path=Path(entry.path), sha256=sha256(content), executable=executable, text=content.decode("utf-8"))


def _entry_fault(entry: os.DirEntry[str], shown: str) -> str | None:
    if not entry.is_file(follow_symlinks=False):
        return "not a file"
    if not PATH.fullmatch(shown):
        return "a name of more than letters, digits and . _ - + @"
    if entry.stat().st_size > FILE_LIMIT_BYTES:
        return f"{entry.stat().st_size} bytes, larger than {FILE_LIMIT_BYTES}"
    return None


def _content_fault(content: bytes, shown: str) -> str | None:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"not UTF-8 at byte {error.start}"
    if b"\0" in content:
        return f"a zero byte at byte {content.index(0)}, which no page can show"
    if b"\r\n" in content and (shown.endswith(".sh") or content.startswith(b"#!")):
        return "a shell script with CRLF line ends, which no shell runs"
    return None
