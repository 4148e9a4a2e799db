"""Names -> hosts rented with a neighbour: as they begin, as somebody left them, or as before anything arrived."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from ...contract.servers import NEIGHBOUR
from .host import Host, Snapshot, cut, rented
from .internet import ROOT, Internet
from .make import CONTAINER, Make, chosen
from .operator import Operator


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """What hosts hold before anything arrives: nothing, or `held`; `packed` is what they may hold to save time.

    `sites` are names by which a host is found as well, by its own; `make` is theirs where nobody may choose it.
    """

    held: Snapshot | None = None
    packed: Callable[[], Snapshot | None] = lambda: None
    sites: Mapping[str, Sequence[str]] = field(default_factory=dict)
    make: Make | None = None

    @property
    def boots(self) -> Make:
        """What the hosts are made of."""
        return self.make or chosen()


NOTHING = Beginning()


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What somebody left who had deployed: what was in the home of who did, and hosts by their names."""

    home: Path
    hosts: Mapping[str, Snapshot]


class Rental:
    """Hosts on one network with who deploys to them, and with a neighbour who was given nothing.

    `internet` is what they see, `hosts` those that are rented now, by name.
    """

    def __init__(self, names: Sequence[str], internet: Internet, deploying: Operator, beginning: Beginning) -> None:
        self.names = tuple(names)
        self.internet = internet
        self.hosts: dict[str, Host] = {}
        self._beginning = beginning
        self._operator = deploying
        self._rented = ExitStack()
        self._kept: dict[str, Snapshot] = {}

    def rent(self, beginning: Beginning | None = None) -> None:
        """Hosts as they were kept; with a beginning, or where nobody has kept them, as they begin."""
        self.leave()
        kept = self._kept if beginning is None else {}
        held = (beginning or self._beginning).held
        for name in (*self.names, NEIGHBOUR):
            snapshot = None if name == NEIGHBOUR else kept.get(name, held)
            # Nobody judges the neighbour: it may always be of the make that is up at once.
            make = CONTAINER if name == NEIGHBOUR else self._beginning.boots
            self.hosts[name] = self._rented.enter_context(
                rented(name, [self.internet.network], self.internet.run, snapshot, make, also=self._sites(name))
            )
        for name in self.names:
            self._opened(self.hosts[name], new=not kept)
        self.internet.is_seen_by(self.hosts[NEIGHBOUR])
        if self.internet.signing:
            self._operator.write(self.internet.root, ROOT)

    def relet(self, name: str) -> None:
        """Rent another host by this name, which holds nothing; the one before is gone."""
        self.hosts[name].destroy()
        make, also = self._beginning.boots, self._sites(name)
        other = rented(name, [self.internet.network], self.internet.run, make=make, also=also)
        self.hosts[name] = self._rented.enter_context(other)
        self._opened(self.hosts[name], new=True)

    def snapshots(self) -> Mapping[str, Snapshot]:
        """Cut the power of all; what each holds, by its name."""
        return {name: cut(self.hosts[name]) for name in self.names}

    def take_over(self, left: Mapping[str, Snapshot]) -> None:
        """In the place of these, hosts that hold what others were left with."""
        for name, snapshot in left.items():
            self.hosts[name].destroy()
            make, also = self._beginning.boots, self._sites(name)
            other = rented(name, [self.internet.network], self.internet.run, snapshot, make, also=also)
            self.hosts[name] = self._rented.enter_context(other)
            self._opened(self.hosts[name], new=True)

    def _opened(self, host: Host, *, new: bool) -> None:
        """Whoever deploys is let in by it, and a new one believes whom its system would."""
        if host.make.entered:
            self._operator.knows(host)
        if host.make.entered and new:
            self._operator.meets(host)
        if new:
            self.internet.is_believed_by(host)

    def _sites(self, name: str) -> Sequence[str]:
        return self._beginning.sites.get(name, ())

    def host(self, name: str) -> Host:
        """A host by its own name, or the first that is found by this one as well."""
        found = (host for host in self.names if name in self._sites(host))
        return self.hosts[name if name in self.hosts else next(found, name)]

    def leave(self) -> None:
        """Give all of them back."""
        self._rented.close()
        self.hosts.clear()

    def keep(self) -> None:
        """Remember them as they are now; each is booted once for it."""
        self._kept = {name: cut(self.hosts[name]) for name in self.names}
        for name in self.names:
            self.hosts[name].start()

    def renew(self) -> None:
        """Hosts as they were kept; given back where nobody has kept them."""
        if self._kept:
            self.rent()
        else:
            self.leave()

    @contextmanager
    def begun(self, *, signed_for_s: float | None = None) -> Iterator[None]:
        """Inside the block the hosts are as before anything arrived; afterwards as they were kept.

        They may hold already what is installed and fetched: how it gets there was seen the first time. Certificates
        that are signed inside the block are valid for so long, where that is given.
        """
        usual = self.internet
        with ExitStack() as stack:
            # Done last, whatever the block ended with: by then the usual authority is found again.
            stack.callback(self._back_to, usual)
            if signed_for_s is not None:
                self.internet = stack.enter_context(usual.signing_for(signed_for_s))
            self.rent(replace(self._beginning, held=self._beginning.held or self._beginning.packed()))
            yield

    def _back_to(self, internet: Internet) -> None:
        self.internet = internet
        self.rent()
