"""A release: under load, of versions that nobody may be sent to, and the way back."""

import time

from ..promise import Judgement, kept_if, promise
from ..servers import NEIGHBOUR
from .description import NEXT, Deployment
from .keep import missing
from .subject import Deployed
from .visitors import TOLD, visits, waits

BACK = "before-the-way-back-"


def serving(servers: Deployed, deployment: Deployment) -> str:
    """What a visitor is told of the version that answers."""
    return " ".join(servers.get(deployment.version, timeout_s=15.0).body.decode(errors="replace").split())[:TOLD]


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
