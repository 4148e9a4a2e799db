"""A command -> its output and the seconds it took, or an error that quotes its last lines."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from snippets.environment import EVIDENCE, TRACE
from snippets.errors import SnippetsError

ROOT = Path(__file__).parent.parent
TAIL_LINES = 25
# Not where everybody may write: a link could lie there under a name that can be foretold.
FAILURE = ROOT / ".cache" / "bench-failure.log"
# Of the session and the run that started us, and no part of what we start. Without bytecode every start
# would compile all it imports, which no reader waits for.
_INHERITED = (
    EVIDENCE.name,
    "HANDBOOK_RUN",
    TRACE.name,
    "NOX_CURRENT_SESSION",
    "PYTEST_ADDOPTS",
    "PYTHONDONTWRITEBYTECODE",
    "VIRTUAL_ENV",
)


class BenchError(SnippetsError):
    """A figure cannot be taken; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How a command ended: exit status, output and errors together, seconds."""

    status: int
    output: str
    took_s: float


def clean_environment() -> dict[str, str]:
    """What a command of a user's own shell would find."""
    return {name: value for name, value in os.environ.items() if name not in _INHERITED}


def run(command: Sequence[str], *, cwd: Path = ROOT, env: Mapping[str, str] | None = None, check: bool = True) -> Done:
    """Run it to its end; raises BenchError where it fails, unless the caller looks at the status."""
    started = time.monotonic()
    done = subprocess.run(  # noqa: S603 - our own arguments, no shell
        list(command), cwd=cwd, env=dict(env) if env is not None else clean_environment(), check=False, text=True,
        errors="replace", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    took_s = time.monotonic() - started
    if check and done.returncode != 0:
        tail = "\n".join(done.stdout.splitlines()[-TAIL_LINES:])
        FAILURE.parent.mkdir(exist_ok=True)
        FAILURE.write_text(done.stdout)
        message = f"`{' '.join(command)[:120]}` exits {done.returncode}:\n{tail}\nAll of it: {FAILURE}"
        raise BenchError(message)
    return Done(status=done.returncode, output=done.stdout, took_s=took_s)
