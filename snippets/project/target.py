"""A directory and the paths in it -> places to write to, none of which leads out."""

import errno
import os
import re
import stat
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ..errors import ProjectError

# What a path may not hold on one system or another, so that a project can be checked out on all of them:
# https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f\\:<>"|?*]')
_DEVICES = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(?:\..*)?", re.IGNORECASE)
# What a terminal obeys instead of showing it, and what reads as another name: controls, directions, zero widths.
_UNSEEN = frozenset({"Cc", "Cf", "Co", "Zl", "Zp"})
# The second name that Windows gives a file: `GIT~1` is `.git`.
_SHORT = re.compile(r"[^.]{1,6}~[0-9]+(?:\.[^.]{0,3})?")
_GIT = ".git"
# Systems take 255 bytes, and what is written lies beside its place under a longer name first.
LONGEST = 230
_JUNCTION = 0xA0000003


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
            raise ProjectError(f"{folder}: {why(error)}") from None
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
            shown = place.relative_to(self.root).as_posix()
            if _is_link(place, shown):
                raise ProjectError(f"{shown}: a symbolic link; nothing is written through one")
            if twin := _twin(place):
                raise ProjectError(f"{shown}: {twin} is there, and some systems take the two for one")
        return place

    def read(self, path: str) -> bytes | None:
        """What lies there, or None; raises ProjectError where that is no file, or cannot be read."""
        try:
            return content(self.place(path))
        except (FileNotFoundError, NotADirectoryError):
            self._refuse_file_above(path)
            return None
        except OSError as error:
            raise ProjectError(f"{path}: {why(error)}") from None

    def mode(self, path: str) -> int | None:
        """Its permissions, None where nothing is; call `read` first, which knows what is no file."""
        try:
            return stat.S_IMODE(self.place(path).lstat().st_mode)
        except OSError:
            return None

    def _refuse_file_above(self, path: str) -> None:
        for above in parents(path):
            if (self.root / above).exists() and not (self.root / above).is_dir():
                raise ProjectError(f"{above}: a file, where a directory has to be")


def content(place: Path) -> bytes:
    """The bytes of a file; raises OSError where it is something else, for reading a pipe waits for ever."""
    _refuse_odd(place, place.lstat().st_mode)
    # It may be something else by now.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    handle = os.open(place, flags)
    try:
        _refuse_odd(place, os.fstat(handle).st_mode)
        with os.fdopen(handle, "rb", closefd=False) as file:
            return file.read()
    finally:
        os.close(handle)


def _refuse_odd(place: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "not a file", str(place))


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
    if unseen := [letter for letter in path if unicodedata.category(letter) in _UNSEEN]:
        return f"holds {unseen[0]!a}"
    try:
        path.encode()
    except UnicodeEncodeError:
        return "not UTF-8"
    return next((fault for part in parts if (fault := _part_fault(part))), None)


def _part_fault(part: str) -> str | None:
    if _DEVICES.fullmatch(part):
        return "the name of a device on Windows"
    if part.endswith((".", " ")):
        return "ends in a dot or a space, which Windows leaves out"
    if folded(part) == _GIT:
        return "git's own"
    if _SHORT.fullmatch(part):
        return "a short name on Windows, which may be any file's"
    return "longer than a name may be" if len(part.encode()) > LONGEST else None


def folded(name: str) -> str:
    """A name as systems see it that know no case, or one way only to write an accent."""
    return unicodedata.normalize("NFC", name).casefold()


def refuse_clashes(paths: Iterable[str]) -> None:
    """Refuse names of which a system that knows no case would make one; raises ProjectError that lists them."""
    named: dict[str, str] = {}
    listed = list(paths)
    files = set(listed)
    if len(files) < len(listed):
        raise ProjectError(*[f"{path}: named twice" for path in sorted(files) if listed.count(path) > 1])
    folders = {above for path in files for above in parents(path)}
    for path in sorted(files | folders):
        first = named.setdefault(folded(path), path)
        if first != path:
            raise ProjectError(f"{path} and {first}: some systems take the two for one")
    if both := sorted(files & folders):
        raise ProjectError(*[f"{path}: a file and a directory" for path in both])


def _is_link(place: Path, shown: str) -> bool:
    try:
        found = place.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise ProjectError(f"{shown}: {why(error)}") from None
    return stat.S_ISLNK(found.st_mode) or getattr(found, "st_reparse_tag", 0) == _JUNCTION


def _twin(place: Path) -> str | None:
    """The entry beside a place whose name some systems take for the same."""
    try:
        names = [entry.name for entry in os.scandir(place.parent)]
    except OSError:
        return None
    wanted = folded(place.name)
    return next((name for name in names if name != place.name and folded(name) == wanted), None)


def why(error: Exception) -> str:
    """What the system says of it, without the path."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
