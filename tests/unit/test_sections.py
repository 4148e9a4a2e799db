"""Where a pitfall is told of: in a checkout the file, on a site the address, both with the section."""

import os
from pathlib import Path

import pytest

from snippets.catalog import load
from snippets.catalog.sections import Section, sections
from snippets.errors import CatalogError
from snippets.handbook import PACKAGE, Handbook

PAGE = """# A page

## Of the first { #first }

```pitfall
web/first
```

### An aside

```text
## No heading { #inside }
```

## Of two { #two .hb-quiet }

Words.

```pitfall
web/second

  web/third
```
"""


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """Three pages, one of them a folder's own and one the site's."""
    (tmp_path / "wrong").mkdir()
    (tmp_path / "wrong/server.md").write_text(PAGE)
    (tmp_path / "wrong/index.md").write_text("## A fourth { #fourth }\n\n```pitfall\nweb/fourth\n```\n")
    (tmp_path / "index.md").write_text("# Words\n\n```pitfall\nweb/fifth\n```\n\n## Below { #below }\n")
    (tmp_path / "empty.md").write_text("Of a pitfall this page says nothing.\n")
    return tmp_path


def test_a_pitfall_has_a_page_and_the_section_above_it(docs: Path) -> None:
    """The last heading before it that has an anchor; what stands within a fence is none, and none is no anchor."""
    assert sections(docs) == {
        "web/first": Section("wrong/server.md", "first"),
        "web/second": Section("wrong/server.md", "two"),
        "web/third": Section("wrong/server.md", "two"),
        "web/fourth": Section("wrong/index.md", "fourth"),
        "web/fifth": Section("index.md", ""),
    }


@pytest.mark.parametrize(
    ("page", "address"),
    [
        ("wrong/server.md", "wrong/server/#a"),
        ("wrong/index.md", "wrong/#a"),
        ("server.md", "server/#a"),
        ("index.md", "#a"),
    ],
)
def test_an_address_is_as_the_site_is_built(page: str, address: str) -> None:
    """A page is a folder there."""
    assert Section(page, "a").address == address


def test_no_pages_are_no_sections(tmp_path: Path) -> None:
    """Where only the library is installed nothing is looked for."""
    assert sections(tmp_path / "nowhere") == {}


def test_every_pitfall_of_the_library_has_a_section() -> None:
    """In a checkout its file is named, which is there; a whole file with many faults has a page of its own."""
    single = {name for name, pitfall in load().pitfalls.items() if not pitfall.exhibit}
    places = Handbook.here().pages

    assert single
    assert places.keys() == single
    assert all((PACKAGE.parent / place.partition("#")[0]).is_file() for place in places.values())
    assert not [place for place in places.values() if place.endswith("#")]


def test_a_page_is_read_up_to_a_size_that_none_has(docs: Path) -> None:
    """To the byte."""
    page = (docs / "index.md").read_bytes().ljust(1024 * 1024)
    (docs / "index.md").write_bytes(page)
    assert sections(docs)["web/fifth"] == Section("index.md", "")

    (docs / "index.md").write_bytes(page + b" ")
    with pytest.raises(CatalogError) as refused:
        sections(docs)
    assert refused.value.faults == ("index.md: 1048577 bytes, larger than 1048576",)


@pytest.mark.timeout(120)
def test_every_page_that_cannot_be_read_is_named(docs: Path) -> None:
    """A pipe is not waited for; text of another encoding, a directory and a dangling link are no pages."""
    os.mkfifo(docs / "pipe.md")
    (docs / "latin.md").write_bytes(b"caf\xe9")
    (docs / "folder.md").mkdir()
    (docs / "gone.md").symlink_to("nowhere.md")

    with pytest.raises(CatalogError) as refused:
        sections(docs)

    assert refused.value.faults == (
        "folder.md: not a regular file",
        "gone.md: No such file or directory",
        "latin.md: not UTF-8 at byte 3",
        "pipe.md: not a regular file",
    )
