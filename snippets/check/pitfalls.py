"""What was seen of a broken promise -> the pitfalls of the library that break it as well, and what mends them."""

from collections.abc import Sequence

from ..catalog import Catalog
from ..catalog.metadata import pattern
from ..catalog.pitfall import Pitfall
from ..contract import Finding


def alike(findings: Sequence[Finding], catalog: Catalog) -> dict[str, list[Pitfall]]:
    """Promise -> the pitfalls that break it, those alone that say what was seen where there are such."""
    known = list(catalog.pitfalls.values())
    found: dict[str, list[Pitfall]] = {}
    for finding in findings:
        same = [pitfall for pitfall in known if pitfall.table.promise == finding.promise]
        exact = [pitfall for pitfall in same if pattern(pitfall.table.message).search(finding.seen)]
        found[finding.promise] = exact or same
    return found
