"""A flood: more visitors than are served, and more sent than is held. It is refused in time, and then it is over."""

import json
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from ..promise import Judgement, kept_if, promise
from ..servers import NEIGHBOUR
from .description import Deployment
from .subject import Deployed
from .visitors import STARTED, TRUST, served

REFUSED, ANSWERED = {"429", "503"}, {"200", "429", "503"}
# How many it serves in a second is seen with a few. At once there are as many as it serves in the next so many seconds.
FEW, FEW_S, WORTH_S = 48, 4.0, 20.0
LEAST, MOST = 500, 2000
LASTS_S, PATIENCE_S = 12.0, 90.0
# What they send takes its time to arrive.
SENDING, SENDING_S = 100, 20.0
# Each on a connection that it keeps, from one of a hundred addresses at the end of its network. Who sends something
# keeps back its last byte.
FLOOD = """
import asyncio, collections, ipaddress, itertools, json, pathlib, resource, socket, ssl, subprocess, time
host, path, count, size, lasts_s, patience_s = {host!r}, {path!r}, {count}, {size}, {lasts_s}, {patience_s}
resource.setrlimit(resource.RLIMIT_NOFILE, (8192, 8192))
shown = json.loads(subprocess.check_output(["ip", "-json", "-4", "address", "show", "scope", "global"]))[0]
own = shown["addr_info"][0]
network = ipaddress.ip_interface(own["local"] + "/" + str(own["prefixlen"])).network
sources = [str(network.broadcast_address - number) for number in range(1, 101)]
for source in sources:
    address = source + "/" + str(own["prefixlen"])
    subprocess.run(["ip", "address", "replace", address, "dev", shown["ifname"]], check=True)
there = socket.getaddrinfo(host, 443, socket.AF_INET)[0][4][0]
trusted = ssl.create_default_context()
told, longest_s, end = collections.Counter(), 0.0, time.monotonic() + lasts_s
head = ("POST" if size else "GET") + " " + path + " HTTP/1.1\\r\\nHost: " + host + "\\r\\n"
head += "Content-Length: " + str(size) + "\\r\\n\\r\\n" if size else "\\r\\n"

async def send(writer):
    writer.write(head.encode())
    for begin in range(0, size - 1, 1 << 20):
        writer.write(b"x" * min(1 << 20, size - 1 - begin))
        await writer.drain()
    await asyncio.sleep(patience_s if size else 0)

async def answer(reader):
    lines = (await reader.readuntil(b"\\r\\n\\r\\n")).decode().lower().split("\\r\\n")
    length = next((int(line.split(":")[1]) for line in lines if line.startswith("content-length:")), None)
    chunked = "transfer-encoding: chunked" in lines
    await reader.readexactly(length or 0)
    more = chunked
    while more:
        more = int(await reader.readline(), 16)
        await reader.readexactly(more + 2)
    return lines[0].split()[1], chunked or length is not None

async def ask(reader, writer):
    sending = asyncio.create_task(send(writer))
    try:
        return await asyncio.wait_for(answer(reader), patience_s)
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)

async def visitor(source):
    global longest_s
    while time.monotonic() < end:
        began = time.monotonic()
        try:
            reader, writer = await asyncio.open_connection(
                there, 443, ssl=trusted, server_hostname=host, local_addr=(source, 0), ssl_handshake_timeout=patience_s
            )
            try:
                said, whole = "200", True
                while said == "200" and whole and time.monotonic() < end:
                    began = time.monotonic()
                    said, whole = await ask(reader, writer)
                    told[said] += 1
                    longest_s = max(longest_s, time.monotonic() - began)
            finally:
                writer.close()
        except Exception as error:
            told[type(error).__name__] += 1
            longest_s = max(longest_s, time.monotonic() - began)
        await asyncio.sleep(1)

async def flood():
    visitors = [asyncio.create_task(visitor(source)) for source in itertools.islice(itertools.cycle(sources), count)]
    # Who sends something never ends by itself.
    await asyncio.wait(visitors, timeout=lasts_s if size else None)
    for each in visitors:
        each.cancel()

asyncio.run(flood())
pathlib.Path("/run/flood.new").write_text(json.dumps([told, longest_s]))
pathlib.Path("/run/flood.new").rename("/run/flood.json")
"""
# Of all groups of processes that are there, how many were ended for memory; by cgroup v2 or v1.
KILLED = """
find /sys/fs/cgroup '(' -name memory.events -o -name memory.oom_control ')' -exec grep --no-filename '^oom_kill ' {} + |
    awk '{ killed += $2 } END { print killed + 0 }'
"""
SSH = "ssh -o ControlPath=none -o ConnectTimeout={limit} root@{host} true"
LOOKED_AFTER_S = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """So many visitors at once, who each ask for a path or send it so many bytes, for so many seconds."""

    path: str
    count: int
    size: int = 0
    lasts_s: float = LASTS_S


