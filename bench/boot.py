"""One recorded boot -> the same by raw `docker` commands: run, the same waits, remove."""

import http.client
import json
import os
import select
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from bench.operations import Boot, Step, moved
from bench.shell import BenchError, run
from snippets.engine.subjects.waiting import pause_s

HOST = "127.0.0.1"
TMP = "/tmp:size=64m"  # noqa: S108 - inside the container
# As the engine does, how long a request counts as not yet worked on; how often it asks is `pause_s`.
TAKEN_UP_S = 0.6
PATIENCE_S = 120.0
NS = 1_000_000_000
OK = 200


class Clock:
    """Seconds by what they went to; `timed` adds to one of them."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Time the block."""
        started = time.monotonic()
        try:
            yield
        finally:
            self.spent[name] = self.spent.get(name, 0.0) + time.monotonic() - started


def run_arguments(boot: Boot, outer: int, key: str) -> list[str]:
    """Say in the words of `docker run` what the engine asked of its API, as the run `key`."""
    known: Mapping[str, Callable[[Any], list[str]]] = {
        "mem_limit": lambda value: [f"--memory={value}"],
        "memswap_limit": lambda value: [f"--memory-swap={value}"],
        "pids_limit": lambda value: [f"--pids-limit={value}"],
        "labels": lambda value: [f"--label={name}={given}" for name, given in value.items()],
        "user": lambda value: [f"--user={value}"] if value else [],
        "network": lambda value: [f"--network={value}"] if value else [],
        "read_only": lambda value: ["--read-only", f"--tmpfs={TMP}"] * value,
        "cap_drop": lambda value: [f"--cap-drop={name}" for name in value],
        "security_opt": lambda value: [f"--security-opt={name}" for name in value],
        "sysctls": lambda value: [f"--sysctl={name}={given}" for name, given in value.items()],
        "nano_cpus": lambda value: [f"--cpus={value / NS:g}"] if value else [],
        "healthcheck": _health_arguments,
    }
    if unknown := boot.posture.keys() - known.keys():
        message = f"boots know a new word: {', '.join(sorted(unknown))}; teach it to bench/boot.py"
        raise BenchError(message)
    words = [moved(word, {boot.run: key}) for name, value in boot.posture.items() for word in known[name](value)]
    words += [f"--env={name}={value}" for name, value in boot.env.items()]
    return ["run", "--detach", f"--publish={HOST}:{outer}:{boot.port}", *words]


def _health_arguments(value: Mapping[str, Any]) -> list[str]:
    return ["--no-healthcheck"] if "test" in value else [f"--health-interval={value['interval'] / NS:g}s"]


def play(boot: Boot, image: str, key: str, clock: Clock) -> None:
    """Boot, do and wait for what was done and waited for, and remove."""
    outer = _free_port()
    with clock.timed("boots"):
        container = run(["docker", *run_arguments(boot, outer, key), image]).output.split()[-1]
    try:
        with clock.timed("waits"):
            played = Steps(container, outer, {boot.run: key})
            for step in boot.steps:
                getattr(played, step.operation)(step)
    finally:
        with clock.timed("stops"):
            run(["docker", "rm", "--force", "--volumes", container])


class Steps:
    """What befalls a container, one method an operation of the tape; `moves` are texts to replace."""

    def __init__(self, container: str, port: int, moves: Mapping[str, str]) -> None:
        self.container = container
        self.port = port
        self.moves = moves
        self.open: list[http.client.HTTPConnection] = []

    def answer(self, step: Step) -> None:
        """Poll until it answers; where it never did, until it ends or for as long as was waited then."""
        path = step.what["path"]
        if step.what["came"]:
            _poll(lambda: self._status(path) == OK, f"no answer to GET {path}")
            return
        started = time.monotonic()
        while (waited_s := time.monotonic() - started) < step.took_s:
            if self._status(path) == OK or not self._state()["Running"]:
                return
            time.sleep(pause_s(waited_s))

    def reply(self, step: Step) -> None:
        """Poll until an answer has the status of the one that was wanted."""
        path, status = step.what["path"], step.what["status"]
        _poll(lambda: self._status(path) == status, f"no {status} to GET {path}")

    def request(self, step: Step) -> None:
        """Send a request and leave it open."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=PATIENCE_S)
        connection.request("GET", step.what["path"])
        select.select([connection.sock], [], [], TAKEN_UP_S)
        self.open.append(connection)

    def signal(self, step: Step) -> None:
        """Send it, and read the answers to what is open, if anything is."""
        run(["docker", "kill", f"--signal={step.what['name']}", self.container])
        for connection in self.open:
            try:
                connection.getresponse().read()
            except (OSError, http.client.HTTPException) as error:
                message = f"the request in flight was cut short, played back: {error!r}"
                raise BenchError(message) from None
            finally:
                connection.close()
        self.open.clear()

    def exit(self, _: Step) -> None:
        """Wait until it has ended."""
        run(["docker", "wait", self.container])

    def start(self, _: Step) -> None:
        """Start it as it was left; its port was chosen by us, so it stays."""
        run(["docker", "start", self.container])

    def docker(self, step: Step) -> None:
        """Stop or start the service beside it."""
        run([moved(word, self.moves) for word in step.what["argv"]])

    def freeze(self, _: Step) -> None:
        """Stop all its processes but the first; it is one of this machine's."""
        pids = run(["docker", "top", self.container, "-eo", "pid"]).output.split()[1:]
        first = str(self._state()["Pid"])
        for pid in [pid for pid in pids if pid != first] or pids:
            os.kill(int(pid), signal.SIGSTOP)

    def health(self, step: Step) -> None:
        """Poll until the engine says so."""
        wanted = step.what["wanted"]
        _poll(lambda: self._state()["Health"]["Status"] == wanted, f"not {wanted}")

    def pause(self, step: Step) -> None:
        """Wait as long."""
        time.sleep(step.what["seconds"])

    def _status(self, path: str) -> int | None:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=2.0)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def _state(self) -> dict[str, Any]:
        told = run(["docker", "inspect", "--format", "{{json .State}}", self.container]).output
        return dict(json.loads(told))


def _poll(came: Callable[[], bool], missed: str) -> None:
    started = time.monotonic()
    while not came():
        if (waited_s := time.monotonic() - started) > PATIENCE_S:
            message = f"{missed} within {PATIENCE_S:.0f} s, played back"
            raise BenchError(message)
        time.sleep(pause_s(waited_s))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
