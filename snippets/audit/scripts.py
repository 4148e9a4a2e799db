"""Scripts, within pages and beside them -> what speaks against them: each is known by its content."""

import hashlib
import re
from collections.abc import Iterator, Mapping

import msgspec
from selectolax.lexbor import LexborNode

# Own scripts are known by content: whoever adds one has it read, and adds its sha256 here.
SCRIPTS = {
    "1c5ca5a9361120e71faea06f66dcee857b9d2a3bd35404f0ff2011ca715d7541": "docs/javascripts/landmarks.js",
    "75b73265bdc319663082536ffa4f286f8f81dbc00d17c94d5b37443de27ddda4": "docs/javascripts/search.js",
}
# Material 9.8's own within its pages, the address of the site's root left out.
INLINE = {
    "1a16d49167eec4eb671961da62895769b5103a3000f2b172ac10afcc455e6600": "partials/javascripts/base.html",
    "0eb10c249dbdb0beef225a10ce5cbe55418cc4a7014cc208f8e7d6ed8f00906e": "partials/javascripts/palette.html",
    "d74bb3b582599bb38b62d1eb15a60a0af4ce0147e3335efe0a811693984b71ce": "partials/javascripts/content.html",
    "ffcc0f7735fdab434d257c80e65cec2e88d716991e69757185b7e450e41a5b2f": "partials/javascripts/content.html",
}
# Of the theme's features those that change nothing in a block and run nothing from elsewhere.
FEATURES = frozenset(
    {"content.code.copy", "navigation.footer", "navigation.sections", "navigation.top", "navigation.tracking"}
    | {"search.highlight", "search.suggest", "toc.follow", "navigation.indexes", "navigation.expand"}
)
_ROOT = re.compile(r"new URL\(\"(?:\.|(?:\.\./)*\.\.|/(?:[\w.-]+/)*)\",location\)")
_SEARCH = re.compile(r"assets/javascripts/workers/search\.[0-9a-f]+\.min\.js")
_ABSOLUTE = re.compile(r"/(?:[\w.-]+/)*")
# Words of the theme, which its script puts into the page.
_PLAIN = re.compile(r"[\w #.,:!?()'-]*")


class _Settings(msgspec.Struct, forbid_unknown_fields=True):
    """What the theme's script is told: addresses, features, and its words."""

    base: str
    search: str
    features: list[str]
    translations: Mapping[str, str]
    annotate: None = None
    tags: None = None
    version: None = None


def script_faults(node: LexborNode, root: str, path: str) -> Iterator[str]:
    """Reasons against a script of the page at `path`, `root` below the site; a file that it names is read as one."""
    attributes, text = node.attributes, node.text() or ""
    if "src" in attributes:
        if text.strip() or attributes.keys() != {"src"}:
            yield "a script with an address, and more than that"
    elif attributes:
        if attributes != {"id": "__config", "type": "application/json"}:
            yield "a script with attributes that no page of this site needs"
        else:
            yield from _settings(text, root, path)
    else:
        digest = hashlib.sha256(_ROOT.sub("new URL(location)", text.strip()).encode()).hexdigest()
        if digest not in INLINE:
            yield f"an inline script that nobody knows (sha256 {digest})"


def file_faults(text: str) -> Iterator[tuple[int, str]]:
    """Reasons against a file of script."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    if digest not in SCRIPTS:
        yield 0, f"a script that nobody knows (sha256 {digest})"


def _settings(text: str, root: str, path: str) -> Iterator[str]:
    try:
        settings = msgspec.json.decode(text, type=_Settings)
    except msgspec.DecodeError as error:
        yield f"settings that are not the theme's: {error}"
        return
    base = settings.base if settings.base.endswith("/") else f"{settings.base}/"
    # The page for a wrong address is shown at any depth.
    is_here = _ABSOLUTE.fullmatch(base) if path == "404.html" else base == (root or "./")
    if not is_here:
        yield f"the theme is told that the site is at {settings.base!r}"
    if not _SEARCH.fullmatch(settings.search.removeprefix(base)):
        yield f"the search is run by {settings.search!r}, which is no file of the theme"
    if unknown := sorted(set(settings.features) - FEATURES):
        yield f"features of the theme that nobody looked at: {', '.join(unknown)}"
    yield from (
        f"a word of the theme is {word!r}" for word in settings.translations.values() if not _PLAIN.fullmatch(word)
    )
