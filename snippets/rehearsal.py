"""A snippet's commands -> findings: the strings on the page, run in their order in a fresh copy of the directory."""

import time
from collections.abc import Sequence
from pathlib import Path

from snippets.contract import Finding, Verdict
from snippets.engine import Engine
from snippets.engine.stage import published_port, staged
from snippets.objection import command_rules
from snippets.snippet import Snippet

TAIL_LINES = 15


def rehearse(engine: Engine, snippet: Snippet, folder: Path) -> tuple[Sequence[Finding], str]:
    """Run every command until one fails; the findings, and the last one with the end of what it printed.

    Raises EngineError where the engine is at fault.
    """
    findings: list[Finding] = []
    last = ""
    with published_port(), staged(engine, snippet, folder, f"{snippet.name}-commands") as stage:
        for name, string in snippet.commands.items():
            started = time.monotonic()
            done = stage.run(string)
            took_s = time.monotonic() - started
            findings.append(
                Finding(
                    promise=f"command-{name}",
                    rules=command_rules(),
                    verdict=Verdict.KEPT if done.returncode == 0 else Verdict.BROKEN,
                    seen=f"exit {done.returncode} after {took_s:.1f} s",
                    took_s=round(took_s, 2),
                )
            )
            last = "\n".join([f"`{string}`", *done.stdout.splitlines()[-TAIL_LINES:]])
            if done.returncode != 0:
                break
    return findings, last
