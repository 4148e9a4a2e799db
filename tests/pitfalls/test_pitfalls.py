"""Every pitfall is a one-edit mutant that a named promise, rehearsal or command catches, with a stated message."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from snippets.catalog import Catalog, load
from snippets.catalog.admission import COMMAND_PREFIX
from snippets.contract import KNOWN, PROMISES
from snippets.contract.container.resources import fits_memory
from snippets.engine.engine import Engine
from snippets.engine.subjects.make import WHOLE, chosen
from snippets.evidence.objection import fault_digest
from snippets.evidence.records import Capture
from snippets.proving.judging import withheld
from snippets.proving.matrix import PROPERTY, MutantRow
from snippets.proving.mutants import caught_as_stated, who_notices
from snippets.proving.recorder import Witness

LIBRARY = load()
PITFALLS = [
    pytest.param(
        name,
        id=name.replace("/", "-"),
        marks=(pytest.mark.proves(f"pitfall:{name}"), *([pytest.mark.machine] if pitfall.table.machine else [])),
    )
    for name, pitfall in LIBRARY.pitfalls.items()
    # A container would not tell it.
    if chosen() is WHOLE or not pitfall.table.machine
]
# All that judges: the contract, what single snippets rehearse, and the commands of the pages.
JUDGEMENTS = list(
    dict.fromkeys(
        (
            *KNOWN,
            *(slug for snippet in LIBRARY.snippets.values() for slug in snippet.rehearsals),
            *(f"{COMMAND_PREFIX}{name}" for snippet in LIBRARY.snippets.values() for name in snippet.commands),
        )
    )
)
# They share three boots, and none of them sends more than a few requests.
QUICK = frozenset(
    {
        *("numeric-non-root", "read-only-root", "no-privileges", "server-is-pid-1", "reachable", "unprivileged-port"),
        *("config-meant", "assets-complete", "logs-structured", "state-explicit", "cpu-aware", "grace-adds-up"),
    }
)
WITNESSES = {"none": frozenset[str](), "quick": QUICK, "all": frozenset(PROMISES)}


@pytest.mark.parametrize("name", PITFALLS)
def test_pitfall_is_caught(  # noqa: PLR0913, PLR0917 - a fixture each
    name: str, catalog: Catalog, engine: Engine, witness: Witness, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """The mutant fails at the stated stage, by whom it states, with the stated message."""
    pitfall = catalog.pitfalls[name]
    owner = catalog.snippets[catalog.snippets[pitfall.snippet].carrier]
    if why := withheld(owner, engine):
        witness.withhold(name, why)
        return
    caught = caught_as_stated(pitfall, catalog, engine, tmp_path)

    # What does not come up is noticed by all who boot it so, each after the time that they give it; what is killed
    # for its memory, by whoever happens to ask just then.
    telling = caught.image is not None and caught.stage == "contract" and caught.by != fits_memory.slug
    witnesses = WITNESSES[request.config.getoption("--witnesses")]
    asked = sorted(witnesses - {caught.by}) if telling else []
    noticed = who_notices(caught.image, asked) if caught.image and asked else []
    row = MutantRow(pitfall=name, killer=caught.by, asked=asked, noticed=noticed)
    request.node.user_properties.append((PROPERTY, msgspec.json.encode(row).decode()))
    witness.capture(
        Capture(
            pitfall=name,
            digest=fault_digest(pitfall, catalog),
            stage=caught.stage,
            error=caught.said,
            engine=engine.description,
            stand_in=any(base.stand_in for base in engine.bases(owner)),
            verified_at=datetime.now(UTC).replace(microsecond=0),
            flaky=caught.flaky,
        )
    )


@pytest.mark.unrecorded
@pytest.mark.parametrize("slug", JUDGEMENTS)
def test_every_judgement_kills_a_pitfall(slug: str, catalog: Catalog) -> None:
    """A promise, a rehearsal or a command that no mutant breaks was never seen to fail."""
    assert [name for name, pitfall in catalog.pitfalls.items() if pitfall.table.promise == slug]
