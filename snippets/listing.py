"""Standings -> what the command line prints of them: typed rows whose keys scripts rely on, tables, a card."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from snippets.contract import CONTRACT, Verdict
from snippets.evidence import Evidence
from snippets.project import FileStatus
from snippets.standing import PitfallStanding, Standing, Standings, State


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One object of a `--json` array; its fields are a stable interface."""


class SnippetRow(Row, frozen=True, kw_only=True):
    """A snippet: how it stands, and how many promises its record calls kept, broken, not applicable."""

    name: str
    kind: str
    title: str
    standing: str
    objection: str | None
    stand_in: bool | None
    verified_at: datetime | None
    kept: int
    broken: int
    not_applicable: int


class PromiseRow(Row, frozen=True, kw_only=True):
    """A promise of the contract, and the names of the proven pitfalls that it was seen to catch."""

    slug: str
    family: str
    title: str
    authority: str
    killed_by: Sequence[str]


class PitfallRow(Row, frozen=True, kw_only=True):
    """A pitfall: which snippet it is a mutant of, which promise or rehearsal has to notice, and which was seen to."""

    name: str
    snippet: str
    slug: str
    title: str
    stage: str
    promise: str
    killed_by: str | None
    standing: str
    objection: str | None


class FindingRow(Row, frozen=True, kw_only=True):
    """A promise as it was judged: `seen` is what was seen, `took_s` seconds."""

    promise: str
    verdict: str
    seen: str
    took_s: float


class FileRow(Row, frozen=True, kw_only=True):
    """A file that was copied: of which snippet, and how it stands."""

    path: str
    snippet: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Rows for scripts, the cells of them that people read, and whether any of them is unproven."""

    rows: Sequence[Row]
    columns: Sequence[str]
    cells: Sequence[Sequence[str]]
    unproven: bool

    def as_json(self) -> str:
        """Render a JSON array, one object a row, indented."""
        return msgspec.json.format(msgspec.json.encode(self.rows), indent=2).decode()

    def show(self) -> None:
        """Print a table: drawn on a terminal, plain columns on a pipe."""
        if not sys.stdout.isatty():
            print("\n".join(_plain([self.columns, *self.cells])))  # noqa: T201 - this is what it is for
            return
        from rich import box  # noqa: PLC0415 - a pipe need not wait for it
        from rich.console import Console  # noqa: PLC0415 - likewise
        from rich.table import Table  # noqa: PLC0415 - likewise
        from rich.text import Text  # noqa: PLC0415 - likewise

        table = Table(box=box.SIMPLE_HEAD)
        for index, column in enumerate(self.columns):
            # The first one holds names, which are of no use when cut.
            table.add_column(column, no_wrap=index == 0)
        for cells in self.cells:
            # Text, so that brackets in a title are not taken for markup.
            table.add_row(*map(Text, cells))
        Console().print(table)


def snippets(standings: Standings) -> Listing:
    """A row a snippet, by name."""
    rows = [_snippet(standing) for standing in standings.snippets.values()]
    return Listing(
        rows=rows,
        columns=("SNIPPET", "KIND", "STANDING", "WHAT"),
        cells=[(row.name, row.kind, row.standing, _line(row.objection or row.title)) for row in rows],
        unproven=any(row.standing == State.UNPROVEN for row in rows),
    )


def _snippet(standing: Standing) -> SnippetRow:
    snippet, evidence = standing.snippet, standing.evidence
    return SnippetRow(
        name=snippet.name,
        kind=snippet.kind.value,
        title=snippet.title,
        standing=standing.state.value,
        objection=standing.objection,
        stand_in=evidence.stand_in if evidence else None,
        verified_at=evidence.verified_at if evidence else None,
        kept=evidence.count(Verdict.KEPT) if evidence else 0,
        broken=evidence.count(Verdict.BROKEN) if evidence else 0,
        not_applicable=evidence.count(Verdict.NOT_APPLICABLE) if evidence else 0,
    )


def promises(standings: Standings) -> Listing:
    """A row a promise, in the contract's order."""
    kills = standings.kills
    rows = [
        PromiseRow(slug=p.slug, family=p.family, title=p.title, authority=p.authority, killed_by=kills.get(p.slug, ()))
        for p in CONTRACT
    ]
    return Listing(
        rows=rows,
        columns=("PROMISE", "FAMILY", "PITFALLS", "WHAT IS PROMISED"),
        cells=[(row.slug, row.family, str(len(row.killed_by)), row.title) for row in rows],
        unproven=False,
    )


