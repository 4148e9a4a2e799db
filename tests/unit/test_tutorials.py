"""Tutorials: what is refused at the door, what a record vouches for, and what a page shows of it."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import nbformat
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from snippets.catalog import Catalog, load
from snippets.errors import CatalogError, EngineError
from snippets.evidence.records import Cell, Execution
from snippets.evidence.standing import State
from snippets.evidence.store import EvidenceStore
from snippets.render.notebook import as_notebook, render_tutorial
from snippets.tutorials import Tutorial, TutorialStanding, load_tutorials, tutorial_objection, tutorial_standings
from snippets.tutorials.cells import front_matter
from snippets.tutorials.execution import CellError, execute, misread

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
KERNEL = "jupyter:\n  kernelspec:\n    display_name: Python 3\n    language: python\n    name: python3\n"
FRONT = f"---\ndescription: A page.\nsnippets: [deploy]\n{KERNEL}---\n"
PAGE = f"""{FRONT}
# A page

Read [this](../index.md#top) and
[that](https://example.org/).
{{ .hb-lead }}

```bash
printf 'a\\tb\\n' | grep --count '<b>' || true
```

Then `in
line`.

```python
print("two\\nlines")
```
"""

REHEARSAL = '''
@promise("workflow", "https://docs.example")
def deploys(stack):
    """It deploys."""
'''
Write = Callable[..., Tutorial]
Standing = Callable[[Tutorial, Execution | None], TutorialStanding]


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A library of one snippet."""
    snippet = tmp_path / "library" / "deploy"
    snippet.mkdir(parents=True)
    (snippet / "deploy.yml").write_text("steps: []\n")
    (snippet / "snippet.toml").write_text('title = "Deploy"\nsummary = "Deploys."\nkind = "workflow"\n')
    (snippet / "rehearsal.py").write_text(REHEARSAL)
    return tmp_path / "library"


@pytest.fixture
def catalog(library: Path) -> Catalog:
    """It, read."""
    return load(library)


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """A documentation directory without a tutorial."""
    (tmp_path / "docs" / "tutorials").mkdir(parents=True)
    return tmp_path / "docs"


@pytest.fixture
def write(docs: Path, catalog: Catalog) -> Write:
    """Write a page and read it back."""

    def written(text: str = PAGE, name: str = "page") -> Tutorial:
        (docs / "tutorials" / f"{name}.md").write_text(text)
        return load_tutorials(docs, catalog)[name]

    return written


@pytest.fixture
def tutorial(write: Write) -> Tutorial:
    """The page above."""
    return write()


@pytest.fixture
def execution(tutorial: Tutorial, catalog: Catalog) -> Execution:
    """A record of it, as a run would have made it."""
    first, second = tutorial.cells
    return Execution(
        tutorial="page",
        digest=tutorial.digest(catalog),
        engine="Docker 29",
        stand_in=True,
        verified_at=NOW,
        cells=[Cell(source=first.text, output='a\tb\n<0> & "1"'), Cell(source=second.text, output="")],
    )


@pytest.fixture
def standing(catalog: Catalog, tmp_path: Path) -> Standing:
    """How a tutorial stands by a store that holds this one record."""

    def stands(tutorial: Tutorial, execution: Execution | None) -> TutorialStanding:
        store = EvidenceStore(tmp_path / "evidence")
        if execution is not None:
            store.write(execution, tutorial.name)
        return tutorial_standings({tutorial.name: tutorial}, catalog, store, now=NOW)[tutorial.name]

    return stands


def cells(*sources: str) -> str:
    """A page of these bash cells."""
    return FRONT + "".join(f"\n```bash\n{source}\n```\n" for source in sources)


@pytest.fixture
def run(write: Write, catalog: Catalog, tmp_path: Path) -> Callable[..., list[str]]:
    """Execute a page in a fresh directory; what its cells printed."""

    def printed(text: str, timeout_s: float = 60) -> list[str]:
        workdir = tmp_path / "work"
        workdir.mkdir()
        execution = execute(
            write(text),
            catalog=catalog,
            workdir=workdir,
            env=os.environ,
            engine="none",
            stand_in=False,
            timeout_s=timeout_s,
        )
        return [cell.output for cell in execution.cells]

    return printed


def test_a_page_is_prose_and_cells(tutorial: Tutorial) -> None:
    """Reading keeps the order, the exact source of each cell and the line where each passage begins."""
    assert [(passage.line, passage.language) for passage in tutorial.passages] == [
        (11, None),
        (17, "bash"),
        (21, None),
        (24, "python"),
    ]
    assert tutorial.cells[0].text == "printf 'a\\tb\\n' | grep --count '<b>' || true"
    assert tutorial.snippets == ("deploy",)
    assert (tutorial.page, tutorial.download) == ("tutorials/page.md", "tutorials/page.ipynb")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (f"{FRONT}\nOnly prose.\n", "tutorials/page.md: no cells"),
        (PAGE.replace("deploy", "deplyo"), "snippets: no snippet 'deplyo' (did you mean 'deploy'?)"),
        (PAGE.replace("[deploy]", "[]"), "snippets: not a list of the snippets that its cells use"),
        (PAGE.replace("snippets:", "snipets:"), "unknown key snipets (did you mean 'snippets'?)"),
        (PAGE.replace("name: python3", "name: bash"), "jupyter.kernelspec.name: not python3"),
        (PAGE.replace(KERNEL, ""), "jupyter.kernelspec.name: not python3"),
        (PAGE.replace("```bash", "```console"), "page.md:17: unknown fence 'console': a tutorial holds"),
        (PAGE.replace("```bash", "```javascript"), "page.md:17: unknown fence 'javascript'"),
        (PAGE.replace("```bash", "~~~bash").replace("true\n```", "true\n~~~"), "page.md:17: unknown fence 'bash'"),
        (PAGE.replace("```bash", "```"), "page.md:17: unknown fence ''"),
        (PAGE.replace("```bash", "```bash --no-raise-error"), "page.md:17: a cell's fence is ```bash and nothing else"),
        (PAGE.replace("```python", '```python tags=["raises-exception"]'), "page.md:24: a cell's fence is ```"),
        (PAGE.removesuffix("```\n"), "page.md:24: a cell's fence is ```python and nothing else, and is closed by ```"),
        (f"{PAGE}\n```bash\n\n```\n", "page.md:28: an empty cell"),
        (
            PAGE.replace('print("two', "x = " + "-" * 60_000 + '1;print("two'),
            "page.md:24: not Python that anybody could read: a zero byte, or nested deeper",
        ),
        (PAGE.replace('print("two', '!false ("two'), "page.md:25: not Python (invalid syntax): commands go"),
        (f"{PAGE}\n<pre>docker run x</pre>\n", "page.md:28: <pre> typed by hand"),
        (f"{PAGE}\n    docker run x\n", "page.md:28: an indented code block typed by hand"),
        (f"{PAGE}\n<!-- #region -->\nHidden.\n<!-- #endregion -->\n", "page.md:28: no cell and no prose: <!--"),
    ],
)
def test_what_could_pass_unseen_is_refused(write: Write, text: str, fault: str) -> None:
    """Each way in which a cell could go unexecuted, or fail without a word, is named with its line."""
    with pytest.raises(CatalogError) as refused:
        write(text)

    assert fault in str(refused.value)


