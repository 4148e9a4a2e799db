"""What `--dry-run` prints is a patch: `git apply` makes of a project what the command itself would make of it."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snippets.project import Change, Target, patch, write
from tests.unit.projects import EDITED, NEWER, Command, own
from tests.unit.sample import Library
from tests.unit.test_target import tree

TEXT = b"one\ntwo\nthree\n"
CASES: dict[str, list[tuple[str, bytes | None, bytes | None, bool | None]]] = {
    "edited": [("a.txt", TEXT, b"one\n2\nthree\n", None)],
    "new": [("a.txt", None, TEXT, None)],
    "new and empty": [("a.txt", None, b"", None)],
    "new and executable": [("run.sh", None, b"#!/bin/sh\n", True)],
    "removed": [("a.txt", TEXT, None, None)],
    "removed and empty": [("a.txt", b"", None, None)],
    "made executable": [("a.txt", TEXT, TEXT, True)],
    "edited and executable": [("a.txt", TEXT, b"new\n", True)],
    "emptied": [("a.txt", TEXT, b"", None)],
    "filled": [("a.txt", b"", TEXT, None)],
    "no newline before": [("a.txt", b"one\ntwo", b"one\ntwo\n", None)],
    "no newline after": [("a.txt", b"one\ntwo\n", b"one\ntwo", None)],
    "no newline at all": [("a.txt", b"one", b"two", None)],
    "new without newline": [("a.txt", None, b"one", None)],
    "blanks": [("a directory/a name.txt", TEXT, b"new\n", None), ("b c", None, b"new", None)],
    "letters": [("é/ü….txt", TEXT, b"new\n", None), ("ñ", None, b"new\n", None)],
    "quotes": [("it's.txt", None, b"new\n", None)],
    "carriage returns": [("a.txt", b"one\r\ntwo\r\n", b"one\r\n2\r\n", None)],
    "no text": [("a.bin", b"\0" + bytes(range(256)) * 3, b"\0new", None), ("b.bin", None, b"\0" * 500, None)],
    "text to no text": [("a.bin", TEXT, b"\0\x01", None)],
    "no text, removed": [("a.bin", b"\0\x01", None, None)],
    "Latin-1": [("a.txt", b"caf\xe9\n", b"caf\xe9s\n", None)],
    "odd separators": [("a.txt", b"a\x0cb\x85c\x1cd\n", b"a\x0cb\x85c\x1ce\xe2\x80\xa8\n", None)],
    "looks like a patch": [("a.txt", b"--- a\n+++ b\n", b"-- a\n@@ -1 +1 @@\n", None)],
    "several": [("a.txt", TEXT, b"1\n", None), ("b/c.txt", None, TEXT, None), ("d.txt", b"x", None, None)],
}


def applied(folder: Path, made: bytes) -> None:
    """Apply a patch as a reader does, with nothing let pass."""
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    subprocess.run(["git", "-c", "core.autocrlf=false", "apply", "-"], cwd=folder, input=made, check=True)


def agrees(folder: Path, changes: list[Change]) -> None:
    """See that git makes the same of a copy of a project."""
    by_git, by_us = folder / "git", folder / "us"
    for root in (by_git, by_us):
        root.mkdir(parents=True)
        for change in changes:
            if change.before is not None:
                (root / change.path).parent.mkdir(parents=True, exist_ok=True)
                (root / change.path).write_bytes(change.before)
    made = patch(Target.at(by_us), changes)
    write(Target.at(by_us), changes)
    applied(by_git, made)
    found = {path: content for path, content in tree(by_git).items() if not path.startswith(".git/")}

    assert found == tree(by_us)
    runs = [{path: (root / path).stat().st_mode & 0o100 for path in found} for root in (by_git, by_us)]
    assert runs[0] == runs[1]


@pytest.mark.parametrize("case", CASES)
def test_git_applies_it(case: str, tmp_path: Path) -> None:
    """To the last byte and the right to be run."""
    agrees(tmp_path, [Change(path=p, before=b, after=a, executable=x) for p, b, a, x in CASES[case]])


BYTES = st.lists(st.sampled_from([b"a", b"b", b"\n", b"\r\n", b"\0", b"\xff", b" "]), max_size=9).map(b"".join)


@settings(max_examples=25, deadline=None)
@given(before=st.none() | BYTES, after=BYTES, executable=st.sampled_from([None, True, False]))
def test_git_applies_what_was_generated(
    before: bytes | None, after: bytes, tmp_path_factory: pytest.TempPathFactory, *, executable: bool | None
) -> None:
    """Bytes of all kinds."""
    if before != after or executable:
        change = Change(path="a b.txt", before=before, after=after, executable=executable)
        agrees(tmp_path_factory.mktemp("patch"), [change])


def test_nothing_changed_is_no_patch(tmp_path: Path) -> None:
    """Not even a head."""
    (tmp_path / "a.txt").write_bytes(TEXT)
    (tmp_path / "a.txt").chmod(0o755)

    changes = [Change(path="a.txt", before=TEXT, after=TEXT, executable=True)]

    assert patch(Target.at(tmp_path), changes) == b""


def test_it_is_written_as_git_writes_it(tmp_path: Path) -> None:
    """Other programs that take patches look for a tab after a name that holds a blank."""
    (tmp_path / "a b.txt").write_bytes(TEXT)
    (tmp_path / "c.txt").write_bytes(TEXT)
    changes = [
        Change(path="a b.txt", before=TEXT, after=b"one\ntwo\n"),
        Change(path="c.txt", before=TEXT, after=None),
        Change(path="\u00e9 d.txt", before=None, after=b"x"),
    ]
    for path in ("a b.txt", "c.txt"):
        (tmp_path / path).chmod(0o644)

    assert patch(Target.at(tmp_path), changes).decode() == (
        "diff --git a/a b.txt b/a b.txt\n--- a/a b.txt\t\n+++ b/a b.txt\t\n@@ -1,3 +1,2 @@\n one\n two\n-three\n"
        "diff --git a/c.txt b/c.txt\ndeleted file mode 100644\n--- a/c.txt\n+++ /dev/null\n"
        "@@ -1,3 +0,0 @@\n-one\n-two\n-three\n"
        'diff --git "a/\\303\\251 d.txt" "b/\\303\\251 d.txt"\nnew file mode 100644\n'
        '--- /dev/null\n+++ "b/\\303\\251 d.txt"\t\n@@ -0,0 +1 @@\n+x\n\\ No newline at end of file\n'
    )


@pytest.mark.parametrize(("before", "after"), [(TEXT, b"\0\xff"), (b"\0\xff", TEXT), (None, b"\0\xff")])
def test_what_has_no_lines_is_written_in_letters(before: bytes | None, after: bytes, tmp_path: Path) -> None:
    """Whichever of the two it is: a terminal shows them, and mail carries them."""
    made = patch(Target.at(tmp_path), [Change(path="a.bin", before=before, after=after)])

    assert b"\nGIT binary patch\nliteral " in made
    assert made.replace(b"\n", b"").decode("ascii").isprintable()


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
