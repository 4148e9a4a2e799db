"""The bench's tape: what is put on it, and what operations its lines become."""

import re
from pathlib import Path

import pytest

from bench.boot import Steps
from bench.operations import STEPS, Boot, Build, Command, Docker, Rehearsal, Step, operations, untold
from bench.shell import BenchError
from bench.tape import kind_of, workdir_of
from snippets.engine import subjects
from tests.unit.taped import BUILD, taped


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
