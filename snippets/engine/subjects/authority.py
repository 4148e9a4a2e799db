"""A network -> an authority for certificates on it, which looks before it signs: played by Pebble."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ...catalog.snippet import AUTHORITY
from ...errors import EngineError
from ..bases.ground import image_of
from ..docker import docker, try_docker
from ..run import Run
from .waiting import awaited

NAME = "acme.test"
READY_S = 30.0
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


@contextmanager
def authority(network: str, run: Run) -> Iterator[Authority]:
    """It answers when the block begins; raises EngineError where it does not."""
    label = [f"--label={key}={value}" for key, value in run.labels.items()]
    named = [f"--network={network}", f"--network-alias={NAME}"]
    (id_,) = docker("run", "--detach", *label, *named, image_of(AUTHORITY, run))
    try:
        if awaited(lambda: _answers(id_), READY_S, refuse=lambda: None) is None:
            said = "\n".join(docker("logs", id_))
            raise EngineError(f"the authority does not answer within {READY_S:.0f} s: {said}")
        yield Authority(id=id_)
    finally:
        try_docker("rm", "--force", id_)


def _answers(id_: str) -> bool:
    told = json.loads("".join(docker("inspect", "--format={{json .State}}", id_)))
    return bool(told["Running"]) and any("Listening on" in line for line in docker("logs", id_))
