"""The bench's playback: a recorded boot, its waits and its services, by raw `docker` commands."""

import json
import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from docker.models.containers import Container as Handle

from bench.boot import Steps, run_arguments
from bench.operations import Boot, Build, Docker, Step, moved, operations
from bench.replay import build_arguments, replay
from bench.shell import BenchError
from bench.tape import entries
from snippets.contract import Beside
from snippets.contract.container.requests import answers
from snippets.engine.run import Run
from snippets.engine.subjects import beside
from snippets.engine.subjects.beside import RunningService, migrate, running
from snippets.engine.subjects.container import BootedContainer
from tests.unit.taped import BUILD

POSTURE = {
    "mem_limit": "256m",
    "memswap_limit": "256m",
    "pids_limit": 256,
    "labels": {"handbook.run": "k1"},
    "user": None,
    "network": None,
    "read_only": False,
    "cap_drop": [],
    "security_opt": [],
    "sysctls": {},
    "nano_cpus": None,
    "healthcheck": {"test": ["NONE"]},
}


FAKE_DOCKER = """#!/bin/sh
echo "$*" >> {log}
case "$1" in
    run) echo c2 ;;
    image) echo '[{{"Id": "sha256:2e"}}]' ;;
    inspect) echo '{{"Running": false}}' ;;
    rm) test -z "$RM_FAILS" ;;
esac
"""
Commands = Callable[[], list[str]]


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """A `docker` that does nothing; what it was asked."""
    program, log = tmp_path / "programs" / "docker", tmp_path / "docker.log"
    program.parent.mkdir()
    program.write_text(FAKE_DOCKER.format(log=log))
    program.chmod(0o755)
    log.touch()
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return lambda: log.read_text().splitlines()


@contextmanager
def answering(**statuses: list[int]) -> Iterator[int]:
    """A server on this port; a path answers with its statuses, the last one for ever, and with none not at all."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            left = statuses.get(self.path.strip("/"), [200])
            if left:
                self.send_response(left.pop(0) if left[1:] else left[0])
                self.send_header("Content-Length", "0")
                self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nobody asked."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def boot(**posture: object) -> Boot:
    """A boot as the engine tells of it."""
    return Boot(image="sha256:1d", port=8000, env={"KEY": "a b"}, posture=POSTURE | posture, run="k1", steps=[])


def step(operation: str, **what: object) -> Step:
    """A step as the tape has it, of a tenth of a second."""
    return Step(operation=operation, what=what, took_s=0.1)


def test_a_boot_is_said_in_the_words_of_docker_run() -> None:
    """Each part of the posture has its option, and what is off has none."""
    strict = boot(
        user="1000770000:0",
        network="handbook-k1-5f",
        read_only=True,
        cap_drop=["ALL"],
        security_opt=["no-new-privileges"],
        sysctls={"net.ipv4.ip_unprivileged_port_start": "1024"},
        nano_cpus=500_000_000,
        healthcheck={"interval": 1_000_000_000},
    )
    common = ["run", "--detach", "--publish=127.0.0.1:4321:8000", "--memory=256m", "--memory-swap=256m"]
    common += ["--pids-limit=256", "--label=handbook.run=k2"]

    assert run_arguments(boot(), 4321, "k2") == [*common, "--no-healthcheck", "--env=KEY=a b"]
    assert run_arguments(strict, 4321, "k2") == [
        *common,
        "--user=1000770000:0",
        "--network=handbook-k2-5f",
        "--read-only",
        "--tmpfs=/tmp:size=64m",
        "--cap-drop=ALL",
        "--security-opt=no-new-privileges",
        "--sysctl=net.ipv4.ip_unprivileged_port_start=1024",
        "--cpus=0.5",
        "--health-interval=1s",
        "--env=KEY=a b",
    ]


def test_a_posture_nobody_taught_the_bench_is_refused() -> None:
    """Else the raw side would boot with less than ours."""
    with pytest.raises(BenchError, match="boots know a new word: gpus"):
        run_arguments(boot(gpus="all"), 4321, "k2")


def test_a_killed_container_is_started_again(docker: Commands) -> None:
    """It is killed with no request in flight, has ended, starts, and is waited for on the port it had."""
    live = [503, 200]
    with answering(livez=live) as port:
        played = Steps("c2", port, {})
        played.signal(step("signal", name="SIGKILL"))
        played.exit(step("exit"))
        played.start(step("start"))
        played.answer(step("answer", path="/livez", came=True))

    assert live == [200]
    assert docker() == ["kill --signal=SIGKILL c2", "wait c2", "start c2"]


def test_a_request_in_flight_is_read_after_the_signal(docker: Commands) -> None:
    """Where the server cuts it short, the playback is of something else, and ends."""
    with answering(slow=[200], cut=[]) as port:
        played = Steps("c2", port, {})
        played.request(step("request", path="/slow"))
        played.signal(step("signal", name="SIGTERM"))
        played.request(step("request", path="/cut"))
        with pytest.raises(BenchError, match="the request in flight was cut short, played back"):
            played.signal(step("signal", name="SIGTERM"))

    assert docker() == ["kill --signal=SIGTERM c2"] * 2


def test_a_reply_is_waited_for_by_its_status(docker: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as it takes here, whatever it took when it was recorded; one that never comes is an error."""
    ready = [200, 200, 503]
    with answering(readyz=ready) as port:
        Steps("c2", port, {}).reply(step("reply", path="/readyz", status=503))
        assert ready == [503]
        monkeypatch.setattr("bench.boot.PATIENCE_S", 0.0)
        with pytest.raises(BenchError, match="no 200 to GET /readyz within 0 s, played back"):
            Steps("c2", port, {}).reply(step("reply", path="/readyz", status=200))

    assert docker() == []


