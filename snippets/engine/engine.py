"""Snippet directories -> built images, by the one engine that answers."""

import json
import platform
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from ..catalog import Catalog
from ..catalog.snippet import Snippet
from ..contract import Project
from ..contract.dockerfile import bases as bases_of
from ..contract.observation import ImageConfig, Rebuild
from ..errors import BuildError
from ..evidence.records import Base
from .bases.ground import PULL_TIMEOUT_S, Ground, has_recipe, resolve
from .build import ANEW, ONCE, build
from .docker import docker, try_docker
from .inspection import config_of
from .lock import held
from .run import Run
from .subjects.image import BuiltImage
from .subjects.make import chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """How a build ended, for all processes of a run: the id, or None; `log` is of the build that failed, if any."""

    id: str | None
    build_s: float
    summary: str
    log: str


@dataclass(frozen=True, kw_only=True)
class Engine:
    """The engine during one run; images are built once a run, whoever of its processes asks first."""

    run: Run

    @cached_property
    def description(self) -> str:
        """Which engine it is, as records and pages name it."""
        info = json.loads("".join(docker("info", "--format", "{{json .}}")))
        return (
            f"Docker {info['ServerVersion']}, {info['Driver']}, cgroup v{info['CgroupVersion']}, "
            f"Linux {platform.machine()}"
        )

    def grounds(self, references: Sequence[str]) -> tuple[Ground, ...]:
        """What a build of these FROM references stands on."""
        return tuple(resolve(reference, self.run) for reference in references)

    def bases(self, snippet: Snippet) -> tuple[Base, ...]:
        """The same, as the record states it."""
        hosts = (chosen().reference,) if snippet.table.host else ()
        return tuple(ground.base for ground in self.grounds(tuple(dict.fromkeys((*snippet.bases, *hosts)))))

    def contexts(self, references: Sequence[str]) -> dict[str, str]:
        """FROM reference -> the local image to build on, for those that are not the registry's own."""
        return {ground.base.ref: ground.image for ground in self.grounds(references) if ground.image}

    def image(self, catalog: Catalog, snippet: Snippet) -> BuiltImage:
        """The image of an image snippet, built without a cache the first time in a run.

        Raises BuildError where it does not build, EngineError where a base cannot be had.
        """
        folder = self.run.state / "images" / snippet.name
        folder.mkdir(parents=True, exist_ok=True)
        with held(folder / "lock"):
            return self._built(folder, snippet, catalog.effective(snippet))

    def mutant(self, folder: Path, catalog: Catalog, carrier: Snippet, replaced: Mapping[Path, str]) -> BuiltImage:
        """The image of an edited copy, built with the cache; raises like `image`."""
        context = carrier.assemble(folder / "context", replaced)
        return self._build(context, carrier, catalog.effective(carrier), ONCE, tag=folder.name)

    def version(self, context: Path) -> str:
        """The image of a directory that is deployed, by its id; raises like `image`."""
        contexts = self._stood_in(bases_of((context / "Dockerfile").read_text()))
        return build(context, self.run.tag("version"), contexts=contexts).id

    def derived(self, image: str, steps: str) -> str:
        """What the steps of a Dockerfile make of an image that is here, by its id; raises like `image`."""
        given, folder = self.run.tag("given"), self.run.state / "derived"
        folder.mkdir(exist_ok=True)
        docker("tag", image, given)
        with TemporaryDirectory(dir=folder) as context:
            (Path(context) / "Dockerfile").write_text(f"FROM {given}\n{steps}\n")
            return build(Path(context), self.run.tag("derived"), contexts={}).id

    def directory(self, context: Path, describe: Callable[[ImageConfig], Project]) -> BuiltImage:
        """The image of somebody's own directory, built without a cache; `describe` says what its author would.

        Raises like `image`, and what `describe` raises.
        """
        named = bases_of((context / "Dockerfile").read_text())
        contexts = self._stood_in(named)
        try:
            built = build(context, self.run.tag("checked"), contexts=contexts, how=ANEW)
        except BuildError:
            # A network may stumble; a fault fails twice.
            built = build(context, self.run.tag("checked"), contexts=contexts, how=ANEW)
        project = describe(config_of(built.id))
        return BuiltImage(
            id=built.id,
            source=context,
            project=project,
            run=self.run,
            contexts=contexts | self._stood_in(images_beside(project)),
            bases=named,
            build_s=built.took_s,
            build_log=built.log,
        )

    def present(self, reference: str, describe: Callable[[ImageConfig], Project]) -> BuiltImage:
        """An image that somebody built, pulled where it is not here; raises EngineError where it is nowhere."""
        if not try_docker("image", "inspect", reference):
            docker("pull", "--quiet", reference, timeout_s=PULL_TIMEOUT_S)
        project = describe(config_of(reference))
        return BuiltImage(
            id=docker("image", "inspect", "--format={{.Id}}", reference)[0],
            source=None,
            project=project,
            run=self.run,
            contexts=self._stood_in(images_beside(project)),
            bases=(),
            build_s=0.0,
        )

    def _stood_in(self, references: Sequence[str]) -> dict[str, str]:
        """Contexts for those that a recipe can make; the others the engine asks for by itself."""
        return self.contexts([reference for reference in references if has_recipe(reference)])

    def _built(self, folder: Path, snippet: Snippet, effective: Mapping[str, str]) -> BuiltImage:
        note, context = folder / "built.json", folder / "context"
        if not note.is_file():
            shutil.rmtree(context, ignore_errors=True)
            snippet.assemble(context)
            note.write_bytes(msgspec.json.encode(self._outcome(context, snippet, effective)))
        outcome = msgspec.json.decode(note.read_bytes(), type=_Outcome)
        if outcome.id is None:
            raise BuildError(outcome.summary, outcome.log)
        return BuiltImage(
            id=outcome.id,
            build_s=outcome.build_s,
            stumbled=outcome.log.splitlines()[-1] if outcome.log else "",
            source=context,
            run=self.run,
            project=snippet.project(effective),
            contexts=self.contexts(snippet.bases),
            bases=bases_of((context / "Dockerfile").read_text()),
        )

    def _outcome(self, context: Path, snippet: Snippet, effective: Mapping[str, str]) -> "_Outcome":
        """Build without a cache, and once more where that fails: a network may stumble, a fault fails twice."""
        stumbled: BuildError | None = None
        for _ in range(2):
            try:
                image = self._build(context, snippet, effective, ANEW, tag=snippet.name)
            except BuildError as error:
                stumbled = error
            else:
                log = stumbled.log if stumbled else ""
                return _Outcome(id=image.id, build_s=image.build_s, summary="", log=log)
        assert stumbled is not None
        return _Outcome(id=None, build_s=0.0, summary=stumbled.summary, log=stumbled.log)

    def _build(
        self, context: Path, snippet: Snippet, effective: Mapping[str, str], how: Rebuild, *, tag: str
    ) -> BuiltImage:
        # An edit may name another base than the snippet does, or none that there is: that is for the builder to say.
        named = bases_of((context / "Dockerfile").read_text())
        contexts = self.contexts([ref for ref in named if ref in snippet.bases or has_recipe(ref)])
        built = build(context, self.run.tag(tag), contexts=contexts, how=how)
        return BuiltImage(
            id=built.id,
            source=context,
            project=snippet.project(effective),
            run=self.run,
            contexts=contexts | self.contexts(snippet.bases),
            bases=named,
            build_s=built.took_s,
            build_log=built.log,
        )


def images_beside(project: Project) -> list[str]:
    """References of the images of what stands beside a container."""
    return [service.image for service in project.beside.values()]
