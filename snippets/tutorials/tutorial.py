"""Pages below docs/tutorials -> `Tutorial`s, refused at the door where a cell could fail unseen."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..catalog import Catalog
from ..catalog.directory import SLUG
from ..catalog.metadata import near
from ..catalog.snippet import ARRIVE, Kind
from ..errors import CatalogError
from ..reading import regular
from .cells import Passage, Value, front_matter, passages

FOLDER = "tutorials"
LARGEST_BYTES = 1024 * 1024
KERNEL = "python3"
KEYS = ("title", "description", "snippets", "servers", "jupyter")
# Each bash cell is a shell of its own: unlike a terminal it has to stop at the first line that fails.
BASH = "%%bash -euo pipefail"
_SPEC = ("display_name", "language", "name")


def body(cell: Passage) -> str:
    """What is run of it: bash in braces, for a shell reads all of those first, and no command eats the rest as input.

    Its errors are printed among the rest, in order: Jupyter reads two pipes in none.
    """
    return f"{{\n{cell.text}\n}} < /dev/null 2>&1" if cell.language == "bash" else cell.text


def executed(cell: Passage) -> str:
    """The same as a cell of a notebook."""
    return f"{BASH}\n{body(cell)}\n" if cell.language == "bash" else cell.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Tutorial:
    """A page whose every cell is executed; `snippets` are those whose files its cells fetch, `text` is all of it.

    Where it names `servers`, its cells are run on the machine that deploys to them, in a clone of that snippet. With a
    compose project beside a cluster they are run `here`, where the project runs, and reach the cluster from here.
    """

    name: str
    snippets: Sequence[str]
    passages: Sequence[Passage]
    text: str
    servers: str = ""
    here: bool = True

    @property
    def label(self) -> str:
        """What lists call it."""
        return f"{FOLDER}/{self.name}"

    @property
    def page(self) -> str:
        """Where it lies below the docs."""
        return f"{FOLDER}/{self.name}.md"

    @property
    def notebook(self) -> str:
        """Where the site offers it as a notebook."""
        return f"{FOLDER}/{self.name}.ipynb"

    @property
    def markdown(self) -> str:
        """Where the site offers it as the same in Markdown."""
        return f"{FOLDER}/{self.name}.md"

    @property
    def cells(self) -> tuple[Passage, ...]:
        """What is executed, in order."""
        return tuple(passage for passage in self.passages if passage.language)

    def digest(self, catalog: Catalog) -> str:
        """Digest over the cells, how they are run, and the snippets; prose may change without a run."""
        lines = [BASH, *(f"{name} {catalog.snippets[name].digest}" for name in self.snippets)]
        lines += [f"servers {self.servers}"] if self.servers else []
        lines += [f"{cell.language} {hashlib.sha256(cell.text.encode()).hexdigest()}" for cell in self.cells]
        return "sha256:" + hashlib.sha256("\n".join(lines).encode()).hexdigest()


def load_tutorials(docs: Path, catalog: Catalog) -> dict[str, Tutorial]:
    """Read every page below `docs`/tutorials, by name; an index page among them is no tutorial.

    Raises CatalogError, which lists every fault of the run: unknown keys, snippets and fences, pages
    without a cell, cells with options or in no known language, servers that are none or are not
    deployed to as readers are told, text that is not UTF-8.
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
    shown, before = f"{FOLDER}/{path.name}", len(faults)
    if not SLUG.fullmatch(path.stem):
        faults.append(f"{shown}: not named in lower-case-with-hyphens")
    if path.is_symlink():
        faults.append(f"{shown}: a symlink: put the page itself there")
        return None
    try:
        text = regular(str(path), LARGEST_BYTES).decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        faults.append(f"{shown}: not UTF-8 at byte {error.start}")
        return None
    except OSError as error:
        faults.append(f"{shown}: {error.strerror}")
        return None
    lines = text.splitlines()
    if lines != text.removesuffix("\n").split("\n"):
        faults.append(f"{shown}: ends lines with more than line feeds, so that readers differ in what a line is")
        return None
    keys, start, found = front_matter(lines)
    read, more = passages(lines, start)
    faults.extend(f"{shown}:{line}: {why}" for line, why in found)
    snippets = tuple(_snippets(keys, shown, catalog, faults))
    faults.extend(f"{shown}:{line}: {why}" for line, why in more)
    servers = keys.get("servers", "")
    if "servers" in keys:
        faults.extend(f"{shown}{why}" for why in _servers_faults(servers, snippets, read, catalog))
    if len(faults) == before and not any(passage.language for passage in read):
        faults.append(f"{shown}: no cells")
    if len(faults) > before:
        return None
    here = "servers" not in keys or any(catalog.snippets[name].kind is Kind.COMPOSE for name in snippets)
    return Tutorial(name=path.stem, snippets=snippets, passages=tuple(read), text=text, servers=str(servers), here=here)


