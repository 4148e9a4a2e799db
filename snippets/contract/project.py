"""What a container's author says of it: the typed description that promises judge by, and the keys it is written in.

These are the tables of snippet.toml and handbook.toml: each key is stated here once, with the sentence that
the page of keys shows.
"""

from typing import Annotated

import msgspec
from msgspec import Meta


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all metadata is: frozen, named, complete."""


class StaleInput(Table, frozen=True, kw_only=True):
    """One edit of an input after which the build must stop, and what it must say then."""

    path: Annotated[str, Meta(description="the file that is edited")]
    find: Annotated[str, Meta(description="what is replaced; it occurs there once")]
    replace: Annotated[str, Meta(description="by what")]
    message: Annotated[str, Meta(description="a regular expression that the failing build's log matches")]


class Beside(Table, frozen=True, kw_only=True):
    """A service beside the container, such as its database, which reaches it under the name of this table."""

    image: Annotated[str, Meta(description="the image of the service")]
    setting: Annotated[str, Meta(description="the variable by which the container is told of it")]
    value: Annotated[str, Meta(description="its value, which names the service as a host")]
    env: Annotated[dict[str, str], Meta(description="the environment of the service")] = {}


class BehindProxy(Table, frozen=True, kw_only=True):
    """The environment that says a proxy is in front, and a path that tells how the request looks from inside."""

    env: Annotated[dict[str, str], Meta(description="variables that say that one proxy is in front")]
    path: Annotated[str, Meta(description="a path that answers with the client's address and scheme as it sees them")]


class Reload(Table, frozen=True, kw_only=True):
    """The signal on which the server takes up new code, one edit of a file inside, and what `url` then shows."""

    signal: Annotated[str, Meta(description="what PID 1 is sent, such as SIGHUP")]
    path: Annotated[str, Meta(description="a file inside the container")]
    find: Annotated[str, Meta(description="what is replaced in it; it occurs there once")]
    replace: Annotated[str, Meta(description="by what")]
    url: Annotated[str, Meta(description="a path that shows the new version")]
    shows: Annotated[str, Meta(description="what it shows then, and did not before")]


class Project(Table, frozen=True, kw_only=True):
    """Where a container listens, what it needs and how it is asked.

    In snippet.toml the last three stand by themselves, not within `[project]`.
    """

    port: Annotated[int, Meta(description="where it listens")]
    page: Annotated[str, Meta(description="a page that visitors see, with its assets")] = "/"
    live: Annotated[str, Meta(description="answers 200 while it lives")] = "/livez"
    ready: Annotated[str, Meta(description="answers 200 while it can serve")] = "/readyz"
    slow: Annotated[str | None, Meta(description="a path that takes a few seconds to answer")] = None
    api: Annotated[str | None, Meta(description="a path that is not there and that a program would ask for")] = None
    server: Annotated[str | None, Meta(description="`gunicorn`, whose table of settings is then read")] = None
    stop_grace_s: Annotated[float, Meta(description="seconds that whoever stops it gives it")] = 10.0
    pre_stop_s: Annotated[float, Meta(description="how many of them pass before the signal")] = 0.0
    graceful_timeout_s: Annotated[
        float | None, Meta(description="seconds that the server waits for its last requests, where it does not say")
    ] = None
    memory_mib: Annotated[int, Meta(description="its memory limit")] = 512
    size_mib: Annotated[int, Meta(description="what the build may add to its base")] = 250
    code: Annotated[str | None, Meta(description="a file of the application, which a commit would change")] = None
    revision: Annotated[str, Meta(description="the build argument that takes the commit")] = "REVISION"
    absent: Annotated[list[str], Meta(description="programs that the result must not hold")] = []
    settings: Annotated[dict[str, str], Meta(description="what it cannot start without, with values to boot with")] = {}
    stale: Annotated[StaleInput | None, Meta(description="an edit after which the lock file must stop the build")] = (
        None
    )
    proxy: Annotated[BehindProxy | None, Meta(description="how it is told of a proxy in front")] = None
    reload: Annotated[Reload | None, Meta(description="how it takes up new code")] = None
    migrate: Annotated[
        str | None, Meta(description="a command of the image that is run once beside its services, before it serves")
    ] = None
    beside: Annotated[dict[str, Beside], Meta(description="services that it needs, each by its name as a host")] = {}
    effective: Annotated[dict[str, str], Meta(description="settings that the server itself has to state so")] = {}
    not_applicable: Annotated[
        dict[str, str], Meta(description="promises that make no sense here, each with its reason")
    ] = {}
