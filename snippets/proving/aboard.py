"""A command -> the same command run with the engine of a whole machine, which is rented for it.

python -m snippets.proving.aboard COMMAND [ARG...]
"""

import os
import subprocess
import sys
from collections.abc import Sequence

import click

from ..engine.run import VARIABLE, opened
from ..engine.subjects.host import Host, network, rented
from ..engine.subjects.make import WHOLE
from ..environment import DOCKER_HOST
from ..errors import SnippetsError

PORT = 2375
ENGINE = f"""
apt-get update
DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends docker.io docker-cli
mkdir --parents /etc/systemd/system/docker.service.d
printf '[Service]\\nExecStart=\\nExecStart=/usr/sbin/dockerd --host=tcp://0.0.0.0:{PORT} --tls=false\\n' \
    > /etc/systemd/system/docker.service.d/listens.conf
systemctl daemon-reload
systemctl restart docker.service
"""


def main(command: Sequence[str]) -> int:
    """Run it; its exit status. Nobody but this machine reaches the engine, on a network made for it."""
    try:
        with opened() as run, network(run, "machine") as joined, rented("engine", [joined], run, make=WHOLE) as host:
            host.run(ENGINE)
            # The user's own command, and no shell.
            return subprocess.run(command, env=_environment(host, joined), check=False).returncode  # noqa: S603
    except SnippetsError as error:
        click.echo(f"machine: {error}", err=True)
        return 1


def _environment(host: Host, joined: str) -> dict[str, str]:
    # The command opens a run of its own: what this one knows of bases is of another engine.
    inherited = {name: value for name, value in os.environ.items() if name != VARIABLE}
    return inherited | {DOCKER_HOST.name: f"tcp://{host.address(joined)}:{PORT}"}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
