"""What a run proved -> tables with times: drawn on a terminal, plain lines elsewhere."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter

from ..engine.bases.ground import Ground
from ..evidence.records import Base, Capture
from ..terminal import write_table
from .recorder import Written


def print_summary(
    written: Sequence[Written],
    withheld: Mapping[str, str],
    believed: Mapping[str, Capture],
    grounds: Sequence[Ground],
    write_line: Callable[[str], None],
) -> None:
    """Print what was proven, the slowest first, what was not and why, and what each base cost; no empty table."""
    slowest = sorted(written, key=attrgetter("took_s"), reverse=True)
    costs = [(ground.base, ground.took_s) for ground in grounds]
    rows = [(w.name, _state(w), str(w.findings), f"{w.took_s:.1f} s") for w in slowest]
    bases = [(base.ref, _origin(base), base.version, f"{took:.1f} s") for base, took in costs]
    for title, columns, cells in (
        ("proven", ("record", "state", "findings", "took"), rows),
        ("withheld", ("snippet", "why"), [(name, why.partition("\n")[0]) for name, why in sorted(withheld.items())]),
        ("believed", ("not tried today", "seen"), _ages(believed)),
        ("bases", ("base", "from", "version", "took"), bases),
    ):
        if cells:
            write_line("")
            write_table(columns, cells, write_line, title)


def _ages(believed: Mapping[str, Capture]) -> list[tuple[str, str]]:
    """One row a day on which such a pitfall was last seen caught."""
    days = Counter(f"{capture.verified_at:%Y-%m-%d}" for capture in believed.values())
    return [(f"{count} pitfalls, by their committed records", day) for day, count in sorted(days.items())]


def _origin(base: Base) -> str:
    if base.packaged:
        return "packages"
    return "stand-in" if base.stand_in else "registry"


def _state(written: Written) -> str:
    if not written.complete:
        return "incomplete"
    return "written" if written.written else "unchanged"
