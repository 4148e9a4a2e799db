"""An image made of answers: what the contract asks of one, without a builder."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from re import Pattern
from typing import TypeVar

from snippets.contract.container.image import REVISION_LABEL
from snippets.contract.observation import PLAIN, Contents, Healthcheck, ImageConfig, Layer, Place, Posture, Rebuild
from snippets.contract.subject import Image
from snippets.errors import BuildError, NoSourceError
from tests.unit.fake_container import MIB, FakeContainer, good
from tests.unit.fake_site import DOCKERFILE, PROJECT

T = TypeVar("T")

STACK = (
    Layer(id="base", bytes=120 * MIB, own=False),
    Layer(id="installed", bytes=40 * MIB, own=True),
    Layer(id="code", bytes=MIB, own=True),
)


def unbuilt(edits: Collection[str]) -> BuildError | None:
    """A builder that enforces its lock."""
    return BuildError("the image does not build:", "DO NOT MATCH THE HASHES") if "requirements.txt" in edits else None


def ended(missing: str) -> FakeContainer:
    """A container that says what it lacks, and ends."""
    return FakeContainer(ends=(1, 0.4), stdout=[json.dumps({"message": f"{missing} is not set"})])


@dataclass(kw_only=True)
class FakeImage:
    """An image that keeps every promise, until a test says otherwise; its `source` may be missing.

    `boots` makes a container for a posture, or raises; `starts` makes one that lacks the setting it is told,
    of those that are `required`. `moves` says which layers change with a file or an argument.
    """

    source: Path | None
    boots: Callable[[Posture], FakeContainer] = good
    starts: Callable[[str], FakeContainer] = ended
    required: tuple[str, ...] = tuple(PROJECT.settings)
    stops: Callable[[Collection[str]], BuildError | None] = unbuilt
    leaks: tuple[Place, ...] = ()
    setuid: tuple[str, ...] = ()
    files: tuple[str, ...] = ("/srv/app/app.py", "/usr/local/bin/python3")
    stack: tuple[Layer, ...] = STACK
    moves: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: {"app/app.py": ("code",)})
    labels: Callable[[Mapping[str, str]], Mapping[str, str]] = lambda given: {
        REVISION_LABEL: given.get("REVISION", "unknown")
    }
    spills: bool = False
    config: ImageConfig = field(
        default_factory=lambda: ImageConfig(
            user="10001",
            entrypoint=(),
            command=("gunicorn",),
            env={"PATH": "/bin"},
            labels={},
            healthcheck=Healthcheck(test=("CMD", "probe"), interval_s=10, timeout_s=3, start_period_s=30, retries=3),
        )
    )
    build_s: float = 12.0
    processors: int = 2
    build_log: str = ""
    given: Mapping[str, str] = field(default_factory=dict)
    postures: list[Posture] = field(default_factory=list)
    spoiled: list[Posture] = field(default_factory=list)
    booted: list[FakeContainer] = field(default_factory=list)
    rebuilds: list[Mapping[str, str]] = field(default_factory=list)
    uncached: list[int] = field(default_factory=list)
    renewals: int = 0
    accompanied_for: list[int] = field(default_factory=list)

    @property
    def has_source(self) -> bool:
        """Whether it has any."""
        return self.source is not None

    @property
    def context(self) -> Path:
        """Its source."""
        if self.source is None:
            raise NoSourceError
        return self.source

    @property
    def layers(self) -> tuple[str, ...]:
        """Ids, the base's first."""
        return tuple(layer.id for layer in self.stack)

    @contextmanager
    def boot(self, posture: Posture = PLAIN, *, spoils: bool = False) -> Iterator[FakeContainer]:
        """Boot in a posture, and remember it."""
        self.postures.append(posture)
        self.spoiled += [posture] * spoils
        with self._kept(self.boots(posture)) as container:
            yield container

    @contextmanager
    def start(self, posture: Posture, settings: Mapping[str, str]) -> Iterator[FakeContainer]:
        """Start with what is given alone."""
        missing = [name for name in self.required if name not in settings]
        container = self.starts(missing[0]) if missing else self.boots(posture)
        with self._kept(container):
            yield container

    @contextmanager
    def _kept(self, container: FakeContainer) -> Iterator[FakeContainer]:
        self.booted.append(container)
        try:
            yield container
        finally:
            container.closed = True

    @contextmanager
    def accompanied(self) -> Iterator["FakeImage"]:
        """Itself; how often its services were started and ended is counted."""
        self.accompanied_for.append(0)
        try:
            yield self
        finally:
            self.accompanied_for[-1] = len(self.booted)

    def renewed(self) -> "FakeImage":
        """Itself: it shares no boot."""
        self.renewals += 1
        return self

    def once(self, make: Callable[[Image], T]) -> T:
        """Ask; it remembers nothing."""
        return make(self)

    def rebuilt(self, rebuild: Rebuild) -> "FakeImage":
        """Build again, or stop; whatever an edit moves has another id."""
        edits, arguments, secrets = rebuild.edits, rebuild.arguments, rebuild.secrets
        if self.source is None:
            raise NoSourceError
        if error := self.stops({*edits, *([f"target {rebuild.target}"] if rebuild.target else [])}):
            raise error
        self.uncached += [1] * rebuild.no_cache
        # Whatever is made anew has another date in it, and is what the next build finds in the cache.
        marks = {
            layer.id: f"{layer.id}{'-anew' * len(self.uncached)}" if layer.own else layer.id for layer in self.stack
        }
        given = {**{path: content.decode() for path, content in edits.items()}, **arguments, **secrets}
        self.rebuilds.append(given)
        # Another file or argument, another layer.
        moved = {layer: f"-{given[name]}" for name in (*edits, *arguments) for layer in self.moves.get(name, ())}
        return replace(
            self,
            given=given,
            stack=tuple(replace(layer, id=marks[layer.id] + moved.get(layer.id, "")) for layer in self.stack),
            config=replace(self.config, labels=self.labels(arguments)),
            build_log="\n".join([*self._told(moved), *(secrets.values() if self.spills and rebuild.no_cache else ())]),
        )

    def _told(self, moved: Collection[str]) -> Iterator[str]:
        """What the builder says of the steps of the last stage; one taken from the cache prints nothing of its own."""
        own = [layer.id for layer in self.stack if layer.own]
        for number, layer in enumerate(own, start=2):
            yield f"#{number} [stage-1 {number}/{len(own) + 1}] RUN make {layer}"
            yield f"#{number} {'DONE 0.1s' if layer in moved else 'CACHED'}"

    def contents(self, canaries: Collection[str], sought: Pattern[str]) -> Contents:
        """What its layers hold of what is asked for."""
        return Contents(
            layers=self.stack,
            places=tuple(place for place in self.leaks if place.canary in canaries),
            setuid=self.setuid,
            found=tuple(path for path in self.files if sought.search(path)),
        )


def image_in(context: Path) -> FakeImage:
    """A good image, and its source on disk."""
    (context / "Dockerfile").write_text(DOCKERFILE)
    (context / "requirements.txt").write_text("flask==1.0\n")
    (context / "app").mkdir()
    (context / "app" / "app.py").write_text("VERSION = 1\n")
    return FakeImage(source=context)
