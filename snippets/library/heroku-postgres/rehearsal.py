"""A database that changes house: all of it or nothing, owned by a role of its own, and with nobody writing."""

import re
import shlex
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ...contract.confinement import POSTGRES, all_confined
from ...contract.promise import Judgement, kept_if, promise
from ...contract.subject import Stack
from ...errors import ContainerError

RESTORING = "https://www.postgresql.org/docs/18/app-pgrestore.html"
HEROKU = "https://devcenter.heroku.com/articles/heroku-postgres-import-export"
PLATFORM = "docker compose --profile rehearsal up --no-build --detach --wait heroku"
MOVE = "docker compose run --rm --no-TTY move"
EMPTY = """
docker compose exec -T db psql --username=postgres --quiet \\
    --command 'DROP DATABASE app WITH (FORCE)' --command 'CREATE DATABASE app OWNER app'
"""
# As the application, and as the application of before.
NEW = "docker compose exec -T --env PGOPTIONS=--role=app db psql --username=postgres --dbname=app "
OLD = "docker compose exec -T heroku psql --username=u8kq3 --dbname=d5f1 "
QUIET = "--quiet --tuples-only --no-align --command"
SUM = "docker compose exec -T heroku pg_dump --username=u8kq3 --restrict-key=same d5f1 | sha256sum"
# What its check said yes to it says no to today: such a row can be dumped, and not restored.
ODD = (
    "CREATE FUNCTION fits(text) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT true'",
    "CREATE TABLE zodd (word text CHECK (public.fits(word)))",
    "INSERT INTO zodd VALUES ('word')",
    "CREATE OR REPLACE FUNCTION fits(text) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT false'",
)
NO_LONGER_ODD = "DROP TABLE zodd; DROP FUNCTION fits"
WRITES = "BEGIN; INSERT INTO people (mail, sealed) VALUES ('late@example.org', ''); SELECT pg_sleep(60); COMMIT"
ENDED = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'u8kq3' AND pid <> pg_backend_pid()"
PEOPLE, ORDERS = 20_000, 100_000
# One whose role may replicate, which Heroku gives to none.
LOGICAL = "docker compose run --detach --use-aliases heroku postgres -c wal_level=logical"
SUPERUSER = "docker compose exec -T db psql --username=postgres --dbname=app --set=ON_ERROR_STOP=1"
TABLES_ALONE = """
pg_dump --username=u8kq3 --dbname=d5f1 --schema-only --no-owner --no-acl \\
    --exclude-schema='(heroku_ext|_heroku)' --exclude-extension='*'
"""
# No option leaves these out, and who is no superuser may not make them.
NO_TRIGGERS = "sed '/^CREATE EVENT TRIGGER/,/;$/d'"
PLACES = (
    "CREATE SCHEMA heroku_ext",
    "GRANT USAGE ON SCHEMA heroku_ext TO PUBLIC",
    "CREATE EXTENSION citext SCHEMA heroku_ext",
    "CREATE EXTENSION pgcrypto SCHEMA heroku_ext",
    "CREATE EXTENSION pg_stat_statements SCHEMA heroku_ext",
    'ALTER DATABASE app SET search_path = "$user", public, heroku_ext',
)
PUBLISHED = "CREATE PUBLICATION moving FOR TABLE people, orders, reports.months"
SUBSCRIBED = """
CREATE SUBSCRIPTION moving
    CONNECTION 'host=heroku dbname=d5f1 user=u8kq3 password=only-for-the-rehearsal' PUBLICATION moving
"""
WRITING = """
DO $$ BEGIN LOOP
    INSERT INTO orders (person, cents) VALUES (7, 1);
    UPDATE people SET since = clock_timestamp() WHERE id = 7;
    COMMIT;
    PERFORM pg_sleep(0.01);
END LOOP; END $$
"""
PAID = "UPDATE orders SET note = 'paid' WHERE id = 1"
LATE = "CREATE TABLE late (id int PRIMARY KEY); SELECT lo_create(0)"
IS_LATE = "SELECT count(*) FROM pg_tables WHERE tablename = 'late'"
OBJECTS = "SELECT count(*) FROM pg_largeobject_metadata"
COPIED = "SELECT count(*) > 0 AND bool_and(srsubstate = 'r') FROM pg_subscription_rel"
HOLDS = """
SELECT (SELECT max(id) FROM orders), (SELECT count(*) FROM orders), (SELECT sum(cents) FROM orders),
    (SELECT count(*) FROM orders WHERE note = 'paid'), (SELECT count(*) FROM people), (SELECT max(since) FROM people),
    (SELECT count(*) FROM reports.months)
"""
SEQUENCES = "SELECT count(last_value) FROM pg_sequences"
AS_FAR = """
SELECT format('SELECT setval(%L, %s)', format('%I.%I', schemaname, sequencename), last_value) FROM pg_sequences
"""
TOOK_S = re.compile(r"all of it is there, after (\d+) s")
ERROR = re.compile(r"ERROR: +(.+)")
BEGUN_S = 10.0
STARTED_S, COPIED_S = 60.0, 120.0
SHEET = "https://cheatsheetseries.owasp.org/cheatsheets"
BOUNDS = {"db": POSTGRES, "heroku": POSTGRES}


