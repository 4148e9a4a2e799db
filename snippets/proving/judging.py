"""A snippet -> its subject, opened and judged: by a promise of containers or deployments, or by a rehearsal."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import reduce
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from statistics import median
from typing import TypeVar

import msgspec

from ..catalog import Catalog
from ..catalog.snippet import REHEARSAL, Described, Kind, Snippet
from ..contract import DEPLOYED, Finding, Promise, Trial, Verdict
from ..contract.container.image import builds_clean
from ..contract.deployment.addition import BackedUp, Cohosted, Watched
from ..contract.project import Table
from ..engine.bases.ground import has_recipe
from ..engine.engine import Engine
from ..engine.subjects.image import BuiltImage
from ..engine.subjects.servers import Servers
from ..engine.subjects.stack import ComposeStack
from ..errors import BuildError, NoBaseError, NoMaterialError
from ..evidence.records import ImageFacts
from .additions import added, is_addition
from .servers import arrived
from .stacks import started

BUILDS = builds_clean.slug
# What is judged by its rehearsals alone, all of them on one subject that is of several parts.
SEVERAL = (Kind.COMPOSE, Kind.HOST, Kind.CLUSTER)
T = TypeVar("T", bound=Table)
EMULATED = "the machine was emulated: what took so long there says nothing of a real one"


def judged(promise: Promise, image: BuiltImage, trial: Trial) -> Finding:
    """Judge an image that is on trial by one promise; a build that stumbled is told by the promise that it builds."""
    finding = promise.judge_twice(trial, image.project)
    if promise.slug == BUILDS and image.stumbled:
        return replace(finding, seen=f"{finding.seen}; flaky, at the first try: {image.stumbled}")
    return finding


def unbuilt(promise: Promise, error: BuildError) -> Finding:
    """Nothing holds of an image that does not build; the first promise says why in full, the others in a line."""
    last = error.log.strip().rpartition("\n")[2]
    said = str(error) if promise.slug == BUILDS else f"{error.summary} {last}"
    return Finding(promise=promise.slug, rules=promise.rules, verdict=Verdict.BROKEN, seen=said, took_s=0.0)


def facts_of(image: BuiltImage) -> ImageFacts:
    """Size and times, as records state them."""
    return ImageFacts(
        id=image.id,
        bytes=image.size_bytes,
        user=image.config.user,
        build_s=round(image.build_s, 1),
        ready_s=round(median(image.ready), 2) if image.ready else 0.0,
    )


def rehearsal(snippet: Snippet, slug: str) -> Promise:
    """A judgement that only this snippet has, from its rehearsal.py; raises TypeError where it is no promise."""
    # Of our own package, wherever it lies, so that its imports reach the contract under either of its names.
    name = f"{__name__.partition('.')[0]}.library.{snippet.name}.rehearsal"
    spec = spec_from_file_location(name, snippet.root / REHEARSAL)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    promise = vars(module)[snippet.rehearsals[slug]]
    if not isinstance(promise, Promise):
        raise TypeError(f"{snippet.name}/{REHEARSAL}: {snippet.rehearsals[slug]} is no promise")
    return promise


def of_several(snippet: Snippet, slug: str) -> Promise:
    """What judges a subject of several parts: a promise of deployments, or a rehearsal; raises like `rehearsal`."""
    return DEPLOYED[slug] if slug in DEPLOYED else rehearsal(snippet, slug)


def asked(
    ask: Callable[[ComposeStack | Servers, Described | None], Finding],
    subject: ComposeStack | Servers,
    snippet: Snippet,
    slug: str,
) -> Finding:
    """Judge a subject of several parts by what its author says of it; a rehearsal knows its snippet.

    Emulated hosts have as much more time as they need, and it is said that they are.
    """
    described = snippet.described if slug in DEPLOYED else None
    pace = subject.pace if isinstance(subject, Servers) else 1.0
    if pace == 1:
        return ask(subject, described)
    finding = ask(subject, _paced(described, pace))
    return replace(finding, seen=f"{finding.seen}; {EMULATED}")


def _paced(described: Described | None, pace: float) -> Described | None:
    """The same with so much more time for all that it gives a time."""
    match described:
        case BackedUp(deployment=deployment, backup=backup):
            return replace(described, deployment=_longer(deployment, pace), backup=_longer(backup, pace))
        case Watched(deployment=deployment, status=status):
            return replace(described, deployment=_longer(deployment, pace), status=_longer(status, pace))
        case Cohosted(deployment=deployment, neighbour=neighbour):
            return replace(described, deployment=_longer(deployment, pace), neighbour=_longer(neighbour, pace))
    return _longer(described, pace) if described else None


def _longer(table: T, pace: float) -> T:
    times = {name: getattr(table, name) for name in table.__struct_fields__ if name.endswith("_s")}
    return msgspec.structs.replace(table, **{name: seconds * pace for name, seconds in times.items()})


def opened(
    engine: Engine, snippet: Snippet, folder: Path, name: str, replaced: Mapping[Path, str] | None = None
) -> AbstractContextManager[ComposeStack | Servers]:
    """The subject of such a snippet, as its reader has it in the end; `name` is a project's, where it needs one.

    `replaced` is as for `laid_out`. Raises NotReadyError where it does not get so far.
    """
    if is_addition(snippet, replaced):
        return added(engine, snippet, folder, replaced)
    if snippet.table.host:
        return arrived(engine, snippet, folder, replaced)
    return started(engine, snippet, folder, name, replaced)


def withheld(snippet: Snippet, engine: Engine) -> str | None:
    """Why a snippet cannot be judged here: its base is nowhere, or what stands in for one is made of nothing there is.

    None where it is judged like any other. Raises EngineError where a base is nowhere of which nobody has said so, and
    AssertionError where a recipe could make what it is said to lack.
    """
    if snippet.withheld is None:
        try:
            engine.grounds(snippet.bases)
        except NoMaterialError as error:
            return str(error)
        return None
    base = snippet.withheld.base
    assert not has_recipe(base), f"a recipe can stand in for {base}: prove {snippet.name}"
    try:
        engine.grounds([base])
    except NoBaseError as error:
        return str(error)
    return None


def rehearsed_image(promise: Promise, catalog: Catalog, snippet: Snippet, engine: Engine) -> Finding:
    """Judge every image that carries a configuration, or an image itself: what was seen of all of them, as one."""
    findings = []
    for carrier in (image for image in catalog.carriers(snippet) if withheld(image, engine) is None):
        image = engine.image(catalog, carrier)
        with Trial(image) as trial:
            finding = promise.judge_twice(trial, image.project)
        findings.append(replace(finding, seen=f"{carrier.name}: {finding.seen}"))
    return reduce(Finding.joined, findings)
