"""A service beside a container, such as its database -> the same in a container of its own, on a network of both."""

import shlex
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass

from ...contract.observation import Done
from ...contract.project import Beside
from ...errors import ContainerError, EngineError, NotReadyError, UndescribedError
from ..command import OverdueError, bounded
from ..docker import engine_error, engine_fault, traced
from ..run import Run
from ..trace import trace
from .handle import handled
from .waiting import awaited, quoted

STOP_S = 10
LISTENING_S = 30.0
MIGRATING_S = 120.0
COMMAND_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningService:
    """A service by the name of its container, and the network that both are in.

    The run that it is of and the id of the container that it was given to are for the bench.
    """

    name: str
    network: str
    run: str
    container: str = ""

    def execute(self, words: Sequence[str], *, check: bool) -> Done:
        """Run a program inside; where `check`, raises ContainerError when it exits non-zero."""
        done = bounded(["docker", "exec", self.name, *words], timeout_s=COMMAND_S)
        if done.status != 0 and (fault := engine_fault(done.stderr)):
            raise engine_error("docker exec", fault)
        if check and done.status != 0:
            raise ContainerError(f"`{shlex.join(words)}` exits {done.status}; {quoted(done.stdout + done.stderr)}")
        return done

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
    """Start them, each under its name as a host name, and wait until each listens.

    Nothing of them is published, and nothing left. Raises UndescribedError where one ends, or listens nowhere.
    """
    if not services:
        yield {}
        return
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
        for alias, running_ in started.items():
            _await_listening(alias, running_.name)
        yield started


def migrate(image: str, command: str, env: Mapping[str, str], services: Mapping[str, RunningService], run: Run) -> None:
    """Run a command of the image to its end, where its services are; raises NotReadyError where it fails."""
    started = time.monotonic()
    network = next(service.network for service in services.values())
    program, *arguments = shlex.split(command)
    told = [f"--env={key}={value}" for key, value in env.items()]
    label = [f"--label={key}={value}" for key, value in run.labels.items()]
    options = ["--rm", f"--network={network}", f"--entrypoint={program}", *label, *told]
    argv = ["docker", "run", *options, image, *arguments]
    try:
        done = bounded(argv, timeout_s=MIGRATING_S, together=True)
    except OverdueError as error:
        raise NotReadyError(f"`{command}` has no end within {MIGRATING_S:.0f} s; {quoted(error.done.stdout)}") from None
    if done.status != 0:
        if fault := engine_fault(done.stdout):
            raise engine_error("docker run", fault)
        raise NotReadyError(f"`{command}`, which is run before it serves, exits {done.status}; {quoted(done.stdout)}")
    trace("docker", {"argv": argv, "run": run.key, "image": image}, started)


def _await_listening(alias: str, name: str) -> None:
    """Before it listens whoever needs it at its own start would end."""
    with handled(name) as handle:
        try:
            waited_s = awaited(lambda: bool(handle.listening()), LISTENING_S, refuse=handle.refuse_exit)
        except ContainerError as error:
            raise UndescribedError(f"beside.{alias}", f"what it needs to run; as it is, {error}") from None
        if waited_s is None:
            said = f"a service that listens; within {LISTENING_S:.0f} s it did not"
            raise UndescribedError(f"beside.{alias}", f"{said}; {quoted(handle.printed('both'))}")


def _removed(name: str, run: Run) -> None:
    with suppress(EngineError):
        traced("rm", "--force", "--volumes", name, run=run.key)
