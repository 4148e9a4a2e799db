"""A path's nodes -> boxes below each other, in frames; where there is room for two columns, the frames go on beside."""

from dataclasses import dataclass
from itertools import pairwise

from ..catalog.diagrams import DiagramTable, Node
from .drawing import LEADING, NAME, SMALL, Point, arrow, box, fitted, shape, words

_COLUMN, _GUTTER = 340, 40
_PAD, _HEAD, _LANE = 14, 28, 40
_BOX = _COLUMN - 2 * _PAD
_INSIDE = _BOX - 2 * _PAD
# Where arrows leave and enter, from a box's left, and where their words begin.
_AT, _BESIDE = 24, 38
_MOST = 2
# The line of what is kept, which stands apart.
_STORED = LEADING + 5
_VOLUME = "v9a6 2.5 0 0 0 12 0v-9a6 2.5 0 0 0 -12 0a6 2.5 0 0 0 12 0"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Box:
    """Where a node stands: its left, its top, how high it is, and in which column."""

    x: float
    top: float
    height: float
    column: int

    @property
    def bottom(self) -> float:
        return self.top + self.height


def drawn(diagram: DiagramTable, place: str, width: int) -> tuple[float, str]:
    """How high it is, and its parts; raises ReferenceFault, which names `place`, where words do not fit."""
    groups = list(diagram.groups.items())
    heights = {name: _height(node, f"{place}: nodes.{name}") for name, node in diagram.nodes.items()}
    breaks = [len(groups)] if width < 2 * _COLUMN else range(1, len(groups) + 1)
    tried = [_placed(groups, heights, at, place) for at in breaks]
    boxes, frames, height = min(tried, key=lambda found: found[2])
    parts = [*frames]
    parts += [_arrow(diagram, pair, boxes, place) for pair in pairwise(diagram.nodes)]
    parts += [_node(node, boxes[name], f"{place}: nodes.{name}") for name, node in diagram.nodes.items()]
    return height, "".join(parts)


def _height(node: Node, place: str) -> float:
    lines = len(fitted(node.says, _INSIDE, _MOST, f"{place}.says"))
    return 2 * _PAD + (lines + 1) * LEADING + (_STORED if node.keeps else 0) - 4


def _placed(
    groups: list[tuple[str, list[str]]], heights: dict[str, float], at: int, place: str
) -> tuple[dict[str, _Box], list[str], float]:
    """Boxes by name, frames, and the height of it all, where the group `at` begins another column."""
    boxes: dict[str, _Box] = {}
    frames: list[str] = []
    deepest = y = 0.0
    for number, (group, names) in enumerate(groups):
        column = int(number >= at)
        if number == at:
            y = 0.0
        left = column * (_COLUMN + _GUTTER)
        y += _LANE * (number > 0)
        top, y = y, y + _HEAD
        for name in names:
            y += _LANE * (name != names[0])
            boxes[name] = _Box(x=left + _PAD, top=y, height=heights[name], column=column)
            y += heights[name]
        y += _PAD
        frames += [box(left + 0.5, top + 0.5, _COLUMN - 1, y - top - 1, "hb-frame")]
        told = fitted(group, _INSIDE, 1, f"{place}: nodes.{names[0]}.group")
        frames += [words(left + _COLUMN - _PAD, top + 19, told, "hb-faint", "end")]
        deepest = max(deepest, y)
    return boxes, frames, deepest


def _arrow(diagram: DiagramTable, pair: tuple[str, str], boxes: dict[str, _Box], place: str) -> str:
    """What leads from one of two boxes to the other, if anything, and its words beside it."""
    first, second = (boxes[name] for name in pair)
    parts = ""
    for name, to, told in diagram.between(*pair):
        x, beside = second.x + _AT, second.x + _BESIDE
        points: list[Point] = [(x, first.bottom), (x, second.top)]
        middle = (first.bottom + second.top) / 2
        if second.column != first.column:
            gutter, side = _COLUMN + _GUTTER / 2, first.top + first.height / 2
            points = [(first.x + _BOX, side), (gutter, side), (gutter, 6), (x, 6), (x, second.top)]
            middle = _LANE / 2
        elif diagram.nodes[name].group != diagram.nodes[to].group:
            middle = first.bottom + _PAD + _LANE / 2
        lines = fitted(told.says, _BOX - _BESIDE, 1, f"{place}: nodes.{name}.to.{to}.says")
        parts += arrow(points if name == pair[0] else points[::-1], "hb-line" if told.seen else "hb-line hb-untried")
        parts += words(beside, middle + SMALL / 3, lines, "hb-soft")
    return parts


def _node(node: Node, at: _Box, place: str) -> str:
    x, y = at.x + _PAD, at.top + _PAD + 10
    lines = fitted(node.says, _INSIDE, _MOST, f"{place}.says")
    parts = box(at.x + 0.5, at.top + 0.5, _BOX - 1, at.height - 1, "hb-box")
    parts += words(x, y, fitted(node.title, _INSIDE, 1, f"{place}.title", bold=True), NAME)
    parts += words(x, y + LEADING, lines, "hb-soft")
    if node.keeps:
        foot = y + LEADING * len(lines) + _STORED
        told = fitted(f"keeps {', '.join(node.keeps)}", _INSIDE - 20, 1, f"{place}.keeps")
        parts += shape(f"M{x:g} {foot - 9:g}{_VOLUME}", "hb-volume")
        parts += words(x + 20, foot, told, "hb-stored")
    return parts