def prepared(stack: Stack) -> None:
    """One that plays Heroku's, and an empty one."""
    stack.run(PLATFORM)
    stack.run(EMPTY)


def new(stack: Stack, sql: str) -> str:
    """What the application is told of the new one; nothing where that fails."""
    return stack.run(f'{NEW}{QUIET} "{sql}"', check=False).stdout.strip()


def old(stack: Stack, sql: str) -> str:
    """What its owner is told of the old one."""
    return stack.run(f'{OLD}{QUIET} "{sql}"').stdout.strip()


def tables(stack: Stack) -> int:
    """How many the new one has."""
    return int(new(stack, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") or -1)


def asked(stack: Stack, psql: str, sql: str) -> str:
    """What somebody is told, who asks like this; raises ContainerError where it fails."""
    done = stack.run(f"{psql} {QUIET} {shlex.quote(sql)}", check=False)
    if done.status != 0:
        raise ContainerError(f"`{sql.strip()}` fails: {done.stderr.strip()}")
    return done.stdout.strip()


@contextmanager
def replicating(stack: Stack) -> Iterator[str]:
    """In the place of the one that plays Heroku's, one whose role may replicate: its container."""
    stack.run("docker compose --profile rehearsal rm --force --stop heroku")
    container = stack.run(LOGICAL).stdout.split()[-1]
    try:
        # While it sets itself up it listens to nobody.
        ready = f"docker exec {container} pg_isready --host=127.0.0.1"
        stack.await_(lambda: stack.run(ready, check=False).status == 0, STARTED_S)
        asked(stack, f"docker exec {container} psql -U postgres -d d5f1", "ALTER ROLE u8kq3 REPLICATION")
        yield container
    finally:
        stack.run(f"docker rm --force --volumes {container}")


@promise(family="rehearsal", authority=HEROKU)
def all_of_it_arrives(stack: Stack) -> Judgement:
    """Rows, sequences, extensions and their types are there, and all is the application's own, who is no superuser."""
    prepared(stack)
    done = stack.run(MOVE, check=False)
    rows = [new(stack, "SELECT count(*) FROM people"), new(stack, "SELECT count(*) FROM orders")]
    found = new(stack, "SELECT id FROM people WHERE mail = 'PERSON7@example.org'")
    following = new(stack, "INSERT INTO orders (person, cents) VALUES (7, 1) RETURNING id")
    spent = new(stack, "SELECT count(*) FROM spent")
    changed = new(stack, "ALTER TABLE people ADD COLUMN later text; SELECT count(later) FROM people") == "0"
    rights = new(stack, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    took, error = TOOK_S.search(done.stdout), ERROR.search(done.stderr + done.stdout)
    seen = f"it exits {done.status}{f' after {took[1]} s' if took else ''}{f': {error[1]}' if error else ''}; "
    seen += f"{rows[0] or 'no'} people and {rows[1] or 'no'} orders, the next is {following or 'not taken'}; "
    seen += f"a mail is {'' if found == '7' else 'not '}found in capitals; the view has {spent or 'no'} rows; the "
    seen += f"application may{'' if changed else ' not'} change its tables, and is {'a' if rights == 't' else 'no'} "
    seen += "superuser"
    whole = rows == [str(PEOPLE), str(ORDERS)] and following == str(ORDERS + 1) and spent == str(PEOPLE)
    return kept_if(done.status == 0 and took is not None and whole and found == "7" and changed and rights == "f", seen)


@promise(family="rehearsal", authority="https://devcenter.heroku.com/articles/maintenance-mode")
def while_somebody_writes_it_does_not_begin(stack: Stack) -> Judgement:
    """Somebody is in the middle of writing: it refuses and copies nothing; once they have ended it goes through."""
    prepared(stack)
    stack.run(f'docker compose exec --detach heroku psql --username=u8kq3 --dbname=d5f1 --command "{WRITES}"')
    is_busy = "SELECT count(*) FROM pg_stat_activity WHERE usename = current_user AND query LIKE 'BEGIN%'"
    begun = stack.await_(lambda: old(stack, is_busy) == "1", BEGUN_S) is not None
    done = stack.run(MOVE, check=False)
    left, told = tables(stack), "stop all that writes" in done.stderr + done.stdout
    old(stack, ENDED)
    stack.await_(lambda: old(stack, is_busy) == "0", BEGUN_S)
    again = stack.run(MOVE, check=False).status
    seen = f"while one writes it exits {done.status} and {'tells' if told else 'does not tell'} so, the new one has "
    seen += f"{left} tables; afterwards it exits {again}"
    return kept_if(begun and done.status != 0 and told and left == 0 and again == 0, seen)


@promise(family="rehearsal", authority=RESTORING)
def what_cannot_be_restored_leaves_nothing(stack: Stack) -> Judgement:
    """One row cannot be restored: it fails, the new one is as empty as before, and without that row it goes through."""
    prepared(stack)
    for statement in ODD:
        old(stack, statement)
    done = stack.run(MOVE, check=False)
    left = tables(stack)
    old(stack, NO_LONGER_ODD)
    again = stack.run(MOVE, check=False).status
    seen = f"with a row that cannot be restored it exits {done.status}, and the new one has {left} tables; without it "
    seen += f"it exits {again}"
    return kept_if(done.status != 0 and left == 0 and again == 0, seen)


@promise(family="rehearsal", authority=HEROKU)
def the_old_one_stays_as_it_is(stack: Stack) -> Judgement:
    """A dump of the old one is the same before and after, to the byte; a second copy into a full one is refused."""
    prepared(stack)
    before = stack.run(SUM).stdout
    done = stack.run(MOVE, check=False)
    new(stack, "INSERT INTO orders (person, cents) VALUES (7, 1)")
    second = stack.run(MOVE, check=False)
    rows = new(stack, "SELECT count(*) FROM orders")
    same = stack.run(SUM).stdout == before
    seen = f"it exits {done.status}, a second time {second.status} with {rows} orders there; the old one is "
    seen += "as it was" if same else "another now"
    return kept_if(done.status == 0 and second.status != 0 and rows == str(ORDERS + 1) and same, seen)


@promise(family="rehearsal", authority="https://www.postgresql.org/docs/18/logical-replication-restrictions.html")
def replication_moves_what_is_written_to(stack: Stack) -> Judgement:
    """Where a role may replicate, as on Heroku none may: the rows move while somebody writes, and not all else does."""
    stack.run(EMPTY)
    with replicating(stack) as container:
        owner, superuser = (f"docker exec {container} psql -U {role} -d d5f1" for role in ("u8kq3", "postgres"))
        for statement in PLACES:
            asked(stack, SUPERUSER, statement)
        stack.run(
            f"docker exec {container} {TABLES_ALONE.strip()} | {NO_TRIGGERS} | {NEW}--quiet --set=ON_ERROR_STOP=1"
        )
        asked(stack, owner, PUBLISHED)
        asked(stack, owner, PAID)
        stack.run(f"docker exec --detach {container} psql -U u8kq3 -d d5f1 --command {shlex.quote(WRITING)}")
        asked(stack, SUPERUSER, SUBSCRIBED)
        copied = stack.await_(lambda: asked(stack, SUPERUSER, COPIED) == "t", COPIED_S) is not None
        asked(stack, owner, LATE)

        begun = time.monotonic()
        asked(stack, superuser, f"{ENDED} AND backend_type = 'client backend'")
        holds = asked(stack, superuser, HOLDS)
        same = stack.await_(lambda: asked(stack, SUPERUSER, HOLDS) == holds, COPIED_S) is not None
        known = asked(stack, SUPERUSER, SEQUENCES)
        for statement in asked(stack, superuser, AS_FAR).splitlines():
            asked(stack, SUPERUSER, statement)
        asked(stack, SUPERUSER, "DROP SUBSCRIPTION moving")
        window_s = time.monotonic() - begun

    left = [asked(stack, SUPERUSER, what) for what in (IS_LATE, OBJECTS)]
    highest, orders = (int(number) for number in holds.split("|")[:2])
    following = new(stack, "INSERT INTO orders (person, cents) VALUES (7, 1) RETURNING id")
    seen = f"{orders - ORDERS} orders are written meanwhile; nobody writes for {window_s:.0f} s, and then both hold "
    seen += f"{'the same' if same else 'other rows'}; {known} sequences, {left[0]} tables made meanwhile and {left[1]} "
    seen += f"large objects are there; once the sequences are set, after order {highest} comes {following or 'none'}"
    whole = copied and same and orders > ORDERS and following == str(highest + 1)
    return kept_if(whole and known == "0" and left == ["0", "0"], seen)


@promise(family="rehearsal", authority=f"{SHEET}/Docker_Security_Cheat_Sheet.html")
def every_container_is_confined(stack: Stack) -> Judgement:
    """Each writes to the mounts that it needs, holds the capabilities that it is given, and may not gain others."""
    stack.run(PLATFORM)
    return all_confined(stack, BOUNDS)
