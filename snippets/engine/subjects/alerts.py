"""A network -> the place where somebody is told: it takes what is sent to it, and keeps it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ...catalog.snippet import OPERATOR
from ...errors import EngineError
from ..bases.ground import image_of
from ..docker import docker, try_docker
from ..run import Run
from .waiting import awaited

NAME = "alerts.test"
READY_S = 30.0
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
    label = [f"--label={key}={value}" for key, value in run.labels.items()]
    named = [f"--network={network}", f"--network-alias={NAME}"]
    (id_,) = docker("run", "--detach", "--init", *label, *named, image_of(OPERATOR, run), "python3", "-c", PROGRAM)
    try:
        if awaited(lambda: docker("logs", id_)[:1] == [LISTENS], READY_S, refuse=lambda: None) is None:
            said = "\n".join(docker("logs", id_))
            raise EngineError(f"nobody listens for alerts within {READY_S:.0f} s: {said}")
        yield Alerts(id=id_)
    finally:
        try_docker("rm", "--force", id_)
