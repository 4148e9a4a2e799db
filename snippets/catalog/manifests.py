"""Manifests for Kubernetes -> the images that a cluster fetches for them, and what of it no record could account for.

What a kustomization may say is listed (https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/): of
anything else nobody knows what it fetches.
"""

import posixpath
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from .compose import REFERENCE, Composed
from .metadata import near, plain
from .yaml import YamlError, table_of

KUSTOMIZATION = "kustomization.yaml"
ENDING = ".yaml"
# In the place of this name a release puts its own image, by the digest of it.
RELEASED = "app"
KNOWN = frozenset(
    {"apiVersion", "kind", "namespace", "resources", "patches", "labels", "configMapGenerator", "secretGenerator"}
)


def manifests(texts: Mapping[str, str]) -> Composed:
    """Read all of them; `texts` are the files of a snippet by their paths, of which those in YAML are manifests."""
    read = _Manifests(paths=texts.keys())
    for path, text in texts.items():
        if path.endswith(ENDING):
            read.take(path, text)
    return Composed(bases=tuple(dict.fromkeys(read.fetched)), faults=tuple(read.faults))


@dataclass(frozen=True, kw_only=True)
class _Manifests:
    """What was found so far."""

    paths: Collection[str]
    fetched: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def take(self, path: str, text: str) -> None:
        """One file."""
        try:
            table = table_of(text)
        except YamlError as error:
            self.faults.append(f"{path}: {error}")
            return
        if posixpath.basename(path) == KUSTOMIZATION:
            self.faults.extend(f"{path}: {fault}" for fault in self._kustomization_faults(path, table))
            return
        self.faults.extend(f"{path}: missing key {key}" for key in ("apiVersion", "kind") if key not in table)
        for key, stated in _images(table, ""):
            if not isinstance(stated, str) or not REFERENCE.fullmatch(stated):
                self.faults.append(f"{path}: {key}: {stated!r} is no reference of an image")
            elif stated != RELEASED and ":" not in stated.rpartition("/")[2]:
                self.faults.append(f"{path}: {key}: {stated!r} is another image tomorrow: give it a tag or a digest")
            elif stated != RELEASED:
                self.fetched.append(stated)

    def _kustomization_faults(self, path: str, table: Mapping[str, object]) -> Iterator[str]:
        for key in table:
            if key not in KNOWN:
                yield f"unknown key {plain(str(key))}: what it fetches is not known{near(str(key), KNOWN)}"
        resources = table.get("resources", [])
        for each in resources if isinstance(resources, list) else [resources]:
            place = posixpath.normpath(posixpath.join(posixpath.dirname(path), str(each)))
            if place not in self.paths and f"{place}/{KUSTOMIZATION}" not in self.paths:
                yield f"resources: {str(each)!r} is neither a file here nor a directory with a {KUSTOMIZATION}"
        if "image" in str(table.get("patches", "")):
            yield "patches: an image is named in a manifest, and put in by a release"


def _images(node: object, key: str) -> Iterator[tuple[str, object]]:
    """Where one is named, of a container or of a volume: its key and what it says."""
    if isinstance(node, list):
        for number, each in enumerate(node):
            yield from _images(each, f"{key}[{number}]")
    if not isinstance(node, Mapping):
        return
    for name, each in node.items():
        inner = f"{key}.{name}".lstrip(".")
        if name == "image":
            yield inner, each.get("reference") if isinstance(each, Mapping) else each
        else:
            yield from _images(each, inner)
