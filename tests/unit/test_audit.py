"""The gate behind the site generator: what it lets through, and each way past it that somebody could try."""

import gzip
import json
import re
import shutil
import struct
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from snippets.audit import audit
from snippets.audit.elements import SitePage
from snippets.audit.pictures import png_fault
from snippets.audit.published import _as_parsed
from snippets.cli import main
from snippets.errors import SnippetsError
from snippets.evidence.records import Cell, Execution
from snippets.handbook import Handbook
from snippets.render.blocks import Links, file
from snippets.render.notebook import as_notebook, render_tutorial
from snippets.render.references import show
from snippets.render.usage import commands
from tests.unit.pages.site import HEAD, LINE, PROVEN, Site
from tests.unit.pages.synthetic import DOCKERFILE, WHEN, handbook, image, prove

TUTORIAL = """---
description: A page.
snippets: [web]
jupyter:
  kernelspec:
    display_name: Python 3
    language: python
    name: python3
---

# First

```bash
echo 1
```
"""
ROOT = Path(__file__).parents[2]
PNG_HEAD = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, data: bytes) -> bytes:
    """A part of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(points: bytes = zlib.compress(bytes(2)), more: bytes = b"") -> bytes:
    """A grey point, and what else somebody hides in the file."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return PNG_HEAD + header + more + chunk(b"IDAT", points) + chunk(b"IEND", b"")


def test_what_is_proven_passes(audited: Site, small: Handbook) -> None:
    """A page of proven blocks, its downloads and prose with inline code has nothing against it."""
    web = small.catalog.snippets["web"]
    blocks = "".join(
        show(language, name, small, Links()).html
        for language, name in {
            "snippet": "web/make/Makefile",
            "command": "web/run",
            "pitfall": "web/root",
            "evidence": "web",
            "effective": "settings",
            "catalogue": "all",
            "contract": "all",
            "usage": "check",
            "install": "handbook",
        }.items()
    )
    prose = "<p>Run <code>docker run</code>, press <kbd>Ctrl</kbd>.</p>" + show("snippet", "alma", small, Links()).html
    prose += show("snippet", "web", small, Links()).html
    downloads = {f"snippets/web/{path}": web.content(path) for path in web.sources}

    assert audited(blocks + prose, downloads) == ()


def test_a_claim_may_be_spelled_as_any_html(audited: Site, small: Handbook) -> None:
    """What counts is what a browser makes of it, whichever of the ways to write that was taken."""
    card = show("evidence", "web", small, Links()).html

    assert (
        audited(card.replace("<tbody>", "").replace("</tbody>", "").replace(' class="hb-kept"', " class='hb-kept'"))
        == ()
    )


def test_what_the_renderer_writes_is_as_the_parser_writes_it(small: Handbook) -> None:
    """So the audit need not read it back, which would take longer than all else it does."""
    for language, name in (
        *(("evidence", "web"), ("evidence", "settings"), ("effective", "settings"), ("pitfall", "web/root")),
        *(("snippet", "web"), ("snippet", "alma"), ("catalogue", "all"), ("contract", "all")),
        *(("usage", name) for name in commands(main)),
    ):
        html = show(language, name, small, Links("../")).html

        assert [_as_parsed(html)] == [node.html for node in LexborHTMLParser(html).css("[data-hb]")], (language, name)


