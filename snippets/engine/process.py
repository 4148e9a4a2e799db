"""A number -> the process that had it when it was written down, and no later one."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process, told from a later one with the same number by the tick (since boot) it started at."""

    pid: int
    tick: int

    @classmethod
    def find(cls, pid: int, program: str) -> "Process | None":
        """The live process with this number, if it runs this program."""
        try:
            line = Path(f"/proc/{pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return None
        name, _, rest = line.partition("(")[2].rpartition(")")
        state, *fields = rest.split()
        # man 5 proc: the start is field 22, and the state, field 3, was taken off.
        return cls(pid=pid, tick=int(fields[18])) if name == program and state != "Z" else None

    @contextlib.contextmanager
    def handle(self, program: str) -> Iterator[int | None]:
        """A descriptor that becomes readable when it ends, or None where it ended already."""
        try:
            descriptor = os.pidfd_open(self.pid)
        except ProcessLookupError:
            yield None
            return
        try:
            yield descriptor if Process.find(self.pid, program) == self else None
        finally:
            os.close(descriptor)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self.pid, os.WNOHANG)

    @classmethod
    def named_by(cls, pid_file: Path, program: str) -> "Process | None":
        """The process that a pid file names, if it lives and is no other program that got its number."""
        try:
            return cls.find(int(pid_file.read_text()), program)
        except (FileNotFoundError, ValueError):
            return None
