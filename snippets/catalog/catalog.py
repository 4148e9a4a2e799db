"""Library directories -> `Snippet`s and `Pitfall`s, or one error that lists everything wrong with them."""

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from ..errors import CatalogError
from .addition import base_faults, whole
from .admission import pitfall_faults, reference_faults, snippet_faults
from .directory import EXHIBITS, PATH, PITFALLS, SLUG, entries, read_exhibits, read_pitfalls, read_sources
from .metadata import PitfallTable, SnippetTable, near, parse
from .pitfall import Pitfall
from .rehearsals import read_rehearsals
from .snippet import METADATA, REHEARSAL, Kind, Snippet, Source

LIBRARY = Path(__file__).parents[1] / "library"


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

    def carriers(self, snippet: Snippet) -> tuple[Snippet, ...]:
        """The images that hold all of a configuration's files; of any other snippet itself."""
        if snippet.kind is not Kind.CONFIG:
            return (snippet,)
        own = {source.path for source in snippet.sources.values()}
        images = (other for other in self.snippets.values() if other.kind is Kind.IMAGE)
        return tuple(image for image in images if own <= {source.path for source in image.sources.values()})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Room:
    """One directory as read, before what it shares is resolved."""

    root: Path
    table: SnippetTable
    sha256: str
    own: Mapping[str, Source]
    rehearsals: Mapping[str, str]


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
        pitfalls |= {pitfall.name: pitfall for pitfall in _pitfalls(snippet, snippets, faults)}
    # A pitfall that was refused is told of; that others name it as well is no fault of theirs.
    for pitfall in () if faults else pitfalls.values():
        shown = f"{pitfall.snippet}/{PITFALLS}{pitfall.slug}.toml"
        faults.extend(f"{shown}: {fault}" for fault in reference_faults(pitfall.table, pitfalls))
    if faults:
        raise CatalogError(faults)
    return Catalog(snippets=snippets, pitfalls=pitfalls)


def _entries(roots: Iterable[Path], faults: list[str]) -> Iterator[os.DirEntry[str]]:
    for root in roots:
        yield from entries(str(root), str(root), faults)


def _room(entry: os.DirEntry[str], faults: list[str]) -> _Room | None:
    before = len(faults)
    if entry.is_symlink() or not entry.is_dir() or not SLUG.fullmatch(entry.name):
        faults.append(f"{entry.name}: not a directory named in lower-case-with-hyphens")
        return None
    own = dict(read_sources(entry.path, entry.name, faults))
    metadata = own.pop(METADATA, None)
    if metadata is None:
        if len(faults) == before:
            faults.append(f"{entry.name}: missing file {METADATA}")
        return None
    judges = own.pop(REHEARSAL, None)
    rehearsals = read_rehearsals(judges.text, f"{entry.name}/{REHEARSAL}", faults) if judges else {}
    table = parse(metadata.text, f"{entry.name}/{METADATA}", SnippetTable, faults)
    if table is None:
        return None
    return _Room(root=Path(entry.path), table=table, sha256=metadata.sha256, own=own, rehearsals=rehearsals)


def _used(table: SnippetTable) -> tuple[str, ...]:
    """The snippets whose files it holds; first the one that it is added to."""
    added_to = (table.addition.to,) if table.addition else ()
    return tuple(dict.fromkeys((*added_to, *(reference.partition("/")[0] for reference in table.uses.values()))))


def _refuse_cycles(rooms: Mapping[str, _Room], faults: list[str]) -> None:
    for name, room in rooms.items():
        added_to = room.table.addition.to if room.table.addition else None
        for used in (used for used in _used(room.table) if used not in rooms):
            key = "addition.to" if used == added_to else "uses"
            faults.append(f"{name}/{METADATA}: {key}: no snippet {used!r}{near(used, rooms)}")
        if added_to is not None and added_to in rooms:
            found = base_faults(rooms[added_to].table, room.table)
            faults.extend(f"{name}/{METADATA}: {fault}" for fault in found)
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
    files = _sources(name, rooms, known, faults)
    table, sha256 = room.table, room.sha256
    if added := table.addition:
        base = rooms[added.to]
        table, sha256 = whole(base.table, table), hashlib.sha256(f"{base.sha256} {sha256}".encode()).hexdigest()
    return Snippet(
        name=name,
        kind=Kind(kind),
        root=room.root,
        sources=files,
        table=table,
        table_sha256=sha256,
        rehearsals=room.rehearsals,
    )


def _sources(
    name: str, rooms: Mapping[str, _Room], known: dict[str, Mapping[str, Source]], faults: list[str]
) -> Mapping[str, Source]:
    """A snippet's files, its own and those that it shares; `known` keeps what was found, faults and all."""
    if name in known:
        return known[name]
    sources = dict(rooms[name].own)
    if addition := rooms[name].table.addition:
        theirs = _sources(addition.to, rooms, known, faults)
        faults.extend(f"{name}: {clash}: {addition.to} has it already" for clash in sorted(theirs.keys() & sources))
        sources |= theirs
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
    if bare in {METADATA, REHEARSAL} or f"{bare}/".startswith((PITFALLS, EXHIBITS)):
        return "the handbook's own name"
    if target.endswith("/") != path.endswith("/"):
        return "a directory on one side and a file on the other"
    return None


def _pitfalls(snippet: Snippet, snippets: Mapping[str, Snippet], faults: list[str]) -> Iterator[Pitfall]:
    # Whoever has no exhibit has no directory to look into: most snippets.
    exhibits = dict(
        read_exhibits(f"{snippet.root}/{EXHIBITS}", snippet.name, faults) if _has(snippet, EXHIBITS) else {}
    )
    folder = f"{snippet.root}/{PITFALLS}"
    carrier = snippets.get(snippet.carrier, snippet)
    for slug, source in read_pitfalls(folder, snippet.name, faults) if _has(snippet, PITFALLS) else ():
        exhibit = exhibits.pop(slug, {})
        shown = f"{snippet.name}/{PITFALLS}{slug}.toml"
        table = parse(source.text, shown, PitfallTable, faults)
        if table is None:
            continue
        if found := list(pitfall_faults(table, snippet, carrier, exhibit)):
            faults.extend(f"{shown}: {fault}" for fault in found)
            continue
        # In the order of the metadata, which is that of its pages.
        shown_files = {path: exhibit[path] for path in table.exhibit}
        yield Pitfall(snippet=snippet.name, slug=slug, table=table, table_sha256=source.sha256, exhibit=shown_files)
    faults.extend(f"{snippet.name}: {EXHIBITS}{slug}: no pitfall of this name" for slug in exhibits)


def _has(snippet: Snippet, folder: str) -> bool:
    return os.path.isdir(f"{snippet.root}/{folder}")  # noqa: PTH112 - once a snippet
