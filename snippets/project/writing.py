"""Changes -> files, all of them or none: what was interrupted is finished, or undone, by the next run."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import ProjectError
from .journal import FOLDER, Change, commit, recover
from .target import Target, parents, refuse_clashes

try:
    import fcntl
except ImportError:  # Windows has none: two runs at once are not told apart there.
    fcntl = None  # type: ignore[assignment]


def write(target: Target, changes: Sequence[Change]) -> None:
    """Make all changes; raises ProjectError, with nothing changed, where one of them cannot be made.

    All bytes lie beside their places before the first is renamed into its own. A run that is killed
    among the renames has left a journal, see `recover`.
    """
    if not changes:
        return
    refuse_clashes([change.path for change in changes])
    for change in changes:
        target.place(change.path)
    made = [above for above in _above(changes) if not (target.root / above).exists()]
    try:
        with _made(target.root), _alone(target):
            recover(target)
            if moved := [change.path for change in changes if target.read(change.path) != change.before]:
                raise ProjectError(*[f"{path}: changed just now; run the same command again" for path in moved])
            commit(target, changes, made)
    except OSError as error:
        where = error.filename if isinstance(error.filename, str) else str(target.root)
        raise ProjectError(f"{where}: {error.strerror}; nothing was changed") from None


@contextmanager
def _made(folder: Path) -> Iterator[None]:
    """A directory, with those above it; where the block fails, as many of them as there were before."""
    new = [place for place in (folder, *folder.parents) if not place.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        for place in new:
            with suppress(OSError):
                place.rmdir()
        raise


@contextmanager
def _alone(target: Target) -> Iterator[None]:
    """One run at a time in one project."""
    folder = target.root / FOLDER
    is_new = not folder.exists()
    folder.mkdir(exist_ok=True)
    try:
        handle = os.open(folder, os.O_RDONLY)
        try:
            if fcntl is not None:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            raise ProjectError(f"{target.root}: another `handbook` writes here; try again when it has ended") from None
        finally:
            os.close(handle)
    finally:
        if is_new:
            # Empty where nothing came of it.
            with suppress(OSError):
                folder.rmdir()


def _above(changes: Sequence[Change]) -> list[str]:
    return sorted({above for change in changes for above in parents(change.path)})
