"""Bring the database as far as this code needs it: ``python -m app.migrate``, once a release, before it serves.

Not at the start of the server: two copies would race for it, and one that cannot migrate could not serve either.
"""

import logging
import sys
import time

import psycopg

from app import logs
from app.database import connect, migrations
from app.settings import SettingsError, database_url

# A change of a table waits for whoever uses it, and
# everybody else then waits for the change. So it
# waits this long, lets them pass, and tries again.
LOCK_TIMEOUT = "500ms"
PAUSE_S = 1.0
GIVE_UP_S = 20.0

PREPARE = """
    SELECT pg_advisory_xact_lock(hashtext('migrations'));
    CREATE TABLE IF NOT EXISTS migrations (
        name text PRIMARY KEY,
        at timestamptz NOT NULL DEFAULT now()
    );
"""

log = logging.getLogger("app.migrate")


def migrate(database: str) -> list[str]:
    """Run what is missing, each migration whole or not at all; return their names. Raises psycopg.Error."""
    ran = []
    with connect(database) as connection:
        for name, sql in migrations().items():
            if patiently(connection, name, sql):
                log.info("migrated: %s", name)
                ran.append(name)
    return ran


def patiently(connection: psycopg.Connection, name: str, sql: str) -> bool:
    """Run one migration, unless it was; raises psycopg.errors.LockNotAvailable once there was time enough."""
    until = time.monotonic() + GIVE_UP_S
    while True:
        try:
            return run(connection, name, sql)
        except psycopg.errors.LockNotAvailable:
            if time.monotonic() > until:
                raise
            log.info("%s waits for a lock: somebody uses the table", name)
            time.sleep(PAUSE_S)


def run(connection: psycopg.Connection, name: str, sql: str) -> bool:
    """One attempt; False where another release did it before."""
    with connection.transaction():
        connection.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        # One at a time. The lock ends with the
        # transaction, so it holds behind a pooler too.
        connection.execute(PREPARE)
        if connection.execute("SELECT 1 FROM migrations WHERE name = %s", [name]).fetchone():
            return False
        connection.execute(sql)
        connection.execute("INSERT INTO migrations (name) VALUES (%s)", [name])
    return True


def main() -> int:
    """Exit status: 0 where the database is as far as this code."""
    logs.start()
    try:
        ran = migrate(database_url(required=True))
    except (SettingsError, psycopg.Error) as error:
        log.critical("not migrated: %s", error)
        return 1
    log.info("%d migrations ran, the database is as far as this code", len(ran))
    return 0


if __name__ == "__main__":
    sys.exit(main())
