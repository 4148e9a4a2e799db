"""What is proven, and by which of several workers: nothing is left out in silence, and nobody is waited for."""

import subprocess
import sys
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from xdist.remote import Producer

from snippets.catalog import load
from tests.schedule import SERVERS, FewServersAtATime, Schedule

ROOT = Path(__file__).parents[2]
REHEARSAL = "tests/rehearsals/test_rehearsals.py::test_rehearsal_is_kept"
COMMANDS = "tests/rehearsals/test_commands.py::test_commands_run"
PROMISE = "tests/contract/test_contract.py::test_promise_is_kept"
PITFALL = "tests/pitfalls/test_pitfalls.py::test_pitfall_is_caught"
SCHEDULE = Schedule(load())


class Worker:
    """One that is told what to run, and runs a test once it knows what comes after it, as xdist's do."""

    shutting_down = False
    gateway = SimpleNamespace(id="gw")

    def __init__(self) -> None:
        self.given: list[int] = []
        self.ran: list[int] = []

    def send_runtest_some(self, indices: list[int]) -> None:
        """Remember them."""
        self.given += indices

    def shutdown(self) -> None:
        """Nothing comes after what was given."""
        self.shutting_down = True

    @property
    def at_work(self) -> list[int]:
        """On which test, if any."""
        left = self.given[len(self.ran) :]
        return left[:1] if len(left) > 1 or self.shutting_down else []


def run(tests: Sequence[str], workers: int, servers: int) -> list[list[str]]:
    """What each worker ran, in its order; meanwhile servers are asked by so many of them at most."""
    config = SimpleNamespace(option=SimpleNamespace(), getvalue=lambda _name: ["popen"] * workers)
    scheduler = FewServersAtATime(cast("pytest.Config", config), Producer("schedule"), SCHEDULE, servers)
    nodes = [Worker() for _ in range(workers)]
    for node in nodes:
        scheduler.add_node(node)
        scheduler.add_node_collection(node, tests)
    scheduler.schedule()
    while busy := [(node, done) for node in nodes for done in node.at_work]:
        assert sum(SCHEDULE.scope(tests[done]).startswith(SERVERS) for _, done in busy) <= servers
        for node, done in busy:
            node.ran.append(done)
            scheduler.mark_test_complete(node, done)
        if scheduler.tests_finished:
            for node in nodes:
                node.shutdown()
    return [[tests[index] for index in node.ran] for node in nodes]


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        (f"{REHEARSAL}[runtime-secrets:up-again]", f"{REHEARSAL}[runtime-secrets:another]", True),
        (f"{REHEARSAL}[runtime-secrets:up-again]", f"{REHEARSAL}[heroku-client:up-again]", False),
        (f"{REHEARSAL}[caddy-acme:ordered-once]", f"{COMMANDS}[caddy-acme]", True),
        (f"{REHEARSAL}[status-page:silence-told]", f"{REHEARSAL}[log-keeping:another]", False),
        (f"{REHEARSAL}[log-keeping:another]", f"{PITFALL}[log-keeping-kept-for-ever]", False),
        ("tests/tutorials/test_tutorials.py::test_tutorial_runs[one]", f"{REHEARSAL}[caddy-acme:one]", False),
        (f"{PITFALL}[flask-uv-brackets-with-single-quotes]", f"{PITFALL}[flask-uv-lock-not-copied]", False),
        (f"{COMMANDS}[flask-uv]", f"{PROMISE}[flask-uv:drains]", False),
        (f"{PROMISE}[web:drains]", f"{PROMISE}[web:reachable]", True),
        (f"{PROMISE}[web:drains]", f"{PROMISE}[web:builds-clean]", False),
        ("tests/unit/test_cli.py::test_one", "tests/unit/test_cli.py::test_other", False),
    ],
)
def test_what_shares_a_subject_is_one_workers(one: str, other: str, together: bool) -> None:  # noqa: FBT001 - a parameter
    """Those that share a boot, a stack or servers, the commands of these too; a mutant has servers of its own."""
    assert (SCHEDULE.scope(one) == SCHEDULE.scope(other)) is together


@pytest.mark.parametrize(("workers", "servers"), [(1, 2), (2, 1), (4, 2), (8, 2)])
def test_few_servers_are_up_at_a_time(workers: int, servers: int) -> None:
    """All that is asked is asked, by however many workers, and all of one server by the same one, at a stretch."""
    deployments = ("caddy-acme", "firewall-docker", "kubernetes-app", "ansible-vps-hardening")
    additions = ("log-keeping", "status-page", "dates-that-end", "scheduled-jobs")
    asked = [f"{REHEARSAL}[{name}:{slug}]" for name in (*deployments, *additions) for slug in ("one", "other", "third")]
    tests = [*asked, *(f"{PROMISE}[flask-{number}:drains]" for number in range(20))]

    ran = run(sorted(tests, key=SCHEDULE.place), workers, servers)

    assert sorted(each for did in ran for each in did) == sorted(tests)
    for did in ran:
        subjects = [SCHEDULE.asked(each) for each in did]
        assert len(set(subjects)) == len(list(groupby(subjects)))


@pytest.mark.parametrize("later", ["status-page {}", "{} status-page"])
def test_what_is_added_to_a_deployment_goes_where_it_stands(later: str) -> None:
    """At once, and to nobody else as long as there is anything else to ask."""
    others = later.format("firewall-docker kubernetes-app ansible-vps-hardening").split()
    asked = ["log-keeping", "log-keeping", "log-keeping", "caddy-acme", *others]
    tests = [f"{REHEARSAL}[{name}:{number}]" for number, name in enumerate(asked)]

    first, second = run(tests, 2, 2)

    assert [SCHEDULE.asked(each) for each in first][2:4] == ["log-keeping", "status-page"]
    assert "caddy-acme" in {SCHEDULE.asked(each) for each in second}


def test_what_no_record_tells_is_asked_whatever_is_stale() -> None:
    """With every record current, or without any, the question whether each promise has a pitfall is asked."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "--quiet", "--stale", "tests/pitfalls"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)

    assert "test_every_judgement_kills_a_pitfall[drains]" in done.stdout
