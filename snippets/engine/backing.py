"""A backing service, such as a database -> the same in a container beside, on a network of its own."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from snippets.contract.project import BackingService
from snippets.engine.docker import docker, traced, try_docker
from snippets.engine.run import Run

HOST = "backing"
STOP_S = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningService:
    """A service by the name of its container, which is the name of its network as well."""

    name: str

    def stop(self) -> None:
        """End it; its volume stays."""
        traced("stop", f"--time={STOP_S}", self.name)

    def start(self) -> None:
        """Start it again."""
        traced("start", self.name)


@contextmanager
def running(service: BackingService, contexts: Mapping[str, str], run: Run) -> Iterator[RunningService]:
    """Start it, under the host name `backing`; nothing of it is published, and nothing left."""
    name = run.project(uuid.uuid4().hex[:8])
    label = [f"--label={key}={value}" for key, value in run.labels.items()]
    traced("network", "create", *label, name)
    try:
        env = [f"--env={key}={value}" for key, value in service.env.items()]
        image = contexts.get(service.image, service.image)
        traced("run", "--detach", f"--name={name}", f"--network={name}", f"--network-alias={HOST}", *label, *env, image)
        yield RunningService(name=name)
    finally:
        try_docker("rm", "--force", "--volumes", name)
        docker("network", "rm", name)
