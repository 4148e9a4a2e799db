"""Text -> Pygments' HTML on one line, whose text content is the same text, byte for byte."""

import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from html import escape
from typing import TYPE_CHECKING

from pygments.token import STANDARD_TYPES, Text, _TokenType

if TYPE_CHECKING:
    from pygments.lexer import Lexer

Token = tuple[_TokenType, str]
# Pygments knows these by no file name, or takes half a second to compile all the names it knows.
FILES = {".env": "bash", "uv.lock": "toml", "user-data": "yaml", "crontab": "bash", "Makefile": "make"}
FILES |= {"requirements.txt": "text", "requirements.in": "text", ".dockerignore": "text", ".gitignore": "text"}
SUFFIXES = {".py": "python", ".toml": "toml", ".yaml": "yaml", ".yml": "yaml", ".json": "json", ".sh": "bash"}
SUFFIXES |= {".js": "javascript", ".jsx": "jsx", ".css": "css", ".scss": "scss", ".html": "html", ".svg": "xml"}
CLASSES = frozenset(STANDARD_TYPES.values()) | {"hll"}
_DOCKER = "docker"
# What a script is for stands in its first line, and its name may have no suffix.
_PROGRAMS = {"bash": "bash", "sh": "bash", "python3": "python"}
_SCRIPT = re.compile(rf"#!/(?:\S*/|usr/bin/env )({'|'.join(_PROGRAMS)})\n")
# To its lexer an instruction and its continued lines are by themselves, and most of them stand in many files.
_INSTRUCTION = re.compile(r"(?:.*\\\n)*(?:.*\n|.+)")
_DIFF = {"+": "gi", "-": "gd", "@": "gu"}
_LINE = re.compile(r".*\n|.+")
_LIT = '<span class="hll">'


# A lexer's colours say nothing of what is copied, and take longer than all the rest: who compares does without.
# What is lit up, and which line of a difference is whose, is compared.
_COLOURS = ContextVar("colours", default=True)
_NONE = ""
_TOLD = frozenset({"", "hll", *_DIFF.values()})
_SPANS = re.compile(rf'<span class="(?:{"|".join(sorted(CLASSES - _TOLD))})">([^<]*)</span>')


@contextmanager
def uncoloured() -> Iterator[None]:
    """Render without colours while the block runs."""
    token = _COLOURS.set(False)
    try:
        yield
    finally:
        _COLOURS.reset(token)


def without_colours(html: str) -> str:
    """The same HTML without the spans that colour, which `uncoloured` leaves out."""
    return _SPANS.sub(r"\1", html)


def one_line(html: str) -> str:
    """The same HTML on one line: Markdown expands tabs and drops line ends, but keeps character references."""
    return html.replace("\r", "&#13;").replace("\n", "&#10;").replace("\t", "&#9;")


def text_html(text: str) -> str:
    """Text as HTML on one line, without colours."""
    return one_line(escape(text))


def file_html(text: str, path: str, lines: Collection[int] = ()) -> str:
    """A file's text in the colours that its name asks for; `lines` (from 1) are lit up."""
    return marked_html(text, path, (range(line, line + 1) for line in sorted(set(lines))))


def marked_html(text: str, path: str, marks: Iterable[range]) -> str:
    """The same with each of these runs of lines (from 1) lit up as one; they follow one another."""
    script = _SCRIPT.match(text)
    return _html(text, (_PROGRAMS[script[1]] if script else _name(path)) if _COLOURS.get() else _NONE, tuple(marks))


def command_html(text: str) -> str:
    """A command in the colours of bash."""
    return _html(text, "bash" if _COLOURS.get() else _NONE, ())


def diff_html(text: str) -> str:
    """A unified diff, in the colours of one: its first character says what a line is."""
    return one_line("".join(_diff_line(line) for line in _LINE.findall(text)))


def _diff_line(line: str) -> str:
    bare = line.rstrip("\n")
    css = _DIFF.get(line[0]) if bare else None
    return f'<span class="{css}">{escape(bare)}</span>{line[len(bare) :]}' if css else escape(line)


def python_html(text: str) -> str:
    """A tutorial's cell."""
    return _html(text, "python" if _COLOURS.get() else _NONE, ())


@cache
def _name(path: str) -> str:
    """The lexer for a file name; looking one up reads every lexer's patterns, so it is asked once."""
    file = path.rpartition("/")[2].removesuffix(".j2")
    if file.startswith("Dockerfile"):
        return _DOCKER
    start, dot, ending = file.rpartition(".")
    if known := FILES.get(file) or (SUFFIXES.get(dot + ending) if start else None):
        return known
    from pygments.lexers import find_lexer_class_for_filename  # noqa: PLC0415 - as below

    found = find_lexer_class_for_filename(file)
    return found.aliases[0] if found and found.aliases else "text"


@cache
def _lexer(name: str) -> "Lexer":
    from pygments.lexers import get_lexer_by_name  # noqa: PLC0415 - who colours nothing need not wait for it

    return get_lexer_by_name(name)


@lru_cache(maxsize=4096)
def _html(text: str, lexer: str, marks: tuple[range, ...]) -> str:
    if lexer == _NONE:
        tokens = [(Text, text)]
    elif lexer == _DOCKER:
        tokens = [token for part in _INSTRUCTION.findall(text) for token in _tokens(part, lexer)]
    else:
        tokens = list(_tokens(text, lexer))
    if "".join(value for _, value in tokens) != text:
        tokens = [(Text, text)]
    if not marks:
        return one_line("".join(_span(kind, value) for kind, value in tokens))
    first, last, html = {mark.start for mark in marks}, {mark.stop - 1 for mark in marks}, list[str]()
    for number, line in enumerate(_lines(tokens), start=1):
        inside = "".join(_span(kind, value) for kind, value in line)
        opened, closed = _LIT if number in first else "", "</span>" if number in last else ""
        html.append(f"{opened}{inside}{closed}")
    return one_line("".join(html))


@lru_cache(maxsize=4096)
def _tokens(text: str, lexer: str) -> tuple[Token, ...]:
    # Lexer.get_tokens() changes line ends and HtmlFormatter adds a last one: neither may happen here.
    return tuple((kind, value) for _, kind, value in _lexer(lexer).get_tokens_unprocessed(text))


def _lines(tokens: Iterable[Token]) -> Iterator[list[Token]]:
    """Tokens by line; a token that runs over line ends is cut at each of them."""
    line: list[Token] = []
    for kind, value in tokens:
        first, *rest = value.split("\n")
        for piece in rest:
            line.append((kind, first + "\n"))
            yield line
            line, first = [], piece
        if first:
            line.append((kind, first))
    if line:
        yield line


@lru_cache(maxsize=1 << 14)
def _span(kind: _TokenType, value: str) -> str:
    css = _class(kind)
    return f'<span class="{css}">{escape(value)}</span>' if css and not value.isspace() else escape(value)


@cache
def _class(kind: _TokenType) -> str:
    # What a lexer does not understand is no error of the file: it was built and booted.
    if kind[:1] in {("Error",), ("Text",)}:
        return ""
    while kind not in STANDARD_TYPES and kind.parent is not None:
        kind = kind.parent
    return str(STANDARD_TYPES.get(kind, ""))
