"""What an image promises before it runs: it builds, from pinned inputs, and can be told from any other."""

import re
import uuid
from collections.abc import Sequence

from ...errors import BuildError, EngineError, UndescribedError
from ...expression import expression
from ..dockerfile import Stage, bases, built_upon, stages
from ..observation import Rebuild
from ..project import Project
from ..promise import Judgement, kept_if, promise
from ..subject import Image
from .contents import MIB, pass_over

REVISION = "5f1c9e0a7d3b48c6a2e4f60819b7d5c3a1e8f204"
REVISION_LABEL = "org.opencontainers.image.revision"
# An edit of the code moves the layers of the code, with what is made of it: not what was installed.
MOVED_AT_MOST = 0.25


@promise(family="image", authority="https://docs.docker.com/build/building/multi-stage/")
def builds_clean(image: Image, project: Project) -> Judgement:
    """It builds from a clean checkout without a cache, and every stage resolves."""
    declared = stages((image.context / "Dockerfile").read_text())
    # The image itself was built without a cache; a stage that it does not need was not built at all.
    for stage in declared[:-1]:
        image.rebuilt(Rebuild(target=stage.name))
    return kept_if(
        bool(declared), f"{len(declared)} of {len(declared)} stages built, {image.build_s:.0f} s without a cache"
    )


@promise(family="image", authority="https://github.com/hadolint/hadolint/wiki/DL3007")
def inputs_pinned(image: Image, project: Project) -> Judgement:
    """Base images have exact tags, and a lock file that no longer matches stops the build."""
    references = bases((image.context / "Dockerfile").read_text())
    loose = [ref for ref in references if not _exact(ref)]
    if loose or not references:
        return kept_if(condition=False, seen=f"without an exact tag: {', '.join(loose) or 'no base at all'}")
    stale = project.stale
    if stale is None:
        raise UndescribedError("stale", "an edit of an input, after which the lock file must stop the build")
    source = (image.context / stale.path).read_text()
    edited = source.replace(stale.find, stale.replace, 1)
    if edited == source:
        return kept_if(condition=False, seen=f"{stale.path} does not hold {stale.find!r}")
    try:
        image.rebuilt(Rebuild(edits={stale.path: edited.encode()}))
    except BuildError as error:
        # Any failure would do for a careless check; it has to be this one.
        said = expression(stale.message).search(str(error))
        seen = f"{len(references)} of {len(references)} bases pinned; a stale {stale.path} stops the build: "
        return kept_if(bool(said), seen + (f"“{said[0]}”" if said else f"but not for that reason:\n{error}"))
    return kept_if(condition=False, seen=f"built although {stale.path} was edited: no lock file was enforced")


def _exact(reference: str) -> bool:
    name, at, _ = reference.partition("@sha256:")
    tag = name.rpartition("/")[2].partition(":")[2]
    return bool(at) or (tag != "latest" and any(sign.isdigit() for sign in tag))


@promise(family="image", authority="https://docs.docker.com/build/cache/optimize/#order-your-layers", exemptible=True)
def layer_stable(image: Image, project: Project) -> Judgement:
    """An edit of the application's code and a new revision leave the layers of what was installed as they are."""
    context = image.context
    if project.code is None:
        raise UndescribedError("code", "a file of the application, to be edited")
    source = (context / project.code).read_bytes()
    # White space that no build has seen: of an edit that one has, the cache holds what it was built on that day.
    edited = source + f"{uuid.uuid4().int:b}\n".replace("0", " \n").replace("1", "\n").encode()
    sizes = [layer.bytes for layer in image.once(pass_over).layers if layer.own]
    rebuild = Rebuild(edits={project.code: edited}, arguments={project.revision: uuid.uuid4().hex})
    later = image.rebuilt(rebuild)
    # The builder's word, not the ids of layers: where the cache has two results for a step it may take either.
    ran = steps_run(later.build_log, stages((context / "Dockerfile").read_text()))
    if len(ran) != len(sizes):
        # Of a log that is read wrongly nobody's image is to blame.
        raise EngineError(f"the builder tells of {len(ran)} steps, and there are {len(sizes)} layers")
    moved = [size for size, is_new in zip(sizes, ran, strict=True) if is_new]
    lost, whole = sum(moved), sum(sizes)
    seen = f"an edit of {project.code} and another revision move {len(moved)} of {len(sizes)} layers, "
    seen += f"{lost / MIB:.1f} of {whole / MIB:.1f} MiB"
    return kept_if(bool(moved) and lost <= MOVED_AT_MOST * whole, seen)


def steps_run(log: str, declared: Sequence[Stage]) -> list[bool]:
    """Whether each step of the image was run and not taken from the cache, in order; FROM makes no layer."""
    cached = set(re.findall(r"^#(\d+) CACHED", log, flags=re.MULTILINE))
    ran: list[bool] = []
    for stage in built_upon(declared):
        shown = f"stage-{stage.name}" if stage.name.isdigit() else stage.name.lower()
        # A single stage is named where a step of it mounts something; numbers are set flush from ten steps on.
        mark = f"{re.escape(shown)} " if len(declared) > 1 else f"(?:{re.escape(shown)} )?"
        steps = re.findall(rf"^#(\d+) \[(?:\S+/\S+ )?{mark} *(\d+)/\d+\] (\w+)", log, flags=re.MULTILINE)
        made = {int(step): vertex not in cached for vertex, step, keyword in steps if keyword.upper() != "FROM"}
        ran += [made[step] for step in sorted(made)]
    return ran


@promise(family="image", authority="https://github.com/opencontainers/image-spec/blob/main/annotations.md")
def traceable(image: Image, project: Project) -> Judgement:
    """The label `org.opencontainers.image.revision` is the commit that the build was told."""
    rebuilt = image.rebuilt(Rebuild(arguments={project.revision: REVISION}))
    label = rebuilt.config.labels.get(REVISION_LABEL)
    if label is None:
        return kept_if(condition=False, seen=f"no label {REVISION_LABEL}")
    return kept_if(label == REVISION, f"built with {project.revision}={REVISION[:12]}, labelled {label[:12]!r}")
