"""A record and the bytes of today -> what speaks against showing them: the one place that decides."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import chain

from ..catalog import Catalog
from ..catalog.admission import COMMAND_PREFIX
from ..catalog.metadata import pattern
from ..catalog.pitfall import Pitfall
from ..catalog.snippet import REHEARSAL, Kind, Snippet
from ..contract import KNOWN, Verdict
from ..contract.rules import digest_at, name_of
from ..errors import RecordError
from ..expression import ExpressionError
from .records import Capture, Evidence, Execution, Strip
from .truth import FIRST_ENGINE, untrue

CLOCK_SKEW = timedelta(minutes=5)
# What runs commands and judges their ends.
COMMANDS = ("proving.commands", "rehearse")
# What cuts a release off and looks what is left of it.
CUT = ("contract.deployment.cut", "cut")


def requirements(snippet: Snippet) -> Mapping[str, str]:
    """Map what must have been judged to the digest of the code that judges it today."""
    required = {promise.slug: promise.rules for promise in snippet.promises}
    if snippet.commands:
        required |= dict.fromkeys((f"{COMMAND_PREFIX}{name}" for name in snippet.commands), command_rules())
    return required | {slug: rehearsal_rules(snippet, slug) for slug in snippet.rehearsals}


def command_rules() -> str:
    """Digest of the code that runs commands and judges their ends."""
    return digest_at(*COMMANDS)


def rehearsal_rules(snippet: Snippet, slug: str) -> str:
    """Digest of the code of one rehearsal; raises RecordError where it cannot be told what that is."""
    try:
        return digest_at(_module(snippet), snippet.rehearsals[slug], snippet.root / REHEARSAL)
    except TypeError as error:
        raise RecordError(f"{snippet.name}/{REHEARSAL}: {error}") from None


def _module(snippet: Snippet) -> str:
    return f"library.{snippet.name}.{REHEARSAL.removesuffix('.py')}"


def objection(
    snippet: Snippet, evidence: Evidence | None, *, now: datetime | None = None, max_age: timedelta | None = None
) -> str | None:
    """Why this snippet may not be shown, or None where this record vouches for exactly these bytes."""
    if evidence is None:
        return f"{snippet.name} was never verified"
    against = chain(
        _changed(snippet, evidence),
        disbelieved(snippet.name, evidence, now, max_age),
        _unjudged(snippet, evidence),
        _unrecorded(snippet, evidence),
    )
    return next(against, None)


def _changed(snippet: Snippet, evidence: Evidence) -> Iterator[str]:
    since = f"{evidence.verified_at:%Y-%m-%d}"
    if evidence.snippet != snippet.name:
        yield f"{snippet.name} was never verified: the record is of {evidence.snippet}"
    if pairs := dict(evidence.files).items() ^ dict(snippet.files).items():
        yield f"{snippet.name} changed since {since}: {', '.join(sorted({path for path, _ in pairs}))}"
    if evidence.digest != snippet.digest:
        yield f"{snippet.name} changed since {since}: snippet.toml"


def disbelieved(
    name: str,
    record: Evidence | Capture | Execution | Strip,
    now: datetime | None,
    max_age: timedelta | None,
    done: str = "verified",
) -> Iterator[str]:
    """What speaks against a record of any kind, whatever it is of: its date first; `done` is what it tells of.

    `now` is the moment of asking where none is given, and without `max_age` no record is too old.
    """
    since, now = record.verified_at, now or datetime.now(UTC)
    if since < FIRST_ENGINE:
        yield f"{name} was {done} before there was an engine: {since.isoformat()}"
    if since > now + CLOCK_SKEW:
        yield f"{name} was {done} in the future: {since.isoformat()}"
    if max_age is not None and now - since > max_age:
        days = max_age / timedelta(days=1)
        yield f"{name} was last {done} on {since:%Y-%m-%d}, more than {days:g} days ago"
    for what in untrue(record):
        yield f"{name}: the record {what}"


def _unjudged(snippet: Snippet, evidence: Evidence) -> Iterator[str]:
    name = snippet.name
    try:
        required = requirements(snippet)
    except RecordError as error:
        yield f"{name} cannot be verified: {error}"
        return
    if not required:
        yield f"{name} has nothing to be judged by"
    findings = {finding.promise: finding for finding in evidence.findings}
    if len(findings) != len(evidence.findings):
        yield f"{name}: the record judges a promise twice"
    for slug, rules in required.items():
        finding = findings.get(slug)
        if finding is None:
            yield f"{name}: {slug} was not judged"
        elif finding.rules != rules:
            yield f"{name}: {slug} was judged by other code than today's"
        elif finding.verdict is Verdict.NOT_APPLICABLE and slug in snippet.table.not_applicable:
            continue
        elif finding.verdict is not Verdict.KEPT:
            yield f"{name}: {slug} is {finding.verdict}: {_first_line(finding.seen)}"
        elif not finding.seen.strip():
            yield f"{name}: {slug} was kept, but nothing was seen"
    # What is broken speaks against the record though nobody asks about it today; what is kept would be shown as a
    # promise that there is not.
    for finding in evidence.findings:
        if finding.promise not in required:
            said = _first_line(finding.seen)
            yield f"{name}: {finding.promise} is {finding.verdict}, and nobody asks for it: {said}"
    if not any(finding.verdict is Verdict.KEPT for finding in evidence.findings):
        yield f"{name}: no promise was kept"


def _unrecorded(snippet: Snippet, evidence: Evidence) -> Iterator[str]:
    """Refuse a record that is silent on what was built: a base left out could have been a stand-in."""
    recorded = {base.ref for base in evidence.bases}
    if absent := [ref for ref in snippet.bases if ref not in recorded]:
        yield f"{snippet.name}: the record does not say what {', '.join(absent)} was"
    if snippet.kind is Kind.IMAGE and evidence.image is None:
        yield f"{snippet.name}: the record names no image"


def _first_line(text: str) -> str:
    return next(iter(text.strip().splitlines()), "nothing was seen")


def fault_digest(pitfall: Pitfall, catalog: Catalog) -> str:
    """Digest over the fault, the good snippet and the code that must notice.

    Raises RecordError where the rehearsal that must notice is missing.
    """
    owner = catalog.snippets[pitfall.snippet]
    slug = pitfall.table.promise
    rules = KNOWN[slug].rules if slug in KNOWN else _judge_of(owner, slug)
    shown = "".join(f"{source.sha256}  {path}\n" for path, source in pitfall.exhibit.items())
    text = f"{shown}{pitfall.table_sha256}\n{catalog.snippets[owner.carrier].digest}\n{rules}"
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _judge_of(owner: Snippet, slug: str) -> str:
    return command_rules() if slug.startswith(COMMAND_PREFIX) else rehearsal_rules(owner, slug)


def pitfall_objection(
    pitfall: Pitfall,
    catalog: Catalog,
    capture: Capture | None,
    *,
    now: datetime | None = None,
    max_age: timedelta | None = None,
) -> str | None:
    """Why this pitfall may not be shown, or None where its capture is of exactly this fault."""
    name = f"pitfall {pitfall.name}"
    if capture is None:
        return f"{name} was never caught"
    try:
        digest = fault_digest(pitfall, catalog)
    except RecordError as error:
        return f"{name} cannot be caught: {error}"
    against = chain(
        _uncaught(pitfall, capture, digest, name),
        disbelieved(name, capture, now, max_age),
    )
    return next(against, None)


def _uncaught(pitfall: Pitfall, capture: Capture, digest: str, name: str) -> Iterator[str]:
    if capture.pitfall != pitfall.name:
        yield f"{name} was never caught: the record is of {capture.pitfall}"
    if capture.digest != digest:
        yield f"{name} changed since {capture.verified_at:%Y-%m-%d}"
    if not capture.error.strip():
        yield f"{name} was caught without a word"
    try:
        as_stated = capture.stage == pitfall.table.stage and pattern(pitfall.table.message).search(capture.error)
    except ExpressionError as error:
        yield f"{name}: message: {error}"
        return
    if not as_stated:
        yield f"{name} was caught otherwise than stated: {capture.stage}: {_first_line(capture.error)}"


def cut_rules() -> str:
    """Digest of the code that cuts a release off, and looks what is left."""
    return digest_at(*CUT)


def cut_digest(name: str, catalog: Catalog) -> str:
    """Digest of the files by which a deployment releases, or a pitfall's mutant of it; raises like `fault_digest`."""
    pitfall = catalog.pitfalls.get(name)
    return fault_digest(pitfall, catalog) if pitfall else catalog.snippets[name].digest


def strip_objection(
    name: str,
    catalog: Catalog,
    strip: Strip | None,
    *,
    now: datetime | None = None,
    max_age: timedelta | None = None,
) -> str | None:
    """Why this strip may not be shown, or None where it is of exactly these files and of today's look at them."""
    if strip is None:
        return f"releases of {name} were never cut off"
    if (strip.deployment, strip.digest, strip.rules) != (name, cut_digest(name, catalog), cut_rules()):
        return f"{name} changed since its releases were cut off on {strip.verified_at:%Y-%m-%d}"
    return next(disbelieved(f"the strip of {name}", strip, now, max_age), None)


def judges(catalog: Catalog) -> Mapping[str, str]:
    """Function, by its name below the package -> digest of its code, of all that judges anything of this catalogue."""
    known = {name_of(promise.function): promise.rules for promise in KNOWN.values()}
    known[".".join(COMMANDS)] = command_rules()
    for snippet in catalog.snippets.values():
        for slug, function in snippet.rehearsals.items():
            known[f"{_module(snippet)}.{function}"] = rehearsal_rules(snippet, slug)
    return known
