"""What visitors leave: a text for all, a contact for nobody else, a file."""

from dataclasses import dataclass

from psycopg.rows import class_row

from app import jobs
from app.database import connect

FOUND = """
    SELECT id, text, words, contact, upload, upload_name FROM notes
    WHERE position(%s IN text) > 0 ORDER BY id DESC LIMIT 50
"""
ONE = "SELECT id, text, words, contact, upload, upload_name FROM notes WHERE id = %s"
KEEP = "INSERT INTO notes (text, contact, upload, upload_name) VALUES (%s, %s, %s, %s) RETURNING id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One row; `contact` is sealed, `words` is None until the worker has counted them."""

    id: int
    text: str
    words: int | None
    contact: bytes | None
    upload: str | None
    upload_name: str | None


def add(database: str, *, text: str, contact: bytes | None, upload: str | None, upload_name: str | None) -> int:
    """Keep a note, and ask the worker to count its words: both or neither. Raises psycopg.OperationalError."""
    with connect(database) as connection:
        number = connection.execute(KEEP, [text, contact, upload, upload_name]).fetchone()[0]
        jobs.add(connection, "count-words", str(number))
    return number


def search(database: str, part: str) -> list[Note]:
    """The newest notes with this in their text. Raises psycopg.OperationalError."""
    with connect(database) as connection, connection.cursor(row_factory=class_row(Note)) as cursor:
        return cursor.execute(FOUND, [part]).fetchall()


def find(database: str, number: int) -> Note | None:
    """One note. Raises psycopg.OperationalError."""
    with connect(database) as connection, connection.cursor(row_factory=class_row(Note)) as cursor:
        return cursor.execute(ONE, [number]).fetchone()
