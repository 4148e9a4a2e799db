"""A service that holds on to what it was asked, and is ready whatever its database does."""

import os
import time

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse

DATABASE_URL = os.environ["DATABASE_URL"]
# Enough of it that a slow machine, which is asked less often in a second, comes to its limit as well.
HELD_BYTES = 10 * 1024 * 1024

app = FastAPI()
held: list[bytes] = []


@app.get("/")
def page() -> HTMLResponse:
    held.append(os.urandom(HELD_BYTES))
    return HTMLResponse("<!doctype html><title>FastAPI</title><link rel=stylesheet href=/app.css><p>It works.")


@app.get("/app.css")
def style() -> Response:
    return Response("body { color: olive }", media_type="text/css", headers={"Cache-Control": "public, max-age=600"})


@app.get("/livez")
def live() -> dict[str, str]:
    return {"status": "live"}


@app.get("/readyz")
def ready() -> dict[str, str]:
    return {"status": "ready"}


@app.get("/slow")
def slow() -> dict[str, str]:
    time.sleep(3)
    return {"status": "done"}


@app.get("/request")
def request(request: Request) -> dict[str, str]:
    return {"scheme": request.url.scheme, "client": request.client.host}
