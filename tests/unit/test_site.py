"""A site on a port of this machine is spoken to as a browser would: with its own trust, and to the end of an answer."""

import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from snippets.engine.subjects import site
from snippets.engine.subjects.site import LocalSite
from snippets.errors import ContainerError


class Page(BaseHTTPRequestHandler):
    """Says what it was sent; `/short` announces more than it says."""

    def do_GET(self) -> None:
        """Say hello."""
        self._say(200, b"hello", extra=int(self.path == "/short"))

    def do_POST(self) -> None:
        """Say how much came."""
        length = int(self.headers["Content-Length"])
        self._say(200, f"{len(self.rfile.read(length))} {self.headers['X-Said']}".encode())

    def _say(self, status: int, body: bytes, extra: int = 0) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) + extra))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing on the terminal."""


@contextmanager
def served(context: ssl.SSLContext | None = None) -> Iterator[int]:
    """The page on a port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost, and its key, in one file."""
    folder = tmp_path_factory.mktemp("signed")
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    files = ["-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run([*make.split(), *files], cwd=folder, check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_text((folder / "cert.pem").read_text() + (folder / "key.pem").read_text())
    return both


def test_a_site_is_asked_over_plain_http() -> None:
    """GET without a body, POST with one; headers go along, and those of the answer are in lower case."""
    with served() as port:
        plain = LocalSite(port=port, trusted=None)
        hello, counted = plain.ask("/"), plain.ask("/", body=b"abc", headers={"X-Said": "so"})

        assert (hello.status, hello.body, hello.headers["content-length"]) == (200, b"hello", "5")
        assert counted.body == b"3 so"
        assert plain.certificate() == b""


def test_an_answer_that_is_not_whole_is_none() -> None:
    """Nor is a connection that nobody takes."""
    with served() as port, pytest.raises(ContainerError, match=f"no whole answer on port {port}: IncompleteRead"):
        LocalSite(port=port, trusted=None).ask("/short")
    with pytest.raises(ContainerError, match="ConnectionRefusedError"):
        LocalSite(port=port, trusted=None).ask("/")


def test_only_the_authority_that_is_named_is_believed(signed: Path) -> None:
    """With its certificate a site is known, without it there is no answer."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(signed)
    shown = ssl.PEM_cert_to_DER_cert(signed.read_text().partition("-----BEGIN PRIVATE KEY-----")[0])
    with served(server) as port:
        known = LocalSite(port=port, trusted=ssl.create_default_context(cadata=shown))
        assert known.ask("/").body == b"hello"
        assert known.certificate() == shown
        with pytest.raises(ContainerError, match="CERTIFICATE_VERIFY_FAILED"):
            LocalSite(port=port, trusted=ssl.create_default_context()).ask("/")


def test_who_begins_and_does_not_go_on_holds_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them are open while the block runs, and others are answered meanwhile by a server with threads enough."""
    monkeypatch.setattr(site, "TAKEN_IN_S", 0.0)
    with served() as port:
        plain = LocalSite(port=port, trusted=None)
        with plain.begun("/", 3, 1 << 20):
            assert plain.ask("/").status == 200