def pitfalls(standings: Standings) -> Listing:
    """A row a pitfall, by name."""
    rows = [_pitfall(standing) for standing in standings.pitfalls.values()]
    return Listing(
        rows=rows,
        columns=("PITFALL", "NOTICED BY", "STANDING", "WHAT"),
        cells=[(row.name, row.promise, row.standing, _line(row.objection or row.title)) for row in rows],
        unproven=any(row.standing == State.UNPROVEN for row in rows),
    )


def _pitfall(standing: PitfallStanding) -> PitfallRow:
    pitfall = standing.pitfall
    return PitfallRow(
        name=pitfall.name,
        snippet=pitfall.snippet,
        slug=pitfall.slug,
        title=pitfall.table.title,
        stage=pitfall.table.stage,
        promise=pitfall.table.promise,
        killed_by=pitfall.table.promise if standing.state is State.PROVEN else None,
        standing=standing.state.value,
        objection=standing.objection,
    )


def findings(evidence: Evidence) -> Listing:
    """A row a finding, in the order in which the record has them."""
    rows = [
        FindingRow(promise=f.promise, verdict=f.verdict.value, seen=f.seen, took_s=f.took_s) for f in evidence.findings
    ]
    return Listing(
        rows=rows,
        columns=("PROMISE", "VERDICT", "WHAT WAS SEEN"),
        cells=[(row.promise, row.verdict, _line(row.seen)) for row in rows],
        unproven=False,
    )


def files(statuses: Sequence[FileStatus]) -> Listing:
    """A row a copied file, by path."""
    rows = [FileRow(path=each.path, snippet=each.snippet, state=each.state.value) for each in statuses]
    return Listing(
        rows=rows,
        columns=("FILE", "SNIPPET", "STATE"),
        cells=[(row.path, row.snippet, row.state) for row in rows],
        unproven=False,
    )


def stale(standings: Standings, docs: Path) -> tuple[str, ...]:
    """Names of all that has to be proven: its record is missing or not current, and it is not withheld.

    Pitfalls as snippet/slug, the tutorials below `docs` as tutorials/name.
    """
    states = {name: standing.state for name, standing in standings.snippets.items()}
    states |= {name: standing.state for name, standing in standings.pitfalls.items()}
    states |= _tutorials(standings, docs)
    return tuple(name for name, state in states.items() if state is State.UNPROVEN)


def _tutorials(standings: Standings, docs: Path) -> dict[str, State]:
    from snippets.tutorials import FOLDER, load_tutorials, tutorial_standings  # noqa: PLC0415 - no other list waits

    # Only a checkout has pages; where it has some, that none of them is a tutorial is a fault.
    if not docs.is_dir():
        return {}
    tutorials = load_tutorials(docs, standings.catalog)
    found = tutorial_standings(tutorials, standings.catalog, standings.store, now=standings.now)
    return {f"{FOLDER}/{name}": standing.state for name, standing in found.items()}


def card(standing: Standing) -> str:
    """One snippet: what it is, how it stands and by which record, and its files."""
    snippet, evidence = standing.snippet, standing.evidence
    said = f"{standing.state}: {standing.objection}" if standing.objection else str(standing.state)
    lines = [f"{snippet.name}: {snippet.title}", snippet.table.summary, "", said]
    if evidence:
        kept, judged = evidence.count(Verdict.KEPT), len(evidence.findings)
        lines.append(f"{kept} of {judged} kept on {evidence.verified_at:%Y-%m-%d}, by {evidence.engine}")
        lines += [f"{base.ref} was stood in: {base.os}, {base.version}" for base in evidence.bases if base.stand_in]
    return "\n".join([*lines, "", *(f"  {path}" for path in sorted(snippet.sources))])


def _line(text: str) -> str:
    return text.splitlines()[0] if text else ""


def _plain(lines: Iterable[Sequence[str]]) -> Iterator[str]:
    lines = list(lines)
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    for line in lines:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
