"""Library, records, pages and time as one value -> how every atom stands: proven, withheld or unproven, and why."""

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from .catalog import Catalog, load
from .catalog.diagrams import DiagramTable, diagrams
from .catalog.pitfall import Pitfall
from .catalog.sections import Section, sections
from .catalog.snippet import Snippet
from .contract import Verdict
from .environment import EVIDENCE
from .errors import CatalogError, RecordError
from .evidence.aside import on_machines, released_to, strips
from .evidence.objection import objection, pitfall_objection, requirements
from .evidence.records import Capture, Evidence, Execution, Strip
from .evidence.standing import PitfallStanding, Standing, State
from .evidence.store import EvidenceStore
from .tutorials import TutorialStanding, load_tutorials, tutorial_standings

if TYPE_CHECKING:
    import click

PACKAGE = Path(__file__).parent
# What a wheel holds and a checkout does not: the records, and the addresses of the pages that tell of pitfalls.
RECORDS, PAGES = PACKAGE / "records", PACKAGE / "pages.json"
# What a checkout was cloned with, whichever records are asked for.
COMMITTED = PACKAGE.parent / "evidence"
# What was seen on whole machines, below the records.
MACHINES = "machines"
_SETTLED = (Verdict.KEPT, Verdict.NOT_APPLICABLE)


