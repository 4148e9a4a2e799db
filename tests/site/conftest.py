"""The built site in a real browser: it is served from this machine, and a page that asks anybody else fails."""

import shutil
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, sync_playwright

SITE = Path(__file__).parents[2] / "site"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
COUNTED = pytest.StashKey[list[str]]()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing of what is served."""


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Serve the built site; without one there is nothing to try, which is a failure."""
    if not (SITE / "index.html").is_file():
        pytest.fail(f"{SITE} is not built: run `nox -s site`")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(SITE))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start the Chromium of this machine; a machine without one fails, and skips nothing."""
    program = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if program is None:
        pytest.fail("no Chromium is installed: `apt-get install chromium`")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def counted(pytestconfig: pytest.Config) -> list[str]:
    """Lines to say at the end."""
    return pytestconfig.stash.setdefault(COUNTED, [])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """How much was tried: a run that tried nothing is not one that found nothing."""
    for line in config.stash.get(COUNTED, []):
        terminalreporter.write_line(line)
