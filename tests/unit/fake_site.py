"""A project, and the site that its container serves: a path and the request's headers -> an answer."""

from collections.abc import Callable, Mapping

from snippets.contract import BehindProxy, Beside, Project, Reload, StaleInput
from snippets.contract.observation import Reply

DOCKERFILE = """\
FROM python:3.13-slim AS build
ARG REVISION=unknown
RUN --mount=type=secret,id=index_token pip install .
FROM python:3.13-slim
COPY --from=build /app /app
USER 10001
"""
PROXY = BehindProxy(env={"PROXY_HOPS": "1"}, path="/api/request")
RELOAD = Reload(
    signal="SIGHUP",
    path="/srv/app/app.py",
    find="VERSION = 1",
    replace="VERSION = 2",
    url="/api/version",
    shows="VERSION = 2",
)
PROJECT = Project(
    port=8000,
    slow="/slow",
    api="/api/absent",
    server="gunicorn",
    stop_grace_s=30.0,
    pre_stop_s=2.0,
    size_mib=100,
    code="app/app.py",
    absent=["npm"],
    settings={"SECRET_KEY": "for-this-test"},
    effective={"workers": "3"},
    stale=StaleInput(path="requirements.txt", find="==1.0", replace="==1.1", message="DO NOT MATCH"),
    beside={"database": Beside(image="postgres:18", setting="DATABASE_URL", value="postgresql://database/app")},
    proxy=PROXY,
    reload=RELOAD,
)
PAGE = b"""<!doctype html>
<link rel="stylesheet" href="/assets/app.css">
<link rel="canonical" href="/elsewhere">
<script src="assets/app.js?v=1"></script>
<img src="https://cdn.example/far.png">
"""
WEEK = "public, max-age=604800"


def reply(
    status: int = 200, body: bytes = b"{}", kind: str = "application/json", cache: str = "", *, whole: bool = True
) -> Reply:
    """An answer; the body of one that is not whole ended early."""
    headers = {"content-type": f"{kind}; charset=utf-8"} | ({"cache-control": cache} if cache else {})
    return Reply(status=status, body=body, headers=headers, whole=whole, took_s=0.1)


SCRIPT = reply(body=b"start()", kind="text/javascript", cache=WEEK)
STYLE = reply(body=b'body { background: url("logo.svg") }', kind="text/css", cache=WEEK)
SITE = {
    "/": reply(body=PAGE, kind="text/html"),
    "/livez": reply(),
    "/readyz": reply(),
    "/assets/app.css": STYLE,
    "/assets/app.js?v=1": SCRIPT,
    "/assets/logo.svg": reply(body=b"<svg/>", kind="image/svg+xml", cache=WEEK),
}
CUT = reply(whole=False)
ABSENT, ABSENT_FROM_API = reply(404, b"not found", "text/plain"), reply(404)


def absent(path: str) -> Reply:
    """Where nothing is: JSON to a program, text to a reader."""
    return ABSENT_FROM_API if path.startswith("/api/") else ABSENT


def seen_through(hops: int) -> Callable[[Mapping[str, str]], str]:
    """How a request looks to a server that believes so many proxies in front of it."""

    def seen(headers: Mapping[str, str]) -> str:
        if not hops:
            return "172.17.0.1 over http, to 127.0.0.1"
        chain = headers["X-Forwarded-For"].split(", ")
        return f"{chain[-hops:][0]} over {headers['X-Forwarded-Proto']}, to {headers['X-Forwarded-Host']}"

    return seen
