"""An engine that dies while it is asked: an error with its cause, neither kept nor broken, and no traceback."""

import gc
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from ctypes import CDLL
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import pytest

from snippets.contract import PROMISES, Finding, Project, Trial, Verdict
from snippets.contract.container.contents import MIB
from snippets.contract.observation import PLAIN
from snippets.contract.promise import Judgement, kept_if
from snippets.contract.subject import Container, Image
from snippets.engine.daemon.process import LiveProcess
from snippets.engine.engine import Engine
from snippets.engine.subjects.image import BuiltImage
from snippets.errors import EngineError
from tests.faults.hostile import SERVES, built
from tests.faults.test_engine_faults import apart, awaited, disk, processes
from tests.faults.test_engine_faults import engine as engine_apart

# With a bridge in a network of its own, so that what it boots can be asked from inside that network.
NETWORKED = """#!/bin/sh
exec unshare --net sh -c 'ip link set lo up && exec {dockerd} --iptables=false --ip6tables=false "$@"' dockerd "$@"
"""
CLONE_NEWNET = 0x40000000
GONE = "no container engine answers ("
# docker-py leaves a socket open that it could not connect.
LEAKY = pytest.mark.filterwarnings(r"ignore:unclosed <socket\.socket fd=\d+, family=1,:ResourceWarning")


@dataclass(frozen=True, kw_only=True)
class Mortal:
    """An engine apart that can be killed, the lonely server on it, and a thread that lives in its network."""

    pid: int
    image: BuiltImage
    inside: ThreadPoolExecutor

    def kill(self) -> None:
        """End the engine, and nothing of what it runs but its proxies: they die with it, a moment later."""
        proxies = [pid for pid in processes("docker-proxy") if parent(pid) == self.pid]
        os.kill(self.pid, signal.SIGKILL)
        awaited(lambda: not any(map(LiveProcess.find, (self.pid, *proxies))))

    def kill_once(self, words: str, *, after_s: float = 0.0) -> None:
        """End it so long after a process of such a command line is there."""
        awaited(lambda: bool(processes(words)))
        time.sleep(after_s)
        self.kill()


