"""The handbook -> what the command line prints of it: typed rows whose keys scripts rely on, tables, a card."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from ..contract import KNOWN, Verdict
from ..evidence.records import Evidence
from ..evidence.standing import PitfallStanding, Standing, State
from ..handbook import Handbook
from ..project import FileStatus
from ..terminal import printable, write_table


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
    """A file that was copied: of which snippet, how it stands, and why where that is not in the state."""

    path: str
    snippet: str
    state: str
    why: str | None


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
        write_table(self.columns, self.cells, print)


def snippets(handbook: Handbook) -> Listing:
    """A row a snippet, by name."""
    rows = [_snippet(standing) for standing in handbook.snippets.values()]
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


def promises(handbook: Handbook) -> Listing:
    """A row a promise, those of containers first, in the order of their contract."""
    kills = handbook.kills
    rows = [
        PromiseRow(slug=p.slug, family=p.family, title=p.title, authority=p.authority, killed_by=kills.get(p.slug, ()))
        for p in KNOWN.values()
    ]
    return Listing(
        rows=rows,
        columns=("PROMISE", "FAMILY", "PITFALLS", "WHAT IS PROMISED"),
        cells=[(row.slug, row.family, str(len(row.killed_by)), row.title) for row in rows],
        unproven=False,
    )


def pitfalls(handbook: Handbook) -> Listing:
    """A row a pitfall, by name."""
    rows = [_pitfall(standing) for standing in handbook.pitfalls.values()]
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
    rows = [
        FileRow(path=each.path, snippet=each.snippet, state=each.state.value, why=each.why or None) for each in statuses
    ]
    return Listing(
        rows=rows,
        columns=("FILE", "SNIPPET", "STATE"),
        cells=[(row.path, row.snippet, row.state) for row in rows],
        unproven=False,
    )


def card(standing: Standing) -> str:
    """One snippet: what it is, how it stands and by which record, and its files."""
    snippet, evidence = standing.snippet, standing.evidence
    said = f"{standing.state}: {standing.objection}" if standing.objection else str(standing.state)
    lines = [f"{snippet.name}: {snippet.title}", snippet.table.summary, "", said]
    if evidence:
        kept, judged = evidence.count(Verdict.KEPT), len(evidence.findings)
        lines.append(f"{kept} of {judged} kept on {evidence.verified_at:%Y-%m-%d}, by {evidence.engine}")
        lines += [f"{base.ref} was stood in: {base.os}, {base.version}" for base in evidence.bases if base.stand_in]
    return printable("\n".join([*lines, "", *(f"  {path}" for path in sorted(snippet.sources))]))


def _line(text: str) -> str:
    return text.splitlines()[0] if text else ""
