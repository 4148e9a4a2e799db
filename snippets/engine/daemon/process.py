"""A number -> the process that had it when it was written down, and no later one."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveProcess:
    """A process, told from a later one with the same number by the tick (since boot) it started at."""

    pid: int
    tick: int

    @classmethod
    def find(cls, pid: int) -> "LiveProcess | None":
        """The live process with this number."""
        try:
            # The name, in brackets, may hold anything.
            state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        # man 5 proc: the state is field 3, the start field 22.
        return None if state == "Z" else cls(pid=pid, tick=int(fields[18]))

    @classmethod
    def named_by(cls, pid_file: Path, program: str) -> "LiveProcess | None":
        """The live process that a pid file names, if it is no other program that got its number."""
        try:
            pid = int(pid_file.read_text())
            name = Path(f"/proc/{pid}/comm").read_text().strip()
        except (FileNotFoundError, ProcessLookupError, ValueError):
            return None
        return cls.find(pid) if name == program else None

    @contextlib.contextmanager
    def handle(self) -> Iterator[int | None]:
        """A descriptor that becomes readable when it ends, or None where it ended already."""
        try:
            descriptor = os.pidfd_open(self.pid)
        except ProcessLookupError:
            yield None
            return
        try:
            yield descriptor if LiveProcess.find(self.pid) == self else None
        finally:
            os.close(descriptor)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self.pid, os.WNOHANG)
