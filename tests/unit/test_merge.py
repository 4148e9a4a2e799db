"""Three versions of a file into one: no line of the reader's is ever lost, whatever the lines and their ends."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snippets.project.merge import SEPARATOR, THEIRS, YOURS, Merged, like, marks, merge, same

BASE = b"one\ntwo\nthree\nfour\nfive\n"


@pytest.mark.parametrize(
    ("yours", "theirs", "merged"),
    [
        (b"ONE\ntwo\nthree\nfour\nfive\n", b"one\ntwo\nthree\nfour\nFIVE\n", b"ONE\ntwo\nthree\nfour\nFIVE\n"),
        (BASE + b"mine\n", b"new\n" + BASE, b"new\n" + BASE + b"mine\n"),
        (BASE + b"mine", b"new\n" + BASE, b"new\n" + BASE + b"mine"),
        (BASE, b"one\n", b"one\n"),
        (b"one\n", BASE, b"one\n"),
        (b"one\nboth\nthree\nfour\nfive\n", b"one\nboth\nthree\nfour\nfive\n", b"one\nboth\nthree\nfour\nfive\n"),
        (BASE.removesuffix(b"\n"), b"new\n" + BASE, b"new\n" + BASE.removesuffix(b"\n")),
        (b"mine\n" + BASE, BASE.removesuffix(b"\n"), b"mine\n" + BASE.removesuffix(b"\n")),
        (BASE + b"\xff\xfe latin\n", b"new\n" + BASE, b"new\n" + BASE + b"\xff\xfe latin\n"),
        (
            (BASE + b"mine\n").replace(b"\n", b"\r\n"),
            b"new\n" + BASE,
            (b"new\n" + BASE + b"mine\n").replace(b"\n", b"\r\n"),
        ),
        (b"a\r\n" + BASE, BASE + b"new\n", b"a\r\n" + BASE + b"new\n"),
    ],
)
def test_what_one_side_changed_is_that_sides(yours: bytes, theirs: bytes, merged: bytes) -> None:
    """Lines, the end of the last one, bytes that are no UTF-8, and each line's own end."""
    assert merge(yours, BASE, theirs) == Merged(merged, 0)


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_what_both_changed_is_marked_with_both(end: bytes, *, last: bool) -> None:
    """Also at a last line without an end; the marks have the reader's."""
    base, yours, theirs = (b"one\n" + word + b"\n" for word in (b"two", b"mine", b"new"))
    yours = yours.replace(b"\n", end)
    yours = yours if last else yours.removesuffix(end)

    marked = [b"one", YOURS, b"mine", SEPARATOR, b"new", THEIRS]

    assert merge(yours, base, theirs) == Merged(b"".join(line + end for line in marked), 1)


def test_without_the_original_every_difference_is_marked() -> None:
    """Nobody knows which side changed it."""
    merged = merge(b"one\nmine\nthree\n", None, b"one\nthree\nnew\n")

    assert merged.conflicts == 2
    assert merged.content == (
        b"one\n<<<<<<< yours\nmine\n=======\n>>>>>>> handbook\nthree\n<<<<<<< yours\n=======\nnew\n>>>>>>> handbook\n"
    )


@pytest.mark.parametrize("place", [0, 1, 2])
def test_what_has_no_lines_is_refused(place: int) -> None:
    """Whichever of the three it is; UTF-16 is one such."""
    versions: list[bytes] = [BASE, BASE, BASE]
    versions[place] = "sixteen".encode("utf-16")

    with pytest.raises(ValueError, match="not text"):
        merge(*versions)


def test_thousands_of_lines_that_are_the_same_take_no_minutes() -> None:
    """Each of them would be an anchor for each other."""
    many = b"".join(b"\n" if number % 5 else b"line %d\n" % number for number in range(30_000))

    assert merge(b"mine\n" + many, many, many + b"new\n").conflicts == 0


