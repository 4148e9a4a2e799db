"""One recorded boot -> the same by raw `docker` commands: run, the same waits, remove."""

import http.client
import json
import os
import select
import signal
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from bench.operations import Boot, Step
from bench.shell import BenchError, run

HOST = "127.0.0.1"
TMP = "/tmp:size=64m"  # noqa: S108 - inside the container
# As the engine does both: how often it asks, and how long a request counts as not yet worked on.
POLL_S = 0.05
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


def run_arguments(boot: Boot, outer: int, labels: Mapping[str, str]) -> list[str]:
    """Say in the words of `docker run` what the engine asked of its API."""
    known = {
        "mem_limit": lambda value: [f"--memory={value}"],
        "memswap_limit": lambda value: [f"--memory-swap={value}"],
        "pids_limit": lambda value: [f"--pids-limit={value}"],
        "labels": lambda _: [f"--label={key}={value}" for key, value in labels.items()],
        "read_only": lambda value: ["--read-only", f"--tmpfs={TMP}"] * value,
        "cap_drop": lambda value: [f"--cap-drop={name}" for name in value],
        "security_opt": lambda value: [f"--security-opt={name}" for name in value],
        "nano_cpus": lambda value: [f"--cpus={value / NS:g}"] if value else [],
        "healthcheck": _health_arguments,
    }
    if unknown := boot.posture.keys() - known.keys():
        message = f"boots know a new word: {', '.join(sorted(unknown))}; teach it to bench/boot.py"
        raise BenchError(message)
    words = [word for name, value in boot.posture.items() for word in known[name](value)]
    words += [f"--env={name}={value}" for name, value in boot.env.items()]
    return ["run", "--detach", f"--publish={HOST}:{outer}:{boot.port}", *words]


def _health_arguments(value: Mapping[str, Any]) -> list[str]:
    return ["--no-healthcheck"] if "test" in value else [f"--health-interval={value['interval'] / NS:g}s"]


def play(boot: Boot, image: str, labels: Mapping[str, str], clock: Clock) -> None:
    """Boot, wait as it was waited for, and remove."""
    outer = _free_port()
    with clock.timed("boots"):
        container = run(["docker", *run_arguments(boot, outer, labels), image]).output.split()[-1]
    try:
        with clock.timed("waits"):
            played = _Steps(container, outer)
            for step in boot.steps:
                getattr(played, step.operation)(step)
    finally:
        with clock.timed("stops"):
            run(["docker", "rm", "--force", "--volumes", container])


class _Steps:
    """The waits, one method an operation of the tape."""

    def __init__(self, container: str, port: int) -> None:
        self.container = container
        self.port = port
        self.open: list[http.client.HTTPConnection] = []

    def answer(self, step: Step) -> None:
        """Poll until it answers; where it never did, until it ends or for as long as was waited then."""
        deadline = time.monotonic() + (PATIENCE_S if step.what["came"] else step.took_s)
        while time.monotonic() < deadline:
            if self._answers(step.what["path"]):
                return
            if not step.what["came"] and not self._state()["Running"]:
                return
            time.sleep(POLL_S)
        if step.what["came"]:
            message = f"no answer to GET {step.what['path']} within {PATIENCE_S:.0f} s, played back"
            raise BenchError(message)

    def request(self, step: Step) -> None:
        """Send a request and leave it open."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=PATIENCE_S)
        connection.request("GET", step.what["path"])
        select.select([connection.sock], [], [], TAKEN_UP_S)
        self.open.append(connection)

    def signal(self, step: Step) -> None:
        """Send it, and read the answers to what is open."""
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

    def freeze(self, _: Step) -> None:
        """Stop all its processes but the first; it is one of this machine's."""
        pids = run(["docker", "top", self.container, "-eo", "pid"]).output.split()[1:]
        first = str(self._state()["Pid"])
        for pid in [pid for pid in pids if pid != first] or pids:
            os.kill(int(pid), signal.SIGSTOP)

    def health(self, step: Step) -> None:
        """Poll until the engine says so."""
        deadline = time.monotonic() + PATIENCE_S
        while self._state()["Health"]["Status"] != step.what["wanted"]:
            if time.monotonic() > deadline:
                message = f"not {step.what['wanted']} within {PATIENCE_S:.0f} s, played back"
                raise BenchError(message)
            time.sleep(POLL_S)

    def pause(self, step: Step) -> None:
        """Wait as long."""
        time.sleep(step.what["seconds"])

    def _answers(self, path: str) -> bool:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=2.0)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _state(self) -> dict[str, Any]:
        told = run(["docker", "inspect", "--format", "{{json .State}}", self.container]).output
        return dict(json.loads(told))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
