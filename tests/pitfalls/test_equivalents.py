"""Edits that look like faults and are none here: each is listed with its reason, and shown to change nothing."""

from pathlib import Path

import pytest

from snippets.catalog import Catalog
from snippets.catalog.metadata import Edit, read
from snippets.contract import PROMISES, Trial, Verdict
from snippets.contract.project import Table
from snippets.engine.engine import Engine
from snippets.proving.judging import rehearsal
from snippets.proving.stacks import started

LISTED = Path(__file__).parent / "equivalents.toml"


class Equivalent(Table, frozen=True, kw_only=True):
    """One edit of one snippet, the promise or rehearsal that one would expect to notice, and why it does not."""

    slug: str
    snippet: str
    edit: Edit
    promise: str
    why: str


class Equivalents(Table, frozen=True, kw_only=True):
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
    path = one.edit.path
    assert path is not None
    assert owner.text(path).count(one.edit.find) == 1
    assert one.why.strip()
    replaced = {owner.sources[path].path: one.edit.applied(owner.text(path))}
    if one.promise in owner.rehearsals:
        with started(engine, owner, tmp_path, f"{owner.name}-{one.slug}", replaced) as stack:
            finding = rehearsal(owner, one.promise).judge(stack)
    else:
        image = engine.mutant(tmp_path, catalog, catalog.snippets[owner.carrier], replaced)
        with Trial(image) as trial:
            finding = PROMISES[one.promise].judge(trial, image.project)

    assert finding.verdict is Verdict.KEPT, f"{one.slug} is noticed: make it a pitfall. {finding.seen}"
