"""What a deployment's author says of it: the typed description that its promises judge by."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Meta

from ..project import Table

# A time as systemd has it, in one unit.
SPAN = re.compile(r"([1-9]\d*)(s|min|h|d)")
# The names of the good ones among versions.
NEXT, HELD = "next", "held"
SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400}


class Probe(Table, frozen=True, kw_only=True):
    """How what was deployed is asked, from another machine; commands have the address for `{url}`."""

    ready: Annotated[str, Meta(description="a path that answers 200 while it can serve")] = "/readyz"
    page: Annotated[str, Meta(description="a path that visitors see, and that carries load")] = "/"
    version: Annotated[str, Meta(description="a path that tells which version answers")] = "/version"
    slow: Annotated[str | None, Meta(description="a path whose answer takes some ten seconds")] = None
    client: Annotated[
        str | None, Meta(description="a path that answers with the client's address and scheme as it sees them")
    ] = None
    takes: Annotated[str, Meta(description="a path to which visitors send what is long")]
    largest: Annotated[int, Meta(description="the bytes of the longest that it takes", gt=0)]
    write: Annotated[str, Meta(description="a command that leaves `{nonce}` with it, and fails where it did not")]
    read: Annotated[str, Meta(description="a command that prints `{nonce}` as long as that is there")]
    log: Annotated[str, Meta(description="a command that prints the line of the request whose X-Request-ID is `{id}`")]
    worked: Annotated[
        str, Meta(description="a command that prints how often the work was done that leaving `{nonce}` asks for")
    ]


class Versions(Table, frozen=True, kw_only=True):
    """Other versions to release, each by the steps of a Dockerfile that make it of the one that arrives.

    What the path of `probe.version` shows of each differs.
    """

    next: Annotated[str, Meta(description="one that is as good, and has some 30 MB of its own")]
    held: Annotated[str, Meta(description="another one, whose migration changes the table `hot`")]
    bad: Annotated[dict[str, str], Meta(description="those that nobody may be sent to, each by what is wrong with it")]


class Deployment(Table, frozen=True, kw_only=True):
    """Where a deployed application answers, how it is asked, and what of it cannot be seen from outside.

    Commands are run as root on the host that the address names, unless it is said otherwise.
    """

    url: Annotated[str, Meta(description="where visitors find it: https, and a host by its name")]
    ports: Annotated[list[str], Meta(description="the ports that answer, such as `443/tcp`; all others do not")]
    secrets: Annotated[dict[str, str], Meta(description="its secrets, each by the one file that may hold it")] = {}
    drift: Annotated[str, Meta(description="a file that `arrive` writes, which somebody might edit by hand")]
    inside: Annotated[str, Meta(description="what a command is put after, to be run as the application runs")]
    writes: Annotated[list[str], Meta(description="directories in which the application may write")] = []
    timers: Annotated[
        dict[str, str],
        Meta(description="timers that tell somebody when something is wrong, each by its longest silence"),
    ]
    discard: Annotated[str, Meta(description="a command that takes away all but the data")]
    sql: Annotated[str, Meta(description="a command that runs the SQL that it reads, and ends with it")]
    hot: Annotated[str, Meta(description="a table that every visit of the page writes to")]
    update: Annotated[
        str, Meta(description="a command that installs what the application runs on once more, as an update does")
    ]
    disk: Annotated[str, Meta(description="a command that prints how many bytes all releases have on the disk")]
    alive: Annotated[str, Meta(description="a command that prints what of it runs, and since when")]
    sound: Annotated[str | None, Meta(description="a command that fails where the database is damaged")] = None
    arrive_s: Annotated[float, Meta(description="seconds within which it arrives from nothing")] = 600.0
    boot_s: Annotated[float, Meta(description="seconds within which it serves again after its host had no power")] = (
        90.0
    )
    yield_s: Annotated[
        float, Meta(description="seconds after which a release has given up whose migration must wait")
    ] = 90.0
    back_s: Annotated[float, Meta(description="seconds within which the version before serves again")] = 120.0
    answer_s: Annotated[
        float, Meta(description="seconds within which everybody is answered in a flood, if only that it is too much")
    ] = 60.0
    calm_s: Annotated[float, Meta(description="seconds within which it is as before once a flood has ended")] = 60.0
    probe: Annotated[Probe, Meta(description="how it is asked")]
    versions: Annotated[Versions, Meta(description="what is released to it")]
    not_applicable: Annotated[
        dict[str, str], Meta(description="promises that make no sense here, each with its reason")
    ] = {}

    @property
    def host(self) -> str:
        """The host that the address names."""
        return urlsplit(self.url).hostname or ""

    @property
    def ready(self) -> str:
        """The whole address of what tells that it can serve."""
        return f"{self.url}{self.probe.ready}"

    @property
    def page(self) -> str:
        """The whole address of the page."""
        return f"{self.url}{self.probe.page}"

    @property
    def version(self) -> str:
        """The whole address of what tells which version answers."""
        return f"{self.url}{self.probe.version}"

    @property
    def slow(self) -> str:
        """The whole address of what takes its time."""
        assert self.probe.slow is not None, "the door refuses a deployment without it"
        return f"{self.url}{self.probe.slow}"

    def silence_s(self, timer: str) -> float:
        """Seconds for which this timer may be silent."""
        found = SPAN.fullmatch(self.timers[timer])
        assert found is not None, "the door refuses other times"
        return int(found[1]) * SECONDS[found[2]]

    def leaving(self, nonce: str) -> str:
        """The command that leaves this with it."""
        return self.probe.write.replace("{url}", self.url).replace("{nonce}", nonce)

    def working(self, nonce: str) -> str:
        """The command that prints how often the work was done that this asks for."""
        return self.probe.worked.replace("{url}", self.url).replace("{nonce}", nonce)

    def logged(self, id_: str) -> str:
        """The command that prints the line of the request with this id."""
        return self.probe.log.replace("{id}", id_)

    def reading(self, nonce: str) -> str:
        """The command that prints this where it is there."""
        return self.probe.read.replace("{url}", self.url).replace("{nonce}", nonce)
