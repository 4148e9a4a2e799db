"""Visitors of a deployment, while something is done to it: what they asked for, and what they got."""

import json
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from ...errors import ContainerError
from ..servers import NEIGHBOUR
from .description import Deployment
from .subject import Deployed

OK = 200
# How much of what a page tells is kept.
TOLD = 80
# One after the other, each on a connection of its own; what was answered is on the disk before the next one. Whatever
# goes wrong is an answer that somebody did not get. Of the page that tells a version, what it tells is counted as well.
# The pause leaves the host a part of the machine.
ASK = """
import itertools, json, pathlib, time, urllib.error, urllib.request
class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_): return None
told = {{}}
opener = urllib.request.build_opener(Stay)
for url in itertools.cycle({urls!r}):
    if pathlib.Path("/run/visits.stop").exists():
        break
    try:
        with opener.open(url, timeout=15) as reply:
            body = reply.read()
            answer = str(reply.status) if body else "an empty page"
            if url == {telling!r} and body:
                answer += " " + " ".join(body.decode(errors="replace").split())[:{limit}]
    except urllib.error.HTTPError as error:
        answer = str(error.code)
    except Exception as error:
        answer = type(error).__name__
    told[answer] = told.get(answer, 0) + 1
    pathlib.Path("/run/visits.new").write_text(json.dumps(told))
    pathlib.Path("/run/visits.new").rename("/run/visits.json")
    time.sleep(0.2)
"""
# Every three seconds another one, so that one has just begun whenever something is stopped.
WAIT = """
import json, pathlib, threading, time, urllib.request
told, asking, written = {{}}, [], threading.Lock()
def ask():
    try:
        with urllib.request.urlopen({url!r}, timeout=60) as reply:
            answer = str(reply.status) if reply.read() else "an empty page"
    except Exception as error:
        answer = type(error).__name__
    with written:
        told[answer] = told.get(answer, 0) + 1
        pathlib.Path("/run/waits.json").write_text(json.dumps(told))
pathlib.Path("/run/waits.json").write_text("{{}}")
while not pathlib.Path("/run/waits.stop").exists():
    asking.append(threading.Thread(target=ask))
    asking[-1].start()
    time.sleep(3)
for each in asking:
    each.join()
"""
# Each numbered; the number is on the disk once it was acknowledged.
WRITE = """
number=0
while [ ! -e /run/writes.stop ]; do
    number=$((number + 1))
    if {command}; then echo "$number" >> /run/written; fi
    sleep 0.2
done
"""
ANSWERED_S = 60.0
STARTED = "rm -f /run/{name}.* {told}; systemd-run --quiet --unit {name} {environment} {program}"
ENDED = "touch /run/{name}.stop; systemctl show --property=ActiveState {name} | grep -q inactive"
TRUST = "--setenv=SSL_CERT_FILE=$SSL_CERT_FILE --setenv=CURL_CA_BUNDLE=$CURL_CA_BUNDLE"


@dataclass(slots=True)
class Visits:
    """What visitors were answered, by status or by what went wrong; filled when the block ends."""

    answers: Mapping[str, int] = field(default_factory=dict)

    @property
    def lost(self) -> int:
        """How many got no page."""
        return sum(count for answer, count in self.answers.items() if answer.partition(" ")[0] != str(OK))

    @property
    def versions(self) -> set[str]:
        """What they were told of the versions that answered."""
        told = (answer.partition(" ") for answer in self.answers)
        return {version for status, _, version in told if version and status == str(OK)}

    def __str__(self) -> str:
        """As in "31 times 200"."""
        return ", ".join(f"{count} times {answer}" for answer, count in sorted(self.answers.items())) or "none"


def served(servers: Deployed, deployment: Deployment) -> float | None:
    """Seconds until a visitor is answered 200, or None where that takes longer than stated."""
    asked = f"curl --silent --fail --output /dev/null --max-time 5 {deployment.ready}"
    return servers.await_(lambda: servers.run(asked, on=NEIGHBOUR, check=False).status == 0, deployment.boot_s)


def serving(servers: Deployed, deployment: Deployment) -> str:
    """What a visitor is told of the version that answers."""
    return " ".join(servers.get(deployment.version, timeout_s=15.0).body.decode(errors="replace").split())[:TOLD]


@contextmanager
def visits(servers: Deployed, deployment: Deployment, *, telling: bool = False) -> Iterator[Visits]:
    """A visitor asks for the page, again and again, while the block runs; where `telling`, for the version as well."""
    seen = Visits()
    urls = [deployment.page, *([deployment.version] if telling else [])]
    program = shlex.join(
        ["python3", "-c", ASK.format(urls=urls, limit=TOLD, telling=deployment.version if telling else "")]
    )
    with _running(servers, "visits", program, "/run/visits.json"):
        yield seen
    seen.answers = json.loads(servers.run("cat /run/visits.json", on=NEIGHBOUR).stdout)


@contextmanager
def waits(servers: Deployed, deployment: Deployment) -> Iterator[Visits]:
    """Visitors ask for what takes its time, another one every three seconds, and wait for it when the block ends."""
    seen = Visits()
    program = shlex.join(["python3", "-c", WAIT.format(url=deployment.slow)])
    with _running(servers, "waits", program, "/run/waits.json"):
        yield seen
    seen.answers = json.loads(servers.run("cat /run/waits.json", on=NEIGHBOUR).stdout)


@contextmanager
def writes(servers: Deployed, deployment: Deployment, mark: str) -> Iterator[list[str]]:
    """A visitor leaves something, again and again; when the block ends the list holds what was acknowledged."""
    acknowledged: list[str] = []
    command = deployment.leaving(f"{mark}-$number-")
    with _running(servers, "writes", shlex.join(["bash", "-c", WRITE.format(command=command)]), "/run/written"):
        yield acknowledged
    numbers = servers.run("cat /run/written", on=NEIGHBOUR).stdout.split()
    acknowledged += [f"{mark}-{number}-" for number in numbers]


@contextmanager
def _running(servers: Deployed, name: str, program: str, told: str) -> Iterator[None]:
    servers.run(STARTED.format(name=name, told=told, environment=TRUST, program=program), on=NEIGHBOUR)
    answered = f"test -s {told}"
    if servers.await_(lambda: servers.run(answered, on=NEIGHBOUR, check=False).status == 0, ANSWERED_S) is None:
        raise ContainerError(f"no visitor was answered within {ANSWERED_S:.0f} s")
    try:
        yield
    finally:
        servers.await_(lambda: servers.run(ENDED.format(name=name), on=NEIGHBOUR, check=False).status == 0, ANSWERED_S)
