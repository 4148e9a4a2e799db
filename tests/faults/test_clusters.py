"""A cluster of which something is gone: what is told of it, that nobody waits for ever, and that it comes back."""

from collections.abc import Callable, Iterator

import pytest

from snippets.catalog import Catalog
from snippets.engine.engine import Engine
from snippets.engine.subjects.internet import bare_internet
from snippets.engine.subjects.make import NODE_OF_CLUSTER
from snippets.engine.subjects.rental import Beginning
from snippets.engine.subjects.servers import Servers, hosted
from snippets.proving.judging import withheld
from snippets.proving.recorder import Witness

NAME = "kubernetes-app"
CONTROL, OTHER = "node-1.example.org", "node-2.example.org"
ABSENT = "registry.example.org/absent@sha256:" + "a" * 64
WAIT = f"kubectl wait node/{OTHER} --timeout=120s --for=condition=Ready"
# Of a pod on the other node, by an image that each node has, and by one that nobody has.
RUN = """
kubectl run {name} --image={image} --image-pull-policy={pull} --overrides='{{"spec": {{"nodeName": "{node}"}}}}'
kubectl wait pod/{name} --timeout=120s --for={wanted}
"""
PAUSE = "handbook.local/pause:1"
RUNS, RUNS_LATER = (
    RUN.format(name=name, image=PAUSE, pull="Never", node=OTHER, wanted="condition=Ready") for name in ("calm", "later")
)
RUNS_NOT = RUN.format(
    name="absent",
    image=ABSENT,
    pull="Always",
    node=OTHER,
    wanted="jsonpath='{.status.containerStatuses[0].state.waiting.reason}'=ErrImagePull",
)
# What a kubelet has for itself and for scratch files, on a disk of 64 MiB, and that it minds when it is filled.
SMALL = """
systemctl stop kubelet
changes='s/nodefs.available: "0%"/nodefs.available: "20%"/; s/Isolation: false/Isolation: true/'
sed "$changes" /var/lib/kubelet/config.yaml >/run/config.yaml
echo 'evictionPressureTransitionPeriod: 5s' >>/run/config.yaml
mount --types tmpfs --options size=64M small /var/lib/kubelet
cp /run/config.yaml /var/lib/kubelet
systemctl start kubelet
"""
LARGE = "systemctl stop kubelet && umount --lazy /var/lib/kubelet && systemctl start kubelet"
CONTAINER = "kubectl get pod calm --output jsonpath={.status.containerStatuses[0].containerID}"
# What was stopped has its backlog first, and may turn down whoever asks meanwhile.
ANSWERS = "timeout 120 sh -c 'until kubectl get --raw /readyz; do sleep 1; done'"
# A release waits for a minute, and the last answer that it waits for may take five seconds, or more of a busy machine.
GIVES_UP_S = 120.0


@pytest.fixture(scope="module")
def nodes(engine: Engine, catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers | str]:
    """Two of a cluster to which nothing has arrived, and who releases to it; or why there is none here."""
    snippet = catalog.snippets[NAME]
    if why := withheld(snippet, engine):
        yield why
        return
    assert snippet.table.host is not None
    clone = snippet.assemble(tmp_path_factory.mktemp("clone") / NAME)
    beginning = Beginning(sites=snippet.table.host.sites, make=NODE_OF_CLUSTER)
    names = snippet.table.host.names
    with bare_internet(engine.run) as around, hosted(names, {}, clone, around, beginning) as servers:
        servers.run(f"{WAIT} && {RUNS}")
        yield servers


def kubelet_is_stopped(nodes: Servers) -> None:
    """The node is told to be lost, pods that it runs go on, and it is whole again once somebody starts it."""
    nodes.run("systemctl stop kubelet", on=OTHER)
    nodes.run(f"{WAIT}=Unknown")
    why = nodes.run(f"kubectl describe node {OTHER}").stdout
    runs = nodes.run("pgrep --exact pause", on=OTHER).status
    nodes.run("systemctl start kubelet", on=OTHER)
    nodes.run(WAIT)

    assert "Kubelet stopped posting node status." in why
    assert runs == 0


def containerd_is_killed(nodes: Servers) -> None:
    """It is started anew, and what it had begun goes on: it alone is killed, as where it has crashed."""
    before = nodes.run(CONTAINER).stdout
    nodes.run("systemctl kill --kill-whom=main --signal=KILL containerd", on=OTHER)
    nodes.run(RUNS_LATER)

    assert nodes.run(CONTAINER).stdout == before != ""


def image_is_absent(nodes: Servers) -> None:
    """Which one it is stands in the events of the pod."""
    nodes.run(RUNS_NOT)
    said = nodes.run("kubectl events --for pod/absent --types=Warning").stdout

    assert ABSENT in said


def disk_is_full(nodes: Servers) -> None:
    """Pods of the node are put out, and it is told why; once there is room again the node takes others."""
    nodes.run(SMALL, on=OTHER)
    try:
        nodes.run(f"{WAIT} && kubectl delete pod --all && {RUNS}")
        nodes.run("head --bytes=60M /dev/zero >/var/lib/kubelet/full", on=OTHER)
        nodes.run("kubectl wait pod/calm --timeout=120s --for=condition=DisruptionTarget")
        nodes.run(f"kubectl wait node/{OTHER} --timeout=120s --for=condition=DiskPressure")
        why = nodes.run("kubectl get pod calm --output yaml").stdout
        nodes.run("rm /var/lib/kubelet/full", on=OTHER)
        nodes.run(f"kubectl wait node/{OTHER} --timeout=120s --for=condition=DiskPressure=False")
        nodes.run(f"kubectl delete pod calm && {RUNS}")
    finally:
        nodes.run(LARGE, on=OTHER)

    assert "low on resource: ephemeral-storage" in why


def api_is_silent(nodes: Servers) -> None:
    """Who releases is told so in a time that is known, and nothing was begun."""
    nodes.run("systemctl kill --signal=STOP kube-apiserver", on=CONTROL)
    try:
        released = nodes.run(f"./release {ABSENT}", check=False)
    finally:
        nodes.run("systemctl kill --signal=CONT kube-apiserver", on=CONTROL)
        nodes.run(ANSWERS)

    assert released.status == 1
    assert "release: the cluster does not answer: " in released.stdout
    assert released.took_s < GIVES_UP_S
    assert "NotFound" in nodes.run("kubectl get namespace app", check=False).stdout


@pytest.mark.parametrize(
    "fault", [kubelet_is_stopped, containerd_is_killed, image_is_absent, disk_is_full, api_is_silent]
)
def test_a_cluster_that_lacks_something_says_so(
    nodes: Servers | str, fault: Callable[[Servers], None], witness: Witness
) -> None:
    """And it is whole again by itself, or by the one command that started what was stopped."""
    if isinstance(nodes, str):
        witness.withhold(NAME, nodes)
        return
    fault(nodes)
    nodes.run(WAIT)
