"""Words and lines -> SVG, in pixels: what every diagram is drawn with, and what would stand out of its place."""

from collections.abc import Iterable, Sequence
from html import escape
from itertools import pairwise

from ..errors import ReferenceFault

SMALL, LARGE = 13, 15
LEADING = 18
NAME = "hb-name"
# Of the widest font that a reader may have for the site's: parts of its size.
_WIDTHS = {**dict.fromkeys(" .,:;'|!()[]/-iljtfrI", 0.42), **dict.fromkeys("mwMW@%", 1.0)}
_CAPITAL, _OTHER, _BOLD = 0.75, 0.64, 1.1
_HEAD = 7, 4
Point = tuple[float, float]


def width_of(said: str, *, bold: bool = False) -> float:
    """How wide words are at most, in pixels: bold ones are large ones."""
    parts = sum(_WIDTHS.get(each, _CAPITAL if each.isupper() else _OTHER) for each in said)
    return parts * (LARGE * _BOLD if bold else SMALL)


def fitted(said: str, width: float, most: int, place: str, *, bold: bool = False) -> list[str]:
    """The lines, `most` at most, in which words stand within a width; raises ReferenceFault, which names `place`."""
    lines: list[str] = []
    for word in said.split():
        if lines and width_of(f"{lines[-1]} {word}", bold=bold) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    if len(lines) > most or any(width_of(line, bold=bold) > width for line in lines):
        message = f"{place}: {said!r} does not fit: {most} line(s) of {width:.0f} pixels are there"
        raise ReferenceFault(message)
    return lines


def words(x: float, y: float, lines: Iterable[str], style: str, anchor: str = "start") -> str:
    """Lines below each other, the first one's foot at `y`, large and bold where they are a name."""
    told = f' text-anchor="{anchor}" class="{style}"'
    told += f' font-size="{LARGE}" font-weight="600"' if style == NAME else ""
    return "".join(
        f'<text x="{x:g}" y="{y + number * LEADING:g}"{told}>{escape(line, quote=False)}</text>'
        for number, line in enumerate(lines)
    )


def box(x: float, y: float, width: float, height: float, style: str) -> str:
    """A rectangle with round corners."""
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="6" class="{style}"></rect>'


def shape(drawn: str, style: str) -> str:
    """Whatever a path draws."""
    return f'<path d="{drawn}" class="{style}"></path>'


def arrow(points: Sequence[Point], style: str) -> str:
    """A line along points, with its head at the last of them; none of its parts is aslant."""
    (fx, fy), (x, y) = points[-2:]
    ux, uy = ((x > fx) - (x < fx), (y > fy) - (y < fy))
    long, wide = _HEAD
    ends = [(x - long * ux + side * wide * uy, y - long * uy + side * wide * ux) for side in (1, -1)]
    return shape(_along(points), style) + shape(_along([ends[0], (x, y), ends[1]]), "hb-line")


def _along(points: Sequence[Point]) -> str:
    steps = [f"M{points[0][0]:g} {points[0][1]:g}"]
    steps += [
        f"H{x:g}" if y == before else f"V{y:g}" if x == was else f"L{x:g} {y:g}"
        for (was, before), (x, y) in pairwise(points)
    ]
    return "".join(steps)
