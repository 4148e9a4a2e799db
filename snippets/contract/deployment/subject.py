"""What a judgement may ask of a deployment: hosts, and how it gets there."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from ..observation import Done
from ..servers import Servers


class Deployed(Servers, Protocol):
    """Hosts to which an application has arrived, with whoever deploys it and a visitor, the neighbour.

    The visitor believes the authority that signs for the run, and no other.
    """

    @property
    def arrival(self) -> Done:
        """How it last arrived: what was printed, and after how many seconds it was there."""

    def interrupted(self, share: float, *, power: bool) -> bool:
        """Begin to arrive and lose the way there after a share of what it printed the first time.

        Where `power`, the hosts lose theirs as well, and are up again. Whether it was still busy.
        """

    def cut_off(self, version: str, due: Callable[[], bool], *, power: bool) -> bool:
        """Begin to release a version and lose the way there once it is due; as `interrupted` otherwise."""

    def disturbed(self, version: str, due: Callable[[], bool], do: Callable[[], object]) -> bool:
        """Begin to release a version, do something else once it is due, and wait for both. Whether it was still busy.

        What that raises is raised.
        """

    def dry_run(self) -> Done:
        """Ask what arriving would change."""

    def release(self, version: str = "") -> Done:
        """Release a version by its name among those that its author states, or once more the one that arrived."""

    def backup(self) -> Done:
        """Have it backed up, as its timer does."""

    def restore(self) -> Done:
        """Have the newest backup back."""

    def lose(self, name: str) -> None:
        """A host is gone, disks and all, and another one that holds nothing has its name."""

    def unsupplied(self) -> AbstractContextManager[None]:
        """Inside the block no registry answers."""

    def rested(self) -> None:
        """Whoever deploys comes back later: no connection of theirs is open any more."""

    def elsewhere(self) -> None:
        """Go on from a copy of the clone in another directory."""
