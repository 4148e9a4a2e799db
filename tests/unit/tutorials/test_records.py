"""A tutorial's record: what it vouches for, and what voids it."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from snippets.catalog import Catalog, load
from snippets.evidence.records import Cell, Execution
from snippets.evidence.standing import State
from snippets.tutorials import Tutorial, tutorial_objection
from tests.unit.tutorials.page import NOW, PAGE, SERVERS, Standing, Write


def test_a_current_record_vouches_for_its_cells(tutorial: Tutorial, catalog: Catalog, execution: Execution) -> None:
    """There is no objection to the record of these very cells, even if prose was written since."""
    assert tutorial_objection(tutorial, catalog, execution, now=NOW) is None


def test_prose_may_change_without_a_run(write: Write, catalog: Catalog, execution: Execution) -> None:
    """An edit between cells voids nothing."""
    assert tutorial_objection(write(PAGE.replace("Then", "After that")), catalog, execution, now=NOW) is None


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (("--count", "--quiet"), "tutorial page changed since 2026-11-23: the cell(s) in line 17"),
        (("two", "three"), "tutorial page changed since 2026-11-23: the cell(s) in line 24"),
        (("```python", "```bash\ntrue\n```\n\n```python"), "changed since 2026-11-23: 3 cells, and 2 were executed"),
        (("```python", "```bash"), "tutorial page was executed on 2026-11-23 otherwise, or with other files of deploy"),
    ],
)
def test_any_changed_cell_voids_the_record(
    write: Write, catalog: Catalog, execution: Execution, edit: tuple[str, str], why: str
) -> None:
    """The objection names the cell that moved, or how many there are."""
    assert why in str(tutorial_objection(write(PAGE.replace(*edit)), catalog, execution, now=NOW))


def test_a_changed_snippet_voids_the_record(tutorial: Tutorial, library: Path, execution: Execution) -> None:
    """The cells are the same, but what they fetch is not: the objection names the snippets."""
    (library / "deploy" / "deploy.yml").write_text("steps: [x]\n")

    why = tutorial_objection(tutorial, load(library), execution, now=NOW)

    assert why == "tutorial page was executed on 2026-11-23 otherwise, or with other files of deploy, than today"


def test_where_cells_are_run_is_part_of_the_record(write: Write, catalog: Catalog) -> None:
    """A run of the same cells on this machine is none of those where servers are deployed from."""
    assert write(SERVERS).digest(catalog) != write(SERVERS.replace("servers: web\n", "")).digest(catalog)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"tutorial": "other"}, "tutorial page was never executed: the record is of other"),
        (
            {"verified_at": NOW + timedelta(hours=1)},
            "tutorial page was executed in the future: 2026-11-23T13:00:00+00:00",
        ),
        (
            {"verified_at": NOW - timedelta(days=31)},
            "tutorial page was last executed on 2026-10-23, more than 30 days ago",
        ),
        (
            {"verified_at": datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))},
            "tutorial page was executed before there was an engine: 0001-01-01T00:00:00+14:00",
        ),
        (
            {"verified_at": datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-14)))},
            "tutorial page was executed in the future: 9999-12-31T23:00:00-14:00",
        ),
        ({"engine": " "}, "tutorial page: the record names no engine"),
    ],
)
def test_a_record_of_something_else_counts_as_none(
    tutorial: Tutorial, catalog: Catalog, execution: Execution, change: dict[str, object], why: str
) -> None:
    """Another tutorial's, the future's and, where publishing asks for it, an old one."""
    record = replace(execution, **change)  # type: ignore[arg-type]

    assert tutorial_objection(tutorial, catalog, record, now=NOW, max_age=timedelta(days=30)) == why


def test_a_record_of_silence_counts_as_none(tutorial: Tutorial, catalog: Catalog, execution: Execution) -> None:
    """Cells that printed nothing at all are no evidence that they ran."""
    silent = replace(execution, cells=[Cell(source=cell.text, output="") for cell in tutorial.cells])

    assert tutorial_objection(tutorial, catalog, silent, now=NOW) == "tutorial page was executed, but nothing was seen"


def test_standing_follows_the_record(tutorial: Tutorial, execution: Execution, standing: Standing) -> None:
    """Without a record a tutorial is unproven, with a current one proven."""
    without = standing(tutorial, None)

    assert (without.state, without.objection) == (State.UNPROVEN, "tutorial page was never executed")
    assert standing(tutorial, execution).state is State.PROVEN


def test_a_record_edited_by_hand_counts_as_none(
    tutorial: Tutorial, execution: Execution, standing: Standing, tmp_path: Path
) -> None:
    """An output that nobody saw cannot be written into a record."""
    standing(tutorial, execution)
    path = tmp_path / "evidence" / "tutorials" / "page.json"
    path.write_text(path.read_text().replace("<0>", "<9>"))

    stands = standing(tutorial, None)

    assert stands.state is State.UNPROVEN
    assert "its checksum does not match" in str(stands.objection)
