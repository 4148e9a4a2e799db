"""Bars: as long as the numbers that a tutorial printed, and none without them."""

import re

import pytest

from snippets.render import Links, render, show
from snippets.render.diagram import WIDTHS
from tests.unit.diagrams.texts import BARS, PAGE, PRINTED, Drawn


def test_a_bar_is_as_long_as_its_number(described: Drawn) -> None:
    """Which stands behind it, in both drawings, and in words."""
    html = show("diagram", "way", described(BARS), Links()).html
    long = [float(width) for width in re.findall(r'width="([\d.]+)" height="20"', html)]

    assert len(long) == 2 * len(WIDTHS)
    assert all(
        slow / quick == pytest.approx(18.5 / 0.5, rel=0.02) for slow, quick in zip(*[iter(long)] * 2, strict=True)
    )
    assert [html.count(number) for number in ("18.5 s", "0.5 s")] == [len(WIDTHS) + 1] * 2


@pytest.mark.parametrize(
    ("printed", "why"),
    [
        ("slow: 18.5 s", "nodes.quick.after: 0 lines of what was printed have 'quick: ', and one must"),
        (f"{PRINTED}\nslow: 1 s", "nodes.slow.after: 2 lines of what was printed have 'slow: ', and one must"),
        (PRINTED.replace("18.5", "long"), "nodes.slow.after: behind 'slow: ' stands no number of s: 'long s'"),
        (PRINTED.replace("18.5 s", "18.5 min"), "nodes.slow.after: behind 'slow: ' stands no number of s: '18.5 min'"),
        (
            PRINTED.replace(" 18.5 s without an answer", " "),
            "nodes.slow.after: behind 'slow: ' stands no number of s: ''",
        ),
    ],
    ids=["silent", "twice", "no-number", "another-unit", "nothing"],
)
def test_a_number_that_nobody_printed_is_refused(described: Drawn, printed: str, why: str) -> None:
    """It is one of the run, or there is no drawing."""
    (objection,) = render(PAGE, "index.md", described(BARS, printed=printed)).objections

    assert objection.why == f"diagrams/way.toml: {why}"


def test_what_was_not_measured_is_not_shown(described: Drawn) -> None:
    """By a tutorial that is not there, or whose record is not current."""
    (unknown,) = render(PAGE, "index.md", described(BARS.replace('"first"', '"fist"'))).objections
    handbook = described(BARS)
    (handbook.store.root / "tutorials" / "first.json").unlink()
    (unproven,) = render(PAGE, "index.md", handbook).objections

    assert unknown.why == "there is no tutorial 'fist' (did you mean 'first'?)"
    assert (unproven.unproven, unproven.why) == (True, "tutorial first was never executed")
