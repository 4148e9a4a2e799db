"""The line that moves on a terminal: it counts, names the last test, and leaves the terminal to the summary."""

import io
from dataclasses import dataclass

from rich.console import Console

from snippets.proving.progress import ProgressLine


@dataclass
class Report:
    """As much of a report as the line looks at."""

    when: str
    passed: bool
    nodeid: str = "tests/x.py::test_drains[web]"


def test_the_line_counts_and_names_the_last_test() -> None:
    """Calls count, and a set-up that fails; a set-up that passes does not."""
    terminal = io.StringIO()
    line = ProgressLine(Console(file=terminal, force_terminal=True, width=100))
    line.pytest_sessionstart()
    line.pytest_xdist_node_collection_finished(["a", "b", "c"])
    for report in (Report("setup", passed=True), Report("call", passed=True), Report("setup", passed=False)):
        line.pytest_runtest_logreport(report)  # type: ignore[arg-type] # it has what is looked at
    line.pytest_sessionfinish()

    assert "2/3" in terminal.getvalue()
    assert "test_drains[web]" in terminal.getvalue()


def test_what_passes_has_no_letter_and_what_fails_keeps_its_own() -> None:
    """A dot a test would break the line that moves."""
    line = ProgressLine(Console(file=io.StringIO()))

    assert line.pytest_report_teststatus(Report("call", passed=True)) == ("passed", "", "")  # type: ignore[arg-type] # as above
    assert line.pytest_report_teststatus(Report("call", passed=False)) is None  # type: ignore[arg-type] # as above
