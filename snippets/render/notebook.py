"""A tutorial and its record -> the page's Markdown, and the same to download; executes nothing."""

import hashlib
import re
import textwrap
from collections.abc import Mapping, Sequence

import msgspec

from ..catalog.fences import on_one_line
from ..evidence.records import Cell, Execution
from ..tutorials.cells import FENCE, Passage
from ..tutorials.standing import TutorialStanding
from ..tutorials.tutorial import BASH, KERNEL, Tutorial, body, executed
from .highlight import command_html, python_html, text_html
from .page import Objection, Rendered

CELL = "cell"
# By these jupytext makes a cell of Python's kernel: https://jupytext.readthedocs.io/en/latest/formats-markdown.html.
_INFO = {"bash": f'bash magic_args="{BASH.partition(" ")[2]}"', "python": "python"}
_HEAD = f"""---
jupyter:
  kernelspec:
    display_name: Python 3
    language: python
    name: {KERNEL}
---"""
_RELATIVE_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?!https?:)[^)]*\)")
_ATTRIBUTES = re.compile(r"^\{ ?[.#:][^}\n]*\}\n?", re.MULTILINE)


class _Stream(msgspec.Struct, kw_only=True):
    """What a cell printed, as nbformat 4.5 has it."""

    name: str = "stdout"
    output_type: str = "stream"
    text: Sequence[str]


class _Cell(msgspec.Struct, kw_only=True):
    """What every cell has; one of prose has no more."""

    cell_type: str = "markdown"
    id: str
    metadata: dict[str, str] = {}
    source: Sequence[str]


class _CodeCell(_Cell, kw_only=True):
    """A cell that was executed."""

    cell_type: str = "code"
    execution_count: int
    outputs: Sequence[_Stream]


class _Notebook(msgspec.Struct, kw_only=True):
    """A document of nbformat 4.5: https://nbformat.readthedocs.io/en/latest/format_description.html."""

    cells: Sequence[_Cell]
    metadata: dict[str, dict[str, str]]
    nbformat: int = 4
    nbformat_minor: int = 5


def render_tutorial(standing: TutorialStanding) -> Rendered:
    """The page's Markdown: each cell with what it printed, or a notice where no current record shows it."""
    tutorial, execution = standing.tutorial, standing.execution
    if standing.objection is not None or execution is None:
        why = standing.objection or f"tutorial {tutorial.name} was never executed"
        blocks = [_notice(why) if passage.language else on_one_line(passage.text) for passage in tutorial.passages]
        objection = Objection(page=tutorial.page, line=tutorial.cells[0].line, why=why, unproven=True)
        return Rendered(text="\n\n".join(blocks) + "\n", objections=(objection,))
    shown = iter(cells(standing).values())
    blocks = [next(shown) if passage.language else on_one_line(passage.text) for passage in tutorial.passages]
    return Rendered(text="\n\n".join([*blocks, _colophon(tutorial, execution)]) + "\n")


def cells(standing: TutorialStanding) -> dict[str, str]:
    """Each executed cell by its name, which is that of the tutorial and a number from 1."""
    ran = standing.execution.cells if standing.execution else ()
    named = enumerate(zip(standing.tutorial.cells, ran, strict=True), start=1)
    return {
        (name := f"{standing.tutorial.name}/{number}"): _block(name, passage, cell) for number, (passage, cell) in named
    }


def _block(name: str, passage: Passage, cell: Cell) -> str:
    code = python_html(cell.source) if passage.language == "python" else command_html(cell.source)
    command = f'<div class="hb-command highlight"><pre><span></span><code>{code}</code></pre></div>'
    output = f'<div class="hb-output"><pre>{text_html(cell.output)}</pre></div>' if cell.output else ""
    return f'<div class="hb-cell" data-hb="{CELL}:{name}">{command}{output}</div>'


def _notice(why: str) -> str:
    title = '<p class="admonition-title">Not shown</p>'
    return f'<div class="hb-withheld admonition">{title}<p>{text_html(why)}</p></div>'


def _colophon(tutorial: Tutorial, execution: Execution) -> str:
    """What ran it and when, and the notebook; relative to the page, as MkDocs resolves links."""
    base = ", on a stand-in for the base image" if execution.stand_in else ""
    base += "; flaky: only the second try came to its end" if execution.flaky else ""
    ways = {tutorial.notebook: "a notebook", tutorial.markdown: "Markdown"}
    # HTML: to MkDocs the second would be a link to this very page, whose directory is one below.
    links = " or ".join(f'<a href="../{_file(path)}" download="{_file(path)}">{way}</a>' for path, way in ways.items())
    return (
        f"Every output above is what the cell printed on {execution.verified_at:%Y-%m-%d} "
        f"({execution.engine}{base}). Download this page, outputs included, as {links}.\n{{ .hb-links }}"
    )


def _file(path: str) -> str:
    return path.rpartition("/")[2]


def to_download(tutorial: Tutorial, execution: Execution) -> Mapping[str, bytes]:
    """What a site offers of it, by path below the site: the same bytes from the same record."""
    return {
        tutorial.notebook: as_notebook(tutorial, execution),
        tutorial.markdown: as_markdown(tutorial, execution),
    }


def as_notebook(tutorial: Tutorial, execution: Execution) -> bytes:
    """The page as .ipynb with its outputs."""
    ran, cells, count = iter(execution.cells), list[_Cell](), 0
    for number, passage in enumerate(tutorial.passages):
        identity = hashlib.sha256(f"{number} {passage.text}".encode()).hexdigest()[:8]
        if passage.language is None:
            cells.append(_Cell(id=identity, source=_lines(_elsewhere(passage.text))))
            continue
        cell, count = next(ran), count + 1
        printed = [_Stream(text=_lines(f"{cell.output}\n"))] if cell.output else []
        cells.append(_CodeCell(id=identity, source=_lines(executed(passage)), execution_count=count, outputs=printed))
    kernel = {"display_name": "Python 3", "language": "python", "name": KERNEL}
    metadata = {"handbook": {"digest": execution.digest}, "kernelspec": kernel, "language_info": {"name": "python"}}
    document = msgspec.json.encode(_Notebook(cells=cells, metadata=metadata), order="sorted")
    return msgspec.json.format(document, indent=1) + b"\n"


def as_markdown(tutorial: Tutorial, execution: Execution) -> bytes:
    """The page as Markdown, each output below its cell; jupytext reads the cells of the notebook in it."""
    ran, blocks = iter(execution.cells), [_HEAD]
    for passage in tutorial.passages:
        if passage.language is None:
            blocks.append(_elsewhere(passage.text))
            continue
        cell = next(ran)
        blocks.append(f"{FENCE}{_INFO[passage.language]}\n{body(passage)}\n{FENCE}")
        if cell.output:
            # Indented, for a fence in it would end another one.
            blocks.append(textwrap.indent(cell.output, "    "))
    return ("\n\n".join(blocks) + "\n").encode()


def _elsewhere(prose: str) -> str:
    """Prose for a reader's disk, from where links within the site would lead nowhere: only their words stay."""
    return _RELATIVE_LINK.sub(r"\1", _ATTRIBUTES.sub("", prose)).strip()


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)
