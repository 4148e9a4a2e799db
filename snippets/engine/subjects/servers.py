"""Hosts, who deploys to them and a neighbour -> what the contract's `Servers` may be asked."""

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from ...catalog.deployment import ARRIVE, DRY_RUN
from ...contract.observation import Done, Reply
from ...contract.servers import NEIGHBOUR
from ...errors import ContainerError, NotReadyError
from .authority import Authority
from .host import Host, Snapshot, cut, rented
from .inside import checked
from .internet import ROOT, Internet
from .make import CONTAINER, chosen
from .operator import CLONE, HOME, Operator, operator
from .waiting import awaited, quoted

ARRIVING_S = 600.0
# Where whoever deploys is told how far it got.
PROGRESS = f"{HOME}/arriving"


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """What hosts hold before anything arrives: nothing, or `held`; `packed` is what they may hold to save time."""

    held: Snapshot | None = None
    packed: Callable[[], Snapshot | None] = lambda: None


NOTHING = Beginning()


class Servers:
    """Hosts by name, on one network with who deploys to them and with a neighbour who was given nothing.

    `verbs` are the commands of a deployment by name, of which those to `arrive` bring an application to hosts.
    """

    def __init__(
        self,
        names: Sequence[str],
        verbs: Mapping[str, Sequence[str]],
        internet: Internet,
        deploying: Operator,
        beginning: Beginning,
    ) -> None:
        self.names = tuple(names)
        self._beginning = beginning
        self._verbs = verbs
        self._internet = internet
        self._operator = deploying
        self._clone = CLONE
        self._rented = ExitStack()
        self._hosts: dict[str, Host] = {}
        self._arrived: dict[str, Snapshot] = {}
        self._arrival: Done | None = None

    def rent(self, beginning: Beginning | None = None) -> None:
        """Hosts as they were when somebody had just deployed; with a beginning, or where nobody has, as they begin."""
        self.leave()
        arrived = self._arrived if beginning is None else {}
        held = (beginning or self._beginning).held
        for name in (*self.names, NEIGHBOUR):
            snapshot = None if name == NEIGHBOUR else arrived.get(name, held)
            # Nobody judges the neighbour: it may always be of the make that is up at once.
            make = CONTAINER if name == NEIGHBOUR else chosen()
            self._hosts[name] = self._rented.enter_context(
                rented(name, [self._internet.network], self._internet.run, snapshot, make)
            )
        for name in self.names:
            self._operator.knows(self._hosts[name])
            if not arrived:
                self._operator.meets(self._hosts[name])
                self._internet.is_believed_by(self._hosts[name])
        self._internet.is_seen_by(self._hosts[NEIGHBOUR])
        if self._internet.signing:
            self._operator.write(self._internet.root, ROOT)

    def leave(self) -> None:
        """Give all of them back."""
        self._rented.close()
        self._hosts.clear()

    def keep(self) -> None:
        """Remember them as they are now; each is booted once for it."""
        self._arrived = {name: cut(self._hosts[name]) for name in self.names}
        for name in self.names:
            self.start(name)

    def renewed(self) -> "Servers":
        """Itself, as it was when somebody had just deployed; given back where nobody has kept that."""
        if self._arrived:
            self.rent()
        else:
            self.leave()
        return self

    @contextmanager
    def begun(self, *, signed_for_s: float | None = None) -> Iterator[None]:
        """Inside the block the hosts are as before anything arrived; afterwards as when it just had.

        Certificates that are signed inside it are valid for so long, where that is given; then hosts may hold already
        what is installed and fetched: that is not what is looked at.
        """
        usual, beginning = self._internet, self._beginning
        with ExitStack() as stack:
            # Done last, whatever the block ended with: by then the usual authority is found again.
            stack.callback(self._back_to, usual)
            if signed_for_s is not None:
                self._internet = stack.enter_context(usual.signing_for(signed_for_s))
                beginning = replace(beginning, held=beginning.held or beginning.packed())
            self.rent(beginning)
            yield

    def _back_to(self, internet: Internet) -> None:
        self._internet = internet
        self.rent()

    @property
    def authority(self) -> Authority:
        """Who signs certificates for it."""
        return self._internet.authority

    def told(self) -> Sequence[str]:
        """What somebody was told so far."""
        return self._internet.alerts.told()

    @property
    def pace(self) -> float:
        """How much longer all takes on its hosts than on those that somebody rents."""
        return max(self._hosts[name].pace for name in self.names)

    @property
    def arrival(self) -> Done:
        """How it first arrived."""
        assert self._arrival is not None, "nobody asks before it has arrived"
        return self._arrival

    def arrive(self) -> Done:
        """Run the commands that bring it here; raises NotReadyError where one of them fails."""
        command, done = self._done(ARRIVE)
        if done.status != 0:
            raise NotReadyError(f"`{command}` exits {done.status}; {quoted(done.stdout)}")
        self._arrival = self._arrival or done
        return done

    def dry_run(self) -> Done:
        """Ask what arriving would change; raises ContainerError where it has no such command."""
        if DRY_RUN not in self._verbs:
            raise ContainerError(f"no command is called {DRY_RUN}")
        return self._done(DRY_RUN)[1]

    def interrupted(self, share: float, *, power: bool) -> bool:
        """Begin to arrive and lose the way there after such a share of what it prints, and the hosts their power."""
        self._operator.run(f"rm --force {PROGRESS}")
        wanted = share * len(self.arrival.stdout.splitlines())
        with ThreadPoolExecutor(1) as aside:
            arriving = aside.submit(self._done, ARRIVE, told=PROGRESS)
            self.await_(lambda: arriving.done() or self._operator.told(PROGRESS) >= wanted, ARRIVING_S * chosen().pace)
            was_busy = not arriving.done()
            if power:
                for name in self.names:
                    self.kill(name)
            self._operator.cut()
            # Whoever asked is told that its machine has ended, or that the command has.
            with suppress(ContainerError):
                arriving.result()
        if power:
            for name in self.names:
                self.start(name)
        return was_busy

    def lent(self) -> tuple[str, ...]:
        """What a program and its arguments are put after, to be run in the clone by somebody who may reboot hosts."""
        for name in self.names:
            self._hosts[name].stay_on()
        return self._operator.shell

    def rested(self) -> None:
        """End all that who deploys has open: a connection that is kept for the next command asks for no key again."""
        self._operator.cut()

    def elsewhere(self) -> None:
        """Go on from a copy of the clone in another directory."""
        other = f"{self._clone}-elsewhere"
        checked(self._operator.run(f"cp --archive . {other}"), f"cp {other}")
        self._clone = other

    def _done(self, verb: str, *, told: str = "/dev/null") -> tuple[str, Done]:
        """Run a verb's commands until one fails: the last one; what all printed, also into a file, how long it took."""
        printed, took_s = "", 0.0
        for command in self._verbs[verb]:
            done = self._operator.run(f"{{\n{command}\n}} 2>&1 | tee --append {told}", where=self._clone)
            printed, took_s = printed + done.stdout, took_s + done.took_s
            if done.status != 0:
                break
        return command, replace(done, stdout=printed, took_s=took_s)

    def run(self, command: str, *, on: str = "", check: bool = True) -> Done:
        """Run a command in the clone, on a host as from its provider's console, or at the neighbour's."""
        if on == NEIGHBOUR:
            return self._hosts[on].run(f"{self._internet.trust}{command}", check=check)
        if on:
            return self._hosts[on].run(command, check=check)
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
        return self._hosts[unit or self.names[0]].logs()

    def stop(self, unit: str = "") -> None:
        """Shut a host down."""
        self._hosts[unit or self.names[0]].stop()

    def start(self, unit: str = "") -> None:
        """Boot it."""
        self._hosts[unit or self.names[0]].start()

    def kill(self, unit: str = "") -> None:
        """Cut its power."""
        self._hosts[unit or self.names[0]].kill()

    def await_(self, what: Callable[[], bool], timeout_s: float) -> float | None:
        """Poll."""
        return awaited(what, timeout_s, refuse=lambda: None)

    def address(self, name: str, *, version: int = 4) -> str:
        """Where a host is on the network that all are on."""
        return self._hosts[name].address(self._internet.network, version=version)


@contextmanager
def hosted(
    names: Sequence[str],
    verbs: Mapping[str, Sequence[str]],
    clone: Path,
    internet: Internet,
    beginning: Beginning = NOTHING,
) -> Iterator[Servers]:
    """Hosts as they begin; and who has a copy of the directory and may deploy to them."""
    with operator([internet.network], internet.run, clone, internet.settings) as deploying:
        servers = Servers(names, verbs, internet, deploying, beginning)
        try:
            servers.rent()
            yield servers
        finally:
            servers.leave()
