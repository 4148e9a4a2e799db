"""A recipe -> a stand-in for a base that no registry gives, and any base with this network's certificates on top."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import msgspec

from ...catalog.metadata import read
from ...contract.project import Table
from ...environment import CA_BUNDLE, CERTIFICATES, INSTALL_ENGINE
from ...errors import EngineError
from ..build import build
from ..command import bounded
from ..docker import docker, engine_error, try_docker
from ..lock import held, lock_file
from .offline import material

RECIPES = Path(__file__).parent / "recipes"
TRIM = RECIPES / "trim-root"
TRUST = RECIPES / "with-ca-bundle" / "Dockerfile"
LOCAL = "handbook.local"
RECIPE_LABEL = "handbook.recipe"
ROOT_TIMEOUT_S = 600.0


class Recipe(Table, frozen=True):
    """recipes/<slug>/recipe.toml: packages of a distribution's suite, then a Dockerfile on top.

    `takes` are references of other recipes that its Dockerfile builds from; `offline` is what it takes from the folder
    that HANDBOOK_OFFLINE_BASES names: path -> sha256 in hex. What is `packaged` stands in for nothing and so differs
    from nothing: no registry has it, such as a host.
    """

    ref: str
    suite: str
    packages: list[str]
    version: list[str]
    differs: str = ""
    packaged: bool = False
    takes: list[str] = msgspec.field(default_factory=list)
    offline: dict[str, str] = msgspec.field(default_factory=dict)


@cache
def recipes() -> dict[str, tuple[Path, Recipe]]:
    """Reference -> the directory and the recipe that can stand in for it."""
    faults: list[str] = []
    found: dict[str, tuple[Path, Recipe]] = {}
    for path in sorted(RECIPES.glob("*/recipe.toml")):
        recipe = read(path, f"recipes/{path.parent.name}/recipe.toml", Recipe, faults)
        if recipe is not None:
            # Whoever forgets to say how it differs must not pass for the thing itself.
            if recipe.packaged == bool(recipe.differs.strip()) or (recipe.packaged and ":" in recipe.ref):
                faults.append(
                    f"recipes/{path.parent.name}/recipe.toml: either it differs from an image, or it is packaged"
                )
            found[recipe.ref] = (path.parent, recipe)
    # What one takes takes nothing in its turn: so nobody goes in circles.
    plain = sorted(ref for ref, (_, recipe) in found.items() if not recipe.takes)
    for folder, recipe in found.values():
        unknown = [taken for taken in recipe.takes if taken not in plain]
        faults += [
            f"recipes/{folder.name}/recipe.toml: takes {t}, which is none of {', '.join(plain)}" for t in unknown
        ]
    if faults:
        raise EngineError("\n".join(faults))
    return found


def ca_bundle() -> Path | None:
    """Certificates that builds must trust: HANDBOOK_CA_BUNDLE, else what this machine's own SSL_CERT_FILE names."""
    named = os.environ.get(CA_BUNDLE.name, os.environ.get(CERTIFICATES.name, ""))
    if not named:
        return None
    if not Path(named).is_file():
        message = f"{CA_BUNDLE.name}={named}: there is no such file"
        raise EngineError(message)
    return Path(named)


def recipe_digest(folder: Path, recipe: Recipe) -> str:
    """Digest of a recipe's files; what a stand-in is cached by, together with the trusted certificates."""
    digest = hashlib.sha256(msgspec.json.encode(recipe))
    for taken in recipe.takes:
        digest.update(recipe_digest(*recipes()[taken]).encode())
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(f"{path.relative_to(folder)}\n".encode() + path.read_bytes())
    return f"sha256:{digest.hexdigest()}"


def _cache_key(digest: str) -> str:
    bundle = ca_bundle()
    trusted = bundle.read_bytes() + TRUST.read_bytes() if bundle else b""
    return hashlib.sha256(digest.encode() + TRIM.read_bytes() + trusted).hexdigest()


def stand_in(folder: Path, recipe: Recipe) -> str:
    """The stand-in's image, from the engine's cache or made now; its material is looked at either way."""
    folders = {"offline": material(recipe.ref, recipe.offline)} if recipe.offline else {}
    key = _cache_key(recipe_digest(folder, recipe))
    # Of another checkout's recipe the same reference is another image: neither takes it from under the other.
    image = f"{LOCAL}/{safe(recipe.ref)}:{key[:12]}"
    if _label(image) != key:
        labels = {RECIPE_LABEL: key, "handbook.stand-in": recipe.ref}
        contexts = {"root": _root(recipe)}
        for taken in recipe.takes:
            with one_maker(taken):
                contexts[taken] = stand_in(*recipes()[taken])
        build(folder, image, contexts=contexts, folders=folders, labels=labels)
    return image


def _root(recipe: Recipe) -> str:
    """The distribution's root file system for a recipe, shared by all that name the same packages."""
    key = _cache_key(f"{recipe.suite} {' '.join(sorted(recipe.packages))}")
    image = f"{LOCAL}/root:{recipe.suite}-{key[:12]}"
    with one_maker(f"root-{key[:12]}"):
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
        done = bounded(command, timeout_s=ROOT_TIMEOUT_S)
    except FileNotFoundError:
        message = f"stand-in bases need mmdebstrap: `apt-get install mmdebstrap`, or set {INSTALL_ENGINE.name}=1"
        raise EngineError(message) from None
    if done.status != 0:
        raise engine_error(f"mmdebstrap {recipe.suite}", done.stderr)


def trusting(reference: str, digest: str) -> str:
    """A registry's image with this network's certificates on top."""
    image = f"{LOCAL}/trusting/{safe(reference)}"
    key = _cache_key(digest)
    if _label(image) != key:
        _trust(reference, digest, image, key)
    return image


def _trust(source: str, digest: str, image: str, key: str) -> None:
    bundle = ca_bundle()
    with tempfile.TemporaryDirectory(prefix="handbook-ca-") as folder:
        context = Path(folder)
        (context / "Dockerfile").write_text(TRUST.read_text() if bundle else "FROM root\n")
        if bundle:
            (context / "ca-bundle.crt").write_bytes(bundle.read_bytes())
        build(context, image, contexts={"root": source}, labels={RECIPE_LABEL: key, "handbook.from": digest})


def _label(image: str) -> str | None:
    found = try_docker("image", "inspect", "--format", f'{{{{index .Config.Labels "{RECIPE_LABEL}"}}}}', image)
    return found[0] if found else None


@contextmanager
def one_maker(name: str) -> Iterator[None]:
    """Only one process makes a base at a time; the others wait and find it made."""
    with held(lock_file(f"base-{safe(name)}")):
        yield


def safe(name: str) -> str:
    """A reference as the name of a file, a lock or an image."""
    return "".join(sign.lower() if sign.isalnum() else "-" for sign in name)
