"""Rehearsals: compose projects through pytest-docker, and a finding from every test that rehearses."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess, run
from typing import cast

import pytest
from pytest_docker.plugin import Services, get_docker_services

from snippets.catalog import Catalog
from snippets.contract import Finding, Verdict
from snippets.engine import Engine
from snippets.engine.build import one_build
from snippets.engine.stage import Stage, staged
from snippets.errors import ContainerError
from snippets.objection import rehearsal_rules
from snippets.recorder import Account, Witness

SEEN = pytest.StashKey[list[str]]()
COMPOSE_TIMEOUT_S = 300


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
        done = run(
            ["docker", "compose", *arguments],
            cwd=self.stage.root,
            env=dict(self.stage.env),
            capture_output=True,
            text=True,
            timeout=COMPOSE_TIMEOUT_S,
            check=False,
        )
        if check and done.returncode != 0:
            message = f"`docker compose {' '.join(arguments)}` exits {done.returncode}:\n{done.stderr[-2000:]}"
            raise ContainerError(message)
        return done

    def logs(self, service: str) -> str:
        """Everything a service printed."""
        return self.compose("logs", "--no-log-prefix", service).stdout


@pytest.fixture(scope="module")
def compose_stage(
    request: pytest.FixtureRequest, engine: Engine, catalog: Catalog, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """The module's snippet, assembled, with its secrets made by its own command."""
    name = next(mark.args[0] for mark in request.node.iter_markers("rehearses"))
    with staged(engine, catalog.snippets[name], tmp_path_factory.mktemp(name), name) as stage:
        # Beside compose.yaml, where readers would put it: a port of this machine that is free.
        (stage.root / ".env").write_text(f"PORT={free_port()}\n")
        done = stage.run(catalog.snippets[name].commands["secrets"])
        assert done.returncode == 0, done.stdout
        yield stage


def free_port() -> int:
    """A port of 127.0.0.1 on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def docker_compose_file(compose_stage: Stage) -> list[str]:
    """The published file, and the override that stands bases in."""
    return [str(compose_stage.root / "compose.yaml"), str(compose_stage.override)]


@pytest.fixture(scope="module")
def docker_compose_project_name(compose_stage: Stage) -> str:
    """A name by which a later run finds what this one left."""
    return compose_stage.env["COMPOSE_PROJECT_NAME"]


@pytest.fixture(scope="module")
def docker_services(
    compose_stage: Stage, docker_compose_file: list[str], docker_compose_project_name: str
) -> Iterator[Services]:
    """The project, up and healthy; pytest-docker itself neither tidies up nor says why where it is not."""
    up, down = ["up --build --detach --wait"], ["down --volumes --timeout 5"]
    services = get_docker_services("docker compose", docker_compose_file, docker_compose_project_name, up, down)
    try:
        with one_build():
            running = services.__enter__()
    except Exception as error:  # noqa: BLE001 - pytest-docker raises nothing narrower
        logs = run(
            ["docker", "compose", "logs", "--tail=20"],
            cwd=compose_stage.root,
            env=dict(compose_stage.env),
            capture_output=True,
            text=True,
            check=False,
        )
        message = f"the project does not come up: {error}\n{logs.stdout}"
        raise ContainerError(message) from None
    yield running
    services.__exit__(None, None, None)


@pytest.fixture
def stack(compose_stage: Stage, docker_services: Services) -> Stack:
    """The running project."""
    port = docker_services.port_for("web", 8000)
    return Stack(stage=compose_stage, url=f"http://127.0.0.1:{port}")


@pytest.fixture
def seen(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Through which a rehearsal says what it saw; one that says nothing proves nothing."""
    said: list[str] = []
    request.node.stash[SEEN] = said
    return said.append


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Refuse a rehearsal that passes without a word."""
    yield
    if item.get_closest_marker("rehearses") and not item.stash.get(SEEN, []):
        pytest.fail(f"{item.name} says nothing of what it saw", pytrace=False)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Turn the outcome of a rehearsal into the finding of that name, before it is reported."""
    marker = item.get_closest_marker("rehearses")
    if marker is None or call.when != "call" or not isinstance(item, pytest.Function):
        return
    said: list[str] = item.stash.get(SEEN, [])
    engine, catalog = cast("Engine", item.funcargs["engine"]), cast("Catalog", item.funcargs["catalog"])
    finding = Finding(
        promise=item.originalname.removeprefix("test_").replace("_", "-"),
        rules=rehearsal_rules(item.path.name),
        verdict=Verdict.BROKEN if call.excinfo else Verdict.KEPT,
        seen=str(call.excinfo.value) if call.excinfo else "; ".join(said),
        took_s=round(call.duration, 2),
    )
    (name,) = marker.args
    # A configuration stands on what its image stands on.
    bases = engine.bases(catalog.snippets[catalog.snippets[name].host])
    Witness(item).testify(Account(snippets=[name], findings=[finding], engine=engine.description, bases=bases))
