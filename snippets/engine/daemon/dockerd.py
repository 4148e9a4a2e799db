"""A socket where no engine answers -> a daemon of ours behind it, shared by its users and ended by the last one."""

import contextlib
import fcntl
import hashlib
import json
import os
import select
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import EngineError
from ..command import bounded
from .endpoint import DEFAULT_SOCKET
from .process import LiveProcess

START_TIMEOUT_S = 60.0
# dockerd gives its containers 15 s, then ends them: https://docs.docker.com/reference/cli/dockerd/ (shutdown-timeout)
STOP_GRACE_S = 40.0
POLL_S = 0.1
LOG_LINES = 12
SERVICE = ("docker.socket", "docker.service")
# systemd gives a unit 90 s by itself, and dockerd as long again.
SERVICE_TIMEOUT_S = 240.0
SIGNALS = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT})
Answers = Callable[[], bool]
Say = Callable[[str], None]


class InterruptedStartError(EngineError):
    """A signal came while the engine was starting."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(f"stopped by {signal.Signals(number).name} while the engine was starting")


@dataclass(frozen=True, kw_only=True)
class Dockerd:
    """What is started at `socket`; its state, in a folder of `states` named after the socket, outlives it for its log.

    A `data_root` of its own gives it a pid file and a containerd of its own; the bridge and the packet filter are
    the machine's, so two daemons at a time need a network namespace each.
    """

    socket: Path
    states: Path
    data_root: Path | None
    options: Sequence[str]
    environment: Mapping[str, str]
    service: bool
    say: Say
    clock: Callable[[], float] = time.monotonic
    stop_grace_s: float = STOP_GRACE_S
    program: str = "dockerd"

    @property
    def state(self) -> Path:
        """Locks, the mark of what was started, and the log; short, for containerd's socket is below it."""
        return self.states / hashlib.sha256(os.fsencode(self.socket.resolve())).hexdigest()[:12]

    @property
    def log(self) -> Path:
        """Where it writes."""
        return self.state / "dockerd.log"

    @property
    def _exec_root(self) -> Path:
        return self.state / "exec" if self.data_root else Path("/var/run/docker")

    @property
    def _containerd_file(self) -> Path:
        return self._exec_root / "containerd" / "containerd.pid"

    @property
    def _pid_file(self) -> Path:
        # Without a data root of its own it must meet the pid file that keeps two daemons off one data root.
        return self.state / "dockerd.pid" if self.data_root else Path("/var/run/docker.pid")

    @property
    def ours(self) -> bool:
        """Whether a command like this one started what is behind the socket."""
        return self._mark() is not None

    @contextlib.contextmanager
    def shared(self, ready: Answers, prepare: Callable[[], None]) -> Iterator[int]:
        """While inside, the engine answers; yields the descriptor whose lock says that it is in use.

        `gate` serialises whoever comes and goes, `users` is locked in common by all who are inside. The kernel
        gives both back however a process dies, so that whoever can have `users` alone is the last one.
        Signals are held back inside, but for `prepare`, which may ask the user and install what is missing.
        """
        self.state.mkdir(parents=True, exist_ok=True)
        with (self.state / "users").open("w") as users:
            with self._gate():
                fcntl.flock(users, fcntl.LOCK_SH)
                if not ready():
                    prepare()
            with _held():
                try:
                    with self._gate():
                        if not ready():
                            self._start(ready)
                    yield users.fileno()
                finally:
                    with self._gate():
                        # The command inherited the descriptor: unlocking it also speaks for what it left behind.
                        fcntl.flock(users, fcntl.LOCK_UN)
                        self._leave(users.fileno())

    @contextlib.contextmanager
    def _gate(self) -> Iterator[None]:
        with (self.state / "gate").open("w") as gate:
            fcntl.flock(gate, fcntl.LOCK_EX)
            yield

    def _leave(self, users: int) -> None:
        if not (mark := self._mark()):
            return
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.say("another command still uses the engine, and stops it when it ends")
            return
        self._stop(mark)

    def _mark(self) -> LiveProcess | str | None:
        """What we started and did not stop: a process, a service, or nothing."""
        try:
            mark = json.loads((self.state / "started").read_text())
        except (FileNotFoundError, ValueError):
            return None
        return mark["service"] if "service" in mark else LiveProcess(pid=mark["pid"], tick=mark["tick"])

    def _start(self, ready: Answers) -> None:
        """Start it, or await one that an earlier command started and was killed before it answered."""
        mark = self._mark()
        if isinstance(mark, LiveProcess) and LiveProcess.find(mark.pid) == mark:
            self._await(mark, ready)
        elif self.service:
            self._start_service(ready)
        else:
            self._await(self._spawn(), ready)

    def _start_service(self, ready: Answers) -> None:
        # Where systemd runs, a daemon of ours would take the unit's socket, be killed with the user's session
        # and share the unit's containerd; the unit is what the package means to be used.
        self.say(f"starting the installed engine: systemctl start {SERVICE[-1]} (it is stopped again at the end)")
        (self.state / "started").write_text(json.dumps({"service": SERVICE[-1]}))
        done = bounded(["systemctl", "start", SERVICE[-1]], timeout_s=SERVICE_TIMEOUT_S)
        if done.status != 0 or not ready():
            said = done.stderr.strip() or "it started, and does not answer"
            raise EngineError(f"`systemctl start {SERVICE[-1]}` failed: {said}\nSee `journalctl -u {SERVICE[-1]}`.")

    def _spawn(self) -> LiveProcess:
        # dockerd believes any live process that has the number in a pid file; we look what it is.
        for pid_file, program in ((self._pid_file, self.program), (self._containerd_file, "containerd")):
            if not LiveProcess.named_by(pid_file, program):
                pid_file.unlink(missing_ok=True)
        command = [self.program, *self.options]
        # Only what differs from the defaults: dockerd refuses an option that its daemon.json states as well.
        if self.socket != DEFAULT_SOCKET:
            command.append(f"--host=unix://{self.socket}")
        if self.data_root:
            command += [f"--data-root={self.data_root}", f"--exec-root={self._exec_root}"]
            command.append(f"--pidfile={self._pid_file}")
        self.say(f"starting the installed engine for this command: {' '.join(command)}")
        self.say(f"it is stopped at the end; its log is {self.log}")
        writing = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        # Its own session: Ctrl-C at the terminal is for the command, and the daemon is stopped after it.
        program = shutil.which(self.program, path=self.environment["PATH"]) or self.program
        pid = os.posix_spawn(
            program,
            command,
            dict(self.environment),
            setsid=True,
            setsigmask=[],
            setsigdef=SIGNALS,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(self.log), writing, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
        )
        process = LiveProcess.find(pid)
        if process is None:
            raise EngineError(self._last_words(f"{self.program} ended at once."))
        (self.state / "started").write_text(json.dumps({"pid": process.pid, "tick": process.tick}))
        return process

    def _await(self, process: LiveProcess, ready: Answers) -> None:
        began = self.clock()
        while not ready():
            with process.handle() as ended:
                if ended is None or select.select([ended], [], [], POLL_S)[0]:
                    raise EngineError(self._last_words(f"{self.program} ended before it answered."))
            if self.clock() - began > START_TIMEOUT_S:
                raise EngineError(self._last_words(f"{self.program} did not answer within {START_TIMEOUT_S:.0f} s."))
            if caught := signal.sigtimedwait(SIGNALS, 0):
                raise InterruptedStartError(caught.si_signo)

    def _last_words(self, what: str) -> str:
        lines = self.log.read_text(errors="replace").splitlines() if self.log.is_file() else []
        listed = "\n".join(f"  {line}" for line in lines[-LOG_LINES:]) or "  (it wrote nothing)"
        return f"{what} The end of {self.log}:\n{listed}"

    def _stop(self, mark: LiveProcess | str) -> None:
        if isinstance(mark, str):
            self.say(f"stopping the engine: systemctl stop {' '.join(SERVICE)}")
            bounded(["systemctl", "stop", *SERVICE], timeout_s=SERVICE_TIMEOUT_S)
        else:
            if self._end(mark, self.program):
                self.say("stopped the engine that was started for this command")
            # It ends its containerd itself, unless it was killed. Another daemon may have taken that one over.
            successor, left = LiveProcess.named_by(self._pid_file, self.program), self._containerd_file
            if not successor and (containerd := LiveProcess.named_by(left, "containerd")):
                self._end(containerd, "containerd")
        (self.state / "started").unlink(missing_ok=True)

    def _end(self, process: LiveProcess, program: str) -> bool:
        """TERM, wait, and KILL after the grace; False where it had ended already."""
        with process.handle() as handle:
            if handle is None:
                return False
            signal.pidfd_send_signal(handle, signal.SIGTERM)
            if not select.select([handle], [], [], self.stop_grace_s)[0]:
                late = f"{program} {process.pid} did not end within {self.stop_grace_s:.0f} s"
                self.say(f"{late} and is killed; see {self.log}")
                signal.pidfd_send_signal(handle, signal.SIGKILL)
                select.select([handle], [], [], self.stop_grace_s)
            return True


@contextlib.contextmanager
def _held() -> Iterator[None]:
    """Hold back the signals that end programs, so that none comes between a start and its end."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