def test_all_faults_come_at_once(docs: Path, catalog: Catalog) -> None:
    """One run lists the faults of every page, text that is no text among them."""
    (docs / "tutorials" / "One.md").write_text(f"{FRONT}\n```sh\ntrue\n```\n")
    (docs / "tutorials" / "two.md").write_bytes(b"---\n\xff\n")

    with pytest.raises(CatalogError) as refused:
        load_tutorials(docs, catalog)

    assert refused.value.faults == (
        "tutorials/One.md: not named in lower-case-with-hyphens",
        "tutorials/One.md:11: unknown fence 'sh' (did you mean 'bash'?): a tutorial holds bash and python cells",
        "tutorials/two.md: not UTF-8 at byte 4",
    )


def test_front_matter_that_is_no_yaml_is_a_fault(write: Write) -> None:
    """It is named as such, and nobody sees a traceback."""
    with pytest.raises(CatalogError, match=r"tutorials/page\.md:3: front matter: neither `key: text` nor `key: \["):
        write(PAGE.replace("[deploy]", "[deploy"))


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("description: A page: of two", "page.md:2: front matter: neither"),
        ("description: A page # of two", "page.md:2: front matter: neither"),
        ("description: 'A page.'", "page.md:2: front matter: neither"),
        ('description: "A \\"page\\"."', "page.md:2: front matter: neither"),
        ("description: >", "page.md:2: front matter: neither"),
        ("description: *page", "page.md:2: front matter: neither"),
        ("description: No", "page.md:2: front matter: neither"),
        ("description: 2026-11-23", "page.md:2: front matter: neither"),
        ("description:", "page.md: description: not a text"),
        (" description: A page.", "page.md:2: front matter: neither"),
        ("description: A page.\n  of: two", "page.md:3: front matter: neither"),
        ("description: A page.\n...", "page.md:3: front matter: neither"),
        ("description: A page.\ndescription: A page.", "page.md:3: front matter: description is there twice"),
    ],
)
def test_front_matter_is_a_part_of_yaml(write: Write, line: str, why: str) -> None:
    """What YAML reads otherwise than as the text that stands there is refused, by its line."""
    with pytest.raises(CatalogError) as refused:
        write(PAGE.replace("description: A page.", line))

    assert why in str(refused.value)


