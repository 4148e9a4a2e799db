"""What the engine of a machine publishes is found here under the same port, for as long as it is published."""

import socket
import threading
import time

import pytest

from snippets.proving import aboard

THERE = "127.0.0.2"


@pytest.fixture
def echo() -> int:
    """A server at another address of this machine that gives back what one client sends; its port."""
    server = socket.create_server((THERE, 0))

    def serve() -> None:
        client, _ = server.accept()
        with client, server:
            while part := client.recv(1024):
                client.sendall(part.upper())

    threading.Thread(target=serve, daemon=True).start()
    port: int = server.getsockname()[1]
    return port


def connected(port: int) -> socket.socket:
    """A connection by the loopback, once somebody listens there."""
    until = time.monotonic() + 10
    while True:
        try:
            return socket.create_connection((aboard.LOOPBACK, port), timeout=10)
        except ConnectionRefusedError:
            assert time.monotonic() < until
            time.sleep(0.02)


def test_what_is_published_there_is_reached_here(echo: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole, both ways, with the end of what is sent; afterwards nobody listens any more."""
    monkeypatch.setattr(aboard, "published", lambda address: {echo} if address == THERE else set())
    with aboard.carried(THERE), connected(echo) as client:
        client.sendall(b"half a ")
        client.sendall(b"word")
        client.shutdown(socket.SHUT_WR)
        answer = b""
        while part := client.recv(1024):
            answer += part
    assert answer == b"HALF A WORD"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((aboard.LOOPBACK, echo), timeout=10)


def test_only_what_the_loopback_has_is_carried() -> None:
    """A port that is published to everybody is reached by the machine's own address."""
    told = "127.0.0.1:32768->8000/tcp\n0.0.0.0:80->80/tcp, :::80->80/tcp\n\n127.0.0.1:40000->53/udp, 8000/tcp\n"
    assert aboard.PUBLISHED.findall(told) == ["32768"]
