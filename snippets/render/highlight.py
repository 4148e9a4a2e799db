"""Text -> Pygments' HTML on one line, whose text content is the same text, byte for byte."""

from collections.abc import Collection, Iterator
from functools import cache, lru_cache
from html import escape
from pathlib import PurePosixPath

from pygments.lexer import Lexer
from pygments.lexers import find_lexer_class_for_filename, get_lexer_by_name
from pygments.lexers.special import TextLexer
from pygments.token import STANDARD_TYPES, _TokenType

# Pygments knows these by no file name, or takes half a second to compile all the names it knows.
FILES = {".env": "bash", "uv.lock": "toml", "user-data": "yaml", "crontab": "bash", "Makefile": "make"}
FILES |= {"requirements.txt": "text", "requirements.in": "text", ".dockerignore": "text", ".gitignore": "text"}
SUFFIXES = {".py": "python", ".toml": "toml", ".yaml": "yaml", ".yml": "yaml", ".json": "json", ".sh": "bash"}
SUFFIXES |= {".js": "javascript", ".jsx": "jsx", ".css": "css", ".scss": "scss", ".html": "html", ".svg": "xml"}
CLASSES = frozenset(STANDARD_TYPES.values()) | {"hll"}


def one_line(html: str) -> str:
    """The same HTML on one line: Markdown expands tabs and drops line ends, but keeps character references."""
    return html.replace("\r", "&#13;").replace("\n", "&#10;").replace("\t", "&#9;")


def text_html(text: str) -> str:
    """Text as HTML on one line, without colours."""
    return one_line(escape(text))


def file_html(text: str, path: str, lines: Collection[int] = ()) -> str:
    """A file's text in the colours that its name asks for; `lines` (from 1) are lit up."""
    return _html(text, _name(path), tuple(lines))


def command_html(text: str) -> str:
    """A command in the colours of bash."""
    return _html(text, "bash", ())


def diff_html(text: str) -> str:
    """A unified diff, in the colours of one."""
    return _html(text, "diff", ())


def python_html(text: str) -> str:
    """A tutorial's cell."""
    return _html(text, "python", ())


@cache
def _name(path: str) -> str:
    """The lexer for a file name; looking one up reads every lexer's patterns, so it is asked once."""
    file = PurePosixPath(path).name.removesuffix(".j2")
    if file.startswith("Dockerfile"):
        return "docker"
    if known := FILES.get(file) or SUFFIXES.get(PurePosixPath(file).suffix):
        return known
    found = find_lexer_class_for_filename(file)
    return found.aliases[0] if found and found.aliases else "text"


@cache
def _lexer(name: str) -> Lexer:
    return get_lexer_by_name(name)


@lru_cache(maxsize=4096)
def _html(text: str, lexer: str, lines: tuple[int, ...]) -> str:
    # Lexer.get_tokens() changes line ends and HtmlFormatter adds a last one: neither may happen here.
    tokens = [(kind, value) for _, kind, value in _lexer(lexer).get_tokens_unprocessed(text)]
    if "".join(value for _, value in tokens) != text:
        tokens = [(kind, value) for _, kind, value in TextLexer().get_tokens_unprocessed(text)]
    if not lines:
        return one_line("".join(_span(kind, value) for kind, value in tokens))
    lit, html = set(lines), list[str]()
    for number, line in enumerate(_lines(tokens), start=1):
        inside = "".join(_span(kind, value) for kind, value in line)
        html.append(f'<span class="hll">{inside}</span>' if number in lit else inside)
    return one_line("".join(html))


def _lines(tokens: list[tuple[_TokenType, str]]) -> Iterator[list[tuple[_TokenType, str]]]:
    """Tokens by line; a token that runs over line ends is cut at each of them."""
    line: list[tuple[_TokenType, str]] = []
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