@given(st.text(alphabet="ab:-#'\"1.[]{},&*!|>%@`~=<+ eE\t_/", max_size=8))
def test_front_matter_reads_as_yaml_does(value: str) -> None:
    """Whatever is let in is the same to whoever reads it as YAML, as MkDocs and jupytext do."""
    keys, _, faults = front_matter(["---", f"description: {value}", "---"])

    assert faults or yaml.safe_load(f"description: {value}") == keys or keys == {"description": {}}


def test_settings_of_jupytext_are_refused(write: Write) -> None:
    """They could cut cells elsewhere than where the page shows them."""
    with pytest.raises(CatalogError, match=r"page\.md: unknown key jupyter\.jupytext"):
        write(PAGE.replace("jupyter:\n", "jupyter:\n  jupytext:\n    split_at_heading: a\n"))


@pytest.mark.parametrize("end", ["\r", "\x0c", "\u2028"])
def test_a_line_ends_with_a_line_feed(write: Write, end: str) -> None:
    """Where readers differ in what a line is they differ in what a cell is."""
    with pytest.raises(CatalogError, match=r"tutorials/page\.md: ends lines with more than line feeds"):
        write(PAGE.replace("Then", f"Then{end}"))


def test_a_cell_is_a_cell_to_jupytext(tutorial: Tutorial) -> None:
    """The strict reader and the one that every notebook comes from agree on a page of everything we let in."""
    assert misread(tutorial) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (PAGE.replace("--count", "--quiet"), "jupytext reads other cells than the handbook: 2 of them"),
        (PAGE.replace("```bash", "```bash --x"), "jupytext reads options of a cell"),
        (PAGE.replace("Then", "Now"), "jupytext reads other prose than the handbook"),
        (PAGE.replace("[deploy]", "[1]"), "jupytext reads other front matter than the handbook"),
    ],
)
def test_what_jupytext_reads_otherwise_is_not_executed(
    tutorial: Tutorial, catalog: Catalog, tmp_path: Path, text: str, why: str
) -> None:
    """Should the two readers ever differ, nothing is run, so that no record comes of it."""
    workdir = tmp_path / "work"
    workdir.mkdir()

    with pytest.raises(CellError, match=f"tutorials/page.md: {why}"):
        execute(
            replace(tutorial, text=text), catalog=catalog, workdir=workdir, env=os.environ, engine="", stand_in=False
        )


def test_whoever_looks_at_tutorials_waits_for_no_jupyter() -> None:
    """Every `handbook list --stale`, audit and build would."""
    code = "import sys, snippets.tutorials, snippets.audit; print(*sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()

    assert not {"jupytext", "nbformat", "nbclient", "jupyter_client", "yaml"} & set(loaded)
    assert "snippets.tutorials.execution" not in loaded


def test_no_tutorial_at_all_is_a_fault(docs: Path, catalog: Catalog) -> None:
    """An empty directory does not pass for tutorials that are fine; an index page is none of them."""
    (docs / "tutorials" / "index.md").write_text("# Tutorials\n")

    with pytest.raises(CatalogError, match="no tutorial in "):
        load_tutorials(docs, catalog)


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("lay", "why"),
    [
        (os.mkfifo, "not a regular file"),
        (os.mkdir, "not a regular file"),
        (lambda path: path.symlink_to("/dev/zero"), "a symlink: put the page itself there"),
        (lambda path: path.symlink_to("nowhere"), "a symlink: put the page itself there"),
        (lambda path: path.write_bytes(b" " * (1 << 21)), "2097152 bytes, larger than 1048576"),
    ],
    ids=["pipe", "directory", "device", "dangling", "huge"],
)
def test_only_a_file_is_a_tutorial(docs: Path, catalog: Catalog, lay: Callable[[Path], object], why: str) -> None:
    """What came with a clone is not waited for, nor read without an end."""
    lay(docs / "tutorials" / "page.md")

    with pytest.raises(CatalogError) as refused:
        load_tutorials(docs, catalog)

    assert refused.value.faults == (f"tutorials/page.md: {why}",)


