"""What a judgement may ask of hosts that somebody has deployed to, and of who signs certificates for them."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from .observation import Done
from .subject import Subject

NEIGHBOUR = "neighbour"


class Authority(Protocol):
    """Who signs certificates for hosts, once it has looked."""

    def issued(self) -> int:
        """How many it has signed so far."""

    def pause(self) -> None:
        """From here on it answers nobody."""

    def refuse(self) -> None:
        """From here on it takes no order: it has signed too many, it says, with status 429."""


class Clone(Protocol):
    """The files on the machine of whoever deploys: what is asked of these alone needs nothing to have arrived."""

    def run(self, command: str, *, check: bool = True) -> Done:
        """Run a command there; raises ContainerError where it fails and is checked."""


class Servers(Subject, Protocol):
    """Hosts to which somebody has deployed; its units are the hosts by their names, `NEIGHBOUR`, and "", who deployed.

    Who deployed runs commands in a clone, with a key of theirs and no terminal. The neighbour is a machine on the same
    network that was given nothing: what it reaches, anybody does.
    """

    @property
    def names(self) -> Sequence[str]:
        """The hosts."""

    def arrive(self) -> Done:
        """Do once more what brought it here."""

    def begun(self, *, signed_for_s: float | None = None) -> AbstractContextManager[None]:
        """Inside the block the hosts are as before anything arrived; afterwards as when it just had.

        They may hold already what is installed and fetched. Certificates that are signed inside it are valid for so
        long, where that is given.
        """

    @property
    def authority(self) -> Authority:
        """Who signs certificates inside a block of `begun`, or else for all of it."""

    def told(self) -> Sequence[str]:
        """The messages that somebody was sent so far."""

    def address(self, name: str, *, version: int = 4) -> str:
        """Where a host is, by IP version 4 or 6."""

    def renewed(self) -> "Servers":
        """The same as it was when somebody had just deployed: for a second look."""
