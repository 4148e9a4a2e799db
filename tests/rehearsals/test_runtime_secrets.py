"""`runtime-secrets`: the application and its database as Compose runs them, secrets as files."""

import json
import re
import subprocess
import urllib.error
import urllib.request

import pytest

SECRETS = ("database_password", "secret_key")


def get(url: str) -> tuple[int, str]:
    """Status and body, whatever the status is."""
    try:
        with urllib.request.urlopen(url, timeout=10) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def visits(stack) -> int:
    """Open the page as a browser would; return how many visits it counts."""
    status, page = get(f"{stack.url}/")
    counted = re.search(r'<strong id="visits">(\d+)</strong>', page)
    assert status == 200, page
    assert counted, f"the page counts no visits:\n{page}"
    return int(counted[1])


def inspect(stack, service: str) -> dict:
    """What `docker inspect` shows of the container of a service."""
    container = stack.compose("ps", "--quiet", "--all", service).stdout.strip()
    shown = subprocess.run(["docker", "inspect", container], capture_output=True, check=True, text=True)
    return json.loads(shown.stdout)[0]


def test_up_waits_until_healthy(stack) -> None:
    """When `docker compose up --wait` returns, both services are healthy and the page answers at once."""
    health = {service: inspect(stack, service)["State"]["Health"]["Status"] for service in ("web", "db")}

    assert health == {"web": "healthy", "db": "healthy"}
    assert get(f"{stack.url}/readyz") == (200, '{"status":"ready"}\n')


def test_page_counts_visits_in_the_database(stack) -> None:
    """Each visit is one row, and the page shows how many rows there are."""
    before = visits(stack)
    after = visits(stack)
    rows = stack.compose(
        "exec", "-T", "db", "psql", "--username=app", "--tuples-only", "--no-align",
        "--command=SELECT count(*) FROM visits",
    )  # fmt: skip

    assert after == before + 1
    assert int(rows.stdout) == after


def test_database_is_not_published(stack) -> None:
    """No port of the machine leads to the database, and its only network leads nowhere."""
    container = inspect(stack, "db")
    (network,) = container["NetworkSettings"]["Networks"].values()
    shown = subprocess.run(
        ["docker", "network", "inspect", network["NetworkID"]], capture_output=True, check=True, text=True
    )

    published = [bound for bound in container["NetworkSettings"]["Ports"].values() if bound]
    assert published == []
    assert json.loads(shown.stdout)[0]["Internal"] is True


def test_secrets_are_not_in_environment_or_logs(stack) -> None:
    """`docker inspect`, the image's history, the processes' environment and the logs hold no secret."""
    visits(stack)
    image = inspect(stack, "web")["Image"]
    history = ["docker", "history", "--no-trunc", image]
    places = {
        "docker inspect web": json.dumps(inspect(stack, "web")),
        "docker inspect db": json.dumps(inspect(stack, "db")),
        "docker history": subprocess.run(history, capture_output=True, check=True, text=True).stdout,
        "environment of web": stack.compose("exec", "-T", "web", "cat", "/proc/1/environ").stdout,
        "log of web": stack.logs("web"),
        "log of db": stack.logs("db"),
    }
    for name in SECRETS:
        value = (stack.root / "secrets" / name).read_text().strip()

        # Found where it must be, or the search below could not find it either.
        assert stack.compose("exec", "-T", "web", "cat", f"/run/secrets/{name}").stdout.strip() == value
        assert [place for place, text in places.items() if not text or value in text] == []


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("", "SECRET_KEY is not set"),
        ("/run/secrets/absent", "SECRET_KEY_FILE cannot be read: /run/secrets/absent: No such file or directory"),
        ("/dev/null", "SECRET_KEY_FILE is an empty file: /dev/null"),
    ],
    ids=["unset", "absent", "empty"],
)
def test_missing_secret_is_named(stack, path: str, named: str) -> None:
    """Without its key the application ends at once with a failure, and one line of its log says why."""
    end = stack.compose("run", "--rm", "--no-deps", "-T", "--env", f"SECRET_KEY_FILE={path}", "web")
    lines = [json.loads(line) for line in end.stdout.splitlines() if line.startswith("{")]
    critical = [line["message"] for line in lines if line["level"] == "critical"]

    assert end.returncode == 4
    assert len(critical) == 1
    assert critical[0].startswith(named)


def test_ready_follows_the_database(stack) -> None:
    """Database away: live 200, ready 503, the page says so; database back: ready without a restart."""
    started = inspect(stack, "web")["State"]["StartedAt"]
    stack.compose("stop", "db")
    away = [get(f"{stack.url}{path}")[0] for path in ("/livez", "/readyz", "/")]
    page = get(f"{stack.url}/")[1]
    stack.compose("up", "--detach", "--wait")

    assert away == [200, 503, 503]
    assert "The database does not answer" in page
    assert get(f"{stack.url}/readyz")[0] == 200
    assert inspect(stack, "web")["State"]["StartedAt"] == started


def test_data_survives_down_and_up(stack) -> None:
    """`docker compose down` removes the containers and keeps the volume: counting goes on."""
    before = visits(stack)
    container = inspect(stack, "db")["Id"]
    stack.compose("down")
    stack.compose("up", "--detach", "--wait")

    assert inspect(stack, "db")["Id"] != container
    assert visits(stack) == before + 1
