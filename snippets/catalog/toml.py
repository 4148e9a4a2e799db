"""A TOML file, or its text -> its table, or the line that speaks against it: bounded before it is read.

Its reader follows each bracket by a call, each dotted key by all keys above it, and gives up on a number of five
thousand digits: with what may come in a clone it ends in a traceback, or not at all.
"""

import tomllib
from pathlib import Path
from typing import Any

import regex

from ..errors import SnippetsError
from ..reading import regular

# Twenty times the largest that was written, by hand as all of them are.
LARGEST_BYTES = 64 * 1024
DEEPEST = 16
LONGEST_WORD = 128
# What may hold anything is taken as a whole, to its end or to where the reader gives up on it. By `regex`: `re` of
# Debian 12's Python forgets where a group began that holds such a part: https://github.com/python/cpython/issues/101955
_PART = regex.compile(
    r'(?P<text>"""(?:[^"\\]|\\.|"(?!""))*+(?:"{3,5}|\\?\Z)|\'\'\'(?:[^\']|\'(?!\'\'))*+(?:\'{3,5}|\Z)'
    r'|"(?:[^"\\\n]|\\[^\n])*+"?|\'[^\'\n]*+\'?|#[^\n]*+)'
    r"|(?P<open>[\[{])|(?P<close>[\]}])|(?P<word>[\w+-]++)|(?P<dot>\.)|(?P<blank>[ \t]++)|(?P<other>.)",
    regex.DOTALL,
)


class TomlError(SnippetsError):
    """It is not TOML, or more of it than anybody writes; the message says in which line, and not in which file."""


def load(path: Path) -> dict[str, Any]:
    """The table of a file; raises FileNotFoundError where there is none, TomlError for all else that is wrong."""
    if path.is_symlink():
        raise TomlError("a symlink: put the file itself there")
    try:
        return loads(regular(str(path), LARGEST_BYTES).decode("utf-8"))
    except FileNotFoundError:
        raise
    except OSError as error:
        raise TomlError(str(error.strerror)) from None
    except UnicodeDecodeError as error:
        raise TomlError(f"not UTF-8 at byte {error.start}") from None


def loads(text: str) -> dict[str, Any]:
    """The table; raises TomlError."""
    if (size := len(text.encode())) > LARGEST_BYTES:
        raise TomlError(f"{size} bytes, larger than {LARGEST_BYTES}: nobody writes so much by hand")
    if found := _excess(text):
        place, why = found
        raise TomlError(f"line {text.count(chr(10), 0, place) + 1}: {why}")
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # Of numbers and dates that there are not it has other errors than its own.
        raise TomlError(f"not TOML: {error}") from None


def _excess(text: str) -> tuple[int, str] | None:
    """The first place where it is deeper or longer than anybody writes, and why."""
    depth = dots = 0
    for part in _PART.finditer(text):
        match part.lastgroup:
            case "open":
                depth += 1
            case "close":
                depth -= 1
            case "dot":
                dots += 1
            case "word" if len(part[0]) > LONGEST_WORD:
                return part.start(), f"a word of {len(part[0])} characters, and none has more than {LONGEST_WORD}"
            case "other":
                dots = 0
        if depth > DEEPEST or dots > DEEPEST:
            return part.start(), f"nested more than {DEEPEST} deep, and no key of the handbook is"
    return None
