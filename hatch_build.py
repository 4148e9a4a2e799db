"""A wheel is made of proven files alone: whoever installs it finds the evidence for every byte that it gives out."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ProvenHook(BuildHookInterface):  # type: ignore[type-arg] # of no configuration of its own
    """Holds the library against the committed evidence before anything is packed."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Refuse by name; an editable installation is a contributor's, whose files are on their way to be proven."""
        del build_data
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        from snippets.catalog import load  # noqa: PLC0415 - of the tree that is built, found by the line above
        from snippets.standing import Standings, State  # noqa: PLC0415 - likewise
        from snippets.store import EvidenceStore  # noqa: PLC0415 - likewise

        root = Path(self.root)
        library = root / "snippets" / "library"
        standings = Standings(catalog=load(library), store=EvidenceStore(root / "evidence"))
        every = [*standings.snippets.values(), *standings.pitfalls.values()]
        refused = [str(standing.objection) for standing in every if standing.state is State.UNPROVEN]
        if refused:
            listed = "\n".join(f"  {why}" for why in refused)
            raise RuntimeError(f"refusing to build a wheel of what is not proven:\n{listed}\nRun `nox -s docs` first.")
