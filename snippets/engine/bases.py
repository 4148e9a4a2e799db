"""A FROM reference -> the image that a build really stands on: the registry's, or a stand-in by recipe."""

import fcntl
import hashlib
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

import msgspec

from snippets.engine.build import build
from snippets.engine.docker import docker, engine_error, try_docker
from snippets.engine.run import Run
from snippets.errors import EngineError
from snippets.evidence import Base
from snippets.metadata import Struct, read

RECIPES = Path(__file__).parent.parent.parent / "tests" / "bases"
TRIM = RECIPES / "trim-root"
TRUST = RECIPES / "with-ca-bundle" / "Dockerfile"
LOCAL = "handbook.local"
RECIPE_LABEL = "handbook.recipe"
REGISTRY_TIMEOUT_S = 20.0
ROOT_TIMEOUT_S = 600.0


class Choice(StrEnum):
    """HANDBOOK_BASES: `registry` never substitutes, `stand-in` always does, `auto` where none answers."""

    REGISTRY = "registry"
    STAND_IN = "stand-in"
    AUTO = "auto"


class Recipe(Struct, frozen=True):
    """tests/bases/<slug>/recipe.toml: packages of a distribution's suite, then a Dockerfile on top."""

    ref: str
    suite: str
    packages: list[str]
    version: list[str]
    differs: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A base and, where it is not the registry's own, the local image to build on instead."""

    base: Base
    image: str | None
    took_s: float


def resolve(reference: str, run: Run) -> Ground:
    """Find the ground for one FROM reference, once a run, making its stand-in first if it has to.

    Raises EngineError where no registry answers and no recipe can stand in.
    """
    note = run.state / "bases" / f"{_safe(reference)}.json"
    note.parent.mkdir(exist_ok=True)
    with _one_maker(reference):
        if not note.is_file():
            note.write_bytes(msgspec.json.encode(resolved(reference)))
        return msgspec.json.decode(note.read_bytes(), type=Ground)


def costs(run: Run) -> tuple[Ground, ...]:
    """Every base that this run resolved, with the seconds it took."""
    notes = sorted((run.state / "bases").glob("*.json"))
    return tuple(msgspec.json.decode(note.read_bytes(), type=Ground) for note in notes)


def resolved(reference: str) -> Ground:
    started = time.monotonic()
    choice = _choice()
    digest = None if choice is Choice.STAND_IN else _registry_digest(reference)
    if digest is None and choice is Choice.REGISTRY:
        message = f"no registry answers for {reference}, and HANDBOOK_BASES=registry forbids a stand-in."
        raise EngineError(message)
    recipes = _recipes()
    if digest is not None:
        image = _trusting(reference, digest) if _ca_bundle() else None
        version = recipes[reference][1].version if reference in recipes else None
        base = _described(reference, image or reference, digest, version, differs="")
        return Ground(base=base, image=image, took_s=time.monotonic() - started)
    if reference not in recipes:
        message = (
            f"no registry answers for {reference}, and no recipe in tests/bases/ can stand in for it.\n"
            f"Recipes exist for {', '.join(sorted(recipes))}."
        )
        raise EngineError(message)
    folder, recipe = recipes[reference]
    image = _stand_in(folder, recipe)
    base = _described(reference, image, recipe_digest(folder, recipe), recipe.version, differs=recipe.differs)
    return Ground(base=base, image=image, took_s=time.monotonic() - started)


def has_recipe(reference: str) -> bool:
    """Whether a stand-in can be made for this reference."""
    return reference in _recipes()


def _choice() -> Choice:
    wanted = os.environ.get("HANDBOOK_BASES", Choice.AUTO)
    if wanted not in list(Choice):
        message = f"HANDBOOK_BASES={wanted} is none of {', '.join(Choice)}"
        raise EngineError(message)
    return Choice(wanted)


def _ca_bundle() -> Path | None:
    """Certificates that builds must trust: HANDBOOK_CA_BUNDLE, else what this machine's own SSL_CERT_FILE names."""
    named = os.environ.get("HANDBOOK_CA_BUNDLE", os.environ.get("SSL_CERT_FILE", ""))
    if not named:
        return None
    if not Path(named).is_file():
        message = f"HANDBOOK_CA_BUNDLE={named}: there is no such file"
        raise EngineError(message)
    return Path(named)


@cache
def _recipes() -> dict[str, tuple[Path, Recipe]]:
    faults: list[str] = []
    found: dict[str, tuple[Path, Recipe]] = {}
    for path in sorted(RECIPES.glob("*/recipe.toml")):
        recipe = read(path, f"tests/bases/{path.parent.name}/recipe.toml", Recipe, faults)
        if recipe is not None:
            found[recipe.ref] = (path.parent, recipe)
    if faults:
        raise EngineError("\n".join(faults))
    return found


