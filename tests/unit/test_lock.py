"""Locks and what is kept beside them: this user's alone, whatever lies where everybody may write."""

import fcntl
import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from snippets.engine.lock import had, held, lock_file, opened, own_folder
from snippets.errors import EngineError


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the folder of locks would be; everybody may write beside it."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path / f"handbook-{os.getuid()}"


def test_the_folder_is_closed_to_others(shared: Path) -> None:
    """Whatever the umask says, and whoever comes first."""
    before = os.umask(0)
    try:
        assert own_folder() == shared
    finally:
        os.umask(before)

    assert stat.S_IMODE(shared.stat().st_mode) == 0o700
    assert own_folder() == shared
    assert lock_file("port") == shared / "port.lock"


@pytest.mark.parametrize("mode", [0o777, 0o750, 0o701, 0o720])
def test_a_folder_that_others_reach_is_refused(shared: Path, mode: int) -> None:
    """What lies in it may be anybody's; the mend is in the message."""
    shared.mkdir()
    shared.chmod(mode)

    with pytest.raises(EngineError) as refused:
        own_folder()
    assert str(refused.value) == (
        f"{shared} is open to others (mode {mode:04o}), and what lies in it may be anybody's: look at it, "
        f"remove it with `rm -rf {shared}` and run this again, or name a directory of your own in TMPDIR"
    )


def test_a_folder_of_another_user_is_refused(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even by root, who could write there: a link in it would have led anywhere."""
    shared.mkdir(mode=0o700)
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)

    with pytest.raises(EngineError, match=rf"is the folder of another user \(uid {owner}\), and what lies in it"):
        own_folder()


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("lay", "why"),
    [
        (lambda path: path.symlink_to(path.parent), "a link"),
        (lambda path: path.symlink_to("nowhere"), "a link"),
        (Path.touch, "no directory"),
        (os.mkfifo, "no directory"),
    ],
    ids=["link", "dangling", "file", "pipe"],
)
def test_what_is_no_folder_is_refused(shared: Path, lay: Callable[[Path], object], why: str) -> None:
    """A link to a folder of ours is none of ours: it can be turned elsewhere."""
    lay(shared)

    with pytest.raises(EngineError, match=f"handbook-{os.getuid()} is {why}, and what lies in it may be anybody's"):
        own_folder()


def test_without_a_place_for_it_there_is_an_error(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By what to name."""
    monkeypatch.setattr(tempfile, "tempdir", str(shared / "nowhere"))

    with pytest.raises(EngineError, match=r"^no folder for locks: .*nowhere.*\. Name a directory .* in TMPDIR$"):
        own_folder()


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("lay", "why"),
    [
        (lambda path: path.symlink_to(path.parent / "precious"), "a link"),
        (lambda path: path.symlink_to("nowhere"), "a link"),
        (os.mkdir, "a directory"),
        (os.mkfifo, "no regular file"),
    ],
    ids=["link", "dangling", "directory", "pipe"],
)
def test_a_lock_is_a_file_of_its_own(tmp_path: Path, lay: Callable[[Path], object], why: str) -> None:
    """A link is not followed, a pipe not waited for, and what a link leads to keeps all of its bytes."""
    (tmp_path / "precious").write_text("all of it")
    lay(tmp_path / "a.lock")

    with pytest.raises(EngineError) as refused, held(tmp_path / "a.lock"):
        pass
    assert str(refused.value) == (
        f"{tmp_path}/a.lock: {why}, where a lock should be: look at it, and remove it with `rm -rf {tmp_path}/a.lock`"
    )
    assert (tmp_path / "precious").read_text() == "all of it"
    assert not (tmp_path / "nowhere").exists()
    assert had(tmp_path / "a.lock") is None


def test_a_lock_keeps_what_stands_in_its_file(tmp_path: Path) -> None:
    """Nothing of ours needs it emptied."""
    (tmp_path / "a.lock").write_text("123\n")

    with held(tmp_path / "a.lock"):
        assert had(tmp_path / "a.lock") is None
    assert (tmp_path / "a.lock").read_text() == "123\n"
    handle = had(tmp_path / "a.lock")
    assert handle is not None
    assert had(tmp_path / "a.lock") is None
    os.close(handle)


def test_a_new_lock_is_nobodys_before(tmp_path: Path) -> None:
    """It is made now, or refused; readable by this user alone."""
    os.close(opened(tmp_path / "lock", new=True))

    assert stat.S_IMODE((tmp_path / "lock").stat().st_mode) == 0o600
    with pytest.raises(EngineError, match="lock: File exists, where a lock should be"):
        opened(tmp_path / "lock", new=True)


@pytest.mark.parametrize("again", [False, True])
def test_a_lock_that_went_while_it_was_taken_is_nobody_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, again: bool
) -> None:
    """Whoever had it removed it, and may have made another by its name: neither is ours."""
    path = tmp_path / "a.lock"
    path.touch()
    take = fcntl.flock

    def late(handle: int, how: int) -> None:
        path.unlink()
        if again:
            path.touch()
        take(handle, how)

    monkeypatch.setattr(fcntl, "flock", late)
    assert had(path) is None
