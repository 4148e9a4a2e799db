"""Library directories -> `Snippet`s and `Pitfall`s, or one error that lists everything wrong with them."""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from io import FileIO
from operator import attrgetter
from pathlib import Path

from snippets.admission import pitfall_faults, snippet_faults
from snippets.errors import CatalogError
from snippets.metadata import PitfallTable, SnippetTable, near, parse
from snippets.snippet import METADATA, Kind, Pitfall, Snippet, Source

LIBRARY = Path(__file__).parent / "library"
FILE_LIMIT_BYTES = 1024 * 1024
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
PATH = re.compile(r"[\w.@+-]+(/[\w.@+-]+)*", re.ASCII)
PITFALLS = "pitfalls/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """All snippets and pitfalls, by name, in order."""

    snippets: Mapping[str, Snippet]
    pitfalls: Mapping[str, Pitfall]

    def effective(self, snippet: Snippet) -> Mapping[str, str]:
        """The server settings that pages state for a snippet: its own and those of what it uses."""
        stated: dict[str, str] = {}
        for name in self.made_of(snippet):
            stated |= self.snippets[name].table.effective
        return stated

    def made_of(self, snippet: Snippet) -> tuple[str, ...]:
        """Names of the snippets whose files it holds, however indirectly; its own comes last."""
        names = [name for used in _used(snippet.table) for name in self.made_of(self.snippets[used])]
        return tuple(dict.fromkeys((*names, snippet.name)))

    def dependants(self, names: set[str]) -> set[str]:
        """These snippets and all that hold a file of them, however indirectly."""
        return {snippet.name for snippet in self.snippets.values() if names & set(self.made_of(snippet))}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Room:
    """One directory as read, before what it shares is resolved."""

    root: Path
    table: SnippetTable
    sha256: str
    own: Mapping[str, Source]


def load(*roots: Path) -> Catalog:
    """Read all snippets below these directories (default: the library).

    Raises CatalogError, which lists every fault of the run: unknown and missing keys, files that
    are not there, too large, not UTF-8, symlinks or outside their directory, cycles, duplicates.
    """
    faults: list[str] = []
    rooms: dict[str, _Room] = {}
    for entry in _entries(roots or (LIBRARY,), faults):
        if entry.name.startswith((".", "__")):
            continue
        if entry.name in rooms:
            faults.append(f"{entry.name}: duplicate slug, also {rooms[entry.name].root}")
        elif (room := _room(entry, faults)) is not None:
            rooms[entry.name] = room
    if not rooms and not faults:
        faults.append(f"no snippet below {', '.join(map(str, roots or (LIBRARY,)))}")
    if faults:
        raise CatalogError(faults)
    _refuse_cycles(rooms, faults)
    known: dict[str, Mapping[str, Source]] = {}
    snippets = {} if faults else {name: _snippet(name, rooms, known, faults) for name in rooms}
    pitfalls: dict[str, Pitfall] = {}
    for snippet in snippets.values():
        faults.extend(snippet_faults(snippet, snippets))
        pitfalls |= {pitfall.name: pitfall for pitfall in _pitfalls(snippet, faults)}
    if faults:
        raise CatalogError(faults)
    return Catalog(snippets=snippets, pitfalls=pitfalls)


def _entries(roots: Iterable[Path], faults: list[str]) -> Iterator[os.DirEntry[str]]:
    for root in roots:
        yield from _sorted(str(root), str(root), faults)


def _sorted(folder: str, shown: str, faults: list[str]) -> list[os.DirEntry[str]]:
    """What lies in a directory, by name; an entry knows its kind without asking the disk again."""
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=attrgetter("name"))
    except OSError as error:
        faults.append(f"{shown}: {error.strerror}")
        return []


def _room(entry: os.DirEntry[str], faults: list[str]) -> _Room | None:
    before = len(faults)
    if entry.is_symlink() or not entry.is_dir() or not SLUG.fullmatch(entry.name):
        faults.append(f"{entry.name}: not a directory named in lower-case-with-hyphens")
        return None
    metadata = f"{entry.path}/{METADATA}"
    if os.path.islink(metadata) or not os.path.isfile(metadata):  # noqa: PTH113, PTH114 - for each snippet, a path of its own
        faults.append(f"{entry.name}: missing file {METADATA}")
        return None
    content = _read(metadata)
    table = parse(content, f"{entry.name}/{METADATA}", SnippetTable, faults)
    own = dict(_own(entry.path, "", entry.name, faults))
    if table is None or len(faults) > before:
        return None
    return _Room(root=Path(entry.path), table=table, sha256=hashlib.sha256(content).hexdigest(), own=own)


def _own(folder: str, below: str, name: str, faults: list[str]) -> Iterator[tuple[str, Source]]:
    """Every file of a snippet below a directory of it, which `below` names."""
    entries = _sorted(folder, f"{name}: {below}", faults)
    faults.extend(f"{name}: {below}{entry.name}: a symlink" for entry in entries if entry.is_symlink())
    inner: list[os.DirEntry[str]] = []
    for entry in entries:
        shown = f"{below}{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            inner.append(entry)
        elif not entry.is_symlink() and shown != METADATA and not shown.startswith(PITFALLS):
            content = b"" if (fault := _entry_fault(entry, shown)) else _read(entry.path)
            if fault := fault or _content_fault(content, shown):
                faults.append(f"{name}: {shown}: {fault}")
                continue
            # The owner's bit alone: it is what git keeps, so every checkout has the same digest.
            executable = bool(entry.stat().st_mode & 0o100)
            digest, text = hashlib.sha256(content).hexdigest(), content.decode("utf-8")
            yield shown, Source(path=Path(entry.path), sha256=digest, executable=executable, text=text)
    for entry in inner:
        if entry.name != "__pycache__":
            yield from _own(entry.path, f"{below}{entry.name}/", name, faults)


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


def _read(path: str) -> bytes:
    """All of a file; without the buffer and the `Path` that cost more than reading it."""
    with FileIO(path) as file:
        return file.readall()


def _used(table: SnippetTable) -> tuple[str, ...]:
    return tuple(dict.fromkeys(reference.partition("/")[0] for reference in table.uses.values()))


def _refuse_cycles(rooms: Mapping[str, _Room], faults: list[str]) -> None:
    for name, room in rooms.items():
        absent = [used for used in _used(room.table) if used not in rooms]
        faults.extend(f"{name}/{METADATA}: uses: no snippet {used!r}{near(used, rooms)}" for used in absent)
    try:
        TopologicalSorter({name: _used(room.table) for name, room in rooms.items()}).prepare()
    except CycleError as error:
        faults.append(f"{METADATA}: uses: a cycle: {' uses '.join(reversed(error.args[1]))}")


def _snippet(
    name: str, rooms: Mapping[str, _Room], known: dict[str, Mapping[str, Source]], faults: list[str]
) -> Snippet:
    room = rooms[name]
    kind = room.table.kind
    if kind not in list(Kind):
        faults.append(f"{name}/{METADATA}: kind: no kind {kind!r}{near(kind, [known.value for known in Kind])}")
        kind = Kind.WORKFLOW
    sources = _sources(name, rooms, known, faults)
    return Snippet(
        name=name, kind=Kind(kind), root=room.root, sources=sources, table=room.table, table_sha256=room.sha256
    )


def _sources(
    name: str, rooms: Mapping[str, _Room], known: dict[str, Mapping[str, Source]], faults: list[str]
) -> Mapping[str, Source]:
    """A snippet's files, its own and those that it shares; `known` keeps what was found, faults and all."""
    if name in known:
        return known[name]
    sources = dict(rooms[name].own)
    for target, reference in rooms[name].table.uses.items():
        used, _, path = reference.partition("/")
        where = f"{name}/{METADATA}: uses.{target!r}"
        if fault := _target_fault(target, path):
            faults.append(f"{where}: {fault}")
            continue
        theirs = _sources(used, rooms, known, faults)
        if target.endswith("/"):
            shared = {target + p.removeprefix(path): s for p, s in theirs.items() if p.startswith(path)}
        else:
            shared = {target: theirs[path]} if path in theirs else {}
        if not shared:
            faults.append(f"{where}: missing file {reference}{near(path, theirs)}")
        clashes = sorted(shared.keys() & sources.keys())
        faults.extend(f"{where}: {clash} is there already" for clash in clashes)
        sources |= shared
    folders = {path[:end] for path in sources for end, letter in enumerate(path) if letter == "/"}
    faults.extend(f"{name}: {path}: a file and a directory" for path in sorted(folders & sources.keys()))
    known[name] = sources
    return sources