@cache
def _registry_digest(reference: str) -> str | None:
    """The registry's digest, or None where none answers in time; a present local image is not asked."""
    command = ["docker", "buildx", "imagetools", "inspect", reference, "--format", "{{json .Manifest.Digest}}"]
    try:
        done = subprocess.run(  # noqa: S603 - our own arguments, no shell
            command, capture_output=True, text=True, timeout=REGISTRY_TIMEOUT_S, check=False
        )
    except (subprocess.TimeoutExpired, FileNotFoundError):
        return None
    return str(json.loads(done.stdout)) if done.returncode == 0 else None


def recipe_digest(folder: Path, recipe: Recipe) -> str:
    """Digest of a recipe's files; what a stand-in is cached by, together with the trusted certificates."""
    digest = hashlib.sha256(msgspec.json.encode(recipe))
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(f"{path.relative_to(folder)}\n".encode() + path.read_bytes())
    return f"sha256:{digest.hexdigest()}"


def _cache_key(digest: str) -> str:
    bundle = _ca_bundle()
    trusted = bundle.read_bytes() + TRUST.read_bytes() if bundle else b""
    return hashlib.sha256(digest.encode() + TRIM.read_bytes() + trusted).hexdigest()


def _stand_in(folder: Path, recipe: Recipe) -> str:
    """The stand-in's image, from the engine's cache or made now."""
    image = f"{LOCAL}/{recipe.ref}"
    key = _cache_key(recipe_digest(folder, recipe))
    if _label(image) != key:
        labels = {RECIPE_LABEL: key, "handbook.stand-in": recipe.ref}
        build(folder, image, contexts={"root": _root(recipe)}, labels=labels)
    return image


def _root(recipe: Recipe) -> str:
    """The distribution's root file system for a recipe, shared by all that name the same packages."""
    key = _cache_key(f"{recipe.suite} {' '.join(sorted(recipe.packages))}")
    image = f"{LOCAL}/root:{recipe.suite}-{key[:12]}"
    with _one_maker(f"root-{key[:12]}"):
        if _label(image) == key:
            return image
        with tempfile.TemporaryDirectory(prefix="handbook-root-") as folder:
            tar = Path(folder) / "root.tar"
            _bootstrap(recipe, tar)
            bare = "".join(docker("import", str(tar), f"{image}-bare"))
        _trust(f"{image}-bare", bare, image, key)
        try_docker("image", "rm", f"{image}-bare")
    return image


def _bootstrap(recipe: Recipe, tar: Path) -> None:
    command = ["mmdebstrap", "--variant=minbase", f"--include={','.join(recipe.packages)}"]
    # No translations, no fsync a file, and afterwards what the official slim images leave out.
    command += ['--aptopt=Acquire::Languages "none"', "--dpkgopt=force-unsafe-io", f"--customize-hook={TRIM}"]
    command += [recipe.suite, str(tar)]
    try:
        done = subprocess.run(  # noqa: S603 - our own arguments, no shell
            command, capture_output=True, text=True, timeout=ROOT_TIMEOUT_S, check=False, stdin=subprocess.DEVNULL
        )
    except FileNotFoundError:
        message = "stand-in bases need mmdebstrap: `apt-get install mmdebstrap`, or set HANDBOOK_INSTALL_ENGINE=1"
        raise EngineError(message) from None
    except subprocess.TimeoutExpired:
        message = f"mmdebstrap {recipe.suite} did not end within {ROOT_TIMEOUT_S:.0f} s"
        raise EngineError(message) from None
    if done.returncode != 0:
        raise engine_error(f"mmdebstrap {recipe.suite}", done.stderr)


def _trusting(reference: str, digest: str) -> str:
    """A registry's image with this network's certificates on top."""
    image = f"{LOCAL}/trusting/{reference}"
    key = _cache_key(digest)
    if _label(image) != key:
        _trust(reference, digest, image, key)
    return image


def _trust(source: str, digest: str, image: str, key: str) -> None:
    bundle = _ca_bundle()
    with tempfile.TemporaryDirectory(prefix="handbook-ca-") as folder:
        context = Path(folder)
        (context / "Dockerfile").write_text(TRUST.read_text() if bundle else "FROM root\n")
        if bundle:
            (context / "ca-bundle.crt").write_bytes(bundle.read_bytes())
        build(context, image, contexts={"root": source}, labels={RECIPE_LABEL: key, "handbook.from": digest})


def _label(image: str) -> str | None:
    found = try_docker("image", "inspect", "--format", f'{{{{index .Config.Labels "{RECIPE_LABEL}"}}}}', image)
    return found[0] if found else None


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


@contextmanager
def _one_maker(name: str) -> Iterator[None]:
    """Only one process of this machine makes a base at a time; the others wait and find it made."""
    with (Path(tempfile.gettempdir()) / f"handbook-base-{_safe(name)}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _safe(name: str) -> str:
    return "".join(sign if sign.isalnum() else "-" for sign in name)


__all__ = ["Choice", "Ground", "Recipe", "costs", "has_recipe", "recipe_digest", "resolve"]
