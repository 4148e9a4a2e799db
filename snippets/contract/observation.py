"""How a subject is started, and what was seen of it: values, in the units that findings show."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Healthcheck:
    """The image's own health command and its times, in seconds, with the engine's defaults filled in."""

    test: tuple[str, ...]
    interval_s: float
    timeout_s: float
    start_period_s: float
    retries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageConfig:
    """What the image says of itself; `ports` are the TCP ports that it exposes."""

    user: str
    entrypoint: tuple[str, ...]
    command: tuple[str, ...]
    env: Mapping[str, str]
    labels: Mapping[str, str]
    healthcheck: Healthcheck | None
    ports: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer over HTTP; `whole` is false where the connection ended before the body did."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    whole: bool
    took_s: float

    def __str__(self) -> str:
        """Status and time, as a finding shows them."""
        return f"{self.status}{'' if self.whole else ', cut short'} after {self.took_s:.1f} s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A command that ended: its exit status, what it printed on either stream, and seconds."""

    status: int
    stdout: str
    stderr: str
    took_s: float

    def __str__(self) -> str:
        """Status and time, as a finding shows them."""
        return f"exit {self.status} after {self.took_s:.1f} s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A service's container: ids, its state, and where it can be reached; `told` is all that the engine says of it.

    `published` are addresses of this machine, `networks` are those it is in: whether each leads nowhere else.
    """

    id: str
    image: str
    health: str
    exit_code: int
    started_at: str
    published: tuple[str, ...]
    networks: Mapping[str, bool]
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One process of a container, seen from outside: host pid, effective uid, command line."""

    pid: int
    uid: int
    args: str
    is_first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a canary was found: the canary, the layer, history, env, label or command, and the path or name there."""

    canary: str
    where: str
    what: str

    def __str__(self) -> str:
        """As a finding shows it."""
        return f"{self.what} in {self.where}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One layer by its diff id: the bytes of its files, and whether the build added it to the base."""

    id: str
    bytes: int
    own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What one pass over an image's layers found.

    `places` are of every layer, whatever a later one deletes. `setuid` and `found` (paths that were
    sought, of the build's own layers) are of the file system that a container sees.
    """

    layers: tuple[Layer, ...]
    places: tuple[Place, ...]
    setuid: tuple[str, ...]
    found: tuple[str, ...]

    @property
    def own_bytes(self) -> int:
        """Bytes that the build added to its base."""
        return sum(layer.bytes for layer in self.layers if layer.own)


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What a container took of its memory: the most at any time, its limit, and processes killed for it."""

    peak_bytes: int
    limit_bytes: int
    killed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What came of requests that several clients sent one after the other: how many failed, and the first of those."""

    sent: int
    failed: int = 0
    failure: str = ""

    def __add__(self, other: "Load") -> "Load":
        """What came of one after the other."""
        failure = self.failure or other.failure
        return Load(sent=self.sent + other.sent, failed=self.failed + other.failed, failure=failure)

    def __str__(self) -> str:
        """As a finding shows it."""
        whole = f"{self.sent - self.failed} of {self.sent} requests whole and 200"
        return f"{whole}; {self.failure}" if self.failed else whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Posture:
    """How a container is started. Promises that ask for equal postures share one boot.

    `env` comes on top of the project's settings. `unprivileged` drops every capability, allows no new
    privileges, and leaves ports below 1024 to root, as kernels do by default. Where it has `own_services`
    nobody else uses what stands beside it: it may be taken away.
    """

    env: tuple[tuple[str, str], ...] = ()
    port: int | None = None
    user: str | None = None
    read_only: bool = False
    unprivileged: bool = False
    own_services: bool = False
    cpus: float = 1.0
    health_interval_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuild:
    """How an image is built otherwise than it was: files replaced or added, arguments, secrets, up to a stage."""

    edits: Mapping[str, bytes] = field(default_factory=dict)
    arguments: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    target: str | None = None
    no_cache: bool = False


# One CPU, so that what follows the limit is the same on every machine.
PLAIN = Posture()
