"""pytest plugin: reports as they come -> one line on a terminal that moves; elsewhere pytest's own plain lines."""

import pytest
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


class ProgressLine:
    """How many tests are done, which was the last, how long it took so far; gone before the summary is printed."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("proving"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}", style="dim", markup=False),
            console=console,
            transient=True,
        )
        # Making bases and collecting tests takes its time, and the number is not known before.
        self._task = self._progress.add_task("collecting", total=None)

    def pytest_sessionstart(self) -> None:
        """Start moving."""
        self._progress.start()

    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """Every worker collects the same tests."""
        self._progress.update(self._task, total=len(ids), description="")

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Know the number where there are no workers."""
        if session.items:
            self._progress.update(self._task, total=len(session.items), description="")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """One more, or one that could not even begin."""
        if report.when == "call" or (report.when == "setup" and not report.passed):
            name = report.nodeid.rpartition("::")[2]
            self._progress.update(self._task, advance=1, description=name)

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """No dots: the line stands in their place. What failed keeps its letter."""
        return ("passed", "", "") if report.when == "call" and report.passed else None

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Leave the terminal to the summary."""
        self._progress.stop()
