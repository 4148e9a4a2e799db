"""A reference and the records -> HTML: the one way by which anything proven gets onto a page."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from ..catalog.diagrams import BARS, FOLDER
from ..catalog.keys import FILES
from ..contract.container.web import config_meant
from ..errors import ReferenceFault
from ..evidence.aside import released_to
from ..evidence.objection import strip_objection
from ..evidence.records import Strip
from ..evidence.standing import Standing, State
from ..handbook import Handbook
from . import bars, blocks, card, diagram, exhibit, install, keys, lookup, strip, tables, usage
from .blocks import Links
from .lookup import UnprovenError

_ALL = "all"
_EFFECTIVE = config_meant.slug


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One reference as HTML on one line, and the files of a snippet that its links lead to."""

    html: str
    snippet: str = ""
    files: Collection[str] = ()


def show(language: str, reference: str, handbook: Handbook, links: Links) -> Shown:
    """One reference as HTML; the audit asks the same to recognise what it finds.

    Raises ReferenceFault where there is no such thing, UnprovenError where nothing vouches for it.
    """
    return LANGUAGES[language](reference, handbook, links)


def _snippet(reference: str, handbook: Handbook, links: Links) -> Shown:
    name, _, path = reference.partition("/")
    standing = lookup.snippet(name, handbook)
    sources = standing.snippet.sources
    if path and path not in sources:
        lookup.unknown(f"{name} has no file", path, sources)
    if notice := _withheld(standing):
        return notice
    if not path:
        html = tables.files(standing.snippet, links)
        return Shown(html=html, snippet=name, files=(*standing.snippet.archives, *sources))
    return Shown(html=blocks.file(standing.snippet, path, links), snippet=name, files=(path,))


def _command(reference: str, handbook: Handbook, _links: Links) -> Shown:
    standing, name = lookup.command(reference, handbook)
    return _withheld(standing) or Shown(html=blocks.command(standing.snippet, name))


def sentence(reference: str, handbook: Handbook) -> str:
    """A command as Markdown's inline code; raises as `show` does, and for one that a sentence cannot hold."""
    standing, name = lookup.command(reference, handbook)
    text = standing.snippet.commands[name]
    if _withheld(standing):
        raise ReferenceFault(f"{reference} is withheld: a sentence cannot show it")
    if "\n" in text or "`" in text:
        raise ReferenceFault(f"{reference} is more than a sentence holds: show it by a command fence")
    return f"`{text}`"


def numbers(words: str, seen: str) -> Sequence[str]:
    """Each number that stands whole before these words, with them."""
    return re.findall(rf"(?<![\d.,])\d+(?:[.,]\d+)* {re.escape(words)}\b", seen) if words else []


def figure(reference: str, handbook: Handbook) -> str:
    """A number of what was seen, with the words behind it: of `backup-restic-pgdump/host-lost: s in all` the seconds.

    Raises as `show` does, and where these words are not behind a number.
    """
    judge, _, words = reference.partition(": ")
    name, _, slug = judge.partition("/")
    standing = lookup.snippet(name, handbook)
    known = {promise.slug for promise in standing.snippet.promises} | set(standing.snippet.rehearsals)
    if slug not in known:
        lookup.unknown(f"{name} is judged by no", slug, known)
    if _withheld(standing):
        raise ReferenceFault(f"{reference} is withheld: nobody saw it")
    seen = next((finding.seen for finding in lookup.record(standing).findings if finding.promise == slug), "")
    found = numbers(words, seen)
    # Only where it is clear which one is meant.
    if len(found) != 1:
        many = "several numbers stand" if found else "no number stands"
        raise ReferenceFault(f"{judge}: {many} before {words!r} in what was seen: {seen}")
    return f"**{found[0]}**"


def _pitfall(reference: str, handbook: Handbook, links: Links) -> Shown:
    fault, owner = lookup.pitfall(reference, handbook)
    if fault.exhibit:
        message = f"{reference} is an exhibit: its files are shown by an exhibit fence, what is wrong in them by faults"
        raise ReferenceFault(message)
    # Its diff shows lines of the good file, so the good file must be proven as well.
    standing = handbook.pitfalls[reference]
    if notice := _withheld(owner):
        return notice
    if standing.state is State.WITHHELD:
        return Shown(html=blocks.withheld(reference, standing.objection or ""))
    return Shown(html=blocks.pitfall(fault, owner.snippet, lookup.capture(reference, handbook), links))


def _exhibit(reference: str, handbook: Handbook, links: Links) -> Shown:
    name, slug, path = (*reference.split("/", 2), "", "")[:3]
    shown, owner = lookup.whole(f"{name}/{slug}", handbook)
    if path and path not in shown.exhibit:
        lookup.unknown(f"{shown.name} has no file", path, shown.exhibit)
    if notice := _withheld(owner):
        return notice
    capture, _ = lookup.capture(shown.name, handbook), lookup.caught(shown, handbook)
    return Shown(html=exhibit.file(shown, path) if path else exhibit.outcome(shown, capture, links))


def _faults(reference: str, handbook: Handbook, links: Links) -> Shown:
    shown, owner = lookup.whole(reference, handbook)
    if notice := _withheld(owner):
        return notice
    lookup.capture(reference, handbook)
    caught = lookup.caught(shown, handbook)
    wanted = [exhibit.anchor(single) for single, _ in caught.values()]
    if links.anchors is not None and (absent := [anchor for anchor in wanted if anchor not in links.anchors]):
        message = f"{reference}: the page has no heading for {', '.join(f'{{ #{anchor} }}' for anchor in absent)}"
        raise ReferenceFault(message)
    return Shown(html=exhibit.faults(shown, caught, links))


