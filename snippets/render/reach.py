"""Who reaches what -> a table of marks: a row for each who, with its words beside it, or above where it is narrow."""

from ..catalog.diagrams import DiagramTable
from .drawing import LEADING, NAME, SMALL, fitted, shape, width_of, words

_BESIDE = 290
_WIDE = 600
_ROW, _BELOW, _PAD = 40, 44, 12
_MOST = 2
_LEGEND = ("reached", "hb-open"), ("no answer", "hb-closed"), ("not tried", "hb-untried")


def drawn(diagram: DiagramTable, place: str, width: int) -> tuple[float, str]:
    """How high it is, and its parts; raises ReferenceFault, which names `place`, where words do not fit."""
    rows, columns = diagram.groups.values()
    left = _BESIDE if width >= _WIDE else 0
    step = (width - left) / len(columns)
    middles = {name: left + (number + 0.5) * step for number, name in enumerate(columns)}
    parts: list[str] = []
    y = 0.0
    for name, x in middles.items():
        node, key = diagram.nodes[name], f"{place}: nodes.{name}"
        title = fitted(node.title, step, 1, f"{key}.title", bold=True)
        says = fitted(node.says, step, _MOST, f"{key}.says")
        parts += [words(x, 18, title, NAME, "middle")]
        parts += [words(x, 18 + LEADING, says, "hb-soft", "middle")]
        y = max(y, 18 + LEADING * len(says) + _PAD)
    for name in rows:
        node, key = diagram.nodes[name], f"{place}: nodes.{name}"
        title = fitted(node.title, left or width, 1, f"{key}.title", bold=True)
        says = fitted(node.says, (left or width) - _PAD, _MOST, f"{key}.says")
        high = LEADING * (1 + len(says)) + 2 * _PAD
        parts += [shape(f"M0 {y:g}H{width}", "hb-rule")]
        parts += [words(0, y + _PAD + 12, title, NAME)]
        parts += [words(0, y + _PAD + 12 + LEADING, says, "hb-soft")]
        middle = y + high / 2 if left else y + high + 4
        for column, x in middles.items():
            found = node.to.get(column)
            parts += [_mark(x, middle, "hb-untried" if found is None else "hb-closed" if found.closed else "hb-open")]
            if not left:
                # By then the head has left a small screen.
                parts += [words(x, middle + 26, [diagram.nodes[column].title], "hb-faint", "middle")]
        y += high if left else high + _BELOW
    parts += [shape(f"M0 {y:g}H{width}", "hb-rule")]
    x = left + 12.0
    for told, style in _LEGEND:
        parts += [_mark(x, y + 24, style), words(x + 16, y + 24 + SMALL / 3, [told], "hb-soft")]
        x += 16 + width_of(told) + 16
    return y + _ROW, "".join(parts)


def _mark(x: float, y: float, style: str) -> str:
    """A full disc with a tick, a ring with a cross, or a dot: told apart without their colours."""
    radius = 2 if style == "hb-untried" else 9
    disc = f'<circle cx="{x:g}" cy="{y:g}" r="{radius}" class="{style}"></circle>'
    if style == "hb-open":
        return disc + shape(f"M{x - 4:g} {y:g}l3 3l5 -6", "hb-tick")
    return disc + (shape(f"M{x - 3.5:g} {y - 3.5:g}l7 7m0 -7l-7 7", "hb-cross") if style == "hb-closed" else "")
