"""A pitfall -> where its section is: on the site for which a wheel was built, or in the pages of a checkout."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec

# In a wheel; a checkout has the pages themselves.
PAGES = Path(__file__).parent / "pages.json"
DOCS = Path(__file__).parents[1] / "docs"
_HEADING = re.compile(r"#{2,} .*\{ *#([\w-]+)[^}]*\}$")
_FENCE = "```pitfall"


def sections(docs: Path) -> dict[str, tuple[str, str]]:
    """Pitfall -> the page that has a section of it, relative to `docs`, and the anchor of its heading."""
    found: dict[str, tuple[str, str]] = {}
    for page in sorted(docs.rglob("*.md")):
        anchor, before = "", ""
        for line in page.read_text().splitlines():
            if heading := _HEADING.match(line):
                anchor = heading[1]
            if before == _FENCE:
                found[line.strip()] = (page.relative_to(docs).as_posix(), anchor)
            before = line
    return found


def addresses(docs: Path, site: str) -> dict[str, str]:
    """Pitfall -> address below the site, which is written as in SITE_URL."""
    return {name: f"{site.rstrip('/')}/{address(page)}#{anchor}" for name, (page, anchor) in sections(docs).items()}


def address(page: str) -> str:
    """Where a page is below the site's root, by its path below the docs."""
    folder = page.removesuffix("index.md").removesuffix(".md").rstrip("/")
    return f"{folder}/" if folder else ""


@cache
def known() -> Mapping[str, str]:
    """Pitfall -> where to read of it: an address, or a file of the checkout; nothing where neither is known."""
    if PAGES.is_file():
        return msgspec.json.decode(PAGES.read_bytes(), type=dict[str, str])
    return {name: f"docs/{page}#{anchor}" for name, (page, anchor) in sections(DOCS).items()}
