"""The bench: what is taped and how it is played back, which figures are met, and what its libraries hold."""

import json
import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from docker.models.containers import Container as Handle

from bench import synthetic
from bench.__main__ import table
from bench.bare import typed
from bench.boot import Steps, run_arguments
from bench.checkout import MARK, Checkout
from bench.command import BARE, copy, help_, list_
from bench.contract import by_family, judge
from bench.figure import Figure, Machine, Results, Spread
from bench.operations import STEPS, Boot, Build, Command, Docker, Rehearsal, Step, moved, operations, untold
from bench.replay import build_arguments, replay
from bench.shell import BenchError, Done, run
from bench.tape import entries, kind_of, workdir_of
from snippets.contract import CONTRACT, Beside
from snippets.contract.container.requests import answers
from snippets.engine import subjects
from snippets.engine.run import Run
from snippets.engine.subjects import beside
from snippets.engine.subjects.beside import running
from snippets.engine.subjects.container import BootedContainer
from snippets.handbook import Handbook
from tests.unit.fake_image import image_in
from tests.unit.fake_site import PROJECT

BUILD = [
    "buildx",
    "build",
    "--progress=plain",
    "--tag=handbook.local/run/k1:web",
    "--build-context=python:3.13=docker-image://handbook.local/python:3.13",
    "--secret=id=token,src=/tmp/hb-1/token",
    "--no-cache",
    "--provenance=false",
    "/contexts/1",
]
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


def taped(folder: Path, *lines: Mapping[str, object]) -> Path:
    """A tape with these lines on it."""
    entries(folder).write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


@pytest.mark.parametrize(
    ("program", "arguments", "kind"),
    [
        ("docker", BUILD, "docker-build"),
        ("docker", ["buildx", "build", "--tag=handbook.local/python:3.13", "."], None),
        ("docker", ["compose", "-f", "/s/a/compose.yaml", "-p", "handbook-k1-a", "up", "--build", "--wait"], "compose"),
        ("docker", ["compose", "run", "--rm", "web", "exec"], "compose"),
        ("docker", ["compose", "exec", "-T", "web", "cat", "/run/up"], None),
        ("docker", ["image", "inspect", "sha256:1d"], None),
        ("docker", ["run", "--rm", "image"], None),
        ("bash", ["-euo", "pipefail", "-c", "docker build ."], "command"),
        ("bash", ["-euo", "pipefail", "-c", "docker compose up --detach --wait"], "command"),
        ("bash", ["-euo", "pipefail", "-c", "docker compose kill db"], "command"),
        ("bash", ["-euo", "pipefail", "-c", "docker compose exec -T db psql --command='SELECT 1'"], None),
        ("bash", ["-euo", "pipefail", "-c", "docker compose logs --no-color web"], None),
        ("bash", ["-euo", "pipefail", "-c", "docker history --no-trunc sha256:1d"], None),
        ("bash", ["-euo", "pipefail", "-c", "docker logs web && docker rm web"], "command"),
        ("bash", ["-euo", "pipefail", "-c", "docker compose ps | grep web"], "command"),
        ("bash", ["-euo", "pipefail", "-c", "docker stop web"], "command"),
        ("bash", ["-c", "true"], None),
    ],
)
def test_what_builds_boots_waits_or_stops_is_taped(program: str, arguments: list[str], kind: str | None) -> None:
    """Questions, bases and the engine's own boots are not played back."""
    assert kind_of(program, arguments) == kind


def test_an_unknown_verb_of_compose_is_an_error() -> None:
    """It may boot something, so it may not be left out in silence."""
    with pytest.raises(BenchError, match=r"no known verb in `docker compose frobnicate`"):
        kind_of("docker", ["compose", "frobnicate"])


def test_a_workdir_is_found_by_its_compose_file() -> None:
    """Whether it is named in an option or in the environment."""
    in_variable = {"COMPOSE_FILE": "/s/shop/compose.yaml:/s/override.json"}

    assert workdir_of("compose", ["compose", "-f", "/s/shop/compose.yaml", "up"], {}) == Path("/s")
    assert workdir_of("compose", ["compose", "down"], in_variable) == Path("/s")
    with pytest.raises(BenchError, match=r"no compose.yaml in `docker compose down`"):
        workdir_of("compose", ["compose", "down"], {})


