"""A run -> the internet that its hosts see: a network, on which an authority and a registry play the public ones."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from ...contract.deployment.description import PUT
from ..run import Run
from .authority import authority
from .host import Host, network
from .operator import HOME
from .registry import Stock, registry

APPLICATION = "app"
# Where whoever deploys keeps the root of the authority.
ROOT = "acme-root.pem"
BELIEVED = "/usr/local/share/ca-certificates/registry.crt"
SEEN = "/root/authority.pem"
WRITE = "cat > {path} <<'END'\n{text}END\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Internet:
    """A network by its name; `settings` are what whoever deploys is given, `root` by what the authority is believed.

    `registry_root` is by what hosts believe the registry: as their system does any other. `images` are what it has.
    """

    run: Run
    network: str
    settings: Mapping[str, str] = field(default_factory=dict)
    root: str = ""
    registry_root: str = ""
    images: Sequence[str] = ()

    @property
    def trust(self) -> str:
        """What a visitor's command begins with: whom it believes, and nobody else."""
        return f"export SSL_CERT_FILE={SEEN} CURL_CA_BUNDLE={SEEN}; " if self.root else ""

    def is_believed_by(self, host: Host) -> None:
        """The registry, as if it had a certificate that everybody believes."""
        if self.registry_root:
            host.run(f"{WRITE.format(path=BELIEVED, text=self.registry_root)}update-ca-certificates")

    def is_seen_by(self, visitor: Host) -> None:
        """The authority is the only one that the visitor believes."""
        if self.root:
            visitor.run(WRITE.format(path=SEEN, text=self.root))


@contextmanager
def bare_internet(run: Run) -> Iterator[Internet]:
    """A network, and nobody on it."""
    with network(run, "internet") as name:
        yield Internet(run=run, network=name)


@contextmanager
def internet(run: Run, stock: Stock, settings: Mapping[str, str]) -> Iterator[Internet]:
    """One with a registry that holds this, and an authority; `{version}` and the like are put into the settings."""
    with network(run, "internet") as name, registry(name, run, stock) as images, authority(name, run) as signing:
        put = dict(zip(PUT, (images.reference(APPLICATION), signing.directory, f"{HOME}/{ROOT}"), strict=True))
        yield Internet(
            run=run,
            network=name,
            settings={each: put.get(value, value) for each, value in settings.items()},
            root=signing.own_root() + signing.root(),
            registry_root=images.root(),
            images=images.references,
        )
