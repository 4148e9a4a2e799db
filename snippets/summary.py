"""What a run proved -> a table with times: rich on a terminal, plain lines elsewhere."""

import sys
from collections.abc import Callable, Sequence

from snippets.engine.bases import Ground
from snippets.recorder import Written


def print_summary(written: Sequence[Written], grounds: Sequence[Ground], write_line: Callable[[str], None]) -> None:
    """Print what was proven and what each base cost; nothing where nothing was."""
    costs = [(ground.base, ground.took_s) for ground in grounds]
    rows = [(w.name, _state(w), str(w.findings), f"{w.took_s:.1f} s") for w in written]
    bases = [(b.ref, "stand-in" if b.stand_in else "registry", b.version, f"{took:.1f} s") for b, took in costs]
    _table("proven", ("record", "state", "findings", "took"), rows, write_line)
    _table("bases", ("base", "from", "version", "took"), bases, write_line)


def _state(written: Written) -> str:
    if not written.complete:
        return "incomplete"
    return "written" if written.written else "unchanged"


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]], write_line: Callable[[str], None]) -> None:
    if not rows:
        return
    if sys.stdout.isatty():
        from rich.console import Console  # noqa: PLC0415 - only a terminal needs it
        from rich.table import Table  # noqa: PLC0415

        table = Table(*head, title=title, title_justify="left")
        for row in rows:
            table.add_row(*row)
        Console().print(table)
        return
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    write_line("")
    for row in (head, *rows):
        write_line("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
