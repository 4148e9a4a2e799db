"""What rehearsals and commands share: a subject of several parts that is up for all that is asked of its snippet."""

from collections.abc import Iterator

import pytest

from snippets.engine.engine import Engine
from snippets.proving.judging import Subjects


@pytest.fixture(scope="session")
def subjects(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Subjects]:
    """One at a time."""
    subjects = Subjects(engine, tmp_path_factory.mktemp("subjects"))
    yield subjects
    subjects.close()
