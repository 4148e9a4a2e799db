"""A container made of answers: what the contract asks of one, without an engine."""

import json
import shlex
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from snippets.contract.observation import Done, Load, Memory, Posture, Process, Reply
from snippets.errors import ContainerError, NotReadyError
from tests.unit.fake_parts import FakeRequest, FakeService, FakeTraffic
from tests.unit.fake_site import PROJECT, PROXY, RELOAD, SITE, absent, reply, seen_through

T = TypeVar("T")

MIB = 1 << 20
SETTINGS = (
    "Effective:\nbind                              = ['0.0.0.0:8000']\n"
    "graceful_timeout                  = 25\nworkers                           = 3\n"
)
TAKEN = Memory(peak_bytes=90 * MIB, limit_bytes=512 * MIB, killed=0)
ALL_WHOLE = Load(sent=400)
UNPROXIED = seen_through(0)
KILLED = (137, 0.1)
ANSWER_S = 0.2


@dataclass(kw_only=True)
class FakeContainer:
    """A container that keeps every promise, until a test says otherwise.

    `replies` stand in for the site's own, `lost` for these while its backing service is gone, and `stray`
    answers for every path where nothing is. `late` is printed on stderr once the log was read.
    """

    ports: frozenset[int] = frozenset({8000})
    workers: int = 3
    uid: int = 10001
    first: str = "/usr/bin/python gunicorn"
    first_uid: int | None = None
    replies: Mapping[str, Reply] = field(default_factory=dict)
    stray: Callable[[str], Reply] = absent
    seen: Callable[[Mapping[str, str]], str] = UNPROXIED
    access_line: Callable[[str, str], str] = lambda path, agent: json.dumps({"path": path, "agent": agent})
    stdout: list[str] = field(default_factory=lambda: ['{"message": "booted"}'])
    stderr: str = ""
    late: str = ""
    written: tuple[str, ...] = ("/run", "/run/worker")
    mounted: tuple[str, ...] = ()
    taken: Memory = TAKEN
    load: Load = ALL_WHOLE
    health_after_s: Mapping[str, float] = field(default_factory=lambda: {"healthy": 1.0, "unhealthy": 9.0})
    slow: Reply | ContainerError = field(default_factory=reply)
    signalled_s: float = 0.05
    stop_by: str = "SIGTERM"
    ends: tuple[int, float] | ContainerError = (0, 3.0)
    dies: bool = True
    respawns: bool = True
    restart: float | NotReadyError = 0.6
    files: Mapping[str, bytes] = field(default_factory=lambda: {RELOAD.path: b"VERSION = 1\n"})
    reloads: int = 100
    late_uid: int | None = None
    lost: Mapping[str, Reply] = field(default_factory=lambda: {PROJECT.ready: reply(503)})
    recovers: bool = True
    outputs: Mapping[str, str] = field(default_factory=lambda: {"python3": "1 \n", "gunicorn": SETTINGS})
    ready_s: float = 0.5
    closed: bool = False

    def __post_init__(self) -> None:
        """Start: what changes while it lives is its own, as a test may give the same to several boots."""
        self.stdout = list(self.stdout)
        self.files = dict(self.files)
        self.signals: list[str] = []
        self.ran: list[str] = []
        self.looks = 0
        self.exit: tuple[int, float] | ContainerError | None = None
        self.pids = list(range(9, 10 + self.workers))
        self.replaced = self.version = self.files.get(RELOAD.path, b"")
        self.services = {name: FakeService(recovers=self.recovers) for name in PROJECT.beside}

    @property
    def beside(self) -> Sequence[str]:
        """Names of the services it was given."""
        return tuple(self.services)

    def running(self) -> bool:
        """Until somebody waited for its end."""
        return self.exit is None and not self.closed

    def get(self, path: str, *, headers: Mapping[str, str] | None = None, timeout_s: float = 5.0) -> Reply:
        """Answer, and log one line."""
        del timeout_s
        if not self.running():
            raise ContainerError("the container exited")
        self.stdout.append(self.access_line(path, (headers or {}).get("User-Agent", "-")))
        if path == PROXY.path and path not in self.replies:
            return reply(body=self.seen(headers or {}).encode())
        if path == RELOAD.url:
            return reply(body=self.version)
        lost = {} if all(service.up for service in self.services.values()) else self.lost
        return {**SITE, **self.replies, **lost}.get(path) or self.stray(path)

    def await_reply(self, path: str, wanted: Callable[[Reply], bool], timeout_s: float) -> float | None:
        """It answers at once or never."""
        return ANSWER_S if timeout_s > ANSWER_S and wanted(self.get(path)) else None

    @contextmanager
    def in_flight(self, path: str) -> Iterator[FakeRequest]:
        """Hold a request open."""
        assert path == PROJECT.slow
        yield FakeRequest(self.slow, self.signalled_s)

    @contextmanager
    def traffic(self, paths: Sequence[str], *, clients: int) -> Iterator[FakeTraffic]:
        """Send what it was told to have sent."""
        assert paths
        assert clients > 1
        yield FakeTraffic(self.load)

    def signal(self, name: str) -> None:
        """Take a signal: end, or take up what its code is by now."""
        self.signals.append(name)
        if name == RELOAD.signal:
            fresh = self.signals.count(name) <= self.reloads
            self.version = self.files[RELOAD.path] if fresh else self.replaced
        elif name == "SIGKILL":
            self.exit = KILLED
        else:
            assert name == self.stop_by

    def stop_signal(self) -> str:
        """What a stop sends."""
        return self.stop_by

    def wait(self, timeout_s: float) -> tuple[int, float]:
        """End, or outlive the time."""
        self.exit = self.exit or self.ends
        if isinstance(self.exit, ContainerError):
            raise self.exit
        if self.exit[1] >= timeout_s:
            raise ContainerError(f"still running after {timeout_s:.0f} s")
        return self.exit

    def await_(self, what: Callable[[], bool], timeout_s: float) -> float | None:
        """It is so at once or never."""
        return ANSWER_S if timeout_s > ANSWER_S and what() else None

    def stop(self, unit: str = "") -> None:
        """Stop what stands beside it; itself it ends by signals alone."""
        self.services[unit].stop()

    def start(self, unit: str = "") -> None:
        """Start it again, or itself anew."""
        if unit:
            self.services[unit].start()
            return
        if isinstance(self.restart, NotReadyError):
            raise self.restart
        self.exit, self.ready_s = None, self.restart

    def kill(self, unit: str = "") -> None:
        """End at once; nothing beside it is asked to."""
        assert not unit
        self.signal("SIGKILL")

    def logs(self, unit: str = "") -> str:
        """All that was printed."""
        assert not unit
        return self.printed("stdout") + self.stderr

    def printed(self, stream: str) -> str:
        """What was printed."""
        stdout, stderr = "".join(f"{line}\n" for line in self.stdout), self.stderr
        self.stderr, self.late = self.stderr + self.late, ""
        return {"stdout": stdout, "stderr": stderr, "both": stdout + stderr}[stream]

    def processes(self) -> tuple[Process, ...]:
        """The first one and its workers; from the second look on the one that comes late."""
        first, *workers = self.pids
        uid = self.uid if self.first_uid is None else self.first_uid
        late = [self.late_uid] if self.looks and self.late_uid is not None else []
        self.looks += 1
        return (
            Process(pid=first, uid=uid, args=self.first, is_first=True),
            *(Process(pid=pid, uid=self.uid, args="gunicorn: worker", is_first=False) for pid in workers),
            *(Process(pid=99, uid=uid, args="late", is_first=False) for uid in late),
        )

    def listening(self) -> Collection[int]:
        """Ports."""
        return self.ports

    def await_processes(self, count: int, timeout_s: float, *, without: Collection[Process]) -> float | None:
        """They are there at once or never."""
        gone = {process.pid for process in without} & set(self.pids)
        return ANSWER_S if len(self.pids) >= count and not gone and timeout_s > ANSWER_S else None

    def freeze(self) -> int:
        """Stop the workers."""
        return self.workers

    def kill_process(self, process: Process) -> None:
        """One worker less, and another in its place."""
        if self.dies:
            self.pids.remove(process.pid)
        self.pids += [process.pid + 100] * self.respawns

    def health(self) -> str:
        """The engine's word."""
        return "starting"

    def wait_health(self, wanted: str, timeout_s: float) -> float | None:
        """After how long it was so, if it was in time."""
        took_s = self.health_after_s.get(wanted)
        return took_s if took_s is not None and took_s <= timeout_s else None

    def health_log(self) -> str:
        """What the health command said."""
        return "exit 1: curl: not found"

    def settled(self, ask: Callable[[], T]) -> T:
        """The second answer: two are always asked for."""
        ask()
        return ask()

    def changes(self) -> tuple[str, ...]:
        """Paths written."""
        return self.written

    def volumes(self) -> tuple[str, ...]:
        """Where volumes lie."""
        return self.mounted

    def memory(self) -> Memory:
        """What it took."""
        return self.taken

    def read(self, path: str) -> bytes:
        """A file."""
        if path not in self.files:
            raise ContainerError(f"there is no {path} in the container")
        return self.files[path]

    def put(self, path: str, content: bytes) -> None:
        """A file's new bytes."""
        self.files = {**self.files, path: content}

    def run(self, command: str, *, on: str = "", check: bool = True) -> Done:
        """A program's output."""
        assert check
        assert not on
        program = shlex.split(command)[0]
        output = self.outputs["python3" if "python" in program else program]
        self.ran.append(command)
        return Done(status=0, stdout=output, stderr="", took_s=0.1)


def good(posture: Posture) -> FakeContainer:
    """A container as it should be: its user, port, workers and trust follow what it was told."""
    env = dict(posture.env)
    return FakeContainer(
        ports=frozenset({int(env.get("PORT", PROJECT.port))}),
        workers=int(2 * posture.cpus) + 1,
        uid=int((posture.user or "10001").partition(":")[0]),
        seen=seen_through(int(env.get("PROXY_HOPS", "0"))),
    )
