"""What Jinja compiled is kept between builds: whole, and by nobody but us, or not at all."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment

from snippets.compiled import keep_compiled

SOURCE = "{% for each in range(count) %}{{ each }},{% endfor %}"


def rendered(folder: Path, source: str = SOURCE) -> str:
    """A template rendered by a build that keeps what it compiles here."""
    env = Environment(loader=DictLoader({"page.html": source}), autoescape=True)
    keep_compiled(env, folder)
    return env.get_template("page.html").render(count=3)


def kept(folder: Path) -> list[Path]:
    """The files that are kept."""
    return sorted(folder.rglob("*.cache"))


def test_a_template_is_compiled_once(tmp_path: Path) -> None:
    """The second build reads what the first wrote, and writes nothing."""
    assert rendered(tmp_path) == "0,1,2,"
    (file,) = kept(tmp_path)
    before = file.stat()

    assert rendered(tmp_path) == "0,1,2,"
    assert file.stat().st_mtime_ns == before.st_mtime_ns
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def edited(change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    """Write other bytes into a file."""
    return lambda path: path.write_bytes(change(path.read_bytes()))


def cut(end: int) -> Callable[[Path], object]:
    """Leave the beginning of a file."""
    return edited(lambda content: content[:end])


def laid(lay: Callable[[Path], object]) -> Callable[[Path], object]:
    """Put something else in the place of a file."""

    def replace(path: Path) -> None:
        path.unlink()
        lay(path)

    return replace


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "damage",
    [
        *(cut(end) for end in (0, 1, 20, 31, 32, 40, 60, -1)),
        edited(lambda content: content[:50] + b"\0\0\0" + content[53:]),
        edited(lambda content: content[32:]),
        edited(lambda content: content + b"\0"),
        laid(os.mkfifo),
        laid(Path.mkdir),
        laid(lambda path: path.symlink_to("/dev/zero")),
        laid(lambda path: path.symlink_to("nowhere")),
        laid(lambda path: path.write_bytes(b"\0" * (5 << 20))),
    ],
)
def test_what_is_damaged_is_compiled_again(tmp_path: Path, damage: Callable[[Path], object]) -> None:
    """Cut short, another byte, a pipe, a directory: the page is as it was."""
    rendered(tmp_path)
    (file,) = kept(tmp_path)
    damage(file)

    assert rendered(tmp_path) == "0,1,2,"
    assert rendered(tmp_path) == "0,1,2,"
    assert [path.name for path in file.parent.iterdir()] == [file.name], "nothing half written"


def test_another_source_is_compiled_again(tmp_path: Path) -> None:
    """Of a template that changed the old code is not run."""
    rendered(tmp_path)

    assert rendered(tmp_path, SOURCE.replace(",", ";")) == "0;1;2;"


@pytest.mark.timeout(120)
@pytest.mark.parametrize("lay", [Path.touch, os.mkfifo, lambda path: path.symlink_to("nowhere")])
def test_where_nothing_can_be_kept_nothing_is(tmp_path: Path, lay: Callable[[Path], object]) -> None:
    """A build does not need it."""
    lay(tmp_path / "cache")

    assert rendered(tmp_path / "cache") == "0,1,2,"
    assert kept(tmp_path) == []


def test_what_others_could_have_written_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither of a folder that is everybody's, nor of another user's, nor of one that is elsewhere."""
    rendered(tmp_path / "mine")
    (file,) = kept(tmp_path)
    file.parent.chmod(0o777)
    poisoned = file.read_bytes()
    rendered(tmp_path / "mine", SOURCE.replace(",", ";"))
    assert file.read_bytes() == poisoned

    file.parent.chmod(0o755)
    owner = os.geteuid()
    with monkeypatch.context() as patch:
        patch.setattr(os, "geteuid", lambda: owner + 1)
        rendered(tmp_path / "mine", SOURCE.replace(",", ";"))
    assert file.read_bytes() == poisoned

    folder = file.parent.rename(tmp_path / "elsewhere")
    file.parent.symlink_to(folder)
    rendered(tmp_path / "mine", SOURCE.replace(",", ";"))
    assert file.read_bytes() == poisoned
