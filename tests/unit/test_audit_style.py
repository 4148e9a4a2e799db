"""Style sheets: what could hide, add, move or rewrite code, or fetch something, by whatever spelling."""

from pathlib import Path

import pytest

from snippets.audit.style import _light, style_faults

ROOT = Path(__file__).parents[2]
REFUSED = [
    # What is shown is copied: hidden, made too small to see, or drawn over.
    ".md-typeset pre code .c1 { display: none }",
    "pre { visibility: hidden }",
    "pre > code { opacity: 0 }",
    ".highlight span { font-size: 0 }",
    ".highlight .k { font-size: 0.01em }",
    ".highlight .k { color: transparent }",
    ".highlight .k { color: var(--hb-paper) }",
    ".highlight .k { color: #fdfcf9 }",
    ".highlight .k { color: rgb(0 0 0 / 0) }",
    "pre > code { max-height: 1em }",
    "pre > code { overflow: hidden }",
    "pre > code { height: 0 }",
    "pre > code { line-height: 0 }",
    "pre > code { text-indent: -999em }",
    "pre > code { clip-path: inset(100%) }",
    "pre > code { transform: scale(0) }",
    "pre > code { filter: blur(9px) }",
    "pre > code { margin-top: -3em }",
    "pre > code { content-visibility: hidden }",
    "div { display: none }",
    "* { display: none }",
    "span { display: none }",
    ".hb-snippet { display: none }",
    "[data-hb] { display: none }",
    "a + pre { display: none }",
    "a ~ div pre { display: none }",
    "~ pre { display: none }",
    "+ + pre { display: none }",
    ".hb-links ~ .highlight { display: none }",
    "pre:not(a) { display: none }",
    "pre:has(a) { display: none }",
    "pre:is(a, code) { display: none }",
    ".hb-links, pre { display: none }",
    ".md-code__nav { position: fixed; top: 0; left: 0; width: 100vw }",
    ".md-code__nav { width: 40rem; height: 40rem; background-color: var(--hb-sheet) }",
    ".hb-lead { position: fixed }",
    "p { position: sticky; top: 0 }",
    "p { position: absolute }",
    "p { z-index: 9 }",
    "p { margin-bottom: -20rem }",
    # What only drawings have, elsewhere.
    ".highlight span { fill: none }",
    "pre > code { stroke: var(--hb-paper) }",
    ".hb-lead { stroke-width: 2px }",
    ".hb-diagram text { fill: url(#x) }",
    ".hb-diagram text { fill: #ffffff }",
    "svg { stroke-dasharray: 2 4 }",
    # Added, and not copied.
    "pre::before { content: 'sudo ' }",
    "p::after { content: 'RUN make evil' }",
    "p::after { content: '\\52UN make evil' }",
    "p::after { content: 'a\\A b' }",
    ".hb-why::after { content: 'curl x' }",
    ".hb-why::after { content: attr(title) }",
    ".hb-why::after { content: attr(data-hb) }",
    ".hb-why::after { content: open-quote }",
    ".hb-why::after { content: var(--x) }",
    ".hb-why::after { content: url(x.svg) }",
    "pre { counter-increment: x }",
    "code::before { content: counter(x) }",
    "/* ' */ p::after { content: 'RUN make evil' } /* ' */",
    "p::after { content: 'Why.' 'RUN x' }",
    "li::marker { content: 'RUN x' }",
    ".highlight .k { quotes: 'a' 'b' }",
    "pre { list-style-type: 'rm x' }",
    # In another order.
    ".highlight .k { order: -1 }",
    "pre > code { display: flex; flex-direction: row-reverse }",
    "pre > code { display: grid }",
    "pre { direction: rtl }",
    "body { direction: rtl }",
    "pre > code { unicode-bidi: bidi-override }",
    "pre > code { writing-mode: vertical-rl }",
    ".highlight .k { position: relative; top: 2em }",
    ".highlight .k { position: absolute }",
    ".highlight .k { float: right }",
    ".highlight .hll { display: block }",
    # In another case, with other white space.
    "pre { text-transform: uppercase }",
    "p { text-transform: lowercase }",
    "code { font-variant: small-caps }",
    "code { font-feature-settings: 'liga' }",
    "code { -webkit-text-security: disc }",
    "pre > code { white-space: normal }",
    "pre > code { white-space: nowrap }",
    "pre > code { tab-size: 0 }",
    "pre > code { word-spacing: -1em }",
    "pre > code { letter-spacing: -1em }",
    "pre > code { hyphens: auto }",
    # Prose as code.
    ".x { color: red; white-space: pre }",
    ".terminal-pre { white-space: pre }",
    ".TERMINAL { WHITE-SPACE: PRE }",
    ".hb-lead { WHITE-SPACE: PRE }",
    "p { white-space: break-spaces }",
    "p { white-space: pre-line }",
    "p { white-space-collapse: preserve }",
    "p { white-space: var(--hb-x) }",
    ":root { --hb-x: pre }  p { white-space: var(--hb-x) }",
    "p { wh\\69te-space: p\\72 e }",
    "div pre p { white-space: pre }",
    ".terminal > .not-pre { white-space: pre-wrap }",
    ".x::after { content: '}'; white-space: pre }",
    "p { text-wrap: nowrap; all: unset; white-space: pre }",
    ".hb-lead { font-family: monospace }",
    # Fetched.
    "@import 'a.css';",
    "@IMPORT url(//x.example/a.css);",
    "@\\69mport 'a.css';",
    "@font-face { font-family: x; src: url(//x.example/a.woff2) }",
    "@font-face { font-family: x; src: local('x') }",
    "@keyframes x { to { opacity: 0 } }",
    "@property --x { syntax: '*'; inherits: false }",
    "@layer a { pre { color: red } }",
    "@supports (display: grid) { pre { display: none } }",
    "@container (width > 1px) { pre { display: none } }",
    "@media print { pre { display: none } }",
    "@media (hover) { p { color: var(--hb-ink) } }",
    "@charset 'utf-7';",
    "@namespace url(x);",
    "p { background: url(//x.example) }",
    "p { background: url('x.png') }",
    "p { background: u\\72l(//x.example) }",
    "p { background: URL(//x.example) }",
    "p { background: image-set('x.png' 1x) }",
    "p { background: -webkit-image-set(url(x) 1x) }",
    "p { background: image(x) }",
    "p { background: cross-fade(x) }",
    "p { background: element(#x) }",
    "p { background-image: linear-gradient(red, red) }",
    "p { cursor: url(x), auto }",
    "p { list-style: url(x) }",
    "p { behavior: url(x) }",
    "p { width: expression(alert(1)) }",
    "p { color: if(style(--x): red) }",
    "p { -moz-binding: url(x) }",
    ":root { --hb-x: url(//x.example) }",
    ":root { --hb-x: image-set('x' 1x) }",
    "pre { --hb-ink: #fdfcf9 }",
    ".highlight { --md-code-font-family: x }",
    # Seen against nothing.
    ":root { --md-code-fg-color: #fdfcf9 }",
    ":root { --md-code-fg-color: var(--hb-sheet) }",
    ":root { --md-code-bg-color: var(--hb-ink) }",
    ":root { --hb-ink: #1d2329 }",
    ":root { --hb-paper: #fdfcf9; --hb-sheet: #f4f1ea; --hb-ink: #f4f1ea }",
    ":root { --hb-paper: #fdfcf9; --hb-sheet: #f4f1ea; --md-code-hl-comment-color: #dddddd }",
    ":root { --hb-paper: #fdfcf9; --hb-sheet: #1d2329; --hb-ink: #1d2329 }",
    ":root { --md-primary-fg-color: #fff }",
    "a|pre { display: none }",
    "pre .hb-links, .k { display: none }",
    "body:has(.hb-links) pre { display: none }",
    # What is no style sheet, or another to other parsers.
    "p { color: red }",
    "p { { } }",
    "pre { & .k { display: none } }",
    ".hb-lead { pre { display: none } }",
    "p { display none }",
    "} pre { display: none }",
    "#!/bin/sh\nrm -rf x\n",
    "<style>pre { display: none }</style>",
]
ALLOWED = """
.md-typeset :is(h1, h2) { margin: 0.5rem 0; text-wrap: balance }
.x pre > code { white-space: pre-wrap; overflow-wrap: anywhere }
.md-typeset .highlight > pre { position: relative; margin: 0 }
.highlight .k { color: var(--hb-petrol); font-weight: 700 }
.hb-why::before { content: "Why."; margin-right: 0.5em }
.md-content__inner a[href^="http"]::after { content: " (" attr(href) ")" }
.md-nav__title { text-transform: uppercase; display: none }
.hb-links { display: none }
:root { --hb-paper: #fdfcf9; --hb-sheet: #f4f1ea; --hb-ink: #1d2329; --hb-serif: "Iowan Old Style", Georgia, serif }
@media screen and (min-width: 60em) { .md-typeset .hb-pair { display: grid } }
@media print { .md-typeset pre > code { white-space: pre-wrap } }
.hb-snippet > pre > code :is(.c, .c1) { white-space: pre-wrap; overflow-wrap: anywhere }
"""


