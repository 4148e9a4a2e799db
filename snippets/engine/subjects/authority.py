"""A network -> an authority for certificates on it, which looks before it signs: played by Pebble."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ...catalog.snippet import AUTHORITY
from ..bases.ground import image_of
from ..docker import docker
from ..run import Run
from .party import named, present

NAME = "acme.test"
# Where this is, no order is taken.
BUSY = "/run/busy"
ORDERED = "Issued certificate serial"


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """Where it is asked, and by which root its own address and what it signs are believed."""

    id: str

    @property
    def directory(self) -> str:
        """The address that clients are given."""
        return f"https://{NAME}:14000/dir"

    def own_root(self) -> str:
        """The certificate by which its own address is believed, as PEM."""
        return "\n".join(docker("exec", self.id, "cat", "/etc/pebble.crt")) + "\n"

    def root(self) -> str:
        """The root of what it signs, as PEM; made anew at each start, as no real one is."""
        asked = ("curl", "--silent", "--show-error", "--fail", "--insecure", "https://127.0.0.1:15000/roots/0")
        return "\n".join(docker("exec", self.id, *asked)) + "\n"

    def issued(self) -> int:
        """How many certificates it has signed so far."""
        return sum(ORDERED in line for line in docker("logs", self.id))

    def pause(self) -> None:
        """From here on it answers nobody."""
        docker("pause", self.id)

    def resume(self) -> None:
        """It answers again, with all it knew."""
        docker("unpause", self.id)

    def refuse(self) -> None:
        """From here on it takes no order: it has signed too many, it says, with status 429."""
        docker("exec", self.id, "touch", BUSY)

    @contextmanager
    def away(self, network: str) -> Iterator[None]:
        """Inside the block nobody on the network finds it; afterwards they do, under its name."""
        docker("network", "disconnect", network, self.id)
        try:
            yield
        finally:
            docker("network", "connect", f"--alias={NAME}", network, self.id)


@contextmanager
def authority(network: str, run: Run, signed_for_s: float | None = None) -> Iterator[Authority]:
    """It answers when the block begins, and what it signs is valid for so long; raises EngineError where it does not.

    By default that is a week.
    """
    signs = [] if signed_for_s is None else [f"--env=SIGNED_FOR_S={signed_for_s:.0f}"]
    options = [*named(network, NAME), *signs]
    with present("the authority", image_of(AUTHORITY, run), run, options, answers=_answers) as id_:
        yield Authority(id=id_)


def _answers(id_: str) -> bool:
    told = json.loads("".join(docker("inspect", "--format={{json .State}}", id_)))
    return bool(told["Running"]) and any("Listening on" in line for line in docker("logs", id_))
