"""What goes wrong for a while: what an author states, or a host without power."""

from collections.abc import Iterator
from contextlib import contextmanager

from .addition import Trouble
from .subject import Deployed


@contextmanager
def befalling(servers: Deployed, trouble: Trouble) -> Iterator[None]:
    """Inside the block it is there; raises ContainerError where it does not come about, or cannot be taken away."""
    servers.run(trouble.begin, on=trouble.on)
    try:
        yield
    finally:
        servers.run(trouble.end, on=trouble.on)


@contextmanager
def switched_off(servers: Deployed, host: str) -> Iterator[None]:
    """Inside the block a host has no power."""
    servers.kill(host)
    try:
        yield
    finally:
        servers.start(host)
