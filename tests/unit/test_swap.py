"""One file replaced while others save it: no save is ever lost, on systems with links and leases and without."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from snippets.errors import ProjectError
from snippets.project import Change, Target, leases, write
from snippets.project import swap as swaps
from tests.unit.test_target import tree

OLD, NEW = b"old\n", b"new\n"
# Each save has a number of its own, and the last one is told at the end.
EDITOR = """
import os, random, sys, time
from pathlib import Path
place, style, stop = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
number = 0
while not stop.exists():
    number += 1
    text = f"save {number}\\n"
    if style == "rename":
        place.with_name("saving").write_text(text)
        os.replace(place.with_name("saving"), place)
    elif style == "backup":
        try:
            os.rename(place, place.with_name("backup~"))
        except FileNotFoundError:
            pass
        place.write_text(text)
    else:
        with place.open("w") as file:
            file.write(text[:4])
            file.flush()
            time.sleep(0.001 if style == "slow" else 0)
            file.write(text[4:])
    print(number, flush=True)
    time.sleep(random.random() * 0.01)
"""


WHOLE = re.compile(rb"(?:save|ours) \d+\n|old\n")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one file that is to change."""
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "Dockerfile").write_bytes(OLD)
    return tmp_path / "project"


def no_links(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on FAT, and on shares of other systems."""

    def refusing(*_: object, **__: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("os.link", refusing)


def no_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on macOS and Windows."""
    monkeypatch.setattr(leases, "fcntl", None)


SYSTEMS = {"linux": lambda _: None, "no links": no_links, "no leases": no_leases}


@pytest.fixture(params=SYSTEMS)
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each kind of system."""
    SYSTEMS[request.param](monkeypatch)
    return str(request.param)


@pytest.mark.usefixtures("system")
def test_a_file_is_replaced_and_nothing_of_ours_is_left(project: Path) -> None:
    """Nor does what was there have another name."""
    write(Target.at(project), [Change(path="Dockerfile", before=OLD, after=NEW)])

    assert tree(project) == {"Dockerfile": NEW}


MOMENTS = ["_move", "_put", "settle"]


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("style", ["in place", "rename", "open before"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.usefixtures("system")
def test_a_save_at_each_moment_stands(
    moment: str, style: str, when: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before and after each step, as editors save: anew, by a rename, or into the file that they opened long ago."""
    place, saved = project / "Dockerfile", b"saved\n"
    opened = place.open("r+b", buffering=0)

    def save() -> None:
        if style == "open before":
            opened.write(saved)
            opened.truncate()
            opened.close()
        elif style == "rename":
            (project / "saving").write_bytes(saved)
            (project / "saving").replace(place)
        else:
            place.write_bytes(saved)

    real, calls = getattr(swaps, moment), 0

    def saving(*arguments: object) -> object:
        nonlocal calls
        calls += 1
        if calls == 1 and when == "before":
            save()
        done = real(*arguments)
        if calls == 1 and when == "after":
            save()
        return done

    monkeypatch.setattr(leases, "PATIENCE_S", 0.05)
    monkeypatch.setattr(swaps, moment, saving)
    if moment == "settle":
        monkeypatch.setattr("snippets.project.writing.settle", saving)
    if style != "open before":
        opened.close()
    # It is refused, or ours came first and the save after it.
    with suppress(ProjectError):
        write(Target.at(project), [Change(path="Dockerfile", before=OLD, after=NEW)])

    opened.close()
    assert calls
    assert place.read_bytes() == saved
    assert not [name for name in tree(project) if name.startswith(".handbook")]


def test_a_file_that_stays_open_for_writing_is_left_to_who_writes(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that logs into it: what it writes next is in the file."""
    monkeypatch.setattr(leases, "PATIENCE_S", 0.01)
    with (project / "Dockerfile").open("ab", buffering=0) as log:
        with pytest.raises(ProjectError, match="is open in another program"):
            write(Target.at(project), [Change(path="Dockerfile", before=OLD, after=NEW)])
        log.write(b"more\n")

    assert tree(project) == {"Dockerfile": b"old\nmore\n"}


@pytest.fixture
def editor(project: Path, tmp_path: Path) -> Iterator[Callable[[str], Callable[[], int]]]:
    """Start a program that saves without a pause; what it gives ends it, and says which save was its last."""
    running: list[subprocess.Popen[str]] = []

    def started(style: str) -> Callable[[], int]:
        stop = tmp_path / "stop"
        command = [sys.executable, "-c", EDITOR, str(project / "Dockerfile"), style, str(stop)]
        program = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        running.append(program)
        assert program.stdout is not None
        program.stdout.readline()

        def ended() -> int:
            stop.touch()
            said, _ = program.communicate()
            return int((said.split() or ["1"])[-1])

        return ended

    yield started
    for program in running:
        if program.poll() is None:
            program.kill()
            program.communicate()


@pytest.mark.parametrize("style", ["in place", "slow", "rename", "backup"])
def test_an_editor_that_saves_all_the_time_loses_no_save(
    style: str, project: Path, editor: Callable[[str], Callable[[], int]], system: str
) -> None:
    """Its last save lies there, or is what a change of ours was made of.

    Without links one may be replaced between two calls of the system, as the page of copy and update says; what lies
    there is whole all the same.
    """
    ended, target, read = editor(style), Target.at(project), set[bytes | None]()
    for number in range(40):
        try:
            before = target.read("Dockerfile")
            write(target, [Change(path="Dockerfile", before=before, after=b"ours %d\n" % number)])
        except ProjectError:
            continue
        read.add(before)
    last = b"save %d\n" % ended()

    kept = {content for path, content in tree(project).items() if "~" not in path}
    assert last in {*kept, *read} or (
        system == "no links" and all(isinstance(content, bytes) and WHOLE.fullmatch(content) for content in kept)
    )
    assert not [name for name in tree(project) if name.startswith((".handbook-", ".handbook/"))]
