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
    captures = {name: pitfalls[name] for name in _others(committed.catalog.pitfalls, PITFALLS, day) if name in pitfalls}
    tutorials = {
        name: s.execution for name, s in committed.tutorials.items() if s.state is State.PROVEN and s.execution
    }
    executions = {name: tutorials[name] for name in _others(committed.tutorials, TUTORIALS, day) if name in tutorials}
    snippets = {
        name: standing.evidence
        for name, standing in committed.snippets.items()
        if standing.state is State.PROVEN and standing.evidence and standing.snippet.kind in SEVERAL
    }
    # Each begins on another day, or the commands of all pages would be run on the same one.
    begun = {name: day + timedelta(days=number) for number, name in enumerate(committed.catalog.snippets)}
    atoms = {f"{name}:{slug}" for name in snippets for slug in resting(committed.catalog.snippets[name], begun[name])}
    atoms |= {f"pitfall:{name}" for name in captures} | {f"tutorial:{name}" for name in executions}
    return Believed(captures=captures, snippets=snippets, executions=executions, atoms=frozenset(atoms))


def resting(snippet: Snippet, day: date) -> Iterable[str]:
    """What it is not asked on this day. Of a stack something is on each: it is up in seconds, servers in minutes."""
    required = list(requirements(snippet))
    tests = list(dict.fromkeys(COMMAND if slug.startswith(COMMAND) else slug for slug in required))
    days = min(JUDGEMENTS, len(tests)) if snippet.kind is Kind.COMPOSE else JUDGEMENTS
    others = set(_others(tests, days, day))
    return [slug for slug in required if (COMMAND if slug.startswith(COMMAND) else slug) in others]


def _others(names: Iterable[str], days: int, day: date) -> Sequence[str]:
    """All whose turn it is not."""
    return [name for number, name in enumerate(names) if number % days != day.toordinal() % days]
