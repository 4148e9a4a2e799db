"""What tests of promises share: one way to judge, and changes that break a good image in one place."""

from collections.abc import Callable
from dataclasses import replace

from snippets.contract import PROMISES, Finding, Project
from snippets.contract.subject import Image
from tests.unit.fake_container import good
from tests.unit.fake_image import FakeImage
from tests.unit.fake_site import PROJECT

Change = Callable[[FakeImage], FakeImage]


def judge(slug: str, image: Image, project: Project = PROJECT) -> Finding:
    """Judge, and insist on a finding that a page can show."""
    finding = PROMISES[slug].judge(image, project)
    assert finding.promise == slug
    assert finding.rules == PROMISES[slug].rules
    assert finding.seen
    assert finding.took_s >= 0
    return finding


def boots(**changes: object) -> Change:
    """Change what every container of an image is like."""

    def change(image: FakeImage) -> FakeImage:
        return replace(image, boots=lambda posture: replace(good(posture), **changes))  # type: ignore[arg-type] # its fields

    return change


def has(**changes: object) -> Change:
    """Change what an image is like."""
    return lambda image: replace(image, **changes)  # type: ignore[arg-type] # its fields


def says(**changes: object) -> Change:
    """Change what an image says of itself."""
    return lambda image: replace(image, config=replace(image.config, **changes))  # type: ignore[arg-type] # its fields
