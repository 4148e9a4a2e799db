"""A name as a reference has it -> what it is of, or a refusal: what every fence asks first."""

from collections.abc import Collection
from typing import NoReturn

from ..catalog.metadata import near
from ..catalog.pitfall import Pitfall
from ..errors import ReferenceFault, SnippetsError
from ..evidence.records import Capture, Evidence, Execution
from ..evidence.standing import Standing, State
from ..handbook import Handbook
from . import exhibit


class UnprovenError(SnippetsError):
    """What is referred to exists, and no current record vouches for it."""


def snippet(name: str, handbook: Handbook) -> Standing:
    """How a snippet stands; raises ReferenceFault where there is none of this name, as all of these do."""
    if name not in handbook.snippets:
        unknown("there is no snippet", name, handbook.snippets)
    return handbook.snippets[name]


def command(reference: str, handbook: Handbook) -> tuple[Standing, str]:
    """A command's snippet and its name there."""
    name, _, called = reference.partition("/")
    standing = snippet(name, handbook)
    if called not in standing.snippet.commands:
        unknown(f"{name} has no command", called, standing.snippet.commands)
    return standing, called


def pitfall(name: str, handbook: Handbook) -> tuple[Pitfall, Standing]:
    """A pitfall, and how the snippet stands of which it is a mutant."""
    if name not in handbook.pitfalls:
        unknown("there is no pitfall", name, handbook.pitfalls)
    fault = handbook.pitfalls[name].pitfall
    return fault, snippet(fault.snippet, handbook)


def execution(name: str, handbook: Handbook) -> Execution:
    """What a tutorial printed; raises UnprovenError where no current record says so."""
    if name not in handbook.tutorials:
        unknown("there is no tutorial", name, handbook.tutorials)
    standing = handbook.tutorials[name]
    if standing.state is not State.PROVEN or standing.execution is None:
        raise UnprovenError(standing.objection or f"tutorial {name} was never executed")
    return standing.execution


def whole(name: str, handbook: Handbook) -> tuple[Pitfall, Standing]:
    """An exhibit, likewise."""
    fault, owner = pitfall(name, handbook)
    if not fault.exhibit:
        message = f"{name} is no exhibit but one edit: it is shown by a pitfall fence"
        raise ReferenceFault(message)
    return fault, owner


def capture(name: str, handbook: Handbook) -> Capture:
    """How a pitfall was caught; raises UnprovenError where it was not, as all stands."""
    standing = handbook.pitfalls[name]
    if standing.state is not State.PROVEN or standing.capture is None:
        raise UnprovenError(standing.objection or f"pitfall {name} was never caught")
    return standing.capture


def caught(shown: Pitfall, handbook: Handbook) -> exhibit.Caught:
    """Every pitfall that an exhibit names; raises like `capture`."""
    names = [fault.pitfall for fault in shown.table.faults]
    return {name: (handbook.pitfalls[name].pitfall, capture(name, handbook)) for name in names}


def record(standing: Standing) -> Evidence:
    """The record of a snippet; raises UnprovenError where there is none."""
    if standing.evidence is None:
        message = f"{standing.snippet.name} was never verified"
        raise UnprovenError(message)
    return standing.evidence


def unknown(what: str, word: str, known: Collection[str]) -> NoReturn:
    """Refuse a word that is not known, with the one that was meant."""
    message = f"{what} {word!r}{near(word, known)}"
    raise ReferenceFault(message)
