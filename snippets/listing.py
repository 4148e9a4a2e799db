"""Standings -> the rows of `handbook list`: typed, in the order and with the keys that scripts rely on."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import msgspec

from snippets.contract import CONTRACT, Verdict
from snippets.standing import Standing, Standings, State


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
    """A promise of the contract."""

    slug: str
    family: str
    title: str
    authority: str


class PitfallRow(Row, frozen=True, kw_only=True):
    """A pitfall: which snippet it is a mutant of, and which promise notices at which stage."""

    name: str
    snippet: str
    slug: str
    title: str
    stage: str
    promise: str
    standing: str
    objection: str | None


def snippets(standings: Standings) -> tuple[SnippetRow, ...]:
    """A row a snippet, by name."""
    return tuple(_snippet(standing) for standing in standings.snippets.values())


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


def promises() -> tuple[PromiseRow, ...]:
    """A row a promise, in the contract's order."""
    return tuple(PromiseRow(slug=p.slug, family=p.family, title=p.title, authority=p.authority) for p in CONTRACT)


def pitfalls(standings: Standings) -> tuple[PitfallRow, ...]:
    """A row a pitfall, by name."""
    return tuple(
        PitfallRow(
            name=standing.pitfall.name,
            snippet=standing.pitfall.snippet,
            slug=standing.pitfall.slug,
            title=standing.pitfall.table.title,
            stage=standing.pitfall.table.stage,
            promise=standing.pitfall.table.promise,
            standing=standing.state.value,
            objection=standing.objection,
        )
        for standing in standings.pitfalls.values()
    )


def stale(standings: Standings) -> tuple[str, ...]:
    """Names of all that has to be proven: its record is missing or not current, and it is not withheld."""
    states = {name: standing.state for name, standing in standings.snippets.items()}
    states |= {name: standing.state for name, standing in standings.pitfalls.items()}
    return tuple(name for name, state in states.items() if state is State.UNPROVEN)


def as_json(rows: Sequence[Row]) -> str:
    """Render a JSON array, one object a row, indented."""
    return msgspec.json.format(msgspec.json.encode(rows), indent=2).decode()


def show(rows: Sequence[Sequence[str]], columns: Sequence[str]) -> None:
    """Print a table: drawn on a terminal, plain columns on a pipe."""
    if not sys.stdout.isatty():
        print("\n".join(_plain([columns, *rows])))  # noqa: T201 - this is what it is for
        return
    from rich import box  # noqa: PLC0415 - a pipe need not wait for it
    from rich.console import Console  # noqa: PLC0415 - likewise
    from rich.table import Table  # noqa: PLC0415 - likewise
    from rich.text import Text  # noqa: PLC0415 - likewise

    table = Table(*columns, box=box.SIMPLE_HEAD)
    for row in rows:
        # Text, so that a title with brackets is not taken for markup.
        table.add_row(*map(Text, row))
    Console().print(table)


def _plain(lines: Iterable[Sequence[str]]) -> Iterator[str]:
    lines = list(lines)
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    for line in lines:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