ATTACKS = {
    "raw pre": ("<pre>FROM evil\n</pre>", "a <pre> that nobody proved: 'FROM evil'"),
    "indented block": ("<pre><code>docker run evil\n</code></pre>", "a <pre> that nobody proved: 'docker run evil'"),
    "in a tab": (
        '<div class="tabbed-set"><div class="tabbed-block"><pre>x</pre></div></div>',
        "a <pre> that nobody proved: 'x'",
    ),
    "in a list": ("<ul><li><pre>x</pre></li></ul>", "a <pre> that nobody proved: 'x'"),
    "one trailing space": (f"<pre><span></span><code>{DOCKERFILE} </code></pre>", "a <pre> that nobody proved"),
    "one missing line end": (f"<pre><span></span><code>{DOCKERFILE[:-1]}</code></pre>", "a <pre> that nobody proved"),
    "a tab for blanks": (PROVEN.replace("RUN ", "RUN\t"), "a <pre> that nobody proved"),
    "a look-alike letter": (PROVEN.replace("pip", "p\u0456p"), "a <pre> that nobody proved"),
    "an invisible character": (PROVEN.replace("pip", "pip\u200b"), "a <pre> that nobody proved"),
    "entities": ("<p>a</p><pre>&#70;ROM&#32;evil</pre>", "a <pre> that nobody proved: 'FROM evil'"),
    "upper case": ("<PRE>x</PRE>", "a <pre> that nobody proved: 'x'"),
    "nested": (f"<pre>{PROVEN}</pre>", "a <pre> that nobody proved: 'FROM python"),
    "unclosed": ("<div><pre>x", "a <pre> that nobody proved: 'x'"),
    "empty": ("<pre><code> </code></pre>", "a <pre> that nobody proved: nothing"),
    "after a false comment": ("<!--><pre>x</pre>-->", "a <pre> that nobody proved: 'x'"),
    "hidden words": (PROVEN.replace("FROM", "<b hidden>x</b>FROM"), "a <pre> that nobody proved"),
    "hidden by class": (PROVEN.replace("RUN", '<span class="md-hidden">RUN</span>'), "a <pre> that nobody proved"),
    "other attributes": (PROVEN.replace("<pre>", '<pre dir="rtl">'), "a <pre> that nobody proved"),
    "textarea": ("<textarea>x</textarea>", "<textarea> can show what no audit reads"),
    "xmp": ("<xmp>x</xmp>", "<xmp> can show what no audit reads"),
    "listing": ("<listing>x</listing>", "<listing> can show what no audit reads"),
    "plaintext": ("<plaintext>x", "<plaintext> can show what no audit reads"),
    "samp": ("<p><samp>x</samp></p>", "<samp> can show what no audit reads"),
    "code of two lines": (
        "<p><code>FROM x\nRUN y</code></p>",
        "a <code> that is more than one line of text: 'FROM x'",
    ),
    "code with breaks": ("<p><code>FROM x<br>RUN y</code></p>", "a <code> that is more than one line of text"),
    "keys of two lines": ("<kbd>a\nb</kbd>", "a <kbd> that is more than one line of text: 'a'"),
    "prose with breaks": ("<p>FROM x<br>RUN make y</p>", "a line broken by <br>"),
    "white space kept": ('<div style="white-space:pre">x</div>', "the attribute style on <div>"),
    "inline script": ("<script>document.write('<pre>x</pre>')</script>", "an inline script that nobody knows (sha256"),
    "module": ('<script type="module">1</script>', "a script with attributes that no page of this site needs"),
    "script from elsewhere": ('<script src="https://x.example/a.js"></script>', "which is no file of this site"),
    "script without a scheme": ('<script src="//x.example/a.js"></script>', "which is no file of this site"),
    "script out of the site": ('<script src="../../a.js"></script>', "which is no file of this site"),
    "style from elsewhere": ('<link rel="stylesheet" href="https://x.example/a.css">', "which is no file of this site"),
    "style element": ("<style>p::before{content:'RUN x'}</style>", "<style> can show what no audit reads"),
    "srcdoc": ('<iframe srcdoc="<pre>x</pre>"></iframe>', "<iframe> can show what no audit reads"),
    "object": ('<object data="x.html"></object>', "<object> can show what no audit reads"),
    "embed": ('<embed src="x.html">', "<embed> can show what no audit reads"),
    "template": ("<template><pre>x</pre></template>", "<template> can show what no audit reads"),
    "noscript": ("<noscript><pre>x</pre></noscript>", "<noscript> can show what no audit reads"),
    "foreignObject": (
        "<svg><foreignObject><pre>x</pre></foreignObject></svg>",
        "<foreignObject> can show what no audit reads",
    ),
    "words in a picture": ("<svg>RUN x<path/></svg>", "a picture with a text: pictures are shapes"),
    "text in a picture": ("<svg><text>RUN x</text></svg>", "<text> can show what no audit reads"),
    "mathematics": ("<math><mtext>RUN x</mtext></math>", "<math> can show what no audit reads"),
    "handler": ('<p onclick="x()">a</p>', "an inline handler: onclick on <p>"),
    "handler without a blank": ('<img alt="a"/onerror="x()">', "an inline handler: onerror on <img>"),
    "javascript address": ('<a href="java&#9;script:x()">a</a>', "an address that is a document or a script"),
    "data address": ('<a href=" data:text/html,<pre>x">a</a>', "an address that is a document or a script"),
    "copied attribute": (
        '<button data-clipboard-text="rm x">a</button>',
        "the attribute data-clipboard-text on <button>",
    ),
    "copied element": (
        '<button data-clipboard-target="p">a</button>',
        "the attribute data-clipboard-target on <button>",
    ),
    "download from elsewhere": (
        '<a href="https://x.example/Dockerfile" download>Download</a>',
        "a download of 'https://x.example/Dockerfile', which is no file of this site",
    ),
    "download that is not there": (
        '<a href="snippets/web/nothing" download>Download</a>',
        "a download of 'snippets/web/nothing', which is no file of this site",
    ),
    "input": ('<input value="rm x">', "the attribute value on <input>"),
    "editable": ("<div contenteditable>x</div>", "the attribute contenteditable on <div>"),
    "a link of no kind": ('<link href="javascript:x()">', "<link> leads to 'javascript:x()'"),
    "a file as a picture": (
        '<img src="snippets/web/Dockerfile" alt="a">',
        "<img> loads 'snippets/web/Dockerfile', which is no .svg or .png of this site",
    ),
    "an id of the theme": ('<div id="__search">x</div>', "the id '__search' on <div>"),
    "an id without a value": ("<div id>x</div>", "the attribute id=None on <div>"),
    "two roles": ('<div role="dialog search">x</div>', "the attribute role='dialog search' on <div>"),
    "no role": ('<div role="">x</div>', "the attribute role='' on <div>"),
    "no type": ('<button type="">x</button>', "the attribute type='' on <button>"),
    "no relation": ('<a href="a/" rel="">x</a>', "the attribute rel='' on <a>"),
    "refresh": ('<meta http-equiv="refresh" content="0;x.html">', "the attribute http-equiv on <meta>"),
    "other encoding": ('<meta charset="utf-7">', "the attribute charset='utf-7' on <meta>"),
    "base": ('<base href="https://x.example/">', "<base> can show what no audit reads"),
    "code as a text": ('<div class="hb-text"><pre>FROM x</pre></div>', "a claim of unknown origin: hb-text on <div>"),
    "forged card": (
        '<details class="hb-evidence"><summary>Proven</summary></details>',
        "a claim of unknown origin: hb-evidence on <details>",
    ),
    "forged seal": ('<span class="hb-seal">Proven</span>', "a claim of unknown origin: hb-seal on <"),
    "forged seal as code": ('<code class="hb-seal">Proven</code>', "a claim of unknown origin: hb-seal on <"),
    "edited card": (
        '<details class="hb-evidence" data-hb="evidence:web">99 of 99</details>',
        "a claim that no record makes: evidence:web",
    ),
    "card of a stranger": (
        '<details data-hb="evidence:alma">x</details>',
        "a claim that no record makes: evidence:alma",
    ),
    "settings of the search": (
        '<script id="__config" type="application/json">{"search": "//x.example/w.js"}</script>',
        "settings that are not the theme's",
    ),
}


