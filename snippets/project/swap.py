"""One file -> its new bytes, such that no save of an editor's is lost: what was replaced is looked at once more.

Nothing is ever written over. What lies in a place is moved aside, and the new bytes take the place only while it is
empty: whoever saves in between has the place, and what was moved aside comes back or is kept under a name of its own.
"""

import errno
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .leases import settle
from .target import Target, content

BACKUP = ".before-handbook"
NEW, OLD, UNDONE = ".handbook-new-", ".handbook-old-", ".handbook-undone-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One file: what lies there (None: nothing), and what is to lie there (None: nothing).

    `executable` sets or takes away the right to run it, None leaves that; `like` is the path of a file whose
    permissions a new one takes.
    """

    path: str
    before: bytes | None
    after: bytes | None
    executable: bool | None = None
    like: str = ""


class EditedError(Exception):
    """Somebody else saved the file meanwhile, or removed it; what they did stands."""


class Swap:
    """One change under way. Its state is what lies on the disk: the new bytes, and what was moved aside for them."""

    def __init__(self, target: Target, change: Change) -> None:
        """Write the new bytes beside their place; raises OSError, ProjectError."""
        self.change = change
        self.place = target.place(change.path)
        self.new, self.old, self.undone = beside(self.place)
        if change.after is not None:
            try:
                _write(self.new, change.after, permissions(target, change))
                _keep_owner(self.new, self.place)
            except BaseException:
                self.new.unlink(missing_ok=True)
                raise

    def make(self) -> None:
        """Move aside what lies there and take the place; raises EditedError where that is not what was read."""
        if self.change.before is not None:
            try:
                _move(self.place, self.old)
            except FileNotFoundError:
                raise EditedError from None
            if not self.is_as_read():
                raise EditedError
        if self.change.after is not None:
            try:
                _put(self.new, self.place)
            except FileExistsError:
                raise EditedError from None

    def is_as_read(self) -> bool:
        """Whether what was moved aside is what the change was planned on."""
        return self.change.before is None or _bytes(self.old) == self.change.before

    def undo(self) -> None:
        """Bring back what was moved aside, whether all of `make` was done or a part; what was saved since stays."""
        is_placed = self.change.after is not None and (not _is_there(self.new) or _is_one(self.new, self.place))
        self.new.unlink(missing_ok=True)
        if is_placed:
            with suppress(FileNotFoundError):
                _move(self.place, self.undone)
                if _bytes(self.undone) != self.change.after:
                    _return(self.undone, self.place)
        if _is_there(self.old):
            # Whoever saved meanwhile may have found no file, and begun a new one: what was there is kept beside it.
            _return(self.old, self.place)
        if _is_there(self.undone):
            discard(self.undone, self.place, self.change.after)

    def drop(self) -> None:
        """Forget what was moved aside, after `settle` and `is_as_read`; what cannot go now goes with the next run."""
        with suppress(OSError):
            self.old.unlink()


def beside(place: Path) -> tuple[Path, Path, Path]:
    """Where new bytes wait for a place, where what lay there goes, and where what is undone goes."""
    new, old, undone = (place.with_name(f"{kind}{place.name}") for kind in (NEW, OLD, UNDONE))
    return new, old, undone


def discard(left: Path, place: Path, known: bytes | None) -> Path | None:
    """Remove what lay in a place where it is what was known; else keep it beside the place: where."""
    if settle([left]) and _bytes(left) == known:
        left.unlink()
        return None
    return keep(left, place)


def keep(left: Path, place: Path) -> Path:
    """Give what lay in a place a name that the reader sees beside it."""
    number = 1
    while True:
        kept = place.with_name(f"{place.name}{BACKUP}{f'-{number}' if number > 1 else ''}")
        try:
            _put(left, kept)
        except FileExistsError:
            number += 1
        else:
            return kept


def put_back(left: Path, place: Path) -> Path | None:
    """Bring back what a killed run moved aside: where it lies now, None where the place holds the same."""
    try:
        _put(left, place)
    except FileExistsError:
        return discard(left, place, _bytes(place))
    return place


def _return(left: Path, place: Path) -> None:
    try:
        _put(left, place)
    except FileExistsError:
        keep(left, place)


def _move(place: Path, aside: Path) -> None:
    if _is_there(aside):
        raise FileExistsError(errno.EEXIST, "in the way", str(aside))
    place.rename(aside)


def _put(source: Path, place: Path) -> None:
    """Give a file a name that nothing has, in one step; raises FileExistsError."""
    try:
        os.link(source, place, **({"follow_symlinks": False} if os.link in os.supports_follow_symlinks else {}))
    except FileExistsError:
        raise
    except (AttributeError, NotImplementedError, OSError):
        # A file system without links: an empty file holds the place, and whoever has filled it by then has it.
        os.close(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        if place.stat().st_size:
            raise FileExistsError(errno.EEXIST, "saved just now", str(place)) from None
        source.replace(place)
    else:
        # One file under two names until the next run, where this one cannot be taken away.
        with suppress(OSError):
            source.unlink()


def _write(place: Path, after: bytes, mode: int) -> None:
    """Write a file that was not there, and that nobody else can read before it has its own permissions."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(place, flags, 0o600), "wb") as file:
        file.write(after)
        file.flush()
        os.fsync(file.fileno())
    place.chmod(mode)


def permissions(target: Target, change: Change) -> int:
    """Those of the file that is replaced, or of the one it is like; else what every new file gets."""
    found = target.mode(change.path)
    found = target.mode(change.like) if found is None and change.like else found
    mode = _default_mode() if found is None else found & 0o777
    if change.executable is None:
        return mode
    return mode | (mode & 0o444) >> 2 if change.executable else mode & ~0o111


def _keep_owner(new: Path, place: Path) -> None:
    """Root writes into other people's projects."""
    with suppress(FileNotFoundError):
        found, ours = place.lstat(), new.lstat()
        if (found.st_uid, found.st_gid) != (ours.st_uid, ours.st_gid):
            with suppress(PermissionError):
                os.chown(new, found.st_uid, found.st_gid, follow_symlinks=False)


def _bytes(place: Path) -> bytes | None:
    """What a file holds; None where it is none, or cannot be read any more."""
    try:
        return content(place)
    except OSError:
        return None


def _is_there(place: Path) -> bool:
    return os.path.lexists(place)


def _is_one(one: Path, other: Path) -> bool:
    try:
        return os.path.samestat(one.lstat(), other.lstat())
    except FileNotFoundError:
        return False


def _default_mode() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
