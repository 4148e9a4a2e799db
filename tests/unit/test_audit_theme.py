"""What the theme's script is given to work with: its settings, and the index that a search shows."""

import json

import pytest

from tests.unit.pages.site import Site
from tests.unit.pages.synthetic import DOCKERFILE

SETTINGS = {
    "base": ".",
    "features": ["content.code.copy", "navigation.top"],
    "search": "assets/javascripts/workers/search.2c215733.min.js",
    "translations": {"clipboard.copy": "Copy to clipboard", "search.result.more.one": "1 more on this page"},
}


def settings_of(**changes: object) -> str:
    """What a page tells the theme's script, changed in some respect."""
    return f'<script id="__config" type="application/json">{json.dumps(SETTINGS | changes)}</script>'


@pytest.mark.parametrize(
    ("page", "changes"),
    [
        ("index.html", {}),
        ("index.html", {"base": "./", "tags": None, "annotate": None, "version": None}),
        ("a/b/index.html", {"base": "../..", "search": f"../../{SETTINGS['search']}"}),
        ("404.html", {"base": "/", "search": f"/{SETTINGS['search']}"}),
        ("404.html", {"base": "/handbook/", "search": f"/handbook/{SETTINGS['search']}"}),
    ],
)
def test_what_the_theme_is_told_of_this_site_passes(audited: Site, page: str, changes: dict[str, object]) -> None:
    """Where it is from this page, what of the theme it uses, and the theme's words."""
    assert audited(settings_of(**changes), page=page) == ()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"base": "//x.example"}, "the theme is told that the site is at '//x.example'"),
        ({"base": ".."}, "the theme is told that the site is at '..'"),
        ({"base": "/handbook/"}, "the theme is told that the site is at '/handbook/'"),
        ({"search": "//x.example/w.js"}, "the search is run by '//x.example/w.js', which is no file of the theme"),
        ({"search": "a.js"}, "the search is run by 'a.js', which is no file of the theme"),
        ({"features": ["search.share", "content.code.annotate"]}, ": content.code.annotate, search.share"),
        ({"translations": {"clipboard.copied": "<img src=x>"}}, "a word of the theme is '<img src=x>'"),
        ({"annotate": {"sh": [".c1"]}}, "settings that are not the theme's: "),
        ({"version": {"provider": "mike"}}, "settings that are not the theme's: "),
        ({"alias": True}, "settings that are not the theme's: Object contains unknown field `alias`"),
    ],
)
def test_what_has_the_theme_fetch_or_do_more_is_refused(audited: Site, changes: dict[str, object], why: str) -> None:
    """It would run a script of another site, change code as it is shown, or put markup into the page."""
    (found,) = audited(settings_of(**changes))

    assert why in found.why


def test_the_search_index_repeats_proven_blocks_alone(audited: Site) -> None:
    """A search result shows blocks, too."""

    def index(text: str) -> dict[str, bytes]:
        return {"search/search_index.json": json.dumps({"docs": [{"location": "a/", "text": text}]}).encode()}

    assert audited(files=index(f"<p>a</p><pre><code>{DOCKERFILE}</code></pre>")) == ()
    for text, why in {
        "<pre>x</pre>": "'a/' is indexed with a block that nobody proved",
        "<pre>x": "'a/' is indexed with a block that is never closed",
        '<p onclick="x">': "'a/' is indexed with <p onclick=\"x\">",
        "<img>": "'a/' is indexed with <img>",
        "<p onclick": "'a/' is indexed with a tag that is never closed",
        "<code>rm -rf x</code>": "'a/' is indexed with code in a sentence that nobody proved: 'rm -rf x'",
        "<code>rm -rf x": "'a/' is indexed with code that is never closed",
    }.items():
        assert [(o.place, o.why) for o in audited(files=index(text))] == [("search/search_index.json", why)]


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({"title": "<img src=x>"}, "'a/' is indexed with <img src=x>"),
        ({"title": "<pre>x</pre>"}, "'a/' is indexed with <pre>"),
        ({"title": "<code>rm -rf x</code>"}, "'a/' is indexed with code in a sentence that nobody proved: 'rm -rf x'"),
        ({"title": "a < b <script"}, "'a/' is indexed with a tag that is never closed"),
        ({"tags": ["<img>"]}, "not a search index: Object contains unknown field `tags` - at `$.docs[0]`"),
        ({"location": "javascript:x()"}, "'javascript:x()' is indexed with an address that is no page of this site"),
        ({"location": "//x.example/"}, "'//x.example/' is indexed with an address that is no page of this site"),
        ({"location": '"><img>'}, "'\"><img>' is indexed with an address that is no page of this site"),
    ],
)
def test_the_search_index_holds_no_markup(audited: Site, entry: dict[str, object], why: str) -> None:
    """A title, a tag and an address are put into the page as they are."""
    shown = {"location": "a/", "title": "A", "text": ""} | entry

    assert why in [o.why for o in audited(files={"search/search_index.json": json.dumps({"docs": [shown]}).encode()})]
