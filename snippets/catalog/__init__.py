"""The library's directories -> `Snippet`s and `Pitfall`s, refused at the door where anything is wrong with them.

directory.py, rehearsals.py ─▶ files, each read once ─┐
toml.py, metadata.py        ─▶ typed tables of TOML ──┼─▶ catalog.py: load() -> Catalog of snippet.py's atoms
description.py, admission.py ─▶ what speaks against ──┘
yaml.py, compose.py         ─▶ what a compose file fetches
sections.py, fences.py      ─▶ which page tells of what
keys.py, draft.py           ─▶ what the files may say, and how a new snippet begins
"""

from .catalog import LIBRARY, Catalog, load

__all__ = ["LIBRARY", "Catalog", "load"]