@pytest.mark.parametrize(("text", "why"), ATTACKS.values(), ids=ATTACKS)
def test_an_attack_is_refused_by_page_and_line(audited: Site, text: str, why: str) -> None:
    """Whatever a reader could copy that nobody proved is named with its page and its line."""
    objections = audited(text)

    assert [(o.page, o.line) for o in objections if why in o.why] == [("index.html", LINE)]
    assert {(o.page, o.line) for o in objections} == {("index.html", LINE)}


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


@pytest.mark.parametrize(
    "start", ["", "<!-- x -->", "<!doctype html SYSTEM>", "\ufeff<!doctype html>", "x<!DOCTYPE html>"]
)
def test_a_page_that_browsers_read_by_old_rules_is_refused(audited: Site, start: str) -> None:
    """There an id has no case, and a table another font: what is copied is another block."""
    page = f"{start}<html><head><meta charset=utf-8><title>T</title></head><body><p>a</p></body></html>"

    assert [o.why for o in audited(files={"a.html": page.encode()})] == [
        "a page that does not begin with <!doctype html>"
    ]


DEEP = 20_000


@pytest.mark.parametrize(
    "text",
    [
        "<b>" * DEEP,
        "<div>" * DEEP,
        "<DIV>" * DEEP,
        "<div>" * DEEP + "</div>" * DEEP,
        "<table><td>" * DEEP,
        "<p><b>" * DEEP,
        "".join(f"<b id={number}>" for number in range(DEEP)),
        "".join(f"<b id={number}></i>" for number in range(DEEP)),
        "".join(f"<b id={number}><!--</b>-->" for number in range(DEEP)),
        "".join(f'<b id="{number}</b>">' for number in range(DEEP)),
        "".join(f"<b id={number}><title></b></title>" for number in range(DEEP)),
        "".join(f"<b id={number}><!</b>" for number in range(DEEP)),
        "<div " * DEEP,
        '<p "' * DEEP,
        '<p a="' * DEEP,
    ],
    ids=lambda text: text[:12],
)
@pytest.mark.timeout(120)
def test_what_is_never_closed_takes_no_longer_than_what_is(audited: Site, text: str) -> None:
    """Nobody waits for a parser that is led into the depth: the page is refused before it is parsed."""
    assert [o.why for o in audited(text) if o.page == "index.html"] == [
        "more than 200 elements within each other: close their tags"
    ]


