"""What an image promises before it runs: it builds, from pinned inputs, and holds nothing private."""

import re

from snippets.contract.dockerfile import bases, build_arguments, build_secrets, stages
from snippets.contract.project import Project
from snippets.contract.promise import Judgement, kept_if, promise
from snippets.contract.subject import Image
from snippets.errors import BuildError

CANARY = "canary-5f1c9e-"
# BuildKit's own list for its rule SecretsUsedInArgOrEnv.
SECRETIVE = re.compile(r"apikey|auth|credential|key|password|passwd|pword|pswd|secret|token|\bdsn\b", re.IGNORECASE)
PRIVATE_FILES = (".env", "id_rsa", ".git/config", "node_modules/private/index.js", "server.pem", ".aws/credentials")


@promise(family="image", authority="https://docs.docker.com/build/building/multi-stage/")
def builds_clean(image: Image, project: Project) -> Judgement:
    """It builds from a clean checkout without a cache, and every stage resolves."""
    declared = stages((image.context / "Dockerfile").read_text())
    # The image itself was built without a cache; a stage that it does not need was not built at all.
    for stage in declared[:-1]:
        image.rebuilt(target=stage.name)
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
        return kept_if(condition=False, seen="names no input that a lock file pins")
    source = (image.context / stale.path).read_text()
    edited = source.replace(stale.find, stale.replace, 1)
    if edited == source:
        return kept_if(condition=False, seen=f"{stale.path} does not hold {stale.find!r}")
    try:
        image.rebuilt(edits={stale.path: edited.encode()})
    except BuildError as error:
        # Any failure would do for a careless check; it has to be this one.
        said = re.search(stale.message, str(error))
        seen = f"{len(references)} of {len(references)} bases pinned; a stale {stale.path} stops the build: "
        return kept_if(bool(said), seen + (f"“{said[0]}”" if said else f"but not for that reason:\n{error}"))
    return kept_if(condition=False, seen=f"built although {stale.path} was edited: no lock file was enforced")


def _exact(reference: str) -> bool:
    name, at, _ = reference.partition("@sha256:")
    tag = name.rpartition("/")[2].partition(":")[2]
    return bool(at) or (tag != "latest" and any(sign.isdigit() for sign in tag))


@promise(family="image", authority="https://docs.docker.com/reference/build-checks/secrets-used-in-arg-or-env/")
def no_secrets(image: Image, project: Project) -> Judgement:
    """A secret given to the build is in no layer, history entry, variable or label of the image."""
    dockerfile = (image.context / "Dockerfile").read_text()
    arguments = {name: CANARY + name for name in build_arguments(dockerfile) if SECRETIVE.search(name)}
    secrets = {name: CANARY + name for name in build_secrets(dockerfile)}
    # A key that the Dockerfile does not ask for is given as well: `COPY . .` must not pick it up.
    probe = image.rebuilt(arguments=arguments, secrets=secrets, edits={".env": f"KEY={CANARY}env\n".encode()})
    found = [f"{place.what} in {place.where}" for place in probe.find([CANARY])]
    named = [
        f"{name} in env" for name, value in probe.config.env.items() if SECRETIVE.search(name) and _filled(name, value)
    ]
    given = len(arguments) + len(secrets)
    asked = f"{given} secret(s) asked for by the build and 1 planted file" if given else "1 planted file"
    leaks = sorted({*found, *named})
    return kept_if(not leaks, f"{asked}: found {', '.join(leaks[:6]) or 'in no layer, history, variable or label'}")


def _filled(name: str, value: str) -> bool:
    """Tell a secret's value from the path of the file that holds it, and from public key ids of a base."""
    return bool(value) and not name.endswith(("_FILE", "_PATH")) and not name.startswith("GPG_")


@promise(family="image", authority="https://docs.docker.com/build/concepts/context/#dockerignore-files")
def no_context_leak(image: Image, project: Project) -> Judgement:
    """Private files that lie beside the Dockerfile reach no layer."""
    planted = {path: f"{CANARY}{path}\n".encode() for path in PRIVATE_FILES}
    # Also where they lie most often in truth: inside a directory that is copied whole.
    folders = sorted(p.name for p in image.context.iterdir() if p.is_dir() and not p.name.startswith("."))
    planted |= {f"{folder}/.env": f"{CANARY}{folder}\n".encode() for folder in folders}
    probe = image.rebuilt(edits=planted)
    found = sorted({f"{place.what} in {place.where}" for place in probe.find([CANARY])})
    return kept_if(not found, f"{len(planted)} planted files: {', '.join(found[:6]) or 'none reached a layer'}")
