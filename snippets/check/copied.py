"""A directory that a snippet was copied into -> what the snippet says of itself, for the reader's container."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from ..catalog import Catalog
from ..contract import Project
from ..project import Target, read_note
from .guess import Guess
from .source import DOCKERFILE


def guesses_of_copy(folder: Path, catalog: Catalog) -> Iterator[Guess]:
    """What was said of the snippet whose Dockerfile this is, as far as it still fits; nothing where none was copied.

    Raises ProjectError where the note of what was copied cannot be believed.
    """
    file = read_note(Target.at(folder)).files.get(DOCKERFILE)
    if file is None:
        return
    snippet = catalog.snippets.get(file.snippet)
    table = snippet.table.project if snippet else None
    if snippet is None or table is None:
        return
    stated = {name: getattr(table, name) for name in table.__struct_fields__ if _fits(name, table, folder)}
    stated |= {"beside": snippet.table.beside, "effective": catalog.effective(snippet)}
    stated |= {"skip": snippet.table.not_applicable}
    for key, value in stated.items():
        if value:
            yield Guess(key=key, value=msgspec.to_builtins(value), where=f"{snippet.name}, which was copied")


def _fits(key: str, table: Project, folder: Path) -> bool:
    """Whether the files that it speaks of are still there, and hold what is to be edited in them."""
    if key == "code" and table.code:
        return (folder / table.code).is_file()
    if key == "stale" and table.stale:
        path = folder / table.stale.path
        return path.is_file() and path.read_text(errors="replace").count(table.stale.find) == 1
    return True
