"""What is being done, each finding as it comes, and the whole -> what a person or a CI reads."""

import sys
from typing import TYPE_CHECKING, Self

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from ..contract import Finding, Verdict
from ..handbook import Handbook
from .formats import as_github, as_json, as_junit
from .judging import Report
from .pitfalls import alike
from .sarif import as_sarif

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

WORDS = {Verdict.KEPT: "kept", Verdict.BROKEN: "broken", Verdict.ERROR: "unjudged", Verdict.NOT_APPLICABLE: "n/a"}
COLOURS = {Verdict.KEPT: "green", Verdict.BROKEN: "red", Verdict.ERROR: "yellow", Verdict.NOT_APPLICABLE: "cyan"}
INDENT = " " * 10
SLUG_WIDTH = 20
PITFALLS = 3


class Telling:
    """Lines as they come, where `lines` are asked for; a line that moves on the terminal that reads the errors."""

    def __init__(self, *, lines: bool, moving: bool, promises: int) -> None:
        self._lines = lines
        self._quoted: dict[tuple[str, ...], str] = {}
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.completed}/{task.total}"),
            TimeElapsedColumn(),
            TextColumn("{task.description}", style="dim", markup=False),
            console=Console(file=sys.stderr),
            transient=True,
            disable=not moving,
        )
        self._task = self._progress.add_task("", total=promises)

    def __enter__(self) -> Self:
        """Start moving."""
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave nothing of it."""
        self._progress.stop()

    def tell(self, said: Finding | str) -> None:
        """Print it where it is asked for, and move on."""
        if isinstance(said, Finding):
            self._progress.update(self._task, advance=1, description=f"after {said.promise}")
        else:
            self._progress.update(self._task, description=said)
        if self._lines:
            click.echo(self._line(said) if isinstance(said, Finding) else said)

    def _line(self, finding: Finding) -> str:
        """Its verdict and the first line; of what is broken all of them, but the same ones once."""
        first, *rest = finding.seen.splitlines() or [""]
        word = click.style(f"{WORDS[finding.verdict]:{len(INDENT)}}", fg=COLOURS[finding.verdict])
        quoted = tuple(rest) if finding.verdict is Verdict.BROKEN else ()
        if quoted in self._quoted:
            quoted = (f"as of {self._quoted[quoted]}",)
        elif quoted:
            self._quoted[quoted] = finding.promise
        return "\n".join([f"{word}{finding.promise:{SLUG_WIDTH}}{first}", *(f"{INDENT}{line}" for line in quoted)])


def shown(report: Report, style: str, handbook: Handbook) -> str:
    """Render the whole in one of the formats; the handbook knows what mends which fault."""
    styles: Mapping[str, Callable[[], str]] = {
        "text": lambda: as_text(report, handbook),
        "json": lambda: as_json(report, handbook),
        "sarif": lambda: as_sarif(report),
        "junit": lambda: as_junit(report),
        "github": lambda: as_github(report),
    }
    return styles[style]()


def as_text(report: Report, handbook: Handbook) -> str:
    """What mends each broken promise, and the count; the findings were told as they came."""
    lines: list[str] = []
    for slug, pitfalls in alike(report.of(Verdict.BROKEN), handbook.catalog).items():
        lines += ["", click.style(slug, bold=True)]
        for pitfall in pitfalls[:PITFALLS]:
            lines += [f"  {pitfall.table.fix}", f"    as in {pitfall.name}: {pitfall.table.title}"]
            lines += [f"    {handbook.pages[pitfall.name]}"] * (pitfall.name in handbook.pages)
        lines += [f"  and {len(pitfalls) - PITFALLS} more: handbook list --pitfalls"] * (len(pitfalls) > PITFALLS)
        lines += ["  no pitfall of the library breaks it so"] * (not pitfalls)
    return "\n".join([*lines, "", str(report)])
