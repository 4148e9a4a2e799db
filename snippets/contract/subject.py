"""What a judgement may ask of its subject: the interfaces that `engine/subjects` fulfils."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from re import Pattern
from typing import Protocol, TypeVar

from .observation import PLAIN, Contents, Done, ImageConfig, Load, Memory, Posture, Process, Rebuild, Reply, Unit

T = TypeVar("T")


class Subject(Protocol):
    """What every subject is asked alike: a container with what is beside it, a stack, later a host and a cluster.

    `unit` is one of its parts by name, such as a service; "" is the container itself, or where the commands run.
    """

    def run(self, command: str, *, on: str = "", check: bool = True) -> Done:
        """Run a command; where `check`, raises ContainerError when it exits non-zero."""

    def get(self, path: str, *, headers: Mapping[str, str] | None = None, timeout_s: float = 5.0) -> Reply:
        """Ask once; raises ContainerError where no answer comes."""

    def logs(self, unit: str = "") -> str:
        """All that a unit printed."""

    def stop(self, unit: str = "") -> None:
        """Stop a unit as its user would; what it stored stays."""

    def start(self, unit: str = "") -> None:
        """Start it again, and wait until it answers; raises NotReadyError where it does not."""

    def kill(self, unit: str = "") -> None:
        """SIGKILL it."""

    def await_(self, what: Callable[[], bool], timeout_s: float) -> float | None:
        """Ask until it is so: after how many seconds it was, or None."""


class SlowRequest(Protocol):
    """A request in flight."""

    def elapsed_s(self) -> float:
        """Seconds since it was sent."""

    def result(self) -> Reply:
        """Wait for the answer; raises ContainerError where none came at all."""


class Traffic(Protocol):
    """Clients that send one request after the other, each on a connection of its own."""

    def end(self, *, after_s: float = 0.0) -> Load:
        """Go on for so long, stop sending, and say what came of all."""


class Container(Subject, Protocol):
    """A booted container, reached over 127.0.0.1 alone; its other units are the services beside it, by name."""

    @property
    def ready_s(self) -> float:
        """Seconds from the start to the first 200."""

    @property
    def beside(self) -> Sequence[str]:
        """Names of the services that it was given."""

    def running(self) -> bool:
        """Whether it still runs."""

    def await_reply(self, path: str, wanted: Callable[[Reply], bool], timeout_s: float) -> float | None:
        """Ask until an answer is as wanted: after how many seconds one was, or None."""

    def in_flight(self, path: str) -> AbstractContextManager[SlowRequest]:
        """Send a request and hold it open; inside the block the server is working on it."""

    def traffic(self, paths: Sequence[str], *, clients: int) -> AbstractContextManager[Traffic]:
        """Keep it busy while the block runs."""

    def signal(self, name: str) -> None:
        """Send PID 1 a signal, such as "SIGTERM"."""

    def stop_signal(self) -> str:
        """The signal that a stop sends: the image's STOPSIGNAL, or SIGTERM."""

    def wait(self, timeout_s: float) -> tuple[int, float]:
        """Wait for the end: exit status and seconds; raises ContainerError when it outlives the time."""

    def printed(self, stream: str) -> str:
        """What it printed on "stdout" or on "stderr"."""

    def processes(self) -> tuple[Process, ...]:
        """Its processes, from outside."""

    def listening(self) -> Collection[int]:
        """TCP ports that something listens on, on any address but loopback."""

    def await_processes(self, count: int, timeout_s: float, *, without: Collection[Process]) -> float | None:
        """Seconds until it has so many processes, none of them one of `without`, or None."""

    def freeze(self) -> int:
        """SIGSTOP every process but PID 1 (PID 1 where it is alone); how many were stopped."""

    def kill_process(self, process: Process) -> None:
        """SIGKILL one of its processes, as a kernel that is out of memory does."""

    def health(self) -> str:
        """The engine's word: "starting", "healthy", "unhealthy" or "none"."""

    def wait_health(self, wanted: str, timeout_s: float) -> float | None:
        """Seconds until the engine says so, or None."""

    def health_log(self) -> str:
        """What the health command printed last."""

    def settled(self, ask: Callable[[], T]) -> T:
        """Ask until two answers agree; raises ContainerError where they never do."""

    def changes(self) -> tuple[str, ...]:
        """Paths it has written below its root file system, volumes and tmpfs excepted."""

    def volumes(self) -> tuple[str, ...]:
        """Where volumes lie that nobody asked for."""

    def memory(self) -> Memory:
        """What it took of its memory."""

    def read(self, path: str) -> bytes:
        """One file's bytes; raises ContainerError where it has none."""

    def put(self, path: str, content: bytes) -> None:
        """Give a file other bytes, as whoever deploys into a running container would."""


