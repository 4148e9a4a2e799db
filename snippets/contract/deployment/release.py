"""A release: under load, of versions that nobody may be sent to, and the way back."""

import shlex
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from ...errors import ContainerError
from ..promise import Judgement, kept_if, promise
from ..servers import NEIGHBOUR
from .description import HELD, NEXT, Deployment
from .keep import missing
from .subject import Deployed
from .visitors import served, serving, visits, waits, writes

READY_S = 30.0
GOES_ON_S, WORKED_S = 6.0, 60.0
# The door lets nothing pass for a table but a name.
READ = "BEGIN; SELECT count(*) FROM {table};"
# Whether somebody has a lock of the table at all.
LOCKED = "SELECT count(DISTINCT pid) FROM pg_locks WHERE relation = '{table}'::regclass AND mode = 'AccessShareLock';"
BACK = "before-the-way-back-"


@promise(family="release", authority="https://12factor.net/disposability")
def release_lossless(servers: Deployed, deployment: Deployment) -> Judgement:
    """A new version under load: every answer comes whole, the new version is seen, and the old one is gone."""
    old = serving(servers, deployment)
    with waits(servers, deployment) as slow, visits(servers, deployment, telling=True) as seen:
        done = servers.release(NEXT)
    new = serving(servers, deployment)
    told = (
        f"it exits {done.status} after {done.took_s:.0f} s; visitors got {seen}; afterwards {new}; of what takes its "
    )
    told += f"time {slow}"
    changed = done.status == 0 and new != old and seen.versions == {old, new}
    return kept_if(changed and bool(slow.answers) and not slow.lost and not seen.lost, told)


@promise(family="release", authority="https://kubernetes.io/docs/concepts/workloads/controllers/deployment/")
def bad_release_refused(servers: Deployed, deployment: Deployment) -> Judgement:
    """A version that cannot serve is given no visitor, the one before serves on, and the command says so and fails."""
    before = serving(servers, deployment)
    told, right = [], True
    for name in deployment.versions.bad:
        with visits(servers, deployment, telling=True) as seen:
            done = servers.release(name)
        after = serving(servers, deployment)
        is_right = done.status != 0 and not seen.lost and seen.versions == {before} == {after}
        told.append(f"{name}: it exits {done.status} after {done.took_s:.0f} s, visitors got {seen}")
        right = right and is_right
        if not is_right:
            break
    return kept_if(right and bool(told), "; ".join(told))


@promise(family="release", authority="https://sre.google/sre-book/release-engineering/")
def rolls_back(servers: Deployed, deployment: Deployment) -> Judgement:
    """The version before serves again within its time, with every answer whole and nothing lost that was kept since."""
    servers.release()
    before = serving(servers, deployment)
    servers.release(NEXT)
    since = serving(servers, deployment)
    servers.run(deployment.leaving(BACK), on=NEIGHBOUR)
    started = time.monotonic()
    with visits(servers, deployment, telling=True) as seen:
        done = servers.release()
    took_s = time.monotonic() - started
    after = serving(servers, deployment)
    lost = missing(servers, deployment, [BACK])
    told = (
        f"it exits {done.status} after {took_s:.0f} s; visitors got {seen}; afterwards {after}; what was kept since is "
    )
    told += "lost" if lost else "there"
    back = done.status == 0 and since != before == after and took_s <= deployment.back_s
    return kept_if(back and not seen.lost and not lost, told)


@promise(family="release", authority="https://12factor.net/admin-processes")
def migrates_once(servers: Deployed, deployment: Deployment) -> Judgement:
    """Of two releases with migrations, begun together, both end well, no visitor is lost, and one serves in the end."""
    versions = (NEXT, HELD)
    with visits(servers, deployment, telling=True) as seen, ThreadPoolExecutor(len(versions)) as both:
        done = list(both.map(servers.release, versions))
    with visits(servers, deployment, telling=True) as after:
        servers.await_(lambda: False, GOES_ON_S)
    # Whoever is asked next begins with what arrived.
    servers.release()
    exits = " and ".join(str(each.status) for each in done)
    told = f"they exit {exits}; visitors got {seen}; afterwards {after}"
    one = len(after.versions) == 1 and after.versions <= seen.versions
    return kept_if(not any(each.status for each in done) and not seen.lost and not after.lost and one, told)


