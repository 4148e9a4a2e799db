"""A tutorial and its record -> the page's Markdown and the same as .ipynb; executes nothing."""

import hashlib
import json
import re

from snippets.evidence import Cell, Execution
from snippets.render import Objection, Rendered, command_html, on_one_line, python_html, text_html
from snippets.tutorials.tutorial import BASH, KERNEL, Passage, Tutorial, TutorialStanding

_RELATIVE_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?!https?:)[^)]*\)")
_ATTRIBUTES = re.compile(r"^\{ ?[.#:][^}\n]*\}\n?", re.MULTILINE)
_SPEC = {"display_name": "Python 3", "language": "python", "name": KERNEL}


def render_tutorial(standing: TutorialStanding) -> Rendered:
    """The page's Markdown: each cell with what it printed, or a notice where no current record shows it."""
    tutorial, execution = standing.tutorial, standing.execution
    if standing.objection is not None or execution is None:
        why = standing.objection or f"tutorial {tutorial.name} was never executed"
        blocks = [_notice(why) if passage.language else on_one_line(passage.text) for passage in tutorial.passages]
        objection = Objection(page=tutorial.page, line=tutorial.cells[0].line, why=why, unproven=True)
        return Rendered(text="\n\n".join(blocks) + "\n", objections=(objection,))
    ran = iter(execution.cells)
    blocks = [
        _block(passage, next(ran)) if passage.language else on_one_line(passage.text) for passage in tutorial.passages
    ]
    return Rendered(text="\n\n".join([*blocks, _colophon(tutorial, execution)]) + "\n")


def _block(passage: Passage, cell: Cell) -> str:
    code = python_html(cell.source) if passage.language == "python" else command_html(cell.source)
    command = f'<div class="hb-command highlight"><pre><span></span><code>{code}</code></pre></div>'
    output = f'<div class="hb-output"><pre>{text_html(cell.output)}</pre></div>' if cell.output else ""
    return f'<div class="hb-cell">{command}{output}</div>'


def _notice(why: str) -> str:
    title = '<p class="admonition-title">Not shown</p>'
    return f'<div class="hb-withheld admonition">{title}<p>{text_html(why)}</p></div>'


def _colophon(tutorial: Tutorial, execution: Execution) -> str:
    """What ran it and when, and the notebook; relative to the page, as MkDocs resolves links."""
    base = ", on a stand-in for the base image" if execution.stand_in else ""
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
    ran, cells, count = iter(execution.cells), list[dict[str, object]](), 0
    for number, passage in enumerate(tutorial.passages):
        identity = hashlib.sha256(f"{number} {passage.text}".encode()).hexdigest()[:8]
        shared: dict[str, object] = {"id": identity, "metadata": {}}
        if passage.language is None:
            prose = _RELATIVE_LINK.sub(r"\1", _ATTRIBUTES.sub("", passage.text)).strip()
            cells.append({**shared, "cell_type": "markdown", "source": _lines(prose)})
            continue
        cell, count = next(ran), count + 1
        source = f"{BASH}\n{cell.source}" if passage.language == "bash" else cell.source
        stream = {"output_type": "stream", "name": "stdout", "text": _lines(f"{cell.output}\n")}
        code = {"cell_type": "code", "execution_count": count, "outputs": [stream] if cell.output else []}
        cells.append({**shared, **code, "source": _lines(source)})
    metadata = {"kernelspec": _SPEC, "language_info": {"name": "python"}, "handbook": {"digest": execution.digest}}
    document = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return (json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)
