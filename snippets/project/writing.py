"""Changes -> files, all of them or none, and no save of anybody else's lost."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import ProjectError
from .leases import settle
from .lock import alone
from .swap import Change, EditedError, Swap
from .target import Target, parents, refuse_clashes

AGAIN = "changed just now, and every version of it is kept; nothing else was changed: run the same command again"


def write(target: Target, changes: Sequence[Change], read: Mapping[str, bytes | None] | None = None) -> None:
    """Make all changes; raises ProjectError, with nothing changed, where one of them cannot be made.

    `read` are files on which the changes rest without changing them: they have to be as they were read. A run that
    is killed leaves each file whole, or moved aside for `recover`; the same command makes what was not made.
    """
    if not changes:
        return
    refuse_clashes([change.path for change in changes])
    for change in changes:
        target.place(change.path)
    known = dict(read or {}) | {change.path: change.before for change in changes}
    try:
        with _made(target.root), alone(target):
            if moved := [path for path, before in known.items() if target.read(path) != before]:
                raise ProjectError(*[f"{path}: {AGAIN}" for path in moved])
            _commit(target, changes)
    except OSError as error:
        where = error.filename if isinstance(error.filename, str) else str(target.root)
        raise ProjectError(f"{where}: {error.strerror}; nothing was changed") from None


def _commit(target: Target, changes: Sequence[Change]) -> None:
    above = sorted({above for change in changes if change.after is not None for above in parents(change.path)})
    made = [folder for folder in above if not (target.root / folder).exists()]
    swaps: list[Swap] = []
    try:
        for folder in made:
            target.place(folder).mkdir(exist_ok=True)
        swaps += (Swap(target, change) for change in changes)
        for swap in swaps:
            _make(swap)
        _look_again(swaps)
    except BaseException:
        _undo(swaps)
        for folder in reversed(made):
            with suppress(OSError):
                (target.root / folder).rmdir()
        raise
    for swap in swaps:
        swap.drop()
    for change in changes:
        if change.after is None:
            _remove_empty(target, change.path)
    for parent in {swap.place.parent for swap in swaps}:
        _sync(parent)


def _look_again(swaps: Sequence[Swap]) -> None:
    """Raise ProjectError where somebody wrote to what was moved aside, as an editor does that had it open."""
    is_quiet = settle(swap.old for swap in swaps)
    if moved := [swap.change.path for swap in swaps if not swap.is_as_read()]:
        raise ProjectError(*[f"{path}: {AGAIN}" for path in moved])
    if not is_quiet:
        raise ProjectError("a file is open in another program, which writes to it: close it; nothing was changed")


def _make(swap: Swap) -> None:
    try:
        swap.make()
    except EditedError:
        raise ProjectError(f"{swap.change.path}: {AGAIN}") from None


def _undo(swaps: Sequence[Swap]) -> None:
    """Undo each, whatever becomes of the others; what cannot be brought back now lies beside its place."""
    left = []
    for swap in reversed(swaps):
        try:
            swap.undo()
        except OSError as error:
            left.append(f"{swap.change.path}: {error.strerror}; what was there is {swap.old.name}, beside it")
    if left:
        raise ProjectError(*left, "run the same command again, which puts it back")


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


def _remove_empty(target: Target, path: str) -> None:
    """Remove the directories that a file was the last of."""
    for above in reversed(list(parents(path))):
        with suppress(OSError):
            (target.root / above).rmdir()


def _sync(folder: Path) -> None:
    """Make renames in a directory last; systems that cannot open one do it by themselves."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