@promise(
    family="release",
    authority="https://www.postgresql.org/docs/18/runtime-config-client.html#GUC-LOCK-TIMEOUT",
)
def migration_yields(servers: Deployed, deployment: Deployment) -> Judgement:
    """A migration that cannot get its lock gives up in its time, and no visitor waits for it; later it gets there."""
    old = serving(servers, deployment)
    with _read(servers, deployment), visits(servers, deployment, telling=True) as seen:
        refused = servers.release(HELD)
    between = serving(servers, deployment)
    later = servers.release(HELD)
    told = f"beside a long reader it exits {refused.status} after {refused.took_s:.0f} s; visitors got {seen}; without "
    told += f"it exits {later.status}, and {serving(servers, deployment)} serves"
    gave_up = refused.status != 0 and refused.took_s <= deployment.yield_s and seen.versions == {old} == {between}
    return kept_if(gave_up and not seen.lost and later.status == 0 and serving(servers, deployment) != old, told)


@contextmanager
def _read(servers: Deployed, deployment: Deployment) -> Iterator[None]:
    """Somebody reads from the hot table, and does not come to an end while the block runs."""
    # Longer than the release has to give up.
    pause = f"sleep {deployment.yield_s + 10:.0f}"
    reading = f"{{ echo '{READ.format(table=deployment.hot)}'; {pause}; }} | {deployment.sql}"
    servers.run(f"systemd-run --quiet --unit=reader bash -c {shlex.quote(reading)}", on=deployment.host)
    locked = f'echo "{LOCKED.format(table=deployment.hot)}" | {deployment.sql}'
    reads = servers.await_(lambda: "1" in servers.run(locked, on=deployment.host).stdout.split(), READY_S)
    if reads is None:
        raise ContainerError(f"nobody could read from {deployment.hot} within {READY_S:.0f} s")
    try:
        yield
    finally:
        # With the end of what it is told to do the client ends too, and its transaction.
        servers.run(f"pkill --full '^{pause}$'", on=deployment.host, check=False)
        gone = "systemctl show --property=ActiveState reader | grep -q inactive"
        if servers.await_(lambda: servers.run(gone, on=deployment.host, check=False).status == 0, READY_S) is None:
            raise ContainerError(f"who read from {deployment.hot} does not come to an end")


@promise(
    family="release",
    authority="https://docs.docker.com/reference/cli/docker/image/pull/#pull-an-image-by-digest-immutable-identifier",
)
def runs_what_was_released(servers: Deployed, deployment: Deployment) -> Judgement:
    """While the registry is away, what was released serves after a boot as well, and can be released once more."""
    servers.release()
    released = serving(servers, deployment)
    with servers.unsupplied():
        servers.kill(deployment.host)
        servers.start(deployment.host)
        booted = served(servers, deployment) is not None
        after = serving(servers, deployment) if booted else "nobody"
        again = servers.release()
    told = (
        f"{released} was released; without a registry {after} serves after a boot, and to release it once more exits "
    )
    told += f"{again.status} after {again.took_s:.0f} s"
    return kept_if(booted and after == released and again.status == 0, told)


@promise(family="release", authority="https://12factor.net/disposability")
def jobs_survive_release(servers: Deployed, deployment: Deployment) -> Judgement:
    """What visitors ask for in the background is done once each, across a release and a host without power."""
    servers.release()
    with writes(servers, deployment, "job") as asked_for:
        done = servers.release(NEXT)
        servers.kill(deployment.host)
        servers.start(deployment.host)
        served(servers, deployment)
        servers.await_(lambda: False, GOES_ON_S)
    late_s = servers.await_(lambda: "0" not in _worked(servers, deployment, asked_for), WORKED_S)
    times = Counter(_worked(servers, deployment, asked_for))
    more = times.total() - times["1"] - times["0"]
    told = f"it exits {done.status}, then the power is cut; of {len(asked_for)} jobs that were asked for meanwhile "
    told += f"{times['1']} are done once, {times['0']} are not done, {more} more often"
    told += "" if late_s is None else f", all of them {late_s:.0f} s after the last"
    return kept_if(done.status == 0 and bool(asked_for) and times["1"] == len(asked_for), told)


def _worked(servers: Deployed, deployment: Deployment, asked_for: Sequence[str]) -> Sequence[str]:
    """How often each job was done."""
    look = f'worked=$({deployment.working("$nonce")}); echo "${{worked:-0}}"'
    return servers.run(f"for nonce in {' '.join(asked_for)}; do {look}; done", on=NEIGHBOUR).stdout.split()
