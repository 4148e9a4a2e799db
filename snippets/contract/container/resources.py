"""What a container promises about what it is given: it takes its limits for the truth, and keeps nothing to itself."""

from ...errors import NotReadyError
from ..observation import PLAIN, Posture
from ..project import Project
from ..promise import Judgement, kept_if, promise
from ..subject import Image
from .boot import READ_ONLY, UNPRIVILEGED
from .requests import browse, expect_200

MIB = 1 << 20
CLIENTS = 8
REQUESTS_AT_LEAST = 50
LOADED_S = 3.0
# Gone with the container by its nature: nobody takes it for a store.
TEMPORARY = ("/tmp", "/run", "/var/run", "/dev", "/proc", "/sys", "/var/tmp")  # noqa: S108 - the container's own


@promise(family="resources", authority="https://github.com/python/cpython/issues/149452", exemptible=True)
def cpu_aware(image: Image, project: Project) -> Judgement:
    """The number of workers follows the container's CPU limit, not the size of the host."""
    processors = image.processors
    counts: dict[float, int] = {}
    # On a host with one processor the two limits up to it have to tell them apart.
    for posture in (p for p in (READ_ONLY, PLAIN, UNPRIVILEGED) if p.cpus <= processors):
        try:
            counts[posture.cpus] = _workers(image, project, posture)
        except NotReadyError:
            # That it does not come up so is for another promise to say.
            counts[posture.cpus] = _workers(image, project, Posture(cpus=posture.cpus))
    workers = list(counts.values())
    if project.server is None and max(workers) <= 1:
        # Node, Go, .NET: what they do with the processors they do inside of one process, or of one behind a wrapper.
        limits = ", ".join(f"{cpus:g}" for cpus in counts)
        return kept_if(condition=True, seen=f"it starts no workers, at {limits} CPU: none of them can be too many")
    seen = ", ".join(f"{count} at {cpus:g} CPU" for cpus, count in counts.items())
    host = f"the host has {processors} processor{'s' * (processors > 1)}"
    return kept_if(workers == sorted(set(workers)), f"workers: {seen}; {host}")


def _workers(image: Image, project: Project, posture: Posture) -> int:
    with image.boot(posture) as container:
        expect_200(container, project.live)
        # They fork one after the other: ask until two answers agree.
        return container.settled(lambda: len(container.processes()) - 1)


@promise(family="resources", authority="https://docs.docker.com/engine/containers/resource_constraints/")
def fits_memory(image: Image, project: Project) -> Judgement:
    """It survives load at its stated memory limit: no process of it is killed."""
    with image.boot(PLAIN) as container:
        with container.traffic((project.page, project.ready), clients=CLIENTS) as traffic:
            load = traffic.end(after_s=LOADED_S)
        memory = container.memory()
    seen = f"peak {memory.peak_bytes / MIB:.0f} of {memory.limit_bytes / MIB:.0f} MiB with {CLIENTS} clients, {load}"
    fits = memory.killed == 0 and 0 < memory.limit_bytes <= project.memory_mib * MIB
    enough = load.sent >= REQUESTS_AT_LEAST and not load.failed
    return kept_if(fits and enough, f"{seen}; {memory.killed} processes killed for their memory")


@promise(family="resources", authority="https://12factor.net/processes")
def state_explicit(image: Image, project: Project) -> Judgement:
    """It keeps nothing where nobody looks for it: no anonymous volume, and no file that a recreated container lacks."""
    with image.boot(PLAIN) as container:
        browse(container, project)
        volumes = container.volumes()
        changes = container.settled(container.changes)
    kept = [path for path in changes if not path.startswith(TEMPORARY)]
    # A directory is listed for what changed below it.
    files = [path for path in kept if not any(other.startswith(f"{path}/") for other in changes)]
    seen = f"anonymous volumes: {', '.join(volumes) or 'none'}; "
    seen += f"files written outside /tmp: {', '.join(files[:4]) or 'none'}"
    return kept_if(not volumes and not files, seen)
