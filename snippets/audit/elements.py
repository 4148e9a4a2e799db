"""An element of a page -> what speaks against it: only these elements, attributes, classes and addresses may be there.

What is not listed could show, load or run what no audit reads, or change what the theme's copy button copies.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from posixpath import basename, dirname, join, normpath
from urllib.parse import unquote, urlsplit

from selectolax.lexbor import LexborNode

from .scripts import script_faults

Attributes = Mapping[str, str | None]
# By element, beside `class` and `id`: what Markdown and its extensions make, and what Material 9.8 puts around it.
ELEMENTS: Mapping[str, frozenset[str]] = {
    tag: frozenset(attributes.split())
    for tags, attributes in {
        "head strong em b i del ins mark sub sup small dl dt dd tr thead tbody hr br p pre code kbd": "",
        "title section figure figcaption caption article blockquote": "",
        "h1 h2 h3 h4 h5 h6": "",
        "html": "lang",
        "body": "dir data-md-color-scheme data-md-color-primary data-md-color-accent",
        "meta": "charset name content",
        "link": "rel href",
        "script": "type src",
        "header main": "data-md-component",
        "footer": "",
        "nav": "aria-label aria-labelledby aria-expanded data-md-level",
        "div": "role aria-label tabindex hidden markdown data-md-component data-md-scrollfix data-md-type data-tabs",
        "form": "name data-md-component",
        "label": "for title hidden tabindex",
        "button": "type title aria-label tabindex hidden data-md-component",
        "input": "type name checked disabled required aria-label placeholder autocomplete autocapitalize autocorrect "
        "spellcheck data-md-toggle data-md-component data-md-color-media data-md-color-scheme data-md-color-primary "
        "data-md-color-accent",
        "a": "href title aria-label data-md-component target rel download",
        "abbr": "title",
        "img": "src alt title width height",
        "svg": "xmlns viewBox",
        "path": "d",
        "span": "",
        "ol": "start role",
        "ul": "data-md-scrollfix data-md-component",
        "li": "",
        "details": "open",
        "summary": "",
        "table": "",
        "th td": "scope colspan rowspan style",
    }.items()
    for tag in tags.split()
}
# Beside Material's own, which begin with `md-`: what pages may call themselves without claiming that they are proven.
CLASSES = frozenset(
    {"hb-lead", "hb-links", "hb-pair", "hb-paths", "headerlink", "no-js", "admonition", "admonition-title"}
    | {"inline", "end", "footnote", "footnote-ref", "footnote-backref", "task-list", "task-list-item"}
    | {"task-list-control", "task-list-indicator", "tabbed-set", "tabbed-alternate", "tabbed-labels"}
    | {"tabbed-content", "tabbed-block", "note", "abstract", "info", "tip", "success", "question", "warning"}
    | {"failure", "danger", "bug", "example", "quote"}
)
_VALUES: Mapping[str, re.Pattern[str]] = {
    name: re.compile(values, re.IGNORECASE)
    for name, values in {
        "dir": "ltr",
        "charset": "utf-8",
        "name": r"search|query|__[a-z]+(?:_\d+)*",
        "type": r"checkbox|radio|text|button|reset|application/json",
        "rel": "icon|stylesheet|canonical|prev|next|noopener|noreferrer|nofollow",
        "style": r"\s*text-align:\s*(?:left|right|center);?\s*",
        "role": "dialog|search|presentation|img",
        "target": "_blank",
        "data-tabs": r"\d+:\d+",
        "data-md-component": "announce|container|content|dialog|header|header-title|header-topic|logo|main|palette|"
        "search|search-query|search-result|search-suggest|sidebar|skip|tabs|toc|top",
    }.items()
}
_DESCRIBED = frozenset({"description", "generator", "viewport", "author", "robots"})
_PLAIN = frozenset({"class", "id"})
# The theme finds its parts by ids of its own, which begin so; its settings, and each block to copy, among them.
_THEME_ID = "__"
_THEME_IDS = frozenset({"input", "label", "script"})
_SETTINGS_ID = "__config"
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
_SCHEMES = re.compile(r"(?:https?|mailto):", re.IGNORECASE)
_BLANKS = re.compile(r"[\x00-\x20]+")
_PICTURES = (".svg", ".png")


@dataclass(frozen=True, slots=True)
class SitePage:
    """Where a page lies below the site, and the paths of all the site's files."""

    path: str
    paths: Collection[str]

    @property
    def root(self) -> str:
        """The way up to the site's root."""
        return "../" * self.path.count("/")

    def found(self, url: str) -> str:
        """The path of the site's file that is at this address, which is then audited as one; empty where none is."""
        path = _path(url)
        if not path:
            return ""
        if path.startswith(self.root) and path[len(self.root) :] in self.paths:
            return path[len(self.root) :]
        if not path.startswith("/"):
            below = normpath(join(dirname(self.path), path))
            return below if below in self.paths else ""
        # The page for a wrong address is shown at any depth, so it alone counts from the server's root.
        parts = path.split("/") if self.path == "404.html" else []
        return next((rest for start in range(1, len(parts)) if (rest := "/".join(parts[start:])) in self.paths), "")


