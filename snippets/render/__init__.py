"""A page's Markdown and how everything stands -> Markdown that shows what is proven, and nothing else.

`page` finds the `fences` and puts in each one's place what it refers to: `references` decides whether
it may be shown, `blocks` and `tables` say how, and `highlight` colours it without touching a byte.
`passthrough` carries the result through Python-Markdown and is imported by the plugin alone.
"""

from snippets.render.blocks import DOWNLOADS, Links
from snippets.render.diff import difference
from snippets.render.fences import Fence, on_one_line, scan
from snippets.render.highlight import CLASSES, command_html, python_html, text_html
from snippets.render.illustration import disguised
from snippets.render.page import TEXT, Objection, Rendered, refusal, render, root_of
from snippets.render.references import show

__all__ = [
    "CLASSES",
    "DOWNLOADS",
    "TEXT",
    "Fence",
    "Links",
    "Objection",
    "Rendered",
    "command_html",
    "difference",
    "disguised",
    "on_one_line",
    "python_html",
    "refusal",
    "render",
    "root_of",
    "scan",
    "show",
    "text_html",
]
