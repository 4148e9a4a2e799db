"""What is proven, and by which of several workers: nothing is left out in silence, and nobody is waited for."""

import subprocess
import sys
from pathlib import Path

import pytest

from snippets.catalog import load
from snippets.proving.lanes import lanes
from tests.schedule import Schedule

ROOT = Path(__file__).parents[2]
REHEARSAL = "tests/rehearsals/test_rehearsals.py::test_rehearsal_is_kept"
COMMANDS = "tests/rehearsals/test_commands.py::test_commands_run"
PROMISE = "tests/contract/test_contract.py::test_promise_is_kept"
PITFALL = "tests/pitfalls/test_pitfalls.py::test_pitfall_is_caught"
SCHEDULE = Schedule(load())


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        (f"{REHEARSAL}[runtime-secrets:up-again]", f"{REHEARSAL}[runtime-secrets:another]", True),
        (f"{REHEARSAL}[runtime-secrets:up-again]", f"{REHEARSAL}[heroku-client:up-again]", False),
        (f"{REHEARSAL}[caddy-acme:ordered-once]", f"{COMMANDS}[caddy-acme]", True),
        (f"{REHEARSAL}[status-page:silence-told]", f"{REHEARSAL}[log-keeping:another]", True),
        (f"{REHEARSAL}[log-keeping:another]", f"{PITFALL}[log-keeping-kept-for-ever]", True),
        (f"{PITFALL}[flask-uv-brackets-with-single-quotes]", f"{PITFALL}[flask-uv-lock-not-copied]", False),
        (f"{COMMANDS}[flask-uv]", f"{PROMISE}[flask-uv:drains]", False),
        (f"{PROMISE}[web:drains]", f"{PROMISE}[web:reachable]", True),
        (f"{PROMISE}[web:drains]", f"{PROMISE}[web:builds-clean]", False),
        ("tests/unit/test_cli.py::test_one", "tests/unit/test_cli.py::test_other", False),
    ],
)
def test_what_shares_a_subject_is_one_workers(one: str, other: str, together: bool) -> None:  # noqa: FBT001 - a parameter
    """Those that share a boot or a stack, and servers of one lane, commands and pitfalls and all."""
    assert (SCHEDULE.scope(one) == SCHEDULE.scope(other)) is together


def test_a_server_is_asked_all_before_the_next_one_is_up() -> None:
    """In its lane it would be brought up again for each test that comes after one of another server."""
    asked = [f"{room}[{name}" for room in (COMMANDS, REHEARSAL) for name in ("caddy-acme", "log-keeping")]
    tests = [f"{each}]" if each.startswith(COMMANDS) else f"{each}:one]" for each in asked]

    names = [SCHEDULE.asked(each) for each in sorted(tests, key=SCHEDULE.place)]

    assert names == ["caddy-acme", "caddy-acme", "log-keeping", "log-keeping"]


@pytest.mark.parametrize("number", [1, 2, 4])
def test_every_server_has_a_lane_and_nothing_else(number: int) -> None:
    """No lane is empty, and what is added to a deployment goes where that one stands."""
    catalog = load()
    found = lanes(catalog, number)

    servers = {name for name, s in catalog.snippets.items() if s.kind in {"host", "cluster"}}
    assert set(found) == servers | {name for name, p in catalog.pitfalls.items() if p.snippet in servers}
    assert set(found.values()) == set(range(number))
    assert len({found[name] for name in ("status-page", "log-keeping/kept-for-ever", "backup-restic-pgdump")}) == 1


def test_what_no_record_tells_is_asked_whatever_is_stale() -> None:
    """With every record current, or without any, the question whether each promise has a pitfall is asked."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "--quiet", "--stale", "tests/pitfalls"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)

    assert "test_every_judgement_kills_a_pitfall[drains]" in done.stdout
