"""A Linux machine -> one that takes what Windows takes, as far as programs notice while they write files."""

import fcntl
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from snippets.project import leases, lock


def play(monkeypatch: pytest.MonkeyPatch, *, links: bool = True) -> None:
    """No `fcntl`, but locks of bytes; directories that nobody opens, renames that replace nothing, modes of no effect.

    Without `links` on a file system that has none, as FAT.
    """

    def locking(handle: int, mode: int, count: int) -> None:
        del mode, count
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PermissionError(13, "Permission denied") from None

    monkeypatch.setattr(lock, "fcntl", None)
    monkeypatch.setattr(lock, "msvcrt", SimpleNamespace(locking=locking, LK_NBLCK=2))
    monkeypatch.setattr(leases, "fcntl", None)
    real_open, real_rename = os.open, os.rename

    def opening(path: Any, *arguments: Any, **options: Any) -> int:  # noqa: ANN401 - as the system's
        if isinstance(path, str | os.PathLike) and Path(path).is_dir():
            raise PermissionError(13, "Permission denied", str(path))
        return real_open(path, *arguments, **options)

    def renaming(source: Any, target: Any, **options: Any) -> None:  # noqa: ANN401 - as the system's
        if os.path.lexists(target):
            raise FileExistsError(17, "File exists", str(source), None, str(target))
        real_rename(source, target, **options)

    monkeypatch.setattr("os.open", opening)
    monkeypatch.setattr("os.rename", renaming)
    monkeypatch.setattr("os.chmod", lambda *_, **__: None)
    monkeypatch.setattr("os.umask", lambda _: 0)
    for name in ("O_NOFOLLOW", "O_NONBLOCK", "chown"):
        monkeypatch.delattr(f"os.{name}")
    if not links:
        monkeypatch.delattr("os.link")