def _target_fault(target: str, path: str) -> str | None:
    """Refuse what would be written elsewhere than under its name: `./Dockerfile` would replace `Dockerfile`."""
    bare = target.removesuffix("/")
    parts = bare.split("/")
    if target.startswith("/") or "\\" in target or ".." in parts:
        return "leaves the directory"
    if not PATH.fullmatch(bare) or "." in parts:
        return "not a plain path"
    if bare == METADATA or f"{bare}/".startswith(PITFALLS):
        return "the handbook's own name"
    if target.endswith("/") != path.endswith("/"):
        return "a directory on one side and a file on the other"
    return None


def _pitfalls(snippet: Snippet, faults: list[str]) -> Iterator[Pitfall]:
    folder = f"{snippet.root}/{PITFALLS}"
    # Most of what could be wrong with it was said when the snippet's files were looked for.
    entries = _sorted(folder, f"{snippet.name}/{PITFALLS}", faults) if os.path.isdir(folder) else []  # noqa: PTH112 - as above
    for entry in entries:
        slug, _, ending = entry.name.rpartition(".")
        shown = f"{snippet.name}/{PITFALLS}{entry.name}"
        if ending != "toml" or not SLUG.fullmatch(slug) or not entry.is_file():
            faults.append(f"{shown}: not a <fault>.toml named in lower-case-with-hyphens")
            continue
        content = _read(entry.path)
        table = parse(content, shown, PitfallTable, faults)
        if table is None:
            continue
        if found := list(pitfall_faults(table, snippet)):
            faults.extend(f"{shown}: {fault}" for fault in found)
            continue
        yield Pitfall(
            snippet=snippet.name, slug=slug, table=table, table_sha256=hashlib.sha256(content).hexdigest()
        )
