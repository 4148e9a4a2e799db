"""A tutorial -> an `Execution`: every cell run by a Jupyter kernel of this very Python, the first error final."""

import os
import re
import shlex
import shutil
import sysconfig
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..catalog import Catalog
from ..errors import EngineError, SnippetsError
from ..evidence.records import Cell, Execution
from .cells import front_matter
from .tutorial import KERNEL, Tutorial, executed

if TYPE_CHECKING:
    from nbclient import NotebookClient

CELL_TIMEOUT_S = 600.0
TAIL_LINES = 25
_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
_STATUS = re.compile(r"returned non-zero exit status (-?\d+)\.?\s*$")
# A cell comes as input. It goes on as an argument: whole, or not at all.
_SHELL = """#!/bin/sh
cell=$(cat) && [ -n "$cell" ] && exec {there} bash "$@" -c "$cell"
"""
_FORMAT = {"extension": ".md", "format_name": "markdown", "root_level_metadata_as_raw_cell": False}


class CellError(SnippetsError):
    """A cell failed or did not end; the message names its line and quotes what it printed."""


def execute(  # noqa: PLR0913 - what is run, where and on what, each once
    tutorial: Tutorial,
    *,
    catalog: Catalog,
    workdir: Path,
    env: Mapping[str, str],
    engine: str,
    stand_in: bool,
    there: Sequence[str] = (),
    notebook: bytes | None = None,
    timeout_s: float = CELL_TIMEOUT_S,
    now: datetime | None = None,
) -> Execution:
    """Run every cell in the empty directory `workdir`, each of them in at most `timeout_s` seconds.

    `env` is the environment of the cells, with a `docker` of ours first on PATH where bases are stood
    in; `engine` and `stand_in` go into the record as they are. A tutorial that is not run `here` is run `there`,
    which a program and its arguments are put after. Where a `notebook` of it is given, that is what is run.
    Raises CellError at the first cell that fails or that jupytext or the notebook has otherwise, EngineError where
    there is nothing to run cells with.
    """
    if why := misread(tutorial):
        message = f"{tutorial.page}: {why}"
        raise CellError(message)
    # IPython only prints that it found no bash, and goes on to the next cell.
    if shutil.which("bash", path=env.get("PATH")) is None:
        message = "tutorials need `bash`, and there is none on PATH"
        raise EngineError(message)
    if tutorial.here == bool(there):
        message = f"{tutorial.page}: its cells are run {'here' if tutorial.here else 'elsewhere'}, and nowhere else"
        raise EngineError(message)
    if any(workdir.iterdir()):
        message = f"{workdir} is not empty: a tutorial starts as its reader does"
        raise EngineError(message)
    with tempfile.TemporaryDirectory(prefix="handbook-kernel-") as folder:
        # The user's own IPython profile must not decide what comes out.
        hermetic = {**env, "IPYTHONDIR": folder, "JUPYTER_RUNTIME_DIR": folder, "PWD": str(workdir)}
        # Last, so that the caller's own programs win: this is where `handbook` is.
        path = [env.get("PATH", os.defpath), sysconfig.get_path("scripts")]
        if there:
            path.insert(0, str(_shell(Path(folder), there)))
        env = {**hermetic, "PATH": os.pathsep.join(path)}
        outputs = _run(tutorial, _client(tutorial, notebook, timeout_s), workdir, env, Path(folder))
    cells = [
        Cell(source=cell.text, output=_normal(output, tutorial, workdir))
        for cell, output in zip(tutorial.cells, outputs, strict=True)
    ]
    return Execution(
        tutorial=tutorial.name,
        digest=tutorial.digest(catalog),
        engine=engine,
        stand_in=stand_in,
        verified_at=now or datetime.now(UTC).replace(microsecond=0),
        cells=cells,
    )


def _shell(folder: Path, there: Sequence[str]) -> Path:
    """A directory for PATH in which `bash` is the one on another machine: what stands in a cell stays as it is."""
    program = folder / "there" / "bash"
    program.parent.mkdir()
    program.write_text(_SHELL.format(there=shlex.join(there)))
    program.chmod(0o755)
    return program.parent


