"""What a killed run left beside the files of a project -> put back, by what lies there and on nobody's word.

There is no list of what is to be done: such a list would come with a clone as well. The same command, run again,
does what was not done.
"""

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..errors import ProjectError
from .lock import FOLDER, alone
from .note import NOTE, read_note
from .swap import NEW, OLD, UNDONE, put_back
from .target import Target, path_fault, why

# What an older handbook left to be finished; anybody can commit such a directory.
OLD_PENDING = f"{FOLDER}/pending"
OLD_STAGING = "staging-"


def is_interrupted(target: Target, paths: Iterable[str] = ()) -> bool:
    """Whether a killed run left something, beside what was copied or beside `paths`; or one is under way."""
    return any(_left(target, _folders([NOTE]))) or any(_left(target, _folders([*read_note(target).files, *paths])))


def recover(target: Target, paths: Iterable[str] = ()) -> list[str]:
    """Put back what a killed run moved aside, beside what was copied and beside `paths`: a sentence for each.

    Raises ProjectError where it cannot be put back, or another run is under way.
    """
    if not is_interrupted(target, paths):
        return []
    try:
        with alone(target):
            # The note first: it says where else to look.
            told = [_put_back(target, *left) for left in _left(target, _folders([NOTE]))]
            folders = _folders([*read_note(target).files, *paths])
            told += [_put_back(target, *left) for left in _left(target, folders)]
    except OSError as error:
        raise ProjectError(f"{error.filename}: {why(error)}; a run before this one left it") from None
    return [each for each in told if each]


def pending(target: Target) -> list[str]:
    """What an older handbook would have finished here, and this one does not: a sentence for each."""
    try:
        names = sorted(entry.name for entry in os.scandir(target.place(FOLDER)))
    except OSError:
        return []
    return [
        f"{FOLDER}/{name}: left by an older handbook, or laid there; nothing of it is done: look into it, remove it"
        for name in names
        if f"{FOLDER}/{name}" == OLD_PENDING or name.startswith(OLD_STAGING)
    ]


def _folders(paths: Iterable[str]) -> list[str]:
    return sorted({path.rpartition("/")[0] for path in paths})


def _left(target: Target, folders: Iterable[str]) -> Iterator[tuple[Path, str]]:
    """Each thing that was left, and the path that it was left for."""
    for folder in folders:
        try:
            place = target.place(folder) if folder else target.root
            names = sorted(entry.name for entry in os.scandir(place))
        except (OSError, ProjectError):
            continue
        for name in names:
            kind = next((kind for kind in (NEW, OLD, UNDONE) if name.startswith(kind)), None)
            path = f"{folder}/{name.removeprefix(kind)}".lstrip("/") if kind else ""
            if path and not path_fault(path):
                yield place / name, path


def _put_back(target: Target, left: Path, path: str) -> str:
    """What was done with it; bytes that waited to be written are made again by who wants them."""
    shown = left.relative_to(target.root).as_posix()
    if not stat.S_ISREG(left.lstat().st_mode):
        raise ProjectError(f"{shown}: not a file, and named as what `handbook` moves aside; remove it")
    if left.name.startswith(NEW):
        left.unlink()
        return ""
    place = target.place(path)
    lies = put_back(left, place)
    if lies is None:
        return ""
    said = "is back" if lies == place else f"was saved since, and {lies.name} is what it had moved aside"
    return f"a run before this one was interrupted: {path} {said}"
