"""A record and the bytes of today -> what speaks against showing them: the one place that decides."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import chain

from ..catalog import Catalog
from ..catalog.admission import COMMAND_PREFIX
from ..catalog.metadata import pattern
from ..catalog.snippet import REHEARSAL, Kind, Pitfall, Snippet
from ..contract import PROMISES, Verdict
from ..contract.rules import digest_at, name_of
from ..errors import RecordError
from .records import Capture, Evidence

CLOCK_SKEW = timedelta(minutes=5)
# Docker's first release.
FIRST_ENGINE = datetime(2013, 3, 20, tzinfo=UTC)
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
# What runs commands and judges their ends.
COMMANDS = ("proving.commands", "rehearse")


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
        _misdated(snippet.name, evidence.verified_at, now or datetime.now(UTC), max_age),
        _unjudged(snippet, evidence),
        _unrecorded(snippet, evidence),
        _untrue(snippet.name, evidence),
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


def _misdated(name: str, verified_at: datetime, now: datetime, max_age: timedelta | None) -> Iterator[str]:
    if verified_at < FIRST_ENGINE:
        yield f"{name} was verified before there was an engine: {verified_at.isoformat()}"
    if verified_at > now + CLOCK_SKEW:
        yield f"{name} was verified in the future: {verified_at.isoformat()}"
    if max_age is not None and now - verified_at > max_age:
        days = max_age / timedelta(days=1)
        yield f"{name} was last verified on {verified_at:%Y-%m-%d}, more than {days:g} days ago"


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


def _untrue(name: str, evidence: Evidence) -> Iterator[str]:
    """Refuse what no build, boot or base can have been, whoever wrote it down."""
    refs = [base.ref for base in evidence.bases]
    if len(set(refs)) != len(refs):
        yield f"{name}: the record says twice what {max(refs, key=refs.count)} was"
    for base in evidence.bases:
        if base.stand_in != bool(base.differs.strip()):
            yield f"{name}: the record calls {base.ref} {'a stand-in' if base.stand_in else 'none'} and says otherwise"
        if not DIGEST.fullmatch(base.digest):
            yield f"{name}: the record gives {base.ref} a digest that is none: {base.digest!r}"
    image = evidence.image
    if image is not None and not DIGEST.fullmatch(image.id):
        yield f"{name}: the record gives the image an id that is none: {image.id!r}"
    if image is not None and (image.bytes <= 0 or image.build_s < 0 or image.ready_s < 0):
        times = f"built in {image.build_s:g} s, up in {image.ready_s:g} s"
        yield f"{name}: the record tells of {image.bytes} bytes, {times}"
    if any(finding.took_s < 0 for finding in evidence.findings):
        yield f"{name}: the record tells of a promise that took less than no time"


def _first_line(text: str) -> str:
    return next(iter(text.strip().splitlines()), "nothing was seen")


def fault_digest(pitfall: Pitfall, catalog: Catalog) -> str:
    """Digest over the fault, the good snippet and the code that must notice.

    Raises RecordError where the rehearsal that must notice is missing.
    """
    owner = catalog.snippets[pitfall.snippet]
    slug = pitfall.table.promise
    rules = PROMISES[slug].rules if slug in PROMISES else _judge_of(owner, slug)
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
        _misdated(name, capture.verified_at, now or datetime.now(UTC), max_age),
    )
    return next(against, None)


def _uncaught(pitfall: Pitfall, capture: Capture, digest: str, name: str) -> Iterator[str]:
    if capture.pitfall != pitfall.name:
        yield f"{name} was never caught: the record is of {capture.pitfall}"
    if capture.digest != digest:
        yield f"{name} changed since {capture.verified_at:%Y-%m-%d}"
    if not capture.error.strip():
        yield f"{name} was caught without a word"
    if capture.stage != pitfall.table.stage or not pattern(pitfall.table.message).search(capture.error):
        yield f"{name} was caught otherwise than stated: {capture.stage}: {_first_line(capture.error)}"


def judges(catalog: Catalog) -> Mapping[str, str]:
    """Function, by its name below the package -> digest of its code, of all that judges anything of this catalogue."""
    known = {name_of(promise.function): promise.rules for promise in PROMISES.values()}
    known[".".join(COMMANDS)] = command_rules()
    for snippet in catalog.snippets.values():
        for slug, function in snippet.rehearsals.items():
            known[f"{_module(snippet)}.{function}"] = rehearsal_rules(snippet, slug)
    return known
