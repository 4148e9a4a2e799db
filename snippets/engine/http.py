"""Requests to 127.0.0.1, answered as bytes on the wire: a body that was cut short is said to be."""

import http.client
import select
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from snippets.contract.subject import Reply
from snippets.errors import ContainerError

HOST = "127.0.0.1"
# A server that says nothing before it is done has taken a request up by then; others show it at once.
TAKEN_UP_S = 2.0
SLOW_TIMEOUT_S = 60.0


def get(port: int, path: str, headers: Mapping[str, str] | None = None, timeout_s: float = 5.0) -> Reply:
    """One GET; raises ContainerError where no complete head of an answer comes in time."""
    started = time.monotonic()
    connection = http.client.HTTPConnection(HOST, port, timeout=timeout_s)
    try:
        _send(connection, path, headers)
        return _reply(connection, started)
    except (OSError, http.client.HTTPException) as error:
        message = f"no answer on port {port} to GET {path} after {time.monotonic() - started:.1f} s: {error!r}"
        raise ContainerError(message) from None
    finally:
        connection.close()


class InFlight:
    """A request that was sent; its answer is read when asked for."""

    def __init__(self, connection: http.client.HTTPConnection, path: str) -> None:
        self._connection = connection
        self._path = path
        self._started = time.monotonic()

    def elapsed_s(self) -> float:
        """Seconds since it was sent."""
        return time.monotonic() - self._started

    def result(self) -> Reply:
        """The answer; raises ContainerError where the connection ended without one."""
        try:
            return _reply(self._connection, self._started)
        except (OSError, http.client.HTTPException) as error:
            message = f"GET {self._path} ended after {time.monotonic() - self._started:.1f} s: {error!r}"
            raise ContainerError(message) from None


@contextmanager
def in_flight(port: int, path: str) -> Iterator[InFlight]:
    """Send a request and leave it open once the server has had time to take it up."""
    connection = http.client.HTTPConnection(HOST, port, timeout=SLOW_TIMEOUT_S)
    try:
        try:
            _send(connection, path, None)
            request = InFlight(connection, path)
            select.select([connection.sock], [], [], TAKEN_UP_S)
        except OSError as error:
            message = f"GET {path} could not be sent: {error!r}"
            raise ContainerError(message) from None
        yield request
    finally:
        connection.close()


def _send(connection: http.client.HTTPConnection, path: str, headers: Mapping[str, str] | None) -> None:
    connection.putrequest("GET", path)
    for name, value in (headers or {}).items():
        connection.putheader(name, value.encode("utf-8"))
    connection.endheaders()


def _reply(connection: http.client.HTTPConnection, started: float) -> Reply:
    response = connection.getresponse()
    whole = True
    try:
        body = response.read()
    except http.client.IncompleteRead as error:
        body, whole = error.partial, False
    except OSError:
        body, whole = b"", False
    return Reply(
        status=response.status,
        body=body,
        headers={name.lower(): value for name, value in response.getheaders()},
        whole=whole,
        took_s=time.monotonic() - started,
    )