@pytest.mark.timeout(120)
def test_many_claims_that_fail_are_answered_once_each(audited: Site) -> None:
    """A card that is forged ten thousand times is made once."""
    found = audited('<div data-hb="evidence:web">x</div>' * 10_000)

    assert {o.why for o in found} == {"a claim that no record makes: evidence:web"}
    assert len(found) == 10_000


def test_a_page_of_a_size_that_no_page_has_is_refused(audited: Site) -> None:
    """By its name, before anything is made of it."""
    assert "of more than 1,000,000 characters: no page needs them" in [o.why for o in audited("a" * 1_000_001)]


def test_a_page_outside_the_navigation_is_read(audited: Site) -> None:
    """The audit walks files, not links."""
    hidden = f"{HEAD}<p>a</p>\n<pre>x</pre></body></html>".encode()

    objections = audited(files={"drafts/deep/index.html": hidden, "old.htm": hidden})

    assert [o.place for o in objections] == ["drafts/deep/index.html:4", "old.htm:4"]


def test_lines_are_counted_past_scripts_comments_and_attributes(audited: Site) -> None:
    """What looks like a tag inside a comment, a script or an attribute does not move the line."""
    text = (
        '<abbr title="a > <pre>\n<pre>">b</abbr>\n'
        '<script type="application/json">{"a": "<pre>\\n"}\n</script>\n<pre>x</pre>'
    )

    assert [o.place for o in audited(text)] == ["index.html:8", "index.html:10"]


def test_every_fault_of_every_page_is_reported(audited: Site) -> None:
    """One run tells all."""
    objections = audited("<pre>x</pre>\n<iframe></iframe>\n<samp>y</samp>", {"a.txt": b"", "b.html": b"\xff"})

    assert [o.place for o in objections] == ["b.html", "index.html:6", "index.html:7", "index.html:8", "a.txt"]


