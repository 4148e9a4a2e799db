"""Running a tutorial: its cells in order, in one directory, and no failure is overlooked."""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from snippets.catalog import Catalog
from snippets.errors import EngineError
from snippets.evidence.records import Cell, Execution
from snippets.render.notebook import to_download
from snippets.tutorials import Tutorial
from snippets.tutorials.execution import CellError, execute
from tests.unit.tutorials.page import FRONT, PAGE, SERVERS, Write, cells


@pytest.fixture
def run(write: Write, catalog: Catalog, tmp_path: Path) -> Callable[..., list[str]]:
    """Execute a page in a fresh directory; what its cells printed."""

    def printed(text: str, timeout_s: float = 60, there: Sequence[str] = ()) -> list[str]:
        workdir = tmp_path / "work"
        workdir.mkdir()
        execution = execute(
            write(text),
            catalog=catalog,
            workdir=workdir,
            env=os.environ,
            engine="none",
            stand_in=False,
            there=there,
            timeout_s=timeout_s,
        )
        return [cell.output for cell in execution.cells]

    return printed


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (PAGE.replace("--count", "--quiet"), "jupytext reads other cells than the handbook: 2 of them"),
        (PAGE.replace("```bash", "```bash --x"), "jupytext reads options of a cell"),
        (PAGE.replace("Then", "Now"), "jupytext reads other prose than the handbook"),
        (PAGE.replace("[deploy]", "[1]"), "jupytext reads other front matter than the handbook"),
    ],
)
def test_what_jupytext_reads_otherwise_is_not_executed(
    tutorial: Tutorial, catalog: Catalog, tmp_path: Path, text: str, why: str
) -> None:
    """Should the two readers ever differ, nothing is run, so that no record comes of it."""
    workdir = tmp_path / "work"
    workdir.mkdir()

    with pytest.raises(CellError, match=f"tutorials/page.md: {why}"):
        execute(
            replace(tutorial, text=text), catalog=catalog, workdir=workdir, env=os.environ, engine="", stand_in=False
        )


def test_cells_run_in_order_in_one_directory(run: Callable[..., list[str]], tmp_path: Path) -> None:
    """Files go from cell to cell; the directory is shown as the reader's, without colours.

    A command that reads its standard input leaves the lines below it to bash.
    """
    page = cells("echo one > file", "cat file; pwd", r"printf '\033[31mred\033[0m\n' >&2", "cat\necho after")

    printed = run(f"{page}\n```python\nprint(1)\n2\n```\n")

    assert printed == ["", "one\n~/page", "red", "after", "1\n2"]
    assert (tmp_path / "work" / "file").read_text() == "one\n"


def test_a_cell_that_fails_ends_the_run(run: Callable[..., list[str]], tmp_path: Path) -> None:
    """The first line that fails is the last; the error names the cell and quotes its source and what it printed."""
    with pytest.raises(CellError) as failed:
        run(cells("echo fine", "echo before\n(exit 2)\ntouch after", "touch after"))

    assert str(failed.value) == (
        "tutorials/page.md:15: cell 2 of 3 failed: exit status 2\n"
        "    echo before\n    (exit 2)\n    touch after\n  It printed:\n    before"
    )
    assert not (tmp_path / "work" / "after").exists()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (cells("(exit 7) | cat"), "page.md:11: cell 1 of 1 failed: exit status 7"),
        (f"{FRONT}\n```python\nimport sys\nsys.exit(0)\n```\n", "cell 1 of 1 failed: SystemExit: 0"),
    ],
    ids=["pipe", "exit"],
)
def test_no_failure_is_overlooked(run: Callable[..., list[str]], text: str, why: str) -> None:
    """Neither one at the head of a pipe, nor an end that calls itself a success."""
    with pytest.raises(CellError, match=why):
        run(text)


def test_a_cell_that_hangs_ends_the_run(run: Callable[..., list[str]], tmp_path: Path) -> None:
    """It is ended with all it started, and the error says how long it had."""
    with pytest.raises(CellError, match="cell 1 of 1 failed: no end within 1 s"):
        run(cells("echo $$ > pid; exec tail -f /dev/null"), timeout_s=1)

    assert not Path("/proc", (tmp_path / "work" / "pid").read_text().strip()).exists()


@pytest.fixture
def there(tmp_path: Path) -> Sequence[str]:
    """Another machine, as far as a program can tell: a directory and a setting of its own, and one that quotes."""
    (tmp_path / "clone").mkdir()
    return ("env", f"--chdir={tmp_path / 'clone'}", "WHERE=there", "QUOTED=it's {x} $HOME")


def test_cells_of_servers_run_where_these_are_deployed_from(
    run: Callable[..., list[str]], tmp_path: Path, there: Sequence[str]
) -> None:
    """With what is set there, in the clone, by the same rules: errors in order, and nothing to read."""
    page = SERVERS.replace("tail -n 1", "cat") + '\n```bash\ncat keys -\necho lost >&2\necho "$WHERE: $QUOTED"\n```\n'
    programs = tmp_path / "clone" / "ansible-playbook"
    programs.write_text('#!/bin/sh\necho "$@"\n')
    programs.chmod(0o755)

    printed = run(page, there=(*there, f"PATH={programs.parent}{os.pathsep}{os.environ['PATH']}"))

    assert printed == ["", "web.yml", "key\nlost\nthere: it's {x} $HOME"]
    assert list((tmp_path / "work").iterdir()) == []


def test_no_failure_there_is_overlooked(run: Callable[..., list[str]], there: Sequence[str]) -> None:
    """The status of a cell is that of its last line there, and the error names the cell as it stands on the page."""
    with pytest.raises(CellError) as failed:
        run(SERVERS.replace("echo", "false; echo"), there=there)

    assert str(failed.value) == (
        "tutorials/page.md:13: cell 1 of 2 failed: exit status 1\n"
        "    false; echo key > keys\n  It printed:\n    nothing"
    )


def test_a_machine_that_is_gone_fails_a_cell(run: Callable[..., list[str]]) -> None:
    """Whatever stands before the shell there may fail as well."""
    with pytest.raises(CellError, match=r"page\.md:13: cell 1 of 2 failed: exit status 127"):
        run(SERVERS, there=("/nowhere/docker", "exec", "c1"))


@pytest.mark.parametrize(("text", "taken"), [(SERVERS, 0), (PAGE, 4)], ids=["here", "there"])
def test_no_cell_runs_on_the_wrong_machine(
    run: Callable[..., list[str]], there: Sequence[str], text: str, taken: int
) -> None:
    """What deploys to servers is not let loose on this one, nor the other way round."""
    with pytest.raises(EngineError, match=r"page\.md: its cells are run (elsewhere|here), and nowhere else"):
        run(text, there=there[:taken])


def test_a_machine_without_bash_is_an_error(tutorial: Tutorial, catalog: Catalog, tmp_path: Path) -> None:
    """IPython would go on to the next cell, and all would pass."""
    (tmp_path / "work").mkdir()

    with pytest.raises(EngineError, match="tutorials need `bash`"):
        execute(
            tutorial, catalog=catalog, workdir=tmp_path / "work", env={"PATH": str(tmp_path)}, engine="", stand_in=False
        )


def test_a_directory_in_use_is_an_error(tutorial: Tutorial, catalog: Catalog, tmp_path: Path) -> None:
    """What lies there already could make a cell pass that fails for a reader."""
    with pytest.raises(EngineError, match="is not empty: a tutorial starts as its reader does"):
        execute(tutorial, catalog=catalog, workdir=tmp_path, env=os.environ, engine="", stand_in=False)


def test_the_notebook_that_is_offered_is_what_is_run(write: Write, catalog: Catalog, tmp_path: Path) -> None:
    """Prose between its cells and all; one that has other cells than the page is no proof of the page."""
    tutorial = write(cells("echo one", "echo two"))
    blank = Execution(
        tutorial=tutorial.name,
        digest=tutorial.digest(catalog),
        engine="none",
        stand_in=False,
        verified_at=datetime.now(UTC),
        cells=[Cell(source=cell.text, output="") for cell in tutorial.cells],
    )
    offered = to_download(tutorial, blank)[tutorial.notebook]

    def printed(notebook: bytes, name: str) -> list[str]:
        (tmp_path / name).mkdir()
        execution = execute(
            tutorial,
            catalog=catalog,
            workdir=tmp_path / name,
            env=os.environ,
            engine="none",
            stand_in=False,
            notebook=notebook,
        )
        return [cell.output for cell in execution.cells]

    assert printed(offered, "offered") == ["one", "two"]
    with pytest.raises(CellError, match="its notebook has other cells than the page"):
        printed(offered.replace(b"echo two", b"echo three"), "other")
    with pytest.raises(CellError, match="it is no notebook"):
        printed(offered[:-9], "cut-off")
