"""A container that testcontainers booted -> what the contract's `Container` may be asked."""

import io
import os
import shlex
import signal
import tarfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Never, TypeVar, cast

from docker.errors import APIError, DockerException, NotFound
from docker.models.containers import Container as Handle

from snippets.contract.subject import Memory, Process, Reply
from snippets.engine import http
from snippets.engine.backing import RunningService
from snippets.engine.cgroup import memory
from snippets.engine.docker import engine_error, trace
from snippets.engine.traffic import Clients, traffic
from snippets.errors import ContainerError, EngineError, NotReadyError

POLL_S = 0.05
SETTLED_S = 0.5
SETTLING_S = 10.0
LOG_LINES = 20
LOG_CHARACTERS = 6_000
# A traceback in one line of JSON, whose cause is at its end.
LINE_CHARACTERS = 3_000
CONFLICT = 409
START_TIMEOUT_S = 40.0
LISTEN = "0A"
T = TypeVar("T")


class BootedContainer:
    """A running container; every wait notices its exit on each poll and quotes its last lines."""

    def __init__(
        self, handle: Handle, port: int, *, live: str, signal_name: str, service: RunningService | None = None
    ) -> None:
        self._handle = handle
        self._inner_port = port
        self._live = live
        self._stop_signal = signal_name
        self._service = service
        self._since = self._told = time.monotonic()
        self.ready_s = 0.0

    @property
    def backing(self) -> RunningService:
        """The service it was given."""
        if self._service is None:
            raise ContainerError("it was given no backing service")
        return replace(self._service, container=str(self._handle.id))

    def running(self) -> bool:
        """By the engine's word."""
        return bool(self._state()["Running"])

    def await_answer(self, timeout_s: float) -> None:
        """Poll until its live path answers 200 exactly; NotReadyError where it exits, errs or is late."""
        started = time.monotonic()
        self.ready_s = 0.0
        try:
            self._await_answer(self._live, timeout_s)
        except ContainerError as error:
            raise NotReadyError(str(error)) from None
        finally:
            self._trace("answer", started, path=self._live, came=self.ready_s > 0)

    def _await_answer(self, path: str, timeout_s: float) -> None:
        said = "no connection"
        while (waited_s := time.monotonic() - self._since) < timeout_s:
            self._refuse_exit()
            if port := self._outer_port():
                try:
                    reply = http.get(port, path, timeout_s=2.0)
                except ContainerError as error:
                    said = str(error)
                else:
                    if reply.status == 200 and reply.whole:  # noqa: PLR2004 - a status code
                        self.ready_s = time.monotonic() - self._since
                        return
                    said = f"the last answer to GET {path} was {reply}"
            time.sleep(POLL_S)
        self._refuse(f"not ready after {waited_s:.0f} s: {said}")

    def get(self, path: str, *, headers: Mapping[str, str] | None = None, timeout_s: float = 5.0) -> Reply:
        """Ask once."""
        try:
            return http.get(self._outer_port() or 0, path, headers, timeout_s)
        except ContainerError as error:
            self._refuse_exit()
            self._refuse(str(error))

    def await_reply(self, path: str, wanted: Callable[[Reply], bool], timeout_s: float) -> float | None:
        """Poll; no answer at all is none that was wanted."""
        started = time.monotonic()
        while (waited_s := time.monotonic() - started) < timeout_s:
            try:
                reply = http.get(self._outer_port() or 0, path)
            except ContainerError:
                self._refuse_exit()
            else:
                if wanted(reply):
                    self._trace("reply", started, path=path, status=reply.status)
                    return waited_s
            time.sleep(POLL_S)
        return None

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
            if time.monotonic() - self._since > timeout_s:
                self._refuse(f"still running after {timeout_s:.0f} s")
            time.sleep(POLL_S)
        self._trace("exit", self._since)
        return int(state["ExitCode"]), time.monotonic() - self._since

    def start_again(self) -> float:
        """Start it as it was left, on another port of this machine."""
        self._since = time.monotonic()
        self._ask(self._handle.start)
        self._state()
        self._trace("start", self._since)
        self.await_answer(START_TIMEOUT_S)
        return self.ready_s

    def logs(self, *, stream: str = "both") -> str:
        """What it printed."""
        printed = self._ask(lambda: self._handle.logs(stdout=stream != "stderr", stderr=stream != "stdout"))
        return printed.decode("utf-8", errors="replace")

    def processes(self) -> tuple[Process, ...]:
        """By the engine's own `top`, which reads the host's process table."""
        first = int(self._state()["Pid"])
        rows = self._ask(lambda: self._handle.top(ps_args="-eo pid,euid,args"))["Processes"]
        return tuple(
            Process(pid=int(pid), uid=int(uid), args=" ".join(words), is_first=int(pid) == first)
            for pid, uid, *words in rows
        )

    def listening(self) -> frozenset[int]:
        """From /proc/net/tcp and tcp6 of its network namespace."""
        ports = set()
        for table in ("tcp", "tcp6"):
            for line in self._proc_net(table).splitlines()[1:]:
                address, state = line.split()[1], line.split()[3]
                host, _, port = address.partition(":")
                loopback = host.endswith("7F") or host == "0" * 24 + "01000000"
                if state == LISTEN and not loopback:
                    ports.add(int(port, 16))
        return frozenset(ports)

    def await_processes(self, count: int, timeout_s: float, *, without: Collection[Process]) -> float | None:
        """Poll."""
        gone = {process.pid for process in without}
        started = time.monotonic()
        while (waited_s := time.monotonic() - started) < timeout_s:
            self._refuse_exit()
            present = {process.pid for process in self.processes()}
            if len(present) >= count and not present & gone:
                self._trace("pause", started, seconds=waited_s)
                return waited_s
            time.sleep(POLL_S)
        return None

    def kill(self, process: Process) -> None:
        """From the host, which has to be this machine: inside it has another number."""
        if not self._is_local(process.pid):
            raise EngineError("a single process can only be killed where the engine runs on this machine, and as root")
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)

    def freeze(self) -> int:
        """SIGSTOP its workers, or the only process; from the host where that is ours, else from inside."""
        processes = self.processes()
        chosen = [p for p in processes if not p.is_first] or list(processes)
        if self._is_local(chosen[0].pid):
            for process in chosen:
                with suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGSTOP)
        else:
            self.run(["sh", "-c", "kill -s STOP -- -1"])
        self._trace("freeze", time.monotonic())
        return len(chosen)

    def health(self) -> str:
        """The engine's word."""
        return str(self._state().get("Health", {}).get("Status", "none"))

    def health_log(self) -> str:
        """What the health command printed last."""
        log = self._state().get("Health", {}).get("Log") or [{"ExitCode": None, "Output": "it never ran"}]
        return f"exit {log[-1]['ExitCode']}: {log[-1]['Output'].strip()[:LOG_CHARACTERS]}"

    def wait_health(self, wanted: str, timeout_s: float) -> float | None:
        """Seconds until the engine says so."""
        started = time.monotonic()
        while (waited_s := time.monotonic() - started) < timeout_s:
            self._refuse_exit()
            if self.health() == wanted:
                self._trace("health", started, wanted=wanted)
                return waited_s
            time.sleep(POLL_S * 2)
        return None

    def settled(self, ask: Callable[[], T]) -> T:
        """Ask until two answers agree, half a second apart."""
        deadline = time.monotonic() + SETTLING_S
        last, now = None, ask()
        while now != last:
            if time.monotonic() > deadline:
                self._refuse(f"its answers never settled within {SETTLING_S:.0f} s")
            time.sleep(SETTLED_S)
            self._trace("pause", time.monotonic() - SETTLED_S, seconds=SETTLED_S)
            last, now = now, ask()
        return now

    def changes(self) -> tuple[str, ...]:
        """Paths written below the root."""
        return tuple(str(entry["Path"]) for entry in self._ask(self._handle.diff) or ())

    def volumes(self) -> tuple[str, ...]:
        """None was asked for, so what is there is the image's own wish."""
        return tuple(str(mount["Destination"]) for mount in self._handle.attrs["Mounts"] if mount["Type"] == "volume")

    def memory(self) -> Memory:
        """Of its control group, as it is seen from inside."""
        found = memory(self._file)
        if found is None:
            raise EngineError("its control group tells nothing of its memory")
        return found

    def _file(self, path: str) -> str | None:
        pid = int(self._state()["Pid"])
        try:
            if self._is_local(pid):
                return Path(f"/proc/{pid}/root{path}").read_text()
            return self.run(["cat", path])
        except (OSError, ContainerError):
            return None

    def read(self, path: str) -> bytes:
        """By the engine's own copy: it needs no program inside."""

        def packed() -> bytes:
            try:
                return b"".join(self._handle.get_archive(path)[0])
            except NotFound:
                raise ContainerError(f"there is no {path} in the container") from None

        with tarfile.open(fileobj=io.BytesIO(self._ask(packed))) as archive:
            content = archive.extractfile(archive.getmembers()[0])
            if content is None:
                raise ContainerError(f"{path} is no file")
            return content.read()

    def put(self, path: str, content: bytes) -> None:
        """Likewise; the file is root's and everybody may read it."""
        folder, _, name = path.rpartition("/")
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.mtime = len(content), 0o644, time.time()
            archive.addfile(entry, io.BytesIO(content))
        self._ask(lambda: self._handle.put_archive(folder or "/", packed.getvalue()))

    def run(self, argv: Sequence[str]) -> str:
        """Run a program beside the server."""
        self._refuse_exit()
        done = self._ask(lambda: self._handle.exec_run(list(argv)))
        output = cast("bytes", done.output or b"").decode("utf-8", errors="replace")
        if done.exit_code != 0:
            message = f"`{shlex.join(argv)[:80]}` exits {done.exit_code}: {output.strip()[-500:]}"
            raise ContainerError(message)
        return output

    def _state(self) -> dict[str, Any]:
        self._ask(self._handle.reload)
        return dict(self._handle.attrs["State"])

    def _outer_port(self) -> int | None:
        ports = self._handle.attrs["NetworkSettings"]["Ports"].get(f"{self._inner_port}/tcp")
        return int(ports[0]["HostPort"]) if ports else None

    def _proc_net(self, table: str) -> str:
        pid = int(self._state()["Pid"])
        if self._is_local(pid):
            with suppress(OSError):
                return Path(f"/proc/{pid}/net/{table}").read_text()
        return self.run(["cat", f"/proc/net/{table}"])

    def _is_local(self, pid: int) -> bool:
        try:
            return os.geteuid() == 0 and str(self._handle.id) in Path(f"/proc/{pid}/cgroup").read_text()
        except OSError:
            return False

    def _refuse_exit(self) -> None:
        state = self._state()
        if not state["Running"]:
            killed = ", killed for its memory" if state.get("OOMKilled") else ""
            self._refuse(f"the container exited with status {state['ExitCode']}{killed}")

    def _refuse(self, what: str) -> Never:
        lines = [_shortened(line) for line in self.logs().strip().splitlines()[-LOG_LINES:]]
        last = "\n".join(lines)[-LOG_CHARACTERS:]
        log = f"its last lines:\n{last}" if lines else "it printed nothing"
        message = f"{what}; {log}"
        raise ContainerError(message)

    def _trace(self, operation: str, started: float, **what: object) -> None:
        trace(operation, {"container": self._handle.id, **what}, started)
        self._told = time.monotonic()

    def _ask(self, question: Callable[[], T]) -> T:
        try:
            return question()
        except NotFound as error:
            message = f"the container is gone: {error.explanation}"
            raise ContainerError(message) from None
        except (DockerException, OSError) as error:
            if isinstance(error, APIError) and error.status_code == CONFLICT:
                # It refuses to list or signal what has ended meanwhile.
                self._refuse_exit()
            raise engine_error("the engine's API", str(error)) from None


def _shortened(line: str) -> str:
    """Both ends of a line that is too long to show."""
    half = LINE_CHARACTERS // 2
    return line if len(line) <= LINE_CHARACTERS else f"{line[:half]} … {line[-half:]}"
