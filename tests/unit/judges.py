"""What voids what: every definition that judges anything -> the findings that an edit of it makes stale.

`python -m tests.unit.judges` writes the table anew. Read its diff: a line that grows is proof that has to be made
again after the next edit there, and a line that shrinks is an edit that nobody will notice.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from snippets.catalog import load
from snippets.contract import CONTRACT, PROMISES
from snippets.contract.definitions import Definition
from snippets.contract.rules import PACKAGE, Address, Code, name_of
from snippets.evidence.objection import COMMANDS

EXPECTED = Path(__file__).with_name("judges.expected")
COMMAND = "the commands"


@cache
def judgements() -> Mapping[str, Address]:
    """All that is found by code of ours: slug -> module and name of the function."""
    found = {promise.slug: name_of(promise.function) for promise in CONTRACT}
    found |= {slug: name for slugs in rehearsals().values() for slug, name in slugs.items()}
    found[COMMAND] = ".".join(COMMANDS)
    return {slug: (name.rpartition(".")[0], name.rpartition(".")[2]) for slug, name in found.items()}


@cache
def rehearsals() -> Mapping[str, Mapping[str, str]]:
    """Snippet -> slug and name of each of its own judgements; a slug that others use too has the snippet's in front."""
    snippets = load().snippets
    users = Counter(slug for snippet in snippets.values() for slug in snippet.rehearsals)
    return {
        name: {
            slug if users[slug] == 1 else f"{name}:{slug}": f"library.{name}.rehearsal.{function}"
            for slug, function in snippet.rehearsals.items()
        }
        for name, snippet in snippets.items()
        if snippet.rehearsals
    }


def stale(reached: Mapping[str, Mapping[str, Definition]]) -> Mapping[str, frozenset[str]]:
    """Definition by name -> slugs that an edit of it makes stale.

    A statement that binds several names is one definition with a line for each.
    """
    resting: defaultdict[int, set[str]] = defaultdict(set)
    names: dict[str, int] = {}
    for slug, found in reached.items():
        for name, definition in found.items():
            names[name] = id(definition)
            resting[id(definition)].add(slug)
    return {name: frozenset(resting[names[name]]) for name in sorted(names)}


def reached_by_all(code: Code) -> Mapping[str, Mapping[str, Definition]]:
    """Slug -> all that it rests on."""
    return {slug: code.reached(*address) for slug, address in judgements().items()}


def table(stale: Mapping[str, frozenset[str]]) -> str:
    """One line a definition; a family of promises or a snippet's rehearsals that are stale as a whole go by a name."""
    everything = frozenset(judgements())
    families = {f"rehearsals of {name}": frozenset(slugs) for name, slugs in rehearsals().items()}
    for family in dict.fromkeys(promise.family for promise in CONTRACT):
        families[f"family {family}"] = frozenset(promise.slug for promise in CONTRACT if promise.family == family)
    families = {"contract": frozenset(PROMISES), **families}
    lines = [
        f"{name}: {'everything' if slugs == everything else ', '.join(_abbreviated(slugs, families))}"
        for name, slugs in stale.items()
    ]
    return "\n".join(lines) + "\n"


def _abbreviated(slugs: frozenset[str], families: Mapping[str, frozenset[str]]) -> Iterator[str]:
    left = set(slugs)
    for name, members in families.items():
        if len(members) > 1 and members <= left:
            yield name
            left -= members
    yield from sorted(left)


if __name__ == "__main__":
    EXPECTED.write_text(table(stale(reached_by_all(Code(root=PACKAGE)))))
