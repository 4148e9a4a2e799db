"""Tables: plain columns where a program reads, drawn where a person does."""

import io
import sys
from dataclasses import replace

import pytest

from snippets.cli.listing import pitfalls
from snippets.terminal import write_table
from tests.unit.command_line import Proven
from tests.unit.sample import Library

COLUMNS = ("NAME", "WHAT")
ROWS = (("web", "[bold]a server[/]"), ("a-long-name", ""))


class Terminal(io.StringIO):
    """Where somebody reads."""

    def isatty(self) -> bool:
        """It is one."""
        return True


def test_a_pipe_gets_plain_columns(capsys: pytest.CaptureFixture[str]) -> None:
    """As wide as their widest cell, without a blank at the end of a line or anything around them."""
    lines: list[str] = []
    write_table(COLUMNS, ROWS, lines.append, "a title")

    assert lines == ["NAME         WHAT", "web          [bold]a server[/]", "a-long-name"]
    assert capsys.readouterr().out == ""


def test_a_table_without_rows_has_its_heads() -> None:
    """Whoever parses it finds the columns."""
    lines: list[str] = []
    write_table(COLUMNS, (), lines.append)

    assert lines == ["NAME  WHAT"]


def test_a_terminal_gets_it_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """With its title; brackets are no markup, and a name is never cut."""
    monkeypatch.setattr(sys, "stdout", terminal := Terminal())
    monkeypatch.setenv("COLUMNS", "24")
    lines: list[str] = []
    write_table(COLUMNS, ROWS, lines.append, "a title")

    drawn = terminal.getvalue()
    assert lines == []
    assert "a title" in drawn
    assert "a-long-name" in drawn
    assert "[bold" in drawn
    assert "─" in drawn


def test_the_table_is_drawn_on_a_terminal(library: Library, proven: Proven, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names are whole however narrow it is, and brackets are no markup."""
    long = "web/" + "long-" * 6 + "name"
    pitfall = (library.root / "web/pitfalls/user-by-name.toml").read_text()
    library.write(f"{long.replace('/', '/pitfalls/')}.toml", pitfall)
    monkeypatch.setattr(sys, "stdout", terminal := Terminal())
    monkeypatch.setenv("COLUMNS", "70")
    drawn = pitfalls(proven())
    replace(drawn, cells=[[name, noticed, "[bold]", what] for name, noticed, _, what in drawn.cells]).show()

    assert long in terminal.getvalue()
    assert "─" in terminal.getvalue()
    assert "[bold]" in terminal.getvalue()