def test_a_tape_becomes_operations_in_their_order(tmp_path: Path) -> None:
    """What befalls a container and its service belongs to its boot, commands to the copy they ran in."""
    build = {"operation": "docker-build", "argv": ["docker"], "kept": "build-1", "run": "k1", "image": "sha256:1d"}
    answer = {"operation": "answer", "container": "c1", "path": "/livez", "came": True, "took_s": 1.0}
    stopped = {"operation": "docker", "container": "c1", "argv": ["docker", "stop", "s"], "run": "k1", "took_s": 2.0}
    boot = {"operation": "boot", "image": "sha256:1d", "port": 80, "env": {}, "posture": {}, "run": "k1"}
    created = {"operation": "docker", "argv": ["docker", "network", "create", "s"], "run": "k1", "took_s": 0.1}
    removed = {"operation": "docker", "argv": ["docker", "network", "rm", "s"], "run": "k1", "took_s": 0.1}
    first, second = {**boot, "container": "c1"}, {**boot, "container": "c2"}
    command = {
        "operation": "command",
        "argv": ["bash"],
        "kept": "stage-1",
        "workdir": "/s",
        "run": "k1",
        "env": {},
        "status": 0,
    }
    theirs = {"operation": "build", "argv": ["docker"], "took_s": 1.0}

    # The first container is open while the second one begins and ends.
    tape = taped(tmp_path, theirs, build, command, created, answer, stopped, second, first, removed, command)
    found = operations(tape)

    once = Command(argv=["bash"], env={}, status=0)
    assert untold(found) == STEPS - {"answer", "docker"}
    assert found == [
        Build(argv=["docker"], kept="build-1", run="k1", image="sha256:1d"),
        Rehearsal(kept="stage-1", folder="/s", run="k1", commands=[once, once]),
        Docker(argv=["docker", "network", "create", "s"], run="k1"),
        Boot(image="sha256:1d", port=80, env={}, posture={}, run="k1", steps=[]),
        Boot(
            image="sha256:1d",
            port=80,
            env={},
            posture={},
            run="k1",
            steps=[
                Step(operation="answer", what=answer, took_s=1.0),
                Step(operation="docker", what=stopped, took_s=2.0),
            ],
        ),
        Docker(argv=["docker", "network", "rm", "s"], run="k1"),
    ]


def test_every_step_that_the_engine_tells_of_is_known() -> None:
    """And no other: the playback of each is asked for, so one that nobody tells of would never be complete."""
    sources = "".join(path.read_text() for path in Path(subjects.__file__).parent.glob("*.py"))
    told = re.findall(r'_trace\("(\w+)"', sources)

    assert {*told, "docker"} == STEPS


@pytest.mark.parametrize("operation", sorted(STEPS))
def test_every_step_on_a_tape_can_be_played(operation: str) -> None:
    """Else a proof would be recorded for minutes, and its playback end at the first such step."""
    assert callable(getattr(Steps, operation))


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "nothing was recorded"),
        ([{"operation": "pause", "container": "c1", "took_s": 0.5}], "a container that never ended"),
        ([{"operation": "teleport"}], "tape.jsonl:1: 'teleport' cannot be played back"),
        ([{"operation": "docker", "run": "", "argv": []}], "tape.jsonl:1: asked of the engine outside of any run"),
        ([{"operation": "compose", "run": ""}], "tape.jsonl:1: asked of the engine outside of any run"),
    ],
)
def test_a_tape_that_cannot_be_played_is_refused(tmp_path: Path, lines: list[dict[str, object]], message: str) -> None:
    """A playback of less than was done would flatter nobody but us."""
    with pytest.raises(BenchError, match=message):
        operations(taped(tmp_path, *lines))


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


def test_every_edit_writes_other_bytes_and_one_line(tmp_path: Path) -> None:
    """No cache knows them, and the file does not grow."""
    file = tmp_path / "snippets" / "library" / "web" / "pyproject.toml"
    file.parent.mkdir(parents=True)
    file.write_text("[project]\n")
    checkout = Checkout(root=tmp_path)

    first = checkout.edit("web/pyproject.toml")
    second = checkout.edit("web/pyproject.toml")

    assert first != second
    assert first.startswith(MARK)
    assert file.read_text() == f"[project]\n{second}\n"


