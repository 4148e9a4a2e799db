"""A container as the engine's API tells of it, and its processes as this machine's /proc does."""

import io
import shlex
import tarfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Never, TypeVar, cast

from docker import from_env
from docker.errors import APIError, DockerException, NotFound
from docker.models.containers import Container as Handle

from ...contract.observation import Done, Memory, Process
from ...errors import ContainerError, EngineError, OutOfMemoryError
from ..docker import engine_error
from ..trace import trace
from .cgroup import memory
from .waiting import LOG_CHARACTERS, POLL_S, quoted

# An engine that is kept busy learns of an end seconds after the kernel.
ENDING_S = 10.0
LISTEN = "0A"
T = TypeVar("T")


@contextmanager
def handled(name: str) -> Iterator["HandledContainer"]:
    """A container that was started by a command line, by its name; of no port of it anything is known."""
    with closing(_answer(from_env)) as client:
        yield HandledContainer(_answer(lambda: client.containers.get(name)), 0)


class HandledContainer:
    """What can be asked without waiting; the container's fault is a ContainerError, the engine's an EngineError."""

    def __init__(self, handle: Handle, port: int) -> None:
        self._handle = handle
        self._inner_port = port
        self._told = time.monotonic()

    def running(self) -> bool:
        """By the engine's word."""
        return bool(self._state()["Running"])

    def printed(self, stream: str) -> str:
        """What it printed on "stdout", on "stderr", or on "both"."""
        printed = self._ask(lambda: self._handle.logs(stdout=stream != "stderr", stderr=stream != "stdout"))
        return printed.decode("utf-8", errors="replace")

    def processes(self) -> tuple[Process, ...]:
        """By the engine's own `top`, which reads the host's process table."""
        first = int(self._state()["Pid"])
        rows = self._ask(lambda: self._handle.top(ps_args="-eo pid,euid,args"))["Processes"] or ()
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

    def health(self) -> str:
        """The engine's word."""
        return str(self._state().get("Health", {}).get("Status", "none"))

    def health_log(self) -> str:
        """What the health command printed last."""
        log = self._state().get("Health", {}).get("Log") or [{"ExitCode": None, "Output": "it never ran"}]
        return f"exit {log[-1]['ExitCode']}: {log[-1]['Output'].strip()[:LOG_CHARACTERS]}"

    def changes(self) -> tuple[str, ...]:
        """Paths written below the root, in an order: the engine has none, and two answers have to agree."""
        return tuple(sorted(str(entry["Path"]) for entry in self._ask(self._handle.diff) or ()))

    def volumes(self) -> tuple[str, ...]:
        """None was asked for, so what is there is the image's own wish."""
        return tuple(str(mount["Destination"]) for mount in self._handle.attrs["Mounts"] if mount["Type"] == "volume")

    def memory(self) -> Memory:
        """Of its control group, as it is seen from inside."""
        found = memory(self._file)
        if found is None:
            # What was killed for its memory has no control group any more.
            self._refuse_end()
            raise EngineError("its control group tells nothing of its memory")
        return found

    def _file(self, path: str) -> str | None:
        pid = int(self._state()["Pid"])
        try:
            if self._is_local(pid):
                with suppress(PermissionError):
                    return Path(f"/proc/{pid}/root{path}").read_text()
            return self.execute(["cat", path]).stdout
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

    def execute(self, argv: Sequence[str], *, check: bool = True) -> Done:
        """Run a program beside the server; no shell has to be there."""
        self.refuse_exit()
        started = time.monotonic()
        done = self._ask(lambda: self._handle.exec_run(list(argv), demux=True))
        out, err = (cast("bytes", stream or b"").decode("utf-8", errors="replace") for stream in done.output)
        if done.exit_code != 0 and check:
            message = f"`{shlex.join(argv)[:80]}` exits {done.exit_code}: {(out + err).strip()[-500:]}"
            raise ContainerError(message)
        return Done(status=int(done.exit_code or 0), stdout=out, stderr=err, took_s=time.monotonic() - started)

    def _state(self) -> dict[str, Any]:
        _answer(self._handle.reload)
        return dict(self._handle.attrs["State"])

    def _outer_port(self) -> int | None:
        ports = self._handle.attrs["NetworkSettings"]["Ports"].get(f"{self._inner_port}/tcp")
        return int(ports[0]["HostPort"]) if ports else None

    def _proc_net(self, table: str) -> str:
        pid = int(self._state()["Pid"])
        if self._is_local(pid):
            with suppress(OSError):
                return Path(f"/proc/{pid}/net/{table}").read_text()
        return self._inside(["cat", f"/proc/net/{table}"])

    def _inside(self, argv: Sequence[str]) -> str:
        """What has to be asked inside for want of a right or of a place: that it cannot be is nobody's fault."""
        try:
            return self.execute(argv).stdout
        except ContainerError as error:
            self._refuse_end()
            message = f"seen from inside alone, where this is not root on the engine's own machine, and there {error}"
            raise EngineError(message) from None

    def _is_local(self, pid: int) -> bool:
        """Whether the engine's processes are this machine's: on macOS and Windows it has a machine of its own."""
        try:
            return str(self._handle.id) in Path(f"/proc/{pid}/cgroup").read_text()
        except OSError:
            return False

    def refuse_exit(self) -> None:
        """Raise ContainerError where it has ended, OutOfMemoryError where that was for its memory."""
        state = self._state()
        if not state["Running"]:
            exited = f"the container exited with status {state['ExitCode']}"
            if state.get("OOMKilled"):
                raise OutOfMemoryError(f"{exited}, killed for its memory; {quoted(self._last_words())}")
            raise ContainerError(f"{exited}; {quoted(self._last_words())}")

    def _last_words(self) -> str:
        """An engine that is kept busy says that a container has ended before it has read all that it printed."""
        until = time.monotonic() + ENDING_S
        while not (said := self.printed("both")).strip() and time.monotonic() < until:
            time.sleep(POLL_S)
        return said

    def _refuse_unanswered(self, said: str) -> Never:
        """Of a server that lost workers for their memory that is the cause; else what was said of the request."""
        found = memory(self._file)
        if found is not None and found.killed:
            what = f"{said}, and {found.killed} of its processes were killed for their memory"
            raise OutOfMemoryError(f"{what}; {quoted(self.printed('both'))}")
        self._refuse(said)

    def _refuse(self, what: str) -> Never:
        raise ContainerError(f"{what}; {quoted(self.printed('both'))}")

    def _trace(self, operation: str, started: float, **what: object) -> None:
        trace(operation, {"container": self._handle.id, **what}, started)
        self._told = time.monotonic()

    def _ask(self, question: Callable[[], T]) -> T:
        try:
            return _answer(question)
        except EngineError as error:
            if isinstance(error.__cause__, APIError):
                self._refuse_end()
            raise

    def _refuse_end(self) -> None:
        """It will not list or signal what has ended, or loses it in the middle: give it time to know."""
        until = time.monotonic() + ENDING_S
        while time.monotonic() < until:
            self.refuse_exit()
            time.sleep(POLL_S)


def _answer(question: Callable[[], T]) -> T:
    """What the engine answers; raises ContainerError where the container is gone, else EngineError."""
    try:
        return question()
    except NotFound as error:
        message = f"the container is gone: {error.explanation}"
        raise ContainerError(message) from None
    except (DockerException, OSError) as error:
        raise engine_error("the engine's API", str(error)) from error
