"""An element of a page -> what speaks against what it loads, runs or shows from elsewhere."""

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from posixpath import dirname, join, normpath
from urllib.parse import unquote, urlsplit

import msgspec
from selectolax.lexbor import LexborNode

# Material 9.8's own scripts by the sha256 of their text, the address of the site's root left out.
SCRIPTS = {
    "1a16d49167eec4eb671961da62895769b5103a3000f2b172ac10afcc455e6600": "partials/javascripts/base.html",
    "0eb10c249dbdb0beef225a10ce5cbe55418cc4a7014cc208f8e7d6ed8f00906e": "partials/javascripts/palette.html",
    "d74bb3b582599bb38b62d1eb15a60a0af4ce0147e3335efe0a811693984b71ce": "partials/javascripts/content.html",
    "ffcc0f7735fdab434d257c80e65cec2e88d716991e69757185b7e450e41a5b2f": "partials/javascripts/content.html",
}
# What shows another document, makes elements later, or is read differently where scripts run.
REFUSED = frozenset(
    {"iframe", "frame", "frameset", "object", "embed", "applet", "portal", "fencedframe", "template", "noscript"}
    | {
        "noembed",
        "noframes",
        "base",
        "style",
        "math",
        "canvas",
        "select",
        "datalist",
        "foreignObject",
        "use",
        "animate",
    }
    | {"set", "animateTransform", "animateMotion", "image", "text", "tspan"}
)
LOADING = REFUSED | {"script", "link", "meta", "input"}
# Attributes that load, run and show nothing; an element with any other is looked at.
QUIET = frozenset(
    {
        "class",
        "id",
        "for",
        "lang",
        "dir",
        "role",
        "title",
        "tabindex",
        "hidden",
        "open",
        "scope",
        "xmlns",
        "viewBox",
        "d",
    }
    | {"aria-label", "aria-labelledby", "aria-hidden", "aria-expanded", "aria-live", "data-md-component"}
)
LINKING = QUIET | {"href", "download"}
Attributes = Mapping[str, str | None]
_ROOT = re.compile(r"new URL\(\"[\w./:-]*\",location\)")
_LINKS = frozenset({"canonical", "prev", "next", "icon", "stylesheet"})
_LOADED = frozenset({"icon", "stylesheet"})
_ALIGNMENT = re.compile(r"text-align:\s*(left|right|center);?")
_URLS = frozenset(
    {"href", "src", "action", "formaction", "xlink:href", "data", "poster", "ping", "cite", "background", "manifest"}
)
_NEVER = ("srcdoc", "contenteditable", "http-equiv", "data-clipboard-target", "srcset", "background")
_FETCHED = ("src", "poster")
_SHOWING = frozenset({"style", "data-clipboard-text", "download", *_NEVER, *_FETCHED})
_RUNS = re.compile(r"(?:java|vb)script:", re.IGNORECASE)
_ELSEWHERE = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:|[/\\]{2}")
_BLANKS = re.compile(r"[\x00-\x20]+")


@dataclass(frozen=True, slots=True)
class SitePage:
    """Where a page lies below the site, and the paths of all the site's files."""

    path: str
    paths: Collection[str]

    @property
    def root(self) -> str:
        """The way up to the site's root."""
        return "../" * self.path.count("/")

    def holds(self, url: str) -> bool:
        """Whether this address is a file of the site, which is then audited as one."""
        path = _path(url)
        if not path:
            return False
        if path.startswith(self.root) and path[len(self.root) :] in self.paths:
            return True
        if not path.startswith("/"):
            return normpath(join(dirname(self.path), path)) in self.paths
        # The page for a wrong address is shown at any depth, so it alone counts from the server's root.
        parts = path.split("/")
        return self.path == "404.html" and any("/".join(parts[start:]) in self.paths for start in range(1, len(parts)))


@lru_cache(maxsize=1 << 14)
def _path(url: str) -> str:
    """The path of an address within the site; empty for any other."""
    bare = _BLANKS.sub("", url)
    return "" if _ELSEWHERE.match(bare) else unquote(urlsplit(bare).path)