@pytest.mark.parametrize(
    ("values", "containers", "met"),
    [([1.0, 1.4, 9.0], None, True), ([1.0, 1.6, 1.7], None, False), ([1.0], 0, True), ([1.0], 1, False)],
)
def test_a_figure_is_met_by_its_median(values: list[float], containers: int | None, *, met: bool) -> None:
    """And by no container where none may be started."""
    figure = Figure.judged("f", "says", limit=1.5, values=values, parts={"ours s": values}, containers=containers)

    assert figure.met is met
    assert figure.values == Spread(
        minimum=min(values), median=sorted(values)[len(values) // 2], maximum=max(values), count=len(values)
    )
    assert ("MISSED: says" in table([figure])) is not met


def test_no_value_is_no_figure() -> None:
    """Nothing may pass by being empty."""
    with pytest.raises(BenchError, match="nothing was measured"):
        Figure.judged("f", "says", limit=1.5, values=[], parts={})


def test_results_name_the_machine_and_what_ci_measured(tmp_path: Path) -> None:
    """Where `.ci/run` measured nothing they say so; what it wrote wrongly is refused."""
    machine = Machine(processor="CPU", cores=2, memory_gib=4.0, system="Linux", python="3.11", engine="Docker 26")
    figure = Figure.judged("f", "says", limit=1.5, values=[1.0], parts={})
    ci = tmp_path / "ci.json"

    assert Results.gathered(machine, 4, [figure], ci).ci is None
    ci.write_text('{"took_s": 600.0, "peak_mib": 2048}')
    Results.gathered(machine, 4, [figure], ci).write(tmp_path / "results.json")
    written = json.loads((tmp_path / "results.json").read_text())
    assert written["machine"]["processor"] == "CPU"
    assert written["ci"] == {"took_s": 600.0, "peak_mib": 2048.0}
    assert written["figures"][0]["values"] == {"minimum": 1.0, "median": 1.0, "maximum": 1.0, "count": 1}
    ci.write_text('{"took_s": 600.0, "peak_gib": 2}')
    with pytest.raises(BenchError, match=r"ci.json: Object contains unknown field `peak_gib`"):
        Results.gathered(machine, 4, [figure], ci)


def test_a_command_that_fails_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its status and its last lines; all that it printed is kept, and not where a real failure's is."""
    monkeypatch.setattr("bench.shell.FAILURE", tmp_path / "failure.log")
    with pytest.raises(BenchError, match=r"`sh -c echo oops; exit 3` exits 3:\noops"):
        run(["sh", "-c", "echo oops; exit 3"])
    assert (tmp_path / "failure.log").read_text() == "oops\n"


def test_a_bare_page_holds_what_its_references_show(proven: Callable[[], Handbook]) -> None:
    """A file is typed into a fence, a card stays HTML, prose and illustrations stay as they are."""
    page = (
        "# Web\n\n```snippet\nweb/Dockerfile\n```\n\n```command\nweb/build\n```\n\n```evidence\nweb\n```\n\n"
        "```text\na -> b\n```\n\nProse.\n"
    )

    text = typed(page, "web.md", proven())

    assert "`````docker\nFROM python:3.13\nCOPY serve.conf .\nUSER 10001\n`````\n" in text
    assert "`````console\ndocker build .\n`````\n" in text
    assert '<details class="hb-evidence"' in text
    assert "```text\na -> b\n```\n\nProse.\n" in text
    assert "```snippet" not in text


def test_a_synthetic_library_is_proven_and_its_site_passes(tmp_path: Path) -> None:
    """So what is timed is what a real site costs, and no early refusal."""
    synthetic.write(tmp_path, 12)

    assert set(synthetic.measure(tmp_path)) == {"catalogue", "render", "audit"}
    assert len(list((tmp_path / "site").glob("s*/index.html"))) == 12
    (tmp_path / "site" / "s0001" / "index.html").write_text("<pre>typed by hand</pre>")
    with pytest.raises(AssertionError, match=r"s0001/index\.html"):
        synthetic.measure(tmp_path)


def test_the_contract_is_timed_as_the_proof_judges_it(tmp_path: Path) -> None:
    """All promises on one trial, which shares its boots; every second of a finding is in its family's."""
    image = image_in(tmp_path)

    judged = judge(CONTRACT, image, PROJECT)

    assert [finding.promise for finding in judged.findings] == [promise.slug for promise in CONTRACT]
    assert judged.boots == len(image.booted)
    assert 0 < judged.boots < len(CONTRACT)
    assert all(container.closed for container in image.booted)
    slow = [replace(finding, took_s=1.0) for finding in judged.findings]
    taken = by_family(CONTRACT, slow)
    assert taken["logs"] == 1.0
    assert sum(taken.values()) == len(CONTRACT)


def test_a_contract_that_is_broken_is_no_measure(tmp_path: Path) -> None:
    """A promise that fails early takes no time."""
    image = replace(image_in(tmp_path), setuid=("/bin/su",))

    with pytest.raises(BenchError, match=r"no-setuid is broken: .*/bin/su"):
        judge(CONTRACT, image, PROJECT)


@pytest.mark.parametrize(
    ("take", "name"),
    [
        pytest.param(help_, "handbook --help", id="help"),
        pytest.param(list_, "handbook list", id="list"),
        pytest.param(copy, "handbook copy flask-uv", id="copy"),
    ],
)
def test_a_command_is_timed_against_a_bare_interpreter(
    take: Callable[[int, Callable[[str], None]], Figure], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are run once for the caches and then as often as was asked, each time in a directory that is new."""
    called: list[str] = []
    folders: set[Path] = set()

    def taken(command: Sequence[str], *, cwd: Path = Path()) -> Done:
        is_bare = command == BARE
        called.append("bare" if is_bare else " ".join([Path(command[0]).name, *command[1:]]))
        folders.update([] if is_bare else [cwd])
        return Done(status=0, output="", took_s=0.01 if is_bare else 0.05)

    monkeypatch.setattr("bench.command.run", taken)
    figure = take(2, lambda _: None)

    assert called == [name, "bare"] * 3
    assert len(folders) == 3
    assert (figure.values.count, round(figure.values.median, 2)) == (2, 5.0)
    assert round(figure.parts[f"{name} ms"].median) == 50
