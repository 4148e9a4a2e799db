"""The one door to a project: whatever a path is called, nothing is written outside or lost."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snippets.errors import ProjectError
from snippets.project import Change, Target, write
from snippets.project.target import path_fault, refuse_clashes

# So many within two seconds; the nightly run asks for more.
CASES = int(os.environ.get("HANDBOOK_FUZZ") or 1_000)
PLAIN = ("Dockerfile", ".dockerignore", "app/__init__.py", "frontend/src/main.tsx", "a/b/c/d", "compose.yaml", "…é.txt")


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("", "not a relative path"),
        ("/etc/passwd", "not a relative path"),
        ("C:/Windows", "not a relative path"),
        ("c:evil", "not a relative path"),
        ("../outside", "leaves the directory"),
        ("app/../../outside", "leaves the directory"),
        ("app//twice", "not a plain path"),
        ("./Dockerfile", "not a plain path"),
        ("app/", "not a plain path"),
        ("app\\..\\outside", "holds '\\\\'"),
        ("app/a\0b", r"holds '\x00'"),
        ("stream:hidden", "holds ':'"),
        ("CON", "the name of a device"),
        ("app/nul.txt", "the name of a device"),
        ("Com1", "the name of a device"),
        ("app./x", "ends in a dot or a space"),
        ("x ", "ends in a dot or a space"),
        (".git/hooks/pre-commit", "git's own"),
        ("app/.GIT", "git's own"),
        ("GIT~1/config", "a short name on Windows, which may be any file's"),
        ("app/LONGNA~12.TXT", "a short name on Windows"),
        (".g\u200cit/config", r"holds '\u200c'"),
        ("app/\u202efdp.exe", r"holds '\u202e'"),
        ("app/a\x85b", r"holds '\x85'"),
        ("lpt1 .txt", "the name of a device"),
        ("x" * 231, "longer than a name may be"),
        ("é" * 116, "longer than a name may be"),
        ("\udc80", "not UTF-8"),
    ],
)
def test_a_path_that_is_not_plain_is_refused(path: str, why: str, tmp_path: Path) -> None:
    """By what it is called, before the disk is asked."""
    with pytest.raises(ProjectError) as refused:
        Target.at(tmp_path).place(path)

    assert str(refused.value).startswith(f"{path!r}: {why}")


@pytest.mark.parametrize("path", PLAIN)
def test_a_plain_path_is_a_place(path: str, tmp_path: Path) -> None:
    """Names that begin with a dot or hold other letters are plain."""
    assert Target.at(tmp_path).place(path) == tmp_path.resolve() / path


@pytest.mark.parametrize("linked", ["app", "app/deep", "app/deep/file"])
def test_nothing_is_written_through_a_link(linked: str, tmp_path: Path) -> None:
    """Wherever it leads: what lies there is somebody else's."""
    outside = tmp_path / "outside"
    outside.mkdir()
    place = tmp_path / "project" / linked
    place.parent.mkdir(parents=True)
    place.symlink_to(outside)

    with pytest.raises(ProjectError, match=f"^{linked}: a symbolic link"):
        write(Target.at(tmp_path / "project"), [Change(path="app/deep/file", before=None, after=b"x")])

    assert not list(outside.iterdir())


