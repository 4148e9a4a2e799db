"""Every pitfall is a one-edit mutant that a named promise catches, with a stated message."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from snippets.catalog import Catalog, load
from snippets.contract import NOT_UP, Trial, Verdict
from snippets.engine import Engine
from snippets.errors import BuildError
from snippets.evidence import Capture
from snippets.recorder import Witness

LIBRARY = load()
PITFALLS = [
    pytest.param(name, id=name.replace("/", "-"), marks=pytest.mark.proves(f"pitfall:{name}"))
    for name, pitfall in LIBRARY.pitfalls.items()
    if LIBRARY.snippets[pitfall.snippet].withheld is None
]


@pytest.mark.parametrize("name", PITFALLS)
def test_pitfall_is_caught(name: str, catalog: Catalog, engine: Engine, witness: Witness, tmp_path: Path) -> None:
    """The mutant fails at the stated stage, by the stated promise, with the stated message."""
    pitfall = catalog.pitfalls[name]
    owner = catalog.snippets[pitfall.snippet]
    host = catalog.snippets[owner.host]
    try:
        image = engine.mutant(tmp_path, catalog, host, pitfall.replaced(owner))
    except BuildError as error:
        stage, promise, said = "build", "builds-clean", str(error)
    else:
        with Trial(image) as trial:
            finding = pitfall.promise.judge(trial, image.project)
        assert finding.verdict is Verdict.BROKEN, f"{finding.promise} did not notice: {finding.verdict}, {finding.seen}"
        stage = "boot" if finding.seen.startswith(NOT_UP) else "contract"
        promise, said = finding.promise, finding.seen

    assert (stage, promise) == (pitfall.table.stage, pitfall.table.promise), said
    assert re.search(pitfall.table.message, said), f"other words than stated: {said}"
    witness.capture(
        Capture(
            pitfall=name,
            digest=pitfall.digest(host),
            stage=stage,
            error=said,
            engine=engine.description,
            stand_in=any(base.stand_in for base in engine.bases(host)),
            verified_at=datetime.now(UTC).replace(microsecond=0),
        )
    )
