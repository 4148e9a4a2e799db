"""Who stops an engine that commands share: the last that uses it, whatever was killed before, and no process but it."""

import itertools
import os
import signal
from pathlib import Path

from snippets.engine.daemon.process import LiveProcess
from tests.unit.fake_machine import Fake, dockerd, ended


def test_the_last_of_two_commands_stops_the_engine(fake: Fake) -> None:
    """The second command uses the first one's engine, and the first does not stop it under the second."""
    first, second = fake.waiting("first"), fake.waiting("second")

    fake.release("first")
    status, _, errors = ended(first)
    assert status == 7
    assert "another command still uses the engine, and stops it when it ends" in errors
    assert fake.up

    fake.release("second")
    status, _, errors = ended(second)
    assert status == 7
    assert "stopped the engine" in errors
    assert not fake.up
    assert len(fake.starts()) == 1


def test_a_killed_command_still_counts_while_what_it_ran_lives(fake: Fake) -> None:
    """After kill -9 the orphan keeps its engine; the first command that ends after the orphan stops it."""
    orphaned = fake.waiting("orphan")
    orphaned.kill()
    orphaned.wait()

    assert "another command still uses" in ended(fake.start("true"))[2]
    assert fake.up

    fake.release("orphan")
    assert orphaned.stdout
    assert orphaned.stdout.read() == ""  # the orphan's end closes it
    assert ended(fake.start("true"))[0] == 0
    assert not fake.up
    assert len(fake.starts()) == 1


def test_a_daemon_that_died_under_a_killed_command_is_started_again(fake: Fake) -> None:
    """The mark of a dead daemon, and pid files whose number another program has, are in nobody's way."""
    killed = fake.waiting("killed")
    killed.kill()
    killed.wait()
    os.kill(int(fake.starts()[0].split()[0]), signal.SIGKILL)
    (fake.folder / "up").unlink()
    fake.release("killed")
    (state,) = (fake.folder / "states").iterdir()
    (state / "dockerd.pid").write_text(str(os.getpid()))

    assert ended(fake.start("true"))[0] == 0
    assert len(fake.starts()) == 2
    assert not fake.up
    assert not (state / "dockerd.pid").exists()


def test_a_stubborn_daemon_is_killed_after_the_grace(fake: Fake) -> None:
    """It ignores SIGTERM: only then, and only that process, is killed, and it is said."""
    (fake.folder / "mode").write_text("stubborn")
    said: list[str] = []

    with dockerd(fake, said, itertools.count()).shared(lambda: fake.up, lambda: None):
        pid = int(fake.starts()[0].split()[0])
        assert LiveProcess.find(pid)

    assert LiveProcess.find(pid) is None
    assert any(f"dockerd {pid} did not end within 0 s and is killed" in line for line in said)


def test_a_process_is_not_taken_for_another_with_its_number(tmp_path: Path) -> None:
    """The same number with another start, or in a pid file of another program, is somebody else."""
    me = LiveProcess.find(os.getpid())
    pid_file = tmp_path / "me.pid"
    pid_file.write_text(f"{os.getpid()}\n")

    assert me is not None
    assert LiveProcess.named_by(pid_file, Path("/proc/self/comm").read_text().strip()) == me
    assert LiveProcess.named_by(pid_file, "dockerd") is None
    with LiveProcess(pid=me.pid, tick=me.tick - 1).handle() as handle:
        assert handle is None
