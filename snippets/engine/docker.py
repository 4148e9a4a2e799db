"""The docker command line: a program and its arguments -> its output, or one error that says what to do."""

import re
import time

from ..errors import EngineError
from .command import bounded
from .trace import trace

ABSENT = (
    "no container engine answers ({said}).\n"
    "Start one (`sudo systemctl start docker`), name one in DOCKER_HOST, or, as root on Debian or Ubuntu, "
    "run this command again with HANDBOOK_INSTALL_ENGINE=1."
)
_UNREACHABLE = (
    "Cannot connect to the Docker daemon",
    "error during connect",
    "connection refused",
    "Connection aborted",
    "EOF",
)
# What says nothing of a snippet, wherever it is read: in a build's log or under a reader's command.
_ENGINE_FAULTS = re.compile(
    r".*(?:Cannot connect to the Docker daemon|error during connect|no space left on device"
    r"|failed to create endpoint|failed to set up container networking|driver failed programming"
    r"|ERROR: [^\n]*\bUnavailable\b).*",
    re.MULTILINE,
)


def docker(*arguments: str, timeout_s: float = 120.0, stdin: str | None = None) -> list[str]:
    """Run `docker ARGUMENTS` and return the lines it printed; raises EngineError where it fails."""
    try:
        done = bounded(["docker", *arguments], timeout_s=timeout_s, stdin=stdin or "")
    except FileNotFoundError:
        raise EngineError(ABSENT.format(said="there is no `docker` program on PATH")) from None
    if done.status != 0:
        raise engine_error(f"docker {' '.join(arguments[:2])}", done.stderr)
    return done.stdout.splitlines()


def traced(*arguments: str, **known: str) -> list[str]:
    """Run it likewise, and tell the bench, with what else is known of it."""
    started = time.monotonic()
    printed = docker(*arguments)
    trace("docker", {"argv": ["docker", *arguments], **known}, started)
    return printed


def try_docker(*arguments: str) -> list[str]:
    """Run it likewise; nothing where it fails, for tidying up after an engine that may be gone."""
    try:
        return docker(*arguments)
    except EngineError:
        return []


def engine_error(command: str, said: str) -> EngineError:
    """Name the cause: no engine, a full disk, or the engine's own words."""
    # Its command line ends a refusal with where to read on.
    pointers = ("Run 'docker ", "See 'docker ")
    lines = [line for line in said.strip().splitlines() if line and not line.startswith(pointers)]
    last = lines[-1] if lines else "it said nothing"
    if any(sign in said for sign in _UNREACHABLE):
        return EngineError(ABSENT.format(said=last))
    if "no space left on device" in said:
        return EngineError(
            f"the engine's disk is full: {last}\nMake room (`docker system df`, `docker system prune`) and run again."
        )
    return EngineError(f"`{command}` failed: {last}")


def engine_fault(printed: str) -> str | None:
    """The line that shows the engine at fault and not what it was asked to do, or None."""
    found = _ENGINE_FAULTS.search(printed)
    return found[0] if found else None
