"""What the page says of its variables, beyond the contract, in each image that carries the file."""

from ...contract.observation import Posture
from ...contract.project import Project
from ...contract.promise import Judgement, kept_if, promise
from ...contract.subject import Image

STATED = 4


@promise(family="rehearsal", authority="https://gunicorn.org/reference/settings/#workers")
def web_concurrency_wins(image: Image, project: Project) -> Judgement:
    """The number that is stated is the number of workers, whatever the limit."""
    counts: dict[float, int] = {}
    for cpus in (0.5, 2.0):
        with image.boot(Posture(env=(("WEB_CONCURRENCY", str(STATED)),), cpus=cpus)) as container:
            counts[cpus] = container.settled(lambda: len(container.processes()) - 1)
    told = ", ".join(f"{count} workers at {cpus:g} CPU" for cpus, count in counts.items())
    return kept_if(set(counts.values()) == {STATED}, f"WEB_CONCURRENCY={STATED}: {told}")
