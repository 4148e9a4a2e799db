"""Files that visitors bring, each under a name of ours in one directory that outlives the container."""

import os
import secrets
from pathlib import Path

from werkzeug.datastructures import FileStorage


def keep(folder: Path, upload: FileStorage) -> str:
    """Write it, whole and to the disk; return its name. Raises OSError.

    Only then is its row written: a row names a file that is there. A file without a row can be swept away.
    """
    name = secrets.token_hex(16)
    aside = folder / f".{name}"
    try:
        with aside.open("xb") as file:
            upload.save(file)
            file.flush()
            os.fsync(file.fileno())
        aside.rename(folder / name)
    finally:
        aside.unlink(missing_ok=True)
    return name
