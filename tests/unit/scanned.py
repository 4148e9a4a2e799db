"""A scan of an image that a `docker` of a few lines exports, and the canaries that it looks for."""

import re
import shlex
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from snippets.contract.observation import Contents
from snippets.engine.subjects.scan import scan
from tests.unit.exports import diff_ids

MIB = 1 << 20
CANARY, OTHER = "canary-5f1c9e-secret-", "canary-5f1c9e-file-"
NOTHING = re.compile(r"(?!)")
SETUID = 0o4755
Exports = Callable[..., None]


def docker_of(folder: Path) -> Exports:
    """A `docker` that prints a stream, or what a command prints, says something, and exits."""
    program = folder / "docker"

    def write(stream: bytes = b"", *, command: str = "", said: str = "", status: int = 0) -> None:
        (folder / "export.tar").write_bytes(stream)
        program.write_text(
            f'#!/bin/sh\n[ "$*" = "image save sha256:1d" ] || exit 9\n{command or f"cat {folder}/export.tar"}\n'
            f"printf %s {shlex.quote(said)} >&2\nexit {status}\n"
        )
        program.chmod(0o755)

    return write


def read(
    layers: Sequence[bytes], base: Collection[str] = (), sought: re.Pattern[str] = NOTHING, ids: Sequence[str] = ()
) -> Contents:
    """Scan, and know the layers by their own digests where no others are given."""
    return scan("sha256:1d", ids or diff_ids(layers), base, (CANARY, OTHER), sought)
