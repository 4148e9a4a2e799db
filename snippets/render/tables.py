"""Catalog and contract -> the tables of a page, as HTML on one line."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from itertools import chain, groupby
from urllib.parse import urlsplit

from ..catalog.snippet import Snippet
from ..contract import CONTRACT, DEPLOYED, Promise
from ..contract.deployment.cut import release_survives_cut
from ..evidence.records import Outcome, Strip
from ..evidence.standing import Standing, State
from ..handbook import Handbook
from .blocks import STRIP_PAGE, Links, promise_id, prose
from .card import on_machine

_KIBIBYTE = 1024
# Contracts by the name that a page has for each.
CONTRACTS: Mapping[str, Sequence[Promise]] = {"containers": CONTRACT, "deployments": tuple(DEPLOYED.values())}
_CAUGHT, _SOURCE = "Seen to fail on", "Source"


def effective(snippet: Snippet, settings: Mapping[str, str]) -> str:
    """The server's settings as it showed them itself."""
    rows = (
        f"<tr><td><code>{escape(name)}</code></td><td>{_value(value)}</td></tr>" for name, value in settings.items()
    )
    return table(f"effective:{snippet.name}", ("Setting", "Value in effect"), rows)


def _value(value: str) -> str:
    return f"<code>{escape(value)}</code>" if value else "(empty)"


def files(snippet: Snippet, links: Links) -> str:
    """All files of a snippet, in archives and each by itself."""
    packed = (
        f'<tr class="hb-archive"><td>{_offered(snippet, name, links)}</td><td>{_size(len(content))}</td><td></td>'
        f"<td>{hashlib.sha256(content).hexdigest()[:12]}</td></tr>"
        for name, content in snippet.archives.items()
    )
    rows = (
        f"<tr><td>{_offered(snippet, path, links)}</td>"
        f"<td>{_size(len(source.text.encode()))}</td><td>{'yes' if source.executable else 'no'}</td>"
        f"<td>{source.sha256[:12]}</td></tr>"
        for path, source in sorted(snippet.sources.items())
    )
    heads = ("File", "Size", "Executable", "SHA-256 begins")
    return table(f"snippet:{snippet.name}", heads, chain(packed, rows))


def _offered(snippet: Snippet, path: str, links: Links) -> str:
    return f'<a href="{links.download(snippet.name, path)}" download>{escape(path)}</a>'


def _size(count: int) -> str:
    return f"{count / _KIBIBYTE:.1f} KiB" if count >= _KIBIBYTE else f"{count} bytes"


def contract(name: str, handbook: Handbook, links: Links) -> str:
    """Every promise with the pitfalls that it caught and its authority; each row can be linked to by its slug.

    Of deployments, a column each tells what was seen of them, so that ways to deploy can be compared, beginning with
    the one that is asked most. All else stands below the promise then.
    """
    tables = [(standing, standing.snippet.table) for standing in handbook.snippets.values()]
    compared = [standing for standing, told in tables if told.deployment and not told.addition]
    compared = sorted(compared, key=lambda each: -_asked(each, handbook)) if name == "deployments" else []
    heads = ("Promise", *(standing.snippet.name for standing in compared), *(() if compared else (_CAUGHT, _SOURCE)))
    return table(f"contract:{name}", heads, _promises(CONTRACTS[name], compared, handbook, links))


def _promises(
    contract: Sequence[Promise], compared: Sequence[Standing], handbook: Handbook, links: Links
) -> Iterator[str]:
    """Rows by family, each of which has a heading of its own."""
    columns = 1 + len(compared) if compared else 3
    # What is judged last, for the harm it does, stands with its family all the same.
    families = list(dict.fromkeys(promise.family for promise in contract))
    ordered = sorted(contract, key=lambda promise: families.index(promise.family))
    for family, promises in groupby(ordered, key=lambda promise: promise.family):
        yield f'<tr><th colspan="{columns}">{family.capitalize()}</th></tr>'
        for promise in promises:
            single = [
                name for name in handbook.kills.get(promise.slug, ()) if not handbook.pitfalls[name].pitfall.exhibit
            ]
            caught = ", ".join(_section(name, handbook, links) for name in single)
            said = f"<strong>{promise.slug}</strong><br>{prose(promise.title)}"
            # Where columns stand below each other, each says whose it is.
            seen = "".join(
                f'<td><span class="hb-whose">{each.snippet.name}: </span>{_seen(each, promise, handbook, links)}</td>'
                for each in compared
            )
            authority = _authority(promise.authority)
            cells = f"<td>{said}<br>{authority}<br>{_CAUGHT} {caught}</td>{seen}"
            if not compared:
                cells = f"<td>{said}</td><td>{caught}</td><td>{authority}</td>"
            yield f'<tr id="{promise_id(promise.slug)}">{cells}</tr>'


