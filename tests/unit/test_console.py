"""The console of a machine: a command's own words and status, whatever somebody before has left unread."""

import base64
import json
import socket
import threading
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from snippets.engine.bases.standin import RECIPES

CONSOLE = RECIPES / "machine" / "console"


@pytest.fixture
def console(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The program, with an ear of its own."""
    loader = SourceFileLoader("console", str(CONSOLE))
    spec = spec_from_loader("console", loader)
    assert spec is not None
    module = module_from_spec(spec)
    # It lies among what a recipe is made of.
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    loader.exec_module(module)
    monkeypatch.setattr(module, "EAR", str(tmp_path / "ear"))
    monkeypatch.setattr(module, "LOCK", str(tmp_path / "lock"))
    monkeypatch.setattr(module, "ANSWER_S", 0.5)
    monkeypatch.setattr(module, "POLL_S", 0.01)
    return module


class Agent:
    """Who answers on the machine: each question by what is planted for it, after what was left unread."""

    def __init__(self, path: str) -> None:
        self.asked: list[dict[str, Any]] = []
        self.answers: dict[str, list[object]] = {}
        self.unread = b""
        self._ear = socket.socket(socket.AF_UNIX)
        self._ear.bind(path)
        self._ear.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            client, _ = self._ear.accept()
            with client, client.makefile("rwb") as lines:
                lines.write(self.unread)
                for line in lines:
                    self._answer(json.loads(line.lstrip(b"\xff")), lines)

    def _answer(self, question: dict[str, Any], lines: Any) -> None:  # noqa: ANN401 - a file of bytes
        name = question["execute"]
        if name == "guest-sync-delimited":
            lines.write(b"\xff" + json.dumps({"return": question["arguments"]["id"]}).encode() + b"\n")
        else:
            self.asked.append(question)
            if planted := self.answers.get(name):
                lines.write(json.dumps(planted.pop(0)).encode() + b"\n")
        lines.flush()


@pytest.fixture
def agent(console: ModuleType) -> Agent:
    """One that runs whatever it is given: it has ended at the second look."""
    agent = Agent(console.EAR)
    agent.answers["guest-exec"] = [{"return": {"pid": 7}}]
    out, error = (base64.b64encode(text).decode() for text in (b"half\n", "größer\n".encode()))
    ended = {"exited": True, "exitcode": 3, "out-data": out, "err-data": error}
    agent.answers["guest-exec-status"] = [{"return": {"exited": False}}, {"return": ended}]
    return agent


@pytest.mark.parametrize("unread", [b"", b'{"return": {"pid": 6}}\n', b"\xff{}\n", b'{"return": 1}\n' * 3])
def test_a_command_has_its_own_words_and_status(
    console: ModuleType, agent: Agent, capfd: pytest.CaptureFixture[str], unread: bytes
) -> None:
    """It is run by bash as root would, and what was meant for somebody else is passed over."""
    agent.unread = unread

    assert console.main(["-c", "echo half; exit 3"]) == 3
    assert capfd.readouterr() == ("half\n", "größer\n")
    arguments = agent.asked[0]["arguments"]
    assert (arguments["path"], arguments["arg"]) == ("/bin/bash", ["-c", "echo half; exit 3"])
    assert "HOME=/root" in arguments["env"]
    assert agent.asked[1]["arguments"] == {"pid": 7}


def test_a_command_that_was_killed_has_the_status_of_its_signal(console: ModuleType, agent: Agent) -> None:
    """As a shell tells it."""
    agent.answers["guest-exec-status"] = [{"return": {"exited": True, "signal": 9}}]

    assert console.main(["-c", "kill -9 $$"]) == 137


def test_words_that_were_cut_short_are_no_answer(console: ModuleType, agent: Agent) -> None:
    """The half of them would be taken for all."""
    agent.answers["guest-exec-status"] = [{"return": {"exited": True, "exitcode": 0, "out-truncated": True}}]

    with pytest.raises(OSError, match="more than a console holds"):
        console.main(["-c", "yes"])


def test_a_refusal_is_no_answer(console: ModuleType, agent: Agent) -> None:
    """Such as of a machine that cannot start a program any more."""
    agent.answers["guest-exec"] = [{"error": {"class": "GenericError", "desc": "no memory"}}]

    with pytest.raises(OSError, match="no memory"):
        console.main(["-c", "true"])


def test_a_machine_that_is_silent_is_not_waited_for(console: ModuleType, agent: Agent) -> None:
    """While it boots nobody answers: whoever asks again is told again."""
    agent.answers["guest-exec"] = []

    with pytest.raises(OSError, match="timed out"):
        console.main(["-c", "true"])


def test_switched_off_it_answers_no_more(console: ModuleType, agent: Agent) -> None:
    """And none is waited for."""
    assert console.main(["--off"]) == 0
    until = threading.Event()
    while not agent.asked and not until.wait(0.01):
        pass
    assert agent.asked[0]["execute"] == "guest-shutdown"
