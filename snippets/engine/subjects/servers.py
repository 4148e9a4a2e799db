"""Hosts, who deploys to them and a neighbour -> what the contract's `Servers` may be asked."""

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from ...catalog.addition import BACKUP, RESTORE
from ...catalog.deployment import DRY_RUN, RELEASE
from ...catalog.snippet import ARRIVE
from ...contract.observation import Done, Reply
from ...contract.servers import NEIGHBOUR
from ...errors import ContainerError, NotReadyError
from .authority import Authority
from .inside import checked
from .internet import Internet
from .make import chosen
from .operator import CLONE, HOME, Operator, operator
from .rental import NOTHING, Beginning, Left, Rental
from .waiting import awaited, quoted

ARRIVING_S = 600.0
# Where whoever deploys is told how far it got.
PROGRESS = f"{HOME}/arriving"


class Servers:
    """Hosts by name, on one network with who deploys to them and with a neighbour who was given nothing.

    `verbs` are the commands of a deployment by name, of which those to `arrive` bring an application to hosts.
    """

    def __init__(self, rental: Rental, verbs: Mapping[str, Sequence[str]], deploying: Operator) -> None:
        self.names = rental.names
        self._rental = rental
        self._verbs = verbs
        self._operator = deploying
        self._clone = CLONE
        self._arrival: Done | None = None
        self._brought: dict[str, Done] = {}

    def keep(self) -> None:
        """Remember the hosts as they are now: from here on all begins with them."""
        self._rental.keep()

    def hand_over(self, folder: Path) -> Left:
        """Cut the power of all: what is there, for others to go on with; the deployer's files are in the directory."""
        self._operator.hand_over(folder)
        return Left(home=folder, hosts=self._rental.snapshots())

    def take_over(self, left: Left) -> None:
        """Have what others left: their hosts, by their names, and what they had made where they deployed from."""
        self._operator.take_over(left.home)
        self._rental.take_over(left.hosts)

    def renewed(self) -> "Servers":
        """Itself, as it was when somebody had just deployed; its hosts are given back where nobody has kept that."""
        self._rental.renew()
        return self

    def begun(self, *, signed_for_s: float | None = None) -> AbstractContextManager[None]:
        """Inside the block the hosts hold what is installed and fetched at most; afterwards they are as deployed to.

        Certificates that are signed inside it are valid for so long, where that is given.
        """
        return self._rental.begun(signed_for_s=signed_for_s)

    @property
    def authority(self) -> Authority:
        """Who signs certificates for it."""
        return self._rental.internet.authority

    def told(self) -> Sequence[str]:
        """What somebody was told so far."""
        return self._rental.internet.alerts.told()

    @property
    def pace(self) -> float:
        """How much longer all takes on its hosts than on those that somebody rents."""
        return max(self._rental.hosts[name].pace for name in self.names)

    @property
    def arrival(self) -> Done:
        """How it first arrived."""
        assert self._arrival is not None, "nobody asks before it has arrived"
        return self._arrival

    def brought(self, command: str) -> Done | None:
        """How a command ended when it first arrived; None for one that did not bring it here."""
        return self._brought.get(command)

    def arrive(self) -> Done:
        """Run the commands that bring it here; raises NotReadyError where one of them fails."""
        command, done = self._done(ARRIVE, kept={} if self._arrival else self._brought)
        if done.status != 0:
            raise NotReadyError(f"`{command}` exits {done.status}; {quoted(done.stdout)}")
        self._arrival = self._arrival or done
        return done

    def dry_run(self) -> Done:
        """Ask what arriving would change; raises ContainerError where it has no such command."""
        if DRY_RUN not in self._verbs:
            raise ContainerError(f"no command is called {DRY_RUN}")
        return self._done(DRY_RUN)[1]

    def release(self, version: str = "") -> Done:
        """Release a version by its name, or the one that arrived; raises ContainerError where no command does so."""
        if RELEASE not in self._verbs:
            raise ContainerError(f"no command is called {RELEASE}")
        return self._done(RELEASE, settings=self._rental.internet.releasing(version))[1]

    def backup(self) -> Done:
        """Have it backed up; raises ContainerError where it has no such command."""
        if BACKUP not in self._verbs:
            raise ContainerError(f"no command is called {BACKUP}")
        return self._done(BACKUP)[1]

    def restore(self) -> Done:
        """Have the newest backup back; raises ContainerError where it has no such command."""
        if RESTORE not in self._verbs:
            raise ContainerError(f"no command is called {RESTORE}")
        return self._done(RESTORE)[1]

    def lose(self, name: str) -> None:
        """Replace a host, disks and all, by another one of its name that holds nothing."""
        self._rental.relet(name)

    def unsupplied(self) -> AbstractContextManager[None]:
        """Inside the block no registry answers."""
        return self._rental.internet.unsupplied()

    def interrupted(self, share: float, *, power: bool) -> bool:
        """Begin to arrive and lose the way there after such a share of what it prints, and the hosts their power."""
        self._operator.run(f"rm --force {PROGRESS}")
        wanted = share * len(self.arrival.stdout.splitlines())
        return self._cut(ARRIVE, lambda: self._operator.told(PROGRESS) >= wanted, power=power)

    def cut_off(self, version: str, due: Callable[[], bool], *, power: bool) -> bool:
        """Begin to release a version and lose the way there once it is due, and the hosts their power."""
        return self._cut(RELEASE, due, power=power, settings=self._rental.internet.releasing(version))

    def disturbed(self, version: str, due: Callable[[], bool], do: Callable[[], object]) -> bool:
        """Begin to release a version, do something else once it is due, and wait for both."""
        return self._during(RELEASE, due, do, self._rental.internet.releasing(version))

    def _cut(
        self, verb: str, now: Callable[[], bool], *, power: bool, settings: Mapping[str, str] | None = None
    ) -> bool:
        def lose() -> None:
            if power:
                for name in self.names:
                    self.kill(name)
            self._operator.cut()

        was_busy = self._during(verb, now, lose, settings)
        if power:
            for name in self.names:
                self.start(name)
        return was_busy

    def _during(
        self, verb: str, now: Callable[[], bool], do: Callable[[], object], settings: Mapping[str, str] | None
    ) -> bool:
        with ThreadPoolExecutor(1) as aside:
            begun = aside.submit(self._done, verb, told=PROGRESS, settings=settings)
            self.await_(lambda: begun.done() or now(), ARRIVING_S * chosen().pace)
            was_busy = not begun.done()
            do()
            # Whoever asked is told that its machine has ended, or that the command has.
            with suppress(ContainerError):
                begun.result()
        return was_busy

    def lent(self) -> tuple[str, ...]:
        """What a program and its arguments are put after, to be run in the clone by somebody who may reboot hosts."""
        for name in self.names:
            self._rental.host(name).stay_on()
        return self._operator.shell

    def rested(self) -> None:
        """End all that who deploys has open: a connection that is kept for the next command asks for no key again."""
        self._operator.cut()

    def elsewhere(self) -> None:
        """Go on from a copy of the clone in another directory."""
        other = f"{self._clone}-elsewhere"
        checked(self._operator.run(f"cp --archive . {other}"), f"cp {other}")
        self._clone = other

    def _done(
        self,
        verb: str,
        *,
        told: str = "/dev/null",
        settings: Mapping[str, str] | None = None,
        kept: dict[str, Done] | None = None,
    ) -> tuple[str, Done]:
        """Run a verb's commands until one fails: the last one; what all printed, also into a file, how long it took.

        How each of them ended is kept, where that is asked.
        """
        printed, took_s = "", 0.0
        for command in self._verbs[verb]:
            piped = f"{{\n{command}\n}} 2>&1 | tee --append {told}"
            done = self._operator.run(piped, where=self._clone, settings=settings)
            if kept is not None:
                kept[command] = done
            printed, took_s = printed + done.stdout, took_s + done.took_s
            if done.status != 0:
                break
        return command, replace(done, stdout=printed, took_s=took_s)

    def run(self, command: str, *, on: str = "", check: bool = True) -> Done:
        """Run a command in the clone, on a host as from its provider's console, or at the neighbour's."""
        if on == NEIGHBOUR:
            return self._rental.host(on).run(f"{self._rental.internet.trust}{command}", check=check)
        if on:
            return self._rental.host(on).run(command, check=check)
        done = self._operator.run(command, where=self._clone)
        return checked(done, command) if check else done

    def get(self, path: str, *, headers: Mapping[str, str] | None = None, timeout_s: float = 5.0) -> Reply:
        """Ask from the neighbour, which believes the authorities that its system does; `path` is a whole address.

        Raises ContainerError where no answer comes, or not the whole of one: curl then fails.
        """
        told = "".join(f" --header {shlex.quote(f'{name}: {value}')}" for name, value in (headers or {}).items())
        asked = f"curl --silent --show-error --include --max-time {timeout_s}{told} {shlex.quote(path)}"
        done = self.run(asked, on=NEIGHBOUR)
        head, _, body = done.stdout.replace("\r\n", "\n").partition("\n\n")
        first, *lines = head.splitlines()
        fields = dict(line.split(": ", 1) for line in lines if ": " in line)
        named = {name.lower(): value for name, value in fields.items()}
        status = int(first.split()[1])
        return Reply(status=status, body=body.encode(), headers=named, whole=True, took_s=done.took_s)

    def logs(self, unit: str = "") -> str:
        """The journal of a host."""
        return self._rental.host(unit or self.names[0]).logs()

    def stop(self, unit: str = "") -> None:
        """Shut a host down."""
        self._rental.host(unit or self.names[0]).stop()

    def start(self, unit: str = "") -> None:
        """Boot it."""
        self._rental.host(unit or self.names[0]).start()

    def kill(self, unit: str = "") -> None:
        """Cut its power."""
        self._rental.host(unit or self.names[0]).kill()

    def await_(self, what: Callable[[], bool], timeout_s: float) -> float | None:
        """Poll."""
        return awaited(what, timeout_s, refuse=lambda: None)

    def address(self, name: str, *, version: int = 4) -> str:
        """Where a host is on the network that all are on."""
        return self._rental.host(name).address(self._rental.internet.network, version=version)


@contextmanager
def hosted(
    names: Sequence[str],
    verbs: Mapping[str, Sequence[str]],
    clone: Path,
    internet: Internet,
    beginning: Beginning = NOTHING,
) -> Iterator[Servers]:
    """Hosts as they begin; and who has a copy of the directory and may deploy to them."""
    base = beginning.boots.operator
    with operator([internet.network], internet.run, clone, internet.settings, base) as deploying:
        rental = Rental(names, internet, deploying, beginning)
        try:
            rental.rent()
            yield Servers(rental, verbs, deploying)
        finally:
            rental.leave()
