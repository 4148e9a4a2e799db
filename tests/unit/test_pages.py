"""Where a pitfall is told of: in a checkout the file, on a site the address, both with the section."""

from pathlib import Path

import pytest

from snippets.catalog import load
from snippets.catalog.sections import DOCS, addresses, known, sections

PAGE = """# A page

## Of the first { #first }

```pitfall
web/first
```

### An aside

## Of the second { #second .hb-quiet }

Words.

```pitfall
web/second
```
"""


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """Two pages, one of them a folder's own."""
    (tmp_path / "wrong").mkdir()
    (tmp_path / "wrong/server.md").write_text(PAGE)
    (tmp_path / "wrong/index.md").write_text("## A third { #third }\n\n```pitfall\nweb/third\n```\n")
    return tmp_path


def test_a_pitfall_has_a_page_and_the_section_above_it(docs: Path) -> None:
    """The last heading before it that has an anchor."""
    assert sections(docs) == {
        "web/first": ("wrong/server.md", "first"),
        "web/second": ("wrong/server.md", "second"),
        "web/third": ("wrong/index.md", "third"),
    }


@pytest.mark.parametrize("site", ["https://docs.example/handbook/", "https://docs.example/handbook"])
def test_an_address_is_as_the_site_is_built(docs: Path, site: str) -> None:
    """A page is a folder there."""
    assert addresses(docs, site) == {
        "web/first": "https://docs.example/handbook/wrong/server/#first",
        "web/second": "https://docs.example/handbook/wrong/server/#second",
        "web/third": "https://docs.example/handbook/wrong/#third",
    }


def test_every_pitfall_of_the_library_has_a_section() -> None:
    """In a checkout its file is named, which is there; a whole file with many faults has a page of its own."""
    single = {name for name, pitfall in load().pitfalls.items() if not pitfall.exhibit}

    assert single
    assert known().keys() == single
    assert all((DOCS.parent / place.partition("#")[0]).is_file() for place in known().values())
    assert not [place for place in known().values() if place.endswith("#")]
