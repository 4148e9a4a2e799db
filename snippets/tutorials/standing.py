"""A tutorial and its record -> how it stands: proven, or unproven and why."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from ..catalog import Catalog
from ..errors import RecordError
from ..evidence.objection import disbelieved
from ..evidence.records import Execution
from ..evidence.standing import State
from ..evidence.store import EvidenceStore
from .tutorial import Tutorial


@dataclass(frozen=True, slots=True, kw_only=True)
class TutorialStanding:
    """How one tutorial stands; `objection` is None only where `execution` is of exactly these cells."""

    tutorial: Tutorial
    state: State
    objection: str | None
    execution: Execution | None


def tutorial_objection(
    tutorial: Tutorial,
    catalog: Catalog,
    execution: Execution | None,
    *,
    now: datetime | None = None,
    max_age: timedelta | None = None,
) -> str | None:
    """Why the cells may not be shown, or None where this record is of exactly them and what they use."""
    name = f"tutorial {tutorial.name}"
    if execution is None:
        return f"{name} was never executed"
    against = chain(
        _changed(tutorial, catalog, execution, name),
        disbelieved(name, execution, now, max_age, done="executed"),
        _unseen(execution, name),
    )
    return next(against, None)


def _changed(tutorial: Tutorial, catalog: Catalog, execution: Execution, name: str) -> Iterator[str]:
    since = f"{execution.verified_at:%Y-%m-%d}"
    if execution.tutorial != tutorial.name:
        yield f"{name} was never executed: the record is of {execution.tutorial}"
    ran, cells = [cell.source for cell in execution.cells], [cell.text for cell in tutorial.cells]
    if len(ran) != len(cells):
        yield f"{name} changed since {since}: {len(cells)} cells, and {len(ran)} were executed"
    elif ran != cells:
        lines = [str(cell.line) for cell, source in zip(tutorial.cells, ran, strict=True) if cell.text != source]
        yield f"{name} changed since {since}: the cell(s) in line {', '.join(lines)}"
    if execution.digest != tutorial.digest(catalog):
        used = ", ".join(tutorial.snippets)
        yield f"{name} was executed on {since} otherwise, or with other files of {used}, than today"


def _unseen(execution: Execution, name: str) -> Iterator[str]:
    if not any(cell.output.strip() for cell in execution.cells):
        yield f"{name} was executed, but nothing was seen"


def tutorial_standings(
    tutorials: Mapping[str, Tutorial],
    catalog: Catalog,
    store: EvidenceStore,
    *,
    now: datetime | None = None,
    max_age: timedelta | None = None,
) -> dict[str, TutorialStanding]:
    """How every tutorial stands by the records of one store, by name; a corrupt record counts as none."""
    standings: dict[str, TutorialStanding] = {}
    for name, tutorial in tutorials.items():
        execution, objection = None, None
        try:
            execution = store.read(Execution, name)
        except RecordError as error:
            objection = f"tutorial {name} was not executed: {error}"
        else:
            objection = tutorial_objection(tutorial, catalog, execution, now=now, max_age=max_age)
        state = State.PROVEN if objection is None else State.UNPROVEN
        standings[name] = TutorialStanding(tutorial=tutorial, state=state, objection=objection, execution=execution)
    return standings
