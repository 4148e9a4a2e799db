"""Requests to 127.0.0.1, answered as bytes on the wire: a body that was cut short is said to be."""

import http.client
import select
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from ...contract.observation import Reply
from ...errors import ContainerError

HOST = "127.0.0.1"
# What stands in an address by itself: https://www.rfc-editor.org/rfc/rfc3986#section-2.2, and what is quoted already.
SENT_AS_THEY_ARE = "%:/?#[]@!$&'()*+,;="
# A server that says nothing before it is done has taken a request up by then; others show it at once.
TAKEN_UP_S = 2.0
SLOW_TIMEOUT_S = 60.0
# No page is as long; a server that sends for ever is not heard out.
LONGEST_BODY = 64 << 20
# An error quotes what a server sent in place of a status line, however long that is.
LONGEST_FAULT = 200


def get(port: int, path: str, headers: Mapping[str, str] | None = None, timeout_s: float = 5.0) -> Reply:
    """One GET; raises ContainerError where no complete head of an answer comes in time."""
    started = time.monotonic()
    connection = _Connection(HOST, port, timeout=timeout_s)
    try:
        _send(connection, path, headers)
        return _reply(connection, started)
    except (OSError, http.client.HTTPException) as error:
        message = f"no answer on port {port} to GET {path} after {time.monotonic() - started:.1f} s: {_fault(error)}"
        raise ContainerError(message) from None
    finally:
        connection.close()


class _Bounded(socket.socket):
    """A socket whose reads share one deadline: a time for each would let a trickle last for ever."""

    until: float

    def recv_into(self, *arguments: Any) -> int:  # noqa: ANN401 - as the library's own
        """Read within what is left; every byte of an answer comes through here."""
        # 0 would mean not to wait at all.
        self.settimeout(max(self.until - time.monotonic(), 0.001))
        return super().recv_into(*arguments)


class _Connection(http.client.HTTPConnection):
    """A connection that ends `timeout` seconds after it began, whatever comes over it."""

    def connect(self) -> None:
        """Connect, and start the clock."""
        assert self.timeout is not None
        self.sock = _Bounded()
        self.sock.until = time.monotonic() + self.timeout
        self.sock.settimeout(self.timeout)
        self.sock.connect((self.host, self.port))


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
            message = f"GET {self._path} ended after {time.monotonic() - self._started:.1f} s: {_fault(error)}"
            raise ContainerError(message) from None


@contextmanager
def in_flight(port: int, path: str) -> Iterator[InFlight]:
    """Send a request and leave it open once the server has had time to take it up."""
    connection = _Connection(HOST, port, timeout=SLOW_TIMEOUT_S)
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
    # As a browser sends what an author wrote: no blank, and nothing beyond ASCII, is left as it is.
    connection.putrequest("GET", quote(path, safe=SENT_AS_THEY_ARE))
    for name, value in (headers or {}).items():
        connection.putheader(name, value.encode("utf-8"))
    connection.endheaders()


def _reply(connection: http.client.HTTPConnection, started: float) -> Reply:
    response = connection.getresponse()
    try:
        body = response.read(LONGEST_BODY + 1)
        # Asked for so many bytes, it does not complain of fewer than the server announced.
        whole = not response.length and len(body) <= LONGEST_BODY
    except http.client.IncompleteRead as error:
        body, whole = error.partial, False
    # A chunk of negative size is a ValueError.
    except (OSError, ValueError):
        body, whole = b"", False
    return Reply(
        status=response.status,
        body=body,
        headers={name.lower(): value for name, value in response.getheaders()},
        whole=whole,
        took_s=time.monotonic() - started,
    )


def _fault(error: Exception) -> str:
    said = repr(error)
    return said if len(said) <= LONGEST_FAULT else f"{said[:LONGEST_FAULT]}…"