@pytest.mark.parametrize("text", REFUSED)
def test_what_could_change_what_is_seen_or_copied_is_refused(text: str) -> None:
    """Not by a word in it, but because it is not listed."""
    assert list(style_faults(text))


def test_the_line_is_named() -> None:
    """With the rule, and what it would do."""
    assert list(style_faults("/* a\n */\n.hb-links { gap: 0 }\n.highlight .k {\n  order: -1 }")) == [
        (5, "'.highlight .k' may reach code, and could hide, add, move or rewrite it: order: -1")
    ]


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("background: url(x)", "fetches or computes by url: background: url(x)"),
        ("color: rgb(0 0 0)", "fetches or computes by rgb(): color: rgb(0 0 0)"),
        ("margin: min(1px, calc(1px))", "fetches or computes by calc(): margin: min(1px, calc(1px))"),
        ("color: (red)", "fetches or computes by () block: color: (red)"),
        ("color: [red]", "fetches or computes by [] block: color: [red]"),
        ("color: @red", "fetches or computes by at-keyword: color: @red"),
        ("content: attr(title)", "fetches or computes by attr(): content: attr(title)"),
        ('content: "x"', 'adds a text that nobody looked at: content: "x"'),
        ("--hb-x: 1", "sets a variable: --hb-x: 1"),
        (
            "white-space: pre",
            "is shown as preformatted, so it would be code that no audit reads: white-space: pre",
        ),
    ],
)
def test_the_reason_is_told(rule: str, why: str) -> None:
    """As it is written, with what in it is not listed."""
    assert list(style_faults(f"p {{ {rule} }}")) == [(1, f"'p' {why}")]


