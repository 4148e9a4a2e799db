"""A file that a theme brings -> whether it is the installed theme's own, or what is needed of its style sheet."""

from collections.abc import Collection
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from ..render.thinned import thinned

THEME = "assets/"


def is_of_theme(path: str, content: bytes, named: Collection[str]) -> bool:
    """Whether the theme has a file of this name that holds the same.

    A style sheet may leave out the rules for names that are not among those of the site, and no other rule.
    """
    own = _own(path) if path.startswith(THEME) else None
    if own is None or content == own:
        return own is not None
    return path.endswith(".css") and content == thinned(own.decode(), named).encode()


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
