"""A network -> the place where somebody is told: it takes what is sent to it, and keeps it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ...catalog.snippet import OPERATOR
from ..bases.ground import image_of
from ..docker import docker
from ..run import Run
from .party import named, present

NAME = "alerts.test"
LISTENS = "listens"
# A body a line; whatever path it came to.
PROGRAM = f"""
import http.server, json
class Alerts(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        print(json.dumps(body.decode(errors="replace")), flush=True)
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_): pass
server = http.server.ThreadingHTTPServer(("", 80), Alerts)
print("{LISTENS}", flush=True)
server.serve_forever()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerts:
    """One that listens."""

    id: str

    @property
    def address(self) -> str:
        """Where it is told."""
        return f"http://{NAME}/handbook"

    def told(self) -> tuple[str, ...]:
        """All that it was told, in that order."""
        return tuple(str(json.loads(line)) for line in docker("logs", self.id)[1:])


@contextmanager
def alerts(network: str, run: Run) -> Iterator[Alerts]:
    """It listens when the block begins; raises EngineError where it does not."""
    image, program = image_of(OPERATOR, run), ("python3", "-c", PROGRAM)
    with present("the place of alerts", image, run, named(network, NAME), answers=_listens, command=program) as id_:
        yield Alerts(id=id_)


def _listens(id_: str) -> bool:
    return docker("logs", id_)[:1] == [LISTENS]
