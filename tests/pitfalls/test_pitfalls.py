"""Every pitfall is a one-edit mutant that a named promise or rehearsal catches, with a stated message."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from snippets.catalog import Catalog, load
from snippets.contract import NOT_UP, PROMISES, Project, Trial, Verdict
from snippets.contract.subject import Image
from snippets.engine import Engine
from snippets.errors import BuildError, ContainerError
from snippets.evidence import Capture
from snippets.matrix import PROPERTY, Row
from snippets.objection import fault_digest
from snippets.recorder import Witness
from snippets.snippet import Pitfall
from tests.rehearsals.compose import rehearsed

LIBRARY = load()
PITFALLS = [
    pytest.param(name, id=name.replace("/", "-"), marks=pytest.mark.proves(f"pitfall:{name}"))
    for name, pitfall in LIBRARY.pitfalls.items()
    if LIBRARY.snippets[pitfall.snippet].withheld is None
]
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
    """The mutant fails at the stated stage, by the stated promise or rehearsal, with the stated message."""
    pitfall = catalog.pitfalls[name]
    host = catalog.snippets[catalog.snippets[pitfall.snippet].host]
    if pitfall.table.stage == "rehearsal":
        row, stage, said = tried(pitfall, catalog, engine, tmp_path)
    else:
        witnesses = WITNESSES[request.config.getoption("--witnesses")]
        row, stage, said = judged(pitfall, catalog, engine, tmp_path, witnesses)

    assert (stage, row.killer) == (pitfall.table.stage, pitfall.table.promise), said
    assert re.search(pitfall.table.message, said), f"other words than stated: {said}"
    request.node.user_properties.append((PROPERTY, msgspec.json.encode(row).decode()))
    witness.capture(
        Capture(
            pitfall=name,
            digest=fault_digest(pitfall, catalog),
            stage=stage,
            error=said,
            engine=engine.description,
            stand_in=any(base.stand_in for base in engine.bases(host)),
            verified_at=datetime.now(UTC).replace(microsecond=0),
        )
    )


def judged(
    pitfall: Pitfall, catalog: Catalog, engine: Engine, folder: Path, witnesses: frozenset[str]
) -> tuple[Row, str, str]:
    """Who caught an image's mutant, how far it had got, and what was said."""
    owner = catalog.snippets[pitfall.snippet]
    try:
        image = engine.mutant(folder, catalog, catalog.snippets[owner.host], pitfall.replaced(owner))
    except BuildError as error:
        return Row(pitfall=pitfall.name, killer="builds-clean", asked=(), noticed=()), "build", str(error)
    with Trial(image) as trial:
        finding = PROMISES[pitfall.table.promise].judge(trial, image.project)
    assert finding.verdict is Verdict.BROKEN, f"{finding.promise} did not notice: {finding.verdict}, {finding.seen}"
    stage = "boot" if finding.seen.startswith(NOT_UP) else "contract"
    # What does not come up is noticed by all who boot it so, each after the time that they give it; what is killed
    # for its memory, by whoever happens to ask just then.
    telling = stage == "contract" and finding.promise != "fits-memory"
    asked = witnesses - {finding.promise} if telling else frozenset[str]()
    noticed = who_notices(image, image.project, asked)
    row = Row(pitfall=pitfall.name, killer=finding.promise, asked=sorted(asked), noticed=sorted(noticed))
    return row, stage, finding.seen


def tried(pitfall: Pitfall, catalog: Catalog, engine: Engine, folder: Path) -> tuple[Row, str, str]:
    """As `judged`, of a project of several containers: its rehearsal runs on the mutant, and has to fail."""
    owner = catalog.snippets[pitfall.snippet]
    slug = pitfall.table.promise
    try:
        seen = rehearsed(engine, owner, slug, folder, pitfall.replaced(owner))
    except (AssertionError, ContainerError) as error:
        # pytest adds what it compared.
        said = str(error).partition("\nassert ")[0]
        return Row(pitfall=pitfall.name, killer=slug, asked=(), noticed=()), "rehearsal", said
    raise AssertionError(f"{slug} did not notice: {seen}")


def who_notices(image: Image, project: Project, asked: Iterable[str]) -> frozenset[str]:
    """The promises that the same mutant breaks, of those that are asked."""
    with Trial(image) as trial:
        findings = [promise.judge(trial, project) for slug, promise in PROMISES.items() if slug in asked]
    assert not [finding.seen for finding in findings if finding.verdict is Verdict.ERROR]
    return frozenset(finding.promise for finding in findings if finding.verdict is Verdict.BROKEN)


@pytest.mark.parametrize("slug", list(PROMISES))
def test_every_promise_kills_a_pitfall(slug: str, catalog: Catalog) -> None:
    """A promise that no mutant breaks was never seen to fail."""
    assert [name for name, pitfall in catalog.pitfalls.items() if pitfall.table.promise == slug]
