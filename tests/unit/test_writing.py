"""All changes or none: full disks, read-only directories, runs that are killed at any point."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from snippets.errors import ProjectError
from snippets.project import Change, Target, recover, write
from snippets.project.journal import PENDING
from tests.unit.test_target import tree

OLD, NEW = b"old\n", b"new\n"
CHANGES = [
    Change(path="Dockerfile", before=OLD, after=NEW),
    Change(path="app/__init__.py", before=None, after=NEW),
    Change(path="app/run.sh", before=None, after=b"#!/bin/sh\n", executable=True),
]
AFTER = {"Dockerfile": NEW, "app/__init__.py": NEW, "app/run.sh": b"#!/bin/sh\n"}
# Ends without a word at the n-th call of one of the system's own functions, as `kill -9` would.
KILLED = """
import os, sys
from pathlib import Path
from snippets.project import Target, write
from tests.unit.test_writing import CHANGES
function, count = sys.argv[2], int(sys.argv[3])
real = getattr(os, function)
def counted(*arguments, **options):
    global count
    count -= 1
    if count == 0:
        os._exit(9)
    return real(*arguments, **options)
setattr(os, function, counted)
write(Target.at(Path(sys.argv[1])), CHANGES)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one file of the reader's and one that is to change."""
    root = tmp_path / "project"
    root.mkdir()
    (root / "Dockerfile").write_bytes(OLD)
    (root / "mine.py").write_bytes(b"mine\n")
    return root


def test_all_changes_are_made(project: Path) -> None:
    """With the modes that they need; what is not named is left, and nothing of our own stays."""
    (project / "Dockerfile").chmod(0o640)

    write(Target.at(project), CHANGES)

    assert tree(project) == {**AFTER, "mine.py": b"mine\n"}
    assert (project / "Dockerfile").stat().st_mode & 0o777 == 0o640
    assert (project / "app/run.sh").stat().st_mode & 0o100
    assert not (project / "app/__init__.py").stat().st_mode & 0o111
    assert not (project / ".handbook").exists()


def test_a_directory_that_is_not_there_is_made(tmp_path: Path) -> None:
    """With those above it."""
    write(Target.at(tmp_path / "a/b"), CHANGES[1:])

    assert (tmp_path / "a/b/app/__init__.py").read_bytes() == NEW


def test_what_changed_since_it_was_read_is_not_written_over(project: Path) -> None:
    """Nor is anything else written, and a directory that was made for it goes again."""
    (project / "Dockerfile").write_bytes(b"edited just now\n")
    before = tree(project)

    with pytest.raises(ProjectError, match=r"^Dockerfile: changed just now"):
        write(Target.at(project), CHANGES)
    with pytest.raises(ProjectError, match=r"^Dockerfile: changed just now"):
        write(Target.at(project / "new/one"), CHANGES)

    assert tree(project) == before
    assert not (project / "new").exists()


@pytest.mark.parametrize("function", ["replace", "open", "chmod", "rename", "mkdir"])
@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_a_system_that_refuses_changes_nothing(
    function: str, count: int, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever call it refuses: a full disk, a directory that may not be written, a file that may not be moved."""
    calls = 0
    module = "io" if function == "open" else "os"
    real = getattr(__import__(module), function)

    def refusing(*arguments: object, **options: object) -> object:
        nonlocal calls
        calls += 1
        if calls == count:
            raise OSError(28, "No space left on device", str(arguments[0]))
        return real(*arguments, **options)

    before = tree(project)
    monkeypatch.setattr(f"{module}.{function}", refusing)
    try:
        write(Target.at(project), CHANGES)
    except ProjectError as error:
        refused = str(error)
        monkeypatch.undo()
    else:
        refused = ""
        monkeypatch.undo()
    if refused:
        assert "No space left on device" in refused
        assert tree(project) == before
    else:
        # It was asked less often than that, or all was done by then.
        recover(Target.at(project))
        assert tree(project) == {**AFTER, "mine.py": b"mine\n"}


@pytest.mark.parametrize("function", ["replace", "rename", "fsync", "unlink"])
@pytest.mark.parametrize("count", [1, 2, 3, 4, 6])
def test_a_run_that_is_killed_is_finished_or_undone_by_the_next(function: str, count: int, project: Path) -> None:
    """At whatever point: afterwards all changes are made, or none, and nothing of ours is left."""
    before = tree(project)
    command = [sys.executable, "-c", KILLED, str(project), function, str(count)]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert done.returncode in {0, 9}, done.stderr

    recover(Target.at(project))

    left = tree(project)
    assert left in (before, {**before, **AFTER})
    assert done.returncode == 9 or left == {**before, **AFTER}


def test_what_was_edited_after_a_kill_is_kept_and_the_rest_undone(project: Path) -> None:
    """Going on would lose the edit."""
    command = [sys.executable, "-c", KILLED, str(project), "replace", "2"]
    subprocess.run(command, cwd=Path(__file__).parents[2], check=False)
    assert (project / PENDING).is_dir()
    (project / "app").mkdir(exist_ok=True)
    (project / "app/__init__.py").write_bytes(b"by hand\n")

    assert recover(Target.at(project)) == "undone"

    assert tree(project) == {"Dockerfile": OLD, "mine.py": b"mine\n", "app/__init__.py": b"by hand\n"}
    assert recover(Target.at(project)) is None


def test_a_journal_that_is_damaged_stops_everything(project: Path) -> None:
    """Nobody knows what it said; nothing is touched."""
    (project / PENDING).mkdir(parents=True)
    (project / PENDING / "journal.json").write_text("{")

    with pytest.raises(ProjectError, match="what it left is damaged"):
        write(Target.at(project), CHANGES)

    assert (project / "Dockerfile").read_bytes() == OLD


def test_two_runs_at_once_are_told_apart(project: Path) -> None:
    """The second one writes nothing."""
    (project / ".handbook").mkdir()
    handle = os.open(project / ".handbook", os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with pytest.raises(ProjectError, match="another `handbook` writes here"):
        write(Target.at(project), CHANGES)
    os.close(handle)

    assert (project / "Dockerfile").read_bytes() == OLD
