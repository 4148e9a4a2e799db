"""`nox -s docs` with nothing to prove against a bare `mkdocs build`, and the containers started meanwhile."""

import sys
import tempfile
import time
from pathlib import Path

from bench.bare import write_bare
from bench.checkout import Checkout, nox
from bench.figure import Figure
from bench.proof import Say
from bench.shell import ROOT, BenchError, clean_environment, run

QUIET = {"NO_MKDOCS_2_WARNING": "1"}


def unchanged(rounds: int, say: Say) -> Figure:
    """In this very checkout, whose records have to be current."""
    if stale := Checkout(root=ROOT).stale():
        message = f"something would be proven: {', '.join(stale)}. Run `nox -s docs`."
        raise BenchError(message)
    docs = [nox(), "-s", "docs"]
    with tempfile.TemporaryDirectory(prefix="handbook-bare-") as folder:
        settings = write_bare(Path(folder))
        bare = [sys.executable, "-m", "mkdocs", "build", f"--config-file={settings}"]
        # The environment is made, and all caches are warm, before the first round.
        _run(docs)
        _run(bare)
        since = time.time()
        ours, theirs = [], []
        for _ in range(rounds):
            ours.append(_run(docs))
            theirs.append(_run(bare))
            say(f"unchanged: {ours[-1]:.2f} s, bare {theirs[-1]:.2f} s")
        started = containers_started(since, time.time())
    return Figure.judged(
        "unchanged", "`nox -s docs` with nothing changed, as a bare `mkdocs build`", limit=1.5,
        values=[one / other for one, other in zip(ours, theirs, strict=True)],
        parts={"nox -s docs s": ours, "mkdocs build s": theirs}, containers=started,
    )  # fmt: skip


def containers_started(since: float, until: float) -> int:
    """How many the engine started between two moments, whoever asked for it."""
    bounds = (f"--since={since:.3f}", f"--until={until:.3f}")
    return len(run(["docker", "events", *bounds, "--filter=event=start", "--format={{.ID}}"]).output.split())


def _run(command: list[str]) -> float:
    return run(command, env=clean_environment() | QUIET).took_s
