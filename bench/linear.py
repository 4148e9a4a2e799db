"""Milliseconds a snippet to read, render and audit libraries of 10, 100 and 1,000 snippets."""

import json
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from statistics import median

from bench import synthetic
from bench.figure import Figure
from bench.proof import Say
from bench.shell import run

COUNTS = (10, 100, 1000)
MS = 1000.0


def linear(rounds: int, say: Say) -> Figure:
    """The worst of the three sizes is the figure; so linear it has to be.

    Each measurement has a process of its own. What a process does once, such as reading the source of
    the contract, it has done before: on a library of ten, whose time is said as well.
    """
    costs: defaultdict[int, list[float]] = defaultdict(list)
    parts: defaultdict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="handbook-synthetic-") as folder:
        synthetic.write(Path(folder) / "small", COUNTS[0])
        for count in COUNTS:
            synthetic.write(Path(folder) / str(count), count)
        for _ in range(rounds):
            for count in COUNTS:
                told = run([sys.executable, "-m", "bench.synthetic", folder, str(count)]).output
                took = json.loads(told)
                costs[count].append(sum(took["then"].values()) / count * MS)
                for part, seconds in took["then"].items():
                    parts[f"{count} {part} ms"].append(seconds / count * MS)
            parts["once ms"].append((sum(took["first"].values())) * MS - costs[COUNTS[0]][-1] * COUNTS[0])
            say("linear: " + ", ".join(f"{costs[count][-1]:.2f} ms a snippet of {count}" for count in COUNTS))
    worst = max(costs.values(), key=median)
    sizes = {f"of {count} ms": values for count, values in costs.items()}
    return Figure.judged(
        "linear", "catalogue + render + audit, a snippet, at the worst of 10, 100 and 1,000",
        limit=2.0, values=worst, parts={**sizes, **parts}, unit="ms",
    )  # fmt: skip
