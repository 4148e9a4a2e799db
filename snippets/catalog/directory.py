"""A snippet's directory -> its files as `Source`s, each read once, and every fault of them.

Strings and directory entries in the place of `Path`s: for small files those cost more than reading.
"""

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from io import FileIO
from operator import attrgetter
from pathlib import Path

from .snippet import METADATA, Source

FILE_LIMIT_BYTES = 1024 * 1024
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
PATH = re.compile(r"[\w.@+-]+(/[\w.@+-]+)*", re.ASCII)
PITFALLS = "pitfalls/"
EXHIBITS = "exhibits/"


def entries(folder: str, shown: str, faults: list[str]) -> list[os.DirEntry[str]]:
    """What lies in a directory, by name; an entry knows its kind without asking the disk again."""
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=attrgetter("name"))
    except OSError as error:
        faults.append(f"{shown}: {error.strerror}")
        return []


def read_sources(folder: str, name: str, faults: list[str], below: str = "") -> Iterator[tuple[str, Source]]:
    """Path and source of every file of a snippet, metadata and rehearsal among them; `below` is how far down we are.

    Pitfalls and their exhibits are left out: see `read_pitfalls` and `read_exhibits`.
    """
    inner: list[os.DirEntry[str]] = []
    for entry in entries(folder, f"{name}: {below}", faults):
        shown = f"{below}{entry.name}"
        if entry.is_symlink():
            # Metadata that is a link is none.
            if shown != METADATA:
                faults.append(f"{name}: {shown}: a symlink")
        elif entry.is_dir():
            inner.append(entry)
        else:
            where = f"{name}/{shown}" if shown == METADATA else f"{name}: {shown}"
            source = _source(entry, shown, where, faults)
            if source is not None:
                yield shown, source
    for entry in inner:
        shown = f"{below}{entry.name}/"
        if shown not in {PITFALLS, EXHIBITS} and entry.name != "__pycache__":
            yield from read_sources(entry.path, name, faults, shown)


def read_pitfalls(folder: str, name: str, faults: list[str]) -> Iterator[tuple[str, Source]]:
    """Slug and source of every pitfall of a snippet."""
    for entry in entries(folder, f"{name}/{PITFALLS}", faults):
        slug, _, ending = entry.name.rpartition(".")
        where = f"{name}/{PITFALLS}{entry.name}"
        if entry.is_symlink():
            faults.append(f"{name}: {PITFALLS}{entry.name}: a symlink")
        elif ending != "toml" or not SLUG.fullmatch(slug) or not entry.is_file():
            faults.append(f"{where}: not a <fault>.toml named in lower-case-with-hyphens")
        elif (source := _source(entry, f"{PITFALLS}{entry.name}", where, faults)) is not None:
            yield slug, source


def read_exhibits(folder: str, name: str, faults: list[str]) -> Mapping[str, Mapping[str, Source]]:
    """Slug -> path -> source of every file below a snippet's `exhibits/`."""
    found: dict[str, dict[str, Source]] = {}
    for shown, source in read_sources(folder, name, faults, EXHIBITS):
        slug, _, path = shown.removeprefix(EXHIBITS).partition("/")
        found.setdefault(slug, {})[path] = source
    return found


def _source(entry: os.DirEntry[str], shown: str, where: str, faults: list[str]) -> Source | None:
    """One file, or None and a fault: `where` is how messages name it."""
    fault, content = _entry_fault(entry, shown), b""
    try:
        if fault is None:
            with FileIO(entry.path) as file:
                content = file.readall()
            fault = _content_fault(content, shown)
        # The owner's bit alone: it is what git keeps, so every checkout has the same digest.
        executable = bool(entry.stat().st_mode & 0o100)
    except OSError as error:
        fault = error.strerror
    if fault:
        faults.append(f"{where}: {fault}")
        return None
    digest, text = hashlib.sha256(content).hexdigest(), content.decode("utf-8")
    return Source(path=Path(entry.path), sha256=digest, executable=executable, text=text)


def _entry_fault(entry: os.DirEntry[str], shown: str) -> str | None:
    if not entry.is_file():
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