def test_what_pages_need_passes() -> None:
    """What is apart from code may be placed, and code may be coloured and may wrap."""
    assert list(style_faults(ALLOWED)) == []


@pytest.mark.parametrize(
    ("colour", "luminance"),
    [
        ("#000000", 0.0),
        ("#ffffff", 1.0),
        ("#ff0000", 0.2126),
        ("#00ff00", 0.7152),
        ("#0000ff", 0.0722),
        ("#808080", 0.215861),
        ("#0a0a0a", 0.003035),
        ("#0b0b0b", 0.003347),
        ("red", 0.0),
        ("#ffffff ", 0.0),
    ],
)
def test_how_light_a_colour_is_is_as_the_standard_has_it(colour: str, luminance: float) -> None:
    """Of each part by its weight; what is no colour has no light."""
    assert _light(colour) == pytest.approx(luminance, abs=5e-7)


@pytest.mark.parametrize(("ink", "ground"), [("#949494", "#ffffff"), ("#5a5a5a", "#000000"), ("#ff0000", "#ffffff")])
def test_what_is_written_can_be_seen_against_each_ground(ink: str, ground: str) -> None:
    """Three to one is enough, as for what is large; a shade less is not, be it on one of the two."""
    grounds = f"--hb-paper: {ground}; --hb-sheet: {ground}"
    assert list(style_faults(f":root {{ {grounds}; --hb-ink: {ink} }}")) == []
    fainter = {"#949494": "#969696", "#5a5a5a": "#585858", "#ff0000": "#ff8080"}[ink]

    assert list(style_faults(f":root {{ {grounds}; --hb-ink: {fainter} }}")) == [
        (1, f"a style sheet in which --hb-ink {fainter} is hardly seen on {name} {ground}")
        for name in ("--hb-paper", "--hb-sheet")
    ]


@pytest.mark.parametrize("sheet", sorted((ROOT / "docs" / "stylesheets").glob("*.css")), ids=lambda path: path.name)
def test_our_own_pass(sheet: Path) -> None:
    """Each of them, and there are some."""
    assert list(style_faults(sheet.read_text())) == []
