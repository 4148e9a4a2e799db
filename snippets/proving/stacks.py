"""A compose snippet -> its project, prepared by its own commands and brought up through pytest-docker."""

import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from ..catalog.kinds import UP as UP_COMMAND
from ..catalog.metadata import StackTable
from ..catalog.snippet import COMPOSE, DOTENV, Snippet
from ..engine.docker import engine_error, engine_fault
from ..engine.engine import Engine
from ..engine.subjects.stack import DOWN, UP, ComposeStack
from ..engine.subjects.waiting import LOG_LINES
from ..engine.subjects.workdir import Workdir, laid_out
from ..errors import ContainerError, NotReadyError

ANSI = re.compile(r"\x1b\[[\d;]*[A-Za-z]")
BUILD = "docker compose build"
PORT = "{port}"


@contextmanager
def started(
    engine: Engine, snippet: Snippet, folder: Path, project: str, replaced: Mapping[Path, str] | None = None
) -> Iterator[ComposeStack]:
    """The project of a compose snippet, up and healthy; NotReadyError where it does not come up.

    What stands above the command `up` is run before, as a reader would; `replaced` is as for `laid_out`.
    """
    # pytest is there where tests are; readers of the command line have none.
    from pytest_docker.plugin import get_docker_services  # noqa: PLC0415 - see above

    table = snippet.table.stack
    assert table is not None, "the door asks every compose project for it"
    contexts = engine.contexts(snippet.bases)
    with laid_out(snippet, folder, project, run=engine.run, contexts=contexts, replaced=replaced) as workdir:
        # Beside compose.yaml, where readers would put it.
        settings = dotenv(table)
        (workdir.root / DOTENV).write_text(settings)
        _prepare(workdir, snippet)
        files = [str(workdir.root / COMPOSE), str(workdir.override)]
        services = get_docker_services("docker compose", files, workdir.env["COMPOSE_PROJECT_NAME"], [UP], [DOWN])
        stack = ComposeStack(workdir=workdir, dotenv=settings, service=table.service, port=table.port)
        # By itself: one build at a time, while whoever is built already comes up beside it.
        built = workdir.run(BUILD)
        if built.status != 0:
            raise NotReadyError(_why_down(stack, built.stdout))
        try:
            services.__enter__()
        except Exception as error:  # noqa: BLE001 - pytest-docker raises nothing narrower
            if fault := engine_fault(str(error)):
                raise engine_error(f"docker compose {UP}", fault) from None
            # It neither tidies up nor says why.
            raise NotReadyError(_why_down(stack, _printed(str(error)))) from None
        yield stack
        services.__exit__(None, None, None)


def _prepare(workdir: Workdir, snippet: Snippet) -> None:
    for name, command in snippet.commands.items():
        if name == UP_COMMAND:
            return
        done = workdir.run(command)
        if done.status != 0:
            raise NotReadyError(f"`{name}` exits {done.status}: {done.stdout[-2000:]}")


def dotenv(table: StackTable) -> str:
    """What `.env` says: for each `{port}` a port of 127.0.0.1 on which nothing listens, another each time."""
    text = "".join(f"{name}={value}\n" for name, value in ({table.published: PORT} | table.env).items())
    with ExitStack() as probes:
        while PORT in text:
            probe = probes.enter_context(socket.socket())
            probe.bind(("127.0.0.1", 0))
            text = text.replace(PORT, str(probe.getsockname()[1]), 1)
    return text


def _printed(said: str) -> str:
    """What a command printed, without pytest-docker's own words around it."""
    return said.partition('"""')[2].rpartition('"""')[0] or said


def _why_down(stack: ComposeStack, error: str) -> str:
    """What compose said last, and what its containers did, each line once: a service that restarts repeats itself."""
    said = [line for line in error.splitlines() if line.strip('". ')]
    logs: list[str] = []
    with suppress(ContainerError):
        logs = stack.compose(f"logs --no-color --tail={LOG_LINES}").stdout.splitlines()
    lines = (ANSI.sub("", line).rstrip() for line in [*said[-1:], *logs])
    told = "\n".join(dict.fromkeys(line for line in lines if line))
    bare = told.replace(stack.workdir.env["COMPOSE_PROJECT_NAME"] + "-", "")
    return f"the project does not come up: {bare}"
