"""The visits of the page, kept in PostgreSQL."""

from app.database import connect


def record(database: str) -> int:
    """Add one visit; return how many there are. Raises psycopg.OperationalError."""
    with connect(database) as connection:
        connection.execute("INSERT INTO visits DEFAULT VALUES")
        return connection.execute("SELECT count(*) FROM visits").fetchone()[0]
