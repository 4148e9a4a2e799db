"""A diagram -> two drawings of it, of which a page shows the one that it has room for, and the same in words."""

from collections.abc import Callable, Iterator, Mapping
from html import escape

from ..catalog.diagrams import BARS, COURSE, FOLDER, PATH, REACH, Arrow, DiagramTable, Node
from . import bars, course, path, reach
from .blocks import Links
from .drawing import SMALL

# Pixels: what a page has room for beside its navigation, and on a telephone.
WIDTHS = {"hb-wide": 720, "hb-narrow": 340}
LAYOUTS: Mapping[str, Callable[[DiagramTable, str, int], tuple[float, str]]] = {
    PATH: path.drawn,
    REACH: reach.drawn,
    COURSE: course.drawn,
    BARS: bars.drawn,
}
_UNTRIED = " Dotted is what was not tried."


def diagram(name: str, table: DiagramTable, links: Links) -> str:
    """Both drawings and the words, on one line; raises ReferenceFault where words do not fit."""
    is_dotted = table.kind == PATH and not all(arrow.seen for *_, arrow in table.arrows)
    title = f"{table.title}.{_UNTRIED if is_dotted else ''}"
    drawings = "".join(_svg(name, table, style, width) for style, width in WIDTHS.items())
    items = "".join(f"<li>{item}</li>" for item in _items(table, links))
    return (
        f'<figure class="hb-diagram" data-hb="diagram:{name}">{drawings}'
        f'<figcaption id="{FOLDER}-{name}">{_plain(title)}</figcaption>'
        f"<details><summary>The same in words</summary><ul>{items}</ul></details></figure>"
    )


def _svg(name: str, table: DiagramTable, style: str, width: int) -> str:
    height, parts = LAYOUTS[table.kind](table, f"{FOLDER}/{name}.toml", width)
    # A search would find each word three times.
    return (
        f'<svg class="{style}" viewBox="0 0 {width} {height:g}" role="img" aria-labelledby="{FOLDER}-{name}"'
        f' font-size="{SMALL}" data-search-exclude="">{parts}</svg>'
    )


def _items(table: DiagramTable, links: Links) -> Iterator[str]:
    """Whatever leads somewhere or does something: what it is, what it keeps, and where it leads."""
    is_path, rows = table.kind == PATH, next(iter(table.groups.values()))
    for name, node in table.nodes.items():
        if not is_path and name not in rows:
            continue
        about = [f"<strong>{_plain(node.title)}</strong>", *map(_plain, [node.group] if is_path else [])]
        about += [_plain(node.says)] if node.says else []
        about += [_plain(f"keeps {', '.join(node.keeps)}")] if node.keeps else []
        told = [_told(table.kind, table.nodes[to], arrow, links) for to, arrow in node.to.items()]
        others = [other for other in table.nodes if table.kind == REACH and other not in (*rows, *node.to)]
        told += [f"not tried: {'; '.join(_plain(table.nodes[other].title) for other in others)}"] if others else []
        listed = "".join(f"<li>{each}</li>" for each in told)
        yield f"{', '.join(about)}<ul>{listed}</ul>" if told else ", ".join(about)


def _told(kind: str, to: Node, arrow: Arrow, links: Links) -> str:
    """One arrow, and the way to who saw it."""
    way = {PATH: "to ", REACH: "no answer from " if arrow.closed else "reaches ", COURSE: ""}[kind]
    target = f"{to.title} ({to.says})" if kind == REACH and to.says else to.title
    said = f"{way}{_plain(target)}: {_plain(arrow.says)}"
    if not arrow.seen:
        return f"{said} (not tried)"
    snippet, _, judge = arrow.seen.partition("/")
    return f'{said} (<a href="{links.judge(snippet, judge)}">{judge}</a>)'


def _plain(said: str) -> str:
    return escape(said, quote=False)
