"""Catalog and contract -> the tables of a page, as HTML on one line."""

from collections.abc import Iterable, Mapping
from html import escape
from urllib.parse import urlsplit

from snippets.contract import CONTRACT
from snippets.render.blocks import Links, promise_id, prose
from snippets.snippet import Snippet
from snippets.standing import Standing, State

_KIBIBYTE = 1024


def effective(snippet: Snippet, settings: Mapping[str, str]) -> str:
    """The server's settings as it showed them itself."""
    rows = (
        f"<tr><td><code>{escape(name)}</code></td><td>{_value(value)}</td></tr>" for name, value in settings.items()
    )
    return table(f"effective:{snippet.name}", ("Setting", "Value in effect"), rows)


def _value(value: str) -> str:
    return f"<code>{escape(value)}</code>" if value else "(empty)"


def files(snippet: Snippet, links: Links) -> str:
    """All files of a snippet, each to download."""
    rows = (
        f'<tr><td><a href="{links.download(snippet.name, path)}" download>{escape(path)}</a></td>'
        f"<td>{_size(len(source.text.encode()))}</td><td>{'yes' if source.executable else 'no'}</td>"
        f"<td>{source.sha256[:12]}</td></tr>"
        for path, source in sorted(snippet.sources.items())
    )
    return table(f"snippet:{snippet.name}", ("File", "Size", "Executable", "SHA-256 begins"), rows)


def _size(count: int) -> str:
    return f"{count / _KIBIBYTE:.1f} KiB" if count >= _KIBIBYTE else f"{count} bytes"


def contract() -> str:
    """Every promise with its authority; each row can be linked to by its slug."""
    rows = (
        f'<tr id="{promise_id(promise.slug)}"><td>{promise.slug}</td><td>{prose(promise.title)}</td>'
        f"<td>{promise.family}</td><td>{_authority(promise.authority)}</td></tr>"
        for promise in CONTRACT
    )
    return table("contract:all", ("Promise", "What it says", "Family", "Source"), rows)


def _authority(authority: str) -> str:
    if not authority.startswith("https://"):
        return escape(authority)
    return f'<a href="{escape(authority)}">{escape(urlsplit(authority).hostname or authority)}</a>'


def catalogue(standings: Iterable[Standing]) -> str:
    """Every snippet with its standing, also those that may not be shown."""
    rows = (
        f"<tr><td><strong>{escape(standing.snippet.title)}</strong> · {standing.snippet.name}</td>"
        f"<td>{prose(standing.snippet.table.summary)}</td><td>{standing.snippet.kind}</td>"
        f"<td>{_standing(standing)}</td></tr>"
        for standing in standings
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