def _seen(standing: Standing, promise: Promise, handbook: Handbook, links: Links) -> str:
    """What was seen of one deployment, where its record is current; on machines and in its strip too, if it was.

    What is promised of something that is added to it was seen there.
    """
    strip = handbook.strips.get(standing.snippet.name) if promise is release_survives_cut else None
    drawn = _summed(strip, links) if strip else ""
    if promise not in standing.snippet.promises:
        added = [other for other in handbook.snippets.values() if _adds(other, promise, to=standing.snippet.name)]
        seen = (f"{_seen(other, promise, handbook, links)}<br>with {other.snippet.name}" for other in added)
        told = "<br>".join(seen) or '<span class="hb-na">not asked</span>'
        return f"{told}{drawn}"
    if standing.state is not State.PROVEN or standing.evidence is None:
        return '<span class="hb-na">not proven</span>'
    found = next(each for each in standing.evidence.findings if each.promise == promise.slug)
    machine = handbook.on_machines.get(standing.snippet.name)
    also = [on_machine(each, machine) for each in machine.findings if each.promise == promise.slug] if machine else []
    return f"{prose(found.seen)}{''.join(also)}{drawn}"


def _asked(standing: Standing, handbook: Handbook) -> int:
    """How many promises it is asked, by itself and with what is added to it."""
    return sum(
        promise in standing.snippet.promises
        or any(_adds(other, promise, to=standing.snippet.name) for other in handbook.snippets.values())
        for promise in DEPLOYED.values()
    )


def _adds(standing: Standing, promise: Promise, *, to: str) -> bool:
    """Whether a snippet adds to this one what is promised."""
    addition = standing.snippet.table.addition
    return addition is not None and addition.to == to and promise in standing.snippet.promises


def _summed(strip: Strip, links: Links) -> str:
    """How many moments of a release were tried, and the way to the drawing of all of them."""
    right = sum(cell.outcome is Outcome.RIGHT for cell in strip.cells)
    return (
        f"<br><strong>At {len(strip.cells)} moments</strong> ({strip.verified_at:%Y-%m-%d}): {right} right, "
        f'<a href="{links.root}{STRIP_PAGE}">each of them drawn</a>'
    )


def _section(name: str, handbook: Handbook, links: Links) -> str:
    """A pitfall by its slug, and the way to its section where a page has one."""
    slug = name.partition("/")[2]
    section = handbook.sections.get(name)
    return f'<a href="{links.root}{section.address}">{slug}</a>' if section else slug


def _authority(authority: str) -> str:
    if not authority.startswith("https://"):
        return escape(authority)
    return f'<a href="{escape(authority)}">{escape(urlsplit(authority).hostname or authority)}</a>'


def catalogue(handbook: Iterable[Standing]) -> str:
    """Every snippet with its standing, also those that may not be shown."""
    rows = (
        f"<tr><td><strong>{escape(standing.snippet.title)}</strong> · {standing.snippet.name}</td>"
        f"<td>{prose(standing.snippet.table.summary)}</td><td>{standing.snippet.kind}</td>"
        f"<td>{_standing(standing)}</td></tr>"
        for standing in handbook
    )
    return table("catalogue:all", ("Snippet", "What it is", "Kind", "Standing"), rows)


def _standing(standing: Standing) -> str:
    evidence = standing.evidence
    if standing.state is State.PROVEN and evidence is not None:
        stand_in = ", on a stand-in base" if evidence.stand_in else ""
        return f'<span class="hb-kept">proven</span> {evidence.verified_at:%Y-%m-%d}{stand_in}'
    word = "withheld" if standing.state is State.WITHHELD else "not proven"
    return f'<span class="hb-na">{word}</span> {prose(standing.objection or "")}'


def table(reference: str, heads: Iterable[str], rows: Iterable[str]) -> str:
    """Heads and rows as every table of the handbook has them; `reference` is what the audit asks for."""
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    return (
        f'<table class="hb-table" data-hb="{reference}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )
