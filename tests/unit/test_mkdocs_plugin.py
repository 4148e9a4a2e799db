"""MkDocs with the plugin: what it writes, and that it writes nothing it refuses."""

import logging
from pathlib import Path

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort
from selectolax.lexbor import LexborHTMLParser

from snippets.audit import audit
from snippets.catalog import load
from snippets.evidence.store import EvidenceStore
from snippets.handbook import Handbook
from tests.unit.pages.synthetic import AWKWARD, handbook

SETTINGS = """
site_name: Site
site_url: https://handbook.example/guide/
theme:
  name: material
  font: false
plugins:
  - search
  - handbook:
      library: library
      evidence: evidence
markdown_extensions: [admonition, attr_list, pymdownx.superfences]
nav: [index.md]
"""
PAGE = """---
title: Home
---

# Home

- In a list:

    ```snippet
    web/make/Makefile
    ```

```evidence
web
```
"""


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what the theme says of another version on every build."""
    monkeypatch.setenv("NO_MKDOCS_2_WARNING", "1")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Lay out a site over the small library, proven, with one page."""
    handbook(tmp_path)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text(PAGE)
    (tmp_path / "mkdocs.yml").write_text(SETTINGS)
    return tmp_path


def built(project: Path) -> Path:
    """Build the site as the command does."""
    config = load_config(str(project / "mkdocs.yml"))
    config.plugins.on_startup(command="build", dirty=False)
    build(config)
    return project / "site"


def refused(project: Path, caplog: pytest.LogCaptureFixture) -> str:
    """Build a site that must be refused; what the command says."""
    with pytest.raises(Abort), caplog.at_level(logging.ERROR):
        built(project)
    return caplog.text


def test_pages_and_downloads_hold_the_proven_bytes(project: Path) -> None:
    """The page's text and the download are the file, tabs, blanks and line ends included."""
    site = built(project)

    page = LexborHTMLParser((site / "index.html").read_text())
    assert [pre.text() for pre in page.css("pre")] == [AWKWARD]
    assert (site / "snippets" / "web" / "make" / "Makefile").read_bytes() == AWKWARD.encode()
    assert not (site / "snippets" / "web" / "Dockerfile").exists(), "no page shows it"


def test_what_is_built_passes_the_audit(project: Path) -> None:
    """Theme, search index and sitemap included."""
    site = built(project)

    small = Handbook(catalog=load(project / "library"), store=EvidenceStore(project / "evidence"))
    assert audit(site, small) == ()


def test_a_diagram_that_no_page_shows_is_refused(project: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Though no page asks for any."""
    (project / "docs" / "diagrams").mkdir()
    (project / "docs" / "diagrams" / "way.toml").write_text('kind = "path"\n')

    assert "diagrams/way.toml: no page shows it" in refused(project, caplog)


def test_templates_are_compiled_once(project: Path) -> None:
    """The second build is as the first, and reads what Jinja kept of it; a template that changed is compiled again."""
    (project / "overrides").mkdir()
    (project / "mkdocs.yml").write_text(SETTINGS.replace("material\n", "material\n  custom_dir: overrides\n"))
    first = (built(project) / "index.html").read_text()
    kept = {path: path.stat().st_mtime_ns for path in (project / ".cache").rglob("*.cache")}
    second = (built(project) / "index.html").read_text()
    (project / "overrides" / "main.html").write_text('{% extends "base.html" %}{% block footer %}Ours{% endblock %}')
    third = (built(project) / "index.html").read_text()

    assert kept
    assert first == second
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert "Ours" in third


def test_nothing_is_written_where_a_page_is_refused(project: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Every page is read before the first is written, and all faults are said, by line of the file."""
    (project / "evidence" / "web.json").unlink()
    (project / "docs" / "hidden.md").write_text("# Not in the nav\n\n```bash\nrm x\n```\n")

    message = refused(project, caplog)

    assert "refusing to publish: 2 objection(s)" in message
    assert "index.md:10: web was never verified" in message
    assert "hidden.md:3: unknown fence 'bash'" in message
    assert "Traceback" not in message
    assert list((project / "site").rglob("*")) == []


def test_a_faulty_library_is_refused_before_any_page(project: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The catalog's own list of faults is what the reader sees."""
    (project / "library" / "web" / "snippet.toml").write_text("titel = 'x'\n")

    assert "web/snippet.toml: unknown key titel (did you mean 'title'?)" in refused(project, caplog)


def test_a_corrupt_record_is_refused(project: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It counts as none."""
    (project / "evidence" / "web.json").write_text("{")

    assert "index.md:10: not verified: web.json: not a record" in refused(project, caplog)


@pytest.mark.parametrize("linked", ["secret.png", "secret.md", "folder/secret.css"])
def test_a_link_among_the_pages_is_refused(project: Path, caplog: pytest.LogCaptureFixture, linked: str) -> None:
    """MkDocs follows it, and what it leads to would be copied into the site as a file like any other."""
    outside = project / "outside"
    outside.mkdir()
    (outside / "secret.css").write_text("a { color: inherit }")
    (outside / "secret").write_text("# A secret\n")
    if "/" in linked:
        (project / "docs" / "folder").symlink_to(outside)
    else:
        (project / "docs" / linked).symlink_to(outside / "secret")

    assert f"  {linked}: a link, or within a linked directory" in refused(project, caplog)
    assert list((project / "site").rglob("secret*")) == []


def test_pages_below_a_linked_directory_are_built(project: Path) -> None:
    """Where the whole project lies is not asked."""
    (project.parent / "again").symlink_to(project)

    assert (built(project.parent / "again") / "index.html").is_file()


def test_addresses_without_directories_are_refused(project: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Links of blocks are made for pages that are directories."""
    (project / "mkdocs.yml").write_text(f"{SETTINGS}use_directory_urls: false\n")

    assert "use_directory_urls: true" in refused(project, caplog)


def test_a_preview_goes_on_and_says_what_a_build_would(project: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Who writes a page sees it before its snippet is proven; nothing unproven is on it."""
    (project / "evidence" / "web.json").unlink()
    config = load_config(str(project / "mkdocs.yml"), strict=True)
    config.plugins.on_startup(command="serve", dirty=False)

    with caplog.at_level(logging.INFO):
        build(config)

    assert "a build would say:\nrefusing to publish" in caplog.text
    assert "<pre" not in (project / "site" / "index.html").read_text()
