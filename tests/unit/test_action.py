"""The GitHub Action: its own steps, run by a shell as a runner would, over programs that note how they were called."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
NOTING = '#!/bin/sh\nprintf "%s\\n" "$(basename "$0")" "$@" >> "$CALLS"\nexit ${STATUS:-0}\n'


def expanded(text: str, inputs: dict[str, str]) -> str:
    """An expression as the runner fills it in; only inputs are known here."""
    return re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda found: inputs[found[1]], text)


def ran(tmp_path: Path, step: dict[str, Any], status: int = 0, **given: str) -> tuple[int, list[str], str]:
    """Run one step: its exit status, how our program was called, and what was printed."""
    inputs = {name: spec["default"] for name, spec in ACTION["inputs"].items()} | given
    programs = tmp_path / "handbook" / "bin"
    programs.mkdir(parents=True)
    for program in (programs / "handbook", programs / "python", tmp_path / "python"):
        program.write_text(NOTING)
        program.chmod(0o755)
    calls = tmp_path / "calls"
    calls.touch()
    environment = {
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_ACTION_PATH": str(ROOT),
        "CALLS": str(calls),
        "STATUS": str(status),
        **{name: expanded(value, inputs) for name, value in step.get("env", {}).items()},
    }
    # As `shell: bash` is: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    return done.returncode, calls.read_text().splitlines(), done.stdout + done.stderr


ASKED: list[tuple[dict[str, str], list[str]]] = [
    ({}, ["check", "--fail-on", "unjudged", "--format", "github", "--", "."]),
    (
        {"directory": "a b; touch x", "fail-on": "broken"},
        ["check", "--fail-on", "broken", "--format", "github", "--", "a b; touch x"],
    ),
    ({"sarif": "out.sarif"}, ["check", "--fail-on", "unjudged", "--format", "sarif", "--", "."]),
    ({"command": "status", "directory": "-x"}, ["status", "--", "-x"]),
]


@pytest.mark.parametrize(("given", "called"), ASKED)
@pytest.mark.parametrize("status", [0, 1, 3])
def test_the_command_line_is_asked_what_was_given(
    given: dict[str, str], called: list[str], status: int, tmp_path: Path
) -> None:
    """Word by word, whatever is in it, and its status is the action's."""
    assert ran(tmp_path, STEPS[2], status, **given)[:2] == (status, ["handbook", *called])
    assert (tmp_path / "out.sarif").is_file() is ("sarif" in given)
    assert not (tmp_path / "x").exists()


def test_a_command_that_there_is_not_is_refused(tmp_path: Path) -> None:
    """By name, and nothing is run."""
    status, calls, said = ran(tmp_path, STEPS[2], command="chekc")

    assert (status, calls) == (2, [])
    assert said == "::error title=handbook::there is no command 'chekc': ask for check or status\n"


def test_it_installs_itself_with_what_builds_and_pinned(tmp_path: Path) -> None:
    """From the commit that the workflow names, beside the job's own Python."""
    status, calls, _ = ran(tmp_path, STEPS[1])
    environment = f"{tmp_path}/handbook"

    assert status == 0
    assert calls == [
        *("python", "-m", "venv", environment),
        *("python", "-m", "pip", "install", "--quiet", "--constraint"),
        *(f"{ROOT}/constraints.txt", f"{ROOT}[prove]"),
    ]


def test_no_input_is_written_into_a_script() -> None:
    """What a workflow passes on may come from a stranger: it reaches a shell as a variable alone."""
    assert [step["name"] for step in STEPS if "${{" in step.get("run", "")] == []
    assert {name for step in STEPS for name in re.findall(r"inputs\.([\w-]+)", str(step))} == set(ACTION["inputs"])
