"""What a container's author says of it: the small typed description that promises judge by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleInput:
    """One edit of an input after which the build must stop, and what it must say then."""

    path: str
    find: str
    replace: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BackingService:
    """What the container needs beside itself: an image, its environment, and the setting that names it.

    The container reaches it under the host name `backing`, which `value` has to use.
    """

    image: str
    setting: str
    value: str
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class BehindProxy:
    """The environment that says a proxy is in front, and a path that tells how the request looks from inside."""

    env: Mapping[str, str]
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reload:
    """The signal on which the server takes up new code, one edit of a file inside, and what `url` then shows."""

    signal: str
    path: str
    find: str
    replace: str
    url: str
    shows: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """Where a container listens, what it needs and how it is asked.

    `settings` are the required ones, with a value to boot with. `stop_grace_s` is the time, in seconds, that
    whoever stops the container gives it, `pre_stop_s` what passes of it before the signal, and
    `graceful_timeout_s` how long the server waits for requests, where its settings table does not say. `slow`
    takes a few seconds to answer; `api` is a path that is not there and that a program would ask for.
    `effective` maps the server's setting names to what its own settings table must show. `code` is a file of the
    application, `absent` are programs that the result must not hold, `size_mib` is what the build may add to its base.
    """

    port: int
    page: str = "/"
    live: str = "/livez"
    ready: str = "/readyz"
    slow: str | None = None
    api: str | None = None
    server: str | None = None
    stop_grace_s: float = 10.0
    pre_stop_s: float = 0.0
    graceful_timeout_s: float | None = None
    memory_mib: int = 512
    size_mib: int = 250
    code: str | None = None
    revision: str = "REVISION"
    absent: Sequence[str] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    effective: Mapping[str, str] = field(default_factory=dict)
    stale: StaleInput | None = None
    backing: BackingService | None = None
    proxy: BehindProxy | None = None
    reload: Reload | None = None
    not_applicable: Mapping[str, str] = field(default_factory=dict)
