"""What a platform asks: whether it lives, wants traffic, and finishes what it began."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
from flask import Blueprint, Response, current_app, request

from app.database import missing

blueprint = Blueprint("probes", __name__)

LONGEST_S = 60
# Made by whoever will stop this container: new requests
# go elsewhere first, and nobody finds a closed door.
LEAVING = Path("/tmp/leaving")


@blueprint.get("/livez")
def live() -> dict[str, str]:
    """Touches nothing: a restart would not bring the database back."""
    return {"status": "live"}


@blueprint.get("/readyz")
def ready() -> tuple[dict[str, str], int]:
    """503 while it is about to leave, or the database is away or not migrated: send the traffic elsewhere."""
    if LEAVING.exists():
        return {"status": "leaving"}, 503
    database = current_app.extensions["settings"].database
    if database:
        try:
            lacking = missing(database)
        except psycopg.OperationalError:
            return {"status": "waiting for the database"}, 503
        if lacking:
            return {"status": f"waiting for the migration {lacking[0]}"}, 503
    return {"status": "ready"}, 200


@blueprint.get("/version")
def version() -> dict[str, str]:
    """Which revision answers: watch a release arrive."""
    return {"revision": current_app.extensions["settings"].revision}


@blueprint.get("/slow")
def slow() -> Response:
    """A line of JSON each second; the last one proves that nothing was cut off.

    Here to show that a release waits for requests in flight. Your application needs no such route.
    """
    seconds = request.args.get("seconds", default=3, type=int)
    seconds = max(0, min(seconds, LONGEST_S))

    def lines() -> Iterator[str]:
        for second in range(1, seconds + 1):
            time.sleep(1)
            yield json.dumps({"second": second}) + "\n"
        yield json.dumps({"done": True}) + "\n"

    return Response(lines(), mimetype="application/x-ndjson")
