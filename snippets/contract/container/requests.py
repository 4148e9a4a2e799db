"""Requests of promises: what counts as answered, and how a reader's browser would look around."""

from collections.abc import Callable, Mapping

from ...errors import ContainerError
from ..observation import Reply
from ..project import Project
from ..subject import Container


def expect_200(container: Container, path: str, *, headers: Mapping[str, str] | None = None) -> Reply:
    """Ask once; raises ContainerError where the answer is another one, or its body was cut short."""
    reply = container.get(path, headers=headers)
    if reply.status != 200 or not reply.whole:  # noqa: PLR2004 - a status code
        start = reply.body[:200].decode(errors="replace")
        raise ContainerError(f"GET {path} answered {reply} where 200 was expected: {start!r}")
    return reply


def browse(container: Container, project: Project) -> str:
    """Ask for the page and both probes; say how many answered 200. One that does not is a broken promise."""
    paths = dict.fromkeys((project.page, project.live, project.ready))
    for path in paths:
        expect_200(container, path)
    return f"{len(paths)} of {len(paths)} requests answered 200"


def answers(status: int) -> Callable[[Reply], bool]:
    """Whether an answer is whole and has this status."""
    return lambda reply: reply.whole and reply.status == status
