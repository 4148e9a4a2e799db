"""A project -> one run at a time in it, by a lock of the system's own that a killed run cannot leave behind."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import ProjectError
from .target import Target

try:
    import fcntl
except ImportError:
    fcntl = None  # type: ignore[assignment]
try:
    import msvcrt
except ImportError:
    msvcrt = None  # type: ignore[assignment]

FOLDER = ".handbook"
LOCK = f"{FOLDER}/lock"


@contextmanager
def alone(target: Target) -> Iterator[None]:
    """Hold the project's lock, and leave nothing of it; raises ProjectError where another run has it, OSError."""
    folder, place = target.root / FOLDER, target.place(LOCK)
    handle = _held(target, place)
    try:
        yield
    finally:
        # While it is held: whoever waits at the door then finds that it is no lock any more, and takes the next.
        try:
            place.unlink(missing_ok=True)
        except OSError:
            is_left = True
        else:
            is_left = False
        os.close(handle)
        with suppress(OSError):
            # Windows removes nothing that is open.
            if is_left:
                place.unlink()
        with suppress(OSError):
            # Empty where nothing came of it.
            folder.rmdir()


def _held(target: Target, place: Path) -> int:
    while True:
        with suppress(FileExistsError):
            place.parent.mkdir()
        try:
            handle = _opened(place)
        except FileNotFoundError:
            # The run that had it removed the directory just now.
            continue
        is_ours = False
        try:
            _lock(handle)
            is_ours = _is_named(handle, place)
        except (BlockingIOError, PermissionError):
            raise ProjectError(f"{target.root}: another `handbook` writes here; try again when it has ended") from None
        finally:
            if not is_ours:
                os.close(handle)
        if is_ours:
            return handle


def _opened(place: Path) -> int:
    kind = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    # Without a lock of the system's own, that the file was not there is all there is.
    kind |= 0 if fcntl or msvcrt else os.O_EXCL
    try:
        handle = os.open(place, os.O_RDWR | os.O_CREAT | kind, 0o600)
    except FileExistsError:
        raise ProjectError(f"{place}: another `handbook` writes here, or was killed: remove the file then") from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise ProjectError(f"{LOCK}: not a file; remove it")
    return handle


def _lock(handle: int) -> None:
    """Take it, without waiting; raises OSError where somebody has it."""
    if fcntl:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    elif msvcrt:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined, unused-ignore]


def _is_named(handle: int, place: Path) -> bool:
    """Whether the file that is locked is the one that the next run will find."""
    try:
        return os.path.samestat(os.fstat(handle), place.lstat())
    except FileNotFoundError:
        return False
