"""A path that may have come with a clone -> the bytes of a regular file of bounded size; all else is an OSError."""

import errno
import os
import stat
from io import FileIO

# Neither is everywhere. A pipe is waited for as long as nobody writes to it; Windows turns line ends around.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def regular(path: str, largest: int) -> bytes:
    """What is in a file; raises OSError where it is none, or has more than `largest` bytes."""
    handle = os.open(path, _FLAGS)
    try:
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        if about.st_size > largest:
            raise OSError(errno.EFBIG, f"{about.st_size} bytes, larger than {largest}")
        # Neither a `Path` nor a buffer: together they take longer than reading. One byte more than there should be,
        # for it may have grown since.
        with FileIO(handle, closefd=False) as file:
            content = file.read(largest + 1)
        if len(content) > largest:
            raise OSError(errno.EFBIG, f"more than {largest} bytes")
        return content
    finally:
        os.close(handle)
