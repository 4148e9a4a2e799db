"""What an image promises of its layers: nothing secret or private in them, no way to root, nothing left over."""

import re

from ...errors import NoSourceError
from ..dockerfile import build_arguments, build_secrets
from ..observation import Contents, Rebuild
from ..project import Project
from ..promise import Judgement, kept_if, promise
from ..subject import Image

MIB = 1 << 20
SECRET, FILE = "canary-5f1c9e-secret-", "canary-5f1c9e-file-"
# BuildKit's own list for its rule SecretsUsedInArgOrEnv.
SECRETIVE = re.compile(r"apikey|auth|credential|key|password|passwd|pword|pswd|secret|token|\bdsn\b", re.IGNORECASE)
PRIVATE_FILES = (".env", "id_rsa", ".git/config", "node_modules/private/index.js", "server.pem", ".aws/credentials")
# Programs that make programs, and what package managers keep for the next time.
LEFT_OVER = re.compile(
    r"/bin/(?:[\w]+-linux-\w+-)?(?:gcc|g\+\+|cc|c\+\+|clang|ld|make|cmake|cargo|rustc|go|javac)(?:-[\d.]+)?$"
    r"|^/var/lib/apt/lists/.+Packages|^/var/cache/apt/.+\.(?:deb|bin)$|^/var/cache/(?:apk|dnf|yum)/."
    r"|^/(?:root|home/[^/]+)/\.(?:cache|npm|cargo|nuget|m2)/.|/pnpm/store/."
)
PROGRAM = re.compile(r"/bin/[^/]+$")


def tempted(image: Image) -> Image:
    """The image built with a canary for each secret it asks for, private files beside it; an image alone as it is."""
    if not image.has_source:
        return image
    secrets, arguments = _asked_for((image.context / "Dockerfile").read_text())
    # A layer that the cache holds was made without this secret, and prints nothing.
    rebuild = Rebuild(edits=_planted(image), arguments=arguments, secrets=secrets, no_cache=bool(secrets))
    return image.rebuilt(rebuild)


def pass_over(image: Image) -> Contents:
    """One pass over its layers."""
    return image.once(tempted).contents((SECRET, FILE), re.compile(f"{LEFT_OVER.pattern}|{PROGRAM.pattern}"))


def _asked_for(dockerfile: str) -> tuple[dict[str, str], dict[str, str]]:
    """Secrets and arguments that a build asks for, each with a value that can be found again."""
    arguments = {name: SECRET + name for name in build_arguments(dockerfile) if SECRETIVE.search(name)}
    return {name: SECRET + name for name in build_secrets(dockerfile)}, arguments


def _planted(image: Image) -> dict[str, bytes]:
    # Also where they lie most often in truth: inside a directory that is copied whole.
    folders = sorted(p.name for p in image.context.iterdir() if p.is_dir() and not p.name.startswith("."))
    paths = [*PRIVATE_FILES, *(f"{folder}/.env" for folder in folders)]
    return {path: f"{FILE}{path}\n".encode() for path in paths}


@promise(family="image", authority="https://docs.docker.com/reference/build-checks/secrets-used-in-arg-or-env/")
def no_secrets(image: Image, project: Project) -> Judgement:
    """A secret given to the build is in no layer, history entry, variable or label, and in no build log."""
    secrets, arguments = _asked_for((image.context / "Dockerfile").read_text())
    found = {str(place) for place in image.once(pass_over).places if place.canary == SECRET}
    if secrets and SECRET in image.once(tempted).build_log:
        found.add("a secret in the build log")
    found |= {f"{name} in env" for name, value in image.config.env.items() if _holds_secret(name, value)}
    given = len(arguments) + len(secrets)
    asked = f"{given} secret(s) asked for by the build" if given else "the build asks for no secret"
    where = ", ".join(sorted(found)[:6]) or "none in a layer, history, variable, label or log"
    return kept_if(not found, f"{asked}: found {where}")


def _holds_secret(name: str, value: str) -> bool:
    """Tell a secret's value from the path of the file that holds it, and from public key ids of a base."""
    return bool(SECRETIVE.search(name) and value) and not name.endswith(("_FILE", "_PATH")) and name[:4] != "GPG_"


@promise(family="image", authority="https://docs.docker.com/build/concepts/context/#dockerignore-files")
def no_context_leak(image: Image, project: Project) -> Judgement:
    """Private files that lie beside the Dockerfile reach no layer."""
    found = sorted({str(place) for place in image.once(pass_over).places if place.canary == FILE})
    planted = len(_planted(image))
    return kept_if(not found, f"{planted} planted files: {', '.join(found[:6]) or 'none reached a layer'}")


@promise(family="image", authority="https://www.cisecurity.org/benchmark/docker")
def no_setuid(image: Image, project: Project) -> Judgement:
    """No file makes whoever runs it another user or group: none has the setuid or setgid bit."""
    contents = image.once(pass_over)
    found = ", ".join(contents.setuid[:6])
    return kept_if(not found, f"{len(contents.layers)} layers: {found or 'no file with setuid or setgid'}")


@promise(family="image", authority="https://docs.docker.com/build/building/best-practices/")
def lean(image: Image, project: Project) -> Judgement:
    """What the build adds stays below its budget, and holds no compiler, package cache or build tool."""
    if not image.has_source:
        # Nobody says which of its layers are the build's own.
        raise NoSourceError
    contents = image.once(pass_over)
    absent = {f"/{name}" for name in project.absent}
    left = [path for path in contents.found if LEFT_OVER.search(path) or path[path.rindex("/") :] in absent]
    added = contents.own_bytes / MIB
    seen = f"adds {added:.0f} of {project.size_mib} MiB to its base, "
    seen += f"left over: {', '.join(left[:4])}" if left else "no compiler, package cache or build tool"
    return kept_if(not left and added <= project.size_mib, seen)
