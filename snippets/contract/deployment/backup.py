"""What comes back on the worst night: the data, the whole host, and backups that neither faults nor intruders spoil."""

from dataclasses import dataclass

from ...errors import ContainerError
from ..observation import Done
from ..promise import Judgement, kept_if, promise
from ..servers import NEIGHBOUR
from .addition import BackedUp
from .subject import Deployed
from .trouble import befalling, switched_off
from .visitors import served

RESTIC = "https://restic.readthedocs.io/en/v0.18.0"
TOLD_S = 60.0
# What befalls every store, and nobody has to state.
OFF = "the store is switched off"
# An answer comes, whatever it is.
ASKED = "curl --silent --output /dev/null --max-time 5 {url}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """All that is there, as a visitor sees it and as the database has it."""

    left: str
    sums: str

    @classmethod
    def of(cls, servers: Deployed, backed: BackedUp) -> "Data":
        """Look; raises ContainerError where a command fails."""
        left = servers.run(backed.left, on=NEIGHBOUR).stdout.strip()
        return cls(left=left, sums=servers.run(backed.backup.sums, on=backed.deployment.host).stdout.strip())

    @classmethod
    def written(cls, servers: Deployed, backed: BackedUp, nonce: str) -> "Data":
        """Leave something, and look; raises ContainerError where nobody finds it again."""
        servers.run(backed.leaving(nonce), on=NEIGHBOUR)
        data = cls.of(servers, backed)
        if nonce not in data.left or not data.sums:
            told = f"a visitor left {nonce}, and is shown {data.left!r}; the data sums up to {data.sums!r}"
            raise ContainerError(told)
        return data

    def like(self, other: "Data") -> str:
        """As in "a visitor finds all of it, and the sums are the same": this one beside the one of before."""
        finds = "finds all of it" if self.left == other.left else f"is shown {self.left!r} where it was {other.left!r}"
        sums = f"equal ({self.sums})" if self.sums == other.sums else f"{self.sums!r} where they were {other.sums!r}"
        return f"a visitor {finds}, and the sums are {sums}"


@promise(family="keep", authority="https://www.postgresql.org/docs/18/backup-dump.html")
def backup_restores(servers: Deployed, backed: BackedUp) -> Judgement:
    """Restored into an empty deployment all is there: rows, what is sealed, an upload, a session; the time is told."""
    before = Data.written(servers, backed, "before-the-backup")
    copied = servers.backup()
    servers.run(backed.backup.empty, on=backed.deployment.host)
    gone = _is_gone(servers, backed)
    servers.arrive()
    gone = gone and Data.of(servers, backed) != before
    restored = servers.restore()
    served(servers, backed.deployment)
    after = Data.of(servers, backed)
    seen = f"the backup exits {copied.status}; {'nothing is left; ' if gone else 'not all was taken away; '}"
    seen += f"restored in {restored.took_s:.0f} s, {_ended(restored)}: {after.like(before)}"
    right = copied.status == restored.status == 0 and restored.took_s <= backed.backup.restore_s
    return kept_if(right and gone and after == before, seen)


@promise(family="keep", authority="https://sre.google/sre-book/data-integrity/")
def host_lost(servers: Deployed, backed: BackedUp) -> Judgement:
    """The host is gone: from the clone, the backups and what is kept elsewhere all is there again; the time is told."""
    before = Data.written(servers, backed, "before-the-loss")
    copied = servers.backup()
    servers.lose(backed.deployment.host)
    gone = _is_gone(servers, backed)
    arrived, restored = servers.arrive(), servers.restore()
    served(servers, backed.deployment)
    after, took_s = Data.of(servers, backed), arrived.took_s + restored.took_s
    seen = "" if gone else "nothing was taken away: it served all the time; "
    seen += f"the backup exits {copied.status}; on a host that holds nothing it arrives in {arrived.took_s:.0f} s and "
    seen += f"is restored in {restored.took_s:.0f} s, {_ended(restored)}: {took_s:.0f} s in all; "
    seen += after.like(before)
    right = copied.status == restored.status == 0 and took_s <= backed.backup.lost_s
    return kept_if(right and gone and after == before, seen)


def _is_gone(servers: Deployed, backed: BackedUp) -> bool:
    """Whether nobody answers any more where it was."""
    return servers.run(ASKED.format(url=backed.deployment.ready), on=NEIGHBOUR, check=False).status != 0


def _ended(done: Done) -> str:
    """How, and where it was not well, its last word."""
    last = (done.stdout.strip().splitlines() or ["nothing"])[-1]
    return f"exit {done.status}, saying “{last}”" if done.status else "exit 0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A backup while something is wrong: whether it failed, whether somebody was told, what is there that was not."""

    trouble: str
    failed: bool
    told: bool
    posing: frozenset[str]

    @property
    def right(self) -> bool:
        """Whether nobody takes it for a backup."""
        return self.failed and self.told and not self.posing

    def __str__(self) -> str:
        """As in "the disk is full: it fails, somebody is told"."""
        said = f"{self.trouble}: it {'fails' if self.failed else 'ends well'}, "
        said += f"{'somebody' if self.told else 'nobody'} is told"
        return f"{said}{', and there is one more' if self.posing else ''}"


