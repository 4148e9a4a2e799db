"""What a host is made of: a container with systemd, a whole machine in qemu, or a container that is a node."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from ...catalog.snippet import CLUSTER_OPERATOR, HOST, MACHINE, NODE, OPERATOR
from ...environment import HOSTS
from ...errors import EngineError


@dataclass(frozen=True, slots=True, kw_only=True)
class Make:
    """The base that it boots, what its container is allowed, where its disks are, and who takes commands for it.

    `pace` is how much longer than usual it may take: a machine is emulated where processors do not help. `operator` is
    the base of whoever deploys to it, who logs in by a key where it is `entered`.
    """

    reference: str
    room: Sequence[str]
    disks: Sequence[str]
    console: str
    pace: float
    operator: str = OPERATOR
    entered: bool = True


CONTAINER = Make(
    reference=HOST,
    room=("--privileged", "--cgroupns=private", "--tmpfs=/run", "--tmpfs=/run/lock", "--tmpfs=/tmp:exec"),
    # Where the host's own engine keeps its layers: one overlay does not lie upon another, so they are volumes.
    disks=("/var/lib/docker", "/var/lib/containerd"),
    console="bash",
    pace=1.0,
)
WHOLE = Make(
    reference=MACHINE,
    # It makes a bridge to its own network; to shut down takes an emulated machine most of a minute.
    room=("--privileged", "--stop-timeout=300"),
    disks=("/var/lib/machine",),
    console="console",
    pace=10.0,
)
# Whoever asks for a cluster has no choice of it: nodes are what its provider gives.
NODE_OF_CLUSTER = Make(
    reference=NODE,
    room=CONTAINER.room,
    disks=("/var/lib/etcd", "/var/lib/containerd", "/var/lib/kubelet"),
    console="bash",
    pace=1.0,
    operator=CLUSTER_OPERATOR,
    entered=False,
)
MAKES = {"container": CONTAINER, "machine": WHOLE}


def chosen() -> Make:
    """The make that HANDBOOK_HOSTS asks for; raises EngineError where there is no such make."""
    wanted = os.environ.get(HOSTS.name, "container")
    if wanted not in MAKES:
        raise EngineError(f"{HOSTS.name}={wanted} is none of {', '.join(MAKES)}")
    return MAKES[wanted]
