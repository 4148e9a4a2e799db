"""Broken promises: each is broken by a container with one thing wrong, and what it saw says what."""

from dataclasses import replace
from pathlib import Path

import pytest

from snippets.contract import PROMISES, Project, Verdict
from tests.unit.broken import BROKEN
from tests.unit.fake_image import FakeImage, ended, image_in
from tests.unit.fake_site import PROJECT
from tests.unit.judging import Change, judge


@pytest.fixture
def image(tmp_path: Path) -> FakeImage:
    """An image that keeps every promise."""
    return image_in(tmp_path)


@pytest.mark.parametrize(
    ("slug", "change", "seen"),
    [pytest.param(slug, change, seen, id=f"{slug}-{name}") for slug, name, change, seen in BROKEN],
)
def test_a_promise_is_broken_by_what_is_not_as_it_should_be(
    slug: str, change: Change, seen: str, image: FakeImage
) -> None:
    """One thing is wrong, the promise notices, and what it saw says what."""
    finding = judge(slug, change(image))

    assert finding.verdict is Verdict.BROKEN, finding.seen
    assert seen in finding.seen


def test_every_promise_has_several_containers_that_break_it() -> None:
    """A promise that nothing can break promises nothing."""
    cases = [slug for slug, *_ in BROKEN]

    assert {slug for slug in PROMISES if cases.count(slug) < 2} == set()


TWO = {"API_KEY": "a-value", "SECRET_KEY": "another"}
DECLARED: list[tuple[str, str, Project, str]] = [
    ("inputs-pinned", "no-lock", replace(PROJECT, stale=None), "names no input that a lock file pins"),
    ("layer-stable", "no-code", replace(PROJECT, code=None), "names no file of its code that could be edited"),
    ("drains", "no-slow-path", replace(PROJECT, slow=None), "no slow path is declared to hold a request open with"),
    ("fails-fast", "no-setting", replace(PROJECT, settings={}), "it declares no required setting"),
    (
        "fails-fast",
        "not-required",
        replace(PROJECT, settings={"TITLE": "a-value"}),
        "without TITLE: exit 1 after 0.4 s, does not name it",
    ),
    ("config-meant", "no-server", replace(PROJECT, server=None), "no settings table is known for the server None"),
    (
        "grace-adds-up",
        "no-server",
        replace(PROJECT, server=None),
        "nobody says how long the server waits: state graceful_timeout_s",
    ),
    (
        "grace-adds-up",
        "stated",
        replace(PROJECT, server=None, graceful_timeout_s=28.0),
        "2 s before the signal and 28 s for the last requests, of 30 s of grace",
    ),
    (
        "live-is-not-ready",
        "no-service",
        replace(PROJECT, backing=None),
        "names no backing service that could go away",
    ),
    (
        "reload-lossless",
        "no-signal",
        replace(PROJECT, reload=None),
        "no signal is stated on which the server takes up new code",
    ),
    ("proxy-trust", "no-proxy", replace(PROJECT, proxy=None), "no environment is stated for a proxy in front of it"),
    (
        "unprivileged-port",
        "eighty",
        replace(PROJECT, port=80),
        "listens on 80, where ports below 1024 are root's",
    ),
]


@pytest.mark.parametrize(
    ("slug", "project", "seen"),
    [pytest.param(slug, project, seen, id=f"{slug}-{name}") for slug, name, project, seen in DECLARED],
)
def test_what_is_not_declared_is_not_kept(slug: str, project: Project, seen: str, image: FakeImage) -> None:
    """A promise without anything to judge by, or with what cannot be right, is broken, not passed over."""
    finding = judge(slug, image, project)

    assert (finding.verdict, finding.seen) == (Verdict.BROKEN, seen)


def test_a_missing_setting_is_named_and_no_value_is_told(image: FakeImage) -> None:
    """Each required setting is left out in its turn, and none of the others' values is told."""
    project = replace(PROJECT, settings=TWO)
    image = replace(image, required=tuple(TWO))
    spilling = replace(image, starts=lambda name: replace(ended(name), stderr="canary-of-API_KEY\n"))

    finding = judge("fails-fast", image, project)
    assert finding.verdict is Verdict.KEPT
    assert finding.seen == (
        "without API_KEY: exit 1 after 0.4 s, names it; without SECRET_KEY: exit 1 after 0.4 s, names it"
    )
    finding = judge("fails-fast", spilling, project)
    assert finding.verdict is Verdict.BROKEN
    assert finding.seen.endswith("without SECRET_KEY: exit 1 after 0.4 s, names it, spills a value")
