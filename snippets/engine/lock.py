"""A file -> a lock that one process holds at a time; the kernel takes it from whoever dies."""

import errno
import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import EngineError

_TAKEN = {errno.ELOOP: "a link", errno.EISDIR: "a directory", errno.ENXIO: "a socket"}


def own_folder() -> Path:
    """Where this user's runs and locks are, closed to all others; raises EngineError where it is not this user's alone.

    Its name can be foretold, and everybody may write beside it: whoever made it first could lay links there.
    """
    try:
        folder = Path(tempfile.gettempdir()) / f"handbook-{os.getuid()}"
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        about = folder.lstat()
    except OSError as error:
        raise EngineError(f"no folder for locks: {error}. Name a directory where you may write in TMPDIR") from None
    if not stat.S_ISDIR(about.st_mode):
        why = "a link" if stat.S_ISLNK(about.st_mode) else "no directory"
    elif about.st_uid != os.geteuid():
        why = f"the folder of another user (uid {about.st_uid})"
    elif about.st_mode & 0o077:
        why = f"open to others (mode {stat.S_IMODE(about.st_mode):04o})"
    else:
        return folder
    raise EngineError(
        f"{folder} is {why}, and what lies in it may be anybody's: look at it, remove it with `rm -rf {folder}` "
        "and run this again, or name a directory of your own in TMPDIR"
    )


def lock_file(name: str) -> Path:
    """A lock of this user, by name."""
    return own_folder() / f"{name}.lock"


def opened(path: Path, *, new: bool = False) -> int:
    """Open a lock's file, made where there is none, or refused unless it is `new`; its descriptor, for who closes it.

    Nothing is written to it, a link is not followed and a pipe not waited for; raises EngineError for what is no file.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        handle = os.open(path, flags | os.O_EXCL if new else flags, 0o600)
    except OSError as error:
        raise EngineError(_refusal(path, _TAKEN.get(error.errno or 0, str(error.strerror)))) from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise EngineError(_refusal(path, "no regular file"))
    return handle


def _refusal(path: Path, why: str) -> str:
    return f"{path}: {why}, where a lock should be: look at it, and remove it with `rm -rf {path}`"


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Wait for the lock and hold it."""
    handle = opened(path)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def had(path: Path) -> int | None:
    """The descriptor of a lock that nobody holds, and we do now; None where there is none, or somebody holds it.

    Whoever held it until just now may have removed it: then it is nobody's lock any more.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        about = os.fstat(handle)
        if stat.S_ISREG(about.st_mode) and os.path.samestat(about, path.lstat()):
            return handle
    except OSError:
        pass
    os.close(handle)
    return None
