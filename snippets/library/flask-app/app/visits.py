"""The visits of the page, kept in PostgreSQL."""

import psycopg

# libpq's smallest. Without it a host that drops packets holds a thread for two minutes.
CONNECT_TIMEOUT_S = 2

# Two workers may see their first visitor at once, and CREATE TABLE IF NOT EXISTS is not safe
# against itself: the lock lets one of them make the table and the other find it.
CREATE = """
    SELECT pg_advisory_xact_lock(hashtext('visits'));
    CREATE TABLE IF NOT EXISTS visits (at timestamptz NOT NULL DEFAULT now());
"""


def connect(database: str) -> psycopg.Connection:
    """A new connection for each use: it costs milliseconds, and none can go stale.

    With much traffic, put psycopg_pool here.
    """
    return psycopg.connect(database, connect_timeout=CONNECT_TIMEOUT_S)


def record(database: str) -> int:
    """Add one visit; return how many there are. Raises psycopg.OperationalError."""
    with connect(database) as connection:
        try:
            with connection.transaction():
                connection.execute("INSERT INTO visits DEFAULT VALUES")
        except psycopg.errors.UndefinedTable:
            connection.execute(CREATE)
            connection.execute("INSERT INTO visits DEFAULT VALUES")
        return connection.execute("SELECT count(*) FROM visits").fetchone()[0]


def ping(database: str) -> None:
    """Return if the database answers. Raises psycopg.OperationalError."""
    with connect(database) as connection:
        connection.execute("SELECT 1")
