"""Containers and builds that misbehave: each ends in its own time, with the cause in the message."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import docker
import pytest
from msgspec import structs

from snippets.check.judging import judged
from snippets.contract import CONTRACT, PROMISES, Beside, Project, Trial, Verdict
from snippets.contract.container.requests import answers, expect_200
from snippets.contract.observation import PLAIN, Posture
from snippets.engine.build import ANEW, build
from snippets.engine.engine import Engine
from snippets.engine.run import LABEL
from snippets.engine.subjects import image as image_module
from snippets.engine.subjects.image import BuiltImage
from snippets.errors import BuildError, ContainerError, LateError, NotReadyError

BASE, POSTGRES = "python:3.13-slim-trixie", "postgres:18"
BOUND_TO_ITSELF = "http.server.HTTPServer(('127.0.0.1', 8000), http.server.SimpleHTTPRequestHandler).serve_forever()"
# What only a look at the image, or another build, can tell is not waited for.
BOOTED = [promise for promise in CONTRACT if promise.family != "image"]
SERVER = """
import http.server
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        {answer}
http.server.HTTPServer(("0.0.0.0", 8000), Answer).serve_forever()
"""
Make = Callable[[str], BuiltImage]
# Nothing takes so long, not on a machine with its hands full either.
LONG_S = 400.0


@pytest.fixture
def image(engine: Engine, tmp_path: Path) -> Make:
    """An image whose only process is a Python program."""

    def made(program: str) -> BuiltImage:
        (tmp_path / "program.py").write_text(program)
        (tmp_path / "Dockerfile").write_text(f'FROM {BASE}\nCOPY program.py .\nCMD ["python", "-u", "program.py"]\n')
        contexts = engine.contexts([BASE])
        built = build(tmp_path, engine.run.tag(tmp_path.name.lower()), contexts=contexts)
        return BuiltImage(
            id=built.id,
            source=tmp_path,
            project=Project(port=8000),
            run=engine.run,
            contexts=contexts,
            bases=[BASE],
            build_s=built.took_s,
        )

    return made


def test_container_that_exits_at_once_is_noticed_at_once(image: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its status and last words are the message, long before the time to get ready is up."""
    monkeypatch.setattr(image_module, "READY_TIMEOUT_S", LONG_S)
    mutant = image("print('no such table: users'); raise SystemExit(3)")
    said = r"exited with status 3; its last lines:\nno such table: users"
    started = time.monotonic()
    with pytest.raises(NotReadyError, match=said), mutant.boot():
        pass
    assert time.monotonic() - started < LONG_S / 2


def test_container_that_never_answers_is_given_up(image: Make) -> None:
    """It runs but does not listen: the wait ends in its time and says that nobody answered."""
    silent = image("import time; print('thinking'); time.sleep(600)")
    said = r"not ready after 3 s: no answer on port \d+ to GET /livez(.|\n)*thinking"
    with silent.start(PLAIN, {}) as container, pytest.raises(LateError, match=said):
        container.await_answer(3.0)


# It dies at its start where its database is not there, and is ready only while it is.
NEEDY = """
import http.server, os, socket
def there():
    socket.create_connection((os.environ["DATABASE"], 5432), timeout=1).close()
there()
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        try:
            there()
            status = 200
        except OSError:
            status = 200 if self.path == "/livez" else 503
        self.send_response(status)
        self.end_headers()
http.server.HTTPServer(("0.0.0.0", 8000), Answer).serve_forever()
"""
DATABASE = Beside(image=POSTGRES, setting="DATABASE", value="database", env={"POSTGRES_PASSWORD": "canary"})


def beside(image: BuiltImage, engine: Engine, service: Beside) -> BuiltImage:
    """The image, with a database beside it."""
    project = structs.replace(image.project, beside={"database": service})
    return replace(image, project=project, contexts={**image.contexts, **engine.contexts([POSTGRES])})


def test_what_stands_beside_it_is_up_in_every_boot(image: Make, engine: Engine) -> None:
    """Whoever needs it at its own start comes up, in each posture; and the promise that takes it away has its own."""
    needy = beside(image(NEEDY), engine, DATABASE)

    with Trial(needy) as trial:
        asked = ("reachable", "read-only-root", "no-privileges", "live-is-not-ready", "any-uid")
        findings = [PROMISES[slug].judge(trial, needy.project) for slug in asked]
        with trial.start(PLAIN, {}) as started:
            assert started.await_reply("/readyz", answers(200), 20.0) is not None

    assert [finding.seen for finding in findings if finding.verdict is not Verdict.KEPT] == []


def test_a_service_that_does_not_come_up_is_no_broken_promise(image: Make, engine: Engine) -> None:
    """What stands beside it was described wrongly: its own last words say how."""
    needy = beside(image(NEEDY), engine, structs.replace(DATABASE, env={}))

    finding = PROMISES["reachable"].judge(needy, needy.project)

    assert finding.verdict is Verdict.ERROR
    said = "state `beside.database`: what it needs to run; as it is, the container exited with status 1"
    assert finding.seen.startswith(said)
    assert "POSTGRES_PASSWORD" in finding.seen


def test_a_migration_that_fails_is_why_it_does_not_come_up(image: Make, engine: Engine) -> None:
    """It is run beside the services before each trial; its last words are the reason, and nothing is started."""
    needy = beside(image(NEEDY), engine, DATABASE)
    failing = "python -c \"raise SystemExit('no such column: price')\""
    told = replace(needy, project=structs.replace(needy.project, migrate=failing))

    with Trial(told) as trial:
        finding = PROMISES["reachable"].judge(trial, told.project)

    assert finding.verdict is Verdict.BROKEN
    said = (
        f"does not come up: `{failing}`, which is run before it serves, exits 1; its last lines:\nno such column: price"
    )
    assert finding.seen == said


