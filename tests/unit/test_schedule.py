"""What is proven, and by which of several workers: nothing is left out in silence, and nobody is waited for."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from snippets.handbook import Handbook
from tests.conftest import HANDBOOK, OneStackAWorker

ROOT = Path(__file__).parents[2]
REHEARSAL = "tests/rehearsals/test_rehearsals.py::test_rehearsal_is_kept"
COMMANDS = "tests/rehearsals/test_commands.py::test_commands_run"
PROMISE = "tests/contract/test_contract.py::test_promise_is_kept"


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        (f"{REHEARSAL}[web:up-again]", f"{REHEARSAL}[web:another]", True),
        (f"{REHEARSAL}[web:https-only]", f"{REHEARSAL}[web:another]", True),
        (f"{REHEARSAL}[web:rolls-back]", f"{REHEARSAL}[web:release-lossless]", True),
        (f"{REHEARSAL}[web:rolls-back]", f"{REHEARSAL}[web:https-only]", False),
        (f"{REHEARSAL}[web:rolls-back]", f"{REHEARSAL}[other:rolls-back]", False),
        (f"{PROMISE}[web:drains]", f"{PROMISE}[web:reachable]", True),
        (f"{PROMISE}[web:drains]", f"{PROMISE}[web:builds-clean]", False),
        ("tests/unit/test_cli.py::test_one", "tests/unit/test_cli.py::test_other", False),
    ],
)
def test_what_shares_a_subject_is_one_workers(one: str, other: str, together: bool) -> None:  # noqa: FBT001 - a parameter
    """Those that share a boot or a stack, but for releases to servers, which take as long as all else."""
    scope = OneStackAWorker._split_scope  # noqa: SLF001 - xdist asks it

    assert (scope(None, one) == scope(None, other)) is together  # type: ignore[arg-type]


def test_commands_of_hosts_are_run_where_those_are_up() -> None:
    """Commands of any other kind have a place of their own."""
    scheduler = SimpleNamespace(config=SimpleNamespace(stash={HANDBOOK: Handbook.here()}))

    def scope(nodeid: str) -> str:
        return OneStackAWorker._split_scope(cast("OneStackAWorker", scheduler), nodeid)  # noqa: SLF001 - xdist asks it

    assert scope(f"{COMMANDS}[caddy-acme]") == scope(f"{REHEARSAL}[caddy-acme:ordered-once]")
    assert scope(f"{COMMANDS}[flask-uv]") == f"{COMMANDS}[flask-uv]"


def test_what_no_record_tells_is_asked_whatever_is_stale() -> None:
    """With every record current, or without any, the question whether each promise has a pitfall is asked."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "--quiet", "--stale", "tests/pitfalls"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)

    assert "test_every_judgement_kills_a_pitfall[drains]" in done.stdout
