"""What a site may hold: with the record of something go its texts, its files, its cells and what was seen of it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from snippets.audit.published import Published
from snippets.evidence.records import Capture, Cell, Evidence, Execution
from snippets.handbook import Handbook
from tests.unit.pages.synthetic import DOCKERFILE, WHEN
from tests.unit.test_audit import TUTORIAL

AGE = timedelta(days=7)
SEEN = "drains <seen> after 2 s"
ERROR = "every process runs under uid 0\n  <root>"


@pytest.fixture
def told(tmp_path: Path, small: Handbook) -> Handbook:
    """The small library with an executed tutorial as well."""
    (tmp_path / "docs" / "tutorials").mkdir(parents=True)
    (tmp_path / "docs" / "tutorials" / "first.md").write_text(TUTORIAL)
    told = replace(small, docs=tmp_path / "docs", max_age=AGE)
    execution = Execution(
        tutorial="first",
        digest=told.tutorials["first"].tutorial.digest(small.catalog),
        engine="Docker",
        stand_in=False,
        verified_at=WHEN,
        cells=[Cell(source="echo 1", output="one of them")],
    )
    small.store.write(execution, "first")
    return replace(told)


def published(handbook: Handbook) -> Published:
    """All that its records prove."""
    return Published(handbook=handbook, tutorials=handbook.tutorials)


def test_what_is_proven_may_be_shown(told: Handbook) -> None:
    """Files, commands, edits, errors, cells and outputs as blocks, and of what was seen each line."""
    shown = published(told)

    assert {DOCKERFILE, "docker build --tag web .", ERROR, "echo 1", "one of them"} <= shown.blocks
    assert {"snippets/web/Dockerfile", "tutorials/first.ipynb"} <= shown.files.keys()
    assert all(shown.pieces.hold(text) for text in (SEEN, "USER 10001", "one of them"))


def test_with_its_record_goes_all_that_was_proven(told: Handbook) -> None:
    """A record that is there and too old is none."""
    aged = replace(told, now=WHEN + AGE + timedelta(seconds=1))
    shown = published(aged)

    assert (aged.snippets["web"].evidence, aged.pitfalls["web/root"].capture) != (None, None)
    assert aged.tutorials["first"].execution is not None
    assert (shown.blocks, shown.exhibits, shown.indexed, shown.files) == (frozenset(), frozenset(), frozenset(), {})
    assert not any(shown.pieces.hold(text) for text in (SEEN, "USER 10001", "one of them"))
    for name, html in published(told)._cells.items():  # noqa: SLF001 - what a page shows of it
        assert published(told).shows(html, f"cell:{name}", "")
        assert not shown.shows(html, f"cell:{name}", "")


@pytest.mark.parametrize("record", [Evidence, Capture])
def test_an_error_goes_with_what_it_is_of(told: Handbook, record: type) -> None:
    """Whether the pitfall's own record is too old or that of the snippet that it breaks."""
    later = WHEN + AGE + timedelta(days=1)
    names = {Evidence: ("web", "settings"), Capture: ("web/root",)}
    for type_, each in names.items():
        for name in each if type_ is not record else ():
            found = told.store.read(type_, name)
            assert found is not None
            (told.store.root / told.store.place(type_, name)).unlink()
            told.store.write(replace(found, verified_at=later), name)
    shown = published(replace(told, now=later))

    assert ERROR not in shown.blocks
    assert (DOCKERFILE in shown.blocks) == (record is Capture)
