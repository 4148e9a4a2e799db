"""What was seen of a broken promise -> the pitfalls of the library that break it as well, and what mends them."""

from collections.abc import Sequence

from snippets.catalog import load
from snippets.contract import Finding
from snippets.metadata import pattern
from snippets.snippet import Pitfall


def alike(findings: Sequence[Finding]) -> dict[str, list[Pitfall]]:
    """Promise -> the pitfalls that break it, those alone that say what was seen where there are such."""
    known = list(load().pitfalls.values()) if findings else []
    found: dict[str, list[Pitfall]] = {}
    for finding in findings:
        same = [pitfall for pitfall in known if pitfall.table.promise == finding.promise]
        exact = [pitfall for pitfall in same if pattern(pitfall.table.message).search(finding.seen)]
        found[finding.promise] = exact or same
    return found
