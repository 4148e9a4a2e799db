"""jupytext pages -> `Tutorial`s, refused at the door where a cell could fail unseen, and how each stands."""

import ast
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from snippets.catalog import SLUG, Catalog
from snippets.errors import CatalogError, RecordError
from snippets.evidence import CLOCK_SKEW, EvidenceStore, Execution
from snippets.metadata import near
from snippets.render import scan
from snippets.standing import State

FOLDER = "tutorials"
KERNEL = "python3"
LANGUAGES = ("bash", "python")
KEYS = ("title", "description", "snippets", "jupyter")
# Each bash cell is a shell of its own: unlike a terminal it has to stop at the first line that fails.
BASH = "%%bash -euo pipefail"
_FRONT_MATTER = re.compile(r"---\n.*?^---\n", re.DOTALL | re.MULTILINE)
_FORMAT = {"extension": ".md", "format_name": "markdown", "root_level_metadata_as_raw_cell": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A run of prose, or the code of one cell; `line` is where it begins in the file, 1 the first."""

    language: str | None
    text: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tutorial:
    """A page whose every cell is executed; `snippets` are those whose files its cells fetch."""

    name: str
    snippets: Sequence[str]
    passages: Sequence[Passage]

    @property
    def page(self) -> str:
        """Where it lies below the docs."""
        return f"{FOLDER}/{self.name}.md"

    @property
    def download(self) -> str:
        """Where the site offers it as a notebook."""
        return f"{FOLDER}/{self.name}.ipynb"

    @property
    def cells(self) -> tuple[Passage, ...]:
        """What is executed, in order."""
        return tuple(passage for passage in self.passages if passage.language)

    def digest(self, catalog: Catalog) -> str:
        """Digest over the cells, how they are run, and the snippets; prose may change without a run."""
        lines = [BASH, *(f"{name} {catalog.snippets[name].digest}" for name in self.snippets)]
        lines += [f"{cell.language} {hashlib.sha256(cell.text.encode()).hexdigest()}" for cell in self.cells]
        return "sha256:" + hashlib.sha256("\n".join(lines).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class TutorialStanding:
    """How one tutorial stands; `objection` is None only where `execution` is of exactly these cells."""

    tutorial: Tutorial
    state: State
    objection: str | None
    execution: Execution | None


def load_tutorials(docs: Path, catalog: Catalog) -> dict[str, Tutorial]:
    """Read every page below `docs`/tutorials, by name; an index page among them is no tutorial.

    Raises CatalogError, which lists every fault of the run: unknown keys, snippets and fences, pages
    without a cell, cells with options or in no known language, text that is not UTF-8.
    """
    faults: list[str] = []
    tutorials: dict[str, Tutorial] = {}
    for path in sorted((docs / FOLDER).glob("*.md")):
        if path.name != "index.md" and (tutorial := _tutorial(path, catalog, faults)) is not None:
            tutorials[tutorial.name] = tutorial
    if not tutorials and not faults:
        faults.append(f"no tutorial in {docs / FOLDER}")
    if faults:
        raise CatalogError(faults)
    return tutorials


def _tutorial(path: Path, catalog: Catalog, faults: list[str]) -> Tutorial | None:
    import jupytext  # noqa: PLC0415 - readers who only copy do without it
    import yaml  # type: ignore[import-untyped]  # noqa: PLC0415 - what jupytext reads front matter with

    shown, before = f"{FOLDER}/{path.name}", len(faults)
    if not SLUG.fullmatch(path.stem):
        faults.append(f"{shown}: not named in lower-case-with-hyphens")
    try:
        text = path.read_bytes().decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        faults.append(f"{shown}: not UTF-8 at byte {error.start}")
        return None
    try:
        notebook = jupytext.reads(text, fmt=dict(_FORMAT))
    except yaml.YAMLError as error:
        faults.append(f"{shown}: front matter: {' '.join(str(error).split())}")
        return None
    stated = notebook.metadata.get("jupytext", {}).get("root_level_metadata", {})
    keys = {**stated, "jupyter": {key: notebook.metadata[key] for key in notebook.metadata if key != "jupytext"}}
    snippets = tuple(_snippets(keys, shown, catalog, faults))
    passages = tuple(_passages(notebook.cells, text, shown, faults))
    if not any(passage.language for passage in passages):
        faults.append(f"{shown}: no cells")
    if len(faults) > before:
        return None
    return Tutorial(name=path.stem, snippets=snippets, passages=passages)


def _snippets(keys: Mapping[str, Any], shown: str, catalog: Catalog, faults: list[str]) -> Iterator[str]:
    faults.extend(f"{shown}: unknown key {key}{near(key, KEYS)}" for key in keys if key not in KEYS)
    if keys["jupyter"].get("kernelspec", {}).get("name") != KERNEL:
        faults.append(f"{shown}: jupyter.kernelspec.name: not {KERNEL}")
    stated = keys.get("snippets")
    if not isinstance(stated, list) or not stated:
        faults.append(f"{shown}: snippets: not a list of the snippets that its cells use")
        return
    for name in stated:
        if name not in catalog.snippets:
            faults.append(f"{shown}: snippets: no snippet {name!r}{near(str(name), catalog.snippets)}")
        else:
            yield name


def _passages(cells: Sequence[Any], text: str, shown: str, faults: list[str]) -> Iterator[Passage]:
    """Find each of jupytext's cells in the text again, so that nothing it drops or changes passes unseen."""
    front_matter = _FRONT_MATTER.match(text)
    position = front_matter.end() if front_matter else 0
    for cell in cells:
        source: str = cell.source
        language, wanted = None, source
        if cell.cell_type == "code":
            magic, _, rest = source.partition("\n")
            language, source = (magic[2:], rest) if magic.startswith("%%") else ("python", source)
            wanted = f"```{language}\n{source}\n```\n"
        found = f"{text}\n".find(wanted, position)
        if (skipped := text[position:found] if found >= 0 else "").strip():
            faults.append(f"{shown}:{_line(text, position)}: no cell and no prose: {skipped.strip().splitlines()[0]}")
        line = _line(text, max(found, position))
        if language is not None:
            cell_faults = _cell_faults(language, source, set(cell.metadata), found=found >= 0)
        else:
            cell_faults = _prose_faults(source, found=found >= 0)
        faults.extend(f"{shown}:{line + offset}: {fault}" for offset, fault in cell_faults)
        if found >= 0:
            position = found + len(wanted)
        yield Passage(language=language, text=source, line=line)


def _line(text: str, position: int) -> int:
    rest = text[position:]
    return text.count("\n", 0, position + len(rest) - len(rest.lstrip())) + 1


def _prose_faults(prose: str, *, found: bool) -> Iterator[tuple[int, str]]:
    """Every fault with its distance in lines: what has a fence and is no cell is code that nobody ran."""
    if not found:
        yield 0, "jupytext reads this prose otherwise than it stands here: leave out its markers"
    seen = scan(prose)
    for fence in seen.fences:
        yield fence.first - 1, _unknown(fence.language)
    for fault in seen.faults:
        yield fault.line - 1, fault.why


def _cell_faults(language: str, source: str, options: set[str], *, found: bool) -> Iterator[tuple[int, str]]:
    if language not in LANGUAGES:
        yield 0, _unknown(language)
    # With an option, such as the tag raises-exception, a cell could fail and still pass.
    elif not found or options - {"lines_to_next_cell"}:
        yield 0, f"a cell's fence is ```{language} and nothing else, and is closed by ```"
    elif not source.strip():
        yield 0, "an empty cell"
    elif language == "python":
        try:
            ast.parse(source)
        except SyntaxError as error:
            # IPython would take `!command`, whose failure is none of the cell's.
            yield error.lineno or 0, f"not Python ({error.msg}): commands go into a bash cell"


def _unknown(language: str) -> str:
    return f"unknown fence {language!r}{near(language, LANGUAGES)}: a tutorial holds {' and '.join(LANGUAGES)} cells"


def tutorial_objection(
    tutorial: Tutorial,
    catalog: Catalog,
    execution: Execution | None,
    *,
    now: datetime | None = None,
    max_age: timedelta | None = None,
) -> str | None:
    """Why the cells may not be shown, or None where this record is of exactly them and what they use."""
    name = f"tutorial {tutorial.name}"
    if execution is None:
        return f"{name} was never executed"
    since, moment = f"{execution.verified_at:%Y-%m-%d}", now or datetime.now(UTC)
    if execution.tutorial != tutorial.name:
        return f"{name} was never executed: the record is of {execution.tutorial}"
    ran, cells = [cell.source for cell in execution.cells], [cell.text for cell in tutorial.cells]
    if len(ran) != len(cells):
        return f"{name} changed since {since}: {len(cells)} cells, and {len(ran)} were executed"
    if ran != cells:
        lines = [str(cell.line) for cell, source in zip(tutorial.cells, ran, strict=True) if cell.text != source]
        return f"{name} changed since {since}: the cell(s) in line {', '.join(lines)}"
    if execution.digest != tutorial.digest(catalog):
        used = ", ".join(tutorial.snippets)
        return f"{name} was executed on {since} otherwise, or with other files of {used}, than today"
    if execution.verified_at > moment + CLOCK_SKEW:
        return f"{name} was executed in the future: {execution.verified_at.isoformat()}"
    if max_age is not None and moment - execution.verified_at > max_age:
        return f"{name} was last executed on {since}, more than {max_age.days} days ago"
    if not any(cell.output.strip() for cell in execution.cells):
        return f"{name} was executed, but nothing was seen"
    return None


def tutorial_standings(
    tutorials: Mapping[str, Tutorial],
    catalog: Catalog,
    store: EvidenceStore,
    *,
    now: datetime | None = None,
    max_age: timedelta | None = None,
) -> dict[str, TutorialStanding]:
    """How every tutorial stands by the records of one store, by name; a corrupt record counts as none."""
    standings: dict[str, TutorialStanding] = {}
    for name, tutorial in tutorials.items():
        execution, objection = None, None
        try:
            execution = store.read(Execution, name)
        except RecordError as error:
            objection = f"tutorial {name} was not executed: {error}"
        else:
            objection = tutorial_objection(tutorial, catalog, execution, now=now, max_age=max_age)
        state = State.PROVEN if objection is None else State.UNPROVEN
        standings[name] = TutorialStanding(tutorial=tutorial, state=state, objection=objection, execution=execution)
    return standings
