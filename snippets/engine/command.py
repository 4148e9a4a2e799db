"""A command -> its end, in its time: whatever it started in its process group ends with it."""

import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ..contract.observation import Done
from ..errors import EngineError

# From being asked to end to being killed.
GRACE_S = 5.0
# As timeout(1) has it.
OVERDUE = 124
POLL_S = 0.01


class OverdueError(EngineError):
    """A command that did not end within its time, and was ended; `done` is what it had printed by then."""

    def __init__(self, command: Sequence[str], timeout_s: float, done: Done) -> None:
        self.done = done
        asked = "; does the engine still answer?" if command[0] == "docker" else ""
        super().__init__(f"`{' '.join(command[:2])}` did not end within {timeout_s:.0f} s{asked}")


def bounded(  # noqa: PLR0913 - as subprocess.run has them
    command: Sequence[str],
    *,
    timeout_s: float,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: str = "",
    together: bool = False,
    errors: str = "replace",
) -> Done:
    """Run a program to its end; raises FileNotFoundError where there is none, OverdueError where it takes too long.

    It is asked to end by SIGTERM, and killed where it does not, with all of its group: also what a command that
    ended by itself left behind. Where `together`, errors are printed into `stdout`, in order. `errors` is what
    becomes of bytes that are not UTF-8, as `bytes.decode` has it.
    """
    started = time.monotonic()
    # Files, not pipes: a pipe stays open for as long as anybody has it, also a child that was left behind.
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(stdin.encode())
        given.seek(0)
        process = subprocess.Popen(  # noqa: S603 - our own arguments, or a command that is shown to whoever runs it
            command,
            cwd=cwd,
            env=dict(env) if env is not None else None,
            stdin=given,
            stdout=out,
            stderr=subprocess.STDOUT if together else err,
            start_new_session=True,
        )
        try:
            is_overdue = not _has_ended(process, timeout_s)
            took_s = time.monotonic() - started
        finally:
            _end(process)
        out.seek(0)
        err.seek(0)
        done = Done(
            status=process.returncode,
            stdout=out.read().decode(errors=errors),
            stderr=err.read().decode(errors=errors),
            took_s=took_s,
        )
    if is_overdue:
        # Some end well when they are asked to end, and would pass for commands that did what they should.
        raise OverdueError(command, timeout_s, replace(done, status=done.status or OVERDUE))
    return done


def _has_ended(process: "subprocess.Popen[bytes]", timeout_s: float) -> bool:
    """Wait; at once, and not by looking every 50 ms, where the kernel can tell."""
    if sys.platform == "linux":
        handle = os.pidfd_open(process.pid)
        try:
            return bool(select.select([handle], [], [], timeout_s)[0])
        finally:
            os.close(handle)
    try:
        process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        return False
    return True


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Ask a group to end, wait, and kill what is left of it."""
    deadline = time.monotonic() + GRACE_S
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGTERM)
        while time.monotonic() < deadline:
            process.poll()
            # 0 asks whether anybody of the group is there, and raises where not.
            os.killpg(process.pid, 0)
            if not _lives(process.pid):
                break
            time.sleep(POLL_S)
        else:
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _lives(group: int) -> bool:
    """Whether any process of a group is more than a zombie, which whoever adopted it may leave for long."""
    if sys.platform != "linux":
        return True
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with suppress(OSError):
                # The name, in brackets, may hold anything; man 5 proc: then come state, parent and group.
                state, _, of = (entry / "stat").read_text().rpartition(")")[2].split()[:3]
                if int(of) == group and state != "Z":
                    return True
    return False