@lru_cache(maxsize=1 << 14)
def _path(url: str) -> str:
    """The path of an address within the site; empty for any other."""
    bare = _BLANKS.sub("", url)
    return "" if _SCHEME.match(bare) or bare.startswith(("//", "\\", "/\\")) else unquote(urlsplit(bare).path)


def element_faults(
    node: LexborNode, tag: str, attributes: Attributes, place: SitePage, *, is_claimed: bool = False
) -> Iterator[str]:
    """Reasons against one element by itself, wherever it stands; within a claim, files of the library are offered."""
    allowed = ELEMENTS.get(tag)
    if allowed is None:
        yield f"<{tag}> can show what no audit reads"
        return
    if tag in {"title", "path", "svg", "script"} or (node.parent is not None and node.parent.tag == "svg"):
        yield from _placed(node, tag, place)
    if not attributes:
        return
    # One without a value is there all the same, and the theme's script finds it.
    if "id" in attributes:
        yield from _identity(tag, attributes["id"])
    if attributes.keys() <= _PLAIN:
        return
    if tag == "meta" and (attributes.get("name") or "description") not in _DESCRIBED:
        yield f"the attribute name={attributes['name']!r} on <meta>"
    for name, value in attributes.items():
        if name.startswith("on"):
            yield f"an inline handler: {name} on <{tag}>"
        elif name not in allowed and name not in _PLAIN:
            yield f"the attribute {name} on <{tag}>"
        elif name in _VALUES and (tag, name) != ("meta", "name") and not _is_known(name, value or ""):
            yield f"the attribute {name}={value!r} on <{tag}>"
    yield from _addresses(tag, attributes, place)
    if (
        "download" in attributes
        and not is_claimed
        and place.found(attributes.get("href") or "").startswith("snippets/")
    ):
        yield f"a download of {attributes['href']!r} beside what it could be taken for: a block brings its own"


def _placed(node: LexborNode, tag: str, place: SitePage) -> Iterator[str]:
    parent = node.parent.tag if node.parent is not None else None
    if tag == "svg" and (node.text() or "").strip():
        yield "a picture with a text: pictures are shapes"
    if tag == "script":
        yield from script_faults(node, place.root, place.path)
    elif (tag == "title" and parent != "head") or (parent == "svg") != (tag == "path"):
        yield f"<{tag}> within <{parent}>"


@lru_cache(maxsize=4096)
def unknown_classes(css: str) -> str:
    """Those of an element's classes that are not listed."""
    return " ".join(name for name in css.split() if name not in CLASSES and not name.startswith("md-"))


@lru_cache(maxsize=4096)
def _is_known(name: str, value: str) -> bool:
    return all(_VALUES[name].fullmatch(each) for each in (value.split() if name == "rel" else [value])) and (
        bool(value) or name not in {"rel", "type"}
    )


def _identity(tag: str, name: str | None) -> Iterator[str]:
    """The theme takes the first element of an id for its own."""
    if not name or name.split() != [name]:
        yield f"the attribute id={name!r} on <{tag}>"
    elif name.startswith(_THEME_ID) and (
        tag not in _THEME_IDS or name.startswith("__code") or (name == _SETTINGS_ID) != (tag == "script")
    ):
        yield f"the id {name!r} on <{tag}>, by which the theme finds a part of its own"


def _addresses(tag: str, attributes: Attributes, place: SitePage) -> Iterator[str]:
    """What is loaded is a file of this site of the kind that the element shows; what is linked to is a page."""
    href = attributes.get("href")
    if tag == "link":
        wanted = {"stylesheet": (".css",), "icon": _PICTURES}.get((attributes.get("rel") or "").lower())
        if wanted:
            yield from _loaded(tag, href, wanted, place)
        elif not is_link(href or ""):
            yield f"<link> leads to {href!r}"
        return
    if "src" in attributes and tag in {"img", "script"}:
        yield from _loaded(tag, attributes["src"], _PICTURES if tag == "img" else (".js",), place)
    if href is not None and not is_link(href):
        yield f"an address that is a document or a script: href={href!r} on <{tag}>"
    if "download" in attributes:
        file, name = place.found(href or ""), attributes["download"]
        if not file:
            yield f"a download of {href!r}, which is no file of this site"
        elif not file.startswith("snippets/") and not file.endswith((".ipynb", ".md")):
            yield f"a download of {href!r}, which is no file that was proven"
        elif name and name != basename(file):
            yield f"a download of {href!r} under another name, {name!r}"


def _loaded(tag: str, url: str | None, wanted: tuple[str, ...], place: SitePage) -> Iterator[str]:
    """Reasons against what an element loads: what a file holds is judged by what it is said to be."""
    file = place.found(url or "")
    if not file.endswith(wanted):
        what = f"no {' or '.join(wanted)}" if file else "no file"
        yield f"<{tag}> loads {url!r}, which is {what} of this site"


@lru_cache(maxsize=1 << 14)
def is_link(url: str) -> bool:
    """Whether an address leads to a page, of this site or of another."""
    bare = _BLANKS.sub("", url)
    if _SCHEME.match(bare):
        return _SCHEMES.match(bare) is not None
    return not bare.startswith(("//", "\\", "/\\"))
