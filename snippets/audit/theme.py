"""A file that a theme brings -> whether it is the installed theme's own, or a style sheet with some of its rules."""

from collections.abc import Iterable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import tinycss2
from tinycss2.ast import AtRule, Node

THEME = "assets/"
_GROUPS = frozenset({"media", "supports"})


def is_of_theme(path: str, content: bytes) -> bool:
    """Whether the theme has a file of this name that holds the same.

    A style sheet may leave rules out, which hides nothing: those that it has are the theme's, whole and in their order.
    """
    own = _own(path) if path.startswith(THEME) else None
    if own is None or content == own:
        return own is not None
    if not path.endswith(".css"):
        return False
    try:
        left = _flat(content.decode())
    except UnicodeDecodeError:
        return False
    all_of_it = iter(_flat(own.decode()))
    return all(rule in all_of_it for rule in left)


@cache
def _own(path: str) -> bytes | None:
    """The installed theme's own file, or None where it has none of this name."""
    if ".." in path:
        return None
    for root in _roots():
        file = Path(root, "templates", path)
        if file.is_file():
            return file.read_bytes()
    return None


@cache
def _roots() -> tuple[str, ...]:
    spec = find_spec("material")
    return tuple(spec.submodule_search_locations or ()) if spec else ()


@cache
def _flat(text: str) -> tuple[tuple[str, ...], ...]:
    """Each rule after those it stands in."""
    return tuple(_rules(tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True), ()))


def _rules(nodes: Iterable[Node], within: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for node in nodes:
        if isinstance(node, AtRule) and node.lower_at_keyword in _GROUPS and node.content is not None:
            inner = tinycss2.parse_rule_list(node.content, skip_comments=True, skip_whitespace=True)
            around = f"@{node.lower_at_keyword}{tinycss2.serialize(node.prelude)}"
            yield from _rules(inner, (*within, around))
        else:
            yield (*within, node.serialize())
