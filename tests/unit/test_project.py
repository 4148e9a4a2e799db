"""A project over the years: copied, edited, kept current; nothing of the reader's is ever lost."""

import base64
import hashlib
import json
import os
import shutil
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from snippets.cli import main
from snippets.evidence.store import EvidenceStore
from snippets.handbook import Handbook
from tests.unit.odd import lay
from tests.unit.sample import CONF, DOCKERFILE, NOW, WEB, Library, evidence_of
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
    assert [path for path in tree(project) if path.startswith(".handbook/")] == [".handbook/copied.json"]
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


def test_the_note_stays_as_it_is_where_it_says_the_same(handbook: Command, project: Path) -> None:
    """However another handbook packed the bytes in it, and whatever it was."""
    handbook("copy", "web", str(project))
    note = json.loads((project / ".handbook/copied.json").read_text())
    packed = base64.b64encode(zlib.compress(DOCKERFILE.encode(), 0)).decode()
    assert note["files"]["Dockerfile"]["original"] != packed
    note["files"]["Dockerfile"]["original"] = packed
    text = msgspec.json.format(msgspec.json.encode(note, order="sorted"), indent=2) + b"\n"
    (project / ".handbook/copied.json").write_bytes(text)

    assert handbook("copy", "web", str(project)).exit_code == 0
    assert (project / ".handbook/copied.json").read_bytes() == text


def test_the_note_is_of_the_bytes_that_were_copied_last(
    handbook: Command, library: Library, prove: Callable[[], None], project: Path
) -> None:
    """What was copied by force is no update that a later one would have to merge."""
    handbook("copy", "web", str(project))
    library.write("web/Dockerfile", NEWER)
    prove()

    assert handbook("copy", "web", str(project), "--force").exit_code == 0
    note = json.loads((project / ".handbook/copied.json").read_text())
    assert note["files"]["Dockerfile"]["sha256"] == hashlib.sha256(NEWER.encode()).hexdigest()
    assert zlib.decompress(base64.b64decode(note["files"]["Dockerfile"]["original"])) == NEWER.encode()


def test_a_file_of_a_snippet_that_is_gone_is_not_written_over(
    handbook: Command, library: Library, store: EvidenceStore, project: Path
) -> None:
    """Nobody can tell any more what it shared."""
    handbook("copy", "web", str(project))
    shutil.rmtree(library.root / "web")
    library.write("conf/snippet.toml", CONF.replace('"web"', '"more"'))
    library.write("more/snippet.toml", WEB).write("more/Dockerfile", NEWER)
    for name in ("more", "conf"):
        store.write(evidence_of(library.snippet(name)), name)

    result = handbook("copy", "more", str(project))

    assert result.stderr == (
        "Error: Dockerfile: was copied with web, and more has another; copy it to a directory of its own\n"
    )


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

    assert "--- /dev/null\n+++ b/Dockerfile\n@@ -0,0 +1,3 @@\n" in result.stdout
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
    assert "separators" in json.loads((project / ".handbook/copied.json").read_text())["files"]["Dockerfile"]
    assert handbook("update", str(project)).exit_code == 0
    # Nothing waits any more: a line that looks like the mark between two sides is the reader's own.
    assert "separators" not in json.loads((project / ".handbook/copied.json").read_text())["files"]["Dockerfile"]
    (project / "Dockerfile").write_text(f"{NEWER}=======\n")
    assert states(handbook("status", str(project), "--json"))["Dockerfile"] == "yours differs"


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


class Other:
    """A second snippet with the same Dockerfile, proven anew at each change."""

    def __init__(self, library: Library) -> None:
        plain = WEB.replace('"serve.conf" = "conf/serve.conf"', "").replace("[uses]\n", "")
        self.library = library.write("other/snippet.toml", plain)
        self.write("Dockerfile", DOCKERFILE)

    def write(self, path: str, text: str) -> None:
        """Give it a file."""
        self.library.write(f"other/{path}", text)
        self._prove()

    def remove(self, path: str) -> None:
        """Take one from it."""
        (self.library.root / "other" / path).unlink()
        self._prove()

    def _prove(self) -> None:
        EvidenceStore(self.library.root.parent / "evidence").write(evidence_of(self.library.snippet("other")), "other")