@pytest.mark.parametrize(
    ("path", "content", "why"),
    [
        ("snippets/web/Dockerfile", b"FROM evil\n", "differs from the file that was proven"),
        ("snippets/web/Dockerfile", DOCKERFILE.encode() + b" ", "differs from the file that was proven"),
        ("snippets/web/extra.sh", b"rm\n", "nobody proved a file of this name"),
        ("snippets/index.html", b"<pre>x</pre>", "nobody proved a file of this name"),
        ("snippets/alma/only-here.txt", b"a file that nobody proved\n", "nobody proved a file of this name"),
        ("a.ipynb", b"{}", "nobody proved a file of this name"),
        ("install.sh", b"rm\n", "a kind of file that no page of this site needs"),
        ("a.pdf", b"%PDF", "a kind of file that no page of this site needs"),
        ("page.xhtml", b"<pre>x</pre>", "a kind of file that no page of this site needs"),
        ("a.js", b"document.write('x')", "a script that nobody knows (sha256"),
        ("assets/javascripts/bundle.a5f9d56c.min.js", b"alert(1)", "a script that nobody knows (sha256"),
        ("a.svg", b"<svg><text>RUN x</text></svg>", "a picture with more than shapes: 'RUN x'"),
        ("a.svg", b"<svg><g onload='x()'/></svg>", "a picture whose <g> does more than show a shape: onload"),
        ("a.svg", b"<svg><title>RUN make x</title></svg>", "a picture with more than shapes: 'RUN make x'"),
        ("a.svg", b"<svg><title/></svg>", "a picture with <title>: pictures are shapes"),
        ("a.svg", b"<svg><a href='x'/></svg>", "a picture with <a>: pictures are shapes"),
        ("a.svg", b"<svg style='x'/>", "a picture whose <svg> does more than show a shape: style"),
        ("a.svg", b"<svg><path d=M0/></svg>", "a picture with more than shapes"),
        ("a.svg", b"<svg><!-- x --></svg>", "a picture with <!: pictures are shapes"),
        ("a.svg", b"<!DOCTYPE svg [<!ENTITY a 'b'>]><svg/>", "a picture with <!: pictures are shapes"),
        ("a.svg", b"#!/bin/sh\nrm x", "a picture with more than shapes: '#!/bin/sh"),
        ("a.svg", b"", "no picture: it does not begin with <svg>"),
        ("sitemap.xml", b"<urlset><pre>x</pre></urlset>", "no sitemap: it holds more than addresses"),
        ("sitemap.xml.gz", gzip.compress(b"<?xml-stylesheet href='a'?>", mtime=0), "no sitemap"),
        ("sitemap.xml.gz", gzip.compress(bytes(1 << 25), mtime=0), "not UTF-8"),
        ("sitemap.xml.gz", gzip.compress(b"", mtime=0) + b"rm x", "not UTF-8"),
        ("sitemap.xml.gz", b"no", "not UTF-8"),
        ("a.png", b"#!/bin/sh\nrm x\n", "no PNG: it begins otherwise"),
        ("a.png", b"", "no PNG: it begins otherwise"),
        ("a.png", PNG_HEAD, "a PNG that does not begin or end as one"),
        ("a.png", PNG_HEAD + b"\nrm x\n", "a PNG with"),
        ("a.png", png(more=chunk(b"tEXt", b"rm x")), "a PNG with 'tEXt'"),
        ("a.png", png() + b"rm x", "a PNG with ''"),
        ("a.png", png()[:-1], "a PNG that is cut short, or damaged"),
        ("a.png", png().replace(chunk(b"IEND", b""), b""), "a PNG that does not begin or end as one"),
        ("a.png", png(points=b"rm x"), "a PNG whose points cannot be read"),
        ("a.png", png(points=zlib.compress(b"rm x\n")), "a PNG that holds other than its points"),
        ("a.png", png(points=zlib.compress(bytes(2)) + b"rm x"), "a PNG that holds other than its points"),
        ("a.woff2", b"wOF2", "a kind of file that no page of this site needs"),
        ("assets/a.woff2", b"#!/bin/sh", "a kind of file that no page of this site needs"),
        ("assets/images/favicon.png", b"#!/bin/sh", "no PNG: it begins otherwise"),
        ("a.json", b"alert(1)", "a kind of file that no page of this site needs"),
        ("a.js.map", b"alert(1)", "a kind of file that no page of this site needs"),
        ("assets/javascripts/bundle.a5f9d56c.min.js.map", b"x", "a kind of file that no page of this site needs"),
        ("a.html.txt", b"<pre>x</pre>", "a kind of file that no page of this site needs"),
        ("Dockerfile", b"FROM x", "a kind of file that no page of this site needs"),
        ("search/search_index.json", b"[]", "not a search index"),
    ],
)
def test_a_file_beside_the_pages_is_refused_by_name(audited: Site, path: str, content: bytes, why: str) -> None:
    """A download is the proven file, and any other file is one that pages need."""
    objections = audited(files={path: content})

    assert {o.page for o in objections} == {path}
    assert any(o.why.startswith(why) for o in objections)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("a.svg", b'<?xml version="1.0"?><svg viewBox="0 0 1 1"><path d="M0 0"/></svg>'),
        (
            "sitemap.xml",
            (
                b'<?xml version="1.0" encoding="UTF-8"?>\n'
                b'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
                b"<url><loc>https://x.example/</loc><lastmod>2026-01-02</lastmod></url></urlset>"
            ),
        ),
        ("a.png", png()),
    ],
)
def test_files_that_pages_need_pass(audited: Site, path: str, content: bytes) -> None:
    """Shapes, colours and the list of pages are nobody's code."""
    assert audited(files={path: content}) == ()


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


