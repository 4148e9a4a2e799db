"""A project kept current: what is newer is taken, added or merged, and what is dropped stays with the reader."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from snippets.evidence.store import EvidenceStore
from tests.unit.projects import EDITED, NEWER, Command, own, states
from tests.unit.sample import DOCKERFILE, WEB, Library, evidence_of
from tests.unit.test_target import tree


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
