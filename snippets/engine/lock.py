"""A file -> a lock that one process holds at a time; the kernel takes it from whoever dies."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def own_folder() -> Path:
    """Where this user's runs and locks are: another user's files could not be opened."""
    folder = Path(tempfile.gettempdir()) / f"handbook-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def lock_file(name: str) -> Path:
    """A lock of this user, by name."""
    return own_folder() / f"{name}.lock"


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Wait for the lock and hold it."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
