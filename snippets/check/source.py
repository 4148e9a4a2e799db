"""A directory -> a copy of what a clean checkout of it would hold: what an image is to be built from."""

import shutil
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..engine.command import OverdueError, bounded
from ..errors import ProjectError
from ..reading import regular

DOCKERFILE = "Dockerfile"
GIT_TIMEOUT_S = 60.0
# No Dockerfile that anybody wrote is as long, nor any file that is edited to see what follows.
LARGEST_BYTES = 4 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """The copy, the paths of all files in it, and how they were chosen."""

    root: Path
    files: Sequence[str]
    chosen: str


def assembled(folder: Path, target: Path) -> Checkout:
    """Copy what git knows of a directory and does not ignore, or all of it where there is no repository.

    Links are copied as links, sockets and pipes left out. Raises ProjectError where nothing can be built of it.
    """
    if not folder.is_dir():
        raise ProjectError(f"{folder}: no such directory")
    known = _known_to_git(folder)
    paths = sorted(_walked(folder) if known is None else known)
    chosen = f"{len(paths)} files, {'no git repository' if known is None else 'as git has them'}"
    if DOCKERFILE not in paths:
        why = "git ignores it" if (folder / DOCKERFILE).is_file() else "there is none"
        raise ProjectError(
            f"{folder / DOCKERFILE}: {why}; name the directory that has one, or a built image with --image REF"
        )
    try:
        regular(str(folder / DOCKERFILE), LARGEST_BYTES).decode()
    except UnicodeDecodeError as error:
        raise ProjectError(f"{folder / DOCKERFILE}: not UTF-8 at byte {error.start}") from None
    except OSError as error:
        raise ProjectError(f"{folder / DOCKERFILE}: {error.strerror}") from None
    try:
        for path in paths:
            place = target / path
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(folder / path, place, follow_symlinks=False)
    except OSError as error:
        raise ProjectError(f"{error.filename}: {error.strerror}") from None
    return Checkout(root=target, files=paths, chosen=chosen)


def _known_to_git(folder: Path) -> list[str] | None:
    """What is tracked, and what is new and not ignored; None where there is no repository, or no git."""
    command = ["git", "-C", str(folder), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        done = bounded(command, timeout_s=GIT_TIMEOUT_S, errors="surrogateescape")
    except FileNotFoundError:
        return None
    except OverdueError:
        raise ProjectError(f"{folder}: git did not list its files within {GIT_TIMEOUT_S:.0f} s") from None
    said = done.stderr.strip()
    if done.status != 0 and "not a git repository" in said:
        return None
    if done.status != 0:
        raise ProjectError(
            f"{folder}: git cannot list its files: {said.splitlines()[0] if said else 'no reason given'}"
        )
    listed = [path for path in done.stdout.split("\0") if path]
    # A submodule is listed as its directory, and a file that was removed is listed until that is committed.
    return [path for path in dict.fromkeys(listed) if _is_file(folder / path)]


def _walked(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        inner = path.relative_to(folder)
        if inner.parts[0] != ".git" and _is_file(path):
            yield inner.as_posix()


def _is_file(path: Path) -> bool:
    """A file, or a link wherever it leads."""
    try:
        mode = path.lstat().st_mode
    except OSError:
        return False
    return stat.S_ISREG(mode) or stat.S_ISLNK(mode)
