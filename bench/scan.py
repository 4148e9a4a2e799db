"""An image's stream -> milliseconds a MiB that one pass over it takes, and the memory that it takes.

    python -m bench.scan MIB

reads one of so many MiB, in a process that does nothing else, and prints both as JSON. The stream comes from
a `docker` of ours, first on PATH: an engine that exports is no part of it.
"""

import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.figure import Figure
from bench.proof import Say
from bench.shell import ROOT, run
from bench.stream import MIB, PLANTED, names
from snippets.contract.container.contents import FILE, LEFT_OVER, PROGRAM, SECRET
from snippets.engine.subjects import scan as engine

STREAM_MIB = 500
MS = 1000.0
_DOCKER = """#!{python}
import sys
sys.path.insert(0, {root!r})
from bench.stream import write
assert sys.argv[1:3] == ["image", "save"], sys.argv
write(sys.stdout.buffer, {mib}, {canary!r})
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """One pass: MiB of files, seconds, and the most MiB of memory above what the process held before."""

    mib: float
    took_s: float
    above_mib: float


def scan(rounds: int, say: Say) -> Figure:
    """As milliseconds, so that less is better, as of every figure; 5 ms are 200 MiB a second."""
    passes = _passes("scan", rounds, say)
    return Figure.judged(
        "scan", f"one pass over the layers of an image of {STREAM_MIB} MiB, a MiB",
        limit=5.0, values=[MS * done.took_s / done.mib for done in passes], unit="ms",
        parts={"MiB a second": [done.mib / done.took_s for done in passes]},
    )  # fmt: skip


def scan_memory(rounds: int, say: Say) -> Figure:
    """The most that the process held at any time, above what it held before."""
    return Figure.judged(
        "scan-memory", f"memory that a pass over {STREAM_MIB} MiB of layers takes",
        limit=64.0, values=[done.above_mib for done in _passes("scan-memory", rounds, say)], unit="MiB", parts={},
    )  # fmt: skip


def measure(mib: int, planted: str = FILE) -> Pass:
    """Scan a stream with what the contract looks for; a pass that does not find all of it is none."""
    with tempfile.TemporaryDirectory(prefix="handbook-stream-") as folder:
        docker = Path(folder) / "docker"
        docker.write_text(_DOCKER.format(python=sys.executable, root=str(ROOT), mib=mib, canary=planted))
        docker.chmod(0o755)
        path = os.environ["PATH"]
        os.environ["PATH"] = f"{folder}{os.pathsep}{path}"
        try:
            # What a process held earlier and gave back is no part of the peak: https://man7.org/linux/man-pages/man5/proc_pid_clear_refs.5.html
            Path("/proc/self/clear_refs").write_text("5")
            before, started = held_kib("VmRSS"), time.monotonic()
            sought = re.compile(f"{LEFT_OVER.pattern}|{PROGRAM.pattern}")
            contents = engine.scan("sha256:1d", names(), (), (SECRET, FILE), sought)
            took_s = time.monotonic() - started
            above_mib = max(held_kib("VmHWM") - before, 0) / 1024
        finally:
            os.environ["PATH"] = path
    read_mib = contents.own_bytes / MIB
    seen = {(place.canary, place.what) for place in contents.places}
    assert seen == {(FILE, f"/{PLANTED}")}, seen
    assert mib <= read_mib < mib + 2, read_mib
    return Pass(mib=read_mib, took_s=took_s, above_mib=above_mib)


def held_kib(field: str) -> int:
    """Resident memory of this process, "VmRSS" now or "VmHWM" at most since it began.

    Not by getrusage: on Linux its peak is inherited from whoever started the process.
    """
    status = Path("/proc/self/status").read_text()
    return int(status.partition(f"{field}:")[2].split()[0])


def _passes(name: str, rounds: int, say: Say) -> Sequence[Pass]:
    passes = []
    for _ in range(rounds):
        told = json.loads(run([sys.executable, "-m", "bench.scan", str(STREAM_MIB)]).output)
        passes.append(Pass(**told))
        say(f"{name}: {passes[-1].mib / passes[-1].took_s:.0f} MiB/s, {passes[-1].above_mib:.1f} MiB above")
    return passes


if __name__ == "__main__":
    done = measure(int(sys.argv[1]))
    sys.stdout.write(json.dumps({"mib": done.mib, "took_s": done.took_s, "above_mib": done.above_mib}))
