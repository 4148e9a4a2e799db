"""A run -> the internet that its hosts see: a network with an authority, a registry, and a place where one is told."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace

from ...catalog.metadata import PUT, VERSION
from ...errors import EngineError
from ..run import Run
from .alerts import Alerts, alerts
from .authority import Authority, authority
from .host import Host, network
from .operator import HOME
from .registry import Registry, Stock, registry

APPLICATION = "app"
# Where whoever deploys keeps the root of the authority.
ROOT = "acme-root.pem"
BELIEVED = "/usr/local/share/ca-certificates/registry.crt"
SEEN = "/root/authority.pem"
WRITE = "cat > {path} <<'END'\n{text}END\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Internet:
    """A network by its name; `settings` are what whoever deploys is given, `signing` and `told` who else is on it.

    `stocked` is the registry, which hosts believe as their system does any other. `versions` are those of the
    application by their names, which go into the settings called `versioned`.
    """

    run: Run
    network: str
    settings: Mapping[str, str] = field(default_factory=dict)
    signing: Authority | None = None
    told: Alerts | None = None
    stocked: Registry | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    versioned: Sequence[str] = ()

    @property
    def authority(self) -> Authority:
        """Who signs certificates here; raises EngineError where nobody does."""
        if self.signing is None:
            raise EngineError("no authority signs on this network")
        return self.signing

    @property
    def alerts(self) -> Alerts:
        """Where somebody is told; raises EngineError where nobody is."""
        if self.told is None:
            raise EngineError("nobody is told on this network")
        return self.told

    def releasing(self, version: str) -> Mapping[str, str]:
        """What of the settings is another for this version, by its name, or for the one that arrives."""
        return dict.fromkeys(self.versioned, self.versions[version])

    @property
    def root(self) -> str:
        """By what the authority and what it signs are believed, as PEM; empty where there is none."""
        return self.signing.own_root() + self.signing.root() if self.signing else ""

    @property
    def trust(self) -> str:
        """What a visitor's command begins with: whom it believes, and nobody else."""
        return f"export SSL_CERT_FILE={SEEN} CURL_CA_BUNDLE={SEEN}; " if self.signing else ""

    @property
    def images(self) -> Sequence[str]:
        """What the registry has, by the names in files."""
        return self.stocked.references if self.stocked else ()

    def unsupplied(self) -> AbstractContextManager[None]:
        """Inside the block no registry answers; raises EngineError where none does anyway."""
        if self.stocked is None:
            raise EngineError("no registry is on this network")
        return self.stocked.away()

    @contextmanager
    def stocking(self, stock: Stock, settings: Mapping[str, str]) -> Iterator["Internet"]:
        """The same with another registry in the place of this one, and other settings, as `internet` puts them."""
        with self.unsupplied(), registry(self.network, self.run, stock) as images:
            versions = images.versions(APPLICATION)
            found = (versions.get("", ""), self.authority.directory, f"{HOME}/{ROOT}", self.alerts.address)
            put = dict(zip(PUT, found, strict=True))
            yield replace(
                self,
                settings={each: put.get(value, value) for each, value in settings.items()},
                stocked=images,
                versions=versions,
                versioned=[each for each, value in settings.items() if value == VERSION],
            )

    def is_believed_by(self, host: Host) -> None:
        """The registry, as if it had a certificate that everybody believes."""
        if self.stocked:
            host.run(f"{WRITE.format(path=BELIEVED, text=self.stocked.root())}update-ca-certificates")

    def is_seen_by(self, visitor: Host) -> None:
        """The authority is the only one that the visitor believes."""
        if self.signing:
            visitor.run(WRITE.format(path=SEEN, text=self.root))

    @contextmanager
    def signing_for(self, seconds: float) -> Iterator["Internet"]:
        """The same with another authority in the place of this one, whose certificates are valid for so long."""
        with self.authority.away(self.network), authority(self.network, self.run, seconds) as other:
            yield replace(self, signing=other)


@contextmanager
def bare_internet(run: Run) -> Iterator[Internet]:
    """A network, and nobody on it."""
    with network(run, "internet") as name:
        yield Internet(run=run, network=name)


@contextmanager
def internet(run: Run, stock: Stock, settings: Mapping[str, str]) -> Iterator[Internet]:
    """One with a registry that holds this, an authority and alerts; `{acme}` and the like are put into the settings."""
    with (
        network(run, "internet") as name,
        registry(name, run, stock) as images,
        authority(name, run) as signing,
        alerts(name, run) as told,
    ):
        versions = images.versions(APPLICATION)
        put = dict(zip(PUT, (versions.get("", ""), signing.directory, f"{HOME}/{ROOT}", told.address), strict=True))
        yield Internet(
            run=run,
            network=name,
            settings={each: put.get(value, value) for each, value in settings.items()},
            signing=signing,
            told=told,
            stocked=images,
            versions=versions,
            versioned=[each for each, value in settings.items() if value == VERSION],
        )
