"""What a reader waits for: each page with the scripts and style sheets that it names, as a server sends them."""

import gzip
import re
from pathlib import Path

from tests.site.conftest import SITE

MOST_BYTES = 90_000
NAMED = re.compile(r'(?:href|src)="?([^" >]+\.(?:css|js))[" >]')


def _bytes(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 9))


def test_no_page_is_heavier_than_a_photograph(counted: list[str]) -> None:
    """By gzip, all pages."""
    pages = [page for page in SITE.rglob("index.html") if SITE / "snippets" not in page.parents]
    weights = {
        page: _bytes(page)
        + sum(_bytes(page.parent / name) for name in set(NAMED.findall(page.read_text())) if "://" not in name)
        for page in pages
    }
    heavy = {str(page.relative_to(SITE)): weight for page, weight in weights.items() if weight > MOST_BYTES}
    assert pages
    assert not heavy
    counted.append(f"{len(pages)} pages of at most {max(weights.values()) / 1000:.1f} kB with all that they name")
