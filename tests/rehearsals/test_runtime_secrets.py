"""`runtime-secrets`: the application and its database as Compose runs them, secrets as files."""

import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPException
from itertools import chain
from pathlib import Path
from subprocess import CompletedProcess, run
from typing import Any, Protocol

import pytest

pytestmark = pytest.mark.rehearses("runtime-secrets")

SECRETS = ("database_password", "secret_key")
APP_LOAD_ERROR = 4
SLOW_S = 12


class Stack(Protocol):
    """What the fixture `stack` offers: the project, up, and the `docker compose` that readers use."""

    url: str

    @property
    def root(self) -> Path:
        """The assembled copy of the snippet's directory."""

    def compose(self, *arguments: str, check: bool = True) -> CompletedProcess[str]:
        """Run `docker compose ARGUMENTS` in the project."""

    def logs(self, service: str) -> str:
        """Everything a service printed."""


Seen = Callable[[str], None]


def get(url: str) -> tuple[int, str]:
    """Status and body, whatever the status is."""
    try:
        with urllib.request.urlopen(url, timeout=10) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def visits(stack: Stack) -> int:
    """Open the page as a browser would; return how many visits it counts."""
    status, page = get(f"{stack.url}/")
    counted = re.search(r'<strong id="visits">(\d+)</strong>', page)
    assert status == 200, page
    assert counted, f"the page counts no visits:\n{page}"
    return int(counted[1])


def docker(*arguments: str) -> str:
    """What the engine answers."""
    return run(["docker", *arguments], capture_output=True, check=True, text=True).stdout


def inspect(stack: Stack, service: str) -> dict[str, Any]:
    """What `docker inspect` shows of the container of a service."""
    container = stack.compose("ps", "--quiet", "--all", service).stdout.strip()
    return dict(json.loads(docker("inspect", container))[0])


def test_up_waits_until_healthy(stack: Stack, seen: Seen) -> None:
    """When `docker compose up --wait` returns, both services are healthy and the page answers at once."""
    health = {service: inspect(stack, service)["State"]["Health"]["Status"] for service in ("web", "db")}
    status, ready = get(f"{stack.url}/readyz")

    assert health == {"web": "healthy", "db": "healthy"}
    assert (status, json.loads(ready)) == (200, {"status": "ready"})
    seen("2 of 2 services healthy, the first GET /readyz answered 200")


def test_page_counts_visits_in_the_database(stack: Stack, seen: Seen) -> None:
    """Each visit is one row, and the page shows how many rows there are."""
    before = visits(stack)
    after = visits(stack)
    count = ("psql", "--username=app", "--tuples-only", "--command=SELECT count(*) FROM visits")
    rows = int(stack.compose("exec", "-T", "db", *count).stdout)

    assert after == before + 1
    assert rows == after
    seen(f"the page went from {before} to {after} visits, the table holds {rows}")


def test_database_is_not_published(stack: Stack, seen: Seen) -> None:
    """No port of the machine leads to the database, and its only network leads nowhere."""
    settings = inspect(stack, "db")["NetworkSettings"]
    published = [bound for bound in settings["Ports"].values() if bound]
    networks = {
        name: json.loads(docker("network", "inspect", network["NetworkID"]))[0]["Internal"]
        for name, network in settings["Networks"].items()
    }

    open_to = [f"{place['HostIp']}:{place['HostPort']}" for place in chain(*published)]
    assert not open_to, f"port 5432 of the database is published at {', '.join(open_to)}"
    assert list(networks.values()) == [True]
    seen(f"0 published ports, 1 network, internal: {', '.join(networks)}")


