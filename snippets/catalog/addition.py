"""What a snippet adds to a deployment -> the whole that it then is, and what speaks against it."""

from collections.abc import Iterator, Mapping

import msgspec

from ..contract.deployment.addition import Addition, Backup, Neighbour, Status, Trouble
from .deployment import NONCE
from .description import silent
from .metadata import HostTable, SnippetTable, near
from .snippet import ARRIVE, Kind, Snippet

BACKUP, RESTORE = "backup", "restore"
WATCHER, UNIT, AGO = "{watcher}", "{unit}", "{ago_s}"


def base_faults(base: SnippetTable, table: SnippetTable) -> Iterator[str]:
    """What speaks against adding something to this one."""
    if base.deployment is None or base.addition:
        yield "addition.to: names no deployment"
    if table.deployment:
        yield "unexpected key deployment: it has that of what it is added to"


def whole(base: SnippetTable, table: SnippetTable) -> SnippetTable:
    """The same with what it has of its base: its deployment, its hosts, and what is run before that one arrives."""
    names = list(base.commands)
    before = {name: base.commands[name] for name in names[: names.index(ARRIVE)]} if ARRIVE in names else {}
    commands = before | table.commands
    return msgspec.structs.replace(
        table, deployment=base.deployment, host=_both(base.host, table.host), commands=commands
    )


def _both(base: HostTable | None, own: HostTable | None) -> HostTable | None:
    if base is None or own is None:
        return own
    packages = [*base.packages, *own.packages]
    names, sites = [*base.names, *own.names], base.sites | own.sites
    return HostTable(names=names, sites=sites, env=base.env | own.env, packages=packages)


def addition_faults(snippet: Snippet, addition: Addition) -> Iterator[str]:
    """Every fault of what is added to a deployment."""
    if snippet.kind not in {Kind.HOST, Kind.CLUSTER}:
        yield "unexpected key addition: only to hosts and clusters something is added"
    if not addition.parts and not snippet.rehearsals:
        yield "addition: adds nothing that is promised"
    if len(addition.parts) > 1:
        yield f"addition: adds {' and '.join(addition.parts)}: one snippet adds one of them"
    if addition.backup and snippet.table.host:
        yield from _backup_faults(snippet, addition.backup)
    if addition.status and snippet.table.host:
        yield from _status_faults(snippet, addition.status)
    if addition.neighbour:
        yield from _neighbour_faults(addition.neighbour)


def _backup_faults(snippet: Snippet, backup: Backup) -> Iterator[str]:
    for verb in (BACKUP, RESTORE):
        if verb not in snippet.table.commands:
            yield f"missing key commands.{verb}: a promise asks it"
    others = _others(snippet)
    if backup.store not in others:
        yield f"addition.backup.store: {backup.store!r} is no other host{near(backup.store, others)}"
    for key, stated in {"troubles": backup.troubles, "attacks": backup.attacks}.items():
        if not stated:
            yield f"addition.backup.{key}: none"
    yield from _trouble_faults(snippet, "backup", backup.troubles)
    yield from silent(**{f"addition.backup.attacks.{name}": command for name, command in backup.attacks.items()})
    if NONCE not in backup.leave:
        yield f"addition.backup.leave: without {NONCE} nobody can tell what was left"
    commands = {"copies": backup.copies, "sound": backup.sound, "thin": backup.thin, "left": backup.left}
    commands |= {"sums": backup.sums, "empty": backup.empty}
    yield from silent(**{f"addition.backup.{key}": command for key, command in commands.items()})


def _status_faults(snippet: Snippet, status: Status) -> Iterator[str]:
    others = _others(snippet)
    for watcher in status.watchers:
        if watcher not in others:
            yield f"addition.status.watchers: {watcher!r} is no other host{near(watcher, others)}"
    for key, stated in {"watchers": status.watchers, "troubles": status.troubles}.items():
        if not stated:
            yield f"addition.status.{key}: none"
    yield from _trouble_faults(snippet, "status", status.troubles)
    if WATCHER not in status.says:
        yield f"addition.status.says: without {WATCHER} nobody can tell whose page is meant"
    for put in (UNIT, AGO):
        if put not in status.aged:
            yield f"addition.status.aged: without {put} nobody can tell what is meant"
    if not status.looks.endswith(".timer"):
        yield f"addition.status.looks: {status.looks!r} is no timer"
    yield from silent(**{"addition.status.up": status.up, "addition.status.down": status.down})
    if status.up == status.down:
        yield f"addition.status.down: {status.down!r} is what it says while all is well"


def _neighbour_faults(neighbour: Neighbour) -> Iterator[str]:
    if not neighbour.page.startswith("https://"):
        yield f"addition.neighbour.page: {neighbour.page!r} is no https:// and a page"
    if not neighbour.hogs:
        yield "addition.neighbour.hogs: none"
    for name, hog in neighbour.hogs.items():
        key = f"addition.neighbour.hogs.{name}"
        yield from silent(**{f"{key}.takes": hog.takes, f"{key}.unit": hog.unit})
        if hog.most < hog.least:
            yield f"{key}.most: {hog.most:g} is less than it gets at least"


def _others(snippet: Snippet) -> list[str]:
    hosts = snippet.table.host.names if snippet.table.host else []
    return [name for name in hosts if name != snippet.deployment.host]


def _trouble_faults(snippet: Snippet, part: str, troubles: Mapping[str, Trouble]) -> Iterator[str]:
    hosts = snippet.table.host.names if snippet.table.host else []
    for name, trouble in troubles.items():
        if trouble.on not in hosts:
            yield f"addition.{part}.troubles.{name}.on: no host {trouble.on!r}{near(trouble.on, hosts)}"
        moments = {"begin": trouble.begin, "end": trouble.end}
        yield from silent(**{f"addition.{part}.troubles.{name}.{key}": said for key, said in moments.items()})
