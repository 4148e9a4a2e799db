"""All changes or none: full disks, read-only directories, runs that are killed at any point."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from snippets.errors import ProjectError
from snippets.project import Change, Target, is_interrupted, recover, write
from tests.unit.odd import lay
from tests.unit.test_target import tree

OLD, NEW = b"old\n", b"new\n"
CHANGES = [
    Change(path="Dockerfile", before=OLD, after=NEW),
    Change(path="app/__init__.py", before=None, after=NEW),
    Change(path="app/run.sh", before=None, after=b"#!/bin/sh\n", executable=True),
]
PATHS = [change.path for change in CHANGES]
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


@pytest.mark.parametrize(
    ("found", "executable", "after"),
    [
        (0o644, None, 0o644),
        (0o644, True, 0o755),
        (0o640, True, 0o750),
        (0o644, False, 0o644),
        (0o755, False, 0o644),
        (0o751, None, 0o751),
        (0o4755, None, 0o755),
        (0o4755, False, 0o644),
        (None, None, 0o640),
        (None, True, 0o750),
        (None, False, 0o640),
    ],
)
def test_a_file_keeps_its_permissions_but_for_what_is_asked(
    found: int | None, after: int, project: Path, *, executable: bool | None
) -> None:
    """Whoever may read it may run it; a new one gets what every file gets, or what another has."""
    place = project / "Dockerfile"
    if found is None:
        place.unlink()
    else:
        place.chmod(found)
    before = os.umask(0o027)
    try:
        target = Target.at(project)
        write(target, [Change(path="Dockerfile", before=target.read("Dockerfile"), after=NEW, executable=executable)])
        write(target, [Change(path="beside", before=None, after=NEW, like="Dockerfile")])
    finally:
        os.umask(before)

    assert place.stat().st_mode & 0o7777 == after
    assert (project / "beside").stat().st_mode & 0o7777 == after


def test_names_that_were_given_are_there_after_the_power_went(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes are on the disk before they have their name, and then the directory that says so."""
    real, synced = os.fsync, list[int]()

    def told(handle: int) -> None:
        synced.append(os.fstat(handle).st_ino)
        real(handle)

    monkeypatch.setattr("os.fsync", told)
    write(Target.at(project), CHANGES)

    files = [project / change.path for change in CHANGES]
    assert synced[: len(files)] == [file.stat().st_ino for file in files]
    assert set(synced[len(files) :]) == {file.parent.stat().st_ino for file in files}


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


