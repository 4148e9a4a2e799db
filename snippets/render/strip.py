"""Releases that were cut off -> one cell each, in time: what was left, in two drawings and in words."""

from collections.abc import Iterator, Sequence
from html import escape
from itertools import pairwise

from ..contract.deployment.cut import Mishap
from ..evidence.records import CutOff, Outcome, Strip
from .blocks import prose
from .diagram import WIDTHS
from .drawing import LEADING, NAME, SMALL, box, shape, words

_BESIDE = 190
_WIDE = 600
_HIGH, _BETWEEN, _ABOVE = 30, 16, 6
_GAP = 3
_WAYS = {
    Mishap.CONNECTION: "Connection lost",
    Mishap.POWER: "Without power",
    Mishap.UPDATE: "Host updated",
}
_MEANS = {
    Outcome.RIGHT: "full: a version serves, nothing is lost, the next release ends right",
    Outcome.HAND: "half: likewise, but somebody has to help the next release",
    Outcome.WRONG: "a cross: nobody serves, or something is lost",
}


def undrawn(name: str, why: str) -> str:
    """That there is no strip of today, and why."""
    return (
        f'<div class="hb-withheld admonition" data-hb="strip:{name}">'
        f'<p class="admonition-title">Not drawn</p><p>{prose(why)}</p></div>'
    )


def strip(name: str, seen: Strip, fault: str = "") -> str:
    """The figure, on one line; `fault` is what is wrong with what releases, where that is a pitfall's."""
    anchor = f"strip-{name.replace('/', '-')}"
    drawings = "".join(_svg(anchor, seen, style, width) for style, width in WIDTHS.items())
    known = [_MEANS[outcome] for outcome in Outcome if any(cell.outcome is outcome for cell in seen.cells)]
    if len(seen.cells) < len(_moments(seen)) * len(list(_rows(seen))):
        known.append("nothing drawn: it was over by then")
    title = f"{fault}: a release" if fault else "A release"
    title += f" of {seen.whole_s:.0f} s, cut off {len(seen.cells)} times on {seen.verified_at:%Y-%m-%d}: "
    title += "; ".join(known)
    ways = "".join(
        f"<li><strong>{_WAYS[mishap]}</strong><ul>{''.join(_items(cells))}</ul></li>" for mishap, cells in _rows(seen)
    )
    return (
        f'<figure class="hb-diagram" data-hb="strip:{name}">{drawings}'
        f'<figcaption id="{anchor}">{escape(title, quote=False)}.</figcaption>'
        f"<details><summary>The same in words</summary><ul>{ways}</ul></details></figure>"
    )


def _moments(seen: Strip) -> Sequence[float]:
    """When anything came between, in seconds."""
    return sorted({cell.after_s for cell in seen.cells})


def _span_s(seen: Strip) -> float:
    """Of how many seconds a cell is the middle: they are as wide as they are far apart."""
    moments = _moments(seen)
    return min(2 * moments[0], *(later - sooner for sooner, later in pairwise(moments)), seen.whole_s)


def _rows(seen: Strip) -> Iterator[tuple[Mishap, Sequence[CutOff]]]:
    for mishap in _WAYS:
        if cells := [cell for cell in seen.cells if cell.mishap is mishap]:
            yield mishap, cells


def _items(cells: Sequence[CutOff]) -> Iterator[str]:
    """What was seen says which way it was, and that stands above it."""
    return (f"<li>{escape(cell.seen.partition(' after ')[2], quote=False)}</li>" for cell in cells)


def _svg(anchor: str, seen: Strip, style: str, width: int) -> str:
    left = _BESIDE if width >= _WIDE else 0
    y, parts = float(_ABOVE), list[str]()
    scale, span_s = (width - left) / seen.whole_s, _span_s(seen)
    for mishap, cells in _rows(seen):
        parts += [words(0, y + (_HIGH / 2 + 5 if left else 14), [_WAYS[mishap]], NAME)]
        y += 0 if left else LEADING + 6
        for cell in cells:
            x = left + (cell.after_s - span_s / 2) * scale
            parts += _cell(x + _GAP / 2, y, span_s * scale - _GAP, cell.outcome)
        y += _HIGH + _BETWEEN
    y += 4
    parts += [words(left, y, ["it begins"], "hb-faint"), words(width, y, [f"{seen.whole_s:.0f} s"], "hb-faint", "end")]
    return (
        f'<svg class="{style}" viewBox="0 0 {width} {y + 6:g}" role="img" aria-labelledby="{anchor}"'
        f' font-size="{SMALL}" data-search-exclude="">{"".join(parts)}</svg>'
    )


def _cell(x: float, y: float, wide: float, outcome: Outcome) -> list[str]:
    """Told apart by their shapes as well as by their colours."""
    x, wide = round(x, 1), round(wide, 1)
    if outcome is Outcome.RIGHT:
        return [box(x, y, wide, _HIGH, "hb-before")]
    if outcome is Outcome.HAND:
        return [box(x, y + _HIGH / 2, wide, _HIGH / 2, "hb-after")]
    cross = f"M{x:g} {y:g}L{x + wide:g} {y + _HIGH:g}M{x + wide:g} {y:g}L{x:g} {y + _HIGH:g}"
    return [shape(cross, "hb-cross")]
