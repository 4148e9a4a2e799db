"""What tests at the worst share: the loneliest image there is, a network, and a host that holds nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from snippets.engine.engine import Engine
from snippets.engine.subjects.host import Host, network, rented
from snippets.engine.subjects.image import BuiltImage
from tests.faults.hostile import ALONE, DEBIAN, SERVES, built


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Contexts of the images of a module."""
    return tmp_path_factory.mktemp("hostile")


@pytest.fixture(scope="module")
def alone(engine: Engine, folders: Path) -> BuiltImage:
    """A server that is the only program of its image: no shell, no libraries, no user names."""
    return built(engine, folders / "alone", ALONE + SERVES, DEBIAN)


@pytest.fixture(scope="module")
def internet(engine: Engine) -> Iterator[str]:
    """A network that all are on."""
    with network(engine.run, "internet") as made:
        yield made


@pytest.fixture(scope="module")
def web(engine: Engine, internet: str) -> Iterator[Host]:
    """A host that holds nothing."""
    with rented("web", [internet], engine.run) as host:
        yield host
