"""A site's files that are no pages -> what speaks against them: each is known by its content, or refused."""

import hashlib
import html
import re
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import PurePosixPath

import msgspec

from .inline import is_name
from .pictures import png_fault, svg_faults
from .published import Published
from .scripts import file_faults
from .style import style_faults
from .theme import is_of_theme

INDEX = "search/search_index.json"
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)([^>]*)>")
_BLOCK = re.compile(r"<pre>(.*?)</pre>", re.DOTALL)
_CODE = re.compile(r"<(code|kbd)>(.*?)</\1>", re.DOTALL)
_INDEX_TAGS = frozenset({"p", "pre", "code", "ul", "ol", "li", "sub", "sup", "strong", "em", "b", "i", "kbd"})
_TITLE_TAGS = frozenset({"code", "em", "strong", "kbd", "sub", "sup"})
_LOCATION = re.compile(r"(?![a-zA-Z][\w+.-]*:|/|\\)[^<>\"']*")
# Of a compressed file; more is no list of pages.
_UNPACKED_BYTES = 1 << 24
_SITEMAP = re.compile(
    r"<\?xml version=\"1\.0\"(?: encoding=\"UTF-8\")?\?>\s*<urlset(?: xmlns=\"http://www\.sitemaps\.org/schemas/sitemap/0\.9\")?>"
    r"(?:\s*<url>(?:\s*<(loc|lastmod|changefreq|priority)>[^<>]*</\1>)*\s*</url>)*\s*</urlset>\s*"
)


def static_faults(
    path: str, content: bytes, published: Published, said: Collection[str] = (), named: Collection[str] = ()
) -> Iterator[tuple[int, str]]:
    """Line and reason for everything wrong with one file; `path` is below the site.

    `said` is the inline code of pages, which a search index repeats; `named` are all words of pages and scripts, which
    the theme's style sheets are for.
    """
    if path.startswith("snippets/") or path.endswith((".ipynb", ".md")):
        if path not in published.files:
            yield 0, "nobody proved a file of this name"
        elif hashlib.sha256(content).hexdigest() != published.files[path]:
            yield 0, "differs from the file that was proven"
        return
    if is_of_theme(path, content, named):
        return
    if path.endswith(".png"):
        if why := png_fault(content):
            yield 0, why
        return
    check = _CHECKS.get(path) or _CHECKS.get(PurePosixPath(path).suffix)
    if check is None and path != INDEX:
        yield 0, "a kind of file that no page of this site needs"
        return
    try:
        text = (_unpacked(content) if path.endswith(".gz") else content).decode()
    except (zlib.error, UnicodeDecodeError):
        yield 0, "not UTF-8"
        return
    yield from check(text) if check else _index(text, published, said)


def _unpacked(content: bytes) -> bytes:
    """What a compressed file holds; raises zlib.error for what is none, or is no list of pages."""
    reader = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    text = reader.decompress(content, _UNPACKED_BYTES)
    if not reader.eof or reader.unused_data:
        raise zlib.error
    return text


def _sitemap(text: str) -> Iterator[tuple[int, str]]:
    if not _SITEMAP.fullmatch(text):
        yield 0, "no sitemap: it holds more than addresses"


_CHECKS: Mapping[str, Callable[[str], Iterator[tuple[int, str]]]] = {
    ".css": style_faults,
    ".svg": svg_faults,
    ".js": file_faults,
    "sitemap.xml": _sitemap,
    "sitemap.xml.gz": _sitemap,
}


class _Settings(msgspec.Struct, forbid_unknown_fields=True):
    """How the index is searched, as MkDocs' own plugin says it."""

    lang: list[str]
    separator: str
    pipeline: list[str]
    fields: dict[str, dict[str, float]] = {}


class _Entry(msgspec.Struct, forbid_unknown_fields=True):
    """What a result shows: a title without markup, a text with the little that `_INDEX_TAGS` names, no tags."""

    location: str
    text: str
    title: str = ""


class _Index(msgspec.Struct, forbid_unknown_fields=True):
    docs: list[_Entry]
    config: _Settings | None = None


def _index(text: str, published: Published, said: Collection[str]) -> Iterator[tuple[int, str]]:
    """Check what a search result shows."""
    try:
        entries = msgspec.json.decode(text, type=_Index).docs
    except msgspec.DecodeError as error:
        yield 0, f"not a search index: {error}"
        return
    for entry in entries:
        for why in _entry(entry, published, said):
            yield 0, f"{entry.location!r} is indexed with {why}"


def _entry(entry: _Entry, published: Published, said: Collection[str]) -> Iterator[str]:
    if not _LOCATION.fullmatch(entry.location):
        yield "an address that is no page of this site"
    for text, tags in ((entry.title, _TITLE_TAGS), (entry.text, _INDEX_TAGS)):
        yield from (f"<{found[2]}{found[3]}>" for found in _TAG.finditer(text) if found[2] not in tags or found[3])
        if "<" in _TAG.sub("", text):
            yield "a tag that is never closed"
        blocks = _BLOCK.findall(text)
        if len(blocks) != text.count("<pre"):
            yield "a block that is never closed"
        if any(_bare(block) not in published.indexed for block in blocks):
            yield "a block that nobody proved"
        rest = _BLOCK.sub("", text)
        pieces = [_bare(code) for _, code in _CODE.findall(rest)]
        if len(pieces) != rest.count("<code") + rest.count("<kbd"):
            yield "code that is never closed"
        for piece in pieces:
            if piece not in said and not is_name(piece) and not published.pieces.hold(piece):
                yield f"code in a sentence that nobody proved: {piece[:60]!r}"


def _bare(code: str) -> str:
    return html.unescape(_TAG.sub("", code)).replace("\r\n", "\n").replace("\r", "\n")
