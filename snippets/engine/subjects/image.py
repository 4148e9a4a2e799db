"""A built image and the source it came from -> what the contract's `Image` may be asked."""

import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from re import Pattern
from typing import TypeVar

from ...contract import Project
from ...contract.container.requests import answers
from ...contract.observation import PLAIN, Contents, ImageConfig, Posture, Rebuild
from ...contract.subject import Image
from ...errors import NoSourceError
from ..bases.ground import base_layers
from ..build import build
from ..docker import docker
from ..inspection import NS, config_of, inspected
from ..run import Run
from ..trace import trace
from .beside import RunningService, migrate, running
from .container import BootedContainer
from .scan import scan
from .starting import started

READY_TIMEOUT_S = 40.0
FINDING_S = 5.0
PIDS = 256
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class BuiltImage:
    """An image by its id; `source` is what it was built from, `bases` what that builds on.

    `contexts` are the images that stand in for these. An image that somebody else built has no source.

    `stumbled` is how a first build ended where only a second one succeeded. `services` are up beside it for all
    of its boots; where they are None, each boot has its own.
    """

    id: str
    source: Path | None
    project: Project
    run: Run
    contexts: Mapping[str, str]
    bases: Sequence[str]
    build_s: float
    build_log: str = ""
    stumbled: str = ""
    services: Mapping[str, RunningService] | None = None
    ready: list[float] = field(default_factory=list)

    @property
    def has_source(self) -> bool:
        """Whether what it was built from is at hand."""
        return self.source is not None

    @property
    def context(self) -> Path:
        """Its source."""
        if self.source is None:
            raise NoSourceError
        return self.source

    @property
    def size_bytes(self) -> int:
        """Size of all its layers."""
        return int(inspected(self.id)["Size"])

    @property
    def config(self) -> ImageConfig:
        """What it says of itself."""
        return config_of(self.id)

    @property
    def layers(self) -> tuple[str, ...]:
        """Diff ids of all layers."""
        return tuple(inspected(self.id)["RootFS"]["Layers"])

    @property
    def processors(self) -> int:
        """What the engine counts."""
        return int(docker("info", "--format={{.NCPU}}")[0])

    @contextmanager
    def boot(self, posture: Posture = PLAIN, *, spoils: bool = False) -> Iterator[BootedContainer]:
        """Boot, wait until it answers, and remove whatever is left of it afterwards."""
        del spoils
        env = {**self.project.settings, **self._told_of_services(), **dict(posture.env)}
        with (
            self._accompanied(anew=posture.own_services) as services,
            self._booted(posture, env, services) as container,
        ):
            container.await_answer(READY_TIMEOUT_S)
            self.ready.append(container.ready_s)
            if services:
                # It may find them a moment after it answers; that it never does is for whoever asks to say.
                container.await_reply(self.project.ready, answers(200), FINDING_S)
            yield container

    @contextmanager
    def start(self, posture: Posture, settings: Mapping[str, str]) -> Iterator[BootedContainer]:
        """Start with these settings alone, wait for nothing, and remove what is left of it afterwards."""
        # What is left out on purpose is not put back because it leads to a service.
        told = {name: value for name, value in self._told_of_services().items() if name not in self.project.settings}
        env = {**told, **settings, **dict(posture.env)}
        with self._accompanied(anew=False) as services, self._booted(posture, env, services) as container:
            yield container

    @contextmanager
    def accompanied(self) -> Iterator["BuiltImage"]:
        """The same beside its services, which end with the block."""
        with self._accompanied(anew=False) as services:
            yield replace(self, services=services)

    @contextmanager
    def _accompanied(self, *, anew: bool) -> Iterator[Mapping[str, RunningService]]:
        if self.services is not None and not anew:
            yield self.services
            return
        with running(self.project.beside, self.contexts, self.run) as services:
            if self.project.migrate:
                env = {**self.project.settings, **self._told_of_services()}
                migrate(self.id, self.project.migrate, env, services, self.run)
            yield services

    def _told_of_services(self) -> dict[str, str]:
        return {service.setting: service.value for service in self.project.beside.values()}

    @contextmanager
    def _booted(
        self, posture: Posture, env: Mapping[str, str], services: Mapping[str, RunningService]
    ) -> Iterator[BootedContainer]:
        since = time.monotonic()
        port = posture.port or self.project.port
        options = {
            "mem_limit": f"{self.project.memory_mib}m",
            "memswap_limit": f"{self.project.memory_mib}m",
            "pids_limit": PIDS,
            "labels": self.run.labels,
            "user": posture.user,
            "network": next((service.network for service in services.values()), None),
            "read_only": posture.read_only,
            "cap_drop": ["ALL"] if posture.unprivileged else [],
            "security_opt": ["no-new-privileges"] if posture.unprivileged else [],
            # The engine lets everybody have ports below 1024; elsewhere the kernel's own default holds.
            "sysctls": {"net.ipv4.ip_unprivileged_port_start": "1024"} if posture.unprivileged else {},
            "nano_cpus": int(self._at_most(posture.cpus) * NS),
            # Off unless it is what is judged, so that it is neither counted nor logged.
            "healthcheck": {"interval": int(posture.health_interval_s * NS)}
            if posture.health_interval_s
            else {"test": ["NONE"]},
        }
        stop_signal = inspected(self.id)["Config"].get("StopSignal") or "SIGTERM"
        with started(self.id, env, port, options) as handle:
            container = BootedContainer(
                handle, port, live=self.project.live, signal_name=stop_signal, services=services
            )
            try:
                yield container
            finally:
                what = {"container": handle.id, "image": self.id, "port": port, "env": env, "posture": options}
                trace("boot", {**what, "run": self.run.key}, since)

    def _at_most(self, cpus: float) -> float:
        # The engine refuses a limit that is above what it has; one processor it always has.
        return cpus if cpus <= 1 else min(cpus, self.processors)

    def renewed(self) -> "BuiltImage":
        """Itself: it shares no boot."""
        return self

    def once(self, make: Callable[[Image], T]) -> T:
        """Ask; it remembers nothing."""
        return make(self)

    def rebuilt(self, rebuild: Rebuild) -> "BuiltImage":
        """Build an edited copy of the source."""
        with tempfile.TemporaryDirectory(prefix="handbook-context-") as folder:
            # Links stay links: what they lead to may be all of this machine.
            copy = shutil.copytree(self.context, Path(folder) / "context", symlinks=True)
            for path, content in rebuild.edits.items():
                _written(copy, path, content)
            built = build(copy, self.run.tag("rebuilt"), contexts=self.contexts, how=rebuild)
        return replace(self, id=built.id, build_s=built.took_s, build_log=built.log, stumbled="", ready=[])

    def contents(self, canaries: Collection[str], sought: Pattern[str]) -> Contents:
        """One pass over all layers; those of a base are known by the base's own."""
        return scan(self.id, self.layers, self._base_layers(), canaries, sought)

    def _base_layers(self) -> frozenset[str]:
        return frozenset(layer for reference in self.bases for layer in base_layers(reference, self.contexts))


def _written(context: Path, path: str, content: bytes) -> None:
    """Write a file of a context. Where a link leads out of it nothing is written: no build could read it there."""
    place = context / path
    if not place.parent.resolve().is_relative_to(context.resolve()):
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.is_symlink():
        place.unlink()
    place.write_bytes(content)