def parent(pid: int) -> int | None:
    """Who started a process, or None: it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return int(stat.rpartition(")")[2].split()[1])


def join_network(pid: int) -> None:
    """Bring the calling thread into the network of a process; os.setns came with Python 3.12."""
    with Path(f"/proc/{pid}/ns/net").open() as network:
        assert CDLL(None).setns(network.fileno(), CLONE_NEWNET) == 0


@contextmanager
def buried(folder: Path) -> Iterator[None]:
    """End what an engine ran that was killed, and take away its mounts and control groups."""
    try:
        yield
    finally:
        for shim in processes(f"-address {folder}"):
            name = Path(f"/proc/{shim}/cmdline").read_text().split("\0")
            children = Path(f"/proc/{shim}/task/{shim}/children").read_text().split()
            for pid in (*map(int, children), shim):
                os.kill(pid, signal.SIGKILL)
                awaited(lambda pid=pid: LiveProcess.find(pid) is None)  # type: ignore[misc] # a default of its own
            container = name[name.index("-id") + 1]
            for group in (
                *Path("/sys/fs/cgroup").glob(f"*/docker/{container}"),
                Path("/sys/fs/cgroup/docker", container),
            ):
                with suppress(OSError):
                    group.rmdir()
        mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
        for place in reversed([mount for mount in mounts if mount.startswith(f"{folder}/s/")]):
            subprocess.run(["umount", "--lazy", place], check=True)


@pytest.fixture
def mortal(alone: BuiltImage, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mortal]:
    """See the class."""
    with alone.boot() as container:
        program = container.read("/httpd")
    monkeypatch.setattr(sys.modules[apart.__module__], "APART", NETWORKED)
    with (
        tempfile.TemporaryDirectory(prefix="hb-") as name,
        disk(Path(name), 512) as data,
        buried(Path(name)),
        engine_apart(Path(name), data, monkeypatch),
    ):
        context = Path(name, "context")
        (context / "www").mkdir(parents=True)
        for page in ("index.html", "livez", "readyz"):
            (context / "www" / page).touch()
        (context / "httpd").write_bytes(program)
        (context / "httpd").chmod(0o755)
        with (context / "large").open("wb") as large:
            large.truncate(100 * MIB)
        (pid,) = processes(f"--data-root={data}")
        serves = "FROM scratch\nCOPY httpd large /\nCOPY www/index.html www/livez www/readyz /www/\n"
        # A server that can be told from those of other engines.
        image = built(engine, context, serves + SERVES.replace('"-f"', f'"-f", "-r", "{Path(name).name}"'))
        settings = {"REQUIRED": "by fails-fast"}
        with ThreadPoolExecutor(1, initializer=join_network, initargs=(pid,)) as inside:
            yield Mortal(pid=pid, image=replace(image, project=Project(port=8000, settings=settings)), inside=inside)
        gc.collect()


QUESTIONS: dict[str, Callable[[Container], object]] = {
    "running": lambda container: container.running(),
    "get": lambda container: container.get("/"),
    "await_reply": lambda container: container.await_reply("/", lambda _: False, 1.0),
    "signal": lambda container: container.signal("SIGHUP"),
    "wait": lambda container: container.wait(1.0),
    "start": lambda container: container.start(),
    "kill": lambda container: container.kill(),
    "logs": lambda container: container.logs(),
    "processes": lambda container: container.processes(),
    "listening": lambda container: container.listening(),
    "freeze": lambda container: container.freeze(),
    "health": lambda container: container.health(),
    "changes": lambda container: container.changes(),
    "memory": lambda container: container.memory(),
    "read": lambda container: container.read("/www/livez"),
    "put": lambda container: container.put("/www/livez", b""),
    "run": lambda container: container.run("/httpd"),
}


@LEAKY
def test_a_dead_engine_answers_no_question(mortal: Mortal) -> None:
    """Whatever is asked of a container whose engine has died: an error that says so, and no traceback."""
    said: dict[str, str] = {}

    def ask() -> None:
        with mortal.image.boot() as container:
            mortal.kill()
            for name, question in QUESTIONS.items():
                try:
                    said[name] = f"answered {question(container)!r}"
                except EngineError as error:
                    said[name] = str(error)

    with pytest.raises(EngineError, match=re.escape(GONE)):
        mortal.inside.submit(ask).result(60)
    assert {name: words for name, words in said.items() if not words.startswith(GONE)} == {}
    assert said.keys() == QUESTIONS.keys()
    with pytest.raises(EngineError, match=re.escape(GONE)), mortal.image.boot():
        pass


@LEAKY
@pytest.mark.parametrize(
    ("slug", "words", "after_s"),
    [
        ("lean", "docker image save {image}", 0.0),
        ("fails-fast", "/httpd -f -r {engine} ", 0.0),
        ("fits-memory", "/httpd -f -r {engine} ", 2.0),
    ],
)
def test_an_engine_that_dies_within_a_promise_is_an_error(
    mortal: Mortal, slug: str, words: str, after_s: float
) -> None:
    """Half an export, a wait or a load say nothing of the image: neither kept nor broken."""

    def judge() -> Finding:
        trial = Trial(mortal.image)
        return PROMISES[slug].judge(trial, mortal.image.project)

    finding = mortal.inside.submit(judge)
    mortal.kill_once(words.format(image=mortal.image.id, engine=mortal.image.context.parent.name), after_s=after_s)

    assert (finding.result(60).verdict, finding.result().seen[: len(GONE)]) == (Verdict.ERROR, GONE)


def broken(image: Image, _: Project) -> Judgement:
    """Nobody keeps this."""
    with image.boot(PLAIN):
        return kept_if(condition=False, seen="seen before the engine died")


class Doomed(Trial):
    """A trial whose engine dies before its boots can be ended."""

    def __init__(self, mortal: Mortal) -> None:
        super().__init__(mortal.image)
        self._mortal = mortal

    def renewed(self) -> Self:
        """Too late."""
        self._mortal.kill()
        return super().renewed()


@LEAKY
def test_an_engine_that_dies_after_a_promise_was_broken_is_an_error(mortal: Mortal) -> None:
    """The boot that it shares cannot be ended then: the cause is told, and not raised past the judge."""
    promise = replace(PROMISES["reachable"], function=broken)
    trial = Doomed(mortal)
    finding = mortal.inside.submit(promise.judge, trial, mortal.image.project).result(60)

    assert (finding.verdict, finding.seen[: len(GONE)]) == (Verdict.ERROR, GONE)
