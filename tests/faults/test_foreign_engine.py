"""An engine whose processes are not ours to signal: another machine's, as on macOS, or without being root."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Never

import pytest

from snippets.contract import PROMISES, Trial, Verdict
from snippets.engine.engine import Engine
from snippets.engine.subjects.handle import HandledContainer
from snippets.engine.subjects.image import BuiltImage
from snippets.errors import ContainerError, EngineError
from tests.faults.hostile import BASE, built

PREFORKING = """
import http.server, os, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
server = http.server.HTTPServer(("0.0.0.0", 8000), Answer)
workers = int(sys.argv[1])
while workers:
    if not os.fork():
        break
    workers -= 1
    if not workers:
        os.wait()
        workers = 1
server.serve_forever()
"""
Serving = Callable[[int], BuiltImage]


def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine's processes have no number here."""
    monkeypatch.setattr(HandledContainer, "_is_local", lambda *_: False)


def not_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """They have, but are somebody else's."""

    def refused(*_: object) -> Never:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refused)


@pytest.fixture(params=[elsewhere, not_root])
def foreign(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways in which it is."""
    request.param(monkeypatch)


@pytest.fixture
def serving(engine: Engine, tmp_path: Path) -> Serving:
    """A server with so many workers, which starts another one for each that ends; or none, and it serves alone."""

    def made(workers: int) -> BuiltImage:
        folder = tmp_path / "preforking"
        folder.mkdir()
        (folder / "server.py").write_text(PREFORKING)
        started = f'FROM {BASE}\nCOPY server.py /\nUSER 65532\nCMD ["python", "/server.py", "{workers}"]\n'
        return built(engine, folder, started, BASE)

    return made


@pytest.mark.usefixtures("foreign")
def test_a_worker_is_killed_from_inside(serving: Serving) -> None:
    """The one that was meant, and no other: it alone is gone, and another one comes."""
    with serving(3).boot() as container:
        before = container.settled(container.processes)
        first, *others, last = sorted(before, key=lambda process: process.pid)
        container.kill_process(last)
        back_s = container.await_processes(len(before), 10.0, without=[last])
        after = {process.pid for process in container.processes()}

    assert (len(before), back_s is not None) == (4, True)
    assert {first.pid, *(other.pid for other in others)} < after
    assert last.pid not in after


@pytest.mark.usefixtures("foreign")
def test_crashes_are_judged(serving: Serving) -> None:
    """As they are where the engine is ours."""
    image = serving(2)
    with Trial(image) as trial:
        finding = PROMISES["crash-safe"].judge(trial, image.project)

    assert finding.verdict is Verdict.KEPT, finding
    assert finding.seen.startswith("1 of 2 workers killed: back after ")


@pytest.mark.usefixtures("foreign")
def test_workers_are_frozen_from_inside(serving: Serving) -> None:
    """All of them: nobody answers any more."""
    with serving(2).boot() as container:
        container.get("/")
        assert container.freeze() == 2
        with pytest.raises(ContainerError, match="no answer on port"):
            container.get("/", timeout_s=1.0)


@pytest.mark.usefixtures("foreign")
def test_an_only_process_cannot_be_frozen_and_nobody_says_that_it_was(serving: Serving) -> None:
    """Inside, the first process takes no such signal: the promise cannot be judged."""
    with serving(0).boot() as container:
        with pytest.raises(EngineError, match="its only process can be frozen by root alone"):
            container.freeze()
        assert container.get("/").status == 200


def test_an_image_without_programs_cannot_be_asked_from_elsewhere(
    alone: BuiltImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which ports it listens on only a program inside could tell: an error, and no fault of the image."""
    elsewhere(monkeypatch)
    with Trial(alone) as trial:
        finding = PROMISES["unprivileged-port"].judge(trial, alone.project)

    assert finding.verdict is Verdict.ERROR, finding
    assert finding.seen.startswith("seen from inside alone, where this is not root on the engine's own machine, and ")


def test_an_image_without_programs_can_be_asked_without_being_root(
    alone: BuiltImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ports are no secret on the machine of the engine."""
    not_root(monkeypatch)
    with Trial(alone) as trial:
        finding = PROMISES["unprivileged-port"].judge(trial, alone.project)

    assert finding.verdict is Verdict.KEPT, finding
