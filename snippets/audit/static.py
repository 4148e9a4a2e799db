"""A site's files that are no pages -> what speaks against them: style sheets, scripts, pictures, the search index."""

import gzip
import hashlib
import html
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import msgspec

from ..render import disguised
from .published import Published

# Own scripts are known by content: whoever adds one has it read, and adds its sha256 here.
SCRIPTS = {
    "f49805639a78ff00713d51a6ea1f699a355b370f3694e8113135f18aaa19baf6": "docs/javascripts/landmarks.js",
}
THEME = "assets/"
INDEX = "search/search_index.json"
# A comment may hold quotes and a text may hold what begins a comment, so both are found in one go.
_STRING = re.compile(r"\"((?:[^\"\\\n]|\\.)*)\"|'((?:[^'\\\n]|\\.)*)'", re.DOTALL)
_COMMENT = re.compile(rf"{_STRING.pattern}|/\*.*?(?:\*/|\Z)", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|(.))", re.DOTALL)
_MARK_CHARS = 3
_LABEL_CHARS = 40
_FETCH = re.compile(
    r"@import|url\(\s*[\"']?\s*(?:[a-z][a-z0-9+.-]*:|//|\\)|expression\(|(?<![\w-])behavior\s*:|attr\((?!href\))",
    re.IGNORECASE,
)
_PREFORMATTED = re.compile(
    r"(?:^|[{};])\s*([^{};]+)\{[^{}]*white-space(?:-collapse)?\s*:\s*(?:pre|break-spaces)[^{}]*\}"
)
_ARGUMENTS = re.compile(r"\([^()]*\)")
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)([^>]*)>")
_DECLARATION = re.compile(r"<!(?!--)|<\?(?!xml )")
_BLOCK = re.compile(r"<pre>(.*?)</pre>", re.DOTALL)
_INDEX_TAGS = frozenset({"p", "pre", "code", "ul", "ol", "li", "sub", "sup", "strong", "em", "b", "i", "kbd"})
_SITEMAP_TAGS = frozenset({"urlset", "url", "loc", "lastmod", "changefreq"})
_SVG_TAGS = frozenset(
    {"svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "defs", "title", "desc"}
    | {"linearGradient", "radialGradient", "stop", "clipPath", "mask"}
)


def static_faults(
    path: str, content: bytes, published: Published, illustrations: frozenset[str] = frozenset()
) -> Iterator[tuple[int, str]]:
    """Line and reason for everything wrong with one file; `path` is below the site.

    `illustrations` are the texts of pages that claim nothing, which a search index may repeat.
    """
    if path.startswith("snippets/") or path.endswith(".ipynb"):
        if path not in published.files:
            yield 0, "nobody proved a file of this name"
        elif hashlib.sha256(content).hexdigest() != published.files[path]:
            yield 0, "differs from the file that was proven"
        return
    if path.startswith(THEME) and content == _theme(path):
        return
    if path.endswith((".png", ".woff2")):
        return
    check = _CHECKS.get(path) or _CHECKS.get(Path(path).suffix)
    if check is None and path != INDEX:
        yield 0, "a kind of file that no page of this site needs"
        return
    try:
        text = (gzip.decompress(content) if path.endswith(".gz") else content).decode()
    except (OSError, EOFError, UnicodeDecodeError):
        yield 0, "not UTF-8"
        return
    yield from check(text) if check else _index(text, published.indexed | illustrations)


@cache
def _theme(path: str) -> bytes | None:
    """The installed theme's own file, or None where it has none of this name."""
    if ".." in path:
        return None
    for root in _theme_roots():
        file = Path(root, "templates", path)
        if file.is_file():
            return file.read_bytes()
    return None


@cache
def _theme_roots() -> tuple[str, ...]:
    spec = find_spec("material")
    return tuple(spec.submodule_search_locations or ()) if spec else ()


def _css(text: str) -> Iterator[tuple[int, str]]:
    bare = _COMMENT.sub(_without_comment, text)
    for found in _STRING.finditer(bare):
        said = _ESCAPE.sub(_unescaped, found[1] or found[2] or "")
        label = len(said) <= _LABEL_CHARS and "\n" not in said
        why = (disguised(said) if len(said) > _MARK_CHARS else None) if label else "is long or has a line end"
        if why:
            yield _line(bare, found.start()), f"a style sheet's text {why}"
    for found in _FETCH.finditer(bare):
        yield _line(bare, found.start()), f"a style sheet fetches or computes: {found[0]}"
    for found in _PREFORMATTED.finditer(bare):
        for selector in _ARGUMENTS.sub("", _ARGUMENTS.sub("", found[1])).split(","):
            if not re.search(r"\bpre(?:\s*>\s*code)?\s*$", selector.strip()):
                line = _line(bare, found.start(1))
                yield line, f"{selector.strip()!r} is shown as preformatted, so it would be code that no audit reads"


def _without_comment(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found[0]) if found[0].startswith("/*") else found[0]


def _unescaped(found: re.Match[str]) -> str:
    if found[1] is None:
        return found[2]
    number = int(found[1], 16)
    return chr(number) if 0 < number <= sys.maxunicode else "\N{REPLACEMENT CHARACTER}"


def _svg(text: str) -> Iterator[tuple[int, str]]:
    for found in _DECLARATION.finditer(text):
        yield _line(text, found.start()), f"a picture with {found[0]}: pictures are shapes"
    for found in _TAG.finditer(text):
        line = _line(text, found.start())
        if found[2] not in _SVG_TAGS:
            yield line, f"a picture with <{found[2]}>: pictures are shapes"
        elif re.search(r"[\s\"'/](?:on\w+|style|(?:xlink:)?href)\s*=", found[3]):
            yield line, f"a picture whose <{found[2]}> does more than show a shape"
        elif found[2] in ("title", "desc") and not found[1]:
            said = html.unescape(text[found.end() : text.find("<", found.end())])
            if why := disguised(said):
                yield line, f"a picture's text {why}"


def _script(text: str) -> Iterator[tuple[int, str]]:
    digest = hashlib.sha256(text.encode()).hexdigest()
    if digest not in SCRIPTS:
        yield 0, f"a script that nobody knows (sha256 {digest})"


def _sitemap(text: str) -> Iterator[tuple[int, str]]:
    for found in (*_DECLARATION.finditer(text), *_TAG.finditer(text)):
        if found.re is _DECLARATION or found[2] not in _SITEMAP_TAGS:
            yield _line(text, found.start()), f"a sitemap with {found[0]}"


_CHECKS: Mapping[str, Callable[[str], Iterator[tuple[int, str]]]] = {
    ".css": _css,
    ".svg": _svg,
    ".js": _script,
    "sitemap.xml": _sitemap,
    "sitemap.xml.gz": _sitemap,
}


class _Entry(msgspec.Struct):
    location: str
    text: str


class _Index(msgspec.Struct):
    docs: list[_Entry]


def _index(text: str, known: frozenset[str]) -> Iterator[tuple[int, str]]:
    """Check the blocks that a search result shows."""
    try:
        entries = msgspec.json.decode(text, type=_Index).docs
    except msgspec.DecodeError as error:
        yield 0, f"not a search index: {error}"
        return
    for entry in entries:
        for found in _TAG.finditer(entry.text):
            if found[2] not in _INDEX_TAGS or found[3]:
                yield 0, f"{entry.location!r} is indexed with <{found[2]}{found[3]}>"
        blocks = _BLOCK.findall(entry.text)
        if len(blocks) != entry.text.count("<pre"):
            yield 0, f"{entry.location!r} is indexed with a block that is never closed"
        for block in blocks:
            code = html.unescape(_TAG.sub("", block)).replace("\r\n", "\n").replace("\r", "\n")
            if code not in known:
                yield 0, f"{entry.location!r} is indexed with a block that nobody proved"


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
