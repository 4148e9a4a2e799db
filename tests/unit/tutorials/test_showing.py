"""Showing a tutorial: its cells with what they printed, on a page and in a notebook, and none without a record."""

import json
import re
from dataclasses import replace

import jupytext
import nbformat

from snippets.evidence.records import Execution
from snippets.render.notebook import as_markdown, as_notebook, render_tutorial
from snippets.tutorials import Tutorial
from tests.unit.tutorials.page import Standing


def test_a_page_shows_cells_with_their_outputs(tutorial: Tutorial, execution: Execution, standing: Standing) -> None:
    """Each cell is one line of HTML, so Markdown leaves its bytes alone; a silent cell has no output block."""
    rendered = render_tutorial(standing(tutorial, execution))

    assert rendered.objections == ()
    # Which words are coloured is Pygments' affair.
    assert re.sub(r"</?span[^>]*>", "", rendered.text) == (
        "# A page\n\nRead [this](../index.md#top) and\n[that](https://example.org/).\n{ .hb-lead }\n\n"
        '<div class="hb-cell" data-hb="cell:page/1"><div class="hb-command highlight"><pre><code>'
        "printf &#x27;a\\tb\\n&#x27; | grep --count &#x27;&lt;b&gt;&#x27; || true</code></pre></div>"
        '<div class="hb-output"><pre>a&#9;b&#10;&lt;0&gt; &amp; &quot;1&quot;</pre></div></div>\n\n'
        "Then `in line`.\n\n"
        '<div class="hb-cell" data-hb="cell:page/2"><div class="hb-command highlight"><pre><code>'
        "print(&quot;two\\nlines&quot;)</code></pre></div></div>\n\n"
        "Every output above is what the cell printed on 2026-11-23 (Docker 29, on a stand-in for the base image). "
        'Download this page, outputs included, as <a href="../page.ipynb" download="page.ipynb">a notebook</a> or '
        '<a href="../page.md" download="page.md">Markdown</a>.\n{ .hb-links }\n'
    )


def test_a_page_without_a_record_shows_no_cell(tutorial: Tutorial, standing: Standing) -> None:
    """It says why in the place of each cell, offers no notebook, and is objected to as unproven."""
    rendered = render_tutorial(standing(tutorial, None))

    assert "printf" not in rendered.text
    assert ".ipynb" not in rendered.text
    assert rendered.text.count("<p>tutorial page was never executed</p>") == 2
    assert [(objection.place, objection.why, objection.unproven) for objection in rendered.objections] == [
        ("tutorials/page.md:17", "tutorial page was never executed", True)
    ]


def test_the_notebook_is_a_notebook(tutorial: Tutorial, execution: Execution) -> None:
    """It is valid, holds what was executed and seen, comes out the same twice, and its prose links to the web alone."""
    made = as_notebook(tutorial, execution)
    read = nbformat.reads(made.decode(), as_version=4)

    nbformat.validate(read)
    assert made == as_notebook(tutorial, execution)
    assert [cell.cell_type for cell in read.cells] == ["markdown", "code", "markdown", "code"]
    assert read.cells[0].source == "# A page\n\nRead this and\n[that](https://example.org/)."
    # As it was executed: a command that reads would otherwise eat the rest of its cell.
    assert read.cells[1].source == f"%%bash -euo pipefail\n{{\n{tutorial.cells[0].text}\n}} < /dev/null 2>&1\n"
    assert read.cells[1].outputs[0].text == 'a\tb\n<0> & "1"\n'
    assert read.cells[3].outputs == []
    assert json.loads(made)["metadata"]["handbook"] == {"digest": execution.digest}


def test_the_markdown_holds_the_same_cells(tutorial: Tutorial, execution: Execution) -> None:
    """A reader of it finds the notebook's cells, and each output stands below its cell, whatever it holds."""
    noisy = replace(execution, cells=[replace(execution.cells[0], output="one\n```\ntwo"), execution.cells[1]])
    made = as_markdown(tutorial, noisy).decode()
    read = jupytext.reads(made, fmt="md")
    notebook = nbformat.reads(as_notebook(tutorial, noisy).decode(), as_version=4)

    codes = [[cell.source.rstrip() for cell in there.cells if cell.cell_type == "code"] for there in (read, notebook)]
    assert codes[0] == codes[1]
    assert read.metadata["kernelspec"] == notebook.metadata["kernelspec"]
    assert "\n\n    one\n    ```\n    two\n\n" in made
    assert "[this]" not in made
    assert "[that](https://example.org/)" in made
