"""The strings on the page are run, in their order, in a fresh copy of the snippet's directory."""

from contextlib import nullcontext
from pathlib import Path

import pytest

from snippets.catalog import Catalog, load
from snippets.contract import Verdict
from snippets.engine.engine import Engine
from snippets.proving.commands import rehearse_twice
from snippets.proving.judging import withheld
from snippets.proving.recorder import Account, Witness
from snippets.proving.sharing import Subjects

REHEARSED = [
    pytest.param(s.name, id=s.name, marks=pytest.mark.proves(*(f"{s.name}:command-{name}" for name in s.commands)))
    for s in load().snippets.values()
    if s.commands
]


@pytest.mark.parametrize("name", REHEARSED)
def test_commands_run(  # noqa: PLR0913, PLR0917 - a fixture each
    name: str, catalog: Catalog, engine: Engine, witness: Witness, subjects: Subjects, tmp_path: Path
) -> None:
    """Every command of the page exits 0 when run after those above it."""
    snippet = catalog.snippets[name]
    if why := withheld(snippet, engine):
        witness.withhold(name, why)
        return
    # Hosts that some of them have brought it to are up for its rehearsals anyway.
    with subjects.arrived(snippet) if snippet.table.host else nullcontext() as arrived:
        findings, last = rehearse_twice(engine, snippet, tmp_path, arrived=arrived)
    bases = engine.bases(snippet)
    witness.testify(Account(snippets=[name], findings=findings, engine=engine.description, bases=bases))

    assert [finding.verdict for finding in findings] == [Verdict.KEPT] * len(snippet.commands), last
