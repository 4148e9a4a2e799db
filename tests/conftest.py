"""What proving shares: one run, one engine, one catalog, and the choice of what to prove."""

from contextlib import ExitStack

import pytest

from snippets.catalog import Catalog, load
from snippets.engine import Engine
from snippets.engine.bases import costs
from snippets.engine.run import current, opened
from snippets.errors import SnippetsError
from snippets.evidence import EvidenceStore
from snippets.recorder import Recorder, Witness
from snippets.standing import Standings
from snippets.summary import print_summary

CATALOG = pytest.StashKey[Catalog]()
RECORDER = pytest.StashKey[Recorder]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--stale` proves only what has no current record."""
    parser.addoption("--stale", action="store_true", help="prove only what has no current record")


def pytest_configure(config: pytest.Config) -> None:
    """Read the catalog; in the controller, record."""
    config.addinivalue_line("markers", "proves(*atoms): the atoms that a test proves, as <name>:<promise>")
    config.addinivalue_line("markers", "rehearses(snippet): a module whose tests are the snippet's rehearsal")
    try:
        config.stash[CATALOG] = load()
    except SnippetsError as error:
        raise pytest.UsageError(str(error)) from None
    if not hasattr(config, "workerinput"):
        config.stash[RECORDER] = Recorder(config.stash[CATALOG], EvidenceStore())
        config.pluginmanager.register(config.stash[RECORDER])
        run = ExitStack()
        run.enter_context(opened())
        config.add_cleanup(run.close)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what has a current record, where only the stale is asked for."""
    for item in items:
        if (marker := item.get_closest_marker("rehearses")) and isinstance(item, pytest.Function):
            slug = item.originalname.removeprefix("test_").replace("_", "-")
            item.add_marker(pytest.mark.proves(f"{marker.args[0]}:{slug}"))
    if not config.getoption("--stale"):
        return
    stale = Standings(catalog=config.stash[CATALOG], store=EvidenceStore()).stale_atoms()
    chosen = [item for item in items if any(stale & set(m.args) for m in item.iter_markers("proves"))]
    left = [item for item in items if item not in chosen]
    config.hook.pytest_deselected(items=left)
    items[:] = chosen


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """What was proven, what each base cost, and how long each snippet took."""
    run = current()
    grounds = costs(run) if run else ()
    print_summary(config.stash[RECORDER].written, grounds, terminalreporter.write_line)


@pytest.fixture(scope="session")
def catalog(pytestconfig: pytest.Config) -> Catalog:
    """The library."""
    return pytestconfig.stash[CATALOG]


@pytest.fixture(scope="session")
def engine() -> Engine:
    """The engine, within the run that the controller opened."""
    run = current()
    assert run is not None, "the controller opens the run before any worker starts"
    return Engine(run=run)


@pytest.fixture
def witness(request: pytest.FixtureRequest) -> Witness:
    """Through which a test says what it saw."""
    return Witness(request.node)
