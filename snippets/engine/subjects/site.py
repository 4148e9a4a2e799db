"""A published port of this machine -> answers of the site behind it, over TLS where somebody signs for it."""

import http.client
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass

from ...contract.observation import Reply
from ...errors import ContainerError

NAME = "localhost"
# Until the last of those who begin and do not go on has been taken in.
TAKEN_IN_S = 2.0
# More than a proxy keeps back of its own accord, before it tells the application of a request.
BEGUN = b"text=" + b"x" * (32 << 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSite:
    """A port, and whom to trust as to the certificate; plain HTTP where that is nobody."""

    port: int
    trusted: ssl.SSLContext | None

    def ask(
        self,
        path: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = 60.0,
    ) -> Reply:
        """One request on a connection of its own."""
        started = time.monotonic()
        with self._connected(timeout_s) as connection:
            # What is too large may be refused before all of it was sent: the answer is there to read.
            with suppress(BrokenPipeError, ConnectionResetError, ssl.SSLError):
                connection.request("GET" if body is None else "POST", path, body, dict(headers or {}))
            reply = connection.getresponse()
            told = {name.lower(): value for name, value in reply.getheaders()}
            content = reply.read()
        return Reply(status=reply.status, body=content, headers=told, whole=True, took_s=time.monotonic() - started)

    @contextmanager
    def begun(self, path: str, count: int, announced: int) -> Iterator[None]:
        """Announce so many bytes, send fewer, and leave the connections open."""
        with ExitStack() as open_:
            for _ in range(count):
                connection = open_.enter_context(self._connected(60.0))
                connection.putrequest("POST", path)
                connection.putheader("Content-Type", "application/x-www-form-urlencoded")
                connection.putheader("Content-Length", str(announced))
                connection.endheaders(BEGUN)
            time.sleep(TAKEN_IN_S)
            yield

    def certificate(self) -> bytes:
        """Of a connection made now; empty where it is none over TLS."""
        with self._connected(60.0) as connection:
            spoken = connection.sock
            shown = spoken.getpeercert(binary_form=True) if isinstance(spoken, ssl.SSLSocket) else None
        return shown or b""

    @contextmanager
    def _connected(self, timeout_s: float) -> Iterator[http.client.HTTPConnection]:
        connection = (
            http.client.HTTPSConnection(NAME, self.port, timeout=timeout_s, context=self.trusted)
            if self.trusted
            else http.client.HTTPConnection(NAME, self.port, timeout=timeout_s)
        )
        try:
            connection.connect()
            yield connection
        except (OSError, http.client.HTTPException) as error:
            raise ContainerError(f"no whole answer on port {self.port}: {error!r}") from None
        finally:
            connection.close()
