"""A context directory -> an image, by `docker buildx build`, run by its id and never by a tag."""

import re
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..contract.dockerfile import bases, stages
from ..contract.observation import Rebuild
from ..errors import BuildError, EngineError
from .command import OverdueError, bounded
from .docker import ABSENT, engine_error, engine_fault
from .inspection import inspected
from .lock import held, lock_file
from .trace import trace

BUILD_TIMEOUT_S = 600.0
TAIL_LINES = 40
BUILD_LOCK = "build"
_UNRESOLVED = re.compile(r"failed to resolve source metadata for (\S+): (.+)")
# What a registry answers that has no such image.
_NO_SUCH_IMAGE = re.compile(r": not found$|repository does not exist")

_STEP = re.compile(r"^#(\d+) (?:[\d.]+ )?")
# Whom this machine asks for names and where its engine keeps a step's files differs on the next one.
_PLACES = re.compile(
    r" Head \"[^\"]*\": dial tcp: lookup [\w.-]+(?: on [\d.:]+)?:|/[\w/.-]*/buildkit-mount\d+| of ref [\w:-]+(?=:)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """An image by its id, the seconds that its build took, and what the builder printed."""

    id: str
    took_s: float
    log: str


def build_lock() -> Path:
    """What a shell locks that builds beside us."""
    return lock_file(BUILD_LOCK)


@contextmanager
def one_build() -> Iterator[None]:
    """One build at a time; boots go on meanwhile.

    BuildKit 0.13 brings the whole engine down (a nil pointer in `Job.walkProvenance`, seen on Docker
    26.1) when builds that share stages end together. It runs the stages of one build in parallel anyway.
    """
    with held(build_lock()):
        yield


ONCE = Rebuild()
ANEW = Rebuild(no_cache=True)


def build(  # noqa: PLR0913 - one keyword an option of the builder
    context: Path,
    tag: str,
    *,
    contexts: Mapping[str, str],
    folders: Mapping[str, Path] | None = None,
    labels: Mapping[str, str] | None = None,
    how: Rebuild = ONCE,
    timeout_s: float = BUILD_TIMEOUT_S,
) -> "Built":
    """Build an image.

    `contexts` maps a FROM reference to the image that stands in for it, `folders` a name to a folder
    that `COPY --from` may take from; `how` says what is different from a plain build, its edits being in the
    context already. Raises BuildError with the last lines where the Dockerfile does not
    build or hangs, EngineError where the engine is at fault.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="handbook-build-")))
        command = ["docker", "buildx", "build", "--progress=plain", f"--tag={tag}"]
        command += [f"--build-context={ref}=docker-image://{image}" for ref, image in contexts.items()]
        command += [f"--build-context={name}={path}" for name, path in (folders or {}).items()]
        command += [f"--build-arg={name}={value}" for name, value in how.arguments.items()]
        command += [f"--label={name}={value}" for name, value in (labels or {}).items()]
        for name, value in how.secrets.items():
            (folder / name).write_text(value)
            command.append(f"--secret=id={name},src={folder / name}")
        command += [f"--target={how.target}"] * (how.target is not None) + ["--no-cache"] * how.no_cache
        # No index around a plain image: one id, the same on every image store.
        command += ["--provenance=false", str(context)]
        stack.enter_context(one_build())
        # Waiting for others is not building.
        started = time.monotonic()
        log, status = _run(command, timeout_s)
        trace("build", {"argv": command, "no_cache": how.no_cache}, started)
        if status is None:
            message = f"the build hangs: no end within {timeout_s:.0f} s. Its last lines:"
            raise BuildError(message, _tail(log))
        if status != 0:
            raise _failure(log, context)
        took_s = time.monotonic() - started
    # What the builder calls it the containerd image store does not know: ask the engine.
    return Built(id=inspected(tag)["Id"], took_s=took_s, log=log)


def _run(command: list[str], timeout_s: float) -> tuple[str, int | None]:
    """Output and exit status; status None where it was ended for its time."""
    try:
        done = bounded(command, timeout_s=timeout_s, together=True)
    except FileNotFoundError:
        raise EngineError(ABSENT.format(said="there is no `docker` program on PATH")) from None
    except OverdueError as error:
        return error.done.stdout, None
    return done.stdout, done.status


def _failure(log: str, context: Path) -> BuildError | EngineError:
    """Tell the Dockerfile's fault from the engine's: a base that no registry gives, though it may have it."""
    if unresolved := _UNRESOLVED.search(log):
        reference, said = unresolved.groups()
        text = (context / "Dockerfile").read_text()
        # A name without a tag that `COPY --from` alone uses was meant to be a stage.
        tagged = {stage.base for stage in stages(text)}
        asked = next((base for base in bases(text) if _spelt(base, tagged=base in tagged) == reference), None)
        if asked is None or _NO_SUCH_IMAGE.search(said):
            return BuildError("the image does not build:", _tail(log))
        return EngineError(f"no registry gives {asked}: {said}\n`docker pull {asked}` has to work here first.")
    if fault := engine_fault(log):
        return engine_error("docker buildx build", fault)
    return BuildError("the image does not build:", _tail(log))


def _spelt(reference: str, *, tagged: bool) -> str:
    """A reference as the builder spells it out."""
    first, slash, rest = reference.partition("/")
    if not slash:
        reference = f"docker.io/library/{reference}"
    elif not re.search("[.:]", first) and first != "localhost":
        reference = f"docker.io/{reference}"
    return reference if not tagged or re.search("[:@]", rest or first) else f"{reference}:latest"


def _tail(log: str) -> str:
    """The last lines of the steps that failed, or of all where none did, without step numbers and times."""
    steps = [(found[1] if (found := _STEP.match(line)) else None, line) for line in log.splitlines()]
    failed = {step for step, line in steps if step and _STEP.sub("", line).startswith("ERROR")}
    shown = [line for step, line in steps if not failed or step is None or step in failed]
    lines = [_PLACES.sub("", _STEP.sub("", line)).rstrip() for line in shown]
    return "\n".join([line for line in lines if line][-TAIL_LINES:])
