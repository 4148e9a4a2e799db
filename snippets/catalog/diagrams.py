"""docs/diagrams/<name>.toml -> a diagram: its nodes in their order, what leads from one to another, and who saw it."""

import re
from collections.abc import Collection, Iterator, Mapping
from itertools import groupby, pairwise
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from ..contract.project import Table
from ..errors import CatalogError
from ..reading import regular
from .fences import scan
from .metadata import near, read
from .sections import LARGEST_BYTES
from .snippet import Snippet

FOLDER, LANGUAGE = "diagrams", "diagram"
PATH, REACH, COURSE, BARS = "path", "reach", "course", "bars"
KINDS = (PATH, REACH, COURSE, BARS)
# Those of rows and columns.
TABLES = (REACH, COURSE)
# What a part of the whole is doing.
STATES = ("before", "leaves", "away", "after")
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
# Rows, and columns.
_SIDES = 2


class Arrow(Table, frozen=True, kw_only=True):
    """What leads from a node to another one, by the name of that."""

    says: Annotated[str, Meta(description="how it gets there, or why it does not")]
    seen: Annotated[str, Meta(description="who saw it: `flask-pip/drains`, a snippet and what it is judged by")] = ""
    closed: Annotated[bool, Meta(description="`reach`: whether it was tried, and nothing answered")] = False
    state: Annotated[
        str, Meta(description="`course`: from this moment on it is as `before`, `leaves`, is `away`, or is as `after`")
    ] = ""


class Node(Table, frozen=True, kw_only=True):
    """A box of a path; of a table, a row or a column; of what was measured, a bar."""

    group: Annotated[str, Meta(description="the frame in which it stands; of a table the first are rows")]
    title: Annotated[str, Meta(description="what it is called")]
    says: Annotated[str, Meta(description="what it does, in a few words")] = ""
    keeps: Annotated[list[str], Meta(description="`path`: what it keeps when its container is gone")] = []
    after: Annotated[
        str, Meta(description="`bars`: words that the tutorial printed on one line, before its number")
    ] = ""
    to: Annotated[dict[str, Arrow], Meta(description="where it leads, by the names of nodes")] = {}


class DiagramTable(Table, frozen=True, kw_only=True):
    """What a diagram shows, whichever way it is drawn."""

    kind: Annotated[
        str,
        Meta(
            description="`path`, a chain of boxes; `reach`, who reaches what; `course`, what becomes of each in time; "
            "`bars`, what a tutorial measured"
        ),
    ]
    title: Annotated[str, Meta(description="what stands below it, and what it is called where it is not seen")]
    tutorial: Annotated[str, Meta(description="`bars`: the tutorial that measured it")] = ""
    unit: Annotated[str, Meta(description="`bars`: in what, as it stands behind each number")] = ""
    nodes: Annotated[dict[str, Node], Meta(description="what it is made of, by name, in their order")]

    @property
    def groups(self) -> Mapping[str, list[str]]:
        """The names of nodes by the frame that they stand in, both in their order."""
        found = groupby(self.nodes, key=lambda name: self.nodes[name].group)
        return {group: list(names) for group, names in found}

    @property
    def arrows(self) -> Iterator[tuple[str, str, Arrow]]:
        """From which node, to which, and what."""
        return ((name, to, arrow) for name, node in self.nodes.items() for to, arrow in node.to.items())

    def between(self, one: str, other: str) -> Iterator[tuple[str, str, Arrow]]:
        """Those that lead from either of two to the other."""
        return (found for found in self.arrows if {one, other} == {*found[:2]})


def diagrams(docs: Path, snippets: Mapping[str, Snippet]) -> dict[str, DiagramTable]:
    """Every diagram below `docs`, by name; raises CatalogError, which lists all faults by file and key."""
    found, faults = dict[str, DiagramTable](), list[str]()
    files = sorted((docs / FOLDER).iterdir()) if (docs / FOLDER).is_dir() else []
    shown = _shown(docs, faults) if files else frozenset()
    for file in files:
        place = f"{FOLDER}/{file.name}"
        if file.suffix != ".toml" or not _NAME.fullmatch(file.stem):
            faults.append(f"{place}: not a diagram: its name is words of small letters, and .toml")
            continue
        if file.stem not in shown:
            faults.append(f"{place}: no page shows it")
        if table := read(file, place, DiagramTable, faults):
            faults += [f"{place}: {why}" for why in _faults(table, snippets)]
            found[file.stem] = table
    if faults:
        raise CatalogError(faults)
    return found


