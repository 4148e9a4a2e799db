"""What the reader and the handbook both changed: merged without git, or marked until the reader resolves it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.projects import EDITED, NEWER, Command, own, states
from tests.unit.sample import DOCKERFILE, Library
from tests.unit.test_target import tree


def test_a_conflict_is_left_marked_until_it_is_resolved(
    handbook: Command, library: Library, prove: Callable[[], None], project: Path
) -> None:
    """Both sides stand in the file; nothing changes by itself; resolved, it is the reader's."""
    handbook("copy", "web", str(project))
    (project / "Dockerfile").write_text(DOCKERFILE.replace("python:3.13", "python:3.12"))
    library.write("web/Dockerfile", NEWER)
    prove()

    result = handbook("update", str(project))

    assert result.exit_code == 1
    assert "conflict  Dockerfile: 1 marked with <<<<<<<" in result.stdout
    text = (project / "Dockerfile").read_text()
    assert "<<<<<<< yours\nFROM python:3.12\n=======\nFROM python:3.14\n>>>>>>> handbook\n" in text
    before = tree(project)
    assert handbook("update", str(project)).exit_code == 1
    assert tree(project) == before
    assert states(handbook("status", str(project), "--json"))["Dockerfile"] == "conflict"

    (project / "Dockerfile").write_text(NEWER)
    assert states(handbook("status", str(project), "--json"))["Dockerfile"] == "identical"
    assert "separators" in json.loads((project / ".handbook/copied.json").read_text())["files"]["Dockerfile"]
    assert handbook("update", str(project)).exit_code == 0
    # Nothing waits any more: a line that looks like the mark between two sides is the reader's own.
    assert "separators" not in json.loads((project / ".handbook/copied.json").read_text())["files"]["Dockerfile"]
    (project / "Dockerfile").write_text(f"{NEWER}=======\n")
    assert states(handbook("status", str(project), "--json"))["Dockerfile"] == "yours differs"


@pytest.mark.parametrize("stub", ["", "exit 0", "exit 1", "exit 69", "exit 127", "exit 255", "echo merged; exit 1"])
def test_a_merge_needs_no_git(  # noqa: PLR0913, PLR0917 - a fixture each
    stub: str,
    handbook: Command,
    library: Library,
    prove: Callable[[], None],
    project: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where there is none, or one that cannot run and says nothing or something, every line of the reader's stays."""
    handbook("copy", "web", str(project))
    (project / "Dockerfile").write_text(EDITED)
    library.write("web/Dockerfile", NEWER)
    prove()
    git = tmp_path / "bin" / "git"
    git.parent.mkdir()
    if stub:
        git.write_text(f"#!/bin/sh\n{stub}\n")
        git.chmod(0o755)
    monkeypatch.setenv("PATH", str(git.parent))

    result = handbook("update", str(project))

    assert (result.exit_code, (project / "Dockerfile").read_text()) == (0, NEWER + "LABEL mine=1\n")


@pytest.mark.parametrize(
    "left",
    [
        "=======\n",
        "<<<<<<< yours\n",
        ">>>>>>> handbook\n",
        "# <<<<<<< yours\n",
        "  >>>>>>> handbook\n",
        "<<<<<<< yours\r\n",
        "<<<<<<<\n",
        "=======\n>>>>>>> handbook\n",
    ],
)
def test_marks_half_removed_wait_for_the_rest(
    left: str, handbook: Command, library: Library, prove: Callable[[], None], project: Path
) -> None:
    """A file with any one of them is broken, whichever it is."""
    handbook("copy", "web", str(project))
    (project / "Dockerfile").write_text(DOCKERFILE.replace("python:3.13", "python:3.12"))
    library.write("web/Dockerfile", NEWER)
    prove()
    assert handbook("update", str(project)).exit_code == 1
    (project / "Dockerfile").write_bytes((NEWER + left).encode())

    assert states(handbook("status", str(project), "--json"))["Dockerfile"] == "conflict"
    assert handbook("update", str(project)).exit_code == 1
    (project / "Dockerfile").write_text(NEWER)
    assert handbook("update", str(project)).exit_code == 0


def test_a_line_of_the_readers_that_looks_like_a_mark_is_theirs(
    handbook: Command, library: Library, prove: Callable[[], None], project: Path
) -> None:
    """Prose underlines headings so; with a merge that waits and without."""
    handbook("copy", "web", str(project))
    heading = "# Title\n=======\n"
    (project / "Dockerfile").write_text(heading + DOCKERFILE.replace("python:3.13", "python:3.12"))
    assert states(handbook("status", str(project), "--json"))["Dockerfile"] == "yours differs"
    library.write("web/Dockerfile", NEWER)
    prove()
    assert handbook("update", str(project)).exit_code == 1

    (project / "Dockerfile").write_text(heading + NEWER)

    assert states(handbook("status", str(project), "--json"))["Dockerfile"] == "yours differs"
    assert handbook("update", str(project)).exit_code == 0


def test_a_file_without_lines_is_kept_beside_the_new_one(
    handbook: Command, library: Library, prove: Callable[[], None], project: Path
) -> None:
    """Nothing can be marked in it: both versions stand whole until the reader has taken what they want."""
    handbook("copy", "web", str(project))
    (project / "Dockerfile").write_bytes(b"\0mine")
    library.write("web/Dockerfile", NEWER)
    prove()

    result = handbook("update", str(project))

    assert (result.exit_code, "Dockerfile.from-handbook is the new one" in result.stdout) == (1, True)
    assert own(project)["Dockerfile"] == b"\0mine"
    assert own(project)["Dockerfile.from-handbook"] == NEWER.encode()
    assert handbook("update", str(project)).exit_code == 1
    assert states(handbook("status", str(project), "--json"))["Dockerfile"] == "conflict"
    (project / "Dockerfile.from-handbook").unlink()
    assert handbook("update", str(project)).exit_code == 0
    assert states(handbook("status", str(project), "--json"))["Dockerfile"] == "yours differs"
