"""Text and rows -> what a terminal may be given, a pipe, or nobody any more."""

import io
import os
import sys
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NoReturn, TextIO

# What a terminal obeys, or does not show: controls, directions, zero widths, halves of pairs.
_OBEYED = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
# As a shell says it of a program that nobody reads from any more, and as sysexits.h says it of a full disk.
UNHEARD, UNWRITTEN = 128 + 13, 74


def printable(text: str) -> str:
    """Text from anywhere, as a terminal may be given it: what it would obey, but for ends of lines, is written out."""
    return "".join(
        letter if letter in "\n\t" or unicodedata.category(letter) not in _OBEYED else ascii(letter)[1:-1]
        for letter in text
    )


@contextmanager
def listening() -> Iterator[None]:
    """Print what the terminal cannot encode as escapes, and end without a traceback where nothing can be printed.

    In silence where whoever read has gone, as after `| head -1`.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        try:
            yield
        finally:
            for stream in (sys.stdout, sys.stderr):
                if stream is not None and not stream.closed:
                    stream.flush()
    except BrokenPipeError:
        unheard()
    except OSError as error:
        # Of a stream, for whatever has a name is told by who opened it.
        if error.filename is not None:
            raise
        _mute(sys.stdout)
        with suppress(OSError):
            sys.stderr.write(f"Error: what was to be said could not be written: {error.strerror}\n")
        sys.exit(UNWRITTEN)


def unheard() -> NoReturn:
    """End where nobody reads any more what is printed."""
    _mute(sys.stdout)
    sys.exit(UNHEARD)


def _mute(stream: TextIO | None) -> None:
    """Python flushes once more at its end, and would tell of it."""
    with suppress(OSError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # type: ignore[union-attr]


def write_table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], write: Callable[[str], None], title: str = ""
) -> None:
    """Write it; `write` takes a line where there is no terminal."""
    rows = [[printable(cell) for cell in row] for row in rows]
    if sys.stdout is None or not sys.stdout.isatty():
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
