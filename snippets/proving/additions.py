"""What is added to a deployment -> its hosts, where that deployment stands already, as those of its reader do."""

import atexit
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from ..catalog import load
from ..catalog.snippet import Kind, Snippet
from ..contract.deployment.description import HELD, NEXT
from ..engine.bases.ground import image_of
from ..engine.engine import Engine
from ..engine.subjects.internet import APPLICATION, Internet, internet
from ..engine.subjects.preparation import prepared
from ..engine.subjects.registry import Stock, official, stocked
from ..engine.subjects.rental import Beginning, Left
from ..engine.subjects.servers import Servers, hosted
from .servers import verbs

# What stands in this process, until it ends.
_STANDS = ExitStack()
atexit.register(_STANDS.close)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A deployment that has arrived: what its hosts see, and what was left of them."""

    internet: Internet
    left: Left


def is_addition(snippet: Snippet, replaced: Mapping[Path, str] | None) -> bool:
    """Whether it is added to servers, and nothing but files of its own is replaced: then the deployment is as it is."""
    own = all(path.is_relative_to(snippet.root) for path in replaced or ())
    return snippet.kind is Kind.HOST and snippet.table.addition is not None and own


@contextmanager
def added(
    engine: Engine, snippet: Snippet, folder: Path, replaced: Mapping[Path, str] | None = None
) -> Iterator[Servers]:
    """Its hosts after its commands, to `arrive`; raises NotReadyError where one of them fails.

    `replaced` gives other text for some of its own files, as a mutant has it; hosts of its own then hold what its
    commands install.
    """
    table, addition = snippet.table.host, snippet.table.addition
    assert table is not None, "the door asks every snippet of hosts for it"
    assert addition is not None, "is_addition says so"
    stands = _standing(engine, addition.to)
    clone = snippet.assemble(folder / snippet.name, replaced)
    own = set(table.names) - stands.left.hosts.keys()
    with (
        stands.internet.stocking(_stock(engine, snippet, clone), table.env) as around,
        hosted(table.names, verbs(snippet), clone, around, Beginning(sites=table.sites)) as servers,
    ):
        packed = dict.fromkeys(own, prepared(table.packages, around)) if own and replaced else {}
        servers.take_over(replace(stands.left, hosts={**stands.left.hosts, **packed}))
        servers.arrive()
        if not replaced:
            # A mutant is looked at once.
            servers.keep()
        yield servers


@cache
def _standing(engine: Engine, name: str) -> Standing:
    """A deployment once it has arrived, made once a process; raises NotReadyError where one of its commands fails."""
    snippet = load().snippets[name]
    table = snippet.table.host
    assert table is not None, "the door asks every deployment for it"
    with ExitStack() as stack:
        # Gone with the run, however this process ends.
        folder = Path(mkdtemp(dir=engine.run.state))
        clone = snippet.assemble(folder / name)
        around = stack.enter_context(internet(engine.run, _stock(engine, snippet, clone), table.env))
        # How it gets there from nothing is asked of it by its own tests.
        beginning = Beginning(held=prepared(table.packages, around), sites=table.sites)
        with hosted(table.names, verbs(snippet), clone, around, beginning) as servers:
            servers.arrive()
            (home := folder / "home").mkdir()
            left = servers.hand_over(home)
        _STANDS.push(stack.pop_all())
    return Standing(internet=around, left=left)


def _stock(engine: Engine, snippet: Snippet, clone: Path) -> Stock:
    """What the registry has: all that its files fetch, and the versions of the application."""
    images = {official(ref): image_of(ref, engine.run) for ref in snippet.composed.bases}
    if deployment := snippet.table.deployment:
        images[APPLICATION] = built = engine.version(clone)
        versions = deployment.versions
        steps = {NEXT: versions.next, HELD: versions.held, **versions.bad}
        images |= {f"{APPLICATION}:{name}": engine.derived(built, each) for name, each in steps.items()}
    return stocked(images, engine.run)
