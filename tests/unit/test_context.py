"""An edited copy of a reader's source: nothing is written but in the copy, and no link is followed out of it."""

from pathlib import Path

import pytest

from snippets.contract import Project
from snippets.contract.observation import Rebuild
from snippets.engine.build import Built
from snippets.engine.run import Run
from snippets.engine.subjects import image as module
from snippets.engine.subjects.image import BuiltImage


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What a builder would find in the context, link targets with an arrow; filled when it is built."""
    found: dict[str, str] = {}

    def build(context: Path, tag: str, **_: object) -> Built:
        for path in sorted(context.rglob("*")):
            name = path.relative_to(context).as_posix()
            if path.is_symlink():
                found[name] = f"-> {path.readlink()}"
            elif path.is_file():
                found[name] = path.read_text()
        return Built(id=tag, took_s=0.1, log="")

    monkeypatch.setattr(module, "build", build)
    return found


def test_links_are_not_followed_out_of_the_copy(tmp_path: Path, seen: dict[str, str]) -> None:
    """The reader's own files stay as they are, those that links lead to included; nothing of them is copied."""
    outside, source = tmp_path / "outside", tmp_path / "source"
    outside.mkdir()
    (outside / "private").write_text("the reader's own")
    (source / "app").mkdir(parents=True)
    (source / "app" / "main.py").write_text("1")
    (source / "folder").symlink_to(outside)
    (source / ".env").symlink_to(outside / "private")
    (source / "inner").symlink_to("app")
    (source / "dangling").symlink_to("/nonexistent/at/all")
    run = Run(key="0", state=tmp_path)
    image = BuiltImage(id="0", source=source, project=Project(port=1), run=run, contexts={}, bases=(), build_s=0.0)

    image.rebuilt(Rebuild(edits=dict.fromkeys([".env", "folder/.env", "inner/.env", "new/.env"], b"canary")))

    assert seen == {
        ".env": "canary",
        "app/.env": "canary",
        "app/main.py": "1",
        "dangling": "-> /nonexistent/at/all",
        "folder": f"-> {outside}",
        "inner": "-> app",
        "new/.env": "canary",
    }
    assert {path.name: path.read_text() for path in outside.iterdir()} == {"private": "the reader's own"}
    assert (source / ".env").is_symlink()
    assert not (source / "app" / ".env").exists()
