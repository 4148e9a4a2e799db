"""What a button copies is what is shown and was proven: pages on which the theme's script would copy another text."""

import pytest

from snippets.handbook import Handbook
from snippets.render.blocks import Links, command, file
from snippets.render.references import show
from tests.unit.pages.site import LINE, PROVEN, Site
from tests.unit.pages.synthetic import DOCKERFILE


@pytest.fixture
def block(small: Handbook) -> str:
    """A proven file as the renderer writes it, on one line."""
    return file(small.catalog.snippets["web"], "Dockerfile", Links())


@pytest.fixture
def other(small: Handbook) -> str:
    """Another."""
    return file(small.catalog.snippets["settings"], "gunicorn.conf.py", Links())


TABS = (
    '<div class="tabbed-set tabbed-alternate" data-tabs="1:1">'
    '<input checked="checked" id="__tabbed_1_1" name="__tabbed_1" type="radio">'
    '<div class="tabbed-labels"><label for="__tabbed_1_1">A</label></div>'
    '<div class="tabbed-content"><div class="tabbed-block">{}</div></div></div>'
)
AROUND = {
    "a text to copy": ('<div data-copy="rm -rf x">{}</div>', "a block of code within <div> with data-copy"),
    "a text to copy, further out": ('<section data-copy="x"><div><div>{}</div></div></section>', "with data-copy"),
    "a text to copy, spelled otherwise": ('<div DATA-COPY="x">{}</div>', "with data-copy"),
    "an empty text to copy": ("<div data-copy>{}</div>", "with data-copy"),
    "hidden": ("<div hidden>{}</div>", "a block of code within <div> with hidden"),
    "by a style": ('<div style="display:none">{}</div>', "with style"),
    "editable": ("<div contenteditable>{}</div>", "with contenteditable"),
    "reading from the right": ('<div dir="rtl">{}</div>', "the attribute dir on <div>"),
    "a class of the theme": ('<div class="md-overlay">{}</div>', "of the class md-overlay"),
    "annotated": ('<div class="annotate">{}</div>', "a class that no page of this site needs: annotate"),
    "without a button": ('<div class="no-copy">{}</div>', "a class that no page of this site needs: no-copy"),
    "selectable": ('<div class="select">{}</div>', "a class that no page of this site needs: select"),
    "a diagram": ('<div class="mermaid">{}</div>', "a class that no page of this site needs: mermaid"),
    "in a heading": ("<h2>{}</h2>", "a block of code within <h2>"),
    "in a table": ("<table><tbody><tr><td>{}</td></tr></tbody></table>", "a block of code within <td>"),
    "in a link": ('<a href="a/">{}</a>', "a claim that no record makes"),
    "in a label": ("<label>{}</label>", "a block of code within <label>"),
    "in a button": ('<button type="button">{}</button>', "a block of code within <button>"),
    "in what is struck out": ("<del>{}</del>", "a block of code within <del>"),
    "in a lead": ('<div class="hb-lead">{}</div>', "of the class hb-lead"),
    "below a number": ('<div id="0">{}</div>', "a block below the id '0': its copy button finds another, or none"),
    "below a selector": (
        '<div id="a.b">{}</div>',
        "a block below the id 'a.b': its copy button finds another, or none",
    ),
    "below the theme's own": ('<div id="__code_0">{}</div>', "the id '__code_0' on <div>"),
    "below an id without a value": ("<div id>{}</div>", "the attribute id=None on <div>"),
    "below no id at all": ('<div id="">{}</div>', "the attribute id='' on <div>"),
}


@pytest.mark.parametrize(("page", "why"), AROUND.values(), ids=AROUND)
def test_what_stands_around_a_block_neither_hides_nor_rewrites_it(
    audited: Site, block: str, page: str, why: str
) -> None:
    """The theme's script looks at everything around a block to find out what to copy."""
    assert any(why in o.why and o.line == LINE for o in audited(page.format(block)))


BESIDE = {
    "a heading of the theme's id": ('<h2 id="__code_0">With <code>code</code></h2>', "the id '__code_0' on <h2>"),
    "a label of the theme's id": ('<label id="__code_1" for="x">x</label>', "the id '__code_1' on <label>"),
    "an input of the theme's id": ('<input id="__code_1" type="checkbox">', "the id '__code_1' on <input>"),
    "settings of the theme": ('<div id="__config">{}</div>', "the id '__config' on <div>"),
    "settings twice": (
        '<script id="__config" type="application/json">{}</script>',
        "settings that are not the theme's: Object missing required field `base`",
    ),
    "a button of one's own": (
        '<button class="md-clipboard" data-clipboard-target="#x > code">x</button>',
        "data-clipboard",
    ),
    "a button with a text": (
        '<a href="a/" data-clipboard-text="rm x">x</a>',
        "the attribute data-clipboard-text on <a>",
    ),
    "a text to copy on a word": ('<p data-copy="rm x">x</p>', "the attribute data-copy on <p>"),
    "a file's name by itself": (
        '<span class="filename">Dockerfile</span>',
        "that no page of this site needs: filename",
    ),
    "code that looks like a block": ('<div class="highlight"><p>FROM x</p></div>', "needs: highlight on <div>"),
    "a block's own name": ('<div class="hb-snippet">FROM x</div>', "a claim of unknown origin: hb-snippet on <div>"),
    "a command's own name": ('<p class="hb-command">rm x</p>', "a claim of unknown origin: hb-command on <p>"),
    "a proven block without its claim": (PROVEN.replace("\n", "&#10;"), "a <pre> that nobody proved: 'FROM python"),
    "one by another's name": ('<div data-hb="snippet:web/Dockerfile">x</div>', "a claim that no record makes"),
    "one by no name": ("<div data-hb>x</div>", "the attribute data-hb on <div>"),
    "one in a language that is none": ('<div data-hb="shell:web/run">x</div>', "a claim that no record makes"),
    "a download under another name": (
        '<a href="snippets/web/Dockerfile" download="install.sh">x</a>',
        "a download of 'snippets/web/Dockerfile' under another name, 'install.sh'",
    ),
    "a download of another file than the one above": (
        '<a href="snippets/web/Dockerfile" download>Download</a>',
        "a download of 'snippets/web/Dockerfile' beside what it could be taken for",
    ),
    "prose in the shape of code": ("<p>Run \U0001d69b\U0001d696 -rf x</p>", "is not what it seems: U+1D69B"),
    "prose that is wide": ("<p>\uff52\uff4d</p>", "a character that is not what it seems: U+FF52"),
    "prose that shows less than it holds": ("<p>pip&#8203;install</p>", "is not what it seems: U+200B"),
    "prose in another order": ("<ul><li>a <em>\u202exyz</em></li></ul>", "is not what it seems: U+202E"),
    "a download of a picture": (
        '<a href="a.png" download="deploy.sh">x</a>',
        "a download of 'a.png', which is no file",
    ),
    "a download of a page": ('<a href="index.html" download>x</a>', "a download of 'index.html', which is no file"),
}


