"""Do what is queued: ``python -m app.worker``, in a container of its own, of the same image."""

import logging
import signal
import sys
import threading

import psycopg

from app import jobs, logs
from app.database import connect
from app.settings import SettingsError, database_url

IDLE_S = 1.0
AWAY_S = 5.0

log = logging.getLogger("app.worker")


def serve(database: str, ending: threading.Event) -> None:
    """Work until it is to end: the job at hand is finished first."""
    while not ending.is_set():
        try:
            with connect(database) as connection:
                while not ending.is_set():
                    jobs.schedule(connection)
                    while not ending.is_set() and jobs.work(connection):
                        pass
                    ending.wait(IDLE_S)
        except (psycopg.OperationalError, psycopg.errors.UndefinedTable) as error:
            log.warning("the database is not ready: %s", error)
            ending.wait(AWAY_S)


def main() -> int:
    """Exit status: 0 where it was asked to end."""
    logs.start()
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    try:
        url = database_url(required=True)
    except SettingsError as error:
        log.critical("%s", error)
        return 1
    log.info("the worker is ready")
    serve(url, ending)
    log.info("the worker has ended")
    return 0


if __name__ == "__main__":
    sys.exit(main())