@pytest.mark.parametrize("gone", ["file", "snippet"])
@pytest.mark.parametrize("yours", ["removed", "in conflict", "edited", "as copied"])
def test_what_is_dropped_never_stops_an_update(
    gone: str, yours: str, handbook: Command, library: Library, project: Path
) -> None:
    """Whether the file went or its snippet, and whatever became of the reader's: a word each, and not for good."""
    other = Other(library)
    other.write("old.txt", "old\n")
    handbook("copy", "other", str(project))
    mark = "<<<<<<< yours\nmine\n=======\nnew\n>>>>>>> handbook\n"
    text = {"in conflict": mark, "edited": "mine\n", "as copied": "old\n"}.get(yours)
    (project / "old.txt").unlink() if text is None else (project / "old.txt").write_text(text)
    if gone == "snippet":
        shutil.rmtree(library.root / "other")
    else:
        other.remove("old.txt")

    state = states(handbook("status", str(project), "--json"))["old.txt"]
    first, second = handbook("update", str(project)), handbook("update", str(project))

    told = {"removed": "missing", "in conflict": "conflict"}.get(yours, "dropped")
    word = "conflict " if told == "conflict" else "kept     "
    assert (state, first.exit_code) == (told, 1 if told == "conflict" else 0)
    assert f"{word} old.txt: " in first.stdout
    assert ("old.txt" in second.output) is (told == "conflict")
    if text is not None:
        assert (project / "old.txt").read_text() == text


def test_a_file_that_one_of_two_snippets_drops_is_the_others(
    handbook: Command, library: Library, prove: Callable[[], None], project: Path
) -> None:
    """It is neither dropped nor new."""
    other = Other(library)
    library.write("web/both.txt", "both\n")
    other.write("both.txt", "both\n")
    prove()
    handbook("copy", "web", str(project))
    handbook("copy", "other", str(project))
    other.remove("both.txt")

    assert states(handbook("status", str(project), "--json"))["both.txt"] == "identical"
    library.write("web/both.txt", "newer\n")
    prove()
    assert handbook("update", str(project)).exit_code == 0
    assert (project / "both.txt").read_text() == "newer\n"


def test_two_snippets_that_add_different_files_in_one_place_write_neither(
    handbook: Command, library: Library, prove: Callable[[], None], project: Path
) -> None:
    """Whoever waits for one of them is told of both."""
    other = Other(library)
    for name in ("web", "other"):
        handbook("copy", name, str(project))
    library.write("web/new.txt", "web")
    prove()
    other.write("new.txt", "other")

    result = handbook("update", str(project))

    assert result.exit_code == 1
    assert "conflict  new.txt: other and web both add it, and differ" in result.stdout
    assert not (project / "new.txt").exists()


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


def test_an_edited_shared_file_gets_advice_that_helps(
    handbook: Command, library: Library, prove: Callable[[], None], project: Path
) -> None:
    """It is not another file of another snippet, and there is nothing to merge until there is something newer."""
    handbook("copy", "conf", str(project))
    (project / "serve.conf").write_text("workers = 9\n")
    first = handbook("copy", "web", str(project))
    library.write("conf/serve.conf", "workers = 4\n")
    prove()
    second = handbook("copy", "web", str(project))

    assert "you edited it since it was copied with conf, and nothing newer is there to merge" in first.stderr
    assert "`handbook update` merges" in second.stderr
    assert own(project)["serve.conf"] == b"workers = 9\n"


