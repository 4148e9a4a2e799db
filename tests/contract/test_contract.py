"""Every image snippet keeps every promise, and carries its configurations through theirs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from snippets.catalog import Catalog, load
from snippets.catalog.snippet import Kind, Snippet
from snippets.contract import PROMISES, Promise, Trial, Verdict
from snippets.engine.bases.ground import has_recipe, resolve
from snippets.engine.engine import Engine
from snippets.errors import BuildError, EngineError
from snippets.proving.commands import rehearse
from snippets.proving.judging import Trials, facts_of, judged, unbuilt
from snippets.proving.recorder import Account, Witness

LIBRARY = load()
IMAGES = [s for s in LIBRARY.snippets.values() if s.kind is Kind.IMAGE]
FITTING = (Verdict.KEPT, Verdict.NOT_APPLICABLE)


def carried(carrier: Snippet, promise: Promise) -> list[str]:
    """The snippets for which this judgement holds: the image, and configurations proven in it."""
    return [s.name for s in LIBRARY.snippets.values() if s.carrier == carrier.name and promise in s.promises]


JUDGEMENTS = [
    pytest.param(
        image.name,
        slug,
        id=f"{image.name}:{slug}",
        marks=pytest.mark.proves(*(f"{name}:{slug}" for name in carried(image, promise))),
    )
    for image in IMAGES
    if not image.withheld
    for slug, promise in PROMISES.items()
]
WITHHELD = [pytest.param(image.name, id=image.name) for image in IMAGES if image.withheld]


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


@pytest.mark.parametrize("name", WITHHELD)
def test_withheld_snippet_has_no_base(
    name: str, catalog: Catalog, engine: Engine, witness: Witness, tmp_path: Path
) -> None:
    """A snippet is withheld for want of its base and for nothing else: where it can be had, it is proven."""
    snippet = catalog.snippets[name]
    assert snippet.withheld is not None
    assert not has_recipe(snippet.withheld.base), f"a recipe can stand in for {snippet.withheld.base}: prove {name}"
    try:
        resolve(snippet.withheld.base, engine.run)
    except EngineError as error:
        assert "no registry answers" in str(error)  # noqa: PT017 - either way something is asserted
        return
    image = engine.image(catalog, snippet)
    with Trial(image) as trial:
        findings = [promise.judge_twice(trial, image.project) for promise in snippet.promises]
    findings += rehearse(engine, snippet, tmp_path, snippet.commands)[0]
    witness.testify(
        Account(
            snippets=[name],
            findings=findings,
            engine=engine.description,
            bases=engine.bases(snippet),
            image=facts_of(image),
        )
    )

    assert [f"{f.promise}: {f.seen}" for f in findings if f.verdict not in FITTING] == []
