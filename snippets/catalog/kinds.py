"""What a snippet is -> what it then has to have, and what it must not."""

import re
from collections.abc import Iterator

from ..contract.container.web import config_meant
from .addition import addition_faults
from .compose import other_file
from .deployment import deployment_faults
from .description import silent
from .metadata import PUT, VERSION, HostTable, SnippetTable, StackTable, near
from .snippet import ARRIVE, COMPOSE, DOTENV, REHEARSAL, Kind, Snippet

# The command that brings a compose project up, as `arrive` brings an application to hosts that hold nothing.
UP = "up"
COMMANDS = {
    Kind.COMPOSE: (UP, "what stands above it is run before a rehearsal"),
    Kind.HOST: (ARRIVE, "with all above it, it is run before a rehearsal"),
    Kind.CLUSTER: (ARRIVE, "with all above it, it is run before a rehearsal"),
}
EFFECTIVE = config_meant.slug
DOMAIN = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*")
VARIABLE = re.compile(r"[A-Za-z_]\w*", re.ASCII)
OTHER_COMPOSE = re.compile(r"(?:docker-)?compose(?:\..*)?\.ya?ml", re.IGNORECASE)


def kind_faults(snippet: Snippet) -> Iterator[str]:
    """Every fault of that, each by its key or its file."""
    table = snippet.table
    kinds = (Kind.IMAGE, Kind.CONFIG, Kind.COMPOSE)
    image, config, compose = (snippet.kind is kind for kind in kinds)
    host = snippet.kind in {Kind.HOST, Kind.CLUSTER}
    if image and "Dockerfile" not in snippet.sources:
        yield "missing file Dockerfile"
    if image and not table.commands:
        yield "missing key commands"
    if not image and not config and not table.deployment and not snippet.rehearsals:
        yield f"missing file {REHEARSAL}"
    if compose and COMPOSE not in snippet.sources:
        yield f"missing file {COMPOSE}"
    if (needed := COMMANDS.get(snippet.kind)) and needed[0] not in table.commands:
        yield f"missing key commands.{needed[0]}: {needed[1]}"
    belongs = {
        "project": (image, table.project),
        "proven_in": (config, table.proven_in),
        "stack": (compose, table.stack),
        "host": (host, table.host),
    }
    owners = {
        "project": "an image",
        "proven_in": "a config",
        "stack": "a compose project",
        "host": "a host or a cluster",
    }
    for key, (wanted, stated) in belongs.items():
        if wanted != (stated is not None):
            yield f"missing key {key}" if wanted else f"unexpected key {key}: only {owners[key]} has one"
    if not image and table.beside:
        yield "unexpected key beside: only an image has one"
    if not image and not table.deployment and table.not_applicable:
        yield "unexpected key not_applicable: only an image or a deployment is judged by a whole contract"
    yield from _deployment_faults(snippet)
    yield from _effective_faults(table, judged=image)
    if table.stack:
        yield from _stack_faults(table.stack)
    if table.host:
        yield from _host_faults(table.host, shared=snippet.kind is Kind.CLUSTER)
        yield from _host_setting_faults(table.host, deployed=table.deployment is not None)
    yield from _compose_faults(snippet)


def _deployment_faults(snippet: Snippet) -> Iterator[str]:
    if snippet.table.addition:
        yield from addition_faults(snippet, snippet.table.addition)
    elif snippet.table.deployment:
        yield from deployment_faults(snippet, snippet.table.deployment)


def _effective_faults(table: SnippetTable, *, judged: bool) -> Iterator[str]:
    # A page shows these values as a fact, so somebody has to look.
    named = table.proven_in.promises if table.proven_in else [EFFECTIVE] if judged else []
    if table.effective and EFFECTIVE not in named:
        yield f"effective: nobody judges it: {EFFECTIVE} is not among proven_in.promises"


def _compose_faults(snippet: Snippet) -> Iterator[str]:
    """What `docker compose` reads at its reader's, and did not where it was proven."""
    if snippet.kind is Kind.CLUSTER or (COMPOSE not in snippet.sources and snippet.kind is Kind.COMPOSE):
        # It is told what is missing.
        return
    for path in snippet.sources:
        if OTHER_COMPOSE.fullmatch(path.rpartition("/")[2]) and path not in snippet.compose_files:
            yield f"unexpected file {path}: {COMPOSE} alone is read and proven"
    if COMPOSE in snippet.sources and DOTENV in snippet.sources:
        yield f"unexpected file {DOTENV}: where it is proven another is written in its place"
    for name, command in snippet.table.commands.items():
        if word := other_file(command):
            yield f"commands.{name}: {word}: {COMPOSE} alone is read and proven"


def _host_faults(host: HostTable, *, shared: bool) -> Iterator[str]:
    """Where `shared`, one name may lead to several."""
    if not host.names:
        yield "host.names: none"
    for name in host.names:
        if not DOMAIN.fullmatch(name):
            yield f"host.names: {name!r} is no host name in lower case"
    for name, sites in host.sites.items():
        if name not in host.names:
            yield f"host.sites: {name!r} is none of host.names{near(name, host.names)}"
        yield from (
            f"host.sites.{name}: {site!r} is no host name in lower case" for site in sites if not DOMAIN.fullmatch(site)
        )
    if len(set(host.found_by)) != len(host.found_by) and not shared:
        yield "host.names: one is there twice"


def _host_setting_faults(host: HostTable, *, deployed: bool) -> Iterator[str]:
    yield from (f"host.env: {name!r} is no variable's name" for name in host.env if not VARIABLE.fullmatch(name))
    for name, value in host.env.items():
        if "{" in value and value not in PUT:
            yield f"host.env.{name}: {value!r} is put in by nobody{near(value, PUT)}"
        if value == VERSION and not deployed:
            yield f"host.env.{name}: {value!r} is of a deployment, and this is none"


def _stack_faults(stack: StackTable) -> Iterator[str]:
    yield from silent(**{"stack.service": stack.service})
    if not 1 <= stack.port <= 65535:  # noqa: PLR2004 - the ports there are
        yield f"stack.port: {stack.port} is no port"
    if not VARIABLE.fullmatch(stack.published):
        yield f"stack.published: {stack.published!r} is no variable's name"
    yield from (f"stack.env: {name!r} is no variable's name" for name in stack.env if not VARIABLE.fullmatch(name))
