"""The servers and clusters of a catalog -> lanes, one process each: what is up in one is all that is up in it."""

from collections import Counter
from collections.abc import Mapping

from ..catalog import Catalog
from ..catalog.snippet import Kind, Snippet


def lanes(catalog: Catalog, number: int) -> Mapping[str, int]:
    """Snippet -> its lane, of so many that are about as long.

    What is added to one deployment shares a lane: there it stands already for the first of them.
    """
    asked = Counter(pitfall.snippet for pitfall in catalog.pitfalls.values())
    weights: Counter[str] = Counter()
    for name, snippet in catalog.snippets.items():
        if _keeps_busy(snippet):
            weights[_group(snippet)] += asked[name] + len(snippet.promises) + len(snippet.rehearsals)
    loads = [0] * number
    lane: dict[str, int] = {}
    for group, weight in weights.most_common():
        lane[group] = loads.index(min(loads))
        loads[lane[group]] += weight
    return {name: lane[_group(snippet)] for name, snippet in catalog.snippets.items() if _keeps_busy(snippet)}


def _keeps_busy(snippet: Snippet) -> bool:
    """A host does, with an engine of its own, and nodes do; of containers and stacks most is waited for."""
    return snippet.kind in {Kind.HOST, Kind.CLUSTER}


def _group(snippet: Snippet) -> str:
    if snippet.kind is Kind.HOST and snippet.table.addition is not None:
        return f"added to {snippet.table.addition.to}"
    return snippet.name
