"""Files that were moved aside -> whether anybody still writes to them: Linux tells by its leases."""

import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: there nobody moves a file that somebody writes to.
    fcntl = None  # type: ignore[assignment]

# An editor's own save takes milliseconds; whoever holds a file open for longer than this is no editor.
PATIENCE_S, MOMENT_S = 2.0, 0.05


def settle(places: Iterable[Path]) -> bool:
    """Wait until nobody writes to these files any more; False where somebody does so for longer than a save takes.

    Their names are known to nobody else, so what is not open now is never opened again. Linux tells what is open;
    elsewhere a save that is under way is given a moment to end.
    """
    until = time.monotonic() + PATIENCE_S
    waiting = [place for place in places if os.path.lexists(place)]
    is_told = True
    while waiting:
        held = {place: _is_written_to(place) for place in waiting}
        is_told = is_told and None not in held.values()
        waiting = [place for place, answer in held.items() if answer]
        if waiting and time.monotonic() > until:
            return False
        if waiting:
            time.sleep(MOMENT_S / 50)
    if not is_told:
        time.sleep(MOMENT_S)
    return True


def _is_written_to(place: Path) -> bool | None:
    """Whether a file is open for writing; None where the system does not say."""
    if not hasattr(fcntl, "F_SETLEASE"):
        return None
    try:
        handle = os.open(place, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        # A lease is had on what nobody writes to. Whoever opens it then breaks it, by a signal that is ignored.
        fcntl.fcntl(handle, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except BlockingIOError:
        return True
    except OSError:
        return None
    finally:
        os.close(handle)
    return False
