"""A tutorial and its record -> the page's Markdown and the same as .ipynb; executes nothing."""

import hashlib
import re
from collections.abc import Sequence

import msgspec

from ..catalog.fences import on_one_line
from ..evidence.records import Cell, Execution
from ..tutorials.cells import Passage
from ..tutorials.standing import TutorialStanding
from ..tutorials.tutorial import BASH, KERNEL, Tutorial
from .highlight import command_html, python_html, text_html
from .page import Objection, Rendered

CELL = "cell"
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
    file = f"{tutorial.name}.ipynb"
    return (
        f"Every output above is what the cell printed on {execution.verified_at:%Y-%m-%d} "
        f"({execution.engine}{base}). [Download this page as a notebook, outputs included]({file})"
        f'{{ download="{file}" }}\n{{ .hb-links }}'
    )


def as_notebook(tutorial: Tutorial, execution: Execution) -> bytes:
    """The page as .ipynb with its outputs, the same bytes from the same record.

    Links within the site would lead nowhere from a reader's disk: only their words stay.
    """
    ran, cells, count = iter(execution.cells), list[_Cell](), 0
    for number, passage in enumerate(tutorial.passages):
        identity = hashlib.sha256(f"{number} {passage.text}".encode()).hexdigest()[:8]
        if passage.language is None:
            prose = _RELATIVE_LINK.sub(r"\1", _ATTRIBUTES.sub("", passage.text)).strip()
            cells.append(_Cell(id=identity, source=_lines(prose)))
            continue
        cell, count = next(ran), count + 1
        source = f"{BASH}\n{cell.source}" if passage.language == "bash" else cell.source
        printed = [_Stream(text=_lines(f"{cell.output}\n"))] if cell.output else []
        cells.append(_CodeCell(id=identity, source=_lines(source), execution_count=count, outputs=printed))
    kernel = {"display_name": "Python 3", "language": "python", "name": KERNEL}
    metadata = {"handbook": {"digest": execution.digest}, "kernelspec": kernel, "language_info": {"name": "python"}}
    document = msgspec.json.encode(_Notebook(cells=cells, metadata=metadata), order="sorted")
    return msgspec.json.format(document, indent=1) + b"\n"


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)
