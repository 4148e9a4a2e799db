"""A queue in PostgreSQL: work that a request asks for and nobody waits for.

A job and what it does to the database are one transaction, so it is done once, whoever is killed meanwhile.
What a job does elsewhere (a mail, a payment) can happen twice: give it a key by which the other side can tell.
"""

import logging
from collections.abc import Callable

import psycopg

# A job is asked for by what it is about, so asking twice is harmless.
ADD = "INSERT INTO jobs (kind, subject) VALUES (%s, %s) ON CONFLICT DO NOTHING"
# SKIP LOCKED: a second worker takes the
# next one instead of waiting for this one.
TAKE = """
    SELECT id, kind, subject FROM jobs WHERE done IS NULL AND due <= now()
    ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
"""
DONE = "UPDATE jobs SET done = now() WHERE id = %s"
# Later, and later each time: what cannot be
# done must not keep the worker from what can.
FAILED = "UPDATE jobs SET failures = failures + 1, due = now() + interval '10 s' * (failures + 1) WHERE id = %s"
# Every copy of the worker asks each minute, of either
# version while a release is under way; it is there once.
SCHEDULE = "INSERT INTO jobs (kind, subject) VALUES ('tally', date_trunc('minute', now())::text) ON CONFLICT DO NOTHING"

log = logging.getLogger(__name__)


def add(connection: psycopg.Connection, kind: str, subject: str) -> None:
    """Ask for a job, within the caller's transaction."""
    connection.execute(ADD, [kind, subject])


def schedule(connection: psycopg.Connection) -> None:
    """Ask for what is due by the clock."""
    with connection.transaction():
        connection.execute(SCHEDULE)


def work(connection: psycopg.Connection) -> bool:
    """Do one job; False where there is none to do. Raises psycopg.OperationalError."""
    number, kind = None, None
    try:
        with connection.transaction():
            job = connection.execute(TAKE).fetchone()
            if job is None:
                return False
            number, kind, subject = job
            KINDS[kind](connection, subject)
            connection.execute(DONE, [number])
    except psycopg.OperationalError:
        raise
    except Exception:
        log.exception("job %s, %s, failed", number, kind)
        with connection.transaction():
            connection.execute(FAILED, [number])
    else:
        log.info("job %s, %s, done", number, kind)
    return True


def count_words(connection: psycopg.Connection, note: str) -> None:
    """Done twice it would count twice: here to show that it is not."""
    text = connection.execute("SELECT text FROM notes WHERE id = %s", [int(note)]).fetchone()[0]
    count = "UPDATE notes SET words = coalesce(words, 0) + %s WHERE id = %s"
    connection.execute(count, [len(text.split()), int(note)])


def tally(connection: psycopg.Connection, minute: str) -> None:
    """How many notes there are, each minute."""
    connection.execute("INSERT INTO tallies SELECT %s, count(*) FROM notes", [minute])


KINDS: dict[str, Callable[[psycopg.Connection, str], None]] = {"count-words": count_words, "tally": tally}