def test_a_container_that_never_answered_is_waited_for_until_it_ends(docker: Commands) -> None:
    """Its state is asked for, and nothing is wrong with that."""
    with answering(livez=[503]) as port:
        Steps("c2", port, {}).answer(Step(operation="answer", what={"path": "/livez", "came": False}, took_s=60.0))

    assert docker() == ["inspect --format {{json .State}} c2"]


def listening_at_once(_: str) -> nullcontext[SimpleNamespace]:
    """A service as it is once it listens."""
    return nullcontext(SimpleNamespace(listening=lambda: {5432}, refuse_exit=lambda: None))


def test_a_migration_is_played_back_in_the_image_that_was_built_again(
    docker: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What ran in the recorded image runs in the playback's own, on the playback's own network."""
    monkeypatch.setenv("HANDBOOK_TRACE", str(entries(tmp_path)))
    monkeypatch.setenv("HANDBOOK_RUN", "k2")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    for folder in ("given", "context"):
        (tmp_path / "build-1" / folder).mkdir(parents=True)
    build = {"operation": "docker-build", "argv": ["docker", *BUILD], "kept": "build-1", "run": "k1"}
    tell(tmp_path, **build, image="sha256:1d")
    database = RunningService(name="handbook-k1-5f-database", network="handbook-k1-5f", run="k1")
    run = Run(key="k1", state=tmp_path)
    migrate("sha256:1d", "python -m 'app.migrate'", {"KEY": "a b"}, {"database": database}, run)
    recorded = docker()
    replay(tmp_path, operations(tmp_path), {})

    options = "--rm --network=handbook-k1-5f --entrypoint=python --label=handbook.run=k1 --env=KEY=a b"
    assert recorded[-1] == f"run {options} sha256:1d -m app.migrate"
    assert recorded[-1].replace("k1", "k2").replace("sha256:1d", "sha256:2e") in docker()[len(recorded) :]


def test_a_service_beside_is_played_back_around_and_within_the_boot(
    docker: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its network is there before the boot and is removed after it, all under the playback's own key."""
    monkeypatch.setenv("HANDBOOK_TRACE", str(entries(tmp_path)))
    monkeypatch.setenv("HANDBOOK_RUN", "k2")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(beside, "handled", listening_at_once)
    service = Beside(image="postgres:18", setting="DATABASE_URL", value="", env={"POSTGRES_DB": "app"})
    build = {"operation": "docker-build", "argv": ["docker", *BUILD], "kept": "build-1", "run": "k1"}
    for folder in ("given", "context"):
        (tmp_path / "build-1" / folder).mkdir(parents=True)
    with running({"database": service}, {"postgres:18": "local/pg"}, Run(key="k1", state=tmp_path)) as services:
        container = BootedContainer(handle("c1", 1), 80, live="/", signal_name="SIGTERM", services=services)
        container.stop("database")
        container.start("database")
        database = services["database"]
        posture = POSTURE | {"network": database.network}
        tell(tmp_path, **build, image="sha256:1d")
        tell(tmp_path, operation="boot", container="c1", image="sha256:1d", port=80, env={}, posture=posture, run="k1")
    recorded = docker()
    played = replay(tmp_path, operations(tmp_path), {})

    name, network = (text.replace("k1", "k2") for text in (database.name, database.network))
    again = [re.sub(r"127\.0\.0\.1:\d+:|/[^ ]*/build-1", "", command) for command in docker()[len(recorded) :]]
    beside_boots = f"--name={name} --network={network} --network-alias=database"
    limits = "--memory=256m --memory-swap=256m --pids-limit=256"
    assert [line.replace("k1", "k2") for line in recorded] == [
        f"network create --label=handbook.run=k2 {network}",
        f"run --detach {beside_boots} --label=handbook.run=k2 --env=POSTGRES_DB=app local/pg",
        f"stop --time=10 {name}",
        f"start {name}",
        f"rm --force --volumes {name}",
        f"network rm {network}",
    ]
    assert [line for line in again if network in line] == [
        *(line.replace("k1", "k2") for line in recorded[:2]),
        f"run --detach --publish=80 {limits} --label=handbook.run=k2 --network={network} --no-healthcheck sha256:2e",
        *(line.replace("k1", "k2") for line in recorded[2:]),
    ]
    assert again.index("rm --force --volumes c2") == again.index(f"start {name}") + 1
    assert not any("k1" in line for line in again)
    assert played.counts == {"builds": 1, "boots": 1, "docker commands": 4, "commands": 0}
    assert set(played.spent) == {"builds", "boots", "waits", "stops", "services"}


def test_a_service_that_cannot_be_removed_is_not_played_back(
    docker: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its network is tried all the same, and only what was done is on the tape."""
    monkeypatch.setenv("HANDBOOK_TRACE", str(entries(tmp_path)))
    monkeypatch.setenv("RM_FAILS", "1")
    monkeypatch.setattr(beside, "handled", listening_at_once)
    service = Beside(image="postgres:18", setting="DATABASE_URL", value="")
    with running({"database": service}, {}, Run(key="k1", state=tmp_path)) as services:
        database = services["database"]

    told = [cast("Docker", operation).argv[1:3] for operation in operations(tmp_path)]
    assert told == [["network", "create"], ["run", "--detach"], ["network", "rm"]]
    assert docker()[-2:] == [f"rm --force --volumes {database.name}", f"network rm {database.network}"]


def test_what_is_waited_for_under_traffic_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pause is what traffic took after the reply; played back, both together are as long as it was."""
    monkeypatch.setenv("HANDBOOK_TRACE", str(entries(tmp_path)))
    with answering(readyz=[503] * 6 + [200]) as port:
        container = BootedContainer(handle("c1", port), 80, live="/livez", signal_name="SIGTERM", services={})
        with container.traffic(["/"], clients=1) as busy:
            container.await_reply("/readyz", answers(200), timeout_s=10.0)
            busy.end()

    reply, pause = [json.loads(line) for line in entries(tmp_path).read_text().splitlines()]
    assert (reply["operation"], reply["path"], reply["status"]) == ("reply", "/readyz", 200)
    assert (pause["operation"], pause["container"]) == ("pause", "c1")
    assert pause["seconds"] < reply["took_s"]


def tell(tape: Path, **entry: object) -> None:
    """Add a line to a tape."""
    with entries(tape).open("a") as lines:
        lines.write(json.dumps(entry) + "\n")


def handle(container: str, port: int) -> Handle:
    """What the engine's library knows of a running container that publishes its port 80."""
    ports = {"80/tcp": [{"HostPort": str(port)}]}
    attrs: dict[str, Any] = {"NetworkSettings": {"Ports": ports}, "State": {"Running": True}}
    return cast("Handle", SimpleNamespace(id=container, attrs=attrs, reload=lambda: None))


def test_a_build_is_played_back_in_places_of_its_own() -> None:
    """Its secrets, its tag and its context are the playback's, all else is as it was."""
    build = Build(argv=["docker", *BUILD], kept="build-1", run="k1", image="sha256:1d")

    assert build_arguments(build, Path("/r/given"), Path("/r/context"), "k2") == [
        "docker",
        "buildx",
        "build",
        "--progress=plain",
        "--tag=handbook.local/run/k2:web",
        "--build-context=python:3.13=docker-image://handbook.local/python:3.13",
        "--secret=id=token,src=/r/given/token",
        "--no-cache",
        "--provenance=false",
        "/r/context",
    ]
    assert moved("/stage/shim:/bin", {"/stage": "/played"}) == "/played/shim:/bin"
