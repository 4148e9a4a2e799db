"""A page's Markdown and how everything stands -> Markdown that shows what is proven, and nothing else.

`page` finds the fences and puts in each one's place what it refers to: `references` decides whether
it may be shown, `blocks`, `tables`, `keys` and `diagram` say how, and `highlight` colours it without touching a byte.
`passthrough` carries the result through Python-Markdown and is imported by the plugin alone.
"""

from .blocks import DOWNLOADS, Links
from .diff import difference
from .highlight import CLASSES, command_html, python_html, text_html, uncoloured, without_colours
from .page import Objection, Rendered, refusal, render, root_of
from .references import show

__all__ = [
    "CLASSES",
    "DOWNLOADS",
    "Links",
    "Objection",
    "Rendered",
    "command_html",
    "difference",
    "python_html",
    "refusal",
    "render",
    "root_of",
    "show",
    "text_html",
    "uncoloured",
    "without_colours",
]
