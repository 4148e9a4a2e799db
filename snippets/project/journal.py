"""Changes -> a journal beside the files of a project, from which a killed run is finished or undone."""

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import overload

import msgspec

from ..errors import ProjectError
from .target import Target

FOLDER = ".handbook"
PENDING = f"{FOLDER}/pending"
JOURNAL = "journal.json"
STAGING = "staging-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One file: what lies there (None: nothing), and what is to lie there."""

    path: str
    before: bytes | None
    after: bytes
    executable: bool = False


class _Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change by the digests of its bytes, which lie beside the journal."""

    path: str
    before: str | None
    after: str
    executable: bool


class _Journal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All steps, and the directories that had to be made for them, the outermost first."""

    steps: list[_Step]
    made: list[str]


def is_interrupted(target: Target) -> bool:
    """Whether a killed run left something to finish or undo."""
    return (target.root / PENDING).is_dir()


def recover(target: Target) -> str | None:
    """Finish what a killed run left, or undo it where a file was edited since: what was done, or None.

    Raises ProjectError where what it left cannot be understood.
    """
    target.place(PENDING)
    for folder in (target.root / FOLDER).glob(f"{STAGING}*"):
        shutil.rmtree(folder, ignore_errors=True)
    if not is_interrupted(target):
        return None
    journal = _journal(target)
    try:
        is_known = all(_digest(target.read(step.path)) in {step.before, step.after} for step in journal.steps)
        (_forward if is_known else _back)(target, journal)
        _clear(target)
    except OSError as error:
        raise ProjectError(f"{error.filename}: {error.strerror}; the run before this one is half done") from None
    return "finished" if is_known else "undone"


def commit(target: Target, changes: Sequence[Change], made: Sequence[str]) -> None:
    """Make all changes, or none; `made` are the directories that they need, which go again where they fail.

    Raises OSError where one of them cannot be made, ProjectError where a path leads out.
    """
    _stage(target, changes, made)
    journal = _journal(target)
    try:
        _forward(target, journal)
    except BaseException:
        _back(target, journal)
        _clear(target)
        raise
    # All is done: what cannot be cleared now is cleared by the next run, which finds nothing left to do.
    with suppress(OSError):
        _clear(target)


def _stage(target: Target, changes: Sequence[Change], made: Sequence[str]) -> None:
    """Put all bytes and the journal beside the project's files, under the name by which they count."""
    folder = Path(tempfile.mkdtemp(dir=target.root / FOLDER, prefix=STAGING))
    try:
        steps = []
        for change in changes:
            for content in (change.before, change.after):
                if content is not None:
                    _put(folder / _digest(content), content)
            before, after = _digest(change.before), _digest(change.after)
            steps.append(_Step(path=change.path, before=before, after=after, executable=change.executable))
        _put(folder / JOURNAL, msgspec.json.encode(_Journal(steps=steps, made=list(made))))
        _sync(folder)
        folder.rename(target.root / PENDING)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    _sync(target.root / FOLDER)


def _journal(target: Target) -> _Journal:
    path = target.root / PENDING / JOURNAL
    try:
        journal = msgspec.json.decode(path.read_bytes(), type=_Journal)
        for step in journal.steps:
            target.place(step.path)
    except (OSError, msgspec.DecodeError, ProjectError) as error:
        raise ProjectError(
            f"{PENDING}: a run was interrupted, and what it left is damaged ({error}); look into it, then remove it"
        ) from None
    return journal


def _forward(target: Target, journal: _Journal) -> None:
    _settle(target, [step for step in journal.steps if _digest(target.read(step.path)) != step.after], forward=True)


def _back(target: Target, journal: _Journal) -> None:
    """Undo what was done; what has been edited since is nobody's but the reader's."""
    done = [s for s in journal.steps if s.before != s.after and _digest(target.read(s.path)) == s.after]
    _settle(target, [step for step in done if step.before is not None], forward=False)
    for step in done:
        if step.before is None:
            target.place(step.path).unlink()
    for step in journal.steps:
        _beside(target.place(step.path), step.path, step.after).unlink(missing_ok=True)
    for folder in reversed(journal.made):
        # Ours holds the journal still.
        if folder != FOLDER:
            with suppress(OSError):
                (target.root / folder).rmdir()


def _settle(target: Target, steps: Sequence[_Step], *, forward: bool) -> None:
    """Put all bytes beside their places, which may be on another file system; then rename each into its own."""
    beside: list[tuple[Path, Path]] = []
    try:
        for step in steps:
            place, digest = target.place(step.path), str(step.after if forward else step.before)
            place.parent.mkdir(parents=True, exist_ok=True)
            temporary = _beside(place, step.path, digest)
            beside.append((temporary, place))
            mode = place.stat().st_mode & 0o777 if place.exists() else 0o666 & ~_umask()
            mode |= (mode & 0o444) >> 2 if step.executable and forward else 0
            _put(temporary, (target.root / PENDING / digest).read_bytes())
            temporary.chmod(mode)
        for temporary, place in beside:
            temporary.replace(place)
    finally:
        for temporary, _ in beside:
            with suppress(FileNotFoundError):
                temporary.unlink()
    for folder in {place.parent for _, place in beside}:
        _sync(folder)


def _beside(place: Path, path: str, digest: str) -> Path:
    """Where bytes wait beside their place, under a name that the next run finds again where this one is killed."""
    return place.with_name(f".handbook-{_digest(f'{path} {digest}'.encode())[:16]}")


def _clear(target: Target) -> None:
    # Under another name first: a journal without its bytes would be damaged.
    done = target.root / FOLDER / f"{STAGING}done"
    shutil.rmtree(done, ignore_errors=True)
    (target.root / PENDING).rename(done)
    shutil.rmtree(done, ignore_errors=True)


def _put(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Make renames in a directory last; systems that cannot open one do it by themselves."""
    with suppress(PermissionError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
        finally:
            os.close(handle)


@overload
def _digest(content: bytes) -> str: ...
@overload
def _digest(content: None) -> None: ...
def _digest(content: bytes | None) -> str | None:
    return None if content is None else hashlib.sha256(content).hexdigest()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
