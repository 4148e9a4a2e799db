"""A clone of somebody's repository -> the machine that it is deployed from: keys of its own, no agent, no terminal."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ...catalog.snippet import OPERATOR
from ...contract.observation import Done
from ..bases.ground import image_of
from ..docker import docker, try_docker
from ..run import Run
from .host import Host
from .inside import executed

HOME = "/home/deployer"
CLONE = f"{HOME}/clone"
COMMAND_S = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Where the commands of a deployment run; `public_key` is what opens the hosts that it was given."""

    id: str
    public_key: str

    def run(self, command: str) -> Done:
        """Run a command in the clone, as its owner would, with nobody to answer a question; raises like `executed`."""
        return executed(self.id, command, timeout_s=COMMAND_S, options=[f"--workdir={CLONE}"], together=True)

    def meets(self, host: Host) -> None:
        """Let it in as root by its key, and tell it the host's own, as the page of a provider does."""
        host.run(f"install -d -m 0700 /root/.ssh && echo '{self.public_key}' >> /root/.ssh/authorized_keys")
        kind, key, *_ = host.run("cat /etc/ssh/ssh_host_ed25519_key.pub").stdout.split()
        self._write(f"{host.name} {kind} {key}", ".ssh/known_hosts")

    def forgets(self, host: Host) -> None:
        """As its owner would, once a host is known to be another one."""
        docker("exec", self.id, "ssh-keygen", "-R", host.name)

    def _write(self, line: str, path: str) -> None:
        """Add a line to a file below its home."""
        docker("exec", self.id, "bash", "-c", 'echo "$0" >> "$1"', line, f"{HOME}/{path}")


@contextmanager
def operator(networks: Sequence[str], run: Run, clone: Path) -> Iterator[Operator]:
    """A new one, with a copy of the directory, on these networks."""
    label = [f"--label={key}={value}" for key, value in run.labels.items()]
    first, *others = networks
    (id_,) = docker(
        "run", "--detach", "--init", "--hostname=operator", f"--network={first}", *label, image_of(OPERATOR, run)
    )
    try:
        for other in others:
            docker("network", "connect", other, id_)
        docker("cp", f"{clone}/.", f"{id_}:{CLONE}")
        docker("exec", "--user=root", id_, "chown", "--recursive", "deployer:deployer", CLONE)
        docker("exec", id_, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{HOME}/.ssh/id_ed25519")
        (public,) = docker("exec", id_, "cat", f"{HOME}/.ssh/id_ed25519.pub")
        yield Operator(id=id_, public_key=public)
    finally:
        try_docker("rm", "--force", id_)
