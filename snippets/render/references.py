"""A reference and the records -> HTML: the one way by which anything proven gets onto a page."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import NoReturn

from snippets.errors import ReferenceFault, SnippetsError
from snippets.evidence import Evidence
from snippets.metadata import near
from snippets.render import blocks, tables
from snippets.render.blocks import Links
from snippets.standing import Standing, Standings, State

_ALL = "all"
_EFFECTIVE = "config-meant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One reference as HTML on one line, and the files of a snippet that its links lead to."""

    html: str
    snippet: str = ""
    files: Collection[str] = ()


class UnprovenError(SnippetsError):
    """What is referred to exists, and no current record vouches for it."""


def show(language: str, reference: str, standings: Standings, links: Links) -> Shown:
    """One reference as HTML; the audit asks the same to recognise what it finds.

    Raises ReferenceFault where there is no such thing, UnprovenError where nothing vouches for it.
    """
    return LANGUAGES[language](reference, standings, links)


def _snippet(reference: str, standings: Standings, links: Links) -> Shown:
    name, _, path = reference.partition("/")
    standing = _standing(name, standings)
    sources = standing.snippet.sources
    if path and path not in sources:
        _unknown(f"{name} has no file", path, sources)
    if notice := _withheld(standing):
        return notice
    if not path:
        html = tables.files(standing.snippet, links)
        return Shown(html=html, snippet=name, files=tuple(sources))
    return Shown(html=blocks.file(standing.snippet, path, links), snippet=name, files=(path,))


def _command(reference: str, standings: Standings, _links: Links) -> Shown:
    name, _, command = reference.partition("/")
    standing = _standing(name, standings)
    commands = standing.snippet.commands
    if command not in commands:
        _unknown(f"{name} has no command", command, commands)
    return _withheld(standing) or Shown(html=blocks.command(commands[command]))


def _pitfall(reference: str, standings: Standings, links: Links) -> Shown:
    if reference not in standings.pitfalls:
        _unknown("there is no pitfall", reference, standings.pitfalls)
    fault = standings.pitfalls[reference]
    # Its diff shows lines of the good file, so the good file must be proven as well.
    owner = _standing(fault.pitfall.snippet, standings)
    if notice := _withheld(owner):
        return notice
    if fault.state is not State.PROVEN or fault.capture is None:
        raise UnprovenError(fault.objection or f"pitfall {reference} was never caught")
    return Shown(html=blocks.pitfall(fault.pitfall, owner.snippet, fault.capture, links))


def _evidence(reference: str, standings: Standings, links: Links) -> Shown:
    standing = _standing(reference, standings)
    if notice := _withheld(standing):
        return notice
    return Shown(html=blocks.evidence(standing.snippet, _record(standing), links))


def _effective(reference: str, standings: Standings, _links: Links) -> Shown:
    standing = _standing(reference, standings)
    settings = standing.snippet.table.effective
    if not settings:
        message = f"{reference} states no effective settings"
        raise ReferenceFault(message)
    if notice := _withheld(standing):
        return notice
    if not any(finding.promise == _EFFECTIVE for finding in _record(standing).findings):
        message = f"{reference}: no server was asked for its settings: {_EFFECTIVE} was not judged"
        raise UnprovenError(message)
    return Shown(html=tables.effective(standing.snippet, settings))


def _contract(reference: str, _standings: Standings, _links: Links) -> Shown:
    _only_all("contract", reference)
    return Shown(html=tables.contract())


def _catalogue(reference: str, standings: Standings, _links: Links) -> Shown:
    _only_all("catalogue", reference)
    return Shown(html=tables.catalogue(standings.snippets.values()))


LANGUAGES: Mapping[str, Callable[[str, Standings, Links], Shown]] = {
    "snippet": _snippet,
    "command": _command,
    "pitfall": _pitfall,
    "evidence": _evidence,
    "effective": _effective,
    "contract": _contract,
    "catalogue": _catalogue,
}


def _standing(name: str, standings: Standings) -> Standing:
    if name not in standings.snippets:
        _unknown("there is no snippet", name, standings.snippets)
    return standings.snippets[name]


def _withheld(standing: Standing) -> Shown | None:
    """The notice of a withheld snippet, None for a proven one; raises UnprovenError for any other."""
    if standing.state is State.PROVEN:
        return None
    if standing.state is State.WITHHELD:
        return Shown(html=blocks.withheld(standing.snippet, standing.objection or ""))
    raise UnprovenError(standing.objection or f"{standing.snippet.name} was never verified")


def _record(standing: Standing) -> Evidence:
    if standing.evidence is None:
        message = f"{standing.snippet.name} was never verified"
        raise UnprovenError(message)
    return standing.evidence


def _only_all(language: str, reference: str) -> None:
    if reference != _ALL:
        message = f"a {language} fence holds the word {_ALL!r}, not {reference!r}"
        raise ReferenceFault(message)


def _unknown(what: str, word: str, known: Collection[str]) -> NoReturn:
    message = f"{what} {word!r}{near(word, known)}"
    raise ReferenceFault(message)
