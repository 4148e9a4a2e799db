"""A project over the years: copied, edited, kept current; nothing of the reader's is ever lost."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from snippets.cli import main
from snippets.evidence.store import EvidenceStore
from snippets.handbook import Handbook
from tests.unit.sample import DOCKERFILE, NOW, WEB, Library, evidence_of
from tests.unit.test_target import tree

Command = Callable[..., Result]
NEWER = DOCKERFILE.replace("python:3.13", "python:3.14")
EDITED = DOCKERFILE + "LABEL mine=1\n"


@pytest.fixture
def prove(library: Library, store: EvidenceStore) -> Callable[[], None]:
    """Prove the library as it is now."""

    def proven() -> None:
        for name in ("web", "conf"):
            store.write(evidence_of(library.snippet(name)), name)

    return proven


@pytest.fixture
def handbook(library: Library, store: EvidenceStore, prove: Callable[[], None]) -> Command:
    """The command line over the sample library, which was proven once."""
    prove()

    def run(*arguments: str) -> Result:
        handbook = Handbook(catalog=library.load(), store=store, now=NOW)
        result = CliRunner().invoke(main, arguments, obj=handbook)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    return run


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A directory of the reader's with a file of their own."""
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "mine.py").write_text("mine\n")
    return tmp_path / "project"


def own(project: Path) -> dict[str, bytes | str]:
    """The files of a project but for the handbook's note."""
    return {path: content for path, content in tree(project).items() if not path.startswith(".handbook/")}


def test_copy_writes_the_proven_bytes_and_says_what_is_next(handbook: Command, project: Path) -> None:
    """Those of shared snippets as well; the note holds the originals."""
    result = handbook("copy", "web", str(project))

    assert (result.exit_code, result.stdout) == (
        0,
        "wrote     Dockerfile\nwrote     serve.conf\n\nNext, as it was proven:\n  docker build .\n",
    )
    assert own(project) == {"Dockerfile": DOCKERFILE.encode(), "serve.conf": b"workers = 3\n", "mine.py": b"mine\n"}
    assert (project / ".handbook/original/Dockerfile").read_text() == DOCKERFILE
    assert set(json.loads((project / ".handbook/copied.json").read_text())["files"]) == {"Dockerfile", "serve.conf"}


def test_copy_again_changes_nothing(handbook: Command, project: Path) -> None:
    """Files that are as they should be are told of."""
    handbook("copy", "web", str(project))
    before = tree(project)

    result = handbook("copy", "web", str(project))

    assert result.stdout.startswith("identical Dockerfile\nidentical serve.conf\n")
    assert tree(project) == before


def test_copy_writes_nothing_where_one_file_differs(handbook: Command, project: Path) -> None:
    """It says which, and what to do."""
    (project / "serve.conf").write_text("mine\n")
    before = tree(project)

    result = handbook("copy", "web", str(project))

    assert result.exit_code == 1
    assert result.stderr == (
        "Error: serve.conf: is there and differs; move it away, or `--force` keeps it as serve.conf.before-handbook\n"
    )
    assert tree(project) == before


def test_force_keeps_what_was_there(handbook: Command, project: Path) -> None:
    """Twice, under two names, where it was another each time."""
    for text in ("first\n", "second\n"):
        (project / "serve.conf").write_text(text)
        assert handbook("copy", "web", str(project), "--force").exit_code == 0

    assert (project / "serve.conf").read_text() == "workers = 3\n"
    assert (project / "serve.conf.before-handbook").read_text() == "first\n"
    assert (project / "serve.conf.before-handbook-2").read_text() == "second\n"


@pytest.mark.parametrize(
    ("slug", "status", "said"),
    [
        ("alma", 1, "alma is withheld: No registry answers."),
        ("wab", 2, "no snippet 'wab' (did you mean 'web'?)"),
    ],
)
def test_only_what_is_proven_is_copied(slug: str, status: int, said: str, handbook: Command, project: Path) -> None:
    """Nothing is written for anything else."""
    result = handbook("copy", slug, str(project))

    assert result.exit_code == status
    assert said in result.stderr
    assert own(project) == {"mine.py": b"mine\n"}


def test_what_is_not_proven_any_more_is_not_copied(handbook: Command, library: Library, project: Path) -> None:
    """The bytes changed since."""
    library.write("web/Dockerfile", NEWER)

    result = handbook("copy", "web", str(project))

    assert result.exit_code == 1
    assert "web is unproven: web changed since" in result.stderr
    assert not (project / ".handbook").exists()


def test_a_dry_run_shows_and_writes_nothing(handbook: Command, tmp_path: Path) -> None:
    """Not even the directory."""
    result = handbook("copy", "web", str(tmp_path / "new"), "--dry-run")

    assert "--- /dev/null\n+++ b/Dockerfile\n@@ -1 +1,4 @@\n" in result.stdout
    assert not (tmp_path / "new").exists()


