"""A command -> the same command run with the engine of a whole machine, which is rented for it.

python -m snippets.proving.aboard COMMAND [ARG...]
"""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from threading import Event, Thread

import click

from ..engine.command import OverdueError, bounded
from ..engine.run import VARIABLE, opened
from ..engine.subjects.host import Host, network, rented
from ..engine.subjects.make import WHOLE
from ..environment import DOCKER_HOST
from ..errors import SnippetsError

PORT = 2375
LOOPBACK = "127.0.0.1"
# The engine listens for whoever is on the machine's network; what it publishes on the machine's own loopback is reached
# by the same port of its address.
ENGINE = f"""
apt-get update
DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends docker.io docker-cli iptables
mkdir --parents /etc/systemd/system/docker.service.d
printf '[Service]\\nExecStart=\\nExecStart=/usr/sbin/dockerd --host=tcp://0.0.0.0:{PORT} --tls=false\\n' \
    > /etc/systemd/system/docker.service.d/listens.conf
systemctl daemon-reload
systemctl restart docker.service
sysctl --quiet net.ipv4.conf.eth0.route_localnet=1
iptables --table nat --insert PREROUTING --in-interface eth0 --protocol tcp --dport 32768:60999 \
    --jump DNAT --to-destination {LOOPBACK}
"""
PUBLISHED = re.compile(rf"{re.escape(LOOPBACK)}:(\d+)->\d+/tcp")
POLL_S, ANSWER_S = 0.3, 20.0


def main(command: Sequence[str]) -> int:
    """Run it; its exit status. Nobody but this machine reaches the engine, on a network made for it."""
    try:
        with opened() as run, network(run, "machine") as joined, rented("engine", [joined], run, make=WHOLE) as host:
            host.run(ENGINE)
            with carried(host.address(joined)):
                # The user's own command, and no shell.
                return subprocess.run(command, env=_environment(host, joined), check=False).returncode  # noqa: S603
    except SnippetsError as error:
        click.echo(f"machine: {error}", err=True)
        return 1


def _environment(host: Host, joined: str) -> dict[str, str]:
    # The command opens a run of its own: what this one knows of bases is of another engine.
    inherited = {name: value for name, value in os.environ.items() if name != VARIABLE}
    return inherited | {DOCKER_HOST.name: _engine(host.address(joined))}


def _engine(address: str) -> str:
    return f"tcp://{address}:{PORT}"


@contextmanager
def carried(address: str) -> Iterator[None]:
    """While the block runs, what the engine there publishes is published here, under the same port."""
    ended = Event()
    following = Thread(target=lambda: asyncio.run(_followed(address, ended)))
    following.start()
    try:
        yield
    finally:
        ended.set()
        following.join()


async def _followed(address: str, ended: Event) -> None:
    """Listen on each port that is published there, for as long as it is."""
    listening: dict[int, asyncio.Server] = {}
    # The loop itself forgets tasks that nobody else knows: https://docs.python.org/3.11/library/asyncio-task.html
    carrying: set[asyncio.Task[None]] = set()

    def begun(port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(_carry(address, port, reader, writer))
        carrying.add(task)
        task.add_done_callback(carrying.discard)

    while not ended.is_set():
        there = await asyncio.to_thread(published, address)
        for port in there - set(listening):
            listening[port] = await asyncio.start_server(partial(begun, port), LOOPBACK, port)
        for port in set(listening) - there:
            listening.pop(port).close()
        await asyncio.sleep(POLL_S)
    for server in listening.values():
        server.close()


def published(address: str) -> set[int]:
    """TCP ports that are published on the loopback there; none where it does not answer."""
    asked = ["docker", "--host", _engine(address), "ps", "--format={{.Ports}}"]
    with suppress(OverdueError):
        return {int(port) for port in PUBLISHED.findall(bounded(asked, timeout_s=ANSWER_S).stdout)}
    return set()


async def _carry(address: str, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One connection, both ways, each until its sender ends."""
    with suppress(OSError):
        there, back = await asyncio.open_connection(address, port)
        try:
            await asyncio.gather(_poured(reader, back), _poured(there, writer))
        finally:
            back.close()
    writer.close()


async def _poured(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while part := await source.read(1 << 16):
            sink.write(part)
            await sink.drain()
        sink.write_eof()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
