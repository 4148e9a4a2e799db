"""A container's processes, killed and frozen: from the host where they are this machine's, else from inside."""

import os
import signal
import time
from collections.abc import Sequence

from ...contract.observation import Process
from ...errors import EngineError
from .handle import HandledContainer
from .waiting import POLL_S

TRIES = 20
# Numbers of all live processes but the first and the shell that asks; with nothing that a shell has not inside.
NUMBERS = """
for place in /proc/[0-9]*; do
  number=${place#/proc/}
  case $number in 1 | $$) continue ;; esac
  { read -r state <"$place/stat"; } 2>/dev/null || continue
  case ${state##*) } in Z*) ;; *) echo "$number" ;; esac
done
"""


class SignalledContainer(HandledContainer):
    """What can be done to single processes of it; EngineError where neither way is open."""

    def kill_process(self, process: Process) -> None:
        """SIGKILL one, which is not the first: from the host, else from inside, where it has another number."""
        if not self._signalled([process], signal.SIGKILL):
            self._inside(["sh", "-c", f"kill -s KILL {self._inner(process)}"])

    def freeze(self) -> int:
        """SIGSTOP its workers, or the only process; likewise."""
        processes = self.processes()
        chosen = [p for p in processes if not p.is_first] or list(processes)
        if not self._signalled(chosen, signal.SIGSTOP):
            # The first process of a container takes no such signal from inside.
            if chosen[0].is_first:
                raise EngineError("its only process can be frozen by root alone, on the engine's own machine")
            self._inside(["sh", "-c", "kill -s STOP -- -1"])
        self._trace("freeze", time.monotonic())
        return len(chosen)

    def _signalled(self, processes: Sequence[Process], number: int) -> bool:
        """Whether this machine's kernel could be asked: it is the engine's, and they are ours to signal."""
        for process in processes:
            if not self._is_local(process.pid):
                return False
            try:
                os.kill(process.pid, number)
            except PermissionError:
                return False
            except ProcessLookupError:
                pass
        return True

    def _inner(self, process: Process) -> int:
        """Its number inside: both count up, so the one at the same place."""
        for _ in range(TRIES):
            outer = sorted(other.pid for other in self.processes() if not other.is_first)
            inner = sorted(int(word) for word in self._inside(["sh", "-c", NUMBERS]).split())
            if len(inner) == len(outer) and process.pid in outer:
                return inner[outer.index(process.pid)]
            time.sleep(POLL_S)
        raise EngineError("its processes come and go, so that none of them can be told from inside")
