"""Recipes as they are read: whoever makes one says how it differs, or that it is the thing itself."""

from pathlib import Path

import pytest

from snippets.engine.bases import standin
from snippets.errors import EngineError

RECIPE = 'ref = "{ref}"\nsuite = "trixie"\npackages = []\nversion = ["true"]\n{more}'
FAULT = "recipes/one/recipe.toml: either it differs from an image, or it is packaged"


@pytest.mark.parametrize(
    ("ref", "more"),
    [
        ("postgres:18", ""),
        ("postgres:18", 'differs = " "'),
        ("postgres:18", "packaged = true"),
        ("debian-13", 'differs = "It is smaller."\npackaged = true'),
    ],
)
def test_a_stand_in_that_says_nothing_of_itself_is_refused(
    ref: str, more: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be recorded as the image that it stands in for."""
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "recipe.toml").write_text(RECIPE.format(ref=ref, more=more))
    monkeypatch.setattr(standin, "RECIPES", tmp_path)

    with pytest.raises(EngineError) as refused:
        standin.recipes.__wrapped__()

    assert str(refused.value) == FAULT


@pytest.mark.parametrize("taken", ["three", "one", "two"])
def test_a_recipe_takes_one_that_there_is_and_that_takes_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: str
) -> None:
    """One that is nowhere would be found out in the middle of a run; a circle, never."""
    for name, takes in (("one", '["two"]'), ("two", f'["{taken}"]'), ("four", "[]")):
        (tmp_path / name).mkdir()
        more = f"packaged = true\ntakes = {takes}"
        (tmp_path / name / "recipe.toml").write_text(RECIPE.format(ref=name, more=more))
    monkeypatch.setattr(standin, "RECIPES", tmp_path)

    with pytest.raises(EngineError, match=f"recipes/two/recipe.toml: takes {taken}, which is none of four$"):
        standin.recipes.__wrapped__()


def test_every_recipe_says_what_it_is() -> None:
    """Those that are packaged are known by name: a host, and the parties that are played."""
    known = standin.recipes()

    assert {ref for ref, (_, recipe) in known.items() if recipe.packaged} == {
        "debian-13",
        "machine",
        "kubernetes-node",
        "operator",
        "kubernetes-operator",
        "authority",
        "registry",
    }
    assert all(recipe.differs.strip() for _, recipe in known.values() if not recipe.packaged)
