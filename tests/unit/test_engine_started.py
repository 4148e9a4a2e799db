"""An engine that is started for a command: it answers or is quoted, and signals and exit statuses pass through."""

import itertools
import os
import pty
import signal
import sys

import pytest

from snippets.errors import EngineError
from tests.unit.fake_machine import DRIVER, Fake, dockerd, ended


def test_an_engine_is_started_for_the_command_and_stopped_after_it(fake: Fake) -> None:
    """The command finds the engine in DOCKER_HOST, its status is passed on, and nothing is left."""
    status, output, errors = ended(fake.start("sh", "-c", 'echo "$DOCKER_HOST"; test -e "$FAKE/up" && exit 3'))

    assert (status, output) == (3, f"unix://{fake.folder}/docker.sock\n")
    assert not fake.up
    (started,) = fake.starts()
    assert f"--data-root={fake.folder}/data" in started
    assert f"--host=unix://{fake.folder}/docker.sock" in started
    assert "engine: starting the installed engine for this command: dockerd --host=" in errors
    assert "engine: it is stopped at the end; its log is " in errors
    assert "engine: stopped the engine that was started for this command" in errors


@pytest.mark.parametrize(("before", "after"), [("128", "1024"), ("4096", "4096")])
def test_there_is_room_for_many_hosts(fake: Fake, before: str, after: str) -> None:
    """What the kernel gives is raised where it is too little, which is told; more than that stays."""
    place = fake.folder / "files" / "proc/sys/fs/inotify/max_user_instances"
    place.parent.mkdir(parents=True)
    place.write_text(f"{before}\n")

    status, _, errors = ended(fake.start("true"))

    assert (status, place.read_text()) == (0, f"{after}\n")
    assert ("max_user_instances is 1024 until the next boot" in errors) == (before != after)


def test_a_daemon_that_fails_is_quoted(fake: Fake) -> None:
    """Its end is noticed at once, its last lines are shown, and no traceback is."""
    (fake.folder / "mode").write_text("fails")

    status, output, errors = ended(fake.start("true"))

    assert (status, output) == (1, "")
    assert "engine: dockerd ended before it answered. The end of " in errors
    assert "  failed to start daemon: no such device" in errors
    assert "Traceback" not in errors


def test_a_mute_daemon_is_given_up(fake: Fake) -> None:
    """It lives and does not answer: after a minute that is an error, and it is stopped."""
    (fake.folder / "mode").write_text("mute")
    said: list[str] = []
    daemon = dockerd(fake, said, itertools.count(0.0, 61.0))

    with (
        pytest.raises(EngineError, match=r"dockerd did not answer within 60 s\. The end of "),
        daemon.shared(lambda: fake.up, lambda: None),
    ):
        raise AssertionError

    assert not daemon.ours
    assert "stopped the engine that was started for this command" in said


def test_a_signal_while_starting_ends_the_daemon_too(fake: Fake) -> None:
    """SIGTERM before the engine answers: it is stopped, and the status says by which signal."""
    (fake.folder / "mode").write_text("mute")
    process = fake.start("true")
    assert process.stderr
    while "its log is" not in process.stderr.readline():
        assert process.poll() is None
    process.terminate()

    status, _, errors = ended(process)

    assert status == 128 + signal.SIGTERM
    assert "engine: stopped by SIGTERM while the engine was starting" in errors
    assert "stopped the engine" in errors


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals_are_passed_on(fake: Fake, number: signal.Signals) -> None:
    """The command gets the signal, may tidy up, and its own status counts; the engine is stopped after it."""
    process = fake.start(
        sys.executable,
        "-ISc",
        (
            "import signal, sys\n"
            f"signal.pthread_sigmask(signal.SIG_BLOCK, [{int(number)}])\n"
            "print('inside', flush=True)\n"
            f"sys.exit(9 if signal.sigwait([{int(number)}]) else 1)"
        ),
    )
    assert process.stdout
    process.stdout.readline()
    process.send_signal(number)

    assert ended(process)[0] == 9
    assert not fake.up


def test_control_c_reaches_the_command_once(fake: Fake) -> None:
    """The terminal signals the command itself: passing that on would be a second Ctrl-C, which ends pytest at once."""
    command = [
        sys.executable,
        "-ISc",
        (
            "import signal\n"
            "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])\n"
            "print('inside', flush=True)\n"
            "first, second = signal.sigtimedwait([signal.SIGINT], 10), signal.sigtimedwait([signal.SIGINT], 0.5)\n"
            "print('interrupted', bool(first) + bool(second), 'time(s)')"
        ),
    ]
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(sys.executable, [sys.executable, "-c", DRIVER, *command], fake.environment)  # noqa: S606 - ours
    seen = b""
    while b"inside" not in seen:
        seen += os.read(terminal, 1000)
    os.write(terminal, b"\x03")
    while b"stopped the engine" not in seen:
        seen += os.read(terminal, 1000)

    assert b"interrupted 1 time(s)" in seen
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    os.close(terminal)


def test_an_unknown_command_is_an_exit_status(fake: Fake) -> None:
    """As in a shell: 127, one line, and the engine is stopped."""
    status, _, errors = ended(fake.start("no-such-command"))

    assert status == 127
    assert "engine: cannot run no-such-command: No such file or directory" in errors
    assert not fake.up
