"""What a tutorial measured -> a bar for each number, as long as the number is large."""

from collections.abc import Sequence

import msgspec

from ..catalog.diagrams import DiagramTable
from ..errors import ReferenceFault
from ..evidence.records import Execution
from .drawing import LEADING, NAME, box, fitted, shape, words

_BESIDE = 240
_WIDE = 600
# Of a bar; what its number needs behind it; so wide at least that it is seen.
_THICK, _NUMBER, _LEAST = 20, 70, 3.0
_ROW, _ABOVE = 38, 40
_MOST = 2


def measured(table: DiagramTable, execution: Execution, place: str) -> DiagramTable:
    """The same with its numbers, as the tutorial printed them; raises ReferenceFault, which names `place`."""
    lines = [line for cell in execution.cells for line in cell.output.splitlines()]
    nodes = {
        name: msgspec.structs.replace(node, says=_number(lines, node.after, table.unit, f"{place}: nodes.{name}.after"))
        for name, node in table.nodes.items()
    }
    return msgspec.structs.replace(table, nodes=nodes)


def _number(lines: Sequence[str], after: str, unit: str, place: str) -> str:
    """The number behind these words and its unit, from the one line that has them."""
    found = [line.partition(after)[2].split()[:2] for line in lines if after in line]
    if len(found) != 1:
        raise ReferenceFault(f"{place}: {len(found)} lines of what was printed have {after!r}, and one must")
    number, *rest = found[0] or [""]
    if not number.replace(".", "", 1).isdecimal() or rest != [unit]:
        raise ReferenceFault(f"{place}: behind {after!r} stands no number of {unit}: {' '.join(found[0])!r}")
    return f"{number} {unit}"


def drawn(diagram: DiagramTable, place: str, width: int) -> tuple[float, str]:
    """How high it is, and its parts; raises ReferenceFault, which names `place`, where words do not fit."""
    beside = width >= _WIDE
    left = _BESIDE if beside else 0
    row = _ROW if beside else _ROW + LEADING
    room = width - left - _NUMBER
    numbers = {name: float(node.says.partition(" ")[0] or 0) for name, node in diagram.nodes.items()}
    largest = max(numbers.values()) or 1.0
    (what,) = diagram.groups
    parts = [words(left, 14, fitted(what, width - left, _MOST, f"{place}: group"), "hb-faint")]
    for number, (name, value) in enumerate(numbers.items()):
        node, y = diagram.nodes[name], float(_ABOVE + number * row)
        title = fitted(node.title, (left or width) - 12, 1, f"{place}: nodes.{name}.title", bold=True)
        parts += [words(0, y + _THICK / 2 + 5, title, NAME)]
        y += 0 if beside else LEADING + 4
        long = max(_LEAST, room * value / largest)
        parts += [box(left, y, round(long, 1), _THICK, "hb-before")]
        parts += [words(round(left + long + 8, 1), y + _THICK / 2 + 5, [node.says], "hb-soft")]
    high = _ABOVE + len(numbers) * row
    parts += [shape(f"M{left + 0.5:g} {_ABOVE - 8}V{high}", "hb-rule")] if beside else []
    return high + 1, "".join(parts)
