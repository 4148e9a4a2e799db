"""What a run proved -> tables with times: drawn on a terminal, plain lines elsewhere."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter

from ..engine.bases.ground import Ground
from ..evidence.records import Base
from ..terminal import write_table
from .recorder import Written
from .turns import Believed


def print_summary(
    written: Sequence[Written],
    withheld: Mapping[str, str],
    believed: Believed,
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


def _ages(believed: Believed) -> list[tuple[str, str]]:
    """One row a kind and a day on which such a one was last seen; of a snippet's record, that of its oldest part."""
    asked = Counter(atom.partition(":")[0] for atom in believed.atoms)
    days = Counter(("pitfalls", capture.verified_at.date()) for capture in believed.captures.values())
    days += Counter(("tutorials", execution.verified_at.date()) for execution in believed.executions.values())
    for name, evidence in believed.snippets.items():
        days["judgements of servers and stacks", evidence.verified_at.date()] += asked[name]
    return [(f"{days[each]} {each[0]}, by their committed records", f"{each[1]}") for each in sorted(days)]


def _origin(base: Base) -> str:
    if base.packaged:
        return "packages"
    return "stand-in" if base.stand_in else "registry"


def _state(written: Written) -> str:
    if not written.complete:
        return "incomplete"
    return "written" if written.written else "unchanged"
