"""An image and a container made of answers: what the contract asks, without an engine."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from snippets.contract import Project, StaleInput
from snippets.contract.subject import Healthcheck, ImageConfig, Place, Process, Reply
from snippets.errors import BuildError, ContainerError

T = TypeVar("T")
# An image has `bytes` as well.
Content = bytes

SETTINGS = "Effective:\nbind                              = ['0.0.0.0:8000']\nworkers                           = 3\n"
DOCKERFILE = """\
FROM python:3.13-slim AS build
ARG REVISION=unknown
RUN --mount=type=secret,id=index_token pip install .
FROM python:3.13-slim
COPY --from=build /app /app
USER 10001
"""
PROJECT = Project(
    port=8000,
    slow="/slow",
    server="gunicorn",
    stop_grace_s=30.0,
    settings={"SECRET_KEY": "for-this-test"},
    effective={"workers": "3"},
    stale=StaleInput(path="requirements.txt", find="==1.0", replace="==1.1", message="DO NOT MATCH"),
)


def reply(status: int = 200, *, whole: bool = True) -> Reply:
    """An answer."""
    return Reply(status=status, body=b"{}", headers={}, whole=whole, took_s=0.1)


@dataclass(frozen=True, kw_only=True)
class Posture:
    """How an image was booted."""

    settings: Mapping[str, str]
    env: Mapping[str, str]
    port: int | None
    read_only: bool
    unprivileged: bool
    cpus: float | None
    health_interval_s: float | None
    await_ready: bool


@dataclass(kw_only=True)
class FakeContainer:
    """A container that keeps every promise, until a test says otherwise."""

    ports: frozenset[int] = frozenset({8000})
    workers: int = 3
    uid: int = 10001
    first: str = "/usr/bin/python gunicorn"
    statuses: Mapping[str, int] = field(default_factory=dict)
    whole: bool = True
    access_line: Callable[[str, str], str] = lambda path, agent: json.dumps({"path": path, "agent": agent})
    stdout: list[str] = field(default_factory=lambda: ['{"message": "booted"}'])
    stderr: str = ""
    written: tuple[str, ...] = ("/run", "/run/worker")
    health_after_s: Mapping[str, float] = field(default_factory=lambda: {"healthy": 1.0, "unhealthy": 9.0})
    slow: Reply | ContainerError = field(default_factory=reply)
    signalled_s: float = 0.05
    ends: tuple[int, float] | ContainerError = (0, 3.0)
    outputs: Mapping[str, str] = field(default_factory=lambda: {"python3": "", "gunicorn": SETTINGS})
    ready_s: float = 0.5

    def __post_init__(self) -> None:
        """Print on lines of its own: a test may give the same ones to several boots."""
        self.stdout = list(self.stdout)

    def get(self, path: str, *, headers: Mapping[str, str] | None = None, timeout_s: float = 5.0) -> Reply:
        """Answer, and log one line."""
        del timeout_s
        self.stdout.append(self.access_line(path, (headers or {}).get("User-Agent", "-")))
        return reply(self.statuses.get(path, 200), whole=self.whole)

    @contextmanager
    def in_flight(self, path: str) -> Iterator["FakeRequest"]:
        """Hold a request open."""
        assert path == PROJECT.slow
        yield FakeRequest(self.slow, self.signalled_s)

    def signal(self, name: str) -> None:
        """Take a signal."""
        assert name == self.stop_signal()

    def stop_signal(self) -> str:
        """What a stop sends."""
        return "SIGTERM"

    def wait(self, timeout_s: float) -> tuple[int, float]:
        """End, or outlive the time."""
        if isinstance(self.ends, ContainerError):
            raise self.ends
        if self.ends[1] >= timeout_s:
            message = f"still running after {timeout_s:.0f} s"
            raise ContainerError(message)
        return self.ends

    def logs(self, *, stream: str = "both") -> str:
        """What was printed."""
        stdout = "".join(f"{line}\n" for line in self.stdout)
        return {"stdout": stdout, "stderr": self.stderr, "both": stdout + self.stderr}[stream]

    def processes(self) -> tuple[Process, ...]:
        """The first one and its workers."""
        args = [self.first, *["gunicorn: worker"] * self.workers]
        return tuple(Process(pid=9 + n, uid=self.uid, args=arg, is_first=n == 0) for n, arg in enumerate(args))

    def listening(self) -> Collection[int]:
        """Ports."""
        return self.ports

    def freeze(self) -> int:
        """Stop the workers."""
        return self.workers

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
        """The answer."""
        return ask()

    def changes(self) -> tuple[str, ...]:
        """Paths written."""
        return self.written

    def run(self, argv: Sequence[str]) -> str:
        """A program's output."""
        return self.outputs[argv[0]]


@dataclass(frozen=True)
class FakeRequest:
    """A request in flight."""

    end: Reply | ContainerError
    sent_s: float = 0.05

    def elapsed_s(self) -> float:
        """Less than any answer takes here."""
        return self.sent_s

    def result(self) -> Reply:
        """What came of it."""
        if isinstance(self.end, ContainerError):
            raise self.end
        return self.end


def good(posture: Posture) -> FakeContainer:
    """A container as it should be: workers by the limit, the port it was told, an early end without a setting."""
    port = int(posture.env.get("PORT", PROJECT.port))
    missing = sorted(PROJECT.settings.keys() - posture.settings.keys())
    container = FakeContainer(ports=frozenset({port}), workers=int(2 * (posture.cpus or 1.0)) + 1)
    if missing:
        container.ends = (1, 0.4)
        container.stdout = [json.dumps({"message": f"{missing[0]} is not set"})]
    return container


def unbuilt(edits: Mapping[str, bytes]) -> BuildError | None:
    """A builder that enforces its lock."""
    return BuildError("the image does not build:", "DO NOT MATCH THE HASHES") if "requirements.txt" in edits else None


@dataclass(kw_only=True)
class FakeImage:
    """An image whose source lies in `context`; `boots` makes a container for a posture, or raises."""

    context: Path
    boots: Callable[[Posture], FakeContainer] = good
    stops: Callable[[Mapping[str, bytes]], BuildError | None] = unbuilt
    leaks: Callable[["FakeImage"], Sequence[Place]] = lambda _: ()
    config: ImageConfig = field(
        default_factory=lambda: ImageConfig(
            user="10001",
            entrypoint=(),
            command=("gunicorn",),
            env={"PATH": "/bin"},
            labels={},
            healthcheck=Healthcheck(test=("CMD", "probe"), interval_s=10, timeout_s=3, start_period_s=30, retries=3),
        )
    )
    id: str = "sha256:1d"
    bytes: int = 1000
    build_s: float = 12.0
    given: dict[str, object] = field(default_factory=dict)
    postures: list[Posture] = field(default_factory=list)

    @contextmanager
    def boot(  # noqa: PLR0913 - as the contract's interface has it
        self,
        *,
        settings: Mapping[str, str] | None = None,
        env: Mapping[str, str] | None = None,
        port: int | None = None,
        read_only: bool = False,
        unprivileged: bool = False,
        cpus: float | None = None,
        health_interval_s: float | None = None,
        await_ready: bool = True,
    ) -> Iterator[FakeContainer]:
        """Boot in a posture, and remember it."""
        posture = Posture(
            settings=PROJECT.settings if settings is None else settings,
            env=env or {},
            port=port,
            read_only=read_only,
            unprivileged=unprivileged,
            cpus=cpus,
            health_interval_s=health_interval_s,
            await_ready=await_ready,
        )
        self.postures.append(posture)
        yield self.boots(posture)

    def rebuilt(
        self,
        *,
        edits: Mapping[str, Content] | None = None,
        arguments: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
        target: str | None = None,
    ) -> "FakeImage":
        """Build again, or stop."""
        if error := self.stops({**(edits or {}), **({f"target {target}": b""} if target else {})}):
            raise error
        given: dict[str, object] = {**(edits or {}), **(arguments or {}), **(secrets or {})}
        return replace(self, given=given)

    def find(self, canaries: Collection[str]) -> Iterator[Place]:
        """Where they were found."""
        assert canaries
        yield from self.leaks(self)

    def layer_paths(self) -> Iterator[str]:
        """Nothing of note."""
        yield from ()
