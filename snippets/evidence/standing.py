"""How one atom stands: proven, withheld or unproven, and why."""

from dataclasses import dataclass
from enum import StrEnum

from ..catalog.pitfall import Pitfall
from ..catalog.snippet import Snippet
from .records import Capture, Evidence


class State(StrEnum):
    """Whether an atom may be shown; withheld is a decision that its page states."""

    PROVEN = "proven"
    WITHHELD = "withheld"
    UNPROVEN = "unproven"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one snippet stands; `objection` is None only where it is proven."""

    snippet: Snippet
    state: State
    objection: str | None
    evidence: Evidence | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PitfallStanding:
    """How one pitfall stands."""

    pitfall: Pitfall
    state: State
    objection: str | None
    capture: Capture | None
