"""A wheel is made of proven files alone: whoever installs it finds the evidence for every byte that it gives out.

`SITE_URL` and `SOURCE_URL` are the two addresses that a published wheel knows; without them it names none.
"""

import json
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

if TYPE_CHECKING:
    from snippets.handbook import Handbook

PACKAGE = "deployment_handbook"
# In an editable installation the package of that name is the directory of this checkout.
EDITABLE = '"""The checkout\'s own code, under the name that it has where it is installed."""\n\n__path__ = [{!r}]\n'
_RELATIVE = re.compile(r"(!?)\[([^\]]*)\]\((?!https?:)([^)]+)\)")


class Addresses(MetadataHookInterface):
    """The parts of the metadata that depend on where the project is published."""

    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        """State the project's addresses, and a README whose links lead somewhere wherever it is shown."""
        site, source = (os.environ.get(name, "").rstrip("/") for name in ("SITE_URL", "SOURCE_URL"))
        urls = {"Documentation": site, "Source": source, "Changelog": source and f"{source}/blob/main/CHANGELOG.md"}
        metadata["urls"] = {name: url for name, url in urls.items() if url}
        readme = (Path(self.root) / "README.md").read_text()
        text = _RELATIVE.sub(lambda link: _elsewhere(link, source), readme)
        metadata["readme"] = {"content-type": "text/markdown", "text": text}


def _elsewhere(link: re.Match[str], source: str) -> str:
    """A link of this checkout as it reads where there is none: absolute, or its words alone."""
    picture, words, path = link.groups()
    if not source:
        return "" if picture else words
    return f"{picture}[{words}]({source}/{'raw' if picture else 'blob'}/main/{path})"


class Proven(BuildHookInterface):  # type: ignore[type-arg] # of no configuration of its own
    """Holds the library against the committed evidence before anything is packed."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Refuse by name; an editable installation is a contributor's, whose files are on their way to be proven."""
        self.folder = tempfile.TemporaryDirectory(prefix="handbook-wheel-")
        if version == "editable":
            init = self._written("__init__.py", EDITABLE.format(str(Path(self.root) / "snippets")))
            build_data["force_include_editable"] = {init: f"{PACKAGE}/__init__.py"}
            return
        sys.path.insert(0, self.root)
        from snippets.contract.rules import PACKAGE as CODE  # noqa: PLC0415 - of the tree that is built
        from snippets.evidence.objection import judges  # noqa: PLC0415 - likewise
        from snippets.handbook import Handbook  # noqa: PLC0415 - likewise

        assert Path(self.root) in CODE.parents, "another handbook is in the way of this checkout's own"
        root = Path(self.root)
        handbook = Handbook.here(root / "snippets" / "library", root / "evidence", root / "docs")
        standings = [*handbook.snippets.values(), *handbook.pitfalls.values()]
        if refused := [str(standing.objection) for standing in standings if standing.state == "unproven"]:
            listed = "\n".join(f"  {why}" for why in refused)
            raise RuntimeError(f"refusing to build a wheel of what is not proven:\n{listed}\nRun `nox -s docs` first.")
        rules = self._written("rules.json", json.dumps(judges(handbook.catalog), indent=1, sort_keys=True))
        build_data["force_include"][rules] = f"{PACKAGE}/rules.json"
        if site := os.environ.get("SITE_URL"):
            pages = self._written("pages.json", json.dumps(self._told(handbook, site.rstrip("/")), indent=1))
            build_data["force_include"][pages] = f"{PACKAGE}/pages.json"

    def _told(self, handbook: "Handbook", site: str) -> dict[str, str]:
        """Where each pitfall's section is on the site for which the wheel is built."""
        single = [name for name, standing in handbook.pitfalls.items() if not standing.pitfall.exhibit]
        if untold := sorted(set(single) - handbook.sections.keys()):
            raise RuntimeError(f"no page has a section of {', '.join(untold)}: its readers would be sent nowhere")
        return {name: f"{site}/{handbook.sections[name].address}" for name in sorted(single)}

    def _written(self, name: str, content: str) -> str:
        path = Path(self.folder.name) / name
        path.write_text(content)
        return str(path)

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Leave nothing behind."""
        del version, build_data, artifact_path
        self.folder.cleanup()
