"""TOML as it may come in a clone: deep, long, huge, or no file at all; refused by line, and at once."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from snippets.catalog.metadata import SnippetTable, parse, read
from snippets.catalog.toml import LARGEST_BYTES, loads
from tests.unit.sample import BY_NAME, WEB, Library
from tests.unit.test_catalog import faults

DEEP = "nested more than 16 deep, and no key of the handbook is"


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x = " + "[" * 30_000, f"line 1: {DEEP}"),
        ("x = [\n" + "[\n" * 30_000, f"line 17: {DEEP}"),
        ("x = " + "{a = " * 10_000, f"line 1: {DEEP}"),
        ("x = " + "[{a = " * 9_000, f"line 1: {DEEP}"),
        ("[ok]\n" + ".".join("a" * 30_000) + " = 1", f"line 2: {DEEP}"),
        ("[" + ".".join("a" * 30_000) + "]", f"line 1: {DEEP}"),
        ("[[" + " . ".join("a" * 15_000) + "]]", f"line 1: {DEEP}"),
        (".".join(['"a"'] * 15_000) + " = 1", f"line 1: {DEEP}"),
        ('a = """\n]]]]\n"""\nb = ' + "[" * 5_000, f"line 4: {DEEP}"),
        ("# it's open\nb = " + "[" * 5_000, f"line 2: {DEEP}"),
        ("x = " + "9" * 5_000, "line 1: a word of 5000 characters, and none has more than 128"),
        ("x = 0x" + "f" * 60_000, "line 1: a word of 60002 characters, and none has more than 128"),
        ("x = 1e" + "9" * 5_000, "line 1: a word of 5002 characters, and none has more than 128"),
        ("k" * 60_000 + " = 1", "line 1: a word of 60000 characters, and none has more than 128"),
        ("x = 1\n" * 11_000, "66000 bytes, larger than 65536: nobody writes so much by hand"),
        ('x = "' + "é" * 33_000 + '"', "66006 bytes, larger than 65536: nobody writes so much by hand"),
        ("x = 2021-02-30", "not TOML: Invalid date or datetime (at line 1, column 5)"),
        ("x = 1\0", "not TOML: Expected newline or end of document after a statement (at line 1, column 6)"),
        ('"' * 30_000, "not TOML: Expected '=' after a key in a key/value pair (at line 1, column 3)"),
        ("'''x" * 15_000, "not TOML: Expected '=' after a key in a key/value pair (at line 1, column 3)"),
        ('x = """' + '\\"' * 30_000, "not TOML: Unterminated string (at end of document)"),
    ],
    ids=lambda value: value[:12] if len(value) > 200 else "",
)
def test_monstrous_toml_is_refused_by_line_and_at_once(text: str, says: str) -> None:
    """Its reader would end in a traceback, or take minutes."""
    told: list[str] = []

    assert parse(text, "web/snippet.toml", SnippetTable, told) is None
    assert told == [f"web/snippet.toml: {says}"]


def test_what_people_write_is_read_to_its_end() -> None:
    """Brackets, dots and quotes in texts and comments count for nothing, nor do many of them one after another."""
    written = (
        'a = "[[[[[[[[[[[[[[[[[[[[ . . . . . . . . . . . . . . . . . ."  # [[[[[[[[[[[[[[[[[[[[\n'
        'b = """a "quoted" word, \\""" and [[[[[[[[[[[[[[[[[[[["""""\n'
        "c = '''it's [[[[[[[[[[[[[[[[[[[['''\nd.e.f = [[1.5, 2.5], ['\\']]\n"
        + "".join(f"[t{number}.x]\ny = [1, [2.0, {{z = '.'}}]]\n" for number in range(100))
    )
    table = loads(written)

    assert (table["d"], table["t99"]) == ({"e": {"f": [[1.5, 2.5], ["\\"]]}}, {"x": {"y": [1, [2.0, {"z": "."}]]}})
    assert table["b"].endswith('[""')
    assert loads("x = '" + "x" * (LARGEST_BYTES - 6) + "'") == {"x": "x" * (LARGEST_BYTES - 6)}


@pytest.mark.parametrize("path", ["web/snippet.toml", "web/pitfalls/user-by-name.toml"])
@pytest.mark.parametrize(
    ("addition", "says"),
    [("\nx = " + "[" * 3_000, DEEP), ("\nx = " + "7" * 5_000, "a word of 5000 "), ("#" * LARGEST_BYTES, " bytes, ")],
    ids=["deep", "number", "huge"],
)
def test_the_library_s_files_pass_that_door(library: Library, path: str, addition: str, says: str) -> None:
    """Snippets' metadata and pitfalls alike, by their file."""
    (fault,) = faults(library.write(path, (WEB if "snippet" in path else BY_NAME) + addition))

    assert fault.startswith(f"{path}: ")
    assert says in fault


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("lay", "says"),
    [
        (os.mkfifo, "not a regular file"),
        (os.mkdir, "not a regular file"),
        (lambda path: path.symlink_to("/dev/zero"), "a symlink: put the file itself there"),
        (lambda path: path.symlink_to("nowhere"), "a symlink: put the file itself there"),
        (lambda path: path.write_bytes(b" " * 70_000), "70000 bytes, larger than 65536"),
        (lambda path: path.write_bytes(b"a = '\xe9'"), "not UTF-8 at byte 5"),
        (Path.exists, "No such file or directory"),
    ],
    ids=["pipe", "directory", "device", "dangling", "huge", "latin", "absent"],
)
def test_only_a_file_is_read(tmp_path: Path, lay: Callable[[Path], object], says: str) -> None:
    """A pipe is not waited for, a device not read to its end, and a link leads nowhere."""
    lay(tmp_path / "t")
    told: list[str] = []

    assert read(tmp_path / "t", "t", SnippetTable, told) is None
    assert told == [f"t: {says}"]


def test_of_many_unknown_keys_a_few_are_named() -> None:
    """The first ten tell what is wrong; each is compared with all there are."""
    told: list[str] = []
    parse("".join(f"k{number} = 1\n" for number in range(6_000)), "t", SnippetTable, told)

    assert told[0] == "t: unknown key k0"
    assert told[9:] == [
        "t: unknown key k9",
        "t: 5990 more unknown keys",
        "t: missing key title",
        "t: missing key summary",
        "t: missing key kind",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('"\\u001b[2J" = 1', r"t: unknown key '\x1b[2J'"),
        (f'"{"k" * 80}" = 1', f"t: unknown key {'k' * 80}"),
        (f'"{"k" * 300}" = 1', f"t: unknown key '{'k' * 80}'"),
        ('[beside]\n"\\u0007" = 1', r"t: beside.'\x07': not a table"),
        ('[beside."\\u0007"]\nx = 1', r"t: unknown key beside.'\x07'.x"),
    ],
)
def test_a_key_is_named_so_that_no_terminal_obeys_it(text: str, says: str) -> None:
    """What is not printable is written out, and of a long one its beginning stands for it."""
    told: list[str] = []
    parse(text, "t", SnippetTable, told)

    assert says in told