def test_permissions_follow_whoever_changed_them(
    handbook: Command, library: Library, prove: Callable[[], None], project: Path
) -> None:
    """0600 stays so, in a backup as well; a lost right to run a file is no identical file, and `copy` gives it back."""
    (library.root / "web/Dockerfile").chmod(0o755)
    prove()
    handbook("copy", "web", str(project))
    assert (project / "Dockerfile").stat().st_mode & 0o111 == 0o111
    (project / "Dockerfile").chmod(0o600)
    (project / "serve.conf").chmod(0o600)
    assert states(handbook("status", str(project), "--json")) == {
        "Dockerfile": "yours differs",
        "serve.conf": "identical",
    }

    library.write("web/Dockerfile", NEWER).write("conf/serve.conf", "workers = 4\n")
    prove()
    assert handbook("update", str(project)).exit_code == 0
    assert [(project / name).stat().st_mode & 0o777 for name in ("Dockerfile", "serve.conf")] == [0o600, 0o600]

    assert "wrote     Dockerfile\n" in handbook("copy", "web", str(project)).stdout
    assert (project / "Dockerfile").stat().st_mode & 0o777 == 0o700
    (project / "serve.conf").write_text("secret\n")
    handbook("copy", "web", str(project), "--force")
    assert (project / "serve.conf.before-handbook").stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_added_may_be_run_where_it_is_to_be(
    handbook: Command, library: Library, prove: Callable[[], None], project: Path
) -> None:
    """And no other."""
    handbook("copy", "web", str(project))
    library.write("web/run.sh", "#!/bin/sh\n").write("web/data", "x\n")
    (library.root / "web" / "run.sh").chmod(0o755)
    prove()

    assert handbook("update", str(project)).exit_code == 0
    assert (project / "run.sh").stat().st_mode & 0o100
    assert not (project / "data").stat().st_mode & 0o111
    assert set(states(handbook("status", str(project), "--json")).values()) == {"identical"}


def test_a_snippet_that_becomes_executable_is_newer(
    handbook: Command, library: Library, prove: Callable[[], None], project: Path
) -> None:
    """Its bytes are the same, and without the right they do nothing."""
    handbook("copy", "web", str(project))
    (library.root / "web/Dockerfile").chmod(0o755)
    prove()

    assert states(handbook("status", str(project), "--json"))["Dockerfile"] == "newer"
    handbook("update", str(project))
    assert (project / "Dockerfile").stat().st_mode & 0o100
    assert states(handbook("status", str(project), "--json"))["Dockerfile"] == "identical"


def test_a_checkout_that_turned_all_line_ends_is_brought_up_to_date(
    handbook: Command, library: Library, prove: Callable[[], None], project: Path
) -> None:
    """As `core.autocrlf` does, the note included: nothing differs, and what is written has the reader's ends."""
    handbook("copy", "web", str(project))
    (project / "Dockerfile").write_text(EDITED)
    for path in ("Dockerfile", "serve.conf", ".handbook/copied.json"):
        (project / path).write_bytes((project / path).read_bytes().replace(b"\n", b"\r\n"))
    assert states(handbook("status", str(project), "--json")) == {
        "Dockerfile": "yours differs",
        "serve.conf": "identical",
    }
    assert "identical serve.conf" in handbook("copy", "conf", str(project)).stdout

    library.write("web/Dockerfile", NEWER).write("conf/serve.conf", "workers = 4\n")
    prove()
    result = handbook("update", str(project))

    assert (result.exit_code, result.stdout.splitlines()[:2]) == (0, ["merged    Dockerfile", "updated   serve.conf"])
    assert (project / "Dockerfile").read_bytes() == (NEWER + "LABEL mine=1\n").replace("\n", "\r\n").encode()
    assert (project / "serve.conf").read_bytes() == b"workers = 4\r\n"
    assert states(handbook("status", str(project), "--json"))["serve.conf"] == "identical"


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


@pytest.mark.parametrize("command", [("copy", "web"), ("update",)])
def test_a_dry_run_is_what_git_applies(
    command: tuple[str, ...], handbook: Command, library: Library, prove: Callable[[], None], project: Path
) -> None:
    """Applied it leaves the same files as the command; what is said of it is not on stdout."""
    if command[0] == "update":
        handbook("copy", "web", str(project))
        (project / "Dockerfile").write_bytes(EDITED.encode().removesuffix(b"\n"))
        library.write("web/Dockerfile", NEWER).write("web/no-end.txt", "no end")
        prove()
    by_git = project.with_name("by-git")
    shutil.copytree(project, by_git)
    made = handbook(*command, str(project), "--dry-run")
    subprocess.run(["git", "init", "--quiet"], cwd=by_git, check=True)
    subprocess.run(["git", "apply", "-"], cwd=by_git, input=made.stdout_bytes, check=True)
    assert handbook(*command, str(project)).exit_code == 0

    assert {path: content for path, content in own(by_git).items() if not path.startswith(".git/")} == own(project)
