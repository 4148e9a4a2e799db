"""A wheel is made of proven files alone: whoever installs it finds the evidence for every byte that it gives out."""

import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ProvenHook(BuildHookInterface):  # type: ignore[type-arg] # of no configuration of its own
    """Holds the library against the committed evidence before anything is packed."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Refuse by name; an editable installation is a contributor's, whose files are on their way to be proven."""
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
        pitfalls = [standing.pitfall for standing in standings.pitfalls.values()]
        self._tell_pages(build_data, [pitfall.name for pitfall in pitfalls if not pitfall.exhibit])

    def _tell_pages(self, build_data: dict[str, Any], pitfalls: Sequence[str]) -> None:
        """Pack the address of each pitfall's section, where the site for which the wheel is built is known."""
        site = os.environ.get("SITE_URL")
        if not site:
            return
        from snippets.pages import addresses  # noqa: PLC0415 - as above

        known = addresses(Path(self.root) / "docs", site)
        if untold := sorted(set(pitfalls) - known.keys()):
            raise RuntimeError(f"no page has a section of {', '.join(untold)}: its readers would be sent nowhere")
        self.folder = tempfile.TemporaryDirectory(prefix="handbook-pages-")
        pages = Path(self.folder.name) / "pages.json"
        pages.write_text(json.dumps({name: known[name] for name in sorted(pitfalls)}, indent=1))
        build_data["force_include"][str(pages)] = "snippets/pages.json"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Leave nothing behind."""
        del version, build_data, artifact_path
        if folder := getattr(self, "folder", None):
            folder.cleanup()
