"""A snippet of hosts -> its hosts, deployed to by its own commands, as a reader would."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ..catalog.kinds import ARRIVE
from ..catalog.snippet import Snippet
from ..engine.engine import Engine
from ..engine.subjects.host import prepared
from ..engine.subjects.servers import Servers, hosted


@contextmanager
def bare(
    engine: Engine, snippet: Snippet, folder: Path, replaced: Mapping[Path, str] | None = None
) -> Iterator[Servers]:
    """Its hosts, and whoever has its files. They hold nothing.

    `replaced` gives other text for some files, as a mutant has it; then they hold what its commands would install.
    """
    table = snippet.table.host
    assert table is not None, "the door asks every snippet of hosts for it"
    clone = snippet.assemble(folder / snippet.name, replaced)
    begun = prepared(table.packages, engine.run) if replaced and table.packages else None
    with hosted(table.names, arriving(snippet), clone, engine.run, begun) as servers:
        yield servers


@contextmanager
def arrived(
    engine: Engine, snippet: Snippet, folder: Path, replaced: Mapping[Path, str] | None = None
) -> Iterator[Servers]:
    """The same after its commands, to `arrive`; raises NotReadyError where one of them fails."""
    with bare(engine, snippet, folder, replaced) as servers:
        servers.arrive()
        servers.keep()
        yield servers


def arriving(snippet: Snippet) -> list[str]:
    """The commands that a reader runs, to `arrive`."""
    names = list(snippet.commands)
    return [snippet.commands[name] for name in names[: names.index(ARRIVE) + 1]]
