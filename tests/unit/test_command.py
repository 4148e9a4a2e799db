"""A program that is run to its end: what it printed, how it ended, and that nothing of it is left."""

import os
import select
import signal
import sys
import time
from pathlib import Path

import pytest

from snippets.contract.observation import Done
from snippets.engine import command
from snippets.engine.command import OverdueError, bounded
from snippets.engine.daemon.process import LiveProcess

LONG_S = 30.0
SHORT_S = 0.3
# A child that outlives whoever started it, and says so once it is there.
LEAVES = "sleep 600 & echo $!"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits as long as an engine's command is given."""
    monkeypatch.setattr(command, "GRACE_S", SHORT_S)


def shell(script: str) -> list[str]:
    """A program of one line."""
    return ["sh", "-c", script]


def is_gone(pid: int) -> bool:
    """Whether nothing runs under this number; what was killed a moment ago may take another to end."""
    if (found := LiveProcess.find(pid)) is None:
        return True
    with found.handle() as handle:
        return handle is None or bool(select.select([handle], [], [], LONG_S)[0])


def test_how_it_ended_and_what_it_printed_is_told() -> None:
    """Either stream by itself, what is no UTF-8 as something that can be shown, and seconds."""
    done = bounded(shell("echo out; echo err >&2; printf '\\377'; exit 3"), timeout_s=LONG_S)

    assert (done.status, done.stdout, done.stderr) == (3, "out\n\N{REPLACEMENT CHARACTER}", "err\n")
    assert 0 < done.took_s < LONG_S


def test_bytes_that_are_no_text_become_what_is_asked_for() -> None:
    """Names of files, say, which are passed on as they are."""
    done = bounded(shell("printf '\\377'"), timeout_s=LONG_S, errors="surrogateescape")

    assert done.stdout == "\udcff"


def test_both_streams_are_read_in_order_where_they_are_asked_for_together() -> None:
    """As they are seen on a terminal."""
    done = bounded(shell("echo one; echo two >&2; echo three"), timeout_s=LONG_S, together=True)

    assert (done.stdout, done.stderr) == ("one\ntwo\nthree\n", "")


def test_a_program_is_given_its_input_directory_and_environment(tmp_path: Path) -> None:
    """An environment that is given is all of it; none is that of this process."""
    given = bounded(shell('cat; pwd; echo "$A$HOME"'), timeout_s=LONG_S, stdin="in\n", cwd=tmp_path, env={"A": "a"})
    inherited = bounded(shell('cat; echo "$PATH"'), timeout_s=LONG_S)

    assert given.stdout == f"in\n{tmp_path}\na\n"
    assert inherited.stdout == f"{os.environ['PATH']}\n"


def test_more_than_a_pipe_holds_is_read_whole() -> None:
    """On either stream, however much."""
    printing = "import sys; sys.stdout.write('o' * 300_000); sys.stderr.write('e' * 300_000)"
    done = bounded([sys.executable, "-c", printing], timeout_s=LONG_S)

    assert (len(done.stdout), len(done.stderr)) == (300_000, 300_000)


def test_a_program_that_is_not_there_is_said_not_to_be(tmp_path: Path) -> None:
    """By the error that Python has for it: who asked knows what it would have been for."""
    with pytest.raises(FileNotFoundError):
        bounded([str(tmp_path / "nothing")], timeout_s=LONG_S)


def test_what_takes_too_long_is_ended_and_what_it_printed_is_told() -> None:
    """It is asked to end first: whoever tidies up may. Its status is that of timeout(1), however well it ends."""
    script = "trap 'echo tidied; exit 0' TERM; echo started; while :; do sleep 0.05; done"
    with pytest.raises(OverdueError, match=r"^`sh -c` did not end within 0 s$") as late:
        bounded(shell(script), timeout_s=SHORT_S)

    assert (late.value.done.stdout, late.value.done.status) == ("started\ntidied\n", 124)


def test_an_engine_that_is_not_heard_of_is_asked_after() -> None:
    """Where it is the engine's own program that hangs."""
    done = Done(status=-15, stdout="", stderr="", took_s=600.0)
    error = OverdueError(["docker", "pull", "--quiet"], 600.0, done)

    assert str(error) == "`docker pull` did not end within 600 s; does the engine still answer?"


def test_what_does_not_listen_is_killed() -> None:
    """After its grace, and no later."""
    started = time.monotonic()
    with pytest.raises(OverdueError) as late:
        bounded(shell("trap '' TERM; echo $$; while :; do sleep 0.05; done"), timeout_s=SHORT_S)

    assert SHORT_S * 2 <= time.monotonic() - started < LONG_S / 2
    assert late.value.done.status == -signal.SIGKILL
    assert is_gone(int(late.value.done.stdout))


@pytest.mark.parametrize("trap", ["", "trap '' TERM; "], ids=["listens", "does-not"])
def test_what_a_program_left_behind_is_ended(trap: str) -> None:
    """Also where it ended by itself, and whether what it left listens or not."""
    done = bounded(shell(f"{trap}{LEAVES}"), timeout_s=LONG_S)

    assert done.status == 0
    assert is_gone(int(done.stdout))
    assert done.took_s < LONG_S / 2


def test_what_holds_on_to_an_output_is_not_waited_for() -> None:
    """A child in a group of its own is nobody's to end, and does not keep anybody waiting by what it has open."""
    started = time.monotonic()
    leaving = "import subprocess; print(subprocess.Popen(['sleep', '600'], start_new_session=True).pid)"
    done = bounded([sys.executable, "-c", leaving], timeout_s=LONG_S)
    child = int(done.stdout)
    try:
        assert LiveProcess.find(child)
        assert time.monotonic() - started < LONG_S / 2
    finally:
        os.kill(child, signal.SIGKILL)


def test_an_interruption_ends_the_program_too(tmp_path: Path) -> None:
    """Whoever presses Ctrl-C while it runs leaves nothing of it."""
    note = tmp_path / "pid"

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupted)
    try:
        signal.setitimer(signal.ITIMER_REAL, SHORT_S)
        with pytest.raises(KeyboardInterrupt):
            bounded(shell(f"echo $$ > {note}; sleep 600"), timeout_s=LONG_S)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

    assert is_gone(int(note.read_text()))


def test_a_short_program_takes_a_short_time() -> None:
    """Nobody looks only every so often whether it ended: a proof runs hundreds of them."""
    started = time.monotonic()
    for _ in range(10):
        bounded(shell("exit 0"), timeout_s=LONG_S)

    assert time.monotonic() - started < SHORT_S * 10
