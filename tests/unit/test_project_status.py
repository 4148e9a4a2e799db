"""How a project stands: every state of a file by its name, and what cannot be told, which stops nothing else."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from snippets.cli import main
from tests.unit.odd import lay
from tests.unit.projects import EDITED, NEWER, Command, states
from tests.unit.sample import DOCKERFILE, Library
from tests.unit.test_target import tree


def test_status_tells_every_state(
    handbook: Command, library: Library, prove: Callable[[], None], project: Path
) -> None:
    """And is 1 only where something is newer."""
    handbook("copy", "web", str(project))
    result = handbook("status", str(project), "--json")
    assert (result.exit_code, states(result)) == (0, {"Dockerfile": "identical", "serve.conf": "identical"})

    (project / "Dockerfile").write_text(EDITED)
    (project / "serve.conf").unlink()
    result = handbook("status", str(project), "--json")
    assert (result.exit_code, states(result)) == (0, {"Dockerfile": "yours differs", "serve.conf": "missing"})

    library.write("web/Dockerfile", NEWER).write("web/new.txt", "new\n")
    # Newer, and nobody proved it: there is nothing to take.
    assert handbook("status", str(project)).exit_code == 0
    prove()
    result = handbook("status", str(project), "--json")
    assert (result.exit_code, states(result)) == (
        1,
        {"Dockerfile": "both", "serve.conf": "missing", "new.txt": "added"},
    )

    (project / "Dockerfile").write_text(DOCKERFILE)
    assert states(handbook("status", str(project), "--json"))["Dockerfile"] == "newer"


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        (".handbook/copied.json", "{", ".handbook/copied.json: "),
        (".handbook/copied.json", '{"version": 3}', "written by handbook 0 in layout 3, and this is "),
        (
            ".handbook/copied.json",
            '{"snippets": {"web": "x"}, "files": {"../../etc/passwd": {"snippet": "web", "sha256": "0"}}}',
            "leaves the directory",
        ),
    ],
)
def test_a_note_that_cannot_be_believed_is_refused(  # noqa: PLR0913, PLR0917 - a fixture each
    path: str,
    text: str,
    said: str,
    handbook: Command,
    library: Library,
    prove: Callable[[], None],
    project: Path,
) -> None:
    """With what mends it; nothing is written on its word."""
    handbook("copy", "web", str(project))
    library.write("web/Dockerfile", NEWER)
    prove()
    (project / path).write_text(text)
    before = tree(project)

    result = handbook("update", str(project))

    assert result.exit_code == 2
    assert said in result.stderr
    assert tree(project) == before


@pytest.mark.parametrize("command", ["status", "update"])
def test_a_project_without_a_copy_is_told_so(command: str, handbook: Command, project: Path) -> None:
    """With the command that makes one."""
    result = handbook(command, str(project))

    assert result.exit_code == 2
    assert "nothing was copied into" in result.stderr
    assert not (project / ".handbook").exists()


@pytest.mark.parametrize("odd", ["directory", "pipe", "link", "other case"])
def test_one_odd_file_stops_no_other(
    odd: str, handbook: Command, library: Library, prove: Callable[[], None], project: Path
) -> None:
    """It is told with its reason, the status is that of an error, and the others are brought up to date."""
    handbook("copy", "web", str(project))
    (project / "serve.conf").unlink()
    if odd == "other case":
        (project / "SERVE.conf").write_text("mine\n")
    else:
        lay(odd, project / "serve.conf", "/etc/hostname")
    library.write("web/Dockerfile", NEWER)
    prove()

    listed = handbook("status", str(project), "--json")
    updated = handbook("update", str(project))

    row = next(row for row in json.loads(listed.stdout) if row["path"] == "serve.conf")
    assert (listed.exit_code, row["state"]) == (2, "unreadable")
    assert row["why"].startswith("serve.conf: ")
    assert (updated.exit_code, updated.stdout) == (2, "updated   Dockerfile\n")
    assert updated.stderr.startswith("failed    serve.conf: ")
    assert (project / "Dockerfile").read_text() == NEWER
    assert handbook("update", str(project)).exit_code == 2


def test_a_file_that_may_not_be_read_stops_no_other(
    handbook: Command, library: Library, prove: Callable[[], None], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may read everything, so the system's refusal is played."""
    handbook("copy", "web", str(project))
    library.write("web/Dockerfile", NEWER)
    prove()
    real = os.open

    def refusing(path: str | Path, *arguments: int, **options: int) -> int:
        if str(path).endswith("serve.conf"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *arguments, **options)

    monkeypatch.setattr("os.open", refusing)
    result = handbook("update", str(project))
    monkeypatch.undo()

    assert (result.exit_code, result.stdout) == (2, "updated   Dockerfile\n")
    assert result.stderr == "failed    serve.conf: serve.conf: Permission denied\n"


def test_what_is_outdated_and_what_cannot_be_told_are_two_statuses(
    handbook: Command, library: Library, prove: Callable[[], None], project: Path
) -> None:
    """As with `diff`: a nightly job tells news from trouble."""
    handbook("copy", "web", str(project))
    assert handbook("status", str(project)).exit_code == 0
    library.write("web/Dockerfile", NEWER)
    prove()
    assert handbook("status", str(project)).exit_code == 1
    (project / ".handbook/copied.json").write_text("{")
    assert handbook("status", str(project)).exit_code == 2
    library.write("web/snippet.toml", "titel = 1")
    result = CliRunner().invoke(main, ["status", str(project)], obj=None, env={"HANDBOOK_EVIDENCE": "/nonexistent"})
    assert result.exit_code == 2
