"""Templates as an earlier build compiled them -> what of them is whole; all else is compiled again, and kept anew."""

import hashlib
import os
import stat
import tempfile
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket

from .reading import regular

LARGEST_BYTES = 4 * 1024 * 1024
_SEAL_BYTES = hashlib.sha256().digest_size


def keep_compiled(env: Environment, folder: Path) -> None:
    """Have templates compiled once and not at each build, which is a fifth of its time.

    Jinja compiles again what has another source. Where nothing can be written, or another user could, nothing is kept.
    """
    # What Jinja does not check: that it is the Jinja which compiled them.
    folder /= f"jinja-{version('jinja2')}"
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK) and _is_ours(folder):
            env.bytecode_cache = SealedCache(folder)


def _is_ours(folder: Path) -> bool:
    """Whether nobody else could have put something there: what it holds is run."""
    about = folder.lstat()
    owner = getattr(os, "geteuid", lambda: about.st_uid)()
    return stat.S_ISDIR(about.st_mode) and about.st_uid == owner and not about.st_mode & stat.S_IWOTH


class SealedCache(BytecodeCache):
    """One file a template, its sha256 before it: unlike Jinja's own it reads nothing that was damaged.

    What is truncated, a pipe or a directory is not there; what cannot be written is not kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill the bucket where the file is whole."""
        with suppress(OSError):
            content = regular(str(self._file(bucket)), LARGEST_BYTES)
            seal, code = content[:_SEAL_BYTES], content[_SEAL_BYTES:]
            if hashlib.sha256(code).digest() == seal:
                bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Write the file, whole or not at all."""
        code = bucket.bytecode_to_string()
        with suppress(OSError):
            handle, temporary = tempfile.mkstemp(dir=self._folder)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(hashlib.sha256(code).digest() + code)
                Path(temporary).replace(self._file(bucket))
            finally:
                Path(temporary).unlink(missing_ok=True)

    def _file(self, bucket: Bucket) -> Path:
        return self._folder / f"{bucket.key}.cache"
