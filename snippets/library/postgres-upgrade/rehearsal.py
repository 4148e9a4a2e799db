"""A database of a newer version: what was written is in it, what fails changes nothing, and there is a way back."""

import re
import time
import urllib.parse
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

from ...contract.confinement import POSTGRES, Bounds, all_confined
from ...contract.promise import Judgement, kept_if, promise
from ...contract.subject import Stack
from ...errors import ContainerError

UPGRADING = "https://www.postgresql.org/docs/18/upgrading.html"
OLD = "db"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
SEE_OTHER, OK = 303, 200
# Between two notes: some are written while the data goes over, and the machine has a part of itself left.
PAUSE_S = 0.2
BACK = """
sed --in-place '/^DATABASE_HOST=/d; /^COMPOSE_PROFILES=/d' .env
docker compose up --no-build --detach --wait web
"""
SQL = 'docker compose exec -T db psql --username=app --dbname=app --quiet --command "{}"'
# What its check said yes to it says no to today: a row that is there can be dumped, and not restored.
ODD = (
    "CREATE FUNCTION fits(text) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT true'",
    "CREATE TABLE odd (word text CHECK (fits(word)))",
    "INSERT INTO odd VALUES ('word')",
    "CREATE OR REPLACE FUNCTION fits(text) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT false'",
)
NO_LONGER_ODD = "DROP TABLE odd; DROP FUNCTION fits"
# All of it goes over, and then the application does not get healthy with the 18, as where a driver is too old for it.
TOO_OLD = """
cat > ill.yaml <<'END'
services:
  web: { healthcheck: { test: [CMD, sh, -c, "exit ${DATABASE_HOST:+1}"], start_period: 1s, interval: 1s, retries: 2 } }
END
COMPOSE_FILE=$COMPOSE_FILE:ill.yaml ./upgrade
"""
STOOD_S = re.compile(r"for (\d+) s nobody did")
SHEET = "https://cheatsheetseries.owasp.org/cheatsheets"
BOUNDS = {
    "web": Bounds(("/tmp",)),
    "db": Bounds(("/run/postgresql", "/tmp", "/var/lib/postgresql/data"), POSTGRES.holds),
}


def write(stack: Stack, note: str) -> bool:
    """Leave a note as a visitor does; whether that was acknowledged."""
    body = urllib.parse.urlencode({"text": note}).encode()
    try:
        reply = stack.site("web", 8000).ask("/notes", body=body, headers=FORM, timeout_s=20.0)
    except ContainerError:
        return False
    return reply.status == SEE_OTHER


def is_there(stack: Stack, note: str) -> bool:
    """Whether the page that is asked for it shows it."""
    reply = stack.get(f"/notes?q={note}", timeout_s=20.0)
    return reply.status == OK and f"<li>{note}<".encode() in b"".join(reply.body.split())


def asked(stack: Stack) -> str:
    """The server that the application asks."""
    url = stack.run("printenv DATABASE_URL", on="web").stdout.strip()
    return urllib.parse.urlsplit(url).hostname or ""


def major(stack: Stack) -> str:
    """The version of the server that the application asks."""
    shown = "psql --username=app --dbname=app --tuples-only --no-align --command='SHOW server_version'"
    return stack.run(shown, on=asked(stack)).stdout.partition(".")[0]


@contextmanager
def writing(stack: Stack) -> Iterator[list[str]]:
    """Somebody leaves one note after the other while the block runs; then it holds those that were acknowledged."""
    over, acknowledged = Event(), list[str]()

    def write_on() -> None:
        number = 0
        while not over.is_set():
            number += 1
            note = f"note-{number}-{time.monotonic_ns()}"
            if write(stack, note):
                acknowledged.append(note)
            time.sleep(PAUSE_S)

    with ThreadPoolExecutor(1) as aside:
        begun = aside.submit(write_on)
        try:
            yield acknowledged
        finally:
            over.set()
        begun.result()


@promise(family="rehearsal", authority=UPGRADING)
def an_upgrade_that_fails_changes_nothing(stack: Stack) -> Judgement:
    """Where the data cannot be restored the script fails, and the server of before serves on with all it had."""
    note = f"before-{time.monotonic_ns()}"
    written = write(stack, note)
    for statement in ODD:
        stack.run(SQL.format(statement))
    done = stack.run("./upgrade", check=False)
    stack.run(SQL.format(NO_LONGER_ODD))
    serves, there = asked(stack), is_there(stack, note)
    seen = f"a row that cannot be restored: it exits {done.status}, the application asks {serves}, and what was "
    seen += f"written before is {'there' if there else 'gone'}"
    return kept_if(written and done.status != 0 and serves == OLD and there, seen)


@promise(family="rehearsal", authority=UPGRADING)
def an_application_that_does_not_start_goes_back(stack: Stack) -> Judgement:
    """All is copied, and the application is not healthy with the new server: it fails, and the old one serves."""
    note = f"not-yet-{time.monotonic_ns()}"
    written = write(stack, note)
    done = stack.run(TOO_OLD, check=False)
    # Before anybody starts it once more: what serves now is what the script left.
    serves = asked(stack)
    stack.run("docker compose up --no-build --detach --wait web")
    there = is_there(stack, note)
    seen = f"it exits {done.status}, the application asks {serves}, and what was written before is "
    seen += "there" if there else "gone"
    return kept_if(written and done.status != 0 and serves == OLD and there, seen)


@promise(family="rehearsal", authority=UPGRADING)
def all_that_was_acknowledged_is_in_the_new_one(stack: Stack) -> Judgement:
    """Somebody writes all the while: each note that was acknowledged is in the new server, and so are later ones."""
    with writing(stack) as acknowledged:
        # Some notes are there before it begins: without any it would have nothing to copy.
        time.sleep(2.0)
        done = stack.run("./upgrade", check=False)
    later = f"later-{time.monotonic_ns()}"
    is_written = write(stack, later) and is_there(stack, later)
    gone = [note for note in acknowledged if not is_there(stack, note)]
    version, stood = major(stack), STOOD_S.search(done.stdout)
    seen = f"it exits {done.status}, and version {version} serves; of {len(acknowledged)} acknowledged notes "
    seen += f"{len(gone)} are gone, and a later one is {'there' if is_written else 'not taken'}"
    seen += f"; for {stood[1]} s nobody served" if stood else ""
    return kept_if(done.status == 0 and version == "18" and bool(acknowledged) and not gone and is_written, seen)


@promise(family="rehearsal", authority=UPGRADING)
def there_is_a_way_back(stack: Stack) -> Judgement:
    """After an upgrade the server of before serves again by one command, with what it held then."""
    note = f"kept-{time.monotonic_ns()}"
    stack.run(BACK)
    written = write(stack, note)
    upgraded = stack.run("./upgrade", check=False).status
    between = f"between-{time.monotonic_ns()}"
    write(stack, between)
    back = stack.run(BACK, check=False).status
    there, lost = is_there(stack, note), not is_there(stack, between)
    seen = f"upgraded ({upgraded}) and back ({back}), version {major(stack)} serves; a note of before is "
    seen += f"{'there' if there else 'gone'}, one written in between is {'not in it' if lost else 'there too'}"
    return kept_if(written and upgraded == back == 0 and major(stack) == "17" and there and lost, seen)


@promise(family="rehearsal", authority=f"{SHEET}/Docker_Security_Cheat_Sheet.html")
def every_container_is_confined(stack: Stack) -> Judgement:
    """Each writes to the mounts that it needs, holds the capabilities that it is given, and may not gain others."""
    return all_confined(stack, BOUNDS)
