"""The application and its database as Compose runs them: secrets as files, data that stays, a stop that waits."""

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor

from ...contract.confinement import POSTGRES, Bounds, all_confined
from ...contract.promise import Judgement, kept_if, promise
from ...contract.subject import Stack
from ...errors import ContainerError

COMPOSE = "https://docs.docker.com/reference/cli/docker/compose"
SECRETS = ("database_password", "secret_key")
APP_LOAD_ERROR = 4
SLOW_S = 12
SHEET = "https://cheatsheetseries.owasp.org/cheatsheets"
BOUNDS = {"web": Bounds(("/tmp",)), "db": POSTGRES}


def visits(stack: Stack) -> int:
    """Open the page as a browser would; return how many visits it counts. Raises ContainerError where it does not."""
    reply = stack.get("/", timeout_s=10.0)
    counted = re.search(r'<strong id="visits">(\d+)</strong>', reply.body.decode())
    if reply.status != 200 or counted is None:  # noqa: PLR2004 - a status code
        raise ContainerError(f"GET / answered {reply}, and the page counts no visits")
    return int(counted[1])


@promise(family="rehearsal", authority=f"{COMPOSE}/up/")
def up_waits_until_healthy(stack: Stack) -> Judgement:
    """When `docker compose up --wait` returns, both services are healthy and the page answers at once."""
    health = {name: stack.unit(name).health for name in ("web", "db")}
    if told := ", ".join(f"{name} is {said}" for name, said in health.items() if said != "healthy"):
        # Whether it answers by now would be luck.
        return kept_if(condition=False, seen=f"`up` has returned, and {told}")
    ready = stack.get("/readyz")
    return kept_if(
        ready.status == 200 and json.loads(ready.body) == {"status": "ready"},  # noqa: PLR2004 - a status code
        f"both services are healthy, the first GET /readyz answered {ready.status}",
    )


@promise(family="rehearsal", authority="https://12factor.net/backing-services")
def page_counts_visits_in_the_database(stack: Stack) -> Judgement:
    """Each visit is one row, and the page shows how many rows there are."""
    before = visits(stack)
    after = visits(stack)
    count = "psql --username=app --tuples-only --command='SELECT count(*) FROM visits'"
    rows = int(stack.run(count, on="db").stdout)
    seen = f"the page went from {before} to {after} visits, the table holds {rows}"
    return kept_if(after == before + 1 and rows == after, seen)


@promise(family="rehearsal", authority="https://docs.docker.com/compose/how-tos/networking/")
def database_is_not_published(stack: Stack) -> Judgement:
    """No port of the machine leads to the database, and its only network leads nowhere."""
    database = stack.unit("db")
    if database.published:
        return kept_if(
            condition=False, seen=f"port 5432 of the database is published at {', '.join(database.published)}"
        )
    networks = database.networks
    leads = ", ".join(f"{name}, {'internal' if internal else 'not internal'}" for name, internal in networks.items())
    return kept_if(list(networks.values()) == [True], f"0 published ports, {len(networks)} network: {leads}")


@promise(family="rehearsal", authority="https://docs.docker.com/compose/how-tos/use-secrets/")
def secrets_are_not_in_environment_or_logs(stack: Stack) -> Judgement:
    """`docker inspect`, the image's history, the processes' environment and the logs hold no secret."""
    visits(stack)
    web, database = stack.unit("web"), stack.unit("db")
    places = {
        "docker inspect web": web.told,
        "docker inspect db": database.told,
        "docker history": stack.run(f"docker history --no-trunc {web.image}").stdout,
        "environment of web": stack.run("cat /proc/1/environ", on="web").stdout,
        "log of web": stack.logs("web"),
        "log of db": stack.logs("db"),
    }
    faults = [f"{place} is empty" for place, text in places.items() if not text]
    for name in SECRETS:
        value = (stack.root / "secrets" / name).read_text().strip()
        # It has to be where it belongs, or a search for it proves nothing.
        mounted = stack.run(f"cat /run/secrets/{name}", on="web", check=False).stdout.strip()
        faults += [f"{name} is not what /run/secrets/{name} holds"] * (mounted != value)
        faults += [f"{name} is in {place}" for place, text in places.items() if value in text]
    seen = f"2 of 2 secrets are in their files and in none of {len(places)} places: {', '.join(places)}"
    return kept_if(not faults, "; ".join(faults) or seen)


