"""A command -> its end inside a container, and whose fault it is where it fails."""

from collections.abc import Sequence
from dataclasses import replace

from ...contract.observation import Done
from ...errors import ContainerError
from ..command import OverdueError, bounded
from ..docker import docker
from .waiting import quoted


def executed(  # noqa: PLR0913 - what is run, where, and by whom
    id_: str,
    command: str,
    *,
    timeout_s: float,
    options: Sequence[str] = (),
    together: bool = False,
    console: str = "bash",
) -> Done:
    """Run a command of bash, or of what stands for it there; where `together`, errors are in stdout, in order.

    Raises EngineError where the engine fails, ContainerError where the container has ended. What the command itself
    prints is no sign of either: a host has an engine of its own, which fails in the same words. So the engine is asked.
    """
    argv = ["docker", "exec", *options, id_, console, "-euo", "pipefail", "-c", command]
    try:
        done = bounded(argv, timeout_s=timeout_s, together=together)
    except OverdueError as error:
        # A command without an end is its author's fault.
        done = replace(error.done, stdout=f"{error.done.stdout}\nno end within {timeout_s:.0f} s")
    if done.status != 0:
        refuse_end(id_)
    return done


def refuse_end(id_: str) -> None:
    """Raise ContainerError, with its last words, where the container does not run."""
    if docker("inspect", "--format={{.State.Running}}", id_) != ["true"]:
        said = "\n".join(docker("logs", id_))
        raise ContainerError(f"it has ended; {quoted(said)}")


def checked(done: Done, command: str, *, where: str = "") -> Done:
    """The same; raises ContainerError where it failed, with its last words."""
    if done.status != 0:
        place = f"{where}: " if where else ""
        raise ContainerError(f"{place}`{command}` exits {done.status}; {quoted(done.stdout + done.stderr)}")
    return done
