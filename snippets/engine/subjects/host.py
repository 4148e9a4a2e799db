"""A name -> a system with systemd, sshd and disks of its own, and snapshots from which it comes up again."""

import shlex
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from ...contract.observation import Done
from ...errors import ContainerError, NotReadyError
from ..bases.ground import image_of
from ..docker import docker, try_docker
from ..run import Run
from .inside import checked, executed, refuse_end
from .make import Make, chosen
from .waiting import awaited, quoted

# Longer than the engine gives it before it kills.
STOP_S = 120.0
BOOT_S = 60.0
COMMAND_S = 600.0
# What systemd calls itself once it has nothing more to start; degraded, where a unit has failed.
UP = "running"
SETTLED = frozenset({UP, "degraded"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A host as its power was cut: its root as an image, its disks as volumes (path -> name)."""

    name: str
    image: str
    disks: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A running host by its name on the networks; `id` is its container, `disks` its volumes by their paths."""

    name: str
    id: str
    make: Make
    disks: Mapping[str, str]
    rented_by: Run

    @property
    def pace(self) -> float:
        """How much longer all takes on it than on one that somebody rents: an emulated machine has its make's pace."""
        if self.make.pace == 1:
            return 1.0
        kind = self.run("systemd-detect-virt", check=False).stdout.strip()
        return 1.0 if kind == "kvm" else self.make.pace

    def run(self, command: str, *, on: str = "", check: bool = True) -> Done:
        """Run a command as root on it, as from a provider's console: no ssh is needed for it."""
        del on
        done = executed(self.id, command, timeout_s=COMMAND_S * self.make.pace, console=self.make.console)
        return checked(done, command, where=self.name) if check else done

    def logs(self, unit: str = "") -> str:
        """Its journal, or what one unit wrote into it."""
        chosen = f"--unit={shlex.quote(unit)}" if unit else ""
        return self.run(f"journalctl --no-pager --output=short-iso {chosen}").stdout

    def stop(self, unit: str = "") -> None:
        """Stop a unit, or shut it down as its owner would."""
        if unit:
            self.run(f"systemctl stop {shlex.quote(unit)}")
        else:
            docker("stop", self.id, timeout_s=STOP_S * self.make.pace)

    def start(self, unit: str = "") -> None:
        """Start a unit, or boot it, and wait until it is up; raises NotReadyError where it does not get so far."""
        if unit:
            self.run(f"systemctl start {shlex.quote(unit)}")
            return
        docker("start", self.id)
        self.await_boot()

    def kill(self, unit: str = "") -> None:
        """SIGKILL a unit's processes, or cut its power."""
        if unit:
            self.run(f"systemctl kill --signal=SIGKILL {shlex.quote(unit)}")
        else:
            docker("kill", self.id)

    def destroy(self) -> None:
        """Take it away; its disks, which nobody can mount any more, go when it is given back."""
        docker("rm", "--force", self.id)

    def stay_on(self) -> None:
        """From here on it comes up again where it reboots: its container ends then, as if it was switched off."""
        docker("update", "--restart=on-failure:3", self.id)

    def await_(self, what: Callable[[], bool], timeout_s: float) -> float | None:
        """Poll."""
        return awaited(what, timeout_s, refuse=lambda: None)

    def await_boot(self) -> float:
        """Seconds until systemd has started all that it should; raises NotReadyError with the units that failed."""
        state = "silent"

        def is_settled() -> bool:
            nonlocal state
            state = self.run("systemctl is-system-running", check=False).stdout.strip() or state
            return state in SETTLED

        waited_s = awaited(is_settled, BOOT_S * self.make.pace, refuse=self._refuse_end)
        if waited_s is None or state != UP:
            failed = self.run("systemctl list-units --failed --plain --no-legend", check=False)
            raise NotReadyError(f"{self.name} does not boot: it is {state}; {quoted(failed.stdout + failed.stderr)}")
        return waited_s

    def _refuse_end(self) -> None:
        try:
            refuse_end(self.id)
        except ContainerError as error:
            raise NotReadyError(f"{self.name} does not boot: {error}") from None

    def address(self, network: str, *, version: int = 4) -> str:
        """Its address on a network, of IP version 4 or 6; empty where it has none."""
        key = "IPAddress" if version == 4 else "GlobalIPv6Address"  # noqa: PLR2004 - the versions there are
        template = f'{{{{(index .NetworkSettings.Networks "{network}").{key}}}}}'
        return docker("inspect", f"--format={template}", self.id)[0]


@contextmanager
def rented(  # noqa: PLR0913 - what it is, where, and what it holds
    name: str,
    networks: Sequence[str],
    run: Run,
    snapshot: Snapshot | None = None,
    make: Make | None = None,
    *,
    also: Sequence[str] = (),
) -> Iterator[Host]:
    """A host that holds nothing, or what a snapshot of its make holds; gone with the block, disks and all.

    Of the make that is chosen, where none is given; found by other names too, where they are.
    """
    make = make or chosen()
    image = snapshot.image if snapshot else image_of(make.reference, run)
    label = [f"--label={key}={value}" for key, value in run.labels.items()]
    with ExitStack() as stack:
        disks = {path: stack.enter_context(_volume(run)) for path in make.disks}
        if snapshot:
            _copied({snapshot.disks[path]: volume for path, volume in disks.items()}, image)
        mounts = [f"--volume={volume}:{path}" for path, volume in disks.items()]
        first, *others = networks
        joined = [f"--network={first}", f"--hostname={name}"]
        joined += [f"--network-alias={each}" for each in (name, *also)]
        (id_,) = docker("create", *make.room, *label, *mounts, *joined, image)
        stack.callback(try_docker, "rm", "--force", id_)
        for other in others:
            aliases = [f"--alias={each}" for each in (name, *also)]
            docker("network", "connect", *aliases, other, id_)
        host = Host(name=name, id=id_, make=make, disks=disks, rented_by=run)
        host.start()
        yield host


def cut(host: Host) -> Snapshot:
    """Cut its power and keep what is on its disks. The host stays off."""
    host.kill()
    image = host.rented_by.tag(f"{host.name}-snapshot")
    docker("commit", "--pause=false", host.id, image)
    disks = {path: _made(host.rented_by) for path in host.disks}
    _copied({volume: disks[path] for path, volume in host.disks.items()}, image)
    return Snapshot(name=host.name, image=image, disks=disks)


@contextmanager
def network(run: Run, name: str) -> Iterator[str]:
    """A network with addresses of both versions; its name on the engine."""
    number = uuid.uuid4()
    made = run.project(f"{name}-{number.hex[:8]}")
    label = [f"--label={key}={value}" for key, value in run.labels.items()]
    # Of the range for networks of one's own: https://www.rfc-editor.org/rfc/rfc4193
    subnet = f"fd{number.hex[:2]}:{number.hex[2:6]}:{number.hex[6:10]}::/64"
    docker("network", "create", "--ipv6", f"--subnet={subnet}", *label, made)
    try:
        yield made
    finally:
        try_docker("network", "rm", made)


@contextmanager
def _volume(run: Run) -> Iterator[str]:
    name = _made(run)
    try:
        yield name
    finally:
        try_docker("volume", "rm", "--force", name)


def _made(run: Run) -> str:
    label = [f"--label={key}={value}" for key, value in run.labels.items()]
    return docker("volume", "create", *label)[0]


def _copied(volumes: Mapping[str, str], image: str) -> None:
    """Copy volumes, to the last attribute, wherever the engine runs."""
    mounts, commands = [], []
    for number, (old, new) in enumerate(volumes.items()):
        mounts += [f"--volume={old}:/old/{number}:ro", f"--volume={new}:/new/{number}"]
        commands.append(f"cp --archive --reflink=auto /old/{number}/. /new/{number}/")
    # What an overlay keeps in attributes of its own is for the privileged alone.
    options = ["--rm", "--privileged", "--network=none", "--entrypoint=sh", *mounts]
    docker("run", *options, image, "-c", " && ".join(commands))
