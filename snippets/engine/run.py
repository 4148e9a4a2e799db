"""One run of ours: its identity on everything it starts, and the sweep of what dead runs left behind."""

import fcntl
import os
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ..errors import EngineError
from .docker import docker, try_docker
from .lock import had, own_folder
from .lock import opened as opened_lock

LABEL = "handbook.run"
COMPOSE_LABEL = "com.docker.compose.project"
IMAGES = "handbook.local/run"
VARIABLE = "HANDBOOK_RUN"
_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run: `key` is on each container, network, volume and image of it; `state` is its directory."""

    key: str
    state: Path

    @property
    def labels(self) -> dict[str, str]:
        """What everything we start carries."""
        return {LABEL: self.key}

    def tag(self, name: str) -> str:
        """An image reference that no other build has, and by which a later run finds what this one built.

        The containerd image store forgets an image whose last reference another one takes.
        """
        return f"{IMAGES}/{self.key}:{name}-{uuid.uuid4().hex[:12]}"

    def project(self, name: str) -> str:
        """A compose project's name, found by the sweep."""
        return f"handbook-{self.key}-{name}"


def current() -> Run | None:
    """The run that this process belongs to, opened by itself or by the process that started it."""
    key = os.environ.get(VARIABLE)
    return Run(key=key, state=own_folder() / key) if key else None


@contextmanager
def opened() -> Iterator[Run]:
    """Open a run, sweep what dead ones left, and leave nothing of this one; nested, it joins the outer one."""
    if (outer := current()) is not None:
        yield outer
        return
    key = uuid.uuid4().hex[:12]
    run = Run(key=key, state=own_folder() / key)
    run.state.mkdir(mode=0o700)
    # The kernel gives the lock back however we die, so a lock that can be had marks a dead run.
    handle = opened_lock(run.state / "lock.new", new=True)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        os.write(handle, f"{os.getpid()}\n".encode())
        # Only now under the name that others look for: between making and locking it we would look dead.
        (run.state / "lock.new").rename(run.state / "lock")
        os.environ[VARIABLE] = run.key
        try:
            sweep_dead()
            yield run
        finally:
            os.environ.pop(VARIABLE, None)
            try:
                sweep(run.key)
                shutil.rmtree(run.state, ignore_errors=True)
            except EngineError:
                # Its directory stays, and marks what the next run has to remove.
                pass
    finally:
        os.close(handle)


def sweep_dead() -> tuple[str, ...]:
    """Remove what runs of this user and machine left that ended without cleaning up; their keys."""
    return tuple(state.name for state in sorted(own_folder().iterdir()) if _swept(state))


def _swept(state: Path) -> bool:
    """Whether it was a dead run's, and is gone now: of several who sweep at a time one does, the others let it be."""
    if state.is_symlink() or (handle := had(state / "lock")) is None:
        return False
    try:
        sweep(state.name)
        # While the lock is ours: nobody else finds it without an owner.
        shutil.rmtree(state, ignore_errors=True)
    except EngineError:
        # No engine, so nothing to remove yet: the next run that finds one will.
        return False
    finally:
        os.close(handle)
    return True


def sweep(key: str) -> None:
    """Remove every container, network, volume and image of one run; EngineError where no engine answers."""
    projects = set(docker("ps", "--all", "--format", f'{{{{.Label "{COMPOSE_LABEL}"}}}}'))
    mine = [f"label={LABEL}={key}"]
    mine += [f"label={COMPOSE_LABEL}={project}" for project in projects if project.startswith(f"handbook-{key}-")]
    for chosen in mine:
        for listing, removal in (
            (("ps", "--all", "--quiet"), ("rm", "--force", "--volumes")),
            (("network", "ls", "--quiet"), ("network", "rm")),
            (("volume", "ls", "--quiet"), ("volume", "rm", "--force")),
        ):
            _remove((*listing, "--filter", chosen), removal)
    for pattern in (f"reference={IMAGES}/{key}", f"reference=handbook-{key}-*", f"label={LABEL}={key}"):
        listed = try_docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "--filter", pattern)
        if tags := [tag for tag in listed if not tag.endswith(":<none>")]:
            try_docker("image", "rm", "--force", *tags)


def _remove(listing: Sequence[str], removal: Sequence[str]) -> None:
    """Remove all that is listed; what went by itself meanwhile, as some containers do, is no fault."""
    for _ in range(_TRIES - 1):
        if not (found := docker(*listing)):
            return
        with suppress(EngineError):
            docker(*removal, *found)
            return
    if found := docker(*listing):
        docker(*removal, *found)
