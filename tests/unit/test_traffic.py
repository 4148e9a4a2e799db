"""Traffic: clients that keep a server busy, count what they sent, and tell what failed."""

import re
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from snippets.contract.observation import Load
from snippets.engine.subjects import traffic as module
from snippets.engine.subjects.traffic import traffic
from snippets.errors import ContainerError

MANY = 40


class Pages(BaseHTTPRequestHandler):
    """200, but for /fails and /cut; the latter says less than it announced."""

    server: "Site"

    def do_GET(self) -> None:
        """Answer, and count."""
        self.server.took(self.path)
        self.send_response(500 if self.path == "/fails" else 200)
        self.send_header("Content-Length", "9" if self.path == "/cut" else "2")
        self.end_headers()
        # Before the client can know: it may ask anew at once.
        self.server.left()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the library calls it
        """Print nothing."""


class Site(ThreadingHTTPServer):
    """A server that knows what it was asked, and by how many at once."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Pages)
        self.asked: list[str] = []
        self.at_once = self.most_at_once = 0
        self.many = threading.Event()
        self._lock = threading.Lock()

    def took(self, path: str) -> None:
        """Count a request."""
        with self._lock:
            self.asked.append(path)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            if len(self.asked) > MANY:
                self.many.set()

    def left(self) -> None:
        """It was answered."""
        with self._lock:
            self.at_once -= 1


@pytest.fixture
def site() -> Iterator[Site]:
    """A server on a port of its own."""
    with Site() as site:
        thread = threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield site
        site.shutdown()
        thread.join()


def asked(site: Site, *paths: str, clients: int = 4) -> Load:
    """Keep it busy until it was asked many times."""
    with traffic(site.server_port, paths, clients) as busy:
        assert site.many.wait(10)
        return busy.end()


def test_every_request_is_counted(site: Site) -> None:
    """Paths take turns, and each that was sent was answered."""
    load = asked(site, "/", "/readyz")

    assert load.failed == 0
    assert load.sent == len(site.asked) > MANY
    assert {"/", "/readyz"} == set(site.asked)
    assert abs(site.asked.count("/") - site.asked.count("/readyz")) <= 4
    assert str(load) == f"{load.sent} of {load.sent} requests whole and 200"


def test_another_status_is_a_failure(site: Site) -> None:
    """Every one is counted, and the first is told with the path and the status."""
    load = asked(site, "/", "/fails")

    assert load.failure in {f"GET /fails answered 500 after {n / 10:.1f} s" for n in range(50)}
    assert load.failed == site.asked.count("/fails") > 0
    assert str(load) == f"{site.asked.count('/')} of {load.sent} requests whole and 200; {load.failure}"


def test_a_body_that_is_cut_short_is_a_failure(site: Site) -> None:
    """Its status says 200 all the same."""
    load = asked(site, "/cut", clients=1)

    assert load.failure.startswith("GET /cut answered 200, cut short after ")


def test_a_connection_that_is_refused_is_a_failure() -> None:
    """Nobody listens, and every client says so."""
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    with traffic(port, ("/",), clients=2) as busy:
        load = busy.end(after_s=0.05)

    assert load.sent >= 2
    assert load.failed == load.sent
    assert re.match(rf"no answer on port {port} to GET / after \d+\.\d s: ConnectionRefusedError\(", load.failure)


def test_no_more_clients_ask_at_once_than_were_wanted(site: Site) -> None:
    """Each waits for its answer."""
    asked(site, "/", clients=3)

    assert 1 <= site.most_at_once <= 3


def test_nothing_is_sent_after_the_end(site: Site) -> None:
    """All clients have gone when the load is told."""
    load = asked(site, "/")

    assert load.sent == len(site.asked)
    assert not [thread for thread in threading.enumerate() if thread.name.endswith("(_ask)")]


def test_nothing_is_sent_after_an_exception(site: Site) -> None:
    """Whoever asked for it need not come back to end it."""
    with pytest.raises(ContainerError, match="gone"), traffic(site.server_port, ("/",), 4):  # noqa: PT012 - as it happens
        assert site.many.wait(10)
        raise ContainerError("gone")

    assert not [thread for thread in threading.enumerate() if thread.name.endswith("(_ask)")]


def test_clients_end_by_themselves_when_nobody_ends_them(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A time is set for all of them."""
    monkeypatch.setattr(module, "LONGEST_S", -1.0)

    with traffic(site.server_port, ("/",), 4) as busy:
        for thread in threading.enumerate():
            if thread.name.endswith("(_ask)"):
                thread.join(5)
        load = busy.end()

    assert load == Load(sent=0)
    assert site.asked == []
