"""`python -m bench [FIGURE...]`: take the figures, print them, write bench/results.json."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import click

from bench.command import copy, help_, list_
from bench.contract import contract
from bench.export import export
from bench.figure import COLUMNS, RESULTS, Figure, Machine, Results, workers
from bench.linear import linear
from bench.proof import Say, cold, edited
from bench.scan import scan, scan_memory
from bench.unchanged import unchanged
from snippets.errors import SnippetsError


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """How a figure is taken, and how often."""

    take: Callable[[int, Say], Figure]
    rounds: int


FIGURES: Mapping[str, Bench] = {
    "help": Bench(take=help_, rounds=15),
    "list": Bench(take=list_, rounds=15),
    "copy": Bench(take=copy, rounds=15),
    "unchanged": Bench(take=unchanged, rounds=5),
    "edited": Bench(take=edited, rounds=3),
    "cold": Bench(take=cold, rounds=3),
    "contract": Bench(take=contract, rounds=5),
    "linear": Bench(take=linear, rounds=5),
    "scan": Bench(take=scan, rounds=5),
    "scan-memory": Bench(take=scan_memory, rounds=5),
    "export": Bench(take=export, rounds=5),
}


@click.command()
@click.argument("names", metavar="[FIGURE]...", nargs=-1, type=click.Choice(list(FIGURES)))
@click.option("--rounds", type=click.IntRange(min=1), help="Measure so often; a trial, which writes no results.")
def main(names: tuple[str, ...], rounds: int | None) -> None:
    """Take all figures, or those named; only a run of all of them writes bench/results.json."""
    try:
        machine = Machine.here()
        click.echo(str(machine))
        chosen = names or tuple(FIGURES)
        figures = [FIGURES[name].take(rounds or FIGURES[name].rounds, click.echo) for name in chosen]
        results = Results.gathered(machine, workers(), figures)
    except SnippetsError as error:
        raise click.ClickException(str(error)) from None
    click.echo(table(results.figures))
    if results.ci:
        click.echo(f".ci/run: {results.ci.took_s / 60:.1f} minutes, {results.ci.peak_mib:.0f} MiB at its peak")
    if set(chosen) == set(FIGURES) and rounds is None:
        results.write()
        click.echo(f"written to {RESULTS.relative_to(RESULTS.parent.parent)}")


def table(figures: Sequence[Figure]) -> str:
    """Plain columns, the same on a terminal and in a log."""
    rows = [COLUMNS, *(row for figure in figures for row in figure.rows())]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


if __name__ == "__main__":
    main()
