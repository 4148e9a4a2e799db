"""A directory that a snippet was copied into -> what the snippet says of itself, for the reader's container."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from snippets.catalog import load
from snippets.check.guess import Guess
from snippets.check.source import DOCKERFILE
from snippets.metadata import ProjectTable
from snippets.project import Target, read_note


def guesses_of_copy(folder: Path) -> Iterator[Guess]:
    """What was said of the snippet whose Dockerfile this is, as far as it still fits; nothing where none was copied.

    Raises ProjectError where the note of what was copied cannot be believed.
    """
    file = read_note(Target.at(folder)).files.get(DOCKERFILE)
    if file is None:
        return
    catalog = load()
    snippet = catalog.snippets.get(file.snippet)
    table = snippet.table.project if snippet else None
    if snippet is None or table is None:
        return
    stated = {name: getattr(table, name) for name in table.__struct_fields__ if _fits(name, table, folder)}
    stated |= {"effective": catalog.effective(snippet), "skip": snippet.table.not_applicable}
    for key, value in stated.items():
        if value:
            yield Guess(key=key, value=msgspec.to_builtins(value), where=f"{snippet.name}, which was copied")


def _fits(key: str, table: ProjectTable, folder: Path) -> bool:
    """Whether the files that it speaks of are still there, and hold what is to be edited in them."""
    if key == "code" and table.code:
        return (folder / table.code).is_file()
    if key == "stale" and table.stale:
        path = folder / table.stale.path
        return path.is_file() and path.read_text(errors="replace").count(table.stale.find) == 1
    return True
