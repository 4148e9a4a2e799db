"""A cluster that an application was deployed to -> its pods, and what visitors are answered meanwhile."""

import json
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from .servers import NEIGHBOUR, Servers

# A visitor after the other; what each was answered is a line.
VISIT = """
while [ ! -e /run/asked.stop ]; do
    curl --silent --output /dev/null --max-time 5 --write-out '%{{http_code}}\\n' {url} >> /run/asked; sleep 0.2
done
"""
BEGUN = """
rm -f /run/asked*
systemd-run --quiet --unit asked --setenv=CURL_CA_BUNDLE=$CURL_CA_BUNDLE bash -c {program}
"""
ASKED = "cat /run/asked"
ENDED = f"touch /run/asked.stop; systemctl show --property=ActiveState asked | grep -q inactive && {ASKED}"
ENDED_S = 45.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod:
    """Which, on which node, whether visitors are sent to it, and how often it was started anew."""

    name: str
    node: str
    ready: bool
    restarts: int


def app(servers: Servers, command: str, *, check: bool = True) -> str:
    """What kubectl prints of the namespace `app`; raises ContainerError where it fails and is checked."""
    return servers.run(f"kubectl --namespace app {command}", check=check).stdout


def pods(servers: Servers, name: str = "web") -> Sequence[Pod]:
    """Those of that name that are to stay."""
    told = json.loads(app(servers, f"get pods --selector app.kubernetes.io/name={name} --output json"))
    return [_pod(each) for each in told["items"] if "deletionTimestamp" not in each["metadata"]]


def _pod(shown: Mapping[str, Any]) -> Pod:
    status = shown["status"]
    ready = any(each["type"] == "Ready" and each["status"] == "True" for each in status.get("conditions", []))
    restarts = sum(each["restartCount"] for each in status.get("containerStatuses", []))
    return Pod(name=shown["metadata"]["name"], node=shown["spec"].get("nodeName", ""), ready=ready, restarts=restarts)


def answers(servers: Servers, url: str) -> bool:
    """Whether a visitor is given this page."""
    asked = f"curl --silent --fail --output /dev/null --max-time 5 {url}"
    return servers.run(asked, on=NEIGHBOUR, check=False).status == 0


@contextmanager
def visitors(servers: Servers, url: str) -> Iterator[Counter[str]]:
    """Somebody asks for a page all the while; when the block ends it is counted what they were answered."""
    servers.run(BEGUN.format(program=shlex.quote(VISIT.format(url=url))), on=NEIGHBOUR)
    counted: Counter[str] = Counter()
    try:
        yield counted
    finally:
        said: list[str] = []

        def has_ended() -> bool:
            done = servers.run(ENDED, on=NEIGHBOUR, check=False)
            said[:] = done.stdout.split() if done.status == 0 else []
            return bool(said)

        servers.await_(has_ended, ENDED_S)
        counted.update(said)


def told(counted: Counter[str]) -> str:
    """As in "31 times 200"."""
    return ", ".join(f"{count} times {answer}" for answer, count in sorted(counted.items())) or "nothing"
