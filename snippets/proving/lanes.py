"""The servers and clusters of a catalog, and their mutants -> lanes: of what is in one, one is up at a time."""

from collections import Counter
from collections.abc import Mapping

from ..catalog import Catalog
from ..catalog.snippet import Kind, Snippet

# A host does, with an engine of its own, and so do nodes; of containers and stacks most is waited for.
KEEPS_BUSY = (Kind.HOST, Kind.CLUSTER)


def lanes(catalog: Catalog, number: int) -> Mapping[str, int]:
    """Snippet or pitfall -> its lane, of so many that are about as long.

    What is added to one deployment shares a lane: there it stands already for the first of them.
    """
    weights: Counter[str] = Counter()
    groups: dict[str, str] = {}
    for name, snippet in catalog.snippets.items():
        if snippet.kind in KEEPS_BUSY:
            groups[name] = _standing(snippet) or name
            weights[groups[name]] += len(snippet.promises) + len(snippet.rehearsals)
    for name, pitfall in catalog.pitfalls.items():
        if pitfall.snippet in groups:
            groups[name] = _standing(catalog.snippets[pitfall.snippet]) or name
            weights[groups[name]] += 1
    loads = [0] * number
    lane: dict[str, int] = {}
    for group, weight in weights.most_common():
        lane[group] = loads.index(min(loads))
        loads[lane[group]] += weight
    return {name: lane[group] for name, group in groups.items()}


def _standing(snippet: Snippet) -> str:
    """The deployment that it is added to; "" where it is none of hosts, or an addition to none."""
    added = snippet.table.addition if snippet.kind is Kind.HOST else None
    return f"added to {added.to}" if added else ""
