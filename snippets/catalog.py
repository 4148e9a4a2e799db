"""Library directories -> `Snippet`s and `Pitfall`s, or one error that lists everything wrong with them."""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path, PurePosixPath

from snippets.admission import pitfall_faults, snippet_faults
from snippets.errors import CatalogError
from snippets.metadata import PitfallTable, SnippetTable, near, read
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
    for folder in _folders(roots or (LIBRARY,), faults):
        if folder.name.startswith((".", "__")):
            continue
        if folder.name in rooms:
            faults.append(f"{folder.name}: duplicate slug, also {rooms[folder.name].root}")
        elif (room := _room(folder, faults)) is not None:
            rooms[folder.name] = room
    if not rooms and not faults:
        faults.append(f"no snippet below {', '.join(map(str, roots or (LIBRARY,)))}")
    if faults:
        raise CatalogError(faults)
    _refuse_cycles(rooms, faults)
    snippets = {} if faults else {name: _snippet(name, rooms, faults) for name in rooms}
    pitfalls: dict[str, Pitfall] = {}
    for snippet in snippets.values():
        faults.extend(snippet_faults(snippet, snippets))
        pitfalls |= {pitfall.name: pitfall for pitfall in _pitfalls(snippet, faults)}
    if faults:
        raise CatalogError(faults)
    return Catalog(snippets=snippets, pitfalls=pitfalls)


def _folders(roots: Iterable[Path], faults: list[str]) -> Iterator[Path]:
    for root in roots:
        try:
            yield from sorted(root.iterdir())
        except OSError as error:
            faults.append(f"{root}: {error.strerror}")


def _room(folder: Path, faults: list[str]) -> _Room | None:
    before = len(faults)
    if folder.is_symlink() or not folder.is_dir() or not SLUG.fullmatch(folder.name):
        faults.append(f"{folder.name}: not a directory named in lower-case-with-hyphens")
        return None
    metadata = folder / METADATA
    if metadata.is_symlink() or not metadata.is_file():
        faults.append(f"{folder.name}: missing file {METADATA}")
        return None
    table = read(metadata, f"{folder.name}/{METADATA}", SnippetTable, faults)
    own = dict(_own(folder, faults))
    if table is None or len(faults) > before:
        return None
    return _Room(root=folder, table=table, sha256=_sha256(metadata), own=own)


def _own(folder: Path, faults: list[str]) -> Iterator[tuple[str, Source]]:
    for directory, folders, names in os.walk(folder):
        links = [name for name in (*folders, *names) if (Path(directory) / name).is_symlink()]
        faults.extend(f"{folder.name}: {(Path(directory) / link).relative_to(folder)}: a symlink" for link in links)
        folders[:] = sorted(set(folders) - set(links) - {"__pycache__"})
        for name in sorted(set(names) - set(links)):
            path = Path(directory) / name
            shown = path.relative_to(folder).as_posix()
            if shown == METADATA or shown.startswith(PITFALLS):
                continue
            if fault := _file_fault(path, shown):
                faults.append(f"{folder.name}: {shown}: {fault}")
            else:
                # The owner's bit alone: it is what git keeps, so every checkout has the same digest.
                executable = bool(path.stat().st_mode & 0o100)
                yield shown, Source(path=path, sha256=_sha256(path), executable=executable)


def _file_fault(path: Path, shown: str) -> str | None:
    if not path.is_file():
        return "not a file"
    if not PATH.fullmatch(shown):
        return "a name of more than letters, digits and . _ - + @"
    if path.stat().st_size > FILE_LIMIT_BYTES:
        return f"{path.stat().st_size} bytes, larger than {FILE_LIMIT_BYTES}"
    content = path.read_bytes()
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"not UTF-8 at byte {error.start}"
    if b"\0" in content:
        return f"a zero byte at byte {content.index(0)}, which no page can show"
    if b"\r\n" in content and (path.suffix == ".sh" or content.startswith(b"#!")):
        return "a shell script with CRLF line ends, which no shell runs"
    return None


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


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


def _snippet(name: str, rooms: Mapping[str, _Room], faults: list[str]) -> Snippet:
    room = rooms[name]
    kind = room.table.kind
    if kind not in list(Kind):
        faults.append(f"{name}/{METADATA}: kind: no kind {kind!r}{near(kind, [known.value for known in Kind])}")
        kind = Kind.WORKFLOW
    sources = _sources(name, rooms, faults)
    return Snippet(
        name=name, kind=Kind(kind), root=room.root, sources=sources, table=room.table, table_sha256=room.sha256
    )


def _sources(name: str, rooms: Mapping[str, _Room], faults: list[str]) -> dict[str, Source]:
    sources = dict(rooms[name].own)
    for target, reference in rooms[name].table.uses.items():
        used, _, path = reference.partition("/")
        where = f"{name}/{METADATA}: uses.{target!r}"
        if fault := _target_fault(target, path):
            faults.append(f"{where}: {fault}")
            continue
        theirs = _sources(used, rooms, [])
        if target.endswith("/"):
            shared = {target + p.removeprefix(path): s for p, s in theirs.items() if p.startswith(path)}
        else:
            shared = {target: theirs[path]} if path in theirs else {}
        if not shared:
            faults.append(f"{where}: missing file {reference}{near(path, theirs)}")
        clashes = sorted(shared.keys() & sources.keys())
        faults.extend(f"{where}: {clash} is there already" for clash in clashes)
        sources |= shared
    folders = {str(folder) for path in sources for folder in PurePosixPath(path).parents}
    faults.extend(f"{name}: {path}: a file and a directory" for path in sorted(folders & sources.keys()))
    return sources


def _target_fault(target: str, path: str) -> str | None:
    """Refuse what would be written elsewhere than under its name: `./Dockerfile` would replace `Dockerfile`."""
    bare = target.removesuffix("/")
    if target.startswith("/") or "\\" in target or ".." in PurePosixPath(target).parts:
        return "leaves the directory"
    if not PATH.fullmatch(bare) or bare != str(PurePosixPath(bare)):
        return "not a plain path"
    if bare == METADATA or f"{bare}/".startswith(PITFALLS):
        return "the handbook's own name"
    if target.endswith("/") != path.endswith("/"):
        return "a directory on one side and a file on the other"
    return None


def _pitfalls(snippet: Snippet, faults: list[str]) -> Iterator[Pitfall]:
    for path in sorted((snippet.root / PITFALLS).glob("*")):
        shown = f"{snippet.name}/{PITFALLS}{path.name}"
        if path.suffix != ".toml" or not SLUG.fullmatch(path.stem) or not path.is_file():
            faults.append(f"{shown}: not a <fault>.toml named in lower-case-with-hyphens")
            continue
        table = read(path, shown, PitfallTable, faults)
        if table is None:
            continue
        if found := list(pitfall_faults(table, snippet)):
            faults.extend(f"{shown}: {fault}" for fault in found)
            continue
        yield Pitfall(snippet=snippet.name, slug=path.stem, table=table, table_sha256=_sha256(path))
