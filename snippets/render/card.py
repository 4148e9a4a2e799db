"""A record -> its evidence card: what was judged, on what, when, and what was seen."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from html import escape

from ..catalog.packages import packages
from ..catalog.snippet import MACHINE, Snippet
from ..contract import KNOWN, Finding, Verdict
from ..evidence.records import Base, Evidence
from .blocks import Links, card_id, prose

DIGEST_CHARS = 12
MEGABYTE = 1_000_000
ROWS_AT_A_GLANCE = 12
TRIALS = "commands"


def evidence(snippet: Snippet, record: Evidence, links: Links, machine: Evidence | None = None) -> str:
    """The card: what was judged, on what, when, and what was seen; `machine` is what was seen on whole machines."""
    promises = [finding for finding in record.findings if finding.promise in KNOWN]
    exempt = sum(finding.verdict is Verdict.NOT_APPLICABLE for finding in promises)
    kept = sum(finding.verdict is Verdict.KEPT for finding in promises)
    said = f"{kept} of {len(promises) - exempt} promises kept"
    said = said if promises else f"{record.count(Verdict.KEPT)} of {len(record.findings)} trials passed"
    said += f", {exempt} not applicable" if exempt else ""
    also = {finding.promise: on_machine(finding, machine) for finding in machine.findings} if machine else {}
    return (
        f'<details class="hb-evidence" id="{card_id(snippet.name)}" data-hb="evidence:{snippet.name}" open>'
        f'<summary><span class="hb-seal">{_seal(record)}</span> '
        f"{snippet.name} · {said} · {record.verified_at:%Y-%m-%d}</summary>"
        f"{_figures(record)}{_list(_facts(snippet, record))}{_images(snippet, record)}"
        f"{_groups(record.findings, also, links)}</details>"
    )


def _seal(record: Evidence) -> str:
    """What was proven, was so on what was stood in: that is the first thing to be told."""
    stood_in = sum(base.stand_in for base in record.bases)
    return {0: "Proven", 1: "Proven on a stand-in"}.get(stood_in, "Proven on stand-ins")


def _figures(record: Evidence) -> str:
    """What people compare, before all else."""
    if record.image is None:
        return ""
    figures = {
        "Image": f"{record.image.bytes / MEGABYTE:.0f} MB",
        "Built without a cache": f"{record.image.build_s:.0f} s",
        # Who is judged by layers alone is never booted.
        "First answer after": f"{record.image.ready_s:.1f} s" if record.image.ready_s else "",
        "User": escape(record.image.user),
    }
    tiles = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in figures.items() if value)
    return f'<dl class="hb-figures">{tiles}</dl>'


def _list(facts: Iterable[tuple[str, str]]) -> str:
    return f'<dl class="hb-facts">{"".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts)}</dl>'


def _images(snippet: Snippet, record: Evidence) -> str:
    """What it was made of and what stood beside it, and how far each is what its name says: a line, that opens."""
    if not record.bases:
        return ""
    count, stood_in = len(record.bases), sum(base.stand_in for base in record.bases)
    of_them = {0: "none", count: "all"}.get(stood_in, str(stood_in))
    said = f"{count}, {of_them} stood in" if count > 1 else ("stood in" if stood_in else "as it is")
    kinds = ((_kind(snippet, base), _base(base)) for base in record.bases)
    return (
        f'<details class="hb-family"><summary>What it was tried with <span>{said}</span></summary>'
        f"{_list(kinds)}</details>"
    )


def _kind(snippet: Snippet, base: Base) -> str:
    if base.packaged:
        return "Made of packages"
    # A configuration is proven in the image of another snippet, whose Dockerfile is not its own.
    if not snippet.built_on:
        return "Image"
    return "Base image" if base.ref in snippet.built_on else "Beside it"


def on_machine(finding: Finding, machine: Evidence) -> str:
    """What was seen of a promise on a whole machine, of what kind that was, and when."""
    kernel = next((base.version for base in machine.bases if base.ref == MACHINE), "")
    made = f"Linux {kernel}" if kernel else machine.engine
    where = f"<strong>On a whole machine</strong> ({prose(made)}; {machine.verified_at:%Y-%m-%d})"
    return f"<br>{where}: {prose(finding.seen)}"


def _groups(findings: Sequence[Finding], also: Mapping[str, str], links: Links) -> str:
    """Thirty rows are a wall: a line a family, that opens. Few findings need no groups."""
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        family = KNOWN[finding.promise].family if finding.promise in KNOWN else TRIALS
        groups.setdefault(family, []).append(finding)
    if len(findings) <= ROWS_AT_A_GLANCE:
        return _table(findings, also, links)
    return "".join(
        f'<details class="hb-family"><summary>{family.capitalize()} <span>{_counted(group)}</span></summary>'
        f"{_table(group, also, links)}</details>"
        for family, group in groups.items()
    )


def _table(findings: Sequence[Finding], also: Mapping[str, str], links: Links) -> str:
    rows = "".join(_row(finding, also.get(finding.promise, ""), links) for finding in findings)
    return f'<table class="hb-findings"><tbody>{rows}</tbody></table>'


def _counted(findings: Sequence[Finding]) -> str:
    kept = sum(finding.verdict is Verdict.KEPT for finding in findings)
    exempt = sum(finding.verdict is Verdict.NOT_APPLICABLE for finding in findings)
    said = f"{kept} of {len(findings) - exempt} kept"
    return f"{said}, {exempt} not applicable" if exempt else said


def _facts(snippet: Snippet, record: Evidence) -> Iterator[tuple[str, str]]:
    yield "When", f"{record.verified_at:%Y-%m-%d %H:%M} UTC"
    yield "Engine", prose(record.engine)
    if snippet.carrier != snippet.name:
        yield "Proven in", f"the image of {snippet.carrier}"
    if made_with := packages(snippet):
        yield "Packages", ", ".join(escape(f"{name} {version}") for name, version in made_with.items())
    yield "Digest", record.digest.removeprefix("sha256:")[:DIGEST_CHARS]


def _base(base: Base) -> str:
    # Some versions repeat the system's name, some do not; an empty one says nothing.
    made_of = escape(", ".join(part for part in (base.os, base.version) if part))
    digest = escape(base.digest.removeprefix("sha256:")[:DIGEST_CHARS])
    if not base.stand_in:
        return f"<code>{escape(base.ref)}</code>: {made_of} ({digest})"
    differs = f". It differs: {prose(base.differs)}" if base.differs else ""
    return f"<code>{escape(base.ref)}</code>: verified on a stand-in: {made_of} ({digest}){differs}"


def _row(finding: Finding, also: str, links: Links) -> str:
    kept = finding.verdict is Verdict.KEPT
    css, word = ("hb-kept", "kept") if kept else ("hb-na", "not applicable")
    return (
        f'<tr><td>{_judged(finding.promise, links.root)}</td><td class="{css}">{word}</td>'
        f"<td>{prose(finding.seen)}{also}</td></tr>"
    )


@lru_cache(maxsize=4096)
def _judged(slug: str, root: str) -> str:
    """What was judged, as a reader calls it: a promise by its sentence, a command and a trial by name."""
    if slug in KNOWN:
        return f'<a href="{Links(root).promise(slug)}">{slug}</a>: {prose(KNOWN[slug].title)}'
    if slug.startswith("command-"):
        return f"The command <code>{escape(slug.removeprefix('command-'))}</code> runs as it stands on the page."
    return escape(slug.replace("-", " ").capitalize()) + "."
