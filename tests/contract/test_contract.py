"""Every image snippet keeps every promise, and carries its configurations through theirs."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median

import pytest

from snippets.catalog import Catalog, load
from snippets.contract import PROMISES, Finding, Promise, Trial, Verdict
from snippets.engine import Engine
from snippets.engine.bases import has_recipe, resolve
from snippets.engine.image import BuiltImage
from snippets.errors import BuildError, EngineError
from snippets.evidence import ImageFacts
from snippets.recorder import Account, Witness
from snippets.rehearsal import rehearse
from snippets.snippet import Kind, Snippet

LIBRARY = load()
IMAGES = [s for s in LIBRARY.snippets.values() if s.kind is Kind.IMAGE]
FITTING = (Verdict.KEPT, Verdict.NOT_APPLICABLE)


def carried(host: Snippet, promise: Promise) -> list[str]:
    """The snippets for which this judgement holds: the image, and configurations proven in it."""
    return [s.name for s in LIBRARY.snippets.values() if s.host == host.name and promise in s.promises]


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


class Trials:
    """The image on trial: tests of one image come one after the other, and share what is booted."""

    def __init__(self) -> None:
        self._open: tuple[BuiltImage, Trial] | None = None

    def of(self, engine: Engine, catalog: Catalog, snippet: Snippet) -> tuple[BuiltImage, Trial]:
        """Go on with the trial of this image, or end another's and open one."""
        image = engine.image(catalog, snippet)
        if self._open is None or self._open[0].id != image.id:
            self.close()
            self._open = image, Trial(image)
        return self._open

    def close(self) -> None:
        """End what runs."""
        if self._open is not None:
            self._open[1].renewed()
            self._open = None


@pytest.fixture(scope="module")
def trials() -> Iterator[Trials]:
    """One at a time."""
    trials = Trials()
    yield trials
    trials.close()


@pytest.mark.parametrize(("host", "slug"), JUDGEMENTS)
def test_promise_is_kept(  # noqa: PLR0913, PLR0917 - a fixture each
    host: str, slug: str, catalog: Catalog, engine: Engine, witness: Witness, trials: Trials
) -> None:
    """The image keeps the promise, or states why it does not apply."""
    snippet, promise = catalog.snippets[host], PROMISES[slug]
    try:
        image, trial = trials.of(engine, catalog, snippet)
    except BuildError as error:
        finding, facts = unbuilt(promise, error), None
    else:
        finding = promise.judge_twice(trial, image.project)
        if slug == "builds-clean" and image.stumbled:
            finding = replace(finding, seen=f"{finding.seen}; flaky, at the first try: {image.stumbled}")
        facts = facts_of(image)
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


@pytest.mark.parametrize("host", WITHHELD)
def test_withheld_snippet_has_no_base(
    host: str, catalog: Catalog, engine: Engine, witness: Witness, tmp_path: Path
) -> None:
    """A snippet is withheld for want of its base and for nothing else: where it can be had, it is proven."""
    snippet = catalog.snippets[host]
    assert snippet.withheld is not None
    assert not has_recipe(snippet.withheld.base), f"a recipe can stand in for {snippet.withheld.base}: prove {host}"
    try:
        resolve(snippet.withheld.base, engine.run)
    except EngineError as error:
        assert "no registry answers" in str(error)  # noqa: PT017 - either way something is asserted
        return
    image = engine.image(catalog, snippet)
    with Trial(image) as trial:
        findings = [promise.judge_twice(trial, image.project) for promise in snippet.promises]
    findings += rehearse(engine, snippet, tmp_path)[0]
    witness.testify(
        Account(
            snippets=[host],
            findings=findings,
            engine=engine.description,
            bases=engine.bases(snippet),
            image=facts_of(image),
        )
    )

    assert [f"{f.promise}: {f.seen}" for f in findings if f.verdict not in FITTING] == []


def unbuilt(promise: Promise, error: BuildError) -> Finding:
    """Nothing holds of an image that does not build; the first promise says why in full, the others in a line."""
    said = str(error) if promise.slug == "builds-clean" else f"{error.summary} {error.log.splitlines()[-1]}"
    return Finding(promise=promise.slug, rules=promise.rules, verdict=Verdict.BROKEN, seen=said, took_s=0.0)


def facts_of(image: BuiltImage) -> ImageFacts:
    """Size and times, as records state them."""
    return ImageFacts(
        id=image.id,
        bytes=image.size_bytes,
        user=image.config.user,
        build_s=round(image.build_s, 1),
        ready_s=round(median(image.ready), 2) if image.ready else 0.0,
    )
