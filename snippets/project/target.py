"""A directory and the paths in it -> places to write to, none of which leads out."""

import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ..errors import ProjectError

# What a path may not hold on one system or another, so that a project can be checked out on all of them:
# https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f\\:<>"|?*]')
_DEVICES = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Target:
    """A project's directory, by its real path; it need not be there yet."""

    root: Path

    @classmethod
    def at(cls, folder: Path) -> Self:
        """Refuse what cannot become a directory of the reader's; raises ProjectError."""
        try:
            root = folder.resolve()
            nearest = next(place for place in (root, *root.parents) if place.exists())
            is_folder = nearest.is_dir()
        except (OSError, RuntimeError, ValueError) as error:
            raise ProjectError(f"{folder}: {_why(error)}") from None
        if not is_folder:
            raise ProjectError(f"{nearest}: a file, where a directory has to be")
        return cls(root)

    def place(self, path: str) -> Path:
        """Where a path of this project lies; raises ProjectError where it leads out, or through a link."""
        if fault := path_fault(path):
            raise ProjectError(f"{path!r}: {fault}")
        place = self.root
        for part in path.split("/"):
            place /= part
            if place.is_symlink():
                shown = place.relative_to(self.root).as_posix()
                raise ProjectError(f"{shown}: a symbolic link; nothing is written through one")
            if twin := _twin(place):
                shown = place.relative_to(self.root).as_posix()
                raise ProjectError(f"{shown}: {twin} is there, and some systems take the two for one")
        return place

    def read(self, path: str) -> bytes | None:
        """What lies there, or None; raises ProjectError where that is no file, or cannot be read."""
        place = self.place(path)
        try:
            # Not by its name twice: what was a file may be a pipe by now, and reading one waits for ever.
            handle = os.open(place, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        except (FileNotFoundError, NotADirectoryError):
            self._refuse_file_above(path)
            return None
        except OSError as error:
            raise ProjectError(f"{path}: {_why(error)}") from None
        try:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise ProjectError(f"{path}: not a file")
            with os.fdopen(handle, "rb", closefd=False) as file:
                return file.read()
        finally:
            os.close(handle)

    def _refuse_file_above(self, path: str) -> None:
        for above in parents(path):
            if (self.root / above).exists() and not (self.root / above).is_dir():
                raise ProjectError(f"{above}: a file, where a directory has to be")


def parents(path: str) -> Iterator[str]:
    """The directories that a path lies in, the outermost first."""
    return (path[:end] for end, letter in enumerate(path) if letter == "/")


def path_fault(path: str) -> str | None:
    """What speaks against writing a file of this name into somebody's project, or None."""
    parts = path.split("/")
    if not path or path.startswith("/") or re.match(r"[A-Za-z]:", path):
        return "not a relative path"
    if ".." in parts:
        return "leaves the directory"
    if "" in parts or "." in parts:
        return "not a plain path"
    if found := _FORBIDDEN.search(path):
        return f"holds {found[0]!r}"
    if any(_DEVICES.fullmatch(part) for part in parts):
        return "the name of a device on Windows"
    if any(part.endswith((".", " ")) for part in parts):
        return "ends in a dot or a space, which Windows leaves out"
    try:
        path.encode()
    except UnicodeEncodeError:
        return "not UTF-8"
    return None


def refuse_clashes(paths: Iterable[str]) -> None:
    """Refuse names of which a system that knows no case would make one; raises ProjectError that lists them."""
    named: dict[str, str] = {}
    listed = list(paths)
    files = set(listed)
    if len(files) < len(listed):
        raise ProjectError(*[f"{path}: named twice" for path in sorted(files) if listed.count(path) > 1])
    folders = {above for path in files for above in parents(path)}
    for path in sorted(files | folders):
        first = named.setdefault(path.casefold(), path)
        if first != path:
            raise ProjectError(f"{path} and {first}: some systems take the two for one")
    if both := sorted(files & folders):
        raise ProjectError(*[f"{path}: a file and a directory" for path in both])


def _twin(place: Path) -> str | None:
    """The entry beside a place that differs from it by case alone."""
    try:
        names = [entry.name for entry in os.scandir(place.parent)]
    except OSError:
        return None
    folded = place.name.casefold()
    return next((name for name in names if name != place.name and name.casefold() == folded), None)


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
