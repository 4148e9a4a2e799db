"""An exhibit -> its files as somebody would write them, marked where they are wrong, and what each mark is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from ..catalog.metadata import Fault, pattern
from ..catalog.pitfall import Pitfall
from ..evidence.records import Capture
from .blocks import Links, catcher, error, notice, prose
from .highlight import marked_html
from .tables import table

Caught = Mapping[str, tuple[Pitfall, Capture]]
_HEADS = ("Mark", "Line", "What is wrong", "Caught by", "What was seen")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Lines of one file (from 1) and the faults in them; marks are numbered as they stand in the file, from 1."""

    lines: range
    faults: Sequence[Fault]

    def __str__(self) -> str:
        """As a reader looks for it: "3" or "3-7"."""
        first, last = self.lines.start, self.lines.stop - 1
        return str(first) if first == last else f"{first}\N{EN DASH}{last}"


def marks(exhibit: Pitfall, path: str) -> list[Mark]:
    """The faults of one file by the lines that they stand in; those that share a line share a mark."""
    text = exhibit.exhibit[path].text
    placed = [(_lines(text, fault.find), fault) for fault in exhibit.table.faults if fault.path == path]
    found: list[Mark] = []
    for lines, fault in sorted(placed, key=lambda place: place[0].start):
        faults: tuple[Fault, ...] = (fault,)
        if found and lines.start < found[-1].lines.stop:
            before = found.pop()
            lines = range(before.lines.start, max(before.lines.stop, lines.stop))  # noqa: PLW2901 - it has grown
            faults = (*before.faults, fault)
        found.append(Mark(lines=lines, faults=faults))
    return found


def _lines(text: str, find: str) -> range:
    bare = find.strip("\n")
    first = text.count("\n", 0, text.index(find) + find.index(bare)) + 1
    return range(first, first + bare.count("\n") + 1)


def file(exhibit: Pitfall, path: str) -> str:
    """One whole file, neither to copy nor to download."""
    # Without <code> in it: that is what the theme puts its copy button on.
    code = marked_html(exhibit.exhibit[path].text, path, [mark.lines for mark in marks(exhibit, path)])
    return (
        f'<div class="hb-exhibit highlight" data-hb="exhibit:{exhibit.name}/{path}">'
        f'<span class="filename">Before: {escape(path)}</span><pre><span></span>{code}</pre></div>'
    )


def outcome(exhibit: Pitfall, capture: Capture, links: Links) -> str:
    """What became of the files together: the real error, why, and the way out."""
    return (
        f'<section class="hb-pitfall" data-hb="exhibit:{exhibit.name}">{notice(exhibit, capture, links)}'
        f"{error(exhibit, capture)}"
        f'<p class="hb-why">{prose(exhibit.table.why)}</p><p class="hb-fix">{prose(exhibit.table.fix)}</p></section>'
    )


def faults(exhibit: Pitfall, caught: Caught, links: Links) -> str:
    """Every fault by its mark: what it is, who notices, and the line that was really seen."""
    rows = (row for path in exhibit.exhibit for row in _rows(exhibit, path, caught, links))
    return table(f"faults:{exhibit.name}", _HEADS, rows)


def _rows(exhibit: Pitfall, path: str, caught: Caught, links: Links) -> Iterator[str]:
    yield f'<tr><th colspan="{len(_HEADS)}">{escape(path)}</th></tr>'
    for number, mark in enumerate(marks(exhibit, path), start=1):
        for fault in mark.faults:
            single, capture = caught[fault.pitfall]
            yield (
                f'<tr><td class="hb-mark">{number}</td><td>{mark}</td>'
                f'<td><a href="#{anchor(single)}">{prose(single.table.title)}</a></td>'
                f"<td>{catcher(single, links)}</td>"
                f"<td><code>{escape(telling_line(single, capture))}</code></td></tr>"
            )


def anchor(single: Pitfall) -> str:
    """Where the page of an exhibit tells of one of its faults."""
    return single.name.replace("/", "-")


def telling_line(single: Pitfall, capture: Capture) -> str:
    """The line of the error that says it, which in the log of a build is seldom the first."""
    found = pattern(single.table.message).search(capture.error)
    assert found is not None, "a capture that does not say what the pitfall states is none: see `pitfall_objection`"
    start = capture.error.rfind("\n", 0, found.start()) + 1
    return capture.error[start:].partition("\n")[0].strip()
