"""The bench: what is taped and how it is played back, which figures are met, and what its libraries hold."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from bench import synthetic
from bench.__main__ import table
from bench.bare import typed
from bench.boot import run_arguments
from bench.checkout import MARK, Checkout
from bench.figure import Figure, Machine, Results, Spread
from bench.operations import STEPS, Boot, Build, Command, Rehearsal, Step, operations, untold
from bench.replay import build_arguments, moved
from bench.shell import BenchError, run
from bench.tape import entries, kind_of, stage_of
from snippets.standing import Standings

BUILD = [
    "buildx",
    "build",
    "--progress=plain",
    "--iidfile=/tmp/hb-1/id",
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
    "read_only": False,
    "cap_drop": [],
    "security_opt": [],
    "nano_cpus": None,
    "healthcheck": {"test": ["NONE"]},
}


def boot(**posture: object) -> Boot:
    """A boot as the engine tells of it."""
    return Boot(image="sha256:1d", port=8000, env={"KEY": "a b"}, posture=POSTURE | posture, steps=[])


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


def test_a_stage_is_found_by_its_compose_file() -> None:
    """Whether it is named in an option or in the environment."""
    in_variable = {"COMPOSE_FILE": "/s/shop/compose.yaml:/s/override.json"}

    assert stage_of("compose", ["compose", "-f", "/s/shop/compose.yaml", "up"], {}) == Path("/s")
    assert stage_of("compose", ["compose", "down"], in_variable) == Path("/s")
    with pytest.raises(BenchError, match=r"no compose.yaml in `docker compose down`"):
        stage_of("compose", ["compose", "down"], {})


def test_a_tape_becomes_operations_in_their_order(tmp_path: Path) -> None:
    """Waits belong to the boot of their container, commands to the copy they ran in."""
    build = {"operation": "docker-build", "argv": ["docker"], "kept": "build-1", "run": "k1", "image": "sha256:1d"}
    answer = {"operation": "answer", "container": "c1", "path": "/livez", "came": True, "took_s": 1.0}
    booted = {"operation": "boot", "container": "c1", "image": "sha256:1d", "port": 80, "env": {}, "posture": {}}
    command = {
        "operation": "command",
        "argv": ["bash"],
        "kept": "stage-1",
        "stage": "/s",
        "run": "k1",
        "env": {},
        "status": 0,
    }
    theirs = {"operation": "build", "argv": ["docker"], "took_s": 1.0}

    found = operations(taped(tmp_path, theirs, build, command, answer, booted, command))

    once = Command(argv=["bash"], env={}, status=0)
    assert untold(found) == STEPS - {"answer"}
    assert found == [
        Build(argv=["docker"], kept="build-1", run="k1", image="sha256:1d"),
        Rehearsal(kept="stage-1", folder="/s", run="k1", commands=[once, once]),
        Boot(
            image="sha256:1d",
            port=80,
            env={},
            posture={},
            steps=[Step(operation="answer", what=answer, took_s=1.0)],
        ),
    ]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "nothing was recorded"),
        ([{"operation": "pause", "container": "c1", "took_s": 0.5}], "a container that never ended"),
        ([{"operation": "teleport"}], "tape.jsonl:1: 'teleport' cannot be played back"),
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
        read_only=True,
        cap_drop=["ALL"],
        security_opt=["no-new-privileges"],
        nano_cpus=500_000_000,
        healthcheck={"interval": 1_000_000_000},
    )
    common = ["run", "--detach", "--publish=127.0.0.1:4321:8000", "--memory=256m", "--memory-swap=256m"]
    common += ["--pids-limit=256", "--label=handbook.run=k2"]

    assert run_arguments(boot(), 4321, {"handbook.run": "k2"}) == [*common, "--no-healthcheck", "--env=KEY=a b"]
    assert run_arguments(strict, 4321, {"handbook.run": "k2"}) == [
        *common,
        "--read-only",
        "--tmpfs=/tmp:size=64m",
        "--cap-drop=ALL",
        "--security-opt=no-new-privileges",
        "--cpus=0.5",
        "--health-interval=1s",
        "--env=KEY=a b",
    ]


def test_a_posture_nobody_taught_the_bench_is_refused() -> None:
    """Else the raw side would boot with less than ours."""
    with pytest.raises(BenchError, match="boots know a new word: gpus"):
        run_arguments(boot(gpus="all"), 4321, {})


def test_a_build_is_played_back_in_places_of_its_own() -> None:
    """Its id, its secrets, its tag and its context are the playback's, all else is as it was."""
    build = Build(argv=["docker", *BUILD], kept="build-1", run="k1", image="sha256:1d")

    assert build_arguments(build, Path("/r/given"), Path("/r/context"), "k2") == [
        "docker",
        "buildx",
        "build",
        "--progress=plain",
        "--iidfile=/r/given/id",
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


def test_a_command_that_fails_is_quoted() -> None:
    """With its status and its last lines."""
    with pytest.raises(BenchError, match=r"`sh -c echo oops; exit 3` exits 3:\noops"):
        run(["sh", "-c", "echo oops; exit 3"])


def test_a_bare_page_holds_what_its_references_show(proven: Callable[[], Standings]) -> None:
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
