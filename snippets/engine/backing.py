"""A backing service, such as a database -> the same in a container beside, on a network of its own."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from snippets.contract.project import BackingService
from snippets.engine.docker import traced
from snippets.engine.run import Run
from snippets.errors import EngineError

HOST = "backing"
STOP_S = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningService:
    """A service by the name of its container, which is the name of its network as well.

    The run that it is of and the id of the container that it was given to are for the bench.
    """

    name: str
    run: str
    container: str = ""

    def stop(self) -> None:
        """End it; its volume stays."""
        traced("stop", f"--time={STOP_S}", self.name, run=self.run, container=self.container)

    def start(self) -> None:
        """Start it again."""
        traced("start", self.name, run=self.run, container=self.container)


@contextmanager
def running(service: BackingService, contexts: Mapping[str, str], run: Run) -> Iterator[RunningService]:
    """Start it, under the host name `backing`; nothing of it is published, and nothing left."""
    name = run.project(uuid.uuid4().hex[:8])
    label = [f"--label={key}={value}" for key, value in run.labels.items()]
    traced("network", "create", *label, name, run=run.key)
    try:
        env = [f"--env={key}={value}" for key, value in service.env.items()]
        image = contexts.get(service.image, service.image)
        beside = [f"--name={name}", f"--network={name}", f"--network-alias={HOST}"]
        traced("run", "--detach", *beside, *label, *env, image, run=run.key)
        yield RunningService(name=name, run=run.key)
    finally:
        with suppress(EngineError):
            traced("rm", "--force", "--volumes", name, run=run.key)
        traced("network", "rm", name, run=run.key)
