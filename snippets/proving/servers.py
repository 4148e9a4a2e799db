"""A snippet of hosts -> its hosts, deployed to by its own commands, as a reader would."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ..catalog.snippet import ARRIVE, Kind, Snippet
from ..contract.deployment.description import HELD, NEXT
from ..engine.bases.ground import image_of
from ..engine.engine import Engine
from ..engine.subjects.host import Snapshot
from ..engine.subjects.internet import APPLICATION, bare_internet, internet
from ..engine.subjects.make import NODE_OF_CLUSTER
from ..engine.subjects.preparation import prepared
from ..engine.subjects.registry import official, stocked
from ..engine.subjects.rental import Beginning
from ..engine.subjects.servers import Servers, hosted


@contextmanager
def bare(
    engine: Engine,
    snippet: Snippet,
    folder: Path,
    replaced: Mapping[Path, str] | None = None,
    *,
    packed: bool = False,
) -> Iterator[Servers]:
    """Its hosts, and whoever has its files. They hold nothing; where `packed`, what its commands install and fetch.

    `replaced` gives other text for some files, as a mutant has it, whose hosts are packed as well.
    """
    table = snippet.table.host
    assert table is not None, "the door asks every snippet of hosts for it"
    clone = snippet.assemble(folder / snippet.name, replaced)
    with ExitStack() as stack:
        if table.env:
            images = {official(ref): image_of(ref, engine.run) for ref in snippet.composed.bases}
            if deployment := snippet.table.deployment:
                images[APPLICATION] = built = engine.version(clone)
                versions = deployment.versions
                steps = {NEXT: versions.next, HELD: versions.held, **versions.bad}
                images |= {f"{APPLICATION}:{name}": engine.derived(built, each) for name, each in steps.items()}
            around = stack.enter_context(internet(engine.run, stocked(images, engine.run), table.env))
        else:
            around = stack.enter_context(bare_internet(engine.run))

        def pack() -> Snapshot | None:
            return prepared(table.packages, around) if table.packages else None

        make = NODE_OF_CLUSTER if snippet.kind is Kind.CLUSTER else None
        held = pack() if packed or replaced else None
        beginning = Beginning(held=held, packed=pack, sites=table.sites, make=make)
        yield stack.enter_context(hosted(table.names, verbs(snippet), clone, around, beginning))


@contextmanager
def arrived(
    engine: Engine, snippet: Snippet, folder: Path, replaced: Mapping[Path, str] | None = None
) -> Iterator[Servers]:
    """The same after its commands, to `arrive`; raises NotReadyError where one of them fails."""
    with bare(engine, snippet, folder, replaced) as servers:
        servers.arrive()
        if not replaced:
            # A mutant is looked at once.
            servers.keep()
        yield servers


def verbs(snippet: Snippet) -> Mapping[str, Sequence[str]]:
    """The commands that a reader runs, by the last of them: to `arrive` all above it as well."""
    names = list(snippet.commands)
    known = {name: [command] for name, command in snippet.commands.items()}
    return known | {ARRIVE: [snippet.commands[name] for name in names[: names.index(ARRIVE) + 1]]}
