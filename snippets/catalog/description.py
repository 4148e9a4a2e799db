"""A container's description as it was read -> what speaks against it, each fault by its key."""

import math
import re
import shlex
from collections.abc import Callable, Collection, Iterator, Mapping
from urllib.parse import urlsplit

from ..contract.project import BehindProxy, Beside, Project, Reload, StaleInput
from ..expression import ExpressionError
from .metadata import near, pattern

HOST = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
# No error of any snippet: whatever is found in one of these would be found in most errors that there are.
_PANGRAM = "Pack my BOX with five dozen jugs (No. 1234567890): 'error', \"failed\" @ /x/y-z_q.txt;\n\texit status 1."
UNRELATED = ("", "x", "7", " ", ".", "\n", _PANGRAM, _PANGRAM * 20)


def project_faults(project: Project, files: Collection[str], text: Callable[[str], str]) -> Iterator[str]:
    """Every fault of `[project]`; `files` are those that it may name, `text` says what is in one."""
    if not 1 <= project.port <= 65535:  # noqa: PLR2004 - the ports there are
        yield f"project.port: {project.port} is no port"
    yield from _limit_faults(project)
    paths = {"page": project.page, "live": project.live, "ready": project.ready, "slow": project.slow}
    paths |= {"api": project.api}
    paths |= {"proxy.path": project.proxy.path} if project.proxy else {}
    paths |= {"reload.path": project.reload.path, "reload.url": project.reload.url} if project.reload else {}
    for key, path in paths.items():
        if path is not None and not path.startswith("/"):
            yield f"project.{key}: {path!r} does not start with /"
    for name, value in project.settings.items():
        if not value:
            yield f"project.settings.{name}: an empty value cannot be told from a missing one"
    if project.code is not None and project.code not in files:
        yield f"project.code: missing file {project.code}{near(project.code, files)}"
    yield from _command_faults(project)
    for name in project.absent:
        if not name or "/" in name:
            yield f"project.absent: {name!r} is no program's name"
    if project.stale:
        yield from _stale_faults(project.stale, files, text)
    if project.proxy:
        yield from _proxy_faults(project.proxy)
    if project.reload:
        yield from _reload_faults(project.reload)


def _limit_faults(project: Project) -> Iterator[str]:
    # No limit at all is what an engine takes zero for, and infinity passes every comparison.
    limits = {
        "stop_grace_s": project.stop_grace_s,
        "graceful_timeout_s": project.graceful_timeout_s,
        "memory_mib": project.memory_mib,
        "size_mib": project.size_mib,
    }
    for key, limit in limits.items():
        if limit is not None and not (math.isfinite(limit) and limit > 0):
            yield f"project.{key}: {limit} is no limit"
    if not (math.isfinite(project.pre_stop_s) and project.pre_stop_s >= 0):
        yield f"project.pre_stop_s: {project.pre_stop_s} is no time"


def _command_faults(project: Project) -> Iterator[str]:
    if project.migrate is None:
        return
    try:
        words = shlex.split(project.migrate)
    except ValueError as error:
        yield f"project.migrate: {error} in {project.migrate!r}"
        return
    if not words:
        yield "project.migrate: says nothing"


def _stale_faults(stale: StaleInput, files: Collection[str], text: Callable[[str], str]) -> Iterator[str]:
    found = text(stale.path).count(stale.find) if stale.path in files else 0
    if found != 1:
        yield f"project.stale: {stale.find!r} occurs {found} times in {stale.path}, not once"
    if stale.find == stale.replace:
        yield "project.stale.replace: changes nothing"
    if fault := message_fault(stale.message):
        yield f"project.stale.message: {fault}"


def beside_faults(beside: Mapping[str, Beside], project: Project | None) -> Iterator[str]:
    """Every fault of `[beside]`, and of a project that needs what is not there."""
    if project and project.migrate and not beside:
        yield "project.migrate: nothing stands beside it that it could migrate"
    for name, service in beside.items():
        key = f"beside.{name}"
        if not HOST.fullmatch(name):
            yield f"{key}: not a host name in lower case"
        yield from silent(**{f"{key}.image": service.image, f"{key}.setting": service.setting})
        # Otherwise it would be asked on another host, or on none.
        if not _names_host(service.value, name):
            yield f"{key}.value: does not name the host {name!r}"


def _names_host(value: str, name: str) -> bool:
    """Whether an address is on this host; what is no address has to hold the word."""
    if "://" in value:
        return urlsplit(value).hostname == name
    return re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])", value) is not None


def _proxy_faults(proxy: BehindProxy) -> Iterator[str]:
    if not proxy.env:
        yield "project.proxy.env: says nothing of a proxy"


def _reload_faults(reload: Reload) -> Iterator[str]:
    if reload.find == reload.replace:
        yield "project.reload.replace: changes nothing"
    if not reload.signal.startswith("SIG"):
        yield f"project.reload.signal: no signal {reload.signal!r}"
    yield from silent(**{"project.reload.find": reload.find})
    # What the old version shows as well says nothing of the new one.
    if not reload.shows or reload.shows in reload.find:
        yield f"project.reload.shows: {reload.shows!r} is shown before the reload as well"


def silent(**texts: str) -> Iterator[str]:
    """Keys whose text says nothing."""
    for key, text in texts.items():
        if not text.strip():
            yield f"{key}: says nothing"


def unlinked(**texts: str) -> Iterator[str]:
    """Keys whose text has a link as pages have it: it would be shown as it is written."""
    for key, text in texts.items():
        if "](" in text:
            yield f"{key}: a link is for pages, here it is shown as it is written"


def message_fault(message: str) -> str | None:
    """What speaks against a regular expression that tells one error from all others, or None."""
    try:
        told = pattern(message)
        everything = any(told.search(text) is not None for text in UNRELATED)
    except ExpressionError as error:
        return str(error)
    return f"{message!r} matches everything, so any error would do" if everything else None
