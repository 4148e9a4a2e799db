"""Rows -> a table: drawn on a terminal, plain columns on a pipe; nothing in them is obeyed."""

import sys
from collections.abc import Callable, Sequence


def printable(text: str) -> str:
    """The same with all but line ends and tabs written out that a terminal would obey, or could not show."""
    if text.isprintable():
        return text
    return "".join(s if s.isprintable() or s in "\n\t" else s.encode("unicode_escape").decode() for s in text)


def write_table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], write: Callable[[str], None], title: str = ""
) -> None:
    """Write it; `write` takes a line where there is no terminal."""
    rows = [[printable(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        lines = [columns, *rows]
        widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
        for line in lines:
            write("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
        return
    from rich import box  # noqa: PLC0415 - a pipe need not wait for it
    from rich.console import Console  # noqa: PLC0415 - likewise
    from rich.table import Table  # noqa: PLC0415 - likewise
    from rich.text import Text  # noqa: PLC0415 - likewise

    table = Table(box=box.SIMPLE_HEAD, title=title or None, title_justify="left")
    for index, column in enumerate(columns):
        # The first one holds names, which are of no use when cut.
        table.add_column(column, no_wrap=index == 0)
    for row in rows:
        # Text, so that brackets in a title are not taken for markup.
        table.add_row(*map(Text, row))
    Console().print(table)