@pytest.mark.parametrize("function", ["rename", "link", "unlink", "open", "fdopen", "fsync", "chmod", "mkdir", "lstat"])
@pytest.mark.parametrize("count", range(1, 10))
@pytest.mark.parametrize("times", [1, 1_000])
def test_a_system_that_refuses_loses_nothing(
    function: str, count: int, times: int, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever call it refuses, once or from then on: all is as it was, or is kept, if need be after the next run."""
    calls = 0
    real = getattr(os, function)

    def refusing(*arguments: object, **options: object) -> object:
        nonlocal calls
        calls += 1
        if count <= calls < count + times:
            raise OSError(28, "No space left on device", str(arguments[0]))
        return real(*arguments, **options)

    before = tree(project)
    monkeypatch.setattr(f"os.{function}", refusing)
    refused = ""
    try:
        write(Target.at(project), CHANGES)
    except ProjectError as error:
        refused = str(error)
    monkeypatch.undo()

    recover(Target.at(project), PATHS)

    # What cannot be looked at again counts as changed.
    assert not refused or "No space left on device" in refused or "changed just now" in refused
    left = tree(project)
    left.pop(".handbook/lock", None)
    kept = left.pop("Dockerfile.before-handbook", None)
    # Where nothing can be read any more, what lies there may be somebody's save, and both are kept.
    assert left == (before if refused and kept is None else {**AFTER, "mine.py": b"mine\n"})
    assert kept in {None, OLD}
    assert times > 1 or not refused or kept is None


@pytest.mark.parametrize("function", ["rename", "link", "fsync", "unlink"])
@pytest.mark.parametrize("count", [1, 2, 4])
def test_a_run_that_is_killed_leaves_each_file_whole(function: str, count: int, project: Path) -> None:
    """At whatever point: each is as it was or as it is to be, and the same command does what was not done."""
    command = [sys.executable, "-c", KILLED, str(project), function, str(count)]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert done.returncode in {0, 9}, done.stderr

    recover(Target.at(project), PATHS)

    target, left = Target.at(project), tree(project)
    left.pop(".handbook/lock", None)
    assert left.pop("mine.py") == b"mine\n"
    assert left.pop("Dockerfile.before-handbook", OLD) == OLD
    assert left.keys() <= AFTER.keys()
    assert all(content in {AFTER[path], OLD if path == "Dockerfile" else None} for path, content in left.items())
    assert not is_interrupted(target, PATHS)
    again = [Change(path=c.path, before=target.read(c.path), after=c.after, executable=c.executable) for c in CHANGES]
    write(target, again)
    assert {path: tree(project)[path] for path in AFTER} == AFTER


def test_what_was_saved_after_a_kill_is_kept_beside_what_was_moved_aside(project: Path) -> None:
    """Both are the reader's, and a sentence says so."""
    (project / "Dockerfile").rename(project / ".handbook-old-Dockerfile")
    (project / "Dockerfile").write_bytes(b"by hand\n")

    told = recover(Target.at(project), PATHS)

    said = "Dockerfile was saved since, and Dockerfile.before-handbook is what it had moved aside"
    assert told == [f"a run before this one was interrupted: {said}"]
    assert tree(project) == {"Dockerfile": b"by hand\n", "Dockerfile.before-handbook": OLD, "mine.py": b"mine\n"}
    assert recover(Target.at(project), PATHS) == []


def test_what_a_killed_run_moved_aside_is_put_back(project: Path) -> None:
    """The place is empty: whoever looks at it sees a file that is gone."""
    (project / "Dockerfile").rename(project / ".handbook-old-Dockerfile")
    before = tree(project)
    assert is_interrupted(Target.at(project), PATHS)
    assert tree(project) == before

    assert recover(Target.at(project), PATHS) == ["a run before this one was interrupted: Dockerfile is back"]
    assert tree(project) == {"Dockerfile": OLD, "mine.py": b"mine\n"}


@pytest.mark.parametrize("name", [".handbook-old-.git", ".handbook-old-a\\b", ".handbook-old-", ".handbook-old-NUL"])
def test_names_that_no_run_leaves_are_left(name: str, project: Path) -> None:
    """They came with a clone, and say where to go."""
    (project / name).write_text("theirs\n")
    before = tree(project)

    assert recover(Target.at(project), PATHS) == []
    assert tree(project) == before


@pytest.mark.parametrize("kind", ["link", "directory", "pipe"])
def test_what_is_named_so_and_is_no_file_is_told(kind: str, project: Path, tmp_path: Path) -> None:
    """Nothing is followed, read or removed."""
    left = project / ".handbook-old-Dockerfile"
    lay(kind, left, tmp_path)

    with pytest.raises(ProjectError, match=r"^\.handbook-old-Dockerfile: not a file"):
        recover(Target.at(project), PATHS)

    assert (project / "Dockerfile").read_bytes() == OLD


@pytest.mark.parametrize("kind", ["directory", "link", "pipe", "removed"])
def test_what_is_no_file_any_more_is_left_as_it_is(kind: str, project: Path) -> None:
    """It was one when it was read."""
    place = project / "Dockerfile"
    place.unlink()
    lay(kind, place, "mine.py")

    with pytest.raises(ProjectError):
        write(Target.at(project), CHANGES)

    assert (place.is_dir(), place.is_symlink(), place.is_fifo(), place.exists()) == (
        kind == "directory",
        kind == "link",
        kind == "pipe",
        kind != "removed",
    )
    assert not (project / "app").exists()


def test_a_file_that_is_removed_takes_its_empty_directory_along(project: Path) -> None:
    """And nothing that holds anything else."""
    (project / ".handbook/original/app").mkdir(parents=True)
    (project / ".handbook/original/app/a").write_bytes(OLD)
    (project / ".handbook/original/b").write_bytes(OLD)

    write(Target.at(project), [Change(path=".handbook/original/app/a", before=OLD, after=None)])

    assert tree(project) == {".handbook/original/b": OLD, "Dockerfile": OLD, "mine.py": b"mine\n"}
    assert not (project / ".handbook/original/app").exists()
