"""A compose project that is up -> what the contract's `Stack` may be asked, by readers' own `docker compose`."""

import json
import shlex
import ssl
import urllib.parse
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from ...catalog.snippet import DOTENV
from ...contract.observation import Done, Reply, Unit
from ...errors import ContainerError, NotReadyError
from ..docker import docker
from . import http
from .site import LocalSite
from .waiting import awaited, quoted
from .workdir import ALL, Workdir

# What is built is built before, one at a time; a project that only comes up waits for nobody.
UP = "up --no-build --detach --wait"
DOWN = f"{shlex.join(ALL)} down --volumes --timeout 5"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposeStack:
    """A compose project: where it is laid_out, which service answers, and on which port of its container.

    `dotenv` is what its settings are at first.
    """

    workdir: Workdir
    dotenv: str
    service: str
    port: int

    @property
    def root(self) -> Path:
        """The assembled copy of the snippet's directory."""
        return self.workdir.root

    def compose(self, command: str, *, check: bool = True) -> Done:
        """Run `docker compose COMMAND` in the project; where `check`, a failure quotes what it printed."""
        return self.run(f"docker compose {command}", check=check)

    def run(self, command: str, *, on: str = "", check: bool = True) -> Done:
        """Run a command in the reader's own shell, or inside a service."""
        if on:
            command = f"docker compose exec -T {shlex.quote(on)} {command}"
        done = self.workdir.run(command, together=False)
        if check and done.status != 0:
            raise ContainerError(f"`{command}` exits {done.status}: {quoted(done.stdout + done.stderr)}")
        return done

    def get(self, path: str, *, headers: Mapping[str, str] | None = None, timeout_s: float = 5.0) -> Reply:
        """Ask the service that answers, on the port of this machine that it is published on."""
        return http.get(self._outer_port(self.service, self.port), path, headers, timeout_s)

    def in_flight(self, path: str) -> AbstractContextManager[http.InFlight]:
        """Send a request and hold it open."""
        return http.in_flight(self._outer_port(self.service, self.port), path)

    def site(self, service: str, port: int, *, authority: str = "") -> LocalSite:
        """Where a port of a service is published."""
        trusted = ssl.create_default_context(cadata=authority) if authority else None
        return LocalSite(port=self._outer_port(service, port), trusted=trusted)

    def _outer_port(self, service: str, port: int) -> int:
        said = self.compose(f"port {service} {port}").stdout.strip()
        outer = urllib.parse.urlsplit(f"//{said}").port
        if not outer:
            raise ContainerError(f"port {port} of {service} is not published: {said!r}")
        return outer

    def logs(self, unit: str = "") -> str:
        """All that a service printed, or all of them."""
        return self.compose(f"logs --no-color --no-log-prefix {unit}").stdout

    def stop(self, unit: str = "") -> None:
        """`docker compose stop`."""
        self.compose(f"stop {unit}")

    def start(self, unit: str = "") -> None:
        """`docker compose up`, which waits until all are healthy."""
        done = self.compose(f"{UP} {unit}", check=False)
        if done.status != 0:
            raise NotReadyError(f"the project does not come up: {quoted(done.stdout + done.stderr)}")

    def kill(self, unit: str = "") -> None:
        """`docker compose kill`."""
        self.compose(f"kill {unit}")

    def await_(self, what: Callable[[], bool], timeout_s: float) -> float | None:
        """Poll."""
        return awaited(what, timeout_s, refuse=lambda: None)

    def unit(self, name: str) -> Unit:
        """What the engine tells of the container of a service."""
        found = self.compose(f"ps --quiet --all {name}").stdout.split()
        if not found:
            raise ContainerError(f"{name} has no container")
        told = "\n".join(docker("inspect", found[0]))
        shown = json.loads(told)[0]
        state, settings = shown["State"], shown["NetworkSettings"]
        bound = [place for places in settings["Ports"].values() for place in places or ()]
        networks = {
            network: bool(json.loads("".join(docker("network", "inspect", joined["NetworkID"])))[0]["Internal"])
            for network, joined in settings["Networks"].items()
        }
        return Unit(
            id=shown["Id"],
            image=shown["Image"],
            health=state.get("Health", {}).get("Status", "none"),
            exit_code=int(state["ExitCode"]),
            started_at=state["StartedAt"],
            published=tuple(f"{place['HostIp']}:{place['HostPort']}" for place in bound),
            networks=networks,
            told=told,
        )

    def renewed(self) -> "ComposeStack":
        """Itself, from nothing: its data is gone as well, and what a release has written down."""
        self.compose(DOWN)
        (self.root / DOTENV).write_text(self.dotenv)
        self.start()
        return self