@pytest.mark.parametrize(("page", "why"), BESIDE.values(), ids=BESIDE)
def test_what_stands_beside_a_block_takes_nothing_for_it(audited: Site, page: str, why: str) -> None:
    """Nor does it give anything to copy by itself."""
    found = audited(page)

    assert any(why in o.why for o in found)
    assert {o.line for o in found} == {LINE}


def test_an_id_around_two_blocks_has_one_button_copy_the_other(audited: Site, small: Handbook, block: str) -> None:
    """Around one it is harmless, and is found again."""
    other = command(small.catalog.snippets["web"], "build")
    assert audited(f'<div id="both"><div class="hb-pair">{block}</div></div>') == ()
    assert [o.why for o in audited(f'<div id="both">{block}{other}</div>')] == [
        "a second block below the id 'both': its copy button copies the first"
    ]
    assert [o.why for o in audited(f'<div id="a">{block}</div><div id="a">{other}</div>')] == [
        "a second block below the id 'a': its copy button copies the first",
        "a second element of the id 'a'",
    ]
    assert audited(f'<div id="a">{block}</div><div id="b">{other}</div>') == ()


@pytest.mark.parametrize(
    ("find", "replace"),
    [
        (">Dockerfile<", ">compose.yaml<"),
        ("snippets/web/Dockerfile", "snippets/settings/gunicorn.conf.py"),
        ('"reference/proof/"', '"https://x.example/"'),
        ("<code>", '<code class="md-hidden">'),
        ("<pre>", '<pre id="x">'),
        ("<pre>", '<pre data-copy="rm x">'),
        ("<pre><span></span>", "<pre><span hidden></span>"),
        ('class="k"', 'class="hll k"'),
        ('class="k"', 'class="gi"'),
        ('class="k"', 'class="md-hidden"'),
        ("<pre><span></span>", "<pre><span>"),
        ("</code>", " </code>"),
        ("FROM", "from"),
        ("FROM", "FR\u200bOM"),
        ("</pre>", "</pre><pre>x</pre>"),
        ("Download", "Install"),
        ("how it was proven", "how it was proven twice"),
        (' data-hb="snippet:web/Dockerfile"', ' data-hb="snippet:settings/gunicorn.conf.py"'),
        (' data-hb="snippet:web/Dockerfile"', ' data-hb="command:web/run"'),
        (' class="hb-snippet highlight"', ' class="hb-snippet highlight" data-copy="x"'),
        (' class="hb-snippet highlight"', ' class="hb-snippet"'),
    ],
)
def test_a_block_is_what_the_renderer_writes_to_the_byte(audited: Site, block: str, find: str, replace: str) -> None:
    """Its file's name, its download and its link of proof included: none of them may be another file's."""
    assert find in block

    assert any(o.why.startswith("a claim that no record makes") for o in audited(block.replace(find, replace, 1)))


def test_the_download_of_a_block_is_there(audited: Site, other: str) -> None:
    """A claim that holds leads to a file of the site."""
    assert [o.why for o in audited(other)] == [
        "a download of 'snippets/settings/gunicorn.conf.py', which is no file of this site"
    ]


def test_a_block_may_stand_where_pages_have_it(audited: Site, small: Handbook, block: str) -> None:
    """Lists, notes, tabs, quotes, and beside what fails; a link of proof leads to a card of its page as well."""
    web = small.catalog.snippets["web"]
    card = show("evidence", "web", small, Links()).html
    told = file(web, "Dockerfile", Links(cards=frozenset({"web"})))
    for page in (
        "<ul><li><p>a</p>{}</li></ul>",
        "<ol start=2><li>{}</li></ol>",
        '<div class="admonition note"><p class="admonition-title">A</p>{}</div>',
        '<details class="note"><summary>A</summary>{}</details>',
        TABS,
        "<blockquote>{}</blockquote>",
        "<dl><dt>A</dt><dd>{}</dd></dl>",
        '<div class="hb-pair">{}</div>',
    ):
        assert audited(page.format(block)) == (), page
        assert audited(page.format(command(web, "run"))) == (), page
    assert audited(card + told) == ()
    assert DOCKERFILE.startswith("FROM")
