"""What a file may say and what the environment may -> tables of keys and of variables, as HTML on one line."""

from collections.abc import Iterator
from html import escape

from ..catalog.keys import FILES, Group, groups
from ..environment import VARIABLES
from .blocks import prose
from .tables import table

_KEY_HEADS = ("Key", "What it says", "Without it")
_VARIABLE_HEADS = ("Variable", "What it does", "Without it")


def keys(name: str) -> str:
    """Every key of a file, by the tables in which TOML has them."""
    rows = (row for group in groups(FILES[name]) for row in _rows(group))
    return table(f"keys:{escape(name)}", _KEY_HEADS, rows)


def _rows(group: Group) -> Iterator[str]:
    header = f"<code>{escape(group.header)}</code> " if group.header else ""
    yield f'<tr><th colspan="{len(_KEY_HEADS)}">{header}{prose(group.says)}</th></tr>'
    for key in group.keys:
        without = "required" if key.without is None else prose(key.without)
        yield f"<tr><td><code>{key.name}</code></td><td>{prose(key.says)}</td><td>{without}</td></tr>"


def variables() -> str:
    """Every variable of the environment that the project reads."""
    rows = (
        f"<tr><td><code>{each.name}</code></td><td>{prose(each.does)}</td><td>{prose(each.without)}</td></tr>"
        for each in VARIABLES
    )
    return table("variables:all", _VARIABLE_HEADS, rows)