def test_a_current_record_vouches_for_its_cells(tutorial: Tutorial, catalog: Catalog, execution: Execution) -> None:
    """There is no objection to the record of these very cells, even if prose was written since."""
    assert tutorial_objection(tutorial, catalog, execution, now=NOW) is None


def test_prose_may_change_without_a_run(write: Write, catalog: Catalog, execution: Execution) -> None:
    """An edit between cells voids nothing."""
    assert tutorial_objection(write(PAGE.replace("Then", "After that")), catalog, execution, now=NOW) is None


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (("--count", "--quiet"), "tutorial page changed since 2026-11-23: the cell(s) in line 17"),
        (("two", "three"), "tutorial page changed since 2026-11-23: the cell(s) in line 24"),
        (("```python", "```bash\ntrue\n```\n\n```python"), "changed since 2026-11-23: 3 cells, and 2 were executed"),
        (("```python", "```bash"), "tutorial page was executed on 2026-11-23 otherwise, or with other files of deploy"),
    ],
)
def test_any_changed_cell_voids_the_record(
    write: Write, catalog: Catalog, execution: Execution, edit: tuple[str, str], why: str
) -> None:
    """The objection names the cell that moved, or how many there are."""
    assert why in str(tutorial_objection(write(PAGE.replace(*edit)), catalog, execution, now=NOW))


def test_a_changed_snippet_voids_the_record(tutorial: Tutorial, library: Path, execution: Execution) -> None:
    """The cells are the same, but what they fetch is not: the objection names the snippets."""
    (library / "deploy" / "deploy.yml").write_text("steps: [x]\n")

    why = tutorial_objection(tutorial, load(library), execution, now=NOW)

    assert why == "tutorial page was executed on 2026-11-23 otherwise, or with other files of deploy, than today"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"tutorial": "other"}, "tutorial page was never executed: the record is of other"),
        (
            {"verified_at": NOW + timedelta(hours=1)},
            "tutorial page was executed in the future: 2026-11-23T13:00:00+00:00",
        ),
        (
            {"verified_at": NOW - timedelta(days=31)},
            "tutorial page was last executed on 2026-10-23, more than 30 days ago",
        ),
        (
            {"verified_at": datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))},
            "tutorial page was executed before there was an engine: 0001-01-01T00:00:00+14:00",
        ),
        (
            {"verified_at": datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-14)))},
            "tutorial page was executed in the future: 9999-12-31T23:00:00-14:00",
        ),
        ({"engine": " "}, "tutorial page: the record names no engine"),
    ],
)
def test_a_record_of_something_else_counts_as_none(
    tutorial: Tutorial, catalog: Catalog, execution: Execution, change: dict[str, object], why: str
) -> None:
    """Another tutorial's, the future's and, where publishing asks for it, an old one."""
    record = replace(execution, **change)  # type: ignore[arg-type]

    assert tutorial_objection(tutorial, catalog, record, now=NOW, max_age=timedelta(days=30)) == why


def test_a_record_of_silence_counts_as_none(tutorial: Tutorial, catalog: Catalog, execution: Execution) -> None:
    """Cells that printed nothing at all are no evidence that they ran."""
    silent = replace(execution, cells=[Cell(source=cell.text, output="") for cell in tutorial.cells])

    assert tutorial_objection(tutorial, catalog, silent, now=NOW) == "tutorial page was executed, but nothing was seen"


def test_standing_follows_the_record(tutorial: Tutorial, execution: Execution, standing: Standing) -> None:
    """Without a record a tutorial is unproven, with a current one proven."""
    without = standing(tutorial, None)

    assert (without.state, without.objection) == (State.UNPROVEN, "tutorial page was never executed")
    assert standing(tutorial, execution).state is State.PROVEN


