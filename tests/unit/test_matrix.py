"""The matrix of who noticed: every promise has a column, and whoever else kills is told below."""

from snippets.contract import PROMISES
from snippets.proving.matrix import MutantRow, matrix

ROWS = (
    MutantRow(pitfall="db/open", killer="is-not-published", asked=(), noticed=()),
    MutantRow(pitfall="web/root", killer="numeric-non-root", asked=("builds-clean", "any-uid"), noticed=("any-uid",)),
)


def test_a_row_shows_who_killed_who_noticed_and_who_did_not() -> None:
    """The stated promise, another that noticed, one that was asked in vain, and silence for the rest."""
    row = next(line for line in matrix(ROWS) if line.startswith("web/root"))

    cells = dict(zip(PROMISES, row.removeprefix("web/root").removeprefix("  ").ljust(59)[::2], strict=True))
    assert {slug: cell for slug, cell in cells.items() if cell != " "} == {
        "builds-clean": ".",
        "numeric-non-root": "#",
        "any-uid": "x",
    }


def test_who_kills_is_counted_promises_first() -> None:
    """One that kills nothing says so, and a rehearsal stands after the thirty."""
    told = [line for line in matrix(ROWS) if " kills " in line]

    assert len(told) == len(PROMISES) + 1
    assert told[0] == "01 builds-clean       kills 0: none"
    assert any(line.endswith("numeric-non-root   kills 1: web/root") for line in told)
    assert told[-1] == "-- is-not-published   kills 1: db/open"
