"""A process -> the memory of its control group: cgroup v1 and v2 tell it in other files."""

import re
from collections.abc import Callable

from ...contract.observation import Memory

V2 = ("/sys/fs/cgroup/memory.peak", "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.events")
MOST_BYTES = 1 << 60
V1 = tuple(f"/sys/fs/cgroup/memory/memory.{name}" for name in ("max_usage_in_bytes", "limit_in_bytes", "oom_control"))


def memory(read: Callable[[str], str | None]) -> Memory | None:
    """What the group took, or None where it has neither version's files; `read` gives a file as seen from inside."""
    for files in (V2, V1):
        peak, limit, events = (read(path) for path in files)
        if limit is None or events is None:
            continue
        # Kernels before 5.19 keep no peak in version 2.
        peak = peak or read("/sys/fs/cgroup/memory.current") or "0"
        killed = re.search(r"^oom_kill (\d+)", events, flags=re.MULTILINE)
        # Version 2 says "max", version 1 the largest number of whole pages.
        unlimited = not limit.strip().isdigit() or int(limit) > MOST_BYTES
        return Memory(
            peak_bytes=int(peak),
            limit_bytes=0 if unlimited else int(limit),
            killed=int(killed[1]) if killed else 0,
        )
    return None
