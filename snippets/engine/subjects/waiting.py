"""How every subject waits, and how it quotes what was printed last: a clock, a poll, and an end that is noticed."""

import time
from collections.abc import Callable
from typing import TypeVar

from ...errors import ContainerError

# Each look costs the engine and us some milliseconds of a processor that others wait for.
POLL_S, LONGEST_POLL_S = 0.05, 0.5
POLL_SHARE = 0.05
SETTLED_S = 0.5
SETTLING_S = 30.0
LOG_LINES = 20
LOG_CHARACTERS = 6_000
# A traceback in one line of JSON, whose cause is at its end.
LINE_CHARACTERS = 3_000
T = TypeVar("T")


def pause_s(waited_s: float) -> float:
    """Seconds until the next look: a twentieth of what was waited so far, which is as exact as the answer will be."""
    return min(max(POLL_S, POLL_SHARE * waited_s), LONGEST_POLL_S)


def awaited(what: Callable[[], bool], timeout_s: float, *, refuse: Callable[[], None]) -> float | None:
    """Ask until it is so: after how many seconds it was, or None; an answer that does not come is none.

    `refuse` is called at each poll where it is not so, and raises where it never will be.
    """
    started = time.monotonic()
    while (waited_s := time.monotonic() - started) < timeout_s:
        try:
            if what():
                return waited_s
        except ContainerError:
            refuse()
        else:
            refuse()
        time.sleep(pause_s(waited_s))
    return None


def settled(ask: Callable[[], T], paused: Callable[[float], None]) -> T:
    """Ask until two answers agree, half a second apart; `paused` hears since when it waited.

    Raises TimeoutError where they never do.
    """
    deadline = time.monotonic() + SETTLING_S
    last, now = None, ask()
    while now != last:
        if time.monotonic() > deadline:
            raise TimeoutError
        started = time.monotonic()
        time.sleep(SETTLED_S)
        paused(started)
        last, now = now, ask()
    return now


def quoted(log: str) -> str:
    """The end of a log, as every failure has it."""
    lines = [_shortened(line) for line in log.strip().splitlines()[-LOG_LINES:]]
    last = "\n".join(lines)[-LOG_CHARACTERS:]
    return f"its last lines:\n{last}" if lines else "it printed nothing"


def _shortened(line: str) -> str:
    """Both ends of a line that is too long to show."""
    half = LINE_CHARACTERS // 2
    return line if len(line) <= LINE_CHARACTERS else f"{line[:half]} … {line[-half:]}"
