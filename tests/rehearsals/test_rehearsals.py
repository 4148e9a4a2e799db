"""What is judged on subjects of several parts is kept: what a snippet alone rehearses, and what deployments promise."""

import pytest

from snippets.catalog import Catalog, load
from snippets.contract import Verdict
from snippets.engine.engine import Engine
from snippets.proving.judging import SEVERAL, of_several, rehearsed_image, withheld
from snippets.proving.recorder import Account, Witness
from snippets.proving.sharing import Subjects

FITTING = (Verdict.KEPT, Verdict.NOT_APPLICABLE)
# A container shares its kernel, which outlives it: what a power cut takes it cannot show, nor what a boot is.
ON_MACHINES = frozenset({"arrives-from-nothing", "survives-crash"})
REHEARSALS = [
    pytest.param(
        s.name,
        slug,
        id=f"{s.name}:{slug}",
        marks=(pytest.mark.proves(f"{s.name}:{slug}"), *([pytest.mark.machine] if slug in ON_MACHINES else [])),
    )
    for s in load().snippets.values()
    for slug in (*s.rehearsals, *(promise.slug for promise in s.promises if s.table.deployment))
]


@pytest.mark.parametrize(("name", "slug"), REHEARSALS)
def test_rehearsal_is_kept(  # noqa: PLR0913, PLR0917 - a fixture each
    name: str, slug: str, catalog: Catalog, engine: Engine, witness: Witness, subjects: Subjects
) -> None:
    """The snippet keeps what its rehearsal.py says, and something was seen of it."""
    snippet = catalog.snippets[name]
    if why := withheld(catalog.snippets[snippet.carrier], engine):
        witness.withhold(name, why)
        return
    promise = of_several(snippet, slug)
    if snippet.kind in SEVERAL:
        finding = subjects.judged(promise, snippet)
        if finding.verdict is Verdict.BROKEN:
            # Of a fault that comes once in fifty runs this is all that is left.
            print(subjects.last_words())  # noqa: T201
    else:
        finding = rehearsed_image(promise, catalog, snippet, engine)
    if finding.verdict is not Verdict.ERROR:
        # A configuration stands on what its image stands on.
        bases = engine.bases(catalog.snippets[snippet.carrier])
        witness.testify(Account(snippets=[name], findings=[finding], engine=engine.description, bases=bases))

    assert finding.verdict in FITTING, f"{slug} is {finding.verdict}: {finding.seen}"
