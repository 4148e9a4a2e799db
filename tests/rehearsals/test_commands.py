"""The strings on the page are run, in their order, in a fresh copy of the snippet's directory."""

import time
from pathlib import Path

import pytest

from snippets.catalog import Catalog, load
from snippets.contract import Finding, Verdict
from snippets.engine import Engine
from snippets.engine.stage import published_port, staged
from snippets.evidence import rehearsal_rules
from snippets.recorder import Account, Witness

TAIL_LINES = 15
REHEARSED = [
    pytest.param(s.name, id=s.name, marks=pytest.mark.proves(*(f"{s.name}:command-{name}" for name in s.commands)))
    for s in load().snippets.values()
    if s.commands and not s.withheld
]


@pytest.mark.parametrize("name", REHEARSED)
def test_commands_run(name: str, catalog: Catalog, engine: Engine, witness: Witness, tmp_path: Path) -> None:
    """Every command of the page exits 0 when run after those above it."""
    snippet = catalog.snippets[name]
    findings: list[Finding] = []
    with published_port(), staged(engine, snippet, tmp_path, f"{name}-commands") as stage:
        for command, string in snippet.commands.items():
            started = time.monotonic()
            done = stage.run(string)
            took_s = time.monotonic() - started
            findings.append(
                Finding(
                    promise=f"command-{command}",
                    rules=rehearsal_rules(Path(__file__).name),
                    verdict=Verdict.KEPT if done.returncode == 0 else Verdict.BROKEN,
                    seen=f"exit {done.returncode} after {took_s:.1f} s",
                    took_s=round(took_s, 2),
                )
            )
            if done.returncode != 0:
                break
    witness.testify(
        Account(snippets=[name], findings=findings, engine=engine.description, bases=engine.bases(snippet))
    )

    said = "\n".join(done.stdout.splitlines()[-TAIL_LINES:])
    assert [f.verdict for f in findings] == [Verdict.KEPT] * len(snippet.commands), f"`{string}` {said}"