def test_one_that_listens_where_nobody_reaches_it_is_waited_for_once(image: Make) -> None:
    """And not once a posture; its log is there."""
    loopback = image("import http.server, sys; print('canary', file=sys.stderr); " + BOUND_TO_ITSELF)
    started = time.monotonic()

    found = {each.promise: each for each in judged(loopback, loopback.project, BOOTED, {})}

    assert time.monotonic() - started < 2 * image_module.READY_TIMEOUT_S
    # The image declares no HEALTHCHECK, which needs no boot to be seen.
    assert {slug for slug, each in found.items() if each.verdict is Verdict.BROKEN} == {"reachable", "health-honest"}
    assert found["reachable"].seen.startswith("does not come up: not ready after 40 s: no answer on port ")
    assert "canary" in found["reachable"].seen


def test_no_container_is_given_more_processors_than_there_are(image: Make) -> None:
    """The engine refuses a limit above what it has: on a small host the promises that ask for two would not start."""
    roomy = image(SERVER.format(answer="self.send_response(200); self.end_headers()"))
    assert roomy.processors == os.cpu_count()
    with roomy.boot(Posture(cpus=1000.0)) as container:
        assert container.get("/livez").status == 200


def test_container_that_answers_500_is_not_ready(image: Make) -> None:
    """An answer is not the right answer: 200 exactly, or it is not up."""
    failing = image(SERVER.format(answer="self.send_error(500)"))
    said = r"not ready after \d s: the last answer to GET /livez was 500 after"
    with failing.start(PLAIN, {}) as container, pytest.raises(NotReadyError, match=said):
        container.await_answer(4.0)


def test_broken_container_breaks_a_promise_and_is_no_error(image: Make) -> None:
    """What the container does wrong is a finding; only what the engine does wrong is an error."""
    mutant = image("raise SystemExit('no database')")

    finding = PROMISES["reachable"].judge(mutant, mutant.project)

    assert finding.verdict is Verdict.BROKEN
    assert finding.seen.startswith("does not come up: the container exited with status 1")


def test_truncated_answer_is_not_whole(image: Make) -> None:
    """A body shorter than it was said to be is told apart from a whole one, and never passes for 200."""
    head = "self.send_response(200); self.send_header('Content-Length', '9'); self.end_headers()"
    with image(SERVER.format(answer=f"{head}; self.wfile.write(b'half')")).start(PLAIN, {}) as container:
        time.sleep(1)
        reply = container.get("/")

        assert (reply.status, reply.whole, reply.body) == (200, False, b"half")
        with pytest.raises(ContainerError, match="answered 200, cut short after"):
            expect_200(container, "/")


def test_hanging_build_ends_with_its_last_lines(engine: Engine, tmp_path: Path) -> None:
    """A build has a time too; what it said last is in the message."""
    (tmp_path / "Dockerfile").write_text(f"FROM {BASE}\nRUN echo fetching the internet && sleep 600\n")
    with pytest.raises(BuildError, match=r"the build hangs: no end within 12 s(.|\n)*fetching the internet"):
        build(tmp_path, engine.run.tag("hanging"), contexts=engine.contexts([BASE]), how=ANEW, timeout_s=12.0)


@pytest.fixture
def alone(tmp_path: Path) -> dict[str, str]:
    """The environment of a proof that is not part of this run."""
    joined = ("HANDBOOK_RUN", "PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_CURRENT_TEST")
    env = {name: value for name, value in os.environ.items() if name not in joined}
    return env | {"HANDBOOK_EVIDENCE": str(tmp_path / "evidence")}


def proof(env: dict[str, str], test: str) -> subprocess.Popen[str]:
    """Prove one promise of one snippet in a process of its own."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    return subprocess.Popen(
        [*command, f"tests/contract/test_contract.py::{test}"],
        env=env,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=Path(__file__).parents[2],
        start_new_session=True,
    )


def test_two_proofs_at_once_in_one_checkout_both_pass(alone: dict[str, str]) -> None:
    """Neither sweeps the other's containers, and the records they write are whole."""
    proofs = [proof(alone, "test_promise_is_kept[flask-pip:no-privileges]") for _ in range(2)]
    printed = [each.communicate(timeout=300)[0] for each in proofs]

    assert [each.returncode for each in proofs] == [0, 0], "\n".join(printed)


def test_interrupted_proof_leaves_nothing(alone: dict[str, str], engine: Engine) -> None:
    """Ctrl-C while a container runs: it is gone when the command is."""
    interrupted = proof(alone, "test_promise_is_kept[flask-pip:health-honest]")
    key = ""
    deadline = time.monotonic() + 240
    while not (key and key in labelled()) and interrupted.poll() is None and time.monotonic() < deadline:
        # Other runs of this machine have containers too: its own is the one whose lock names its process.
        key = next((lock.parent.name for lock in locks(engine) if lock.read_text().strip() == str(interrupted.pid)), "")
        time.sleep(0.1)
    os.killpg(interrupted.pid, signal.SIGINT)
    printed = interrupted.communicate(timeout=60)[0]

    assert key, f"no run was seen: {printed}"
    assert "KeyboardInterrupt" in printed
    assert key not in labelled()


def locks(engine: Engine) -> list[Path]:
    """The locks of the runs of this machine."""
    return list(engine.run.state.parent.glob("*/lock"))


def labelled() -> set[str]:
    """Keys of the runs that have a container."""
    # By the API: on a busy machine a command of its own takes longer than some containers run.
    client = docker.from_env()
    try:
        containers = client.api.containers(all=True, filters={"label": LABEL})
        return {each["Labels"][LABEL] for each in containers}
    finally:
        client.close()
