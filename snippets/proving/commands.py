"""A snippet's commands -> findings: the strings on the page, run in their order in a fresh copy of the directory."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..catalog.admission import COMMAND_PREFIX
from ..catalog.snippet import Snippet
from ..contract import Finding, Verdict
from ..engine.engine import Engine
from ..engine.subjects.stage import published_port, staged
from ..evidence.objection import command_rules

TAIL_LINES = 15


def rehearse(
    engine: Engine,
    snippet: Snippet,
    folder: Path,
    commands: Mapping[str, str],
    replaced: Mapping[Path, str] | None = None,
) -> tuple[Sequence[Finding], str]:
    """Run every command until one fails; the findings, and the last one with the end of what it printed.

    `replaced` gives other text for some files, as a mutant has it. Raises EngineError where the engine is at fault.
    """
    findings: list[Finding] = []
    last = ""
    with published_port(), staged(engine, snippet, folder, f"{snippet.name}-commands", replaced) as stage:
        for name, string in commands.items():
            done = stage.run(string)
            findings.append(
                Finding(
                    promise=f"{COMMAND_PREFIX}{name}",
                    rules=command_rules(),
                    verdict=Verdict.KEPT if done.status == 0 else Verdict.BROKEN,
                    seen=str(done),
                    took_s=round(done.took_s, 2),
                )
            )
            last = "\n".join([f"`{string}`", *done.stdout.splitlines()[-TAIL_LINES:]])
            if done.status != 0:
                break
    return findings, last