def test_our_own_scripts_pass(audited: Site) -> None:
    """Each is known by its content; a byte more, and nobody knows it."""
    scripts = {f"javascripts/{path.name}": path.read_bytes() for path in (ROOT / "docs" / "javascripts").iterdir()}
    assert scripts
    assert audited(files=scripts) == ()

    for path, content in scripts.items():
        found = audited(files={path: content + b" "})
        assert [(o.page, o.why.partition(" (")[0]) for o in found] == [(path, "a script that nobody knows")]
        audited(files=scripts)


PLACES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


@pytest.mark.parametrize("depth", [1, 8, 16])
@pytest.mark.parametrize("colours", PLACES)
def test_a_picture_is_as_many_points_as_it_says(colours: int, depth: int) -> None:
    """Of grey, of colours or from a palette, with or without what shines through: none more, none less."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 5, 3, depth, colours, 0, 0, 0))
    size = 3 * (1 + -(-5 * PLACES[colours] * depth // 8))
    made = (chunk(b"IDAT", zlib.compress(bytes(size + more))) for more in (0, -1, 1))

    assert [png_fault(PNG_HEAD + header + points + chunk(b"IEND", b"")) for points in made] == [
        None,
        "a PNG that holds other than its points",
        "a PNG that holds other than its points",
    ]


@pytest.mark.parametrize("colours", [1, 5, 7])
def test_a_picture_of_colours_that_there_are_not_is_refused(colours: int) -> None:
    """By what it says of itself, and so is one whose points come in another order."""
    why = "a PNG of a kind that no page needs: save it without interlacing"
    for said in ((colours, 0, 0, 0), (0, 0, 0, 1)):
        header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, *said))
        assert png_fault(PNG_HEAD + header + chunk(b"IDAT", zlib.compress(bytes(2))) + chunk(b"IEND", b"")) == why


@pytest.mark.parametrize(("kind", "size"), {b"gAMA": 4, b"sRGB": 1, b"pHYs": 9}.items(), ids=str)
def test_what_says_how_points_look_has_room_for_nothing_else(kind: bytes, size: int) -> None:
    """Each of these parts has its one length."""
    assert png_fault(png(more=chunk(kind, bytes(size)))) is None
    more = "which is more than points"
    for other in (size - 1, size + 1):
        assert png_fault(png(more=chunk(kind, bytes(other)))) == f"a PNG with {kind.decode()!r}, {more}"
    assert png_fault(PNG_HEAD + chunk(b"IHDR", bytes(14))) == f"a PNG with 'IHDR', {more}"
    end = chunk(b"IEND", b"")
    assert png_fault(png().replace(end, chunk(b"IEND", b"rm"))) == f"a PNG with 'IEND', {more}"
    assert png_fault(png().replace(end, end + end)) == "a PNG that does not begin or end as one"
    assert png_fault(png(more=chunk(b"IHDR", bytes(13)))) == "a PNG that does not begin or end as one"


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


@pytest.mark.parametrize("name", ["web", "settings"])
def test_what_lost_its_proof_after_the_build_is_refused(tmp_path: Path, name: str) -> None:
    """The audit believes today's records, whatever the site was built from."""
    before = handbook(tmp_path)
    blocks = show("snippet", f"{name}/gunicorn.conf.py", before, Links()).html
    blocks += show("evidence", name, before, Links()).html
    content = before.catalog.snippets[name].content("gunicorn.conf.py")
    path = tmp_path / "site" / "snippets" / name / "gunicorn.conf.py"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    (tmp_path / "site" / "index.html").write_text(f"{HEAD}{blocks}</body></html>")
    assert audit(tmp_path / "site", before) == ()

    shutil.rmtree(tmp_path / "evidence")

    after = Handbook(catalog=before.catalog, store=before.store, now=WHEN)
    assert [o.why for o in audit(tmp_path / "site", after)] == [
        "a <pre> that nobody proved: 'workers = 3'",
        f"a claim that no record makes: evidence:{name}",
        f"a claim that no record makes: snippet:{name}/gunicorn.conf.py",
        "nobody proved a file of this name",
        "the site shows nothing that was proven",
    ]


