"""Mutants: who noticed one, and what is tried once more."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from snippets.errors import EngineError
from snippets.proving.mutants import Caught, caught_as_stated, mutant_caught
from tests.unit.sample import Library

if TYPE_CHECKING:
    from snippets.engine.engine import Engine

TAKEN = """\
title = "T"
edit = { command = "build", find = "build", replace = "biuld" }
stage = "rehearsal"
promise = "command-build"
message = "port is already allocated"
why = "W."
fix = "F."
"""


@pytest.mark.parametrize(
    ("said", "is_caught"),
    [
        ("`docker biuld .` failed: Bind for 0.0.0.0:80 failed: port is already allocated", True),
        ("`docker biuld .` failed: no space left on device", False),
        ("`docker compose config` failed: port is already allocated", False),
    ],
    ids=["that-very-fault", "another-fault", "another-command"],
)
def test_an_engine_at_fault_is_what_some_mutants_are_for(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, *, is_caught: bool
) -> None:
    """By the mutant's own command and in its own words; else nobody knows what the mutant would have done."""

    def rehearse(*_: object) -> None:
        raise EngineError(said)

    monkeypatch.setattr("snippets.proving.mutants.rehearse", rehearse)
    library.write("web/pitfalls/taken.toml", TAKEN)
    catalog = library.load()

    def tried() -> Caught:
        return mutant_caught(catalog.pitfalls["web/taken"], catalog, cast("Engine", None), tmp_path)

    if is_caught:
        seen = tried()
        assert (seen.stage, seen.by) == ("rehearsal", "command-build")
        assert seen.said == "`docker biuld .`\nBind for 0.0.0.0:80 failed: port is already allocated"
    else:
        with pytest.raises(EngineError):
            tried()


MISSED, OTHERWISE = "command-build did not notice: kept, exit 0", "caught by reachable at the boot stage: no answer"


@pytest.mark.parametrize(
    ("tries", "flaky"),
    [
        (["as stated"], ""),
        ([MISSED, "as stated"], MISSED),
        ([OTHERWISE, "as stated"], OTHERWISE),
        (["no space left on device", "as stated"], "other words than stated: no space left on device"),
        (["", "as stated"], "AssertionError('')"),
        ([MISSED, OTHERWISE], None),
    ],
    ids=["as-stated", "not-noticed", "by-another", "in-other-words", "without-words", "at-neither"],
)
def test_a_mutant_is_tried_once_more_where_it_is_not_caught_as_stated(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tries: list[str], flaky: str | None
) -> None:
    """How the first try ended is told; what is as stated at neither is refused with both."""
    folders: list[Path] = []

    def tried(_pitfall: object, _catalog: object, _engine: object, folder: Path) -> Caught:
        folders.append(folder)
        said = tries[len(folders) - 1]
        if said in {MISSED, ""}:
            raise AssertionError(said)
        if said == OTHERWISE:
            return Caught(stage="boot", by="reachable", said="no answer")
        words = "port is already allocated" if said == "as stated" else said
        return Caught(stage="rehearsal", by="command-build", said=words)

    monkeypatch.setattr("snippets.proving.mutants.mutant_caught", tried)
    library.write("web/pitfalls/taken.toml", TAKEN)
    catalog = library.load()

    def caught() -> Caught:
        return caught_as_stated(catalog.pitfalls["web/taken"], catalog, cast("Engine", None), tmp_path)

    if flaky is None:
        with pytest.raises(AssertionError, match=f"{re.escape(OTHERWISE)}; at the first try: {re.escape(MISSED)}"):
            caught()
    else:
        seen = caught()
        assert (seen.by, seen.said, seen.flaky) == ("command-build", "port is already allocated", flaky)
    assert len(set(folders)) == len(folders) == len(tries)
    assert all(folder.is_dir() for folder in folders)
