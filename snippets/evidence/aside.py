"""Records that nothing waits for: what was seen on whole machines, and of releases that were cut off.

Each is shown while it is of the files and the code of today, and left out from then on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ..catalog import Catalog
from ..contract import Verdict
from .objection import disbelieved, requirements, strip_objection
from .records import Evidence, Strip
from .store import EvidenceStore


def on_machines(
    catalog: Catalog, store: EvidenceStore, *, now: datetime | None, max_age: timedelta | None
) -> Mapping[str, Evidence]:
    """Snippet -> what was seen kept on whole machines, by code and files of today.

    Raises RecordError where a record of it is damaged.
    """
    known: dict[str, Evidence] = {}
    for name, snippet in catalog.snippets.items():
        evidence = store.read(Evidence, name)
        if evidence is None or evidence.digest != snippet.digest:
            continue
        if any(disbelieved(name, evidence, now, max_age)):
            continue
        required = requirements(snippet)
        kept = [f for f in evidence.findings if f.verdict is Verdict.KEPT and required.get(f.promise) == f.rules]
        if kept:
            known[name] = replace(evidence, findings=kept)
    return known


def strips(
    catalog: Catalog, store: EvidenceStore, *, now: datetime | None, max_age: timedelta | None
) -> Mapping[str, Strip]:
    """Deployment, or pitfall of one -> what was left of its releases that were cut off; raises RecordError likewise."""
    read = {name: store.read(Strip, name) for name in released_to(catalog)}
    return {
        name: strip
        for name, strip in read.items()
        if strip and strip_objection(name, catalog, strip, now=now, max_age=max_age) is None
    }


def released_to(catalog: Catalog) -> Sequence[str]:
    """Snippets that describe a deployment, and not only what is added to it; and the pitfalls of one.

    Of a pitfall that edits a command alone the files release as ever: it would have the strip of the good ones.
    """
    known = catalog.snippets
    deployments = [name for name, each in known.items() if each.table.deployment and not each.table.addition]
    pitfalls = [
        name
        for name, pitfall in catalog.pitfalls.items()
        if pitfall.snippet in deployments and pitfall.replaced(known[pitfall.snippet])
    ]
    return [*deployments, *pitfalls]
