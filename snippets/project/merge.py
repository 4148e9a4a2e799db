"""Three versions of one file -> one, by `git merge-file`."""

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ..errors import ProjectError

YOURS, THEIRS = "yours", "handbook"
# It gives the number of conflicts as its status; from here on it is an error's.
FAILED = 128


@dataclass(frozen=True, slots=True)
class Merged:
    """The merged bytes, and how many conflicts are marked in them."""

    content: bytes
    conflicts: int


def merge(yours: bytes, original: bytes, theirs: bytes) -> Merged:
    """Merge; raises ProjectError where git is not there or cannot."""
    with tempfile.TemporaryDirectory(prefix="handbook-merge-") as folder:
        files = []
        for name, content in (("yours", yours), ("original", original), ("theirs", theirs)):
            path = Path(folder, name)
            path.write_bytes(content)
            files.append(str(path))
        labels = ("-L", YOURS, "-L", "original", "-L", THEIRS)
        try:
            done = subprocess.run(  # noqa: S603 - our own arguments, no shell
                ["git", "merge-file", "--stdout", *labels, *files],  # noqa: S607 - the reader's own git
                capture_output=True,
                check=False,
            )
        except FileNotFoundError:
            raise ProjectError(
                "no `git` on PATH, which merges what you edited: install it, then run this again"
            ) from None
    if not 0 <= done.returncode < FAILED:
        raise ProjectError(f"git merge-file: {done.stderr.decode(errors='replace').strip()}")
    return Merged(content=done.stdout, conflicts=done.returncode)


def conflicts(content: bytes) -> int:
    """How many conflicts are marked in a file, by the labels that `merge` gives."""
    return sum(line.rstrip() == f"<<<<<<< {YOURS}".encode() for line in content.split(b"\n"))
