"""PostgreSQL: how the application reaches it, and whether it is as far as this code needs it."""

from pathlib import Path

import psycopg

# libpq's smallest. Without it a host that
# drops packets holds a thread for two minutes.
CONNECT_TIMEOUT_S = 2
MIGRATIONS = Path(__file__).with_name("migrations")


def connect(database: str) -> psycopg.Connection:
    """A new connection for each use: it costs milliseconds, and none can go stale.

    With much traffic, put psycopg_pool here.
    """
    return psycopg.connect(database, connect_timeout=CONNECT_TIMEOUT_S)


def migrations() -> dict[str, str]:
    """The migrations of this code, name -> SQL, in their order."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(MIGRATIONS.glob("*.sql"))}


def missing(database: str) -> list[str]:
    """Migrations that this code needs and the database lacks. Raises psycopg.OperationalError.

    What a later release has added does not count: old code goes on while the new one arrives, and after a
    way back. So a migration adds first, and takes away only what no running code asks for any more.
    """
    with connect(database) as connection:
        try:
            done = {name for (name,) in connection.execute("SELECT name FROM migrations")}
        except psycopg.errors.UndefinedTable:
            done = set()
    return [name for name in migrations() if name not in done]