def test_a_link_to_the_project_is_followed_once(tmp_path: Path) -> None:
    """The reader named it."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")

    write(Target.at(tmp_path / "link"), [Change(path="file", before=None, after=b"x")])

    assert (tmp_path / "real" / "file").read_bytes() == b"x"


def test_a_loop_of_links_is_refused(tmp_path: Path) -> None:
    """It is no directory."""
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")

    with pytest.raises(ProjectError):
        write(Target.at(tmp_path / "a"), [Change(path="file", before=None, after=b"x")])


def test_a_name_with_another_way_to_write_an_accent_is_refused(tmp_path: Path) -> None:
    """MacOS knows one way only."""
    (tmp_path / "e\u0301.txt").write_text("mine\n")

    with pytest.raises(ProjectError, match="some systems take the two for one"):
        Target.at(tmp_path).place("\xe9.txt")


@pytest.mark.parametrize("there", ["dockerfile", "DOCKERFILE"])
def test_a_name_that_differs_by_case_alone_is_refused(there: str, tmp_path: Path) -> None:
    """On a system that knows no case the one would be the other."""
    (tmp_path / there).write_text("mine\n")

    with pytest.raises(ProjectError, match=f"^Dockerfile: {there} is there"):
        Target.at(tmp_path).place("Dockerfile")


@pytest.mark.parametrize(
    ("paths", "why"),
    [
        (["app/a", "App/b"], "some systems take the two for one"),
        (["Dockerfile", "dockerfile"], "some systems take the two for one"),
        (["app", "app/a"], "app: a file and a directory"),
        (["app/a", "app/a"], "app/a: named twice"),
    ],
)
def test_paths_that_clash_are_refused(paths: list[str], why: str) -> None:
    """Among themselves."""
    with pytest.raises(ProjectError, match=why):
        refuse_clashes(paths)


def test_a_file_in_the_place_of_a_directory_is_refused(tmp_path: Path) -> None:
    """And so is a directory in the place of a file; both are left."""
    (tmp_path / "app").write_text("mine\n")
    (tmp_path / "Dockerfile").mkdir()
    target = Target.at(tmp_path)

    with pytest.raises(ProjectError, match=r"^app: a file, where a directory has to be$"):
        target.read("app/__init__.py")
    with pytest.raises(ProjectError, match=r"^Dockerfile: not a file$"):
        target.read("Dockerfile")
    with pytest.raises(ProjectError, match=r"app: a file, where a directory has to be$"):
        Target.at(tmp_path / "app")


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    """Reading it would wait for ever."""
    os.mkfifo(tmp_path / "Dockerfile")

    with pytest.raises(ProjectError, match=r"^Dockerfile: not a file$"):
        Target.at(tmp_path).read("Dockerfile")


# Names as people and attackers write them, more of the odd than of the plain ones.
PARTS = st.one_of(
    st.sampled_from(
        ["..", ".", "", "app", "App", "out", "link", "file", "aux", "C:", "~", "nul.txt", "a ", "é", "\udc80"]
    ),
    st.text(min_size=1, max_size=6),
)
PATHS = st.builds(
    lambda parts, lead: lead + "/".join(parts), st.lists(PARTS, min_size=1, max_size=4), st.sampled_from(["", "", "/"])
)


@settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck))
@given(paths=st.lists(PATHS, min_size=1, max_size=3), contents=st.lists(st.binary(max_size=8), min_size=3, max_size=3))
def test_nothing_is_written_outside_and_nothing_is_lost(paths: list[str], contents: list[bytes]) -> None:
    """Whatever the paths: outside all is as it was; inside, either all was written or nothing."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as folder:  # noqa: PTH112, S108
        outside = Path(folder)
        (outside / "out").write_bytes(b"not yours")
        project = outside / "project"
        (project / "app").mkdir(parents=True)
        (project / "app" / "file").write_bytes(b"the reader's")
        (project / "link").symlink_to(outside)
        before = tree(outside)
        changes = [Change(path=p, before=None, after=c) for p, c in zip(paths, contents, strict=False)]

        try:
            write(Target.at(project), changes)
        except ProjectError:
            assert tree(outside) == before
        else:
            added = {f"project/{change.path}": change.after for change in changes}
            assert tree(outside) == before | added
            assert not any(path_fault(path) for path in paths)


def tree(root: Path) -> dict[str, bytes | str]:
    """Every file and link below a directory, by its path, with its bytes or where it leads."""
    found: dict[str, bytes | str] = {}
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            path = Path(folder, name)
            shown = os.path.relpath(path, root)
            if path.is_symlink():
                found[shown] = str(path.readlink())
            elif path.is_file():
                found[shown] = path.read_bytes()
    return found
