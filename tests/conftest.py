"""What proving shares: one run, one engine, one catalog, and the choice of what to prove."""

import sys
from contextlib import ExitStack
from datetime import UTC, date, datetime

import pytest
from rich.console import Console
from xdist.workermanage import WorkerController

from snippets.catalog import Catalog
from snippets.engine.bases.ground import costs
from snippets.engine.engine import Engine
from snippets.engine.run import current, opened
from snippets.engine.subjects.make import WHOLE, chosen
from snippets.errors import SnippetsError
from snippets.handbook import COMMITTED, Handbook
from snippets.proving.progress import ProgressLine
from snippets.proving.recorder import Recorder, Witness
from snippets.proving.summary import print_summary
from snippets.proving.turns import Believed, believed
from tests.schedule import FewServersAtATime, Schedule

HANDBOOK = pytest.StashKey[Handbook]()
RECORDER = pytest.StashKey[Recorder]()
BELIEVED = pytest.StashKey[Believed]()
DAY = pytest.StashKey[str]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--stale` and `--due` leave out what has a current record; `--witnesses` asks more than has to be."""
    parser.addoption("--stale", action="store_true", help="prove only what has no current record")
    parser.addoption(
        "--due",
        action="store_true",
        help="of pitfalls, servers, stacks and tutorials with a current record prove only those whose turn it is today",
    )
    parser.addoption(
        "--witnesses",
        choices=("none", "quick", "all"),
        default="none",
        help="which other promises are asked of each pitfall, for the matrix of who noticed",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Read the catalog; in the controller, record."""
    config.addinivalue_line("markers", "proves(*atoms): the atoms that a test proves, as <name>:<promise>")
    config.addinivalue_line("markers", "unrecorded: what no record tells, asked whichever records are current")
    config.addinivalue_line("markers", "machine: what whole machines are asked, for a container cannot tell it")
    try:
        config.stash[HANDBOOK] = Handbook.here()
    except SnippetsError as error:
        raise pytest.UsageError(str(error)) from None
    told = getattr(config, "workerinput", None)
    config.stash[DAY] = told["day"] if told else datetime.now(UTC).date().isoformat()
    config.stash[BELIEVED] = _believed(config)
    if told is None:
        handbook, on_machines = config.stash[HANDBOOK], chosen() is WHOLE
        # What was seen on whole machines is a record of its own: nobody asks them for all promises.
        store = handbook.machines if on_machines else handbook.store
        config.stash[RECORDER] = Recorder(handbook.catalog, store, partly=on_machines)
        config.stash[RECORDER].believe(config.stash[BELIEVED])
        config.stash[RECORDER].fall_back(Handbook.here(records=COMMITTED))
        config.pluginmanager.register(config.stash[RECORDER])
        if sys.stderr.isatty():
            config.pluginmanager.register(ProgressLine(Console(stderr=True)))
        run = ExitStack()
        run.enter_context(opened())
        config.add_cleanup(run.close)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: WorkerController) -> None:
    """Tell a worker what day it is: at midnight too all leave out the same."""
    node.workerinput["day"] = node.config.stash[DAY]


def _believed(config: pytest.Config) -> Believed:
    if not config.getoption("--due"):
        return Believed()
    return believed(Handbook.here(records=COMMITTED), date.fromisoformat(config.stash[DAY]))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes longest; leave out what is not due, and what has a current record where that is asked."""
    schedule = Schedule(config.stash[HANDBOOK].catalog)
    items.sort(key=lambda item: schedule.place(item.nodeid))
    proven = {item: {atom for mark in item.iter_markers("proves") for atom in mark.args} for item in items}
    left = config.stash[BELIEVED].atoms
    chosen = [item for item in items if not proven[item] or proven[item] - left]
    if config.getoption("--stale"):
        handbook = config.stash[HANDBOOK]
        stale = handbook.stale_atoms | handbook.withheld_atoms
        chosen = [item for item in chosen if proven[item] & stale or item.get_closest_marker("unrecorded")]
    kept = set(chosen)
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = chosen


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> FewServersAtATime:
    """Schedule by what tests share."""
    return FewServersAtATime(config, log, Schedule(config.stash[HANDBOOK].catalog))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """What was proven, what each base cost, and how long each snippet took."""
    run = current()
    grounds = costs(run) if run else ()
    recorder = config.stash[RECORDER]
    believed = config.stash[BELIEVED]
    print_summary(recorder.written, recorder.withheld, believed, grounds, terminalreporter.write_line)


@pytest.fixture(scope="session")
def catalog(pytestconfig: pytest.Config) -> Catalog:
    """The library."""
    return pytestconfig.stash[HANDBOOK].catalog


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
