"""A FROM reference -> the image that a build really stands on: the registry's, or a stand-in by recipe."""

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from pathlib import Path

import msgspec

from ...environment import BASES
from ...errors import EngineError, NoBaseError
from ...evidence.records import Base
from ..command import OverdueError, bounded
from ..docker import docker, try_docker
from ..run import Run
from .standin import Recipe, ca_bundle, one_maker, recipe_digest, recipes, safe, stand_in, trusting

REGISTRY_TIMEOUT_S = 20.0
PULL_TIMEOUT_S = 600.0


class Choice(StrEnum):
    """HANDBOOK_BASES: `registry` never substitutes, `stand-in` always does, `auto` where none answers."""

    REGISTRY = "registry"
    STAND_IN = "stand-in"
    AUTO = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A base and, where it is not the registry's own, the local image to build on instead."""

    base: Base
    image: str | None
    took_s: float


def resolve(reference: str, run: Run) -> Ground:
    """Find the ground for one FROM reference, once a run, making its stand-in first if it has to.

    Raises NoBaseError where no registry answers and no recipe can stand in.
    """
    note = run.state / "bases" / f"{safe(reference)}.json"
    note.parent.mkdir(exist_ok=True)
    with one_maker(reference):
        if not note.is_file():
            note.write_bytes(msgspec.json.encode(resolved(reference)))
        return msgspec.json.decode(note.read_bytes(), type=Ground)


def image_of(reference: str, run: Run) -> str:
    """The image that is taken where this reference is asked for; raises like `resolve`."""
    return resolve(reference, run).image or reference


def costs(run: Run) -> tuple[Ground, ...]:
    """Every base that this run resolved, with the seconds it took."""
    notes = sorted((run.state / "bases").glob("*.json"))
    return tuple(msgspec.json.decode(note.read_bytes(), type=Ground) for note in notes)


def resolved(reference: str) -> Ground:
    """Find it, whatever a run knows of it; raises like `resolve`."""
    started = time.monotonic()
    known = recipes()
    if reference in known and known[reference][1].packaged:
        # It stands in for nothing, such as a host of its distribution's own packages: no registry is asked.
        return _made(reference, *known[reference], started)
    choice = _choice()
    digest = None if choice is Choice.STAND_IN else _registry_digest(reference)
    if digest is None and choice is Choice.REGISTRY:
        message = f"no registry answers for {reference}, and {BASES.name}=registry forbids a stand-in."
        raise NoBaseError(message)
    if digest is not None:
        # The builder takes what is here, however old, and asks nobody: what is recorded has to be what it takes.
        docker("pull", "--quiet", reference, timeout_s=PULL_TIMEOUT_S)
        image = trusting(reference, digest) if ca_bundle() else None
        version = known[reference][1].version if reference in known else None
        base = _described(reference, image or reference, digest, version, differs="")
        return Ground(base=base, image=image, took_s=time.monotonic() - started)
    if reference not in known:
        message = (
            f"no registry answers for {reference}, and no recipe can stand in for it.\n"
            f"Recipes exist for {', '.join(sorted(known))}."
        )
        raise NoBaseError(message)
    return _made(reference, *known[reference], started)


def _made(reference: str, folder: Path, recipe: Recipe, started: float) -> Ground:
    image = stand_in(folder, recipe)
    base = _described(reference, image, recipe_digest(folder, recipe), recipe.version, differs=recipe.differs)
    base = replace(base, packaged=recipe.packaged)
    return Ground(base=base, image=image, took_s=time.monotonic() - started)


def has_recipe(reference: str) -> bool:
    """Whether a stand-in can be made for this reference."""
    return reference in recipes()


def _choice() -> Choice:
    wanted = os.environ.get(BASES.name, Choice.AUTO)
    if wanted not in list(Choice):
        message = f"{BASES.name}={wanted} is none of {', '.join(Choice)}"
        raise EngineError(message)
    return Choice(wanted)


@cache
def _registry_digest(reference: str) -> str | None:
    """The registry's digest, or None where none answers in time; a present local image is not asked."""
    command = ["docker", "buildx", "imagetools", "inspect", reference, "--format", "{{json .Manifest.Digest}}"]
    try:
        done = bounded(command, timeout_s=REGISTRY_TIMEOUT_S)
    except (OverdueError, FileNotFoundError):
        return None
    return str(json.loads(done.stdout)) if done.status == 0 else None


def _described(reference: str, image: str, digest: str, version: list[str] | None, *, differs: str) -> Base:
    """Ask the image itself what it is; one with no shell says nothing of its system."""
    asked = ["run", "--rm", "--network=none", "--entrypoint="]
    release = try_docker(*asked, image, "cat", "/etc/os-release")
    pretty = next((line.partition("=")[2].strip('"') for line in release if line.startswith("PRETTY_NAME=")), "")
    said = docker(*asked, image, *version) if version else []
    return Base(
        ref=reference,
        digest=digest,
        stand_in=bool(differs),
        os=pretty,
        version=said[0] if said else "",
        differs=differs,
    )


def base_layers(reference: str, contexts: Mapping[str, str]) -> tuple[str, ...]:
    """Diff ids of a base's layers: of the image that is here, which a build takes first, else of the registry's."""
    if here := try_docker("image", "inspect", "--format={{json .RootFS.Layers}}", contexts.get(reference, reference)):
        return tuple(json.loads(here[0]))
    return _registry_layers(reference)


@cache
def _registry_layers(reference: str) -> tuple[str, ...]:
    told = json.loads("".join(docker("buildx", "imagetools", "inspect", reference, "--format", "{{json .Image}}")))
    # One image, or one a platform: https://docs.docker.com/reference/cli/docker/buildx/imagetools/inspect/
    images = [told] if "rootfs" in told else list(told.values())
    return tuple(layer for image in images for layer in image["rootfs"]["diff_ids"])
