"""Images -> a registry from which hosts fetch them by the names in their files: played by the distribution's own."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import msgspec

from ...catalog.snippet import REGISTRY
from ...errors import EngineError
from ..bases.ground import image_of
from ..docker import docker, try_docker
from ..lock import held
from ..run import Run
from .party import READY_S, named, present
from .waiting import awaited

NAME = "registry.example.org"
# Where an engine looks for an image whose name has no registry in it: https://github.com/distribution/reference
HUB, OFFICIAL = "registry-1.docker.io", "library"
CERTIFICATE = "/etc/registry.crt"
PORT = 443
PUSH_S = 300.0
PUSHED = re.compile(r"digest: (sha256:[0-9a-f]{64})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """What a registry holds: the image of it, and the digest of each image by its name there."""

    image: str
    digests: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """One that is up."""

    id: str
    stock: Stock

    def reference(self, name: str) -> str:
        """By which a host fetches an image that it was given under this name: with the digest that it has."""
        return f"{NAME}/{name.partition(':')[0]}@{self.stock.digests[name]}"

    def versions(self, name: str) -> Mapping[str, str]:
        """Tag -> reference, of all images that it was given under this name; "" is the one without a tag."""
        tags = {each: each.partition(":") for each in self.stock.digests}
        return {tag: self.reference(each) for each, (of, _, tag) in tags.items() if of == name}

    @property
    def references(self) -> tuple[str, ...]:
        """By which a host fetches each: as files name what is official, and by digest what is of this registry.

        What has a tag here is another version of something, and for later.
        """
        own = (name for name in self.stock.digests if not name.startswith(f"{OFFICIAL}/") and ":" not in name)
        public = (name.removeprefix(f"{OFFICIAL}/") for name in self.stock.digests if name.startswith(f"{OFFICIAL}/"))
        return (*map(self.reference, own), *public)

    @contextmanager
    def away(self) -> Iterator[None]:
        """Inside the block it answers nobody."""
        docker("stop", "--time=0", self.id)
        try:
            yield
        finally:
            docker("start", self.id)
            if awaited(lambda: _answers(self.id), READY_S, refuse=lambda: None) is None:
                raise EngineError(f"the registry does not answer again within {READY_S:.0f} s")

    def root(self) -> str:
        """The certificate by which it is believed, as PEM."""
        return "\n".join(docker("exec", self.id, "cat", CERTIFICATE)) + "\n"


def official(reference: str) -> str:
    """The name under which the public registry has what a file calls so, tag and all."""
    return reference if "/" in reference else f"{OFFICIAL}/{reference}"


def stocked(images: Mapping[str, str], run: Run) -> Stock:
    """A registry that holds these images by these names, made once a run."""
    key = hashlib.sha256(repr(sorted(images.items())).encode()).hexdigest()[:12]
    note = run.state / "registries" / f"{key}.json"
    note.parent.mkdir(exist_ok=True)
    with held(note.with_suffix(".lock")):
        if not note.is_file():
            note.write_bytes(msgspec.json.encode(_filled(images, run)))
        return msgspec.json.decode(note.read_bytes(), type=Stock)


def _filled(images: Mapping[str, str], run: Run) -> Stock:
    # The engine takes a registry of its own machine as it is, whoever signed for it.
    with _up(image_of(REGISTRY, run), ["--publish=127.0.0.1::443"], run) as id_:
        at = docker("port", id_, f"{PORT}/tcp")[0]
        digests = {name: _pushed(image, f"{at}/{name}") for name, image in images.items()}
        kept = run.tag("registry")
        docker("commit", id_, kept)
    return Stock(image=kept, digests=digests)


def _pushed(image: str, reference: str) -> str:
    docker("tag", image, reference)
    try:
        said = "\n".join(docker("push", reference, timeout_s=PUSH_S))
    finally:
        try_docker("image", "rm", reference)
    if (found := PUSHED.search(said)) is None:
        raise EngineError(f"`docker push {reference}` tells no digest: {said}")
    return found[1]


@contextmanager
def registry(network: str, run: Run, stock: Stock) -> Iterator[Registry]:
    """One that holds that, on a network, under its own name and the public one's."""
    with _up(stock.image, named(network, NAME, HUB), run) as id_:
        yield Registry(id=id_, stock=stock)


def _up(image: str, options: list[str], run: Run) -> AbstractContextManager[str]:
    return present("the registry", image, run, options, answers=_answers)


def _answers(id_: str) -> bool:
    return bool(try_docker("exec", id_, "openssl", "s_client", "-connect", f"127.0.0.1:{PORT}"))
