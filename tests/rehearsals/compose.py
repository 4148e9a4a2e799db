"""A compose snippet -> its project, up and healthy through pytest-docker, for rehearsals and for its mutants."""

import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from subprocess import CompletedProcess, run

from pytest_docker.plugin import Services, get_docker_services

from snippets.engine import Engine
from snippets.engine.build import one_build
from snippets.engine.stage import Stage, staged
from snippets.errors import ContainerError
from snippets.snippet import Snippet

COMPOSE_TIMEOUT_S = 300
TAIL_LINES = 20
ANSI = re.compile(r"\x1b\[[\d;]*[A-Za-z]")
WEB_PORT = 8000


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A compose project that is up: where it answers, and the same `docker compose` that readers use."""

    stage: Stage
    url: str

    @property
    def root(self) -> Path:
        """The assembled copy of the snippet's directory."""
        return self.stage.root

    def compose(self, *arguments: str, check: bool = True) -> CompletedProcess[str]:
        """Run `docker compose ARGUMENTS` in the project; where `check`, a failure quotes what it printed."""
        done = _compose(self.stage, *arguments)
        if check and done.returncode != 0:
            message = f"`docker compose {' '.join(arguments)}` exits {done.returncode}:\n{done.stderr[-2000:]}"
            raise ContainerError(message)
        return done

    def logs(self, service: str) -> str:
        """Everything a service printed."""
        return self.compose("logs", "--no-log-prefix", service).stdout


@contextmanager
def prepared(
    engine: Engine, snippet: Snippet, folder: Path, project: str, replaced: Mapping[Path, str] | None = None
) -> Iterator[Stage]:
    """The snippet, assembled below `folder`, with its secrets made by its own command; `replaced` as for `staged`."""
    with staged(engine, snippet, folder, project, replaced) as stage:
        # Beside compose.yaml, where readers would put it: a port of this machine that is free.
        (stage.root / ".env").write_text(f"PORT={free_port()}\n")
        done = stage.run(snippet.commands["secrets"])
        assert done.returncode == 0, done.stdout
        yield stage


def free_port() -> int:
    """A port of 127.0.0.1 on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def started(stage: Stage) -> Iterator[Services]:
    """The project, up and healthy; pytest-docker itself neither tidies up nor says why where it is not."""
    up, down = ["up --build --detach --wait"], ["down --volumes --timeout 5"]
    files = [str(stage.root / "compose.yaml"), str(stage.override)]
    services = get_docker_services("docker compose", files, stage.env["COMPOSE_PROJECT_NAME"], up, down)
    try:
        with one_build():
            running = services.__enter__()
    except Exception as error:  # noqa: BLE001 - pytest-docker raises nothing narrower
        raise ContainerError(_why_down(stage, str(error))) from None
    yield running
    services.__exit__(None, None, None)


def stack_of(stage: Stage, services: Services) -> Stack:
    """The running project, by where its application answers."""
    return Stack(stage=stage, url=f"http://127.0.0.1:{services.port_for('web', WEB_PORT)}")


def rehearsed(engine: Engine, owner: Snippet, slug: str, folder: Path, replaced: Mapping[Path, str]) -> str:
    """Run one rehearsal of a snippet on a mutant of it, and tell what it saw; raises ContainerError, AssertionError."""
    tests = import_module(f"tests.rehearsals.test_{owner.name.replace('-', '_')}")
    rehearse = getattr(tests, f"test_{slug.replace('-', '_')}")
    seen: list[str] = []
    with prepared(engine, owner, folder, f"{owner.name}-{slug}", replaced) as stage, started(stage) as services:
        rehearse(stack=stack_of(stage, services), seen=seen.append)
    assert seen, f"{slug} says nothing of what it saw"
    return "; ".join(seen)


def _why_down(stage: Stage, error: str) -> str:
    """What compose said last, and what its containers did, each line once: a service that restarts repeats itself."""
    said = [line for line in error.splitlines() if line.strip('". ')]
    logs = _compose(stage, "logs", "--no-color", f"--tail={TAIL_LINES}").stdout.splitlines()
    lines = (ANSI.sub("", line).rstrip() for line in [*said[-1:], *logs])
    told = "\n".join(dict.fromkeys(line for line in lines if line))
    return f"the project does not come up: {told.replace(stage.env['COMPOSE_PROJECT_NAME'] + '-', '')}"


def _compose(stage: Stage, *arguments: str) -> CompletedProcess[str]:
    return run(
        ["docker", "compose", *arguments],
        cwd=stage.root,
        env=dict(stage.env),
        capture_output=True,
        text=True,
        timeout=COMPOSE_TIMEOUT_S,
        check=False,
    )