@promise(family="rehearsal", authority="https://12factor.net/config")
def missing_secret_is_named(stack: Stack) -> Judgement:
    """Without its key the application ends at once with a failure, and one line of its log says why."""
    cases = {
        "": "SECRET_KEY is not set",
        "/run/secrets/absent": "SECRET_KEY_FILE cannot be read: /run/secrets/absent: No such file or directory",
        "/dev/null": "SECRET_KEY_FILE is an empty file: /dev/null",
    }
    seen: list[str] = []
    kept = True
    for path, named in cases.items():
        end = stack.compose(f"run --rm --no-deps -T --env SECRET_KEY_FILE={path} web", check=False)
        lines = [json.loads(line) for line in end.stdout.splitlines() if line.startswith("{")]
        critical = [str(line["message"]) for line in lines if line["level"] == "critical"]
        kept = kept and end.status == APP_LOAD_ERROR and len(critical) == 1 and critical[0].startswith(named)
        seen.append(f"exit {end.status}: {'; '.join(critical) or 'no line of its log says why'}")
    return kept_if(kept, "; ".join(seen))


@promise(
    family="rehearsal", authority="https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/"
)
def ready_follows_the_database(stack: Stack) -> Judgement:
    """Database away: live 200, ready 503, the page says so; database back: ready without a restart."""
    started = stack.unit("web").started_at
    stack.stop("db")
    away = {path: stack.get(path) for path in ("/livez", "/readyz", "/")}
    stack.start()
    back = stack.get("/readyz").status
    statuses = {path: reply.status for path, reply in away.items()}
    told = b"The database is not ready" in away["/"].body
    restarted = stack.unit("web").started_at != started
    seen = f"away: {', '.join(f'{path} {status}' for path, status in statuses.items())}; "
    seen += f"back: /readyz {back}, {int(restarted)} restarts"
    expected = {"/livez": 200, "/readyz": 503, "/": 503}
    return kept_if(statuses == expected and told and back == 200 and not restarted, seen)  # noqa: PLR2004 - a status code


@promise(family="rehearsal", authority=f"{COMPOSE}/stop/")
def stop_lets_a_request_finish(stack: Stack) -> Judgement:
    """`docker compose stop` waits for a request that takes longer than Docker's own 10 s, and it comes back whole."""
    with ThreadPoolExecutor(1) as aside, stack.in_flight(f"/slow?seconds={SLOW_S}") as request:
        before = time.monotonic()
        stopping = aside.submit(stack.stop, "web")
        try:
            body = request.result().body
        except ContainerError:
            body = b""
        stopping.result()
        took_s = time.monotonic() - before
    code = stack.unit("web").exit_code
    stack.start()
    lines = body.decode().splitlines()
    told = f"`docker compose stop` took {took_s:.1f} s, the server exits {code}"
    whole = SLOW_S + 1
    if len(lines) != whole:
        return kept_if(condition=False, seen=f"{told}; {len(lines)} of {whole} lines came, and the request was cut off")
    seen = f"{told}; {len(lines)} of {whole} lines of a request of {SLOW_S} s came"
    return kept_if(json.loads(lines[-1]) == {"done": True} and code == 0, seen)


@promise(family="rehearsal", authority=f"{COMPOSE}/down/")
def data_survives_down_and_up(stack: Stack) -> Judgement:
    """`docker compose down` removes the containers and keeps the volume: counting goes on."""
    before = visits(stack)
    container = stack.unit("db").id
    stack.compose("down")
    stack.start()
    after = visits(stack)
    another = stack.unit("db").id != container
    seen = f"visit {before} before, visit {after} after, in {'another' if another else 'the same'} container"
    return kept_if(another and after == before + 1, seen)


@promise(family="rehearsal", authority=f"{SHEET}/Docker_Security_Cheat_Sheet.html")
def every_container_is_confined(stack: Stack) -> Judgement:
    """Each writes to the mounts that it needs, holds the capabilities that it is given, and may not gain others."""
    return all_confined(stack, BOUNDS)
