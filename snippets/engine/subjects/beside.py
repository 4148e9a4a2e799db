"""A service beside a container, such as its database -> the same in a container of its own, on a network of both."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass

from ...contract.project import Beside
from ...errors import EngineError
from ..docker import traced
from ..run import Run

STOP_S = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningService:
    """A service by the name of its container, and the network that both are in.

    The run that it is of and the id of the container that it was given to are for the bench.
    """

    name: str
    network: str
    run: str
    container: str = ""

    def stop(self) -> None:
        """End it; its volume stays."""
        traced("stop", f"--time={STOP_S}", self.name, run=self.run, container=self.container)

    def kill(self) -> None:
        """End it at once."""
        traced("kill", self.name, run=self.run, container=self.container)

    def start(self) -> None:
        """Start it again."""
        traced("start", self.name, run=self.run, container=self.container)


@contextmanager
def running(
    services: Mapping[str, Beside], contexts: Mapping[str, str], run: Run
) -> Iterator[Mapping[str, RunningService]]:
    """Start them, each under its name as a host name; nothing of them is published, and nothing left."""
    network = run.project(uuid.uuid4().hex[:8])
    label = [f"--label={key}={value}" for key, value in run.labels.items()]
    traced("network", "create", *label, network, run=run.key)
    started: dict[str, RunningService] = {}
    with ExitStack() as stack:
        stack.callback(traced, "network", "rm", network, run=run.key)
        for alias, service in services.items():
            name = f"{network}-{alias}"
            stack.callback(_removed, name, run)
            env = [f"--env={key}={value}" for key, value in service.env.items()]
            beside = [f"--name={name}", f"--network={network}", f"--network-alias={alias}"]
            image = contexts.get(service.image, service.image)
            traced("run", "--detach", *beside, *label, *env, image, run=run.key)
            started[alias] = RunningService(name=name, network=network, run=run.key)
        yield started


def _removed(name: str, run: Run) -> None:
    with suppress(EngineError):
        traced("rm", "--force", "--volumes", name, run=run.key)