def test_secrets_are_not_in_environment_or_logs(stack: Stack, seen: Seen) -> None:
    """`docker inspect`, the image's history, the processes' environment and the logs hold no secret."""
    visits(stack)
    places = {
        "docker inspect web": json.dumps(inspect(stack, "web")),
        "docker inspect db": json.dumps(inspect(stack, "db")),
        "docker history": docker("history", "--no-trunc", inspect(stack, "web")["Image"]),
        "environment of web": stack.compose("exec", "-T", "web", "cat", "/proc/1/environ").stdout,
        "log of web": stack.logs("web"),
        "log of db": stack.logs("db"),
    }
    assert [place for place, text in places.items() if not text] == []
    for name in SECRETS:
        value = (stack.root / "secrets" / name).read_text().strip()
        # It has to be where it belongs, or a search for it proves nothing.
        assert stack.compose("exec", "-T", "web", "cat", f"/run/secrets/{name}").stdout.strip() == value
        assert [place for place, text in places.items() if value in text] == []
    seen(f"2 of 2 secrets are in their files and in none of {len(places)} places: {', '.join(places)}")


def test_missing_secret_is_named(stack: Stack, seen: Seen) -> None:
    """Without its key the application ends at once with a failure, and one line of its log says why."""
    faults = {
        "": "SECRET_KEY is not set",
        "/run/secrets/absent": "SECRET_KEY_FILE cannot be read: /run/secrets/absent: No such file or directory",
        "/dev/null": "SECRET_KEY_FILE is an empty file: /dev/null",
    }
    for path, named in faults.items():
        once = ("run", "--rm", "--no-deps", "-T", "--env", f"SECRET_KEY_FILE={path}", "web")
        end = stack.compose(*once, check=False)
        lines = [json.loads(line) for line in end.stdout.splitlines() if line.startswith("{")]
        critical = [line["message"] for line in lines if line["level"] == "critical"]

        assert end.returncode == APP_LOAD_ERROR, end.stdout + end.stderr
        assert len(critical) == 1
        assert critical[0].startswith(named)
        seen(f"exit {end.returncode}: {critical[0]}")


def test_ready_follows_the_database(stack: Stack, seen: Seen) -> None:
    """Database away: live 200, ready 503, the page says so; database back: ready without a restart."""
    started = inspect(stack, "web")["State"]["StartedAt"]
    stack.compose("stop", "db")
    try:
        away = {path: get(f"{stack.url}{path}")[0] for path in ("/livez", "/readyz", "/")}
        page = get(f"{stack.url}/")[1]
    finally:
        stack.compose("up", "--detach", "--wait")
    back = get(f"{stack.url}/readyz")[0]

    assert away == {"/livez": 200, "/readyz": 503, "/": 503}
    assert "The database does not answer" in page
    assert back == 200
    assert inspect(stack, "web")["State"]["StartedAt"] == started
    seen(f"away: {', '.join(f'{path} {status}' for path, status in away.items())}; back: /readyz {back}, 0 restarts")


def test_stop_lets_a_request_finish(stack: Stack, seen: Seen) -> None:
    """`docker compose stop` waits for a request that takes longer than Docker's own 10 s, and it comes back whole."""
    try:
        with urllib.request.urlopen(f"{stack.url}/slow?seconds={SLOW_S}", timeout=2 * SLOW_S) as reply:
            lines = [reply.readline()]
            before = time.monotonic()
            with ThreadPoolExecutor(1) as aside:
                stopping = aside.submit(stack.compose, "stop", "web")
                with suppress(HTTPException, OSError):
                    lines += reply.readlines()
                stopping.result()
        took_s = time.monotonic() - before
        code = inspect(stack, "web")["State"]["ExitCode"]
    finally:
        stack.compose("up", "--detach", "--wait")

    told = f"`docker compose stop` took {took_s:.1f} s, the server exits {code}"
    whole = SLOW_S + 1
    assert len(lines) == whole, f"{told}; {len(lines)} of {whole} lines came, and the request was cut off"
    assert json.loads(lines[-1]) == {"done": True}
    assert code == 0, told
    seen(f"{told}; {len(lines)} of {whole} lines of a request of {SLOW_S} s came")


def test_data_survives_down_and_up(stack: Stack, seen: Seen) -> None:
    """`docker compose down` removes the containers and keeps the volume: counting goes on."""
    before = visits(stack)
    container = inspect(stack, "db")["Id"]
    stack.compose("down")
    stack.compose("up", "--detach", "--wait")
    after = visits(stack)

    assert inspect(stack, "db")["Id"] != container
    assert after == before + 1
    seen(f"visit {before} before, visit {after} after, in another container")
