"""Proofs against the same builds, boots, waits and stops by raw `docker`: one edited snippet, and all of them."""

import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.checkout import PROOFS, Checkout, copied
from bench.figure import Figure
from bench.operations import Operation, operations, untold
from bench.replay import Played, replay
from bench.shell import BenchError, Done
from bench.tape import recording

# Its first layers hold this file, so that an edit of it makes nearly all of the image anew.
EDITED = "flask-uv/pyproject.toml"
Say = Callable[[str], None]


def edited(rounds: int, say: Say) -> Figure:
    """`pytest --stale` after a comment line of one snippet was edited."""
    snippet = EDITED.partition("/")[0]
    with copied() as checkout, tempfile.TemporaryDirectory(prefix="handbook-tape-") as folder:
        if stale := checkout.stale():
            message = f"not all is proven, so an edit is not all that is new: {', '.join(stale)}. Run `nox -s docs`."
            raise BenchError(message)
        line = checkout.edit(EDITED)
        voided = checkout.stale()
        if snippet not in voided:
            message = f"an edit of {EDITED} does not void {snippet}"
            raise BenchError(message)
        say(f"edited: one line of {EDITED} voids {', '.join(voided)}")
        tape = Path(folder) / "tape"
        work = _recorded(checkout, tape, *PROOFS, "--stale")
        times = _Times("edited", say)
        for _ in range(rounds):
            checkout.edit(EDITED)
            proof = checkout.prove(*PROOFS, "--stale")
            # Other bytes than any build had before, as on the other side.
            again = replay(tape, work, {line: _another(checkout)})
            times.add(proof, again)
    return times.figure(f"one edited line ({EDITED}), all proven that it voids, as raw docker in sequence", 1.1)


def cold(rounds: int, say: Say) -> Figure:
    """The contract and the rehearsals of the whole library, every image built without a cache."""
    what = ("tests/contract", "tests/rehearsals")
    with copied() as checkout, tempfile.TemporaryDirectory(prefix="handbook-tape-") as folder:
        tape = Path(folder) / "tape"
        work = _recorded(checkout, tape, *what)
        times = _Times("cold", say)
        for _ in range(rounds):
            times.add(checkout.prove(*what), replay(tape, work, {}))
    return times.figure("contract and rehearsals of the whole library, as raw docker in sequence", 0.7)


def _recorded(checkout: Checkout, tape: Path, *what: str) -> Sequence[Operation]:
    checkout.prove(*what, env=recording(tape))
    work = operations(tape)
    if missing := untold(work):
        where = "snippets/engine/subjects, container.py and beside.py"
        message = f"the engine's trace tells of no {', '.join(sorted(missing))}: see {where}"
        raise BenchError(message)
    return work


def _another(checkout: Checkout) -> str:
    checkout.edit(EDITED)
    return (checkout.root / "snippets" / "library" / EDITED).read_text().splitlines()[-1]


class _Times:
    """Pairs of a proof and its playback, said as they come."""

    def __init__(self, name: str, say: Say) -> None:
        self.name = name
        self.say = say
        self.ratios: list[float] = []
        self.parts: defaultdict[str, list[float]] = defaultdict(list)

    def add(self, proof: Done, again: Played) -> None:
        """One round."""
        self.ratios.append(proof.took_s / again.took_s)
        self.parts["proof s"].append(proof.took_s)
        self.parts["raw s"].append(again.took_s)
        for part, seconds in again.spent.items():
            self.parts[f"raw {part} s"].append(seconds)
        counted = ", ".join(f"{count} {what}" for what, count in again.counts.items())
        self.say(f"{self.name}: {proof.took_s:.1f} s, raw {again.took_s:.1f} s ({counted})")

    def figure(self, says: str, limit: float) -> Figure:
        """What came out of all rounds."""
        return Figure.judged(self.name, says, limit=limit, values=self.ratios, parts=self.parts)
