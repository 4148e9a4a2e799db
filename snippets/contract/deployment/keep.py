"""What is kept: writes that were acknowledged, through a crash and through a change of all that is not data."""

import time

from ..promise import Judgement, kept_if, promise
from ..servers import NEIGHBOUR
from .description import Deployment
from .subject import Deployed
from .visitors import served, writes

LEAST = 3
WRITTEN_S = 4.0


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
    gone = servers.run(f"curl --silent --output /dev/null --max-time 5 {deployment.ready}", on=NEIGHBOUR, check=False)
    servers.elsewhere()
    servers.arrive()
    lost = missing(servers, deployment, ["outlives-before-"])
    sound = servers.run(deployment.sound, on=deployment.host, check=False).status == 0 if deployment.sound else None
    seen = f"what was written before is {'lost' if lost else 'there'}"
    seen += "" if sound is None else f", and the database is {'sound' if sound else 'damaged'}"
    seen += "" if gone.status else "; nothing was taken away: it served all the time"
    return kept_if(gone.status != 0 and not lost and sound is not False, seen)


def missing(servers: Deployed, deployment: Deployment, acknowledged: list[str]) -> list[str]:
    """What was acknowledged and is not there."""
    look = f'{deployment.reading("$nonce")} | grep --fixed-strings -- "$nonce" >/dev/null || echo "$nonce"'
    look = f"for nonce in {' '.join(acknowledged)}; do {look}; done"
    return servers.run(look, on=NEIGHBOUR).stdout.split() if acknowledged else []
