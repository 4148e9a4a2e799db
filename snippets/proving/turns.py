"""By turns: what takes long and has a current committed record is tried again on one day of several, and always by all.

What was judged and whoever judged it are known by the digest of their bytes: where neither has changed, what was seen
is still true, but for the engine and what else it stood on. That is what the turns are for.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from ..catalog.snippet import Kind, Snippet
from ..evidence.objection import requirements
from ..evidence.records import Capture, Evidence, Execution
from ..evidence.standing import State
from ..handbook import Handbook
from .judging import SEVERAL

# Days until each had its turn: there are hundreds of pitfalls, and what servers and stacks are asked takes minutes.
PITFALLS, JUDGEMENTS, TUTORIALS = 60, 30, 30
# All commands of a page are one test: each begins where the one above it ended.
COMMAND = "command-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Believed:
    """The committed records that a run takes over, by name, and the `atoms` that it does not try for their sake.

    Of a snippet's record a part is tried again on each day.
    """

    captures: Mapping[str, Capture] = field(default_factory=dict)
    snippets: Mapping[str, Evidence] = field(default_factory=dict)
    executions: Mapping[str, Execution] = field(default_factory=dict)
    atoms: frozenset[str] = frozenset()


def believed(committed: Handbook, day: date) -> Believed:
    """What is not to be tried on this day; nothing that has no current record."""
    pitfalls = {name: s.capture for name, s in committed.pitfalls.items() if s.state is State.PROVEN and s.capture}
    due = set(_due(committed.catalog.pitfalls, PITFALLS, day)) | set(_due(committed.tutorials, TUTORIALS, day))
    captures = {name: capture for name, capture in pitfalls.items() if name not in due}
    tutorials = {
        name: s.execution for name, s in committed.tutorials.items() if s.state is State.PROVEN and s.execution
    }
    executions = {name: execution for name, execution in tutorials.items() if name not in due}
    snippets = {
        name: standing.evidence
        for name, standing in committed.snippets.items()
        if standing.state is State.PROVEN and standing.evidence and standing.snippet.kind in SEVERAL
    }
    today = asked(committed.catalog.snippets.values(), day)
    atoms = {
        f"{name}:{slug}"
        for name in snippets
        for slug in requirements(committed.catalog.snippets[name])
        if _test(name, slug) not in today
    }
    atoms |= {f"pitfall:{name}" for name in captures} | {f"tutorial:{name}" for name in executions}
    return Believed(captures=captures, snippets=snippets, executions=executions, atoms=frozenset(atoms))


def asked(snippets: Iterable[Snippet], day: date) -> frozenset[str]:
    """What stacks and servers are asked on this day: `snippet:slug`, and all commands of a page by one name.

    Stacks are up in seconds, and something is asked of each on every day. Servers take minutes to arrive, so what is
    asked of them makes one row, and a day has a piece of it: few of them have to arrive, and each tells more.
    """
    several = sorted((snippet for snippet in snippets if snippet.kind in SEVERAL), key=_standing)
    stacks = [_tests(snippet) for snippet in several if snippet.kind is Kind.COMPOSE]
    row = [test for snippet in several if snippet.kind is not Kind.COMPOSE for test in _tests(snippet)]
    today = {test for number, test in enumerate(row) if number * JUDGEMENTS // len(row) == day.toordinal() % JUDGEMENTS}
    for number, tests in enumerate(stacks):
        # Each begins on another day, or the commands of all pages would be run on the same one.
        today.update(_due(tests, min(JUDGEMENTS, len(tests)), day + timedelta(days=number)))
    return frozenset(today)


def _standing(snippet: Snippet) -> str:
    """The deployment that stands where a snippet is judged: what is added to one is next to it."""
    added = snippet.table.addition
    return added.to if added and added.to else snippet.name


def _tests(snippet: Snippet) -> Sequence[str]:
    return list(dict.fromkeys(_test(snippet.name, slug) for slug in requirements(snippet)))


def _test(name: str, slug: str) -> str:
    return f"{name}:{COMMAND if slug.startswith(COMMAND) else slug}"


def _due(names: Iterable[str], days: int, day: date) -> Iterable[str]:
    """Whose turn it is."""
    return (name for number, name in enumerate(names) if number % days == day.toordinal() % days)
