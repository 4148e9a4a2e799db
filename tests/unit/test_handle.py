"""What is asked of a container: whose fault it is that no answer comes, in answers of an engine made here."""

from types import SimpleNamespace
from typing import Any, Never, cast

import pytest
from docker.errors import APIError, NotFound
from requests import Response

from snippets.contract.observation import Memory
from snippets.engine.subjects.container import BootedContainer
from snippets.engine.subjects.handle import HandledContainer
from snippets.errors import ContainerError, EngineError, OutOfMemoryError

LOST = "ttrpc: closed: unknown"


class Handle(SimpleNamespace):
    """A container whose processes nobody can list; `runs` is for how many questions the engine thinks that it runs."""

    runs: int
    killed: bool = False

    def reload(self) -> None:
        """Ask how it stands."""
        self.runs -= 1
        state = {"Running": self.runs >= 0, "Pid": 1, "ExitCode": 137, "OOMKilled": self.killed}
        self.attrs = {"State": state, "NetworkSettings": {"Ports": {}}}

    def top(self, **_: object) -> Never:
        """Refuse as an engine does whose shim is gone."""
        response = Response()
        response.status_code = 500
        raise APIError("500", response=response, explanation=LOST)

    def logs(self, **_: object) -> bytes:
        """What it printed."""
        return b"Killed\n"


def container(runs: int) -> HandledContainer:
    """The same, as it is asked."""
    return HandledContainer(cast("Any", Handle(runs=runs)), 8000)


@pytest.mark.parametrize("runs", [1, 4])
def test_what_ended_while_it_was_asked_is_its_own_fault(runs: int) -> None:
    """Also where the engine takes a moment to know of it."""
    with pytest.raises(ContainerError, match=r"the container exited with status 137; its last lines:\nKilled"):
        container(runs).processes()


def test_what_was_killed_for_its_memory_is_told_apart() -> None:
    """It is one cause, that breaks whatever was asked just then."""
    killed = HandledContainer(cast("Any", Handle(runs=1, killed=True)), 8000)
    said = r"the container exited with status 137, killed for its memory; its last lines:\nKilled"
    with pytest.raises(OutOfMemoryError, match=said):
        killed.processes()


def test_whose_control_group_went_with_it_was_killed_for_its_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel has taken it away before the engine knows."""
    monkeypatch.setitem(HandledContainer.memory.__globals__, "memory", lambda _: None)
    dying = HandledContainer(cast("Any", Handle(runs=4, killed=True)), 8000)
    with pytest.raises(OutOfMemoryError, match="killed for its memory"):
        dying.memory()


@pytest.mark.parametrize(("killed", "error"), [(1, OutOfMemoryError), (0, ContainerError)])
def test_no_answer_of_one_that_lost_a_worker_for_its_memory_has_that_cause(
    killed: int, error: type[ContainerError], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server lives on, and the request that cost a worker was not answered."""
    took = Memory(peak_bytes=1, limit_bytes=1, killed=killed)
    monkeypatch.setitem(HandledContainer._refuse_unanswered.__globals__, "memory", lambda _: took)  # noqa: SLF001 - as it is asked
    handle = Handle(runs=1_000)
    handle.reload()
    alive = BootedContainer(cast("Any", handle), 8000, live="/", signal_name="SIGTERM", services={})
    with pytest.raises(ContainerError, match="no answer on port 0 to GET /report") as raised:
        alive.get("/report")
    assert type(raised.value) is error
    assert ("1 of its processes were killed for their memory" in str(raised.value)) == bool(killed)


def test_what_runs_on_is_the_engine_s_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """In its own words, after that moment."""
    monkeypatch.setattr("snippets.engine.subjects.handle.ENDING_S", 0.1)
    with pytest.raises(EngineError, match=LOST):
        container(1_000).processes()


def test_an_engine_that_does_not_tell_how_it_stands_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its state cannot be asked for by way of its state."""
    lost = container(1)
    monkeypatch.setattr(Handle, "reload", Handle.top)
    with pytest.raises(EngineError, match=LOST):
        lost.running()


def test_a_container_that_is_gone_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody removed it, which says nothing against the engine."""

    def gone(*_: object, **__: object) -> Never:
        raise NotFound("404", explanation="No such container: 1f")

    monkeypatch.setattr(Handle, "top", gone)
    with pytest.raises(ContainerError, match="the container is gone: No such container: 1f"):
        container(5).processes()
