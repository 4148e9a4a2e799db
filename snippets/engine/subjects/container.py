"""A container that testcontainers booted -> what the contract's `Container` may be asked, waits included."""

import shlex
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import TypeVar

from docker.models.containers import Container as Handle

from ...contract.observation import Done, Process, Reply
from ...errors import ContainerError, LateError, NotReadyError
from . import http
from .beside import RunningService
from .processes import SignalledContainer
from .traffic import Clients, traffic
from .waiting import SETTLED_S, SETTLING_S, awaited, pause_s, quoted, settled

START_TIMEOUT_S = 40.0
STOP_TIMEOUT_S = 60.0
T = TypeVar("T")


class BootedContainer(SignalledContainer):
    """A running container; every wait notices its exit on each poll and quotes its last lines."""

    def __init__(
        self, handle: Handle, port: int, *, live: str, signal_name: str, services: Mapping[str, RunningService]
    ) -> None:
        super().__init__(handle, port)
        self._live = live
        self._stop_signal = signal_name
        self._services = services
        self._since = time.monotonic()
        self.ready_s = 0.0

    @property
    def beside(self) -> Sequence[str]:
        """Names of the services that it was given."""
        return tuple(self._services)

    def await_answer(self, timeout_s: float) -> None:
        """Poll until its live path answers 200 exactly; NotReadyError where it exits, errs or is late."""
        started = time.monotonic()
        self.ready_s = 0.0
        try:
            self._await_answer(timeout_s)
        except NotReadyError:
            raise
        except ContainerError as error:
            raise NotReadyError(str(error)) from None
        finally:
            self._trace("answer", started, path=self._live, came=self.ready_s > 0)

    def _await_answer(self, timeout_s: float) -> None:
        said = "no connection"

        def is_live() -> bool:
            nonlocal said
            if not (port := self._outer_port()):
                return False
            try:
                reply = http.get(port, self._live, timeout_s=2.0)
            except ContainerError as error:
                said = str(error)
                return False
            said = f"the last answer to GET {self._live} was {reply}"
            return reply.status == 200 and reply.whole  # noqa: PLR2004 - a status code

        left_s = timeout_s - (time.monotonic() - self._since)
        if awaited(is_live, left_s, refuse=self.refuse_exit) is None:
            raise LateError(f"not ready after {timeout_s:.0f} s: {said}; {quoted(self.printed('both'))}")
        self.ready_s = time.monotonic() - self._since

    def run(self, command: str, *, on: str = "", check: bool = True) -> Done:
        """Run a program inside, or inside a service beside it, its words as a shell splits them."""
        words = shlex.split(command)
        return self._service(on).execute(words, check=check) if on else self.execute(words, check=check)

    def get(self, path: str, *, headers: Mapping[str, str] | None = None, timeout_s: float = 5.0) -> Reply:
        """Ask once."""
        try:
            return http.get(self._outer_port() or 0, path, headers, timeout_s)
        except ContainerError as error:
            self.refuse_exit()
            self._refuse_unanswered(str(error))

    def logs(self, unit: str = "") -> str:
        """All that it printed."""
        self._refuse_unit(unit)
        return self.printed("both")

    def await_(self, what: Callable[[], bool], timeout_s: float) -> float | None:
        """Poll; no answer at all is none that was wanted."""
        return awaited(what, timeout_s, refuse=self.refuse_exit)

    def await_reply(self, path: str, wanted: Callable[[Reply], bool], timeout_s: float) -> float | None:
        """Poll."""
        started = time.monotonic()
        last: list[int] = []

        def is_so() -> bool:
            reply = http.get(self._outer_port() or 0, path)
            last[:] = [reply.status]
            return wanted(reply)

        waited_s = self.await_(is_so, timeout_s)
        if waited_s is not None:
            self._trace("reply", started, path=path, status=last[0])
        return waited_s

    @contextmanager
    def traffic(self, paths: Sequence[str], *, clients: int) -> Iterator[Clients]:
        """Keep it busy while the block runs."""
        started = time.monotonic()
        with traffic(self._outer_port() or 0, paths, clients) as busy:
            yield busy
        # What was waited for meanwhile has been told.
        started = max(started, self._told)
        self._trace("pause", started, seconds=time.monotonic() - started)

    def in_flight(self, path: str) -> AbstractContextManager[http.InFlight]:
        """Send a request and hold it open."""
        self._trace("request", time.monotonic(), path=path)
        return http.in_flight(self._outer_port() or 0, path)

    def signal(self, name: str) -> None:
        """Signal PID 1 and start the clock that `wait` reads."""
        self._since = time.monotonic()
        self._ask(lambda: self._handle.kill(signal=name))
        self._trace("signal", self._since, name=name)

    def stop_signal(self) -> str:
        """The image's own, or SIGTERM."""
        return self._stop_signal

    def wait(self, timeout_s: float) -> tuple[int, float]:
        """Exit status, and seconds since the last signal or the start."""
        while (state := self._state())["Running"]:
            waited_s = time.monotonic() - self._since
            if waited_s > timeout_s:
                self._refuse(f"still running after {timeout_s:.0f} s")
            time.sleep(pause_s(waited_s))
        self._trace("exit", self._since)
        return int(state["ExitCode"]), time.monotonic() - self._since

    def stop(self, unit: str = "") -> None:
        """Stop a service, or itself as its engine would."""
        if unit:
            self._service(unit).stop()
            return
        self.signal(self._stop_signal)
        self.wait(STOP_TIMEOUT_S)

    def start(self, unit: str = "") -> None:
        """Start a service, or itself as it was left, on another port of this machine."""
        if unit:
            self._service(unit).start()
            return
        self._since = time.monotonic()
        self._ask(self._handle.start)
        self._state()
        self._trace("start", self._since)
        self.await_answer(START_TIMEOUT_S)

    def kill(self, unit: str = "") -> None:
        """SIGKILL a service, or PID 1."""
        if unit:
            self._service(unit).kill()
        else:
            self.signal("SIGKILL")

    def _service(self, unit: str) -> RunningService:
        if unit not in self._services:
            raise ContainerError(f"nothing called {unit!r} stands beside it")
        return replace(self._services[unit], container=str(self._handle.id))

    def _refuse_unit(self, unit: str) -> None:
        if unit:
            raise ContainerError(f"{unit!r} is looked at from the container beside it alone")

    def await_processes(self, count: int, timeout_s: float, *, without: Collection[Process]) -> float | None:
        """Poll."""
        gone = {process.pid for process in without}
        started = time.monotonic()

        def are_there() -> bool:
            present = {process.pid for process in self.processes()}
            return len(present) >= count and not present & gone

        waited_s = self.await_(are_there, timeout_s)
        if waited_s is not None:
            self._trace("pause", started, seconds=waited_s)
        return waited_s

    def wait_health(self, wanted: str, timeout_s: float) -> float | None:
        """Seconds until the engine says so."""
        started = time.monotonic()
        waited_s = self.await_(lambda: self.health() == wanted, timeout_s)
        if waited_s is not None:
            self._trace("health", started, wanted=wanted)
        return waited_s

    def settled(self, ask: Callable[[], T]) -> T:
        """Ask until two answers agree, half a second apart."""
        try:
            return settled(ask, lambda started: self._trace("pause", started, seconds=SETTLED_S))
        except TimeoutError:
            self._refuse(f"its answers never settled within {SETTLING_S:.0f} s")
