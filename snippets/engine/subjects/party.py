"""An image -> a party that nobody can have in a test, such as an authority: up while a block runs, gone with it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from ...errors import EngineError
from ..docker import docker, try_docker
from ..run import Run
from .waiting import awaited

READY_S = 30.0


@contextmanager
def present(  # noqa: PLR0913 - what is started, how, and how one knows
    what: str,
    image: str,
    run: Run,
    options: Sequence[str],
    *,
    answers: Callable[[str], bool],
    command: Sequence[str] = (),
) -> Iterator[str]:
    """The id of its container, once it `answers`; raises EngineError, which calls it `what`, where it does not."""
    label = [f"--label={key}={value}" for key, value in run.labels.items()]
    (id_,) = docker("run", "--detach", "--init", *label, *options, image, *command)
    try:
        if awaited(lambda: answers(id_), READY_S, refuse=lambda: None) is None:
            said = "\n".join(docker("logs", id_))
            raise EngineError(f"{what} does not answer within {READY_S:.0f} s: {said}")
        yield id_
    finally:
        try_docker("rm", "--force", id_)


def named(network: str, *names: str) -> list[str]:
    """The options by which it is found on a network."""
    return [f"--network={network}", *(f"--network-alias={name}" for name in names)]