class Image(Protocol):
    """A built image and the source it was built from."""

    @property
    def config(self) -> ImageConfig:
        """What it says of itself."""

    @property
    def has_source(self) -> bool:
        """Whether what it was built from is at hand."""

    @property
    def context(self) -> Path:
        """The directory that it was built from; raises NoSourceError where it is not at hand."""

    @property
    def build_s(self) -> float:
        """Seconds that the build took."""

    @property
    def build_log(self) -> str:
        """What the builder printed."""

    @property
    def layers(self) -> tuple[str, ...]:
        """Diff ids of all layers, the base's first."""

    @property
    def processors(self) -> int:
        """How many the engine has; a boot is given no more of them, whatever its posture asks for."""

    def boot(self, posture: Posture = PLAIN, *, spoils: bool = False) -> AbstractContextManager[Container]:
        """Boot it beside its services, or join whoever booted it so; raises NotReadyError where it does not come up.

        `spoils` says that nobody can use the container afterwards: it is ended, changed or frozen.
        """

    def start(self, posture: Posture, settings: Mapping[str, str]) -> AbstractContextManager[Container]:
        """Start it with these settings alone, and wait for nothing."""

    def accompanied(self) -> "AbstractContextManager[Image]":
        """The same, with what stands beside it up, for all of its boots; without, each boot has its own."""

    def renewed(self) -> "Image":
        """The same, with no boot shared so far: for a second look."""

    def once(self, make: "Callable[[Image], T]") -> T:
        """What `make` says of this image; whoever asks later gets the same answer."""

    def rebuilt(self, rebuild: Rebuild) -> "Image":
        """Build again otherwise; raises BuildError, and NoSourceError like `context`."""

    def contents(self, canaries: Collection[str], sought: Pattern[str]) -> Contents:
        """Read all layers once, for places that hold a canary and for paths that match."""


class Site(Protocol):
    """A published port by the name localhost, spoken to as browsers do."""

    def ask(
        self,
        path: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = 60.0,
    ) -> Reply:
        """GET, or POST a body; raises ContainerError where no answer comes, or not the whole."""

    def begun(self, path: str, count: int, announced: int) -> AbstractContextManager[None]:
        """Begin so many forms there, and go on with none of them while the block runs."""

    def certificate(self) -> bytes:
        """What it shows of itself, as DER."""


class Stack(Subject, Protocol):
    """A compose project that is up, in the directory of whoever copied it; its units are its services."""

    @property
    def root(self) -> Path:
        """The directory: the snippet's files, and what its commands made there."""

    def in_flight(self, path: str) -> AbstractContextManager[SlowRequest]:
        """Send a request and hold it open; inside the block the server is working on it."""

    def compose(self, command: str, *, check: bool = True) -> Done:
        """Run `docker compose COMMAND` there; raises like `run`."""

    def unit(self, name: str) -> Unit:
        """What the engine tells of the container of a service, also of one that has ended."""

    def site(self, service: str, port: int, *, authority: str = "") -> Site:
        """Where a port of a service is published: over TLS where `authority` is given, the PEM of the one to trust."""

    def renewed(self) -> "Stack":
        """The same from nothing, its data included: for a second look."""
