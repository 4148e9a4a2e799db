"""A port of 127.0.0.1 -> clients that keep it busy, bounded in number and time, and what came of every request."""

import itertools
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ...contract.observation import Load
from ...errors import ContainerError
from . import http

# Nobody loads a server for longer, whatever becomes of who asked for it.
LONGEST_S = 60.0
REQUEST_TIMEOUT_S = 10.0


class Clients:
    """Threads that ask for one path after the other, each request on a connection of its own."""

    def __init__(self, port: int, paths: Sequence[str], clients: int) -> None:
        self._port = port
        self._paths = paths
        self._ended = threading.Event()
        self._until = time.monotonic() + LONGEST_S
        self._sent = 0
        self._failed = 0
        self._first = ""
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._ask, daemon=True) for _ in range(clients)]
        for thread in self._threads:
            thread.start()

    def _ask(self) -> None:
        for path in itertools.cycle(self._paths):
            if self._ended.is_set() or time.monotonic() > self._until:
                return
            failure = self._failure(path)
            with self._lock:
                self._sent += 1
                if failure:
                    self._failed += 1
                    self._first = self._first or failure

    def _failure(self, path: str) -> str | None:
        try:
            reply = http.get(self._port, path, timeout_s=REQUEST_TIMEOUT_S)
        except ContainerError as error:
            return str(error)
        fine = reply.status == 200 and reply.whole  # noqa: PLR2004 - a status code
        return None if fine else f"GET {path} answered {reply}"

    def end(self, *, after_s: float = 0.0) -> Load:
        """Go on for so long, then wait for the last answers."""
        time.sleep(after_s)
        self._ended.set()
        for thread in self._threads:
            thread.join(REQUEST_TIMEOUT_S + 1.0)
        with self._lock:
            return Load(sent=self._sent, failed=self._failed, failure=self._first)


@contextmanager
def traffic(port: int, paths: Sequence[str], clients: int) -> Iterator[Clients]:
    """Send requests while the block runs, and no longer."""
    busy = Clients(port, paths, clients)
    try:
        yield busy
    finally:
        busy.end()
