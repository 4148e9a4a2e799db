"""A theme's style sheets without what nobody needs: what is left out, what never is, and what an audit makes of it."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from snippets.audit.theme import is_of_theme
from snippets.render.thinned import thinned, words

MATERIAL = find_spec("material")
assert MATERIAL is not None
assert MATERIAL.origin is not None
TEMPLATES = Path(MATERIAL.origin).parent / "templates"
(FOUND,) = TEMPLATES.glob("assets/stylesheets/main.*.min.css")
SHEET, WHOLE = str(FOUND.relative_to(TEMPLATES)), FOUND.read_text()
NAMED = words(['<p class="here also-here">', 'e.classList.add("made-by-a-script")'])


@pytest.mark.parametrize(
    "rule",
    [
        ".here{color:red}",
        "p>.here .also-here:hover{color:red}",
        ".made-by-a-script{color:red}",
        ".nobody,.here{color:red}",
        ".here:not(.nobody){color:red}",
        ".here:is(.nobody,:not(.nobody)){color:red}",
        "[data-nobody=x]{color:red}",
        '[href$=".nobody"]{color:red}',
        "html{color:red}",
        "@media print{.here{color:red}}",
        "@keyframes nobody{to{color:red}}",
        "@font-face{font-family:x}",
    ],
)
def test_what_somebody_could_need_stays(rule: str) -> None:
    """To the letter."""
    assert thinned(rule, NAMED) == rule


@pytest.mark.parametrize(
    "rule",
    [
        ".nobody{color:red}",
        ".here .nobody{color:red}",
        "#nobody{color:red}",
        ".nobody,.here .nobody-either{color:red}",
        "@media print{.nobody{color:red}}",
        "@supports (color:red){@media print{.nobody{color:red}}}",
    ],
)
def test_what_nobody_needs_goes(rule: str) -> None:
    """And what stands around nothing else."""
    assert thinned(f".here{{color:red}}{rule}html{{color:red}}", NAMED) == ".here{color:red}html{color:red}"


SITE = words(['<nav class="md-nav md-nav__item">'])
SOME = thinned(WHOLE, SITE)


def test_a_thinned_sheet_is_the_themes() -> None:
    """By the theme that is installed; to a good part it is needed by nobody."""
    assert 0 < len(SOME) < len(WHOLE) / 2
    assert is_of_theme(SHEET, SOME.encode(), SITE)
    assert is_of_theme(SHEET, WHOLE.encode(), SITE)


@pytest.mark.parametrize(
    "content",
    [
        "",
        SOME + ".hb-code{display:none}",
        SOME.replace("{", "{visibility:hidden;", 1),
        SOME.replace(SOME.split("}", 1)[0] + "}", "", 1),
        "@media print{" + SOME + "}",
        SOME + "\udcff",
    ],
    ids=["empty", "rule-of-its-own", "other-value", "needed-rule-left-out", "within-another", "no-text"],
)
def test_a_sheet_with_more_or_less_is_not(content: str) -> None:
    """Each by one edit of what is needed."""
    assert not is_of_theme(SHEET, content.encode(errors="surrogateescape"), SITE)


def test_what_one_site_leaves_out_another_may_need() -> None:
    """A rule is missed where somebody has the name."""
    assert not is_of_theme(SHEET, SOME.encode(), SITE | words(['<header class="md-header">']))


def test_other_files_are_the_themes_to_the_byte() -> None:
    """A script with less of it is another script."""
    assert not is_of_theme("assets/javascripts/nobody.js", b"", SITE)
    assert not is_of_theme("assets/../stylesheets/palette.css", b"", SITE)
    assert not is_of_theme("stylesheets/main.css", WHOLE.encode(), SITE)
