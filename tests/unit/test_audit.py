"""The gate behind the site generator: what it lets through, and each way past it that somebody could try."""

import pytest
from selectolax.lexbor import LexborHTMLParser

from snippets.audit.published import _as_parsed
from snippets.cli import main
from snippets.handbook import Handbook
from snippets.render.blocks import Links
from snippets.render.references import show
from snippets.render.usage import commands
from tests.unit.pages.site import LINE, PROVEN, Site
from tests.unit.pages.synthetic import DOCKERFILE


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
            "contract": "containers",
            "usage": "check",
            "install": "handbook",
        }.items()
    )
    prose = "<p>Run <code>docker run</code>, press <kbd>Ctrl</kbd>.</p>" + show("snippet", "alma", small, Links()).html
    prose += show("snippet", "web", small, Links()).html
    downloads = {f"snippets/web/{path}": web.content(path) for path in web.sources}
    downloads |= {f"snippets/web/{name}": content for name, content in web.archives.items()}

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
        *(("snippet", "web"), ("snippet", "alma"), ("catalogue", "all"), ("contract", "containers")),
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


@pytest.mark.timeout(120)
def test_many_claims_that_fail_are_answered_once_each(audited: Site) -> None:
    """A card that is forged ten thousand times is made once."""
    found = audited('<div data-hb="evidence:web">x</div>' * 10_000)

    assert {o.why for o in found} == {"a claim that no record makes: evidence:web"}
    assert len(found) == 10_000


def test_the_same_page_is_audited_alike_at_any_depth(audited: Site, small: Handbook) -> None:
    """Links of a card lead up as far as its page is deep; those of another depth are not its own."""
    card = show("evidence", "web", small, Links("../../")).html

    assert audited(card, page="a/b/index.html") == ()
    assert [o.why for o in audited(card, page="a/index.html")] == ["a claim that no record makes: evidence:web"]