@dataclass(slots=True)
class Flood:
    """What a flood was answered, by status or by what went wrong, and what others had of the server meanwhile."""

    answers: Mapping[str, int]
    longest_s: float = 0.0
    ssh_s: float | None = None
    page_s: float | None = None

    @property
    def refused(self) -> int:
        """How many were told to come back later."""
        return sum(count for answer, count in self.answers.items() if answer in REFUSED)

    @property
    def lost(self) -> int:
        """How many got neither a page nor that."""
        return sum(count for answer, count in self.answers.items() if answer not in ANSWERED)

    def __str__(self) -> str:
        """As in "1200 times 200, 80 times 503"."""
        return ", ".join(f"{count} times {answer}" for answer, count in sorted(self.answers.items())) or "nothing"


@promise(family="keep", authority="https://sre.google/sre-book/addressing-cascading-failures/")
def flood_survived(servers: Deployed, deployment: Deployment) -> Judgement:
    """Many times what it serves, from many addresses: it refuses in time and nothing is killed; then it is as before.

    The same where they send more at a time than there is room for, and then everybody else has the page meanwhile.
    """
    before = _alive(servers, deployment)
    probe = deployment.probe
    with _flooded(servers, deployment, Crowd(path=probe.page, count=FEW, lasts_s=FEW_S)) as few:
        pass
    worth = int(min(max(few.answers.get("200", 0) / FEW_S * WORTH_S, LEAST), MOST))
    crowd, told = _crowded(servers, deployment, worth)
    calm = [served(servers, deployment)]
    senders = Crowd(path=probe.takes, count=SENDING, size=probe.largest, lasts_s=SENDING_S)
    with _flooded(servers, deployment, senders) as pile:
        pile.ssh_s = _ssh_s(servers, deployment)
        pile.page_s = served(servers, deployment)
    after = _alive(servers, deployment)
    calm.append(served(servers, deployment))
    refused = crowd.refused > 0 and crowd.lost == 0 and crowd.longest_s <= deployment.answer_s
    others = None not in {crowd.ssh_s, pile.ssh_s, pile.page_s}
    again = all(seconds is not None and seconds <= deployment.calm_s for seconds in calm)
    seen = f"{told}; ssh {_after(crowd.ssh_s)}; "
    seen += f"beside {SENDING} who send {probe.largest >> 20} MiB each the page {_after(pile.page_s)}, "
    seen += f"ssh {_after(pile.ssh_s)}; {'nothing is killed' if before == after else 'something is killed'}; "
    seen += f"after the end the page {' and '.join(map(_after, calm))}"
    return kept_if(refused and others and before == after and again, seen)


def _after(seconds: float | None) -> str:
    return "does not answer" if seconds is None else f"answers after {seconds:.0f} s"


def _alive(servers: Deployed, deployment: Deployment) -> tuple[str, str]:
    """What runs and since when, and how often anything was ended for memory."""
    runs = servers.run(deployment.alive, on=deployment.host).stdout
    return runs, servers.run(KILLED, on=deployment.host).stdout


def _ssh_s(servers: Deployed, deployment: Deployment) -> float | None:
    done = servers.run(SSH.format(limit=int(deployment.answer_s), host=deployment.host), check=False)
    return done.took_s if done.status == 0 and done.took_s <= deployment.answer_s else None


def _crowded(servers: Deployed, deployment: Deployment, worth: int) -> tuple[Flood, str]:
    """So many come for the page while somebody logs in, and what was seen of it.

    What is warm serves more than the few have told. Where nobody is refused it was no flood: many more come, and then
    those for what takes its time, of which the fastest cannot serve more than there is room for.
    """
    probe, told = deployment.probe, list[str]()
    stated = ((probe.page, worth), (probe.page, MOST), (probe.slow or probe.page, LEAST))
    crowds = list(dict.fromkeys(Crowd(path=path, count=count) for path, count in stated))
    while True:
        crowd = crowds.pop(0)
        with _flooded(servers, deployment, crowd) as flood:
            flood.ssh_s = _ssh_s(servers, deployment)
        told += [f"{crowd.count} at once for {crowd.path} are answered {flood}, the last after {flood.longest_s:.0f} s"]
        if flood.refused or flood.lost or not crowds:
            return flood, "; ".join(told)


@contextmanager
def _flooded(servers: Deployed, deployment: Deployment, crowd: Crowd) -> Iterator[Flood]:
    """They come; told when the block ends."""
    seen = Flood(answers={})
    stated = {"host": deployment.host, "path": crowd.path, "count": crowd.count, "size": crowd.size}
    program = FLOOD.format(**stated, lasts_s=crowd.lasts_s, patience_s=PATIENCE_S)
    command = shlex.join(["python3", "-c", program])
    servers.run(STARTED.format(name="flood", told="/run/flood.json", environment=TRUST, program=command), on=NEIGHBOUR)
    servers.await_(lambda: False, min(crowd.lasts_s, LOOKED_AFTER_S))
    yield seen
    # Its unit is there a moment longer than its answers, and the next one has the same name.
    there = "test -s /run/flood.json && ! systemctl is-active --quiet flood"
    wait_s = crowd.lasts_s + 2 * PATIENCE_S
    servers.await_(lambda: servers.run(there, on=NEIGHBOUR, check=False).status == 0, wait_s)
    seen.answers, seen.longest_s = json.loads(servers.run("cat /run/flood.json", on=NEIGHBOUR).stdout)
