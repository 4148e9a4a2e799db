"""The loneliest image there is, for whoever asks what can be told of it."""

from pathlib import Path

import pytest

from snippets.engine.engine import Engine
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
