"""Plays Heroku's platform, as far as its client asks here.

One application, whose config vars are the example's. What it answers has the form
that schema.json tells; each exchange is a line of its log.
"""

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Asked = dict[str, Any]
KEY = "only-for-the-rehearsal"
CONFIG = json.loads(Path("/example/config.json").read_text())
ID, BORN = "01234567-89ab-cdef-0123-456789abcdef", "2026-01-01T12:00:00Z"
STACK = {"id": ID, "name": "heroku-24"}
APP: dict[str, object] = {
    "acm": True,
    "archived_at": None,
    "build_stack": STACK,
    "buildpack_provided_description": "Python",
    "created_at": BORN,
    "git_url": "https://git.heroku.com/notes.git",
    "id": ID,
    "internal_routing": None,
    "maintenance": False,
    "name": "notes",
    "organization": None,
    "owner": {"email": "you@example.com", "id": ID},
    "region": {"id": ID, "name": "eu"},
    "released_at": BORN,
    "repo_size": None,
    "slug_size": 52428800,
    "space": None,
    "stack": STACK,
    "team": None,
    "updated_at": BORN,
    "web_url": "https://notes-0123456789ab.herokuapp.com/",
}


# Names of process types, how many of each, and what they run.
FORMATION: dict[str, dict[str, object]] = {
    kind: {
        "app": {"id": ID, "name": APP["name"]},
        "command": command,
        "created_at": BORN,
        "id": ID,
        "quantity": quantity,
        "size": "Standard-1X",
        "type": kind,
        "updated_at": BORN,
    }
    for kind, quantity, command in (("web", 2, "gunicorn"), ("worker", 1, "python -m app.worker"))
}


def scaled(asked: Asked) -> object:
    """Each process type that is asked for, as it is from now on."""
    for update in asked["updates"]:
        FORMATION[update["type"]]["quantity"] = int(update["quantity"])
    return [FORMATION[update["type"]] for update in asked["updates"]]


def maintained(asked: Asked) -> object:
    """The application, in maintenance mode or out of it."""
    APP["maintenance"] = asked["maintenance"]
    return APP


PLAYED: dict[tuple[str, str], Callable[[Asked], object]] = {
    ("GET", "/apps/notes"): lambda _: APP,
    ("PATCH", "/apps/notes"): maintained,
    ("GET", "/apps/notes/config-vars"): lambda _: CONFIG,
    ("GET", "/apps/notes/formation"): lambda _: list(FORMATION.values()),
    ("PATCH", "/apps/notes/formation"): scaled,
}


class Platform(BaseHTTPRequestHandler):
    """Answers whoever has the key."""

    def replied(self, asked: Asked) -> tuple[int, object]:
        """The status and the reply to one request."""
        play = PLAYED.get((self.command, self.path))
        if self.headers.get("Authorization") != f"Bearer {KEY}":
            return 401, {"id": "unauthorized", "message": "Invalid credentials provided."}
        if play is None:
            return 404, {"id": "not_found", "message": "Nobody plays this."}
        return 200, play(asked)

    def answer(self) -> None:
        """Answer one request, and write both down."""
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, reply = self.replied(json.loads(text or "{}"))
        told = {"method": self.command, "path": self.path, "by": self.headers.get("User-Agent")}
        print(json.dumps({**told, "status": status, "reply": reply}), flush=True)
        body = json.dumps(reply).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    # The names by which http.server looks for it.
    do_GET = do_PATCH = answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Print nothing more."""


ThreadingHTTPServer(("", 80), Platform).serve_forever()
