"""Rehearsals: compose projects through pytest-docker, and a finding from every test that rehearses."""

from collections.abc import Callable, Iterator
from typing import cast

import pytest
from pytest_docker.plugin import Services

from snippets.catalog import Catalog
from snippets.contract import Finding, Verdict
from snippets.engine import Engine
from snippets.engine.stage import Stage
from snippets.objection import rehearsal_rules
from snippets.recorder import Account, Witness
from tests.rehearsals.compose import Stack, prepared, stack_of, started

SEEN = pytest.StashKey[list[str]]()


@pytest.fixture(scope="module")
def compose_stage(
    request: pytest.FixtureRequest, engine: Engine, catalog: Catalog, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """The module's snippet, assembled, with its secrets made."""
    name = next(mark.args[0] for mark in request.node.iter_markers("rehearses"))
    with prepared(engine, catalog.snippets[name], tmp_path_factory.mktemp(name), name) as stage:
        yield stage


@pytest.fixture(scope="module")
def docker_services(compose_stage: Stage) -> Iterator[Services]:
    """The project, up and healthy."""
    with started(compose_stage) as services:
        yield services


@pytest.fixture
def stack(compose_stage: Stage, docker_services: Services) -> Stack:
    """The running project."""
    return stack_of(compose_stage, docker_services)


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
