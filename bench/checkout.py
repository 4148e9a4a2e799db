"""The checkout -> a copy of it in which snippets are edited and proven, so that nothing here changes."""

import os
import shutil
import sys
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.figure import workers
from bench.shell import ROOT, BenchError, Done, clean_environment, run
from snippets.environment import EVIDENCE

LEFT_OUT = (".git", ".nox", "site", "node_modules", "__pycache__", ".*_cache", "*.egg-info", ".venv")
MARK = "# bench "
# As the noxfile has it for `docs`.
PROOFS = ("tests/contract", "tests/rehearsals", "tests/pitfalls", "tests/tutorials")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """A copy of the checkout, and how to run things in it."""

    root: Path

    def environment(self, env: dict[str, str] | None = None) -> dict[str, str]:
        """So that this copy is imported, wherever the installed package says it is."""
        own = {"PYTHONPATH": str(self.root), EVIDENCE.name: str(self.root / "evidence")}
        return (clean_environment() if env is None else env) | own

    def prove(self, *what: str, env: dict[str, str] | None = None) -> Done:
        """Run the proofs as nox runs them."""
        spread = (f"--numprocesses={workers()}", "--durations=20")
        command = [sys.executable, "-m", "pytest", *what, *spread]
        return run(command, cwd=self.root, env=self.environment(env))

    def stale(self) -> Sequence[str]:
        """Names of what has no current record."""
        done = run(
            [sys.executable, "-c", "from snippets.cli import main; main()", "list", "--stale"],
            cwd=self.root, env=self.environment(), check=False,
        )  # fmt: skip
        if done.status not in {0, 1}:
            raise BenchError(done.output)
        return [line.partition(":")[0] for line in done.output.splitlines()]

    def edit(self, path: str) -> str:
        """Write another last line, a comment, into a file of the library; that line."""
        file = self.root / "snippets" / "library" / path
        lines = file.read_text().splitlines()
        if lines[-1].startswith(MARK):
            lines.pop()
        line = MARK + uuid.uuid4().hex
        file.write_text("\n".join([*lines, line, ""]))
        return line


@contextmanager
def copied() -> Iterator[Checkout]:
    """Copy the checkout as it is now, records included."""
    with tempfile.TemporaryDirectory(prefix="handbook-bench-") as folder:
        root = Path(folder) / "checkout"
        shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns(*LEFT_OUT), symlinks=True)
        yield Checkout(root=root)


def nox() -> str:
    """The `nox` that a reader would run, not one of the session that runs us."""
    own = Path(sys.executable).parent
    path = [place for place in os.environ["PATH"].split(os.pathsep) if Path(place) != own]
    program = shutil.which("nox", path=os.pathsep.join(path))
    if program is None:
        message = "there is no `nox` on PATH: `python -m pip install nox`"
        raise BenchError(message)
    return program
