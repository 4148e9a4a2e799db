"""What a container may do, as its kernel tells it: where it writes, and what rights it holds and may gain."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .promise import Judgement, kept_if
from .subject import Stack

# Rights are those of its first process: whatever the engine starts beside it has its own.
TOLD = "cat /proc/1/status /proc/self/mountinfo"
# The same from the host, of a container by its name: there may be no program in it.
TOLD_OUTSIDE = """
pid=$(docker inspect --format '{{{{.State.Pid}}}}' {container}) && cat /proc/$pid/status /proc/$pid/mountinfo
"""
# The kernel's own file systems are none of a container's files.
KERNEL = ("/proc", "/sys", "/dev")
# By the kernel's numbers: https://man7.org/linux/man-pages/man7/capabilities.7.html
CAPABILITIES = """
CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE
NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN
SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE
MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE
"""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The mounts to which a container may write, and the capabilities that it may hold: those, and no fewer."""

    writes: tuple[str, ...]
    holds: tuple[str, ...] = ()


# PostgreSQL's image starts as root, makes the volume its own, and becomes the user postgres.
POSTGRES = Bounds(
    ("/run/postgresql", "/tmp", "/var/lib/postgresql"),  # noqa: S108 - of a container
    ("CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"),
)


def confined(told: Mapping[str, str], meant: Mapping[str, Bounds]) -> Judgement:
    """Whether each of these services is confined as it is meant to be, by what `TOLD` prints of it."""
    faults = [f"{name} {fault}" for name, bounds in meant.items() for fault in loose(told[name], bounds)]
    held = "; ".join(f"{name} holds {' '.join(bounds.holds)}" for name, bounds in meant.items() if bounds.holds)
    places = sum(len(bounds.writes) for bounds in meant.values())
    seen = f"{len(meant)} containers write to {places} mounts and to nothing else, and may gain no rights; "
    return kept_if(bool(meant) and not faults, "; ".join(faults) or seen + (held or "none holds a capability"))


def all_confined(stack: Stack, meant: Mapping[str, Bounds]) -> Judgement:
    """The same of a whole project: a service that is up and not meant is a fault too. Raises like `Stack.run`."""
    up = stack.compose("ps --services").stdout.split()
    if others := sorted(set(up) ^ set(meant)):
        return kept_if(condition=False, seen=f"up or stated, and not both: {', '.join(others)}")
    return confined({name: stack.run(TOLD, on=name).stdout for name in up}, meant)


def loose(told: str, bounds: Bounds) -> Iterator[str]:
    """How a container is otherwise than meant, by what `TOLD` prints of it; nothing where it is as meant."""
    lines = told.splitlines()
    status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    writes = {mount for line in lines if (mount := writable(line))}
    bounding = int(status["CapBnd"], 16)
    holds = {name for bit, name in enumerate(CAPABILITIES.split()) if bounding >> bit & 1}
    if status["NoNewPrivs"] != "1":
        yield "may gain rights"
    for place in sorted(writes - set(bounds.writes)):
        yield f"may write to {'its own files' if place == '/' else place}"
    for place in sorted(set(bounds.writes) - writes):
        yield f"may not write to {place}"
    if more := sorted(holds - set(bounds.holds)):
        yield f"holds {' '.join(more)}"
    if fewer := sorted(set(bounds.holds) - holds):
        yield f"does not hold {' '.join(fewer)}"


def writable(line: str) -> str:
    """Where a line of mountinfo mounts something that may be written to; "" where it does not, or is none.

    https://docs.kernel.org/filesystems/proc.html#proc-pid-mountinfo-information-about-mounts
    """
    fields, separator, _ = line.partition(" - ")
    if not separator:
        return ""
    place, options = fields.split()[4:6]
    is_kernels = any(f"{place}/".startswith(f"{root}/") for root in KERNEL)
    return "" if is_kernels or "rw" not in options.split(",") else place