def test_executed_cells_pass_and_others_do_not(tmp_path: Path, small: Handbook) -> None:
    """A tutorial's cells and outputs are as good as a file, while its record is of these cells."""
    told = replace(small, docs=tmp_path / "docs")
    (tmp_path / "docs" / "tutorials").mkdir(parents=True)
    (tmp_path / "docs" / "tutorials" / "first.md").write_text(TUTORIAL)
    tutorial = told.tutorials["first"].tutorial
    execution = Execution(
        tutorial="first",
        digest=tutorial.digest(small.catalog),
        engine="Docker",
        stand_in=False,
        verified_at=WHEN,
        cells=[Cell(source="echo 1", output="1")],
    )
    small.store.write(execution, "first")
    proven = replace(told)
    block = render_tutorial(proven.tutorials["first"]).text.splitlines()[2]
    page = tmp_path / "site" / "tutorials" / "first" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text(f"{HEAD}{block}</body></html>")
    download = tmp_path / "site" / "tutorials" / "first.ipynb"
    download.write_bytes(as_notebook(tutorial, execution))

    assert audit(tmp_path / "site", proven) == ()

    download.write_bytes(as_notebook(tutorial, execution) + b" ")
    assert [o.why for o in audit(tmp_path / "site", proven)] == ["differs from the file that was proven"]
    (small.store.root / "tutorials" / "first.json").unlink()
    unproven = replace(told)
    assert "a <pre> that nobody proved: 'echo 1'" in [o.why for o in audit(tmp_path / "site", unproven)]


def test_the_same_page_is_audited_alike_at_any_depth(audited: Site, small: Handbook) -> None:
    """Links of a card lead up as far as its page is deep; those of another depth are not its own."""
    card = show("evidence", "web", small, Links("../../")).html

    assert audited(card, page="a/b/index.html") == ()
    assert [o.why for o in audited(card, page="a/index.html")] == ["a claim that no record makes: evidence:web"]


def test_a_snippet_is_refused_until_it_is_proven(tmp_path: Path) -> None:
    """Being in the library is not enough."""
    image(tmp_path / "library", "other", {"Dockerfile": "FROM python:3.13-slim-trixie\nRUN echo other\n"})
    small = handbook(tmp_path)
    text = small.catalog.snippets["other"].text("Dockerfile")
    (tmp_path / "site").mkdir()
    block = file(small.catalog.snippets["other"], "Dockerfile", Links())
    (tmp_path / "site" / "index.html").write_text(f"{HEAD}{block}</body></html>")
    (tmp_path / "site" / "snippets" / "other").mkdir(parents=True)
    (tmp_path / "site" / "snippets" / "other" / "Dockerfile").write_text(text)
    assert "a <pre> that nobody proved: 'FROM python:3.13-slim-trixie'" in [
        o.why for o in audit(tmp_path / "site", small)
    ]

    prove(small.catalog, small.store, ["other"])

    assert audit(tmp_path / "site", Handbook(catalog=small.catalog, store=small.store, now=WHEN)) == ()
