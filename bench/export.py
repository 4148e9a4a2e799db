"""A real image -> its scan against `docker image save` of the same image into nowhere: what the engine leaves to gain.

The engine lays every layer out as an archive before it sends the first byte, so of an image that it holds no
reader is faster than that; `bench.scan` has the reader alone.
"""

import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.contract import SNIPPET, built
from bench.figure import Figure
from bench.proof import Say
from bench.shell import BenchError
from snippets.catalog import load
from snippets.contract.container.contents import FILE, PROGRAM, SECRET
from snippets.contract.observation import Contents
from snippets.engine.engine import Engine
from snippets.engine.run import opened

MIB = 1 << 20


def export(rounds: int, say: Say) -> Figure:
    """By turns, so that both find the same caches."""
    scans: list[float] = []
    saves: list[float] = []
    with opened() as run, tempfile.TemporaryDirectory(prefix="handbook-export-") as folder:
        image = built(Engine(run=run), load(), Path(folder) / "image")
        _save(image.id)
        for _ in range(rounds):
            saves.append(_save(image.id))
            started = time.monotonic()
            mib = read_mib(image.contents((SECRET, FILE), PROGRAM), image.layers)
            scans.append(time.monotonic() - started)
            say(f"export: {mib:.0f} MiB scanned in {scans[-1]:.2f} s, saved in {saves[-1]:.2f} s")
    return Figure.judged(
        "export", f"scan of a real image, {SNIPPET}, as `docker image save` of it into nowhere",
        limit=2.0, values=[scan / save for scan, save in zip(scans, saves, strict=True)],
        parts={"scan s": scans, "save s": saves, "MiB a second": [mib / scan for scan in scans]},
    )  # fmt: skip


def read_mib(contents: Contents, layers: Sequence[str]) -> float:
    """MiB of files in all layers; raises BenchError where not every layer was read, or none held a program."""
    if [layer.id for layer in contents.layers] != list(layers) or not contents.found:
        message = f"{len(contents.layers)} of {len(layers)} layers were read, {len(contents.found)} programs found"
        raise BenchError(message)
    return sum(layer.bytes for layer in contents.layers) / MIB


def _save(image: str) -> float:
    started = time.monotonic()
    command = ["docker", "image", "save", image]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own arguments, no shell
    return time.monotonic() - started
