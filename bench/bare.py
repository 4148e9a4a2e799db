"""The handbook's pages -> the same pages as their author would have typed them, for MkDocs without our plugin."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pygments.lexers import get_lexer_for_filename
from pygments.util import ClassNotFound

from bench.shell import ROOT, BenchError
from snippets.catalog.fences import Fence, scan
from snippets.cli import main
from snippets.evidence.standing import State
from snippets.handbook import Handbook
from snippets.render import Links, difference, root_of, show
from snippets.tutorials import TutorialStanding

PLUGIN = "  - handbook\n"
TEXT = "text"
TYPED = frozenset({"snippet", "command", "pitfall", "exhibit"})


def write_bare(folder: Path) -> Path:
    """Write them and a mkdocs.yml below `folder`; where that is. Raises BenchError where the plugin is not found."""
    settings = (ROOT / "mkdocs.yml").read_text()
    if settings.count(PLUGIN) != 1:
        message = "mkdocs.yml does not name the plugin `handbook` once"
        raise BenchError(message)
    shutil.copytree(ROOT / "docs", folder / "docs")
    shutil.copytree(ROOT / "overrides", folder / "overrides")
    handbook = replace(Handbook.here(), program=main)
    executed = {standing.tutorial.page: standing for standing in handbook.tutorials.values()}
    for page in (folder / "docs").rglob("*.md"):
        uri = page.relative_to(folder / "docs").as_posix()
        if uri in executed:
            page.write_text(tutorial_page(executed[uri]))
        else:
            page.write_text(typed(page.read_text(), uri, handbook))
    # Links to downloads lead nowhere without the plugin: said, and no error here.
    bare = settings.replace(PLUGIN, "").replace("strict: true\n", "")
    (folder / "mkdocs.yml").write_text(bare)
    return folder / "mkdocs.yml"


def typed(text: str, page: str, handbook: Handbook) -> str:
    """One page, each reference replaced by what it shows: code as a fence, tables and cards as HTML."""
    found = scan(text)
    pieces: list[str] = []
    end = 0
    for fence in found.fences:
        pieces += found.lines[end : fence.first - 1]
        shown = (line for block in _shown(fence, page, handbook) for line in block.split("\n"))
        pieces += ["", *(f"{fence.before}{line}".rstrip() for line in shown), ""]
        end = fence.last
    return "\n".join([*pieces, *found.lines[end:]])


def tutorial_page(standing: TutorialStanding) -> str:
    """A tutorial with what its cells printed."""
    outputs = iter(standing.execution.cells if standing.execution else ())
    pieces: list[str] = []
    for passage in standing.tutorial.passages:
        if passage.language is None:
            pieces.append(passage.text)
        else:
            cell = next(outputs, None)
            pieces += [_fence(passage.language, passage.text), _fence(TEXT, cell.output if cell else "")]
    return "\n\n".join(pieces) + "\n"


def _shown(fence: Fence, page: str, handbook: Handbook) -> Iterator[str]:
    for reference in filter(None, (line.strip() for line in fence.body)):
        name, _, rest = reference.partition("/")
        standing = handbook.snippets.get(name)
        proven = standing is not None and standing.state is State.PROVEN
        if standing is None or not proven or not rest or fence.language not in TYPED:
            # A card or a table; an author would have typed its HTML.
            yield show(fence.language, reference, handbook, Links(root_of(page))).html
        elif fence.language == "snippet":
            yield _fence(_language(rest), standing.snippet.text(rest))
        elif fence.language == "command":
            yield _fence("console", standing.snippet.commands[rest])
        elif fence.language == "exhibit" and "/" in rest:
            slug, _, path = rest.partition("/")
            yield _fence(_language(path), handbook.catalog.pitfalls[f"{name}/{slug}"].exhibit[path].text)
        elif fence.language == "exhibit":
            yield show(fence.language, reference, handbook, Links(root_of(page))).html
        else:
            fault = handbook.pitfalls[reference]
            yield _fence("diff", difference(fault.pitfall, standing.snippet))
            yield _fence(TEXT, fault.capture.error if fault.capture else "")
            yield f"{fault.pitfall.table.why}\n\n{fault.pitfall.table.fix}"


def _language(path: str) -> str:
    try:
        return str(get_lexer_for_filename(path).aliases[0])
    except ClassNotFound:
        return TEXT


def _fence(language: str, text: str) -> str:
    ended = text if text.endswith("\n") else f"{text}\n"
    return f"`````{language}\n{ended}`````\n"
