"""What a container promises about what it is given: it takes its limits for the truth."""

import os

from snippets.contract.project import Project
from snippets.contract.promise import Judgement, kept_if, promise
from snippets.contract.requests import expect_200
from snippets.contract.subject import Image

LIMITS = (0.5, 1.0, 2.0)


@promise(family="resources", authority="https://github.com/python/cpython/issues/149452", exemptible=True)
def cpu_aware(image: Image, project: Project) -> Judgement:
    """The number of workers follows the container's CPU limit, not the size of the host."""
    counts: dict[float, int] = {}
    for cpus in LIMITS:
        with image.boot(cpus=cpus) as container:
            expect_200(container, project.live)
            # Workers fork one after the other: ask until two answers agree.
            counts[cpus] = container.settled(lambda: len(container.processes()) - 1)
    grows = counts[LIMITS[0]] < counts[LIMITS[1]] < counts[LIMITS[2]]
    seen = ", ".join(f"{count} at {cpus:g} CPU" for cpus, count in counts.items())
    return kept_if(grows, f"workers: {seen}; the host has {os.cpu_count()} processors")
