"""The course of something -> a row for each moment, and for each part a bar down the rows that tells what it does."""

from ..catalog.diagrams import DiagramTable
from .drawing import LEADING, NAME, SMALL, box, fitted, shape, words

_BESIDE = 290
_WIDE = 600
_PAD, _BELOW = 12, 46
_MOST = 3
# Of a bar, and where its words begin.
_THICK, _AT, _WORDS = 12, 6, 26
_DRAWN = {"before": "hb-before", "leaves": "hb-leaving", "after": "hb-after"}


def drawn(diagram: DiagramTable, place: str, width: int) -> tuple[float, str]:
    """How high it is, and its parts; raises ReferenceFault, which names `place`, where words do not fit."""
    moments, who = diagram.groups.values()
    left = _BESIDE if width >= _WIDE else 0
    step = (width - left) / len(who)
    edges = {name: left + number * step for number, name in enumerate(who)}
    parts: list[str] = []
    for name, x in edges.items():
        title = fitted(diagram.nodes[name].title, step - _AT, 1, f"{place}: nodes.{name}.title", bold=True)
        parts += [words(x + _AT, 18, title, NAME)]
    y = 18.0 + _PAD
    state = dict.fromkeys(who, "")
    for name in moments:
        node, key = diagram.nodes[name], f"{place}: nodes.{name}"
        title = fitted(node.title, (left or width) - _PAD, 1, f"{key}.title", bold=True)
        says = fitted(node.says, (left or width) - _PAD, _MOST, f"{key}.says")
        told = {to: fitted(arrow.says, step - _WORDS, _MOST, f"{key}.to.{to}.says") for to, arrow in node.to.items()}
        high = LEADING * (1 + len(says)) + 2 * _PAD
        parts += [shape(f"M0 {y:g}H{left or width}", "hb-rule")]
        parts += [words(0, y + _PAD + 12, title, NAME), words(0, y + _PAD + 12 + LEADING, says, "hb-soft")]
        top = y if left else y + high
        high = high if left else high + max(_BELOW, LEADING * (1 + max(map(len, told.values()), default=0)) + _PAD)
        for each, x in edges.items():
            arrow = node.to.get(each)
            state[each] = arrow.state if arrow else state[each]
            parts += [_bar(x + _AT, top, y + high - top, state[each])]
            foot = top + _PAD + SMALL / 2 + 4
            parts += [words(x + _WORDS, foot, told[each], "hb-soft")] if each in told else []
            if not left:
                # By then the head has left a small screen.
                below = foot + LEADING * len(told.get(each, ()))
                parts += [words(x + _WORDS, below, [diagram.nodes[each].title], "hb-faint")]
        y += high
    return y + 1, "".join(parts)


def _bar(x: float, top: float, height: float, state: str) -> str:
    """Full, or a frame, or a dotted line where there is nothing: told apart without their colours."""
    if state not in _DRAWN:
        return shape(f"M{x + _THICK / 2:g} {top:g}V{top + height:g}", "hb-line hb-untried")
    return box(x + 0.5, top + 1.5, _THICK - 1, height - 3, _DRAWN[state])