def _shown(docs: Path, faults: list[str]) -> frozenset[str]:
    """The diagrams to which pages refer."""
    shown: set[str] = set()
    for page in docs.rglob("*.md"):
        try:
            text = regular(str(page), LARGEST_BYTES).decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            faults.append(f"{page.relative_to(docs).as_posix()}: {error}")
            continue
        if LANGUAGE in text:
            fences = (fence for fence in scan(text).fences if fence.language == LANGUAGE)
            shown |= {line.strip() for fence in fences for line in fence.body}
    return frozenset(shown)


def _faults(table: DiagramTable, snippets: Mapping[str, Snippet]) -> Iterator[str]:
    """What speaks against a diagram whose keys are all known, by key."""
    if table.kind not in KINDS:
        yield f"kind: there is no kind {table.kind!r}{near(table.kind, KINDS)}"
        return
    yield from _mismeasured(table)
    groups = [group for group, _ in groupby(node.group for node in table.nodes.values())]
    yield from (f"group: what stands in {group!r} does not stand together" for group in _twice(groups))
    if table.kind in TABLES and len(groups) != _SIDES:
        yield f"group: {len(groups)} of them, where one holds the rows and another the columns"
        return
    if table.kind == COURSE:
        yield from _unbegun(table)
    for name, node in table.nodes.items():
        # A moment may be one at which nothing of them changes.
        if table.kind not in (COURSE, BARS) and not any(name in found[:2] for found in table.arrows):
            yield f"nodes.{name}: nothing leads to it or from it"
        if table.kind in TABLES and node.keeps:
            yield f"nodes.{name}.keeps: only a path shows it"
    for name, to, arrow in table.arrows:
        key = f"nodes.{name}.to.{to}"
        yield from (f"{key}{why}" for why in _misled(table, name, to))
        yield from (f"{key}.{why}" for why in _mistold(table.kind, arrow))
        if arrow.seen or table.kind in TABLES:
            yield from (f"{key}.seen: {why}" for why in _unseen(arrow.seen, snippets))


def _mismeasured(table: DiagramTable) -> Iterator[str]:
    """What is said of numbers where there are none, or not said of them that has to be."""
    keys = {"tutorial": table.tutorial, "unit": table.unit}
    keys |= {f"nodes.{name}.after": node.after for name, node in table.nodes.items()}
    if table.kind != BARS:
        yield from (f"{key}: only bars have it" for key, said in keys.items() if said)
        return
    yield from (f"{key}: missing, a number has it" for key, said in keys.items() if not said)
    # What the record says of it is put there.
    yield from (f"nodes.{name}.says: its number stands there" for name, node in table.nodes.items() if node.says)
    yield from (f"nodes.{name}.to: a bar leads nowhere" for name, node in table.nodes.items() if node.to)
    if len(table.groups) != 1:
        yield f"group: {len(table.groups)} of them, where all bars stand in one"


def _misled(table: DiagramTable, name: str, to: str) -> Iterator[str]:
    """Why nothing can lead from one node to the other."""
    groups, neighbours = [*table.groups], [{*pair} for pair in pairwise(table.nodes)]
    if to not in table.nodes:
        yield f": there is no node {to!r}{near(to, table.nodes)}"
    elif table.kind in TABLES and [table.nodes[each].group for each in (name, to)] != groups[:_SIDES]:
        yield ": leads from no row to a column"
    elif table.kind == PATH and ({name, to} not in neighbours or name in table.nodes[to].to):
        yield ": between two that do not follow on each other, or the second one between them"


def _mistold(kind: str, arrow: Arrow) -> Iterator[str]:
    """What is said of an arrow that this kind of diagram does not show, or not said that it has to."""
    if kind != REACH and arrow.closed:
        yield "closed: only a table of who reaches what shows it"
    if kind != COURSE and arrow.state:
        yield "state: only what takes its course has one"
    if kind == COURSE and arrow.state not in STATES:
        yield f"state: there is no state {arrow.state!r}{near(arrow.state, STATES)}"


def _unbegun(table: DiagramTable) -> Iterator[str]:
    """What is drawn as nothing at the first moment, for it is not said what it is."""
    moments, who = table.groups.values()
    begun = table.nodes[moments[0]].to
    yield from (
        f"nodes.{moments[0]}.to.{name}: missing, the first moment says it of each" for name in who if name not in begun
    )


def _unseen(seen: str, snippets: Mapping[str, Snippet]) -> Iterator[str]:
    """Why nobody can have seen it."""
    name, _, judge = seen.partition("/")
    if name not in snippets:
        yield f"there is no snippet {name!r}{near(name, snippets)}"
        return
    known = {*(promise.slug for promise in snippets[name].promises), *snippets[name].rehearsals}
    if judge not in known:
        yield f"{name} is not judged by {judge!r}{near(judge, known)}"


def _twice(words: Collection[str]) -> list[str]:
    return sorted({word for word in words if [*words].count(word) > 1})
