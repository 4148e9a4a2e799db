"""Hosts, who deploys to them and a neighbour -> what the contract's `Servers` may be asked."""

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ...contract.observation import Done, Reply
from ...contract.subject import NEIGHBOUR
from ...errors import NotReadyError
from ..run import Run
from .host import Host, Snapshot, cut, network, rented
from .inside import checked
from .operator import Operator, operator
from .waiting import awaited, quoted


class Servers:
    """Hosts by name, on one network with who deploys to them and with a neighbour who was given nothing.

    `arriving` are the commands that bring an application to hosts; these hold nothing before, or what is `begun`.
    """

    def __init__(
        self,
        names: Sequence[str],
        arriving: Sequence[str],
        internet: str,
        deploying: Operator,
        begun: Snapshot | None,
    ) -> None:
        self.names = tuple(names)
        self._begun = begun
        self._arriving = arriving
        self._internet = internet
        self._operator = deploying
        self._rented = ExitStack()
        self._hosts: dict[str, Host] = {}
        self._arrived: dict[str, Snapshot] = {}

    def rent(self, run: Run) -> None:
        """Hosts as they begin, or as they were when somebody had just deployed."""
        self.leave()
        for name in (*self.names, NEIGHBOUR):
            snapshot = self._arrived.get(name, None if name == NEIGHBOUR else self._begun)
            self._hosts[name] = self._rented.enter_context(rented(name, [self._internet], run, snapshot))
        if not self._arrived:
            for name in self.names:
                self._operator.meets(self._hosts[name])

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
        """Itself, as it was when somebody had just deployed."""
        self.rent(next(iter(self._hosts.values())).rented_by)
        return self

    def arrive(self) -> Done:
        """Run the commands that brought it here; raises NotReadyError where one of them fails."""
        done = None
        for command in self._arriving:
            done = self._operator.run(command)
            if done.status != 0:
                raise NotReadyError(f"`{command}` exits {done.status}; {quoted(done.stdout)}")
        assert done is not None, "the door asks every snippet of hosts for one"
        return done

    def run(self, command: str, *, on: str = "", check: bool = True) -> Done:
        """Run a command in the clone, on a host as from its provider's console, or at the neighbour's."""
        if on:
            return self._hosts[on].run(command, check=check)
        done = self._operator.run(command)
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
        return self._hosts[name].address(self._internet, version=version)


@contextmanager
def hosted(
    names: Sequence[str], arriving: Sequence[str], clone: Path, run: Run, begun: Snapshot | None = None
) -> Iterator[Servers]:
    """Hosts that hold nothing, or what a snapshot holds; and who has a copy of the directory and may deploy to them."""
    with network(run, "internet") as internet, operator([internet], run, clone) as deploying:
        servers = Servers(names, arriving, internet, deploying, begun)
        try:
            servers.rent(run)
            yield servers
        finally:
            servers.leave()
