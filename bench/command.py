"""How long a reader waits for a command, in starts of a bare interpreter."""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.figure import Figure
from bench.proof import Say
from bench.shell import run

HANDBOOK = str(Path(sys.executable).with_name("handbook"))
BARE = (sys.executable, "-c", "pass")
MS = 1000.0


def help_(rounds: int, say: Say) -> Figure:
    """What every command pays: the libraries that it is made of."""
    return _figure("help", ("--help",), 4.5, rounds, say)


def list_(rounds: int, say: Say) -> Figure:
    """All files are read, and each record is held against them."""
    return _figure("list", ("list",), 25.0, rounds, say)


def copy(rounds: int, say: Say) -> Figure:
    """The same for one snippet's files, which are then written so that a power cut loses none."""
    return _figure("copy", ("copy", "flask-uv"), 25.0, rounds, say)


def _figure(name: str, arguments: Sequence[str], limit: float, rounds: int, say: Say) -> Figure:
    """Each time in a directory that is new; the first time is for the caches."""
    ours, bare = [], []
    for _ in range(rounds + 1):
        with tempfile.TemporaryDirectory(prefix="handbook-command-") as folder:
            ours.append(MS * run([HANDBOOK, *arguments], cwd=Path(folder)).took_s)
            bare.append(MS * run(BARE).took_s)
    shown = f"handbook {' '.join(arguments)}"
    say(f"{name}: {min(ours[1:]):.0f} ms, an interpreter {min(bare[1:]):.0f} ms")
    return Figure.judged(
        name, f"`{shown}`, as the start of a bare interpreter", limit=limit,
        values=[one / other for one, other in zip(ours[1:], bare[1:], strict=True)],
        parts={f"{shown} ms": ours[1:], "python -c pass ms": bare[1:]},
    )  # fmt: skip