LINES = st.sampled_from([b"a", b"b", b"c", b"", b"=======", b"\xff", b"  x", b"<<<<<<< yours"])
ENDS = st.sampled_from([b"\n", b"\r\n"])


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """A file of few different lines, with any ends."""
    content = b"".join(line + draw(ENDS) for line in draw(st.lists(LINES, max_size=7)))
    return content + draw(st.sampled_from([b"", b"", b"tail", b"tail\r"]))


def keys(content: bytes) -> list[bytes]:
    """The lines, without their ends."""
    return [line.rstrip(b"\r") for line in content.split(b"\n")]


@settings(max_examples=500, deadline=None)
@given(yours=files(), original=st.none() | files(), theirs=files())
def test_no_line_of_the_readers_is_lost(yours: bytes, original: bytes | None, theirs: bytes) -> None:
    """Each that was not in the original is in what comes out, as often and in the same order."""
    merged = merge(yours, original, theirs)
    mine = [line for line in keys(yours) if original is None or line not in keys(original)]

    left = iter(keys(merged.content))
    assert all(line in left for line in mine if line)
    assert merge(yours, yours, theirs).conflicts == 0
    assert same(merge(yours, yours, theirs).content, theirs)
    assert merge(yours, theirs, theirs) == Merged(merge(yours, yours, yours).content, 0)
    assert merge(yours, original, yours).content == yours or original is None or b"\r" in yours


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_git_finds_the_same_where_nothing_clashes(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Of edits in two halves of a file."""
    lines = [b"line %d\n" % number for number in range(20)]
    half = st.lists(st.integers(0, 7), max_size=4, unique=True)
    mine, new = list(lines), list(lines)
    for number in data.draw(half):
        mine[number] = data.draw(st.sampled_from([b"", b"mine\n", b"mine\ntoo\n"]))
    for number in data.draw(half):
        new[number + 12] = data.draw(st.sampled_from([b"", b"new\n"]))
    folder = tmp_path_factory.mktemp("git")
    for name, content in (("yours", mine), ("base", lines), ("theirs", new)):
        (folder / name).write_bytes(b"".join(content))
    command = ["git", "merge-file", "--stdout", "yours", "base", "theirs"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=True)

    assert merge(b"".join(mine), b"".join(lines), b"".join(new)) == Merged(done.stdout, 0)


@pytest.mark.parametrize(
    ("content", "separators", "unmarked", "count"),
    [
        (b"", None, (), 0),
        (b"x\n=======\n", None, (), 0),
        (b"x\n=======\n", 0, (), 1),
        (b"x\n=======\n", 1, (), 0),
        (b"<<<<<<< HEAD\n", None, (), 1),
        (b"<<<<<<< HEAD\n", None, (b"<<<<<<< HEAD\n",), 0),
        (b"<<<<<<<< eight\n>>>>>>>>\n", None, (), 0),
        (b"// <<<<<<< yours\n", None, (), 1),
        (b"cat <<<word\n", None, (), 0),
        (b"<<<<<<< yours\na\n=======\nb\n>>>>>>> handbook\n<<<<<<< yours\n", 0, (None,), 2),
    ],
)
def test_marks_are_counted(
    content: bytes, separators: int | None, unmarked: tuple[bytes | None, ...], count: int
) -> None:
    """Whole or half removed, but for those that are part of the file."""
    assert marks(content, separators, *unmarked) == count


@pytest.mark.parametrize(
    ("yours", "ends"), [(b"a\r\n", b"x\r\ny\r\n"), (b"a\n", b"x\ny\n"), (b"a", b"x\ny\n"), (b"\0\r\n", b"x\ny\n")]
)
def test_what_is_written_has_the_readers_line_ends(yours: bytes, ends: bytes) -> None:
    """As far as theirs has any."""
    assert like(b"x\ny\n", yours) == ends


def test_the_module_runs_nothing() -> None:
    """What a program of that name would do is nobody's guess."""
    assert "subprocess" not in Path(merge.__code__.co_filename).read_text()
