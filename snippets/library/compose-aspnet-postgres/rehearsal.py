"""ASP.NET behind Caddy: who a visitor is, what a cookie is worth after a release, and how long a stop waits."""

import json
import re
import shlex
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

from ...contract.confinement import POSTGRES, Bounds, all_confined
from ...contract.promise import Judgement, kept_if, promise
from ...contract.subject import Site, Stack
from ...errors import ContainerError

ASPNET, COMPOSE = "https://learn.microsoft.com/aspnet/core", "https://docs.docker.com/reference/compose-file"
COPIES = ("web", "web-2")
STAYING = ("caddy", *COPIES, "worker", "db")
AUTHORITY = "/data/caddy/pki/authorities/local/root.crt"
CONTACT = "ada@example.org"
FORGED = {"X-Forwarded-For": "198.51.100.66", "X-Forwarded-Proto": "http", "X-Forwarded-Host": "forged.example"}
# A visitor with an address of its own, on the network that the proxy is on.
VISITOR = """
hostname --ip-address
curl --silent --insecure --max-time 10 --connect-to localhost:443:caddy:443 "$@" https://localhost/api/request
"""
OK, SEE_OTHER, MOVED = 200, 303, 308
# Longer than Docker's own 10 s.
SLOW_S = 14
COUNTED_S = 20.0
REPLACE = "up --no-build --detach --wait --force-recreate --no-deps web web-2"
SHEET = "https://cheatsheetseries.owasp.org/cheatsheets"
BOUNDS = {
    "caddy": Bounds(("/config", "/data"), ("NET_BIND_SERVICE",)),
    **dict.fromkeys(COPIES, Bounds(("/srv/uploads", "/tmp"))),
    "worker": Bounds(("/tmp",)),
    "db": POSTGRES,
}


def site(stack: Stack) -> Site:
    """What a visitor has of it: HTTPS, and trust in Caddy's own authority alone."""
    return stack.site("caddy", 443, authority=stack.run(f"cat {AUTHORITY}", on="caddy").stdout)


@promise(family="rehearsal", authority="https://docs.docker.com/reference/cli/docker/compose/up/")
def up_waits_until_the_page_answers(stack: Stack) -> Judgement:
    """When `docker compose up --wait` returns, the page answers over HTTPS, HTTP leads there, and the worker works."""
    health = {name: stack.unit(name).health for name in STAYING}
    ready, plain = site(stack).ask("/readyz"), stack.site("caddy", 80).ask("/")
    leads = plain.headers.get("location", "nowhere")
    seen = ", ".join(f"{name} is {said}" for name, said in health.items())
    seen += f"; GET /readyz over HTTPS {ready.status}, over HTTP {plain.status} to {leads}"
    _noted(site(stack), "counted")
    counted_s = stack.await_(lambda: b"<small>1 words</small>" in site(stack).ask("/notes?q=counted").body, COUNTED_S)
    seen += "; nobody counted the words of a note" if counted_s is None else "; the words of a note are counted"
    expected = {"healthy"}, OK, MOVED, "https://localhost/"
    is_up = (set(health.values()), ready.status, plain.status, leads) == expected
    return kept_if(is_up and counted_s is not None, seen)


@promise(family="rehearsal", authority=f"{ASPNET}/host-and-deploy/proxy-load-balancer")
def visitor_is_known(stack: Stack) -> Judgement:
    """The application sees a visitor's own address and https, whatever the visitor says; its cookies are Secure."""
    caddy = stack.unit("caddy")
    network = next(iter(caddy.networks))
    headers = [word for name, value in FORGED.items() for word in ("--header", f"{name}: {value}")]
    command = shlex.join(["-c", VISITOR, "visitor", *headers])
    printed = stack.run(f"docker run --rm --network={network} --entrypoint=bash {caddy.image} {command}").stdout
    own, _, told = printed.partition("\n")
    seen = json.loads(told)
    proxy = json.loads(caddy.told)[0]["NetworkSettings"]["Networks"][network]["IPAddress"]
    whose = {own.strip(): "its own", proxy: "the proxy's"}
    seen["client"] = whose.get(seen["client"], seen["client"])
    reply = _noted(site(stack), "visitor")
    secure = "; secure" in reply.lower()
    shown = ", ".join(f"{name} {value}" for name, value in seen.items())
    shown += f"; a cookie is {'' if secure else 'not '}Secure"
    expected = {"client": "its own", "scheme": "https", "host": "localhost"}
    return kept_if(seen == expected and secure, f"of a visitor who forges three headers it sees {shown}")


@promise(family="rehearsal", authority=f"{ASPNET}/security/data-protection/configuration/overview")
def visitors_stay_known_after_a_release(stack: Stack) -> Judgement:
    """Both copies are replaced, and a cookie of before opens what it opened; so it does with either of them."""
    to = site(stack)
    cookie = _noted(to, "before").partition(";")[0]
    stack.compose(REPLACE)
    known = []
    for absent in COPIES:
        stack.stop(absent)
        body = to.ask("/notes?q=before", headers={"Cookie": cookie}).body.decode()
        known += [name for name in COPIES if name != absent and CONTACT in body]
        stack.start()
    strangers = CONTACT in to.ask("/notes?q=before").body.decode()
    seen = f"after both were replaced the visitor is known by {' and '.join(known) or 'neither'}"
    seen += ", and so is everybody" if strangers else ""
    return kept_if(sorted(known) == sorted(COPIES) and not strangers, seen)


def _noted(to: Site, text: str) -> str:
    """Leave a note with a contact: the cookie that comes with the answer; raises ContainerError where none does."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    reply = to.ask("/notes", body=urlencode({"text": text, "contact": CONTACT}).encode(), headers=headers)
    cookie = reply.headers.get("set-cookie", "")
    if reply.status != SEE_OTHER or not re.match("session=", cookie):
        raise ContainerError(
            f"POST /notes answered {reply.status}, with the cookie {cookie.partition('=')[0] or 'none'}"
        )
    return cookie


@promise(family="rehearsal", authority=f"{COMPOSE}/services/#stop_grace_period")
def release_lets_a_visitor_finish(stack: Stack) -> Judgement:
    """Both copies are replaced during an answer that takes longer than Docker's own 10 s, and it comes whole."""
    with ThreadPoolExecutor(1) as aside:
        asking = aside.submit(site(stack).ask, f"/slow?seconds={SLOW_S}")
        # Until it is under way: over TLS nothing tells that but its first line.
        time.sleep(1.5)
        stack.compose(REPLACE)
        try:
            body, cut = asking.result().body, ""
        except ContainerError as error:
            body, cut = b"", f"; {error}"
    lines = len(body.splitlines())
    whole = lines == SLOW_S + 1 and body.endswith(b'{"done":true}\n')
    return kept_if(whole, f"{lines} of {SLOW_S + 1} lines came{cut}")


@promise(family="rehearsal", authority=f"{SHEET}/Docker_Security_Cheat_Sheet.html")
def every_container_is_confined(stack: Stack) -> Judgement:
    """Each writes to the mounts that it needs, holds the capabilities that it is given, and may not gain others."""
    return all_confined(stack, BOUNDS)
