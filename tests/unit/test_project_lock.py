"""One run at a time in a project: whatever the order in which runs come and go, and on systems with other locks."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from snippets.errors import ProjectError
from snippets.project import Target
from snippets.project import lock as locks
from snippets.project.lock import LOCK, alone
from tests.unit.odd import lay
from tests.unit.windows import play

ROOT = Path(__file__).parents[2]
HOLDS = """
import sys
from pathlib import Path
from snippets.project import Target
from snippets.project.lock import alone
with alone(Target.at(Path(sys.argv[1]))):
    print("held", flush=True)
    sys.stdin.read()
"""


def as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """No lock of the system's own."""
    monkeypatch.setattr(locks, "fcntl", None)
    monkeypatch.setattr(locks, "msvcrt", None)


SYSTEMS = pytest.mark.parametrize("system", [lambda _: None, play, as_none], ids=["posix", "windows", "none"])
System = Callable[[pytest.MonkeyPatch], None]


@SYSTEMS
def test_the_second_run_is_refused_and_nothing_is_left(
    system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Be it in the same process; afterwards the next one has it."""
    system(monkeypatch)
    target = Target.at(tmp_path)

    with alone(target), pytest.raises(ProjectError, match="another `handbook` writes here"), alone(target):
        pass
    with alone(target):
        assert (tmp_path / LOCK).is_file()

    assert list(tmp_path.iterdir()) == []


def test_another_process_is_told_and_a_killed_one_leaves_no_lock(tmp_path: Path) -> None:
    """The file stays where a run was killed, and holds nobody up."""
    command = [sys.executable, "-c", HOLDS, str(tmp_path)]
    holding = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holding.stdout is not None
    assert holding.stdout.readline() == "held\n"
    with pytest.raises(ProjectError, match="another `handbook` writes here"), alone(Target.at(tmp_path)):
        pass
    holding.kill()
    holding.communicate()
    assert (tmp_path / LOCK).exists()

    with alone(Target.at(tmp_path)):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_waited_at_the_door_takes_no_lock_that_was_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It opened the file of the run before it, which then ended: a third run would find another file free."""
    target, real = Target.at(tmp_path), locks._lock  # noqa: SLF001 - the moment between opening and locking
    held: list[int] = []

    def late(handle: int) -> None:
        if not held:
            held.append(handle)
            (tmp_path / LOCK).unlink()
        real(handle)

    monkeypatch.setattr(locks, "_lock", late)
    with alone(target):
        monkeypatch.undo()
        with pytest.raises(ProjectError, match="another `handbook` writes here"), alone(target):
            pass


@SYSTEMS
def test_never_two_at_a_time(system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of eight that come and go as fast as they can."""
    system(monkeypatch)
    target = Target.at(tmp_path)
    inside, most, had = [0], [0], [0]

    def run() -> None:
        for _ in range(60):
            try:
                with alone(target):
                    inside[0] += 1
                    most[0] = max(most[0], inside[0])
                    had[0] += 1
                    inside[0] -= 1
            except ProjectError:
                continue

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most == [1]
    assert had[0] >= 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["link", "directory", "pipe"])
def test_what_is_no_file_is_no_lock(kind: str, tmp_path: Path) -> None:
    """It came with a clone: nothing is followed, nothing waited for."""
    (tmp_path / ".handbook").mkdir()
    outside = tmp_path / "outside"
    outside.write_text("theirs\n")
    place = tmp_path / LOCK
    lay(kind, place, outside)

    with pytest.raises((ProjectError, IsADirectoryError)), alone(Target.at(tmp_path)):
        pass

    assert outside.read_text() == "theirs\n"
    assert os.path.lexists(place)


@pytest.mark.usefixtures("vouched")
def test_every_command_writes_where_there_is_no_fcntl(tmp_path: Path) -> None:
    """As on Windows, from the start of the program; nothing but the files and the note is left."""
    program = "import sys; sys.modules['fcntl'] = None; from snippets.cli import main; main(sys.argv[1:])"

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", program, *arguments]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    folder = str(tmp_path / "project")
    copied, stands, updated = run("copy", "flask-uv", folder), run("status", folder), run("update", folder)

    assert (copied.returncode, copied.stderr) == (0, "")
    assert (stands.returncode, stands.stderr) == (0, "")
    assert (updated.returncode, updated.stdout) == (0, "everything is up to date\n")
    assert [path.name for path in (tmp_path / "project/.handbook").iterdir()] == ["copied.json"]