def _snippets(keys: Mapping[str, Value], shown: str, catalog: Catalog, faults: list[str]) -> Iterator[str]:
    """Names of the snippets that the front matter states; all else that is wrong with it goes to `faults`."""
    faults.extend(f"{shown}: unknown key {key}{near(key, KEYS)}" for key in keys if key not in KEYS)
    faults.extend(f"{shown}: {key}: not a text" for key in KEYS[:2] if not isinstance(keys.get(key, ""), str))
    jupyter = keys.get("jupyter")
    kernel = jupyter.get("kernelspec") if isinstance(jupyter, dict) else None
    if not isinstance(kernel, dict) or kernel.get("name") != KERNEL:
        faults.append(f"{shown}: jupyter.kernelspec.name: not {KERNEL}")
    elif isinstance(jupyter, dict):
        # Among others is what tells jupytext to cut cells elsewhere.
        unknown = [f"jupyter.{key}" for key in jupyter if key != "kernelspec"]
        unknown += [f"jupyter.kernelspec.{key}" for key in kernel if key not in _SPEC]
        faults.extend(f"{shown}: unknown key {key}" for key in unknown)
    stated = keys.get("snippets")
    if not isinstance(stated, list) or not stated:
        faults.append(f"{shown}: snippets: not a list of the snippets that its cells use")
        return
    for name in stated:
        if name not in catalog.snippets:
            faults.append(f"{shown}: snippets: no snippet {name!r}{near(name, catalog.snippets)}")
        else:
            yield name


def _servers_faults(stated: Value, snippets: Sequence[str], read: Sequence[Passage], catalog: Catalog) -> Iterator[str]:
    """Why its cells cannot be run where these servers are deployed from, each to be put after the page's name."""
    if not isinstance(stated, str):
        yield ": servers: not the name of a snippet of hosts"
        return
    if (snippet := catalog.snippets.get(stated)) is None:
        yield f": servers: no snippet {stated!r}{near(stated, catalog.snippets)}"
        return
    if snippet.kind not in {Kind.HOST, Kind.CLUSTER}:
        yield f": servers: {stated} is of kind {snippet.kind} and has none"
        return
    if snippet.kind is Kind.HOST and any(catalog.snippets[name].kind is Kind.COMPOSE for name in snippets):
        yield f": servers: {stated} is of kind host, and no key of this machine, where compose projects run, opens one"
    if stated not in snippets:
        yield f": servers: {stated} is not among snippets, by which a record grows stale"
    for cell in read:
        if cell.language not in (None, "bash"):
            yield f":{cell.line}: a {cell.language} cell: where servers are deployed from there is bash alone"
    names = list(snippet.commands)
    for name in names[: names.index(ARRIVE) + 1]:
        # Or a page could tell of yesterday's command long after the others tell of today's.
        if not any(_words(snippet.commands[name]) in _words(cell.text) for cell in read if cell.language):
            yield f": servers: no cell has the command {stated}/{name} word for word"


def _words(command: str) -> str:
    """The same, wherever its lines are broken."""
    return " ".join(command.replace("\\\n", " ").split())
