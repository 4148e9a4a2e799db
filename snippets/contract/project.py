"""What a container's author says of it: the small typed description that promises judge by."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleInput:
    """One edit of an input after which the build must stop, and what it must say then."""

    path: str
    find: str
    replace: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """Where a container listens, what it needs and how it is asked.

    `settings` are the required ones, with a value to boot with. `stop_grace_s` is the time, in
    seconds, that whoever stops the container gives it. `slow` takes a few seconds to answer.
    `effective` maps the server's setting names to what its own settings table must show.
    """

    port: int
    page: str = "/"
    live: str = "/livez"
    ready: str = "/readyz"
    slow: str | None = None
    server: str | None = None
    stop_grace_s: float = 10.0
    memory_mib: int = 512
    settings: Mapping[str, str] = field(default_factory=dict)
    effective: Mapping[str, str] = field(default_factory=dict)
    stale: StaleInput | None = None
    not_applicable: Mapping[str, str] = field(default_factory=dict)
