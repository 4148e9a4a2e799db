"""Files that may have come with a clone: regular ones, up to a size, and nothing else."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from snippets.reading import regular


def test_a_file_is_read_up_to_the_size_and_no_larger(tmp_path: Path) -> None:
    """Byte for byte, through a link as well: who minds links asks for them."""
    (tmp_path / "a").write_bytes(b"\r\n\0\xff")
    (tmp_path / "b").symlink_to("a")

    assert regular(str(tmp_path / "a"), 4) == b"\r\n\0\xff"
    assert regular(str(tmp_path / "b"), 5) == b"\r\n\0\xff"
    with pytest.raises(OSError, match=re.escape("4 bytes, larger than 3")):
        regular(str(tmp_path / "a"), 3)


def test_what_says_that_it_is_empty_is_read_no_further() -> None:
    """As files of the kernel do, and one that grows meanwhile."""
    with pytest.raises(OSError, match=re.escape("more than 10 bytes")):
        regular("/proc/self/status", 10)


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("lay", "why"),
    [
        (os.mkfifo, "not a regular file"),
        (os.mkdir, "not a regular file"),
        (lambda path: path.symlink_to("/dev/zero"), "not a regular file"),
        (lambda path: path.symlink_to("nowhere"), "No such file or directory"),
        (lambda path: path.symlink_to(path), "Too many levels of symbolic links"),
        (Path.exists, "No such file or directory"),
    ],
    ids=["pipe", "directory", "device", "dangling", "loop", "absent"],
)
def test_anything_else_is_an_error(tmp_path: Path, lay: Callable[[Path], object], why: str) -> None:
    """At once: a pipe would be waited for, a device read without an end."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    lay(tmp_path / "a")

    with pytest.raises(OSError, match=why) as refused:
        regular(str(tmp_path / "a"), 10)
    assert refused.value.strerror == why
    assert len(list(Path("/proc/self/fd").iterdir())) == before, "what was opened is closed"