def test_a_record_edited_by_hand_counts_as_none(
    tutorial: Tutorial, execution: Execution, standing: Standing, tmp_path: Path
) -> None:
    """An output that nobody saw cannot be written into a record."""
    standing(tutorial, execution)
    path = tmp_path / "evidence" / "tutorials" / "page.json"
    path.write_text(path.read_text().replace("<0>", "<9>"))

    stands = standing(tutorial, None)

    assert stands.state is State.UNPROVEN
    assert "its checksum does not match" in str(stands.objection)


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
        '[Download this page as a notebook, outputs included](page.ipynb){ download="page.ipynb" }\n{ .hb-links }\n'
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
    read = nbformat.reads(made.decode(), as_version=4)  # type: ignore[no-untyped-call]

    nbformat.validate(read)
    assert made == as_notebook(tutorial, execution)
    assert [cell.cell_type for cell in read.cells] == ["markdown", "code", "markdown", "code"]
    assert read.cells[0].source == "# A page\n\nRead this and\n[that](https://example.org/)."
    assert read.cells[1].source == f"%%bash -euo pipefail\n{tutorial.cells[0].text}"
    assert read.cells[1].outputs[0].text == 'a\tb\n<0> & "1"\n'
    assert read.cells[3].outputs == []
    assert json.loads(made)["metadata"]["handbook"] == {"digest": execution.digest}


def test_cells_run_in_order_in_one_directory(run: Callable[..., list[str]], tmp_path: Path) -> None:
    """Files go from cell to cell; the directory is shown as the reader's, without colours.

    A command that reads its standard input leaves the lines below it to bash.
    """
    page = cells("echo one > file", "cat file; pwd", r"printf '\033[31mred\033[0m\n' >&2", "cat\necho after")

    printed = run(f"{page}\n```python\nprint(1)\n2\n```\n")

    assert printed == ["", "one\n~/page", "red", "after", "1\n2"]
    assert (tmp_path / "work" / "file").read_text() == "one\n"


def test_a_cell_that_fails_ends_the_run(run: Callable[..., list[str]], tmp_path: Path) -> None:
    """The first line that fails is the last; the error names the cell and quotes its source and what it printed."""
    with pytest.raises(CellError) as failed:
        run(cells("echo fine", "echo before\n(exit 2)\ntouch after", "touch after"))

    assert str(failed.value) == (
        "tutorials/page.md:15: cell 2 of 3 failed: exit status 2\n"
        "    echo before\n    (exit 2)\n    touch after\n  It printed:\n    before"
    )
    assert not (tmp_path / "work" / "after").exists()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (cells("(exit 7) | cat"), "page.md:11: cell 1 of 1 failed: exit status 7"),
        (f"{FRONT}\n```python\nimport sys\nsys.exit(0)\n```\n", "cell 1 of 1 failed: SystemExit: 0"),
    ],
    ids=["pipe", "exit"],
)
def test_no_failure_is_overlooked(run: Callable[..., list[str]], text: str, why: str) -> None:
    """Neither one at the head of a pipe, nor an end that calls itself a success."""
    with pytest.raises(CellError, match=why):
        run(text)


def test_a_cell_that_hangs_ends_the_run(run: Callable[..., list[str]], tmp_path: Path) -> None:
    """It is ended with all it started, and the error says how long it had."""
    with pytest.raises(CellError, match="cell 1 of 1 failed: no end within 1 s"):
        run(cells("echo $$ > pid; exec tail -f /dev/null"), timeout_s=1)

    assert not Path("/proc", (tmp_path / "work" / "pid").read_text().strip()).exists()


def test_a_machine_without_bash_is_an_error(tutorial: Tutorial, catalog: Catalog, tmp_path: Path) -> None:
    """IPython would go on to the next cell, and all would pass."""
    (tmp_path / "work").mkdir()

    with pytest.raises(EngineError, match="tutorials need `bash`"):
        execute(
            tutorial, catalog=catalog, workdir=tmp_path / "work", env={"PATH": str(tmp_path)}, engine="", stand_in=False
        )


def test_a_directory_in_use_is_an_error(tutorial: Tutorial, catalog: Catalog, tmp_path: Path) -> None:
    """What lies there already could make a cell pass that fails for a reader."""
    with pytest.raises(EngineError, match="is not empty: a tutorial starts as its reader does"):
        execute(tutorial, catalog=catalog, workdir=tmp_path, env=os.environ, engine="", stand_in=False)


def test_the_handbooks_own_tutorials_load() -> None:
    """Every page in docs/tutorials is one that could be executed, and the same to jupytext."""
    tutorials = load_tutorials(Path(__file__).parents[2] / "docs", load())

    assert "first-container" in tutorials
    assert {name: misread(tutorial) for name, tutorial in tutorials.items()} == dict.fromkeys(tutorials)
