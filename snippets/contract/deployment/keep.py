"""What is kept: writes that were acknowledged, through crashes and changes of all else, and room on the disk."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from ..promise import Judgement, kept_if, promise
from ..servers import NEIGHBOUR
from .description import HELD, NEXT, Deployment
from .subject import Deployed
from .visitors import served, serving, visits, writes

LEAST = 3
WRITTEN_S = 4.0
# Programs that run on though their files were replaced: their services are started anew, as after any update.
ANEW = """
for process in /proc/[0-9]*; do
    case $(readlink "$process/exe") in *" (deleted)") ps --no-headers -o unit "${process#/proc/}" ;; esac
done | sort --unique | grep '[.]service$' | tee /dev/stderr | xargs --no-run-if-empty systemctl restart
"""
# A disk of this server, though a small one: filled, it harms nobody.
FILLED = """
mkdir --parents {disk} && mount -t tmpfs -o size=4M filled {disk}
head --bytes=3900K /dev/zero > {disk}/full
"""
DISK = "/mnt/filled"
EMPTIED = f"umount {DISK} && rmdir {DISK}"
# What a timer starts, started now. It may fail: that is how it tells.
LOOKED = 'systemctl start "$(systemctl show --property=Unit --value {timer})"'
TOLD_S = 30.0
# Whoever gets no answer asks again, so many times in all: that something is lost is told by an answer without it.
FOUND = """
left={tries}
for nonce in {nonces}; do
    until said=$({reading}); do
        [ $((left -= 1)) -gt 0 ] || {{ echo "nobody answers whether $nonce is there" >&2; exit 1; }}
        sleep 1
    done
    grep --quiet --fixed-strings -- "$nonce" <<<"$said" || echo "$nonce"
