"""Edits that look like faults and are none here: each is listed with its reason, and shown to change nothing."""

from pathlib import Path

import pytest

from snippets.catalog import Catalog
from snippets.contract import PROMISES, Trial, Verdict
from snippets.engine import Engine
from snippets.metadata import Edit, Struct, read
from tests.rehearsals.compose import rehearsed

LISTED = Path(__file__).parent / "equivalents.toml"


class Equivalent(Struct, frozen=True, kw_only=True):
    """One edit of one snippet, the promise or rehearsal that one would expect to notice, and why it does not."""

    slug: str
    snippet: str
    edit: Edit
    promise: str
    why: str


class Equivalents(Struct, frozen=True, kw_only=True):
    """equivalents.toml."""

    equivalent: list[Equivalent]


FAULTS: list[str] = []
TABLE = read(LISTED, "tests/pitfalls/equivalents.toml", Equivalents, FAULTS)
ALL = [pytest.param(one, id=one.slug) for one in (TABLE.equivalent if TABLE else [])]


def test_the_list_is_well_formed() -> None:
    """A fault in the list is told, and is no empty list."""
    assert FAULTS == []


@pytest.mark.parametrize("one", ALL)
def test_equivalent_goes_unnoticed(one: Equivalent, catalog: Catalog, engine: Engine, tmp_path: Path) -> None:
    """The day this mutant is caught it is a pitfall, and belongs into the library."""
    owner = catalog.snippets[one.snippet]
    host = catalog.snippets[owner.host]
    text = owner.text(one.edit.path)
    assert text.count(one.edit.find) == 1
    assert one.why.strip()
    replaced = {owner.sources[one.edit.path].path: text.replace(one.edit.find, one.edit.replace)}
    if one.promise in owner.table.rehearsal:
        assert rehearsed(engine, owner, one.promise, tmp_path, replaced)
        return
    image = engine.mutant(tmp_path, catalog, host, replaced)

    with Trial(image) as trial:
        finding = PROMISES[one.promise].judge(trial, image.project)

    assert finding.verdict is Verdict.KEPT, f"{one.slug} is noticed: make it a pitfall. {finding.seen}"
