"""Pitfalls by turns: a fault whose committed record is current is booted again on one day of 28, and always by all.

A mutant and whoever must notice it are known by the digest of their bytes: where neither has changed, what was seen is
still true, but for the engine and what else it stood on. That is what the turns are for.
"""

from collections.abc import Mapping
from datetime import date

from ..evidence.records import Capture
from ..evidence.standing import State
from ..handbook import Handbook

DAYS = 28


def believed(committed: Handbook, day: date) -> Mapping[str, Capture]:
    """Pitfall -> its committed record, of all that are not to be tried on this day; none that has no current one."""
    proven = {name: s.capture for name, s in committed.pitfalls.items() if s.state is State.PROVEN and s.capture}
    turns = {name: number % DAYS for number, name in enumerate(committed.catalog.pitfalls)}
    return {name: capture for name, capture in proven.items() if turns[name] != day.toordinal() % DAYS}
