"""Atoms -> HTML, one line each, so that Markdown passes the bytes on untouched."""

import re
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from urllib.parse import quote

from ..catalog.admission import COMMAND_PREFIX, PRINTED
from ..catalog.pitfall import Pitfall
from ..catalog.snippet import Snippet
from ..contract import DEPLOYED, KNOWN
from ..evidence.records import Capture
from .diff import difference
from .highlight import command_html, diff_html, file_html, text_html

# Where the promises of containers stand, and those of deployments.
CONTRACT_PAGE, DEPLOYMENT_PAGE = "containers/contract/", "servers/contract/"
PROOF_PAGE, STRIP_PAGE = "reference/proof/", "servers/cut-off/"
DOWNLOADS = "snippets/"
_MARKUP = re.compile(r"[&<>`]")
_CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Links:
    """How one page reaches the others: `root` is the way up, "../../" or ""; `cards` it shows itself.

    `anchors` are those that its headings state, None where nobody looked.
    """

    root: str = ""
    cards: frozenset[str] = frozenset()
    anchors: frozenset[str] | None = None

    def download(self, snippet: str, path: str) -> str:
        """A snippet's file, byte for byte."""
        return f"{self.root}{DOWNLOADS}{snippet}/{_quoted(path)}"

    def proof(self, snippet: str) -> str:
        """The evidence card on this page, or else what a card means."""
        return f"#{card_id(snippet)}" if snippet in self.cards else self.root + PROOF_PAGE

    def promise(self, slug: str) -> str:
        """A promise's row in the contract."""
        page = DEPLOYMENT_PAGE if slug in DEPLOYED else CONTRACT_PAGE
        return f"{self.root}{page}#{promise_id(slug)}"

    def judge(self, snippet: str, slug: str) -> str:
        """What a snippet is judged by: a promise, or a trial of its own, of which its card tells."""
        return self.promise(slug) if slug in KNOWN else self.proof(snippet)


@lru_cache(maxsize=4096)
def _quoted(path: str) -> str:
    return escape(quote(path))


def card_id(snippet: str) -> str:
    """The anchor of an evidence card."""
    return f"evidence-{snippet}"


# Whoever copies from a difference wants to know which of its lines work.
MARKS = '<span class="hb-breaks">- broken</span> <span class="hb-works">+ works</span>'


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
        f'<div class="hb-snippet highlight" data-hb="snippet:{snippet.name}/{escape(path)}">'
        f'<span class="filename">{escape(path)}</span><pre><span></span><code>{code}</code></pre>'
        f'<p class="hb-links"><a href="{links.download(snippet.name, path)}" download>Download</a> · '
        f'<a href="{links.proof(snippet.name)}">how it was proven</a></p></div>'
    )


def command(snippet: Snippet, name: str) -> str:
    """A command as the rehearsal ran it."""
    code = command_html(snippet.commands[name])
    return (
        f'<div class="hb-command highlight" data-hb="command:{snippet.name}/{name}">'
        f"<pre><span></span><code>{code}</code></pre></div>"
    )


def withheld(name: str, reason: str) -> str:
    """Why nothing of a snippet is shown here, or not this pitfall of it."""
    return (
        f'<div class="hb-withheld admonition" data-hb="withheld:{name}">'
        f'<p class="admonition-title">Withheld</p><p>{prose(reason)}</p></div>'
    )


def notice(fault: Pitfall, capture: Capture, links: Links) -> str:
    """Who caught a pitfall, and how far it had got."""
    flaky = "; flaky: only at the second try" if capture.flaky else ""
    return f'<p class="hb-caught">caught by {catcher(fault, links)} at the {capture.stage} stage{flaky}</p>'


def catcher(fault: Pitfall, links: Links) -> str:
    """The promise, or the trial of its snippet, and the way to what that says."""
    slug = fault.table.promise
    return f'<a href="{links.judge(fault.snippet, slug)}">{slug}</a>'


def error(fault: Pitfall, capture: Capture) -> str:
    """The error as it was: what a builder or a command prints, or else how whoever caught it says what it saw."""
    is_printed = capture.stage in PRINTED or fault.table.promise.startswith(COMMAND_PREFIX)
    title = "What you see" if is_printed else "What the trial saw"
    return (
        f'<div class="hb-error highlight"><span class="filename">{title}</span>'
        # A long one scrolls, and has to be reached by whoever has no mouse.
        f'<pre tabindex="0"><span></span>{text_html(capture.error)}</pre></div>'
    )


def pitfall(fault: Pitfall, owner: Snippet, capture: Capture, links: Links) -> str:
    """What mends it as a difference, the real error, why, and the way out."""
    return (
        f'<section class="hb-pitfall" data-hb="pitfall:{fault.name}">{notice(fault, capture, links)}'
        f'<div class="hb-diff highlight"><span class="filename">{MARKS}</span>'
        f"<pre><span></span>{diff_html(difference(fault, owner))}</pre></div>"
        f"{error(fault, capture)}"
        f'<p class="hb-why">{prose(fault.table.why)}</p><p class="hb-fix">{prose(fault.table.fix)}</p></section>'
    )