def _evidence(reference: str, handbook: Handbook, links: Links) -> Shown:
    standing = lookup.snippet(reference, handbook)
    if notice := _withheld(standing):
        return notice
    return Shown(
        html=card.evidence(standing.snippet, lookup.record(standing), links, handbook.on_machines.get(reference))
    )


def _effective(reference: str, handbook: Handbook, _links: Links) -> Shown:
    standing = lookup.snippet(reference, handbook)
    settings = standing.snippet.table.effective
    if not settings:
        message = f"{reference} states no effective settings"
        raise ReferenceFault(message)
    if notice := _withheld(standing):
        return notice
    if not any(finding.promise == _EFFECTIVE for finding in lookup.record(standing).findings):
        message = f"{reference}: no server was asked for its settings: {_EFFECTIVE} was not judged"
        raise UnprovenError(message)
    return Shown(html=tables.effective(standing.snippet, settings))


def _contract(reference: str, handbook: Handbook, links: Links) -> Shown:
    if reference not in tables.CONTRACTS:
        lookup.unknown("there is no contract of", reference, tables.CONTRACTS)
    return Shown(html=tables.contract(reference, handbook, links))


def _catalogue(reference: str, handbook: Handbook, _links: Links) -> Shown:
    _only_all("catalogue", reference)
    return Shown(html=tables.catalogue(handbook.snippets.values()))


def _diagram(reference: str, handbook: Handbook, links: Links) -> Shown:
    if reference not in handbook.diagrams:
        lookup.unknown("there is no diagram", reference, handbook.diagrams)
    table = handbook.diagrams[reference]
    # What it says was seen is as true as the records of whoever saw it.
    for name in dict.fromkeys(arrow.seen.partition("/")[0] for *_, arrow in table.arrows if arrow.seen):
        if notice := _withheld(lookup.snippet(name, handbook)):
            return notice
    if table.kind == BARS:
        table = bars.measured(table, lookup.execution(table.tutorial, handbook), f"{FOLDER}/{reference}.toml")
    return Shown(html=diagram.diagram(reference, table, links))


def _strip(reference: str, handbook: Handbook, _links: Links) -> Shown:
    name, _, slug = reference.partition("/")
    standing = lookup.snippet(name, handbook)
    if reference not in released_to(handbook.catalog):
        raise ReferenceFault(f"{reference} is released to nobody: only a deployment has a strip")
    if notice := _withheld(standing):
        return notice
    if seen := handbook.strips.get(reference):
        title = handbook.catalog.pitfalls[reference].table.title if slug else ""
        return Shown(html=strip.strip(reference, seen, title))
    record = handbook.store.read(Strip, reference)
    why = strip_objection(reference, handbook.catalog, record, now=handbook.now, max_age=handbook.max_age)
    return Shown(html=strip.undrawn(reference, str(why)))


def _usage(reference: str, handbook: Handbook, _links: Links) -> Shown:
    if handbook.program is None:
        raise ReferenceFault("no command line is at hand whose help could be shown")
    known = usage.commands(handbook.program)
    if reference not in known:
        lookup.unknown("there is no command", reference, known)
    return Shown(html=usage.usage(reference, handbook.program))


def _keys(reference: str, _handbook: Handbook, _links: Links) -> Shown:
    if reference not in FILES:
        lookup.unknown("there is no table of the keys of", reference, FILES)
    return Shown(html=keys.keys(reference))


def _variables(reference: str, _handbook: Handbook, _links: Links) -> Shown:
    _only_all("variables", reference)
    return Shown(html=keys.variables())


def _install(reference: str, _handbook: Handbook, _links: Links) -> Shown:
    if reference != usage.PROGRAM:
        lookup.unknown("there is no way to install", reference, (usage.PROGRAM,))
    return Shown(html=install.install())


# What a sentence refers to, by the word in braces.
SENTENCES: Mapping[str, Callable[[str, Handbook], str]] = {"command": sentence, "seen": figure}
LANGUAGES: Mapping[str, Callable[[str, Handbook, Links], Shown]] = {
    "snippet": _snippet,
    "command": _command,
    "pitfall": _pitfall,
    "exhibit": _exhibit,
    "faults": _faults,
    "evidence": _evidence,
    "effective": _effective,
    "contract": _contract,
    "catalogue": _catalogue,
    "diagram": _diagram,
    "strip": _strip,
    "usage": _usage,
    "keys": _keys,
    "variables": _variables,
    "install": _install,
}


def _withheld(standing: Standing) -> Shown | None:
    """The notice of a withheld snippet, None for a proven one; raises UnprovenError for any other."""
    if standing.state is State.PROVEN:
        return None
    if standing.state is State.WITHHELD:
        return Shown(html=blocks.withheld(standing.snippet.name, standing.objection or ""))
    raise UnprovenError(standing.objection or f"{standing.snippet.name} was never verified")


def _only_all(language: str, reference: str) -> None:
    if reference != _ALL:
        message = f"a {language} fence holds the word {_ALL!r}, not {reference!r}"
        raise ReferenceFault(message)
