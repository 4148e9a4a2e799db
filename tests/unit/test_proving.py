"""What tests prove by: subjects that are shared, judgements of a snippet's own, and who noticed a mutant."""

from collections.abc import Callable
from pathlib import Path

import pytest

from snippets.catalog.snippet import Snippet
from snippets.contract import PROMISES, Project, Trial, Verdict
from snippets.engine.run import Run
from snippets.engine.subjects.image import BuiltImage
from snippets.errors import BuildError
from snippets.proving.judging import BUILDS, Trials, judged, rehearsal, unbuilt
from tests.unit.fake_image import image_in
from tests.unit.fake_site import PROJECT
from tests.unit.sample import REHEARSAL, SERVICES, SHOP, Library

Make = Callable[..., BuiltImage]


@pytest.fixture
def built(tmp_path: Path) -> Make:
    """An image that no engine has: by its id, and how its first build ended."""

    def built(id_: str = "sha256:1", stumbled: str = "", project: Project = PROJECT) -> BuiltImage:
        run = Run(key="k1", state=tmp_path)
        return BuiltImage(
            id=id_, source=None, project=project, run=run, contexts={}, bases=(), build_s=1.0, stumbled=stumbled
        )

    return built


@pytest.fixture
def shop(library: Library) -> Snippet:
    """A compose project with two rehearsals, in a library that is not the package's own."""
    library.write("shop/snippet.toml", SHOP).write("shop/compose.yaml", SERVICES)
    return library.write("shop/rehearsal.py", REHEARSAL).snippet("shop")


def test_a_rehearsal_is_a_promise_like_any_other(shop: Snippet) -> None:
    """Its imports reach the contract, wherever its library lies, and its digest is that of the door."""
    sells = rehearsal(shop, "it-sells")

    assert (sells.slug, sells.family, sells.authority) == ("it-sells", "rehearsal", "https://docs.example")
    assert sells.title == "What is asked for is sold."
    assert sells.rules.startswith("sha256:")
    assert sells.rules != rehearsal(shop, "it-closes").rules


def test_what_is_called_a_promise_and_is_none_is_refused(library: Library, shop: Snippet) -> None:
    """Somebody wrote a decorator of that name."""
    library.write("shop/rehearsal.py", REHEARSAL.replace("\n\n\n@", "\n\n\npromise = lambda **_: print\n\n\n@", 1))

    with pytest.raises(TypeError, match=r"^shop/rehearsal.py: it_sells is no promise$"):
        rehearsal(shop, "it-sells")


def test_a_build_that_stumbled_is_told_by_the_promise_that_it_builds(built: Make, tmp_path: Path) -> None:
    """And by no other: the network was at fault, and the whole of it was built in the end."""
    with Trial(image_in(tmp_path)) as trial:
        builds = judged(PROMISES[BUILDS], built(stumbled="connection reset"), trial)
        reachable = judged(PROMISES["reachable"], built(stumbled="connection reset"), trial)

    assert builds.verdict is Verdict.KEPT
    assert builds.seen.endswith("; flaky, at the first try: connection reset")
    assert "flaky" not in reachable.seen


@pytest.mark.parametrize(
    ("slug", "log", "seen"),
    [
        (BUILDS, "RUN pip install\nno space left", "the image does not build:\nRUN pip install\nno space left"),
        ("reachable", "RUN pip install\nno space left", "the image does not build: no space left"),
        (BUILDS, "", "the image does not build:"),
        ("reachable", "", "the image does not build:"),
    ],
)
def test_nothing_holds_of_what_does_not_build(slug: str, log: str, seen: str) -> None:
    """The first promise quotes all of it, the others its last line; a builder may say nothing."""
    finding = unbuilt(PROMISES[slug], BuildError("the image does not build:", log))

    assert (finding.verdict, finding.promise, finding.rules) == (Verdict.BROKEN, slug, PROMISES[slug].rules)
    assert finding.seen.strip() == seen


def test_tests_of_one_image_share_its_trial(built: Make) -> None:
    """While they come one after the other; another image ends it, and so does the end of the run."""
    trials = Trials()
    first = trials.of(built("sha256:1"))

    assert trials.of(built("sha256:1")) is first
    assert trials.of(built("sha256:2")) is not first
    assert trials.of(built("sha256:1")) is not first
    trials.close()
    trials.close()
