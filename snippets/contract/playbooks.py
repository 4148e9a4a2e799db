"""Playbooks -> what they say of themselves at their end, and whether ansible-lint lets them pass, asking nobody."""

import re
from dataclasses import dataclass

from ..errors import ContainerError
from .observation import Done
from .promise import Judgement, kept_if
from .servers import Clone, Servers

PROFILES = "https://docs.ansible.com/projects/lint/profiles/"
LINT = "ansible-lint --offline --strict --profile production --nocolor --format pep8 {playbooks}"
VIOLATION = re.compile(r"^([\w./-]+:\d+)(?::\d+)?: ([\w-]+(?:\[[\w./-]+\])?)", re.MULTILINE)
# What it was given and did not read it lets pass as well.
READ = "in {count} files processed of {count} encountered"
TASK = re.compile(r"^(?:TASK|RUNNING HANDLER) \[(.+)\] \**$", re.MULTILINE)
CHANGED = r"^changed: \[{host}[\] ]"
RECAP = r"^{host} .*\bok=(\d+) +changed=(\d+) +unreachable=(\d+) +failed=(\d+)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recap:
    """Of how many playbooks something is told, and how many tasks of all of them were right, changed, and failed.

    One that did not reach the host has failed. Of those that changed something the names.
    """

    playbooks: int
    right: int
    changed: int
    failed: int
    changes: tuple[str, ...] = ()


def ran(servers: Servers, command: str, host: str) -> Recap:
    """Run playbooks: what is told of a host at the end; raises ContainerError where that is nothing."""
    return recap(servers.run(command, check=False), host)


def recap(done: Done, host: str) -> Recap:
    """What playbooks that ran have told of a host at their end; raises ContainerError where that is nothing."""
    found = re.findall(RECAP.format(host=re.escape(host)), done.stdout, re.MULTILINE)
    if not found:
        raise ContainerError(f"{done}, and nothing is told of {host}: {done.stdout[-500:]}")
    # Each tells of those before it as well.
    right, changed, unreached, failed = map(int, found[-1])
    _, *told = TASK.split(done.stdout)
    one = re.compile(CHANGED.format(host=re.escape(host)), re.MULTILINE)
    changes = tuple(name for name, printed in zip(told[::2], told[1::2], strict=True) if one.search(printed))
    return Recap(playbooks=len(found), right=right, changed=changed, failed=failed + unreached, changes=changes)


def unchanged(again: Recap, *, count: int) -> Judgement:
    """Kept where so many playbooks, run again, say of themselves that they change nothing."""
    seen = f"{again.playbooks} playbooks again: {again.right} tasks right, {again.changed} changed something, "
    seen += f"{again.failed} failed"
    seen += f" ({', '.join(again.changes)})" if again.changes else ""
    return kept_if(again.playbooks == count and again.right > 0 and not again.changed and not again.failed, seen)


def linted(clone: Clone, *playbooks: str) -> Judgement:
    """Kept where nothing speaks against any of them; raises ContainerError where one was not judged."""
    told = " and ".join(playbooks)
    done = clone.run(LINT.format(playbooks=" ".join(playbooks)), check=False)
    against = [f"{place} {rule}" for place, rule in VIOLATION.findall(done.stdout)]
    # It fails where it says something, and nowhere else.
    if READ.format(count=len(playbooks)) not in done.stdout or (done.status != 0) != bool(against):
        raise ContainerError(f"ansible-lint did not judge {told}: {done}: {done.stdout[-500:]}")
    return kept_if(not against, f"ansible-lint, profile production: {', '.join(against) or f'nothing against {told}'}")
