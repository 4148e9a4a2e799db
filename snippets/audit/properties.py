"""Names, properties and values: what a style sheet may set, and where."""

import re
from collections.abc import Mapping

Values = Mapping[str, re.Pattern[str]]


def _table(rows: Mapping[str, str]) -> Values:
    """Names, several a row, with the values that they may have."""
    return {name: re.compile(values) for names, values in rows.items() for name in names.split()}


# Elements and classes that are never around a block, nor in one: see `document.AROUND`.
APART = frozenset(
    {"a", "h1", "h2", "h3", "h4", "h5", "h6", "p", "td", "th", "tr", "thead", "tbody", "table", "dt", "dd", "summary"}
    | {"button", "input", "label", "img", "headerlink", "filename", "admonition-title"}
    | {"hb-lead", "hb-links", "hb-paths", "hb-caught", "hb-seal", "hb-facts", "hb-figures", "hb-findings"}
    | {"hb-table", "hb-family", "hb-kept", "hb-na", "hb-why", "hb-fix", "hb-mark", "hb-withheld", "hb-evidence"}
    # A drawing holds no code: `document` knows it by all its bytes.
    | {"hb-diagram"}
    # An exhibit shows what fails: it has no button, and its marks are drawn over it.
    | {"hb-exhibit"}
    | {"md-header", "md-header__title", "md-logo", "md-search__form", "md-search__input", "md-search__icon"}
    | {"md-search__suggest", "md-search-result", "md-nav", "md-nav__link", "md-nav__item", "md-nav__item--section"}
    | {"md-nav--primary", "md-nav--secondary", "md-nav__title", "md-footer", "md-footer__direction", "md-footer__link"}
    | {"md-copyright", "md-top", "md-clipboard"}
)
_LENGTH = r"(?:0|\d*\.?\d+(?:px|rem|em|ch|%))"
_SIZE = r"(?:(?:0?\.[5-9]\d*|[1-3](?:\.\d+)?)(?:rem|em)|(?:[89]|1\d)pt|inherit)"
_INK = r"(?:var\(--hb-(?:ink|ink-soft|ink-faint|petrol|ember|kept|broken|held|edge)\)|inherit|currentcolor)"
_GROUND = r"(?:var\(--hb-(?:paper|sheet|lit|line|kept-ground|broken-ground|held-ground)\)|transparent|none|inherit)"
_EDGE = r"(?:var\(--hb-[a-z-]+\)|currentcolor|#[0-9a-f]{3,6})"
_LINE = rf"(?:0|none|{_LENGTH}(?: (?:solid|dashed|dotted))?(?: {_EDGE})?)"
# What may be set where it reaches code: every character stays where it is, as it is, and can be seen.
ANYWHERE = _table(
    {
        "color": _INK,
        "background background-color": _GROUND,
        "border border-top border-right border-bottom border-left outline": _LINE,
        "border-color border-top-color border-bottom-color": _EDGE,
        "border-radius border-top-left-radius border-top-right-radius border-bottom-left-radius "
        "border-bottom-right-radius": rf"{_LENGTH}(?: {_LENGTH}){{0,3}}",
        "border-collapse": "collapse",
        "outline-offset": r"-?\dpx",
        "margin margin-top margin-right margin-bottom margin-left padding padding-top padding-right padding-bottom "
        "padding-left scroll-margin-top gap": rf"(?:{_LENGTH}|auto)(?: (?:{_LENGTH}|auto)){{0,3}}",
        "font-family": r"(?:var\(--(?:hb-serif|md-(?:text|code)-font-family)\)|inherit)",
        "font-size": _SIZE,
        "font-weight": r"[4-7]00|inherit",
        "font-variant-numeric": "tabular-nums",
        "line-height": r"[12](?:\.\d+)?|inherit",
        "letter-spacing": r"0|normal|-?0?\.0\d*em",
        "text-wrap": "balance",
        "overflow-wrap": "anywhere|normal",
        "overflow overflow-x overflow-y": "auto|scroll|visible",
        "max-height": r"none|(?:[6-9]|[1-9]\d)(?:\.\d+)?(?:rem|em)",
        "max-width": rf"none|(?:[3-9]\d|1\d\d)ch|(?:[4-9]\d|100)rem|100%|min\((?:[4-9]\d)rem, 100% - {_LENGTH}\)",
        "min-height": _LENGTH,
        "box-shadow": "none",
        "position": "relative|static",
        "text-decoration": "none|underline",
        "text-decoration-thickness text-underline-offset": _LENGTH,
        "break-inside break-after": "avoid",
        "transition-duration animation-duration": r"0?\.01ms",
        "scroll-behavior": "auto",
    }
)
_STEP = r"-?(?:0|[01]?\.?\d+r?em)"
# What a rule apart may set as well: it places things, within their own surroundings.
PLACED = _table(
    {
        "align-items": "center",
        "background-color": r"var\(--hb-[a-z-]+\)",
        "box-shadow": r"inset [0-9 px]+ var\(--hb-[a-z-]+\)",
        "clip-path": r"inset\(50%\)",
        "content": ".*",  # of which each part is looked at
        "counter-increment counter-reset": "hb-mark",
        "display": "none|block|flex|grid|inline-block",
        "grid-row": r"1 / span 2",
        "grid-template-columns": r"(minmax\(\d+rem, max-content\) )?1fr|repeat\(auto-fi(t|ll), minmax\(\d+rem, 1fr\)\)",
        "height": "1px",
        "width": r"1px|100%|\d\d%|auto",
        "justify-content": "space-between",
        "letter-spacing": r"-?0?\.\d+em",
        "list-style": "none",
        "margin": rf"0 {_STEP}",
        "opacity": "1",
        "overflow": "hidden",
        "max-height": r"\dem",
        "text-align": "left|center|right",
        "top right": _STEP,
        "vertical-align": "top|middle",
        "white-space": "normal|nowrap|pre-wrap",
    }
)
# What only drawings have.
DRAWN = _table(
    {
        "fill stroke": r"var\(--hb-[a-z-]+\)|none",
        "font-style": "normal",
        "max-width": r"\d\drem",
        "stroke-dasharray": r"\d \d",
        "stroke-width": r"[12](?:\.5)?px",
    }
)
# What only some of these may.
FEW = (
    (frozenset({"hb-diagram"}), DRAWN),
    (frozenset({"thead", "hb-exhibit"}), _table({"position": "absolute"})),
    (frozenset({"md-nav__item--section", "md-nav__title"}), _table({"text-transform": "uppercase"})),
    # The button lies over the code: it stays as small as it is, and nothing is behind it.
    (
        frozenset({"md-code__nav", "md-code__button"}),
        _table({"display": "none", "width height": r"1(?:\.\d)?rem", "top": _STEP}),
    ),
)
# Blocks keep their lines, and may wrap.
WRAPPED = re.compile(r"(?:.*[\s>])?(?:pre|pre > code)(?::not\(:has\(> code\)\)| :is\(\.\w+(?:, \.\w+)*\))?")
# Two of them stand beside each other.
PAIR = _table(
    {"display": "grid", "grid-template-rows": "auto 1fr", "grid-template-columns": r"repeat\(2, minmax\(0, 1fr\)\)"}
)
ROOTS = re.compile(r":root|body|\[data-md-color-scheme=\"\w+\"\]|body\[data-md-color-scheme\]")
# Variables, of which colours are seen against every ground that the same rule states.
_FONTS = r"(?:(?:[A-Za-z0-9 -]+|\"[A-Za-z0-9 ]+\")(?:, )?)+"
VARIABLES = tuple(
    (re.compile(names), re.compile(values))
    for names, values in (
        (r"--hb-serif|--md-(?:text|code)-font-family", _FONTS),
        ("--md-code-fg-color|--md-code-hl-name-color|--md-typeset-color", r"var\(--hb-ink\)"),
        (r"--md-code-bg-color[a-z-]*", r"var\(--hb-sheet\)"),
        (r"--md-code-hl-color(?:--light)?", r"var\(--hb-lit(?:-edge)?\)"),
        (r"--hb-[a-z-]+|--md-code-hl-[a-z]+-color", "#[0-9a-f]{6}"),
        (r"--md-[a-z-]+", r"var\(--hb-[a-z-]+\)"),
    )
)
INKS = re.compile(r"--hb-(?:ink|ink-soft|ink-faint|petrol|ember|kept|broken|held)|--md-code-hl-[a-z]+-color")
GROUNDS = ("--hb-paper", "--hb-sheet")
CONTRAST = 3.0
LABELS = frozenset({"", "✓", "Why.", "Fix.", "After: ", "line ", "Seen to fail on ", "Without it: ", " (", ")"})
FUNCTIONS = frozenset({"var", "min", "max", "minmax", "repeat", "inset", "counter", "attr"})
MEDIA = re.compile(
    r"screen|print|screen and \((?:min|max)-width: [\d.]+em\)|\(prefers-reduced-motion: reduce\)"
    r"|\(prefers-color-scheme: (?:dark|light)\)"
)