def _run(
    tutorial: Tutorial, client: "NotebookClient", workdir: Path, env: Mapping[str, str], folder: Path
) -> list[str]:
    from ipykernel.kernelspec import get_kernel_dict  # noqa: PLC0415
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager  # noqa: PLC0415
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError  # noqa: PLC0415

    class ThisPython(KernelSpecManager):
        """Whatever kernels are installed on this machine, cells run in the interpreter that runs us."""

        def get_kernel_spec(self, kernel_name: str) -> KernelSpec:  # noqa: ARG002 - there is one
            return KernelSpec(resource_dir="", **get_kernel_dict())

    cells = [(place, cell) for place, cell in enumerate(client.nb.cells) if cell.cell_type == "code"]
    manager = client.create_kernel_manager()
    manager.kernel_spec_manager = ThisPython()
    # Sockets in a directory of ours: over TCP any user of the machine could listen.
    manager.transport, manager.connection_file = "ipc", str(folder / "kernel.json")
    with client.setup_kernel(env=dict(env), cwd=str(workdir)):
        for index, (place, cell) in enumerate(cells):
            try:
                client.execute_cell(cell, place)
            except CellExecutionError as error:
                status = _STATUS.search(error.evalue)
                why = f"exit status {status[1]}" if status else f"{error.ename}: {error.evalue}"
            except CellTimeoutError:
                why = f"no end within {client.timeout:g} s"
            except DeadKernelError:
                why = "it ended the kernel"
            else:
                continue
            raise _failure(tutorial, index, why, _normal(_printed(cell.outputs), tutorial, workdir))
    return [_printed(cell.outputs) for _, cell in cells]


def _client(tutorial: Tutorial, notebook: bytes | None, timeout_s: float) -> "NotebookClient":
    """What runs the notebook, or one of the page's cells alone; raises CellError where it has others than the page."""
    # Readers who only copy do without Jupyter.
    import nbformat.v4  # noqa: PLC0415
    from nbclient import NotebookClient  # noqa: PLC0415

    wanted = [executed(cell) for cell in tutorial.cells]
    if notebook is None:
        cells = [nbformat.v4.new_code_cell(source) for source in wanted]
        document = nbformat.v4.new_notebook(cells=cells)
        return NotebookClient(document, kernel_name=KERNEL, timeout=timeout_s)
    try:
        document = nbformat.reads(notebook.decode(), as_version=4)
        nbformat.validate(document)
    except (nbformat.reader.NotJSONError, nbformat.ValidationError) as error:
        message = f"{tutorial.page}: it is no notebook: {error}"
        raise CellError(message) from None
    if [cell.source for cell in document.cells if cell.cell_type == "code"] != wanted:
        message = f"{tutorial.page}: its notebook has other cells than the page"
        raise CellError(message)
    return NotebookClient(document, kernel_name=KERNEL, timeout=timeout_s)


def misread(tutorial: Tutorial) -> str | None:
    """What jupytext reads in the page otherwise than we do, or None: then a cell here is a cell to all readers."""
    import jupytext  # noqa: PLC0415 - whoever only looks at a tutorial does without it

    notebook = jupytext.reads(tutorial.text, fmt=dict(_FORMAT))
    theirs, prose = list[tuple[str, str]](), list[str]()
    for cell in notebook.cells:
        magic, _, rest = str(cell.source).partition("\n")
        if cell.cell_type != "code":
            prose += _written(cell.source)
        elif options := set(cell.metadata) - {"lines_to_next_cell"}:
            return f"jupytext reads options of a cell: {', '.join(sorted(options))}"
        else:
            theirs.append((magic[2:], rest) if magic.startswith("%%") else ("python", str(cell.source)))
    if theirs != [(cell.language, cell.text) for cell in tutorial.cells]:
        return f"jupytext reads other cells than the handbook: {len(theirs)} of them"
    if prose != [line for passage in tutorial.passages if not passage.language for line in _written(passage.text)]:
        return "jupytext reads other prose than the handbook"
    stated = dict(notebook.metadata)
    root = stated.pop("jupytext", {}).get("root_level_metadata", {})
    if {**root, "jupyter": stated} != front_matter(tutorial.text.splitlines())[0]:
        return "jupytext reads other front matter than the handbook"
    return None


def _written(prose: str) -> list[str]:
    """Its lines but for blank ones, at which jupytext cuts prose in two."""
    return [line for line in prose.split("\n") if line.strip()]


def _printed(outputs: list[Any]) -> str:
    """The text of all outputs, stdout and stderr alike; of a rich one its plain text."""
    shown = []
    for output in outputs:
        if output.output_type == "stream":
            shown.append(output.text)
        elif output.output_type in ("execute_result", "display_data"):
            shown.append(output.data.get("text/plain", "") + "\n")
    return "".join(shown)


def _normal(output: str, tutorial: Tutorial, workdir: Path) -> str:
    """Without colours, and with the directory called what the reader calls it."""
    for place in sorted({str(workdir), str(workdir.resolve())}, key=len, reverse=True):
        output = output.replace(place, f"~/{tutorial.name}")
    return _ANSI.sub("", output).replace("\r\n", "\n").rstrip("\n")


def _failure(tutorial: Tutorial, index: int, why: str, printed: str) -> CellError:
    cell = tutorial.cells[index]
    source = "\n".join(f"    {line}" for line in cell.text.splitlines())
    tail = "\n".join(f"    {line}" for line in printed.splitlines()[-TAIL_LINES:]) or "    nothing"
    return CellError(
        f"{tutorial.page}:{cell.line}: cell {index + 1} of {len(tutorial.cells)} failed: {why}\n{source}\n"
        f"  It printed:\n{tail}"
    )