def is_quiet_link(attributes: Attributes, place: SitePage) -> bool:
    """Whether nothing speaks against a link that has none but the attributes in `LINKING`."""
    url = attributes.get("href") or ""
    return not _is_script("href", url) and ("download" not in attributes or place.holds(url))


def loading_faults(node: LexborNode, tag: str, attributes: Attributes, place: SitePage) -> Iterator[str]:
    """Reasons against one element that is in `LOADING` or has an attribute that is not in `QUIET`."""
    match tag:
        case "script":
            yield from _script(node, place)
        case "link":
            yield from _link(attributes, place)
        case "meta" if (attributes.get("charset") or "utf-8").lower() != "utf-8":
            yield f"a page in {attributes['charset']}, which a browser reads otherwise than the audit"
        case "input" if attributes.get("value") and attributes.get("type") not in {"radio", "checkbox"}:
            yield "an <input> with a text to copy"
        case _ if tag in REFUSED:
            yield f"<{tag}> can show what no audit reads"
    if not attributes.keys() <= QUIET:
        yield from _attributes(tag, attributes, place)
        yield from _run(tag, attributes)


def _attributes(tag: str, attributes: Attributes, place: SitePage) -> Iterator[str]:
    if _SHOWING.isdisjoint(attributes):
        return
    style = attributes.get("style")
    if style is not None and not _ALIGNMENT.fullmatch(style.strip()):
        yield f"an inline style on <{tag}>: {style!r}"
    for name in _NEVER:
        if name in attributes:
            yield f"the attribute {name} on <{tag}>"
    if attributes.get("data-clipboard-text"):
        yield f"a text to copy on <{tag}>: {attributes['data-clipboard-text']!r}"
    if "download" in attributes and not place.holds(attributes.get("href") or ""):
        yield f"a download of {attributes.get('href')!r}, which is no file of this site"
    for name in _FETCHED:
        if name in attributes and not place.holds(attributes[name] or ""):
            yield f"<{tag}> loads {attributes[name]!r}, which is no file of this site"


def _script(node: LexborNode, place: SitePage) -> Iterator[str]:
    if "src" in node.attributes:
        # The file itself is known by its content; the attribute is looked at like any other.
        if (node.text() or "").strip():
            yield "a script with an address and a text"
        return
    if node.attributes.get("type") == "application/json":
        yield from _settings(node.text() or "", place)
        return
    text = _ROOT.sub("new URL(location)", (node.text() or "").strip())
    digest = hashlib.sha256(text.encode()).hexdigest()
    if digest not in SCRIPTS:
        yield f"an inline script that nobody knows (sha256 {digest})"


class _Settings(msgspec.Struct):
    """What the theme's script is told: the program that searches is an address."""

    search: str = ""


def _settings(text: str, place: SitePage) -> Iterator[str]:
    try:
        search = msgspec.json.decode(text, type=_Settings).search
    except msgspec.DecodeError:
        yield "settings that are no JSON object"
        return
    if search and not place.holds(search):
        yield f"the search is run by {search!r}, which is no file of this site"


def _link(attributes: Attributes, place: SitePage) -> Iterator[str]:
    kinds = set((attributes.get("rel") or "").lower().split())
    if not kinds or kinds - _LINKS:
        yield f"<link rel={attributes.get('rel')!r}>, which no page of this site needs"
    elif kinds & _LOADED and not place.holds(attributes.get("href") or ""):
        yield f"<link> loads {attributes.get('href')!r}, which is no file of this site"


def _run(tag: str, attributes: Attributes) -> Iterator[str]:
    """Attributes that hold a script or a document, decoded as a browser decodes them."""
    for name, value in attributes.items():
        if name.lower().startswith("on"):
            yield f"an inline handler: {name} on <{tag}>"
        elif _is_script(name, value or ""):
            yield f"an address that is a document or a script: {name}={value!r} on <{tag}>"


@lru_cache(maxsize=1 << 16)
def _is_script(name: str, value: str) -> bool:
    """Whether an attribute holds a script or a document; most links stand on every page."""
    bare = _BLANKS.sub("", value)
    return _RUNS.match(bare) is not None or (name in _URLS and bare[:5].lower() == "data:")
