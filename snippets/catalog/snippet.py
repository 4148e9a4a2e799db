"""One of the two atoms of the library: a snippet, which works. The other is a pitfall."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path

import msgspec

from ..contract import ADDED, CLUSTERED, DEPLOYMENT, PROMISES, Project, Promise
from ..contract.deployment.addition import BackedUp, Cohosted, Watched
from ..contract.deployment.description import Deployment
from ..contract.dockerfile import bases
from ..errors import CatalogError
from .archive import FORMATS, Member
from .compose import Composed, composed
from .manifests import manifests
from .metadata import SnippetTable, Withheld

METADATA = "snippet.toml"
# The command that brings a deployment to hosts that hold nothing, with all above it.
ARRIVE = "arrive"
COMPOSE = "compose.yaml"
# What a part of the contract of deployments is told of a snippet.
Described = Deployment | BackedUp | Watched | Cohosted
DOTENV = ".env"
# What `sha256sum --check` reads.
SUMS = "SHA256SUMS"
REHEARSAL = "rehearsal.py"
# A host as it is rented, and whoever deploys to it: a machine with what it takes to run a playbook.
HOST, MACHINE, OPERATOR = "debian-13", "machine", "operator"
# One of a cluster, and whoever deploys to that: the same, with what speaks to its API.
NODE, CLUSTER_OPERATOR = "kubernetes-node", "kubernetes-operator"
# Whom hosts meet on the internet, and nobody can have in a test: who signs for them, and who has their images.
AUTHORITY, REGISTRY = "authority", "registry"


class Kind(StrEnum):
    """How a snippet is proven."""

    IMAGE = "image"
    CONFIG = "config"
    COMPOSE = "compose"
    HOST = "host"
    CLUSTER = "cluster"
    WORKFLOW = "workflow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One published file: where its bytes lie, their sha256, whether it is executable, and its text as it was read."""

    path: Path
    sha256: str
    executable: bool
    text: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Snippet:
    """A directory of files that readers copy, with everything needed to prove it.

    `rehearsals` are what it promises beyond the contract: slug -> the function of its rehearsal.py that judges.
    """

    name: str
    kind: Kind
    root: Path
    sources: Mapping[str, Source]
    table: SnippetTable
    table_sha256: str
    rehearsals: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """How pages call it."""
        return self.table.title

    @property
    def commands(self) -> Mapping[str, str]:
        """Name -> the string on the page, in the order they are run."""
        return self.table.commands

    @property
    def withheld(self) -> Withheld | None:
        """Why no record can be made where no registry answers, if that is so."""
        return self.table.withheld

    @property
    def carrier(self) -> str:
        """The image snippet it is judged in: itself, or the one a configuration is proven in."""
        return self.table.proven_in.snippet if self.table.proven_in else self.name

    @cached_property
    def files(self) -> Mapping[str, str]:
        """Path -> sha256 of the assembled directory; executable files are marked `+x`."""
        return {
            path: source.sha256 + ("+x" if source.executable else "") for path, source in sorted(self.sources.items())
        }

    @cached_property
    def digest(self) -> str:
        """Digest of the assembled files, their modes and the metadata: loosening a contract counts."""
        lines = [f"{sha}  {path}" for path, sha in self.files.items()]
        lines.append(f"{self.table_sha256}  {METADATA}")
        return "sha256:" + hashlib.sha256("\n".join(lines).encode()).hexdigest()

    @cached_property
    def built_on(self) -> tuple[str, ...]:
        """References of the images that its Dockerfile begins with."""
        return tuple(bases(self.text("Dockerfile"))) if "Dockerfile" in self.sources else ()

    @cached_property
    def bases(self) -> tuple[str, ...]:
        """References of the images that it fetches: its Dockerfile's, its services', and what stands beside it."""
        beside = [service.image for service in self.table.beside.values()]
        hosts = (HOST, OPERATOR) if self.kind is Kind.HOST else ()
        # A host is whoever visits a cluster.
        nodes = (NODE, HOST, CLUSTER_OPERATOR) if self.kind is Kind.CLUSTER else ()
        played = (AUTHORITY, REGISTRY) if self.table.host and self.table.host.env else ()
        return tuple(dict.fromkeys((*self.built_on, *self.composed.bases, *beside, *hosts, *nodes, *played)))

    @cached_property
    def composed(self) -> Composed:
        """What its compose files fetch, that of each directory, or its manifests, and the faults of that."""
        if self.kind is Kind.CLUSTER:
            return manifests({path: source.text for path, source in self.sources.items()})
        read = [self._composed_in(path.removesuffix(COMPOSE)) for path in self.compose_files]
        fetched = dict.fromkeys(base for each in read for base in each.bases)
        return Composed(bases=tuple(fetched), faults=tuple(fault for each in read for fault in each.faults))

    @property
    def compose_files(self) -> tuple[str, ...]:
        """Those that are read, by their paths: for hosts a directory may be a project of its own."""
        projects = (path for path in self.sources if path.endswith(f"/{COMPOSE}") and self.kind is Kind.HOST)
        return (*(path for path in self.sources if path == COMPOSE), *projects)

    def _composed_in(self, folder: str) -> Composed:
        """`folder` ends with a slash, or is the whole."""
        beside = [path.removeprefix(folder) for path in self.sources if path.startswith(folder)]
        found = composed(self.text(folder + COMPOSE), beside, lambda path: self.text(folder + path))
        return Composed(bases=found.bases, faults=tuple(f"{folder}{COMPOSE}: {fault}" for fault in found.faults))

    @property
    def promises(self) -> tuple[Promise, ...]:
        """What it is judged by: the whole contract for an image or a deployment, a part for what is in or added to one.

        A configuration names its part; an addition is judged by what it describes.
        """
        if self.kind is Kind.IMAGE:
            return tuple(PROMISES.values())
        if self.table.addition:
            return tuple(promise for part in self.table.addition.parts for promise in ADDED[part])
        if self.table.deployment:
            return CLUSTERED if self.kind is Kind.CLUSTER else DEPLOYMENT
        named = self.table.proven_in.promises if self.table.proven_in else []
        return tuple(PROMISES[slug] for slug in named)

    def project(self, effective: Mapping[str, str]) -> Project:
        """Its description for the contract; `effective` are the server settings that pages state."""
        table = self.table
        if table.project is None:
            message = f"{self.name} is of kind {self.kind} and describes no container"
            raise TypeError(message)
        return msgspec.structs.replace(
            table.project, beside=table.beside, effective=dict(effective), not_applicable=table.not_applicable
        )

    @property
    def deployment(self) -> Deployment:
        """The description of the deployment that it is, or that it is added to; TypeError where it is neither."""
        if self.table.deployment is None:
            message = f"{self.name} is of kind {self.kind} and describes no deployment"
            raise TypeError(message)
        exempt = {} if self.table.addition else self.table.not_applicable
        return msgspec.structs.replace(self.table.deployment, not_applicable=exempt)

    @property
    def described(self) -> Described:
        """What its part of the contract of deployments is told of it; TypeError where none is asked."""
        added, exempt = self.table.addition, self.table.not_applicable
        if added and added.backup:
            return BackedUp(deployment=self.deployment, backup=added.backup, not_applicable=exempt)
        if added and added.status:
            return Watched(deployment=self.deployment, status=added.status, not_applicable=exempt)
        if added and added.neighbour:
            return Cohosted(deployment=self.deployment, neighbour=added.neighbour, not_applicable=exempt)
        return self.deployment

    def content(self, path: str) -> bytes:
        """One file's bytes to give out, the very ones the digest is of; KeyError where it has no such file.

        Raises CatalogError where the file was changed or removed since the library was read.
        """
        source = self.sources[path]
        try:
            content = source.path.read_bytes()
        except OSError as error:
            raise CatalogError([f"{self.name}: {path}: {error.strerror}"]) from None
        if hashlib.sha256(content).hexdigest() != source.sha256:
            raise CatalogError([f"{self.name}: {path}: changed since the library was read; read it again"])
        return content

    @property
    def archived(self) -> tuple[str, ...]:
        """What its archives are called."""
        return tuple(f"{self.name}{ending}" for ending in FORMATS)

    @cached_property
    def archives(self) -> Mapping[str, bytes]:
        """All its files in one, below a directory of its name, and the digests of that: a name -> its bytes.

        Raises as `content` does.
        """
        members = [
            Member(path=f"{self.name}/{path}", content=self.content(path), mode=_mode(source))
            for path, source in sorted(self.sources.items())
        ]
        packed = {name: pack(members) for name, pack in zip(self.archived, FORMATS.values(), strict=True)}
        sums = "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in packed.items())
        return packed | {SUMS: sums.encode()}

    def offered(self, path: str) -> bytes:
        """What a site gives out by this name: one of the archives, or a file; raises as `content` does."""
        return self.archives[path] if path in (*self.archived, SUMS) else self.content(path)

    def text(self, path: str) -> str:
        """One file's text, line ends as they are, as it was when the library was read: what the digest is of."""
        return self.sources[path].text

    def assemble(self, target: Path, replaced: Mapping[Path, str] | None = None) -> Path:
        """Lay out all files below `target`, shared ones included.

        `replaced` gives other text for some sources, by the path where their bytes lie: so the
        pitfall of a shared file reaches every snippet that uses it.
        """
        for path, source in self.sources.items():
            place = target / path
            place.parent.mkdir(parents=True, exist_ok=True)
            if replaced and source.path in replaced:
                place.write_bytes(replaced[source.path].encode())
            else:
                place.write_bytes(self.content(path))
            place.chmod(_mode(source))
        return target


def _mode(source: Source) -> int:
    return 0o755 if source.executable else 0o644