@promise(family="keep", authority=f"{RESTIC}/075_scripting.html#exit-codes")
def backup_fails_loudly(servers: Deployed, backed: BackedUp) -> Judgement:
    """A backup that goes wrong fails and somebody is told; nothing poses as a good one, and the older are intact."""
    first = servers.backup().status
    before = _copies(servers, backed)
    attempts = [_attempt(servers, backed, name) for name in (*backed.backup.troubles, OFF)]
    lost = before - _copies(servers, backed)
    sound = servers.run(backed.backup.sound, on=backed.backup.store, check=False).status == 0
    again = servers.backup().status
    more = _copies(servers, backed) - before
    told = [str(attempt) for attempt in attempts]
    told.append(f"of {len(before)} older ones {len(lost)} are gone, what is there is {'sound' if sound else 'damaged'}")
    told.append(f"then a backup exits {again}, and there is {len(more)} more")
    right = all(attempt.right for attempt in attempts) and not lost and sound
    return kept_if(right and first == again == 0 and bool(before) and len(more) == 1, "; ".join(told))


def _attempt(servers: Deployed, backed: BackedUp, trouble: str) -> Attempt:
    before, heard = _copies(servers, backed), len(servers.told())

    def is_told() -> bool:
        return len(servers.told()) > heard

    backup = backed.backup
    with switched_off(servers, backup.store) if trouble == OFF else befalling(servers, backup.troubles[trouble]):
        failed = servers.backup().status != 0
        told = servers.await_(is_told, TOLD_S) is not None
    posing = frozenset(_copies(servers, backed) - before)
    return Attempt(trouble=trouble, failed=failed, told=told, posing=posing)


@promise(family="keep", authority=f"{RESTIC}/060_forget.html#security-considerations-in-append-only-mode")
def backups_outlive_intruder(servers: Deployed, backed: BackedUp) -> Judgement:
    """With all that root can do on the host no older backup is removed, altered or aged out."""
    exits = [servers.backup().status]
    servers.run(backed.leaving("after-the-first"), on=NEIGHBOUR)
    exits.append(servers.backup().status)
    older = _copies(servers, backed)
    for command in backed.backup.attacks.values():
        servers.run(command, on=backed.deployment.host, check=False)
    thinned = servers.run(backed.backup.thin, on=backed.backup.store, check=False).status
    lost = older - _copies(servers, backed)
    sound = servers.run(backed.backup.sound, on=backed.backup.store, check=False).status == 0
    seen = f"on the host it was tried to {', to '.join(backed.backup.attacks)}; then the store let go of what is too "
    seen += f"old, exit {thinned}: of {len(older)} older backups {len(lost)} are gone, and what is there is "
    seen += "sound" if sound else "damaged"
    return kept_if(not any(exits) and len(older) >= len(exits) and not thinned and not lost and sound, seen)


def _copies(servers: Deployed, backed: BackedUp) -> set[str]:
    """Each backup by its name; raises ContainerError where nobody can tell."""
    lines = servers.run(backed.backup.copies, on=backed.backup.store).stdout.splitlines()
    return {line.split()[0] for line in lines if line.strip()}
