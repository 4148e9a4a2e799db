"""Every image snippet keeps every promise, and carries its configurations through theirs."""

from collections.abc import Iterator

import pytest

from snippets.catalog import Catalog, load
from snippets.catalog.snippet import Kind, Snippet
from snippets.contract import PROMISES, Promise, Verdict
from snippets.engine.engine import Engine
from snippets.errors import BuildError
from snippets.proving.judging import facts_of, judged, unbuilt, withheld
from snippets.proving.recorder import Account, Witness
from snippets.proving.sharing import Trials

LIBRARY = load()
IMAGES = [s for s in LIBRARY.snippets.values() if s.kind is Kind.IMAGE]
FITTING = (Verdict.KEPT, Verdict.NOT_APPLICABLE)


def carried(carrier: Snippet, promise: Promise) -> list[str]:
    """The snippets for which this judgement holds: the image, and configurations proven in it."""
    return [s.name for s in LIBRARY.snippets.values() if s.carrier == carrier.name and promise in s.promises]


# How many processors one has is read from another file where groups of processes are of version 2. It is asked of the
# image that carries what reads it.
ON_MACHINES = {("flask-uv", "cpu-aware")}
JUDGEMENTS = [
    pytest.param(
        image.name,
        slug,
        id=f"{image.name}:{slug}",
        marks=(
            pytest.mark.proves(*(f"{name}:{slug}" for name in carried(image, promise))),
            *([pytest.mark.machine] if (image.name, slug) in ON_MACHINES else []),
        ),
    )
    for image in IMAGES
    for slug, promise in PROMISES.items()
]


@pytest.fixture(scope="module")
def trials() -> Iterator[Trials]:
    """One at a time."""
    trials = Trials()
    yield trials
    trials.close()


@pytest.mark.parametrize(("name", "slug"), JUDGEMENTS)
def test_promise_is_kept(  # noqa: PLR0913, PLR0917 - a fixture each
    name: str, slug: str, catalog: Catalog, engine: Engine, witness: Witness, trials: Trials
) -> None:
    """The image keeps the promise, or states why it does not apply."""
    snippet, promise = catalog.snippets[name], PROMISES[slug]
    if why := withheld(snippet, engine):
        witness.withhold(name, why)
        return
    try:
        image = engine.image(catalog, snippet)
    except BuildError as error:
        finding, facts = unbuilt(promise, error), None
    else:
        finding, facts = judged(promise, image, trials.of(image)), facts_of(image)
    if finding.verdict is not Verdict.ERROR:
        witness.testify(
            Account(
                snippets=carried(snippet, promise),
                findings=[finding],
                engine=engine.description,
                bases=engine.bases(snippet),
                image=facts,
            )
        )

    assert finding.verdict in FITTING, f"{slug} is {finding.verdict}: {finding.seen}"
