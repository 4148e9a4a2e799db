"""Every pitfall is a one-edit mutant that a named promise catches, with a stated message."""

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
from snippets.errors import BuildError
from snippets.evidence import Capture
from snippets.matrix import PROPERTY, Row
from snippets.recorder import Witness

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
    """The mutant fails at the stated stage, by the stated promise, with the stated message."""
    pitfall = catalog.pitfalls[name]
    owner = catalog.snippets[pitfall.snippet]
    host = catalog.snippets[owner.host]
    asked: Iterable[str] = ()
    noticed: Iterable[str] = ()
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
        # What does not come up is noticed by all who boot it so, each after the time that they give it.
        if stage == "contract":
            asked = WITNESSES[request.config.getoption("--witnesses")] - {promise}
            noticed = who_notices(image, image.project, asked)

    assert (stage, promise) == (pitfall.table.stage, pitfall.table.promise), said
    assert re.search(pitfall.table.message, said), f"other words than stated: {said}"
    row = Row(pitfall=name, killer=promise, asked=sorted(asked), noticed=sorted(noticed))
    request.node.user_properties.append((PROPERTY, msgspec.json.encode(row).decode()))
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