done
"""
TRIES = 30
# What ends serves for a moment more.
GONE_S = 30.0
# Bytes: less than the next version has of its own, and more than comes and goes by itself.
LARGE = 10_000_000


@promise(family="keep", authority="https://www.postgresql.org/docs/18/wal-reliability.html")
def survives_crash(servers: Deployed, deployment: Deployment) -> Judgement:
    """A host that is killed and boots serves again by itself, with every write that it had acknowledged."""
    with writes(servers, deployment, "crash") as acknowledged:
        servers.await_(lambda: False, WRITTEN_S)
        servers.kill(deployment.host)
    booting = time.monotonic()
    servers.start(deployment.host)
    serves = served(servers, deployment) is not None
    booted_s = time.monotonic() - booting
    if not serves:
        return kept_if(serves, f"no page within {deployment.boot_s:.0f} s of its boot, and nobody had helped it")
    lost = missing(servers, deployment, acknowledged)
    seen = f"{booted_s:.0f} s after it has power again it serves; of {len(acknowledged)} acknowledged writes "
    seen += f"{len(lost)} are lost"
    return kept_if(len(acknowledged) >= LEAST and not lost and booted_s <= deployment.boot_s, seen)


@promise(family="keep", authority="https://docs.docker.com/engine/storage/volumes/")
def data_outlives(servers: Deployed, deployment: Deployment) -> Judgement:
    """All but the data taken away, it arrives again from another directory, with every row and a sound database."""
    servers.run(deployment.leaving("outlives-before-"), on=NEIGHBOUR)
    servers.run(deployment.discard, on=deployment.host)
    asked = f"curl --silent --output /dev/null --max-time 5 {deployment.ready}"
    gone_s = servers.await_(lambda: servers.run(asked, on=NEIGHBOUR, check=False).status != 0, GONE_S)
    servers.elsewhere()
    servers.arrive()
    lost = missing(servers, deployment, ["outlives-before-"])
    sound = servers.run(deployment.sound, on=deployment.host, check=False).status == 0 if deployment.sound else None
    seen = f"what was written before is {'lost' if lost else 'there'}"
    seen += "" if sound is None else f", and the database is {'sound' if sound else 'damaged'}"
    seen += "" if gone_s is not None else "; nothing was taken away: it served all the time"
    return kept_if(gone_s is not None and not lost and sound is not False, seen)


@promise(family="keep", authority="https://wiki.debian.org/UnattendedUpgrades")
def updates_survived(servers: Deployed, deployment: Deployment) -> Judgement:
    """What it runs on is updated and started anew: it serves again by itself, with all that was acknowledged."""
    before = serving(servers, deployment)
    with visits(servers, deployment) as seen, writes(servers, deployment, "update") as acknowledged:
        update = updated(servers, deployment)
        served_s = served(servers, deployment)
    if served_s is None:
        return kept_if(condition=False, seen=f"{update}; then nobody serves for {deployment.boot_s:.0f} s")
    after, lost = serving(servers, deployment), missing(servers, deployment, acknowledged)
    again = servers.release()
    told = f"{update}; meanwhile visitors got {seen}; of {len(acknowledged)} acknowledged writes {len(lost)} are lost; "
    told += f"afterwards {after}, and a release exits {again.status}"
    right = update.right and after == before and again.status == 0
    return kept_if(right and len(acknowledged) >= LEAST and not lost, told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """How an update of what a host runs on ended, and what was started anew because of it, and how that ended."""

    status: int
    services: Sequence[str]
    started: int

    @property
    def right(self) -> bool:
        """Whether something was replaced, and all of it runs."""
        return self.status == self.started == 0 and bool(self.services)

    def __str__(self) -> str:
        """As in "the update exits 0, and docker.service is started anew"."""
        return f"the update exits {self.status}, and {', '.join(self.services) or 'nothing'} is started anew"


def updated(servers: Deployed, deployment: Deployment) -> Update:
    """Update what the host runs on, and start anew whatever still runs from a file that was replaced."""
    done = servers.run(deployment.update, on=deployment.host, check=False)
    anew = servers.run(ANEW, on=deployment.host, check=False)
    # Where one does not start again systemctl says so beside their names.
    services = sorted({word for word in anew.stderr.split() if word.endswith(".service")})
    return Update(status=done.status, services=services, started=anew.status)


@promise(family="keep", authority="https://docs.docker.com/engine/manage-resources/pruning/")
def disk_bounded(servers: Deployed, deployment: Deployment) -> Judgement:
    """Somebody is told before a disk is full, and of older releases nothing is left that would fill it."""
    told_of = _told_of_a_full_disk(servers, deployment)
    if told_of is None:
        return kept_if(condition=False, seen=f"a disk is 95 % full, and nobody is told of it within {TOLD_S:.0f} s")
    told = f"a disk is 95 % full, and somebody is told: {told_of}"
    exits = [servers.release(NEXT).status]
    large = _used(servers, deployment)
    exits += [servers.release(version).status for version in (HELD, "")]
    later = _used(servers, deployment)
    told += f"; with a large version releases have {large / 1e6:.0f} MB on the disk, and two releases later "
    told += f"{later / 1e6:.0f} MB"
    told += "" if not any(exits) else f"; they exit {', '.join(map(str, exits))}"
    return kept_if(not any(exits) and large - later > LARGE, told)


def _told_of_a_full_disk(servers: Deployed, deployment: Deployment) -> str | None:
    """The first line that says where, or None."""
    before, said = len(servers.told()), list[str]()

    def is_told() -> bool:
        lines = [line for message in servers.told()[before:] for line in message.splitlines()]
        said[:] = [line for line in lines if DISK in line]
        return bool(said)

    servers.run(FILLED.format(disk=DISK), on=deployment.host)
    try:
        for timer in deployment.timers:
            servers.run(LOOKED.format(timer=timer), on=deployment.host, check=False)
        servers.await_(is_told, TOLD_S)
    finally:
        servers.run(EMPTIED, on=deployment.host)
    return said[0] if said else None


def _used(servers: Deployed, deployment: Deployment) -> int:
    return int(servers.run(deployment.disk, on=deployment.host).stdout)


def missing(servers: Deployed, deployment: Deployment, acknowledged: list[str]) -> list[str]:
    """What was acknowledged and is not there; raises ContainerError where nobody tells."""
    look = FOUND.format(nonces=" ".join(acknowledged), reading=deployment.reading("$nonce"), tries=TRIES)
    return servers.run(look, on=NEIGHBOUR).stdout.split() if acknowledged else []
