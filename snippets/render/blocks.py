"""Atoms -> HTML, one line each, so that Markdown passes the bytes on untouched."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from urllib.parse import quote

from snippets.contract import PROMISES, Finding, Verdict
from snippets.evidence import Base, Capture, Evidence
from snippets.render.diff import difference
from snippets.render.highlight import command_html, diff_html, file_html, text_html
from snippets.snippet import Pitfall, Snippet

CONTRACT_PAGE = "containers/contract/"
PROOF_PAGE = "reference/proof/"
DOWNLOADS = "snippets/"
_DIGEST_CHARS = 12
_MEGABYTE = 1_000_000
_MARKUP = re.compile(r"[&<>`]")
_CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Links:
    """How one page reaches the others: `root` is the way up, "../../" or ""; `cards` it shows itself."""

    root: str = ""
    cards: frozenset[str] = frozenset()

    def download(self, snippet: str, path: str) -> str:
        """A snippet's file, byte for byte."""
        return f"{self.root}{DOWNLOADS}{snippet}/{_quoted(path)}"

    def proof(self, snippet: str) -> str:
        """The evidence card on this page, or else what a card means."""
        return f"#{card_id(snippet)}" if snippet in self.cards else self.root + PROOF_PAGE

    def promise(self, slug: str) -> str:
        """A promise's row in the contract."""
        return f"{self.root}{CONTRACT_PAGE}#{promise_id(slug)}"


@lru_cache(maxsize=4096)
def _quoted(path: str) -> str:
    return escape(quote(path))


def card_id(snippet: str) -> str:
    """The anchor of an evidence card."""
    return f"evidence-{snippet}"


def promise_id(slug: str) -> str:
    """The anchor of a promise's row; a heading may be called as the promise is."""
    return f"promise-{slug}"


def prose(text: str) -> str:
    """Text from metadata, with its `code` as code, on one line."""
    said = " ".join(text.split())
    # Most of it is plain, and a card holds much of it.
    if _MARKUP.search(said) is None:
        return said
    return _CODE.sub(r"<code>\1</code>", escape(said, quote=False))


def file(snippet: Snippet, path: str, links: Links) -> str:
    """A whole file with its name, a download, and the way to its proof."""
    code = file_html(snippet.text(path), path, snippet.table.highlight.get(path, ()))
    return (
        f'<div class="hb-snippet highlight"><span class="filename">{escape(path)}</span>'
        f"<pre><span></span><code>{code}</code></pre></div>"
        f'<p class="hb-links"><a href="{links.download(snippet.name, path)}" download>Download</a> · '
        f'<a href="{links.proof(snippet.name)}">how it was proven</a></p>'
    )


def command(text: str) -> str:
    """A command as the rehearsal ran it."""
    return f'<div class="hb-command highlight"><pre><span></span><code>{command_html(text)}</code></pre></div>'


def illustration(text: str) -> str:
    """Text that nobody proved and nobody can run."""
    return f'<div class="hb-text highlight"><pre><span></span><code>{text_html(text)}</code></pre></div>'


def withheld(snippet: Snippet, reason: str) -> str:
    """Why no file is shown here."""
    return (
        f'<div class="hb-withheld admonition" data-hb="withheld:{snippet.name}">'
        f'<p class="admonition-title">Withheld</p><p>{prose(reason)}</p></div>'
    )


def pitfall(fault: Pitfall, owner: Snippet, capture: Capture, links: Links) -> str:
    """The edit, the real error, why, and the way out."""
    slug = fault.promise.slug
    notice = f'caught by <a href="{links.promise(slug)}">{slug}</a> at the {capture.stage} stage'
    return (
        f'<section class="hb-pitfall" data-hb="pitfall:{fault.name}"><p class="hb-caught">{notice}</p>'
        f'<div class="hb-diff highlight"><pre><span></span>{diff_html(difference(fault, owner))}</pre></div>'
        f'<div class="hb-error highlight"><span class="filename">What you see</span>'
        f"<pre><span></span>{text_html(capture.error)}</pre></div>"
        f'<p class="hb-why">{prose(fault.table.why)}</p><p class="hb-fix">{prose(fault.table.fix)}</p></section>'
    )


def evidence(snippet: Snippet, record: Evidence, links: Links) -> str:
    """The card: what was judged, on what, when, and what was seen."""
    promises = [finding for finding in record.findings if finding.promise in PROMISES]
    exempt = sum(finding.verdict is Verdict.NOT_APPLICABLE for finding in promises)
    kept = sum(finding.verdict is Verdict.KEPT for finding in promises)
    said = f"{kept} of {len(promises) - exempt} promises kept"
    said = said if promises else f"{record.count(Verdict.KEPT)} of {len(record.findings)} trials passed"
    said += f", {exempt} not applicable" if exempt else ""
    facts = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in _facts(snippet, record))
    rows = "".join(_row(finding, links) for finding in record.findings)
    return (
        f'<details class="hb-evidence" id="{card_id(snippet.name)}" data-hb="evidence:{snippet.name}" open>'
        f'<summary><span class="hb-seal">Proven</span> {snippet.name} · {said} · '
        f"{record.verified_at:%Y-%m-%d}</summary>"
        f'<dl class="hb-facts">{facts}</dl><table class="hb-findings"><tbody>{rows}</tbody></table></details>'
    )


def _facts(snippet: Snippet, record: Evidence) -> Iterator[tuple[str, str]]:
    yield "When", f"{record.verified_at:%Y-%m-%d %H:%M} UTC"
    yield "Engine", prose(record.engine)
    if snippet.host != snippet.name:
        yield "Proven in", f"the image of {snippet.host}"
    for base in record.bases:
        yield "Base image", _base(base)
    if record.image is not None:
        yield "Image size", f"{record.image.bytes / _MEGABYTE:.0f} MB"
        yield "Build without a cache", f"{record.image.build_s:.0f} s"
        yield "Ready after", f"{record.image.ready_s:.1f} s"
        yield "User", escape(record.image.user)
    yield "Digest", record.digest.removeprefix("sha256:")[:_DIGEST_CHARS]


def _base(base: Base) -> str:
    # Some versions repeat the system's name, some do not; an empty one says nothing.
    made_of = escape(", ".join(part for part in (base.os, base.version) if part))
    digest = escape(base.digest.removeprefix("sha256:")[:_DIGEST_CHARS])
    if not base.stand_in:
        return f"<code>{escape(base.ref)}</code>: {made_of} ({digest})"
    differs = f". It differs: {prose(base.differs)}" if base.differs else ""
    return f"<code>{escape(base.ref)}</code>: verified on a stand-in: {made_of} ({digest}){differs}"


def _row(finding: Finding, links: Links) -> str:
    kept = finding.verdict is Verdict.KEPT
    css, word = ("hb-kept", "kept") if kept else ("hb-na", "not applicable")
    return (
        f'<tr><td>{_judged(finding.promise, links.root)}</td><td class="{css}">{word}</td>'
        f"<td>{prose(finding.seen)}</td></tr>"
    )


@lru_cache(maxsize=4096)
def _judged(slug: str, root: str) -> str:
    """What was judged, as a reader calls it: a promise by its sentence, a command and a trial by name."""
    if slug in PROMISES:
        return f'<a href="{Links(root).promise(slug)}">{slug}</a>: {prose(PROMISES[slug].title)}'
    if slug.startswith("command-"):
        return f"The command <code>{escape(slug.removeprefix('command-'))}</code> runs as it stands on the page."
    return escape(slug.replace("-", " ").capitalize()) + "."
