"""What a promise may ask of an image and of a container: the interface the engine fulfils."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Healthcheck:
    """The image's own health command and its times, in seconds, with the engine's defaults filled in."""

    test: tuple[str, ...]
    interval_s: float
    timeout_s: float
    start_period_s: float
    retries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageConfig:
    """What the image says of itself."""

    user: str
    entrypoint: tuple[str, ...]
    command: tuple[str, ...]
    env: Mapping[str, str]
    labels: Mapping[str, str]
    healthcheck: Healthcheck | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer over HTTP; `whole` is false where the connection ended before the body did."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    whole: bool
    took_s: float

    def __str__(self) -> str:
        """Status and time, as a finding shows them."""
        return f"{self.status}{'' if self.whole else ', cut short'} after {self.took_s:.1f} s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One process of a container, seen from outside: host pid, effective uid, command line."""

    pid: int
    uid: int
    args: str
    is_first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a canary was found: the layer, history, env, label or log, and the path inside."""

    where: str
    what: str


class SlowRequest(Protocol):
    """A request in flight."""

    def elapsed_s(self) -> float:
        """Seconds since it was sent."""

    def result(self) -> Reply:
        """Wait for the answer; raises ContainerError where none came at all."""


class Container(Protocol):
    """A booted container, reached over 127.0.0.1 alone."""

    @property
    def ready_s(self) -> float:
        """Seconds from the start to the first 200."""

    def get(self, path: str, *, headers: Mapping[str, str] | None = None, timeout_s: float = 5.0) -> Reply:
        """Ask once; raises ContainerError where no answer comes."""

    def in_flight(self, path: str) -> AbstractContextManager[SlowRequest]:
        """Send a request and hold it open; inside the block the server is working on it."""

    def signal(self, name: str) -> None:
        """Send PID 1 a signal, such as "SIGTERM"."""

    def stop_signal(self) -> str:
        """The signal that a stop sends: the image's STOPSIGNAL, or SIGTERM."""

    def wait(self, timeout_s: float) -> tuple[int, float]:
        """Wait for the end: exit status and seconds; raises ContainerError when it outlives the time."""

    def logs(self, *, stream: str = "both") -> str:
        """What it printed on "stdout", "stderr" or "both"."""

    def processes(self) -> tuple[Process, ...]:
        """Its processes, from outside."""

    def listening(self) -> Collection[int]:
        """TCP ports that something listens on, on any address but loopback."""

    def freeze(self) -> int:
        """SIGSTOP every process but PID 1 (PID 1 where it is alone); how many were stopped."""

    def health(self) -> str:
        """The engine's word: starting, healthy or unhealthy."""

    def wait_health(self, wanted: str, timeout_s: float) -> float | None:
        """Seconds until the engine says so; None where it never did in that time."""

    def health_log(self) -> str:
        """What the health command printed last."""

    def settled(self, ask: Callable[[], T]) -> T:
        """Ask until two answers in a row, half a second apart, agree; ContainerError where none do."""

    def changes(self) -> tuple[str, ...]:
        """Paths written below the root, by the engine's own account."""

    def run(self, argv: Sequence[str]) -> str:
        """Run a program beside the server and return its output; raises ContainerError where it fails."""


class Image(Protocol):
    """A built image together with the source it was built from."""

    @property
    def config(self) -> ImageConfig:
        """What it says of itself."""

    @property
    def context(self) -> Path:
        """The directory that it was built from."""

    @property
    def build_s(self) -> float:
        """Seconds that the build took."""

    def boot(  # noqa: PLR0913 - one keyword a posture, each of them a promise's own
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
    ) -> AbstractContextManager[Container]:
        """Boot it; raises ContainerError where it exits or does not answer 200 on the live path."""

    def rebuilt(
        self,
        *,
        edits: Mapping[str, bytes] | None = None,
        arguments: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
        target: str | None = None,
    ) -> "Image":
        """Build again with some files replaced or added; raises BuildError where it does not build."""

    def find(self, canaries: Collection[str]) -> Iterator[Place]:
        """Every place in layers, history, environment and labels that holds one of these strings."""

    def layer_paths(self) -> Iterator[str]:
        """Every path in every layer that is not of the base."""