@dataclass(frozen=True, kw_only=True)
class Handbook:
    """Everything that a command, a page or a test asks of the handbook; each question is answered once and kept.

    `docs` are the pages, None where only the library is installed. `now` is the time, None for that of the clock;
    `max_age` is how old a record may be. `program` is the command line, for the page that shows its help.
    """

    catalog: Catalog
    store: EvidenceStore
    docs: Path | None = None
    now: datetime | None = None
    max_age: timedelta | None = None
    program: "click.Group | None" = None

    @classmethod
    def here(cls, library: Path | None = None, records: Path | None = None, docs: Path | None = None) -> "Handbook":
        """The one that this code belongs to: a checkout with its pages, or a wheel; any part may be given.

        Raises CatalogError where the library cannot be read.
        """
        is_shipped = RECORDS.is_dir()
        told = os.environ.get(EVIDENCE.name)
        known = Path(told) if told else RECORDS if is_shipped else COMMITTED
        return cls(
            catalog=load(library) if library else load(),
            store=EvidenceStore(records or known),
            docs=docs or (None if is_shipped else PACKAGE.parent / "docs"),
        )

    @cached_property
    def snippets(self) -> Mapping[str, Standing]:
        """How each snippet stands, by name."""
        known: dict[str, Standing] = {}
        return {snippet.name: self._snippet(snippet, known) for snippet in self.catalog.snippets.values()}

    @cached_property
    def pitfalls(self) -> Mapping[str, PitfallStanding]:
        """How each pitfall stands, by name."""
        return {pitfall.name: self._pitfall(pitfall) for pitfall in self.catalog.pitfalls.values()}

    @property
    def machines(self) -> EvidenceStore:
        """Records of what was seen on whole machines: of some promises, and of pitfalls that no container tells."""
        return EvidenceStore(self.store.root / MACHINES)

    @cached_property
    def on_machines(self) -> Mapping[str, Evidence]:
        """Snippet -> what was seen kept on whole machines, by code and files of today.

        Raises RecordError where a record of it is damaged.
        """
        return on_machines(self.catalog, self.machines, now=self.now, max_age=self.max_age)

    @cached_property
    def strips(self) -> Mapping[str, Strip]:
        """Snippet, or pitfall -> what was left of releases that were cut off, of all that were so as they are today.

        Raises RecordError where a record of it is damaged.
        """
        return strips(self.catalog, self.store, now=self.now, max_age=self.max_age)

    @cached_property
    def tutorials(self) -> Mapping[str, TutorialStanding]:
        """How each tutorial stands, by name; raises CatalogError where one is malformed, or no page is one."""
        if self.docs is None:
            return {}
        tutorials = load_tutorials(self.docs, self.catalog)
        return tutorial_standings(tutorials, self.catalog, self.store, now=self.now, max_age=self.max_age)

    @cached_property
    def sections(self) -> Mapping[str, Section]:
        """Pitfall -> the section of a page that tells of it."""
        return sections(self.docs) if self.docs else {}

    @cached_property
    def diagrams(self) -> Mapping[str, DiagramTable]:
        """Every diagram by name; raises CatalogError where one is malformed, or no page shows it."""
        return diagrams(self.docs, self.catalog.snippets) if self.docs else {}

    @cached_property
    def pages(self) -> Mapping[str, str]:
        """Pitfall -> where to read of it: an address of the site that a wheel was built for, or a checkout's page.

        Raises CatalogError where what was installed is damaged.
        """
        if self.docs is None:
            return _shipped_pages() if PAGES.is_file() else {}
        return {name: f"{self.docs.name}/{section.page}#{section.anchor}" for name, section in self.sections.items()}

    @cached_property
    def kills(self) -> Mapping[str, Sequence[str]]:
        """Promise or rehearsal -> names of the proven pitfalls that it was seen to catch."""
        caught: defaultdict[str, list[str]] = defaultdict(list)
        for name, standing in self.pitfalls.items():
            if standing.state is State.PROVEN:
                caught[standing.pitfall.table.promise].append(name)
        return dict(caught)

    @property
    def on_stand_ins(self) -> tuple[str, ...]:
        """Names of what is proven or was seen on machines, and rests on a base which was stood in."""
        snippets = [name for name, s in self.snippets.items() if s.evidence and s.evidence.stand_in]
        pitfalls = [name for name, s in self.pitfalls.items() if s.capture and s.capture.stand_in]
        tutorials = [s.tutorial.label for s in self.tutorials.values() if s.execution and s.execution.stand_in]
        machines = [f"{MACHINES}/{name}" for name, evidence in self.on_machines.items() if evidence.stand_in]
        cut_off = [f"strips/{name}" for name, strip in self.strips.items() if strip.stand_in]
        return (*snippets, *pitfalls, *tutorials, *machines, *cut_off)

    @property
    def stale(self) -> Mapping[str, str]:
        """Names of all that has to be proven, and why: its record is missing or not current, and it is not withheld."""
        snippets = {name: s.objection for name, s in self.snippets.items() if s.state is State.UNPROVEN}
        pitfalls = {name: s.objection for name, s in self.pitfalls.items() if s.state is State.UNPROVEN}
        tutorials = {s.tutorial.label: s.objection for s in self.tutorials.values() if s.state is State.UNPROVEN}
        return {name: str(why) for name, why in (snippets | pitfalls | tutorials).items()}

    @property
    def strays(self) -> tuple[str, ...]:
        """Files among the records that are of nothing there is: forgotten, or laid there; in a checkout alone."""
        if self.docs is None:
            return ()
        atoms: tuple[tuple[type, Iterable[str]], ...] = (
            (Evidence, self.catalog.snippets),
            (Capture, self.catalog.pitfalls),
            (Execution, self.tutorials),
            (Strip, released_to(self.catalog)),
        )
        known = {self.store.place(type_, name) for type_, names in atoms for name in names}
        known |= {f"{MACHINES}/{place}" for place in known}
        return tuple(sorted(self.store.files() - known))

    @property
    def stale_atoms(self) -> frozenset[str]:
        """The same as tests prove it: `<name>:<promise>` a judgement, `pitfall:<name>`, `tutorial:<name>`."""
        return self._atoms(State.UNPROVEN)

    @property
    def withheld_atoms(self) -> frozenset[str]:
        """What is to be tried wherever an engine is at work: there its base may be had."""
        return self._atoms(State.WITHHELD)

    def _atoms(self, state: State) -> frozenset[str]:
        atoms: set[str] = set()
        for standing in self.snippets.values():
            if standing.state is state:
                atoms |= {f"{standing.snippet.name}:{slug}" for slug in self._unjudged(standing)}
        atoms |= {f"pitfall:{name}" for name, s in self.pitfalls.items() if s.state is state}
        atoms |= {f"tutorial:{name}" for name, s in self.tutorials.items() if s.state is state}
        return frozenset(atoms)

    def _unjudged(self, standing: Standing) -> Sequence[str]:
        """What has to be judged again of an unproven snippet."""
        evidence, snippet = standing.evidence, standing.snippet
        if objection(snippet, evidence, now=self.now, max_age=self.max_age) is None:
            # Only its carrier is in the way, and is proven again with what it carries.
            return ()
        same = evidence is not None and evidence.digest == snippet.digest
        settled = [f for f in evidence.findings if f.verdict in _SETTLED] if evidence and same else []
        current = {finding.promise: finding.rules for finding in settled}
        try:
            required = requirements(snippet)
        except RecordError:
            # No test could make up for it, and the objection names it.
            return ()
        missing = [slug for slug, rules in required.items() if current.get(slug) != rules]
        # A record that is refused for another reason is made anew as a whole.
        return missing or list(required)

    def _snippet(self, snippet: Snippet, known: dict[str, Standing]) -> Standing:
        """How it stands; `known` keeps carriers, which are asked once for all that they carry."""
        if snippet.name not in known:
            carrier = self.catalog.snippets[snippet.carrier]
            carried = None if carrier is snippet else self._snippet(carrier, known)
            known[snippet.name] = self._judged(snippet, carrier, carried)
        return known[snippet.name]

    def _judged(self, snippet: Snippet, carrier: Snippet, carried: Standing | None) -> Standing:
        try:
            evidence = self.store.read(Evidence, snippet.name)
        except RecordError as error:
            return Standing(snippet=snippet, state=State.UNPROVEN, objection=f"not verified: {error}", evidence=None)
        # Withheld is what a snippet is for want of its base, never what it becomes by failing.
        withheld = carrier.withheld if carried is None or carried.state is State.WITHHELD else None
        if evidence is None and withheld is not None:
            return Standing(snippet=snippet, state=State.WITHHELD, objection=withheld.reason, evidence=None)
        why = objection(snippet, evidence, now=self.now, max_age=self.max_age)
        # A configuration is proven in the image of today, not in what that image once was.
        if why is None and carried is not None and carried.objection is not None:
            why = f"{snippet.name} is proven in {carrier.name}, but {carried.objection}"
        state = State.PROVEN if why is None else State.UNPROVEN
        return Standing(snippet=snippet, state=state, objection=why, evidence=evidence)

    def _pitfall(self, pitfall: Pitfall) -> PitfallStanding:
        owner = self.snippets[pitfall.snippet]
        if owner.state is State.WITHHELD:
            return PitfallStanding(pitfall=pitfall, state=State.WITHHELD, objection=owner.objection, capture=None)
        machine = pitfall.table.machine
        try:
            capture = (self.machines if machine else self.store).read(Capture, pitfall.name)
        except RecordError as error:
            why: str | None = f"not verified: {error}"
            return PitfallStanding(pitfall=pitfall, state=State.UNPROVEN, objection=why, capture=None)
        why = pitfall_objection(pitfall, self.catalog, capture, now=self.now, max_age=self.max_age)
        if why is not None and machine:
            why = f"only a whole machine tells it, and none was asked since it is what it is today: {why}"
            return PitfallStanding(pitfall=pitfall, state=State.WITHHELD, objection=why, capture=None)
        state = State.PROVEN if why is None else State.UNPROVEN
        return PitfallStanding(pitfall=pitfall, state=state, objection=why, capture=capture)


def _shipped_pages() -> dict[str, str]:
    try:
        return msgspec.json.decode(PAGES.read_bytes(), type=dict[str, str])
    except (OSError, msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise CatalogError([f"{PAGES}: {error}: install the handbook again"]) from None
