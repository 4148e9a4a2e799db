"""Catalog and records -> how every atom stands: proven, withheld or unproven, and why."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property

from snippets.catalog import Catalog
from snippets.contract import Verdict
from snippets.errors import RecordError
from snippets.evidence import Capture, Evidence
from snippets.objection import objection, pitfall_objection, requirements
from snippets.snippet import Pitfall, Snippet
from snippets.store import EvidenceStore

_SETTLED = (Verdict.KEPT, Verdict.NOT_APPLICABLE)


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


@dataclass(frozen=True, kw_only=True)
class Standings:
    """How everything in a catalog stands by the records of one store, asked once and kept."""

    catalog: Catalog
    store: EvidenceStore
    now: datetime | None = None
    max_age: timedelta | None = None

    @cached_property
    def snippets(self) -> dict[str, Standing]:
        """By name."""
        known: dict[str, Standing] = {}
        return {snippet.name: self._snippet(snippet, known) for snippet in self.catalog.snippets.values()}

    @cached_property
    def pitfalls(self) -> dict[str, PitfallStanding]:
        """By name."""
        return {pitfall.name: self._pitfall(pitfall) for pitfall in self.catalog.pitfalls.values()}

    @cached_property
    def kills(self) -> Mapping[str, Sequence[str]]:
        """Promise or rehearsal -> names of the proven pitfalls that it was seen to catch."""
        caught: defaultdict[str, list[str]] = defaultdict(list)
        for name, standing in self.pitfalls.items():
            if standing.state is State.PROVEN:
                caught[standing.pitfall.table.promise].append(name)
        return dict(caught)

    def on_stand_ins(self) -> tuple[str, ...]:
        """Names of the proven snippets and pitfalls that rest on a base which was stood in."""
        snippets = [name for name, s in self.snippets.items() if s.evidence and s.evidence.stand_in]
        pitfalls = [name for name, s in self.pitfalls.items() if s.capture and s.capture.stand_in]
        return (*snippets, *pitfalls)

    def stale_atoms(self) -> frozenset[str]:
        """What must be proven again: `<name>:<promise>` for each judgement, `pitfall:<name>` for a pitfall."""
        atoms: set[str] = set()
        for standing in self.snippets.values():
            if standing.state is State.UNPROVEN:
                evidence, snippet = standing.evidence, standing.snippet
                if objection(snippet, evidence, now=self.now, max_age=self.max_age) is None:
                    # Only its host is in the way, and is proven again with what it carries.
                    continue
                same = evidence is not None and evidence.digest == snippet.digest
                settled = [f for f in evidence.findings if f.verdict in _SETTLED] if evidence and same else []
                current = {finding.promise: finding.rules for finding in settled}
                required = _requirements(snippet)
                missing = [slug for slug, rules in required.items() if current.get(slug) != rules]
                # A record that is refused for another reason is made anew as a whole.
                atoms |= {f"{snippet.name}:{slug}" for slug in missing or required}
        atoms |= {f"pitfall:{name}" for name, s in self.pitfalls.items() if s.state is State.UNPROVEN}
        return frozenset(atoms)

    def _snippet(self, snippet: Snippet, known: dict[str, Standing]) -> Standing:
        """How it stands; `known` keeps hosts, which are asked once for all that they carry."""
        if snippet.name not in known:
            host = self.catalog.snippets[snippet.host]
            carrier = None if host is snippet else self._snippet(host, known)
            known[snippet.name] = self._judged(snippet, host, carrier)
        return known[snippet.name]

    def _judged(self, snippet: Snippet, host: Snippet, carrier: Standing | None) -> Standing:
        try:
            evidence = self.store.read(Evidence, snippet.name)
        except RecordError as error:
            return Standing(snippet=snippet, state=State.UNPROVEN, objection=f"not verified: {error}", evidence=None)
        # Withheld is what a snippet is for want of its base, never what it becomes by failing.
        withheld = host.withheld if carrier is None or carrier.state is State.WITHHELD else None
        if evidence is None and withheld is not None:
            return Standing(snippet=snippet, state=State.WITHHELD, objection=withheld.reason, evidence=None)
        why = objection(snippet, evidence, now=self.now, max_age=self.max_age)
        # A configuration is proven in the image of today, not in what that image once was.
        if why is None and carrier is not None and carrier.objection is not None:
            why = f"{snippet.name} is proven in {host.name}, but {carrier.objection}"
        state = State.PROVEN if why is None else State.UNPROVEN
        return Standing(snippet=snippet, state=state, objection=why, evidence=evidence)

    def _pitfall(self, pitfall: Pitfall) -> PitfallStanding:
        owner = self.snippets[pitfall.snippet]
        if owner.state is State.WITHHELD:
            return PitfallStanding(pitfall=pitfall, state=State.WITHHELD, objection=owner.objection, capture=None)
        try:
            capture = self.store.read(Capture, pitfall.name)
        except RecordError as error:
            return PitfallStanding(
                pitfall=pitfall, state=State.UNPROVEN, objection=f"not verified: {error}", capture=None
            )
        why = pitfall_objection(pitfall, self.catalog, capture, now=self.now, max_age=self.max_age)
        state = State.PROVEN if why is None else State.UNPROVEN
        return PitfallStanding(pitfall=pitfall, state=state, objection=why, capture=capture)


def _requirements(snippet: Snippet) -> Mapping[str, str]:
    """Nothing where a rehearsal is missing: no test could make up for it, and the objection names it."""
    try:
        return requirements(snippet)
    except RecordError:
        return {}