def test_two_snippets_share_what_is_the_same(handbook: Command, library: Library, project: Path) -> None:
    """And clash over what is not, before anything is written."""
    assert handbook("copy", "conf", str(project)).exit_code == 0
    assert handbook("copy", "web", str(project)).exit_code == 0
    assert set(json.loads((project / ".handbook/copied.json").read_text())["snippets"]) == {"conf", "web"}

    other = WEB.replace('"serve.conf" = "conf/serve.conf"', "").replace("[uses]\n", "")
    library.write("other/snippet.toml", other).write("other/Dockerfile", NEWER).write("other/new.txt", "new\n")
    before = tree(project)
    store = EvidenceStore(library.root.parent / "evidence")
    store.write(evidence_of(library.snippet("other")), "other")

    result = handbook("copy", "other", str(project))

    assert "Dockerfile: was copied with web, and other has another" in result.stderr
    assert tree(project) == before


def states(result: Result) -> dict[str, str]:
    """Path -> state, as scripts read it."""
    return {row["path"]: row["state"] for row in json.loads(result.stdout)}


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


def test_update_takes_merges_adds_and_leaves(
    handbook: Command, library: Library, prove: Callable[[], None], project: Path
) -> None:
    """What was edited is merged, what was not is taken, what was removed stays away; a second run changes nothing."""
    handbook("copy", "web", str(project))
    (project / "Dockerfile").write_text(EDITED)
    (project / "serve.conf").unlink()
    library.write("web/Dockerfile", NEWER).write("web/new.txt", "new\n").write("conf/serve.conf", "workers = 4\n")
    prove()

    shown = handbook("update", str(project), "--dry-run")
    assert "-FROM python:3.13\n+FROM python:3.14\n" in shown.stdout
    assert own(project) == {"Dockerfile": EDITED.encode(), "mine.py": b"mine\n"}

    result = handbook("update", str(project))
    assert (result.exit_code, result.stdout.splitlines()[:3]) == (
        0,
        ["merged    Dockerfile", "added     new.txt", "kept      serve.conf: you removed it; it stays away"],
    )
    merged = NEWER + "LABEL mine=1\n"
    assert own(project) == {"Dockerfile": merged.encode(), "new.txt": b"new\n", "mine.py": b"mine\n"}

    before = tree(project)
    again = handbook("update", str(project))
    assert (again.exit_code, again.stdout) == (0, "everything is up to date\n")
    assert tree(project) == before
    assert states(handbook("status", str(project), "--json"))["Dockerfile"] == "yours differs"


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
    assert handbook("update", str(project)).exit_code == 0


def test_a_new_file_of_the_snippet_never_replaces_the_readers(
    handbook: Command, library: Library, prove: Callable[[], None], project: Path
) -> None:
    """They have one of that name already."""
    handbook("copy", "web", str(project))
    library.write("web/mine.py", "theirs\n")
    prove()

    result = handbook("update", str(project))

    assert result.exit_code == 1
    assert "conflict  mine.py: is there and is not the handbook's; see `handbook show web mine.py`" in result.stdout
    assert (project / "mine.py").read_text() == "mine\n"


def test_what_the_handbook_drops_is_the_readers(
    handbook: Command, library: Library, prove: Callable[[], None], project: Path
) -> None:
    """It stays, and is not asked about again."""
    library.write("web/old.txt", "old\n")
    prove()
    handbook("copy", "web", str(project))
    (library.root / "web/old.txt").unlink()
    prove()

    assert states(handbook("status", str(project), "--json"))["old.txt"] == "dropped"
    assert "kept      old.txt: no longer part of the handbook" in handbook("update", str(project)).stdout
    assert (project / "old.txt").read_text() == "old\n"
    assert "old.txt" not in states(handbook("status", str(project), "--json"))


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        (".handbook/copied.json", "{", ".handbook/copied.json: "),
        (".handbook/copied.json", '{"version": 2}', "this handbook knows 1"),
        (
            ".handbook/copied.json",
            '{"snippets": {"web": "x"}, "files": {"../../etc/passwd": {"snippet": "web", "sha256": "0"}}}',
            "leaves the directory",
        ),
        (".handbook/original/Dockerfile", "edited\n", "not the bytes that were copied"),
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

    assert result.exit_code == 1
    assert said in result.stderr
    assert tree(project) == before


@pytest.mark.parametrize("command", ["status", "update"])
def test_a_project_without_a_copy_is_told_so(command: str, handbook: Command, project: Path) -> None:
    """With the command that makes one."""
    result = handbook(command, str(project))

    assert result.exit_code == 1
    assert "nothing was copied into" in result.stderr
    assert not (project / ".handbook").exists()


def test_a_merge_without_git_is_refused_whole(
    handbook: Command, library: Library, prove: Callable[[], None], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is half updated."""
    handbook("copy", "web", str(project))
    (project / "Dockerfile").write_text(EDITED)
    library.write("web/Dockerfile", NEWER).write("conf/serve.conf", "workers = 4\n")
    prove()
    before = tree(project)
    monkeypatch.setenv("PATH", "/nonexistent")

    result = handbook("update", str(project))

    assert "no `git` on PATH" in result.stderr
    assert tree(project) == before
