"""Control groups: what a container took of its memory, told from either version's files."""

import pytest

from snippets.contract.observation import Memory
from snippets.engine.subjects.cgroup import memory

V2 = {
    "/sys/fs/cgroup/memory.peak": "94371840\n",
    "/sys/fs/cgroup/memory.current": "83886080\n",
    "/sys/fs/cgroup/memory.max": "536870912\n",
    "/sys/fs/cgroup/memory.events": "low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 1\n",
}
V1 = {
    "/sys/fs/cgroup/memory/memory.max_usage_in_bytes": "94371840\n",
    "/sys/fs/cgroup/memory/memory.limit_in_bytes": "536870912\n",
    "/sys/fs/cgroup/memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
}
TAKEN = Memory(peak_bytes=94371840, limit_bytes=536870912, killed=2)


@pytest.mark.parametrize("files", [V2, V1, {**V1, **V2}], ids=["v2", "v1", "both"])
def test_peak_limit_and_kills_are_read_from_either_version(files: dict[str, str]) -> None:
    """Kills are processes that were ended, not times that memory ran short."""
    assert memory(files.get) == TAKEN


def test_a_kernel_that_keeps_no_peak_tells_what_is_taken_now() -> None:
    """Version 2 has one since Linux 5.19."""
    files = {path: text for path, text in V2.items() if not path.endswith("peak")}

    assert memory(files.get) == Memory(peak_bytes=83886080, limit_bytes=536870912, killed=2)
    assert memory({path: text for path, text in files.items() if "current" not in path}.get) == Memory(
        peak_bytes=0, limit_bytes=536870912, killed=2
    )


def test_no_limit_is_told_as_none() -> None:
    """Version 2 says so in a word; version 1 in a number that no machine has so many bytes for."""
    word = memory({**V2, "/sys/fs/cgroup/memory.max": "max\n"}.get)
    number = memory({**V1, "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"}.get)

    assert word is not None
    assert word.limit_bytes == 0
    assert number is not None
    assert number.limit_bytes == 0


def test_a_kernel_that_counts_no_kills_has_none() -> None:
    """Version 1 counts them since Linux 4.13."""
    old = memory({**V1, "/sys/fs/cgroup/memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\n"}.get)

    assert old is not None
    assert old.killed == 0


@pytest.mark.parametrize("lacking", ["memory.max", "memory.events"])
def test_half_of_version_2_is_not_taken_for_it(lacking: str) -> None:
    """Where both are mounted, memory may be accounted by the other one."""
    half = {path: text for path, text in V2.items() if not path.endswith(lacking)}

    assert memory({**half, **V1}.get) == TAKEN
    assert memory(half.get) is None


def test_a_group_that_tells_nothing_is_none() -> None:
    """It is for the caller to say that it cannot judge."""
    assert memory(lambda _: None) is None
