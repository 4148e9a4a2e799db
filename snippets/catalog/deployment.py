"""What a snippet says of a deployment -> what speaks against it, each fault by its key."""

import re
from collections.abc import Collection, Iterator

from ..contract.deployment.description import HELD, NEXT, SPAN, Deployment
from .description import silent
from .snippet import Kind, Snippet

DRY_RUN, RELEASE = "dry-run", "release"
PORT = re.compile(r"([1-9]\d{0,4})/(tcp|udp)")
LARGEST_PORT = 65535
TABLE = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?")
NONCE, ID = "{nonce}", "{id}"
VERSION_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def deployment_faults(snippet: Snippet, deployment: Deployment) -> Iterator[str]:
    """Every fault of that."""
    if snippet.kind not in {Kind.HOST, Kind.CLUSTER}:
        yield "unexpected key deployment: only hosts and clusters are deployed to"
    elif snippet.table.host and deployment.host not in snippet.table.host.found_by:
        yield f"deployment.url: {deployment.host!r} is none of host.names"
    if not deployment.url.startswith("https://") or deployment.url.endswith("/"):
        yield f"deployment.url: {deployment.url!r} is no https:// and a host"
    on_hosts = snippet.kind is Kind.HOST
    for verb in (DRY_RUN, RELEASE) if on_hosts else (RELEASE,):
        if verb not in snippet.table.commands:
            yield f"missing key commands.{verb}: a promise asks it"
    if "Dockerfile" not in snippet.sources:
        yield "missing file Dockerfile: nothing is there to be deployed"
    if deployment.not_applicable:
        yield "unexpected key deployment.not_applicable: it stands by itself"
    # Whoever rents out a cluster has timers and files on its nodes, and whoever deploys to it has none.
    yield from _stated_faults(deployment, on_hosts=on_hosts)


def _stated_faults(deployment: Deployment, *, on_hosts: bool) -> Iterator[str]:
    """What can be told of each value by itself; what only those state who deploy to hosts is asked of them alone."""
    told: dict[str, Collection[str]] = {"ports": deployment.ports, "versions.bad": deployment.versions.bad}
    if on_hosts:
        told |= {"secrets": deployment.secrets, "timers": deployment.timers}
    for key, stated in told.items():
        if not stated:
            yield f"deployment.{key}: none"
    yield from (f"deployment.ports: {port!r} is no port, as in 443/tcp" for port in deployment.ports if not _port(port))
    for name, silence in deployment.timers.items():
        if not name.endswith(".timer"):
            yield f"deployment.timers: {name!r} is no timer"
        if not SPAN.fullmatch(silence):
            yield f"deployment.timers.{name}: {silence!r} is no time, as in 2h"
    probe = deployment.probe
    for key, command in {"write": probe.write, "read": probe.read, "worked": probe.worked}.items():
        if NONCE not in command:
            yield f"deployment.probe.{key}: without {NONCE} nobody can tell what was left"
    for path in (deployment.drift, *deployment.writes, *deployment.secrets.values()):
        if not path.startswith("/"):
            yield f"deployment: {path!r} is no absolute path"
    if ID not in probe.log:
        yield f"deployment.probe.log: without {ID} nobody can tell which line is meant"
    commands = {"inside": deployment.inside, "discard": deployment.discard, "sql": deployment.sql}
    commands |= {"update": deployment.update, "disk": deployment.disk, "alive": deployment.alive}
    yield from silent(**{f"deployment.{key}": command for key, command in commands.items()})
    if not TABLE.fullmatch(deployment.hot):
        yield f"deployment.hot: {deployment.hot!r} is no table's name"
    yield from _release_faults(deployment)


def _release_faults(deployment: Deployment) -> Iterator[str]:
    """What a release to it is judged by: each version under a name of its own, and something that is under way."""
    versions = deployment.versions
    if deployment.probe.slow is None:
        yield "missing key deployment.probe.slow: a promise asks it"
    for name in versions.bad:
        if not VERSION_NAME.fullmatch(name) or name in {NEXT, HELD}:
            yield f"deployment.versions.bad: {name!r} is no name of its own, as in never-ready"
    stated = {
        "next": versions.next,
        "held": versions.held,
        **{f"bad.{name}": steps for name, steps in versions.bad.items()},
    }
    yield from silent(**{f"deployment.versions.{name}": steps for name, steps in stated.items()})


def _port(stated: str) -> bool:
    found = PORT.fullmatch(stated)
    return found is not None and int(found[1]) <= LARGEST_PORT
