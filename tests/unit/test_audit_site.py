"""The audit of a whole site: every file of it is read, every fault told, and nothing passes by being empty."""

import re
from pathlib import Path

import pytest

from snippets.audit import audit
from snippets.audit.elements import SitePage
from snippets.errors import SnippetsError
from snippets.handbook import Handbook
from tests.unit.pages.site import HEAD, Site


@pytest.mark.parametrize(
    ("page", "url", "path"),
    [
        ("index.html", "a.css", "a.css"),
        ("index.html", "/a.css", ""),
        ("index.html", "b.css", ""),
        ("deep/index.html", "../a.css", "a.css"),
        ("deep/index.html", "a.css", "deep/a.css"),
        ("deep/index.html", "../../a.css", ""),
        ("404.html", "/handbook/a.css", "a.css"),
        ("404.html", "/handbook/deep/a.css", "deep/a.css"),
        ("404.html", "/a.css", "a.css"),
        ("404.html", "/handbook/b.css", ""),
        ("404.html", "//x.example/a.css", ""),
    ],
)
def test_an_address_is_that_of_a_file_of_the_site_or_of_none(page: str, url: str, path: str) -> None:
    """What it loads is then audited as that very file; the page for a wrong address is shown at any depth."""
    assert SitePage(page, {"a.css", "deep/a.css"}).found(url) == path


def test_a_page_outside_the_navigation_is_read(audited: Site) -> None:
    """The audit walks files, not links."""
    hidden = f"{HEAD}<p>a</p>\n<pre>x</pre></body></html>".encode()

    objections = audited(files={"drafts/deep/index.html": hidden, "old.htm": hidden})

    assert [o.place for o in objections] == ["drafts/deep/index.html:4", "old.htm:4"]


def test_every_fault_of_every_page_is_reported(audited: Site) -> None:
    """One run tells all."""
    objections = audited("<pre>x</pre>\n<iframe></iframe>\n<samp>y</samp>", {"a.txt": b"", "b.html": b"\xff"})

    assert [o.place for o in objections] == ["b.html", "index.html:6", "index.html:7", "index.html:8", "a.txt"]


def test_a_link_instead_of_a_file_is_refused(audited: Site, tmp_path: Path) -> None:
    """What it points to could be another file tomorrow."""
    audited()
    (tmp_path / "site" / "a.png").symlink_to(tmp_path)
    (tmp_path / "site" / "b.html").symlink_to(tmp_path / "site" / "index.html")

    why = "not a file but a link or a device"
    assert [(o.place, o.why) for o in audited()] == [("b.html", why), ("a.png", why)]


def test_a_site_that_is_not_there_is_told(tmp_path: Path, small: Handbook) -> None:
    """By its name, and not by a traceback."""
    with pytest.raises(SnippetsError, match=rf"^{re.escape(str(tmp_path / 'site'))}: No such file or directory$"):
        audit(tmp_path / "site", small)


def test_an_empty_site_is_refused(tmp_path: Path, small: Handbook) -> None:
    """Nothing passes by being empty."""
    (tmp_path / "site").mkdir()

    assert [(o.place, o.why) for o in audit(tmp_path / "site", small)] == [("site", "the site holds no page")]


def test_a_site_that_shows_nothing_proven_is_refused(tmp_path: Path, small: Handbook) -> None:
    """A site from which every block fell out is not a site without faults."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text(f"{HEAD}<p>Welcome.</p></body></html>")

    assert [(o.place, o.why) for o in audit(tmp_path / "site", small)] == [
        ("site", "the site shows nothing that was proven")
    ]
