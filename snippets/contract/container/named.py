"""A page or a style sheet -> the addresses on its own origin that a browser fetches by itself, as a browser reads them.

The libraries are there where containers are judged; who only reads has none of them.
"""

import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from typing import Any

from ...errors import ContainerError
from ..observation import Reply

# Nothing else is called so: https://www.rfc-editor.org/rfc/rfc6761
ORIGIN = "http://own.invalid"
# Elements and what of them names a file: https://html.spec.whatwg.org/multipage/indices.html#attributes-3
FETCHED = {
    "audio": ("src",),
    "embed": ("src",),
    "image": ("href", "xlink:href"),
    "img": ("src",),
    "object": ("data",),
    "script": ("src",),
    "source": ("src",),
    "track": ("src",),
    "use": ("href", "xlink:href"),
    "video": ("src", "poster"),
}
SEVERAL = {"img": "srcset", "link": "imagesrcset", "source": "srcset"}
LINKED = {"stylesheet", "icon", "modulepreload", "preload", "apple-touch-icon", "manifest"}
# What such functions hold as a string is an address: https://drafts.csswg.org/css-values-4/#urls
CSS_FUNCTIONS = {"url", "src", "image-set", "-webkit-image-set"}
# As HTML has it: Python's own takes more for a blank.
BLANKS = " \t\n\f\r"
_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([\w.:+-]+)""", re.IGNORECASE)
_BLANK = re.compile(rf"[{BLANKS}]")
_SNIFFED_BYTES = 1024
LONGEST = 80


def of_page(reply: Reply, path: str) -> Iterator[str]:
    """Paths, with their queries, of all that a page names; raises ContainerError for what is no address."""
    page = _Page()
    page.feed(_text(reply))
    page.close()
    base = f"{ORIGIN}{path}"
    if page.base is not None:
        base = _joined(base, page.base)
    yield from _own(base, page.named)


def of_style(reply: Reply, path: str) -> Iterator[str]:
    """The same of a style sheet."""
    import tinycss2  # noqa: PLC0415 - see above

    rules, _ = tinycss2.parse_stylesheet_bytes(reply.body, protocol_encoding=_stated_charset(reply))
    yield from _own(f"{ORIGIN}{path}", _of_nodes(rules))


def _own(base: str, named: Iterable[str]) -> Iterator[str]:
    import ada_url  # noqa: PLC0415 - see above

    for address in named:
        found = ada_url.URL(_joined(base, address))
        if found.origin == ORIGIN:
            yield f"{found.pathname}{found.search}"


def _joined(base: str, address: str) -> str:
    import ada_url  # noqa: PLC0415 - see above

    try:
        return str(ada_url.join_url(base, address))
    except (ValueError, UnicodeEncodeError):
        raise ContainerError(f"{base.removeprefix(ORIGIN)} names {address[:LONGEST]!r}, which is no address") from None


def _stated_charset(reply: Reply) -> str | None:
    found = _CHARSET.search(reply.headers.get("content-type", ""))
    return found[1] if found else None


def _text(reply: Reply) -> str:
    """The page in its own encoding: https://html.spec.whatwg.org/multipage/parsing.html#determining-the-character-encoding."""
    import webencodings  # noqa: PLC0415 - see above

    sniffed = _CHARSET.search(reply.body[:_SNIFFED_BYTES].decode("latin-1"))
    stated = (_stated_charset(reply), sniffed[1] if sniffed else None)
    known = next((found for label in stated if label and (found := webencodings.lookup(label))), webencodings.UTF8)
    return str(webencodings.decode(reply.body, known)[0])


class _Page(HTMLParser):
    """What a page makes a browser fetch, in its order, and the base that it states."""

    def __init__(self) -> None:
        super().__init__()
        self.named: list[str] = []
        self.base: str | None = None
        self._templates = 0
        self._is_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what one element names."""
        # Of two that have one name the first counts.
        stated = {name: value or "" for name, value in reversed(attrs)}
        self._templates += tag == "template"
        self._is_style = tag == "style"
        if self._templates:
            # Nothing of it is there before a script puts it there.
            return
        if tag == "base" and self.base is None:
            self.base = stated.get("href")
        if tag != "link" or LINKED & set(stated.get("rel", "").lower().split()):
            self._note(tag, stated)
        if "style" in stated:
            self.named += _of_css(stated["style"])

    def _note(self, tag: str, stated: dict[str, str]) -> None:
        attributes = ("href",) if tag == "link" else FETCHED.get(tag, ())
        if tag == "input" and stated.get("type", "").lower() == "image":
            attributes = ("src",)
        self.named += [stated[name] for name in attributes if stated.get(name, "").strip(BLANKS)]
        self.named += _candidates(stated.get(SEVERAL.get(tag, ""), ""))

    def handle_endtag(self, tag: str) -> None:
        """Leave what holds nothing to fetch, and what holds a style."""
        self._templates -= tag == "template" and self._templates > 0
        self._is_style = False

    def handle_data(self, data: str) -> None:
        """Read a style within the page."""
        if self._is_style and not self._templates:
            self.named += _of_css(data)


def _candidates(srcset: str) -> Iterator[str]:
    """Addresses of a srcset: https://html.spec.whatwg.org/multipage/images.html#parsing-a-srcset-attribute."""
    rest = srcset.lstrip(BLANKS + ",")
    while rest:
        address = _BLANK.split(rest, maxsplit=1)[0]
        rest = rest[len(address) :]
        if not address.endswith(","):
            # Its size or density, in which a comma may stand within brackets.
            rest = re.sub(r"\A(?:\([^)]*\)?|[^,(])*", "", rest)
        yield address.rstrip(",")
        rest = rest.lstrip(BLANKS + ",")


def _of_css(text: str) -> list[str]:
    import tinycss2  # noqa: PLC0415 - see above

    return list(_of_nodes(tinycss2.parse_component_value_list(text)))


def _of_nodes(nodes: Iterable[Any], *, strings: bool = False) -> Iterator[str]:
    """Addresses in what tinycss2 parsed; where `strings`, a string is one too."""
    imports = False
    for node in nodes:
        if node.type == "url" or (node.type == "string" and (strings or imports)):
            # An empty one is the sheet itself, and nobody fetches that again; a fragment is within it.
            if node.value.strip(BLANKS) and not node.value.startswith("#"):
                yield node.value
        elif node.type == "function":
            yield from _of_nodes(node.arguments, strings=strings or node.lower_name in CSS_FUNCTIONS)
        elif node.type == "at-rule" and node.lower_at_keyword != "namespace":
            yield from _of_nodes(node.prelude, strings=node.lower_at_keyword == "import")
            yield from _of_nodes(node.content or ())
        elif node.type == "qualified-rule" or node.type in {"{} block", "() block", "[] block"}:
            yield from _of_nodes(node.content)
        # What is parsed without its rules has an import's string right after the word.
        is_import = node.type == "at-keyword" and node.lower_value == "import"
        imports = is_import or (imports and node.type == "whitespace")
