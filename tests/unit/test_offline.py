"""Material for stand-ins that no package registry holds: there as the recipe has it, or refused by name."""

import hashlib
from pathlib import Path

import pytest

from snippets.engine.bases.ground import resolved
from snippets.engine.bases.offline import VARIABLE, material
from snippets.errors import EngineError, NoMaterialError

SDK = "mcr.microsoft.com/dotnet/sdk:10.0"
BYTES = b"canary"
FILES = {"feed/one.nupkg": hashlib.sha256(BYTES).hexdigest()}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the variable names."""
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    (tmp_path / "feed").mkdir()
    return tmp_path


def test_material_is_where_the_variable_says(folder: Path) -> None:
    """The folder, for a build to take it from."""
    (folder / "feed" / "one.nupkg").write_bytes(BYTES)

    assert material(SDK, FILES) == folder


@pytest.mark.usefixtures("folder")
def test_a_missing_file_is_named() -> None:
    """With what the system says of it."""
    with pytest.raises(EngineError, match=r"feed/one\.nupkg: No such file"):
        material(SDK, FILES)


def test_another_file_is_named(folder: Path) -> None:
    """A stand-in is made of the very bytes that its recipe was tried with."""
    (folder / "feed" / "one.nupkg").write_bytes(BYTES + b"!")

    with pytest.raises(EngineError, match=r"feed/one\.nupkg: sha256 .*, and the recipe asks for"):
        material(SDK, FILES)


def test_without_the_variable_nothing_stands_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is lacking is said before any engine is asked."""
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("HANDBOOK_BASES", "stand-in")

    with pytest.raises(
        NoMaterialError, match=rf"(?s)for {SDK}, and {VARIABLE} is not set.*made of dotnet-sdk.*set {VARIABLE} to"
    ):
        resolved(SDK)
