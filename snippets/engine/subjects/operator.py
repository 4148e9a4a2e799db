"""A clone of somebody's repository -> the machine that it is deployed from: keys of its own, no agent, no terminal."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ...catalog.snippet import OPERATOR
from ...contract.observation import Done
from ..bases.ground import image_of
from ..docker import docker, try_docker
from ..run import Run
from .host import Host
from .inside import executed
from .make import chosen

HOME = "/home/deployer"
CLONE = f"{HOME}/clone"
LEFT = f"{HOME}/left"
COMMAND_S = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Where the commands of a deployment run, with these settings; `public_key` opens the hosts that it was given."""

    id: str
    public_key: str
    settings: Mapping[str, str] = field(default_factory=dict)

    def run(self, command: str, *, where: str = CLONE, settings: Mapping[str, str] | None = None) -> Done:
        """Run a command in the clone, as its owner would, with nobody to answer a question; raises like `executed`.

        `settings` are those that differ this time.
        """
        given = {**self.settings, **(settings or {})}
        options = [f"--workdir={where}", *(f"--env={name}={value}" for name, value in given.items())]
        return executed(self.id, command, timeout_s=COMMAND_S * chosen().pace, options=options, together=True)

    @property
    def shell(self) -> tuple[str, ...]:
        """What a program and its arguments are put after, to be run in the clone as `run` would."""
        return "docker", "exec", f"--workdir={CLONE}", *(f"--env={n}={v}" for n, v in self.settings.items()), self.id

    def meets(self, host: Host) -> None:
        """Be let in as root by its key."""
        host.run(f"install -d -m 0700 /root/.ssh && echo '{self.public_key}' >> /root/.ssh/authorized_keys")

    def knows(self, host: Host) -> None:
        """Be told the host's own key, as the page of a provider does, in place of an older one of that name."""
        kind, key, *_ = host.run("cat /etc/ssh/ssh_host_ed25519_key.pub").stdout.split()
        known = f"{HOME}/.ssh/known_hosts"
        forget = f"test ! -e {known} || ssh-keygen -R {host.name}"
        docker("exec", self.id, "bash", "-c", f'{forget} && echo "$0" >> {known}', f"{host.name} {kind} {key}")

    def write(self, text: str, name: str) -> str:
        """A file in its home; where that is."""
        docker("exec", "--interactive", self.id, "bash", "-c", f"cat > {HOME}/{name}", stdin=text)
        return f"{HOME}/{name}"

    def hand_over(self, folder: Path) -> None:
        """Copy its home into a directory, but for what opens hosts: passwords and what commands have made are in it."""
        docker("cp", f"{self.id}:{HOME}/.", str(folder))
        shutil.rmtree(folder / ".ssh")

    def take_over(self, folder: Path) -> None:
        """Have what somebody left, where it has no file of that name."""
        docker("cp", f"{folder}/.", f"{self.id}:{LEFT}")
        put = f"cp --archive --update=none {LEFT}/. {HOME}/ && rm --recursive {LEFT}"
        docker("exec", "--user=root", self.id, "bash", "-c", f"{put} && chown --recursive deployer: {HOME}")

    def told(self, path: str) -> int:
        """How many lines a file has; none where there is no such file."""
        return len(try_docker("exec", self.id, "cat", path))

    def cut(self) -> None:
        """End all that it does, as when its machine goes to sleep: nobody is told, and no command tidies up."""
        docker("restart", "--time=0", self.id)


@contextmanager
def operator(
    networks: Sequence[str], run: Run, clone: Path, settings: Mapping[str, str] | None = None, base: str = OPERATOR
) -> Iterator[Operator]:
    """A new one, with a copy of the directory, on these networks; `base` is what its machine holds."""
    label = [f"--label={key}={value}" for key, value in run.labels.items()]
    first, *others = networks
    (id_,) = docker(
        "run", "--detach", "--init", "--hostname=operator", f"--network={first}", *label, image_of(base, run)
    )
    try:
        for other in others:
            docker("network", "connect", other, id_)
        docker("cp", f"{clone}/.", f"{id_}:{CLONE}")
        docker("exec", "--user=root", id_, "chown", "--recursive", "deployer:deployer", CLONE)
        docker("exec", id_, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{HOME}/.ssh/id_ed25519")
        (public,) = docker("exec", id_, "cat", f"{HOME}/.ssh/id_ed25519.pub")
        yield Operator(id=id_, public_key=public, settings=settings or {})
    finally:
        try_docker("rm", "--force", id_)
