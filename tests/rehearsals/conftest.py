"""What rehearsals and commands share: a subject of several parts that is up for all that is asked of its snippet."""

from collections.abc import Iterator

import pytest

from snippets.engine.engine import Engine
from snippets.proving.sharing import Subjects


@pytest.fixture(scope="session")
def subjects(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Subjects]:
    """One at a time."""
    subjects = Subjects(engine, tmp_path_factory.mktemp("subjects"))
    yield subjects
    subjects.close()


def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """End what nothing more is asked of: a cluster that is up takes from whoever is tried after it."""
    if "subjects" not in (nextitem.fixturenames if isinstance(nextitem, pytest.Function) else ()):
        subjects = item.funcargs.get("subjects") if isinstance(item, pytest.Function) else None
        if isinstance(subjects, Subjects):
            subjects.close()
