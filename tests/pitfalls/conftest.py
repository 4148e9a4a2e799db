"""What the mutation run shares: who else is asked of a mutant, and the matrix of who noticed."""

import msgspec
import pytest

from snippets.proving.matrix import PROPERTY, MutantRow, matrix

ROWS = pytest.StashKey[list[MutantRow]]()


def pytest_configure(config: pytest.Config) -> None:
    """Gather rows in the controller."""
    config.stash[ROWS] = []
    config.pluginmanager.register(Gatherer(config.stash[ROWS]))


class Gatherer:
    """Takes in what tests noticed, as their reports arrive."""

    def __init__(self, rows: list[MutantRow]) -> None:
        self._rows = rows

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """One row a pitfall that was caught."""
        if report.when == "call" and report.passed:
            noticed = [str(text) for kind, text in report.user_properties if kind == PROPERTY]
            self._rows += [msgspec.json.decode(text, type=MutantRow) for text in noticed]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print it where somebody else was asked."""
        if any(row.asked for row in self._rows):
            for line in matrix(self._rows):
                terminalreporter.write_line(line)
