"""A host's certificate as visitors are shown it, and the timers that look after it, fired sooner than they would."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ..errors import EngineError
from .servers import NEIGHBOUR, Servers

SHOWN = """
openssl s_client -connect {host}:443 -servername {host} </dev/null 2>/dev/null |
    openssl x509 -noout -dateopt iso_8601 -serial -enddate
date --utc +now=%Y-%m-%dT%H:%M:%S%:z
"""
# Sooner than their time, and not so often that systemd refuses to start one again.
FIRED_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """Its number, and for how many seconds it is still valid."""

    serial: str
    left_s: float


def shown(servers: Servers, host: str) -> Certificate:
    """What a visitor is shown; raises ContainerError where that is nothing."""
    lines = servers.run(SHOWN.format(host=host), on=NEIGHBOUR).stdout.splitlines()
    told = dict(line.split("=", 1) for line in lines)
    left = datetime.fromisoformat(told["notAfter"]) - datetime.fromisoformat(told["now"])
    return Certificate(serial=told["serial"], left_s=left.total_seconds())


def shown_for(servers: Servers, host: str, signed_for_s: float) -> Certificate:
    """The same of an authority that was told to sign for so long; raises EngineError where it signs for longer."""
    certificate = shown(servers, host)
    if certificate.left_s > signed_for_s:
        # Nobody would be told of one that is valid for a week, and that would say nothing.
        raise EngineError(
            f"the authority was told to sign for {signed_for_s:.0f} s: {certificate.left_s:.0f} s are left"
        )
    return certificate


def renewed(servers: Servers, host: str, signed_for_s: float) -> float | None:
    """Seconds until visitors are shown another one, or None; raises like `shown_for`."""
    first = shown_for(servers, host, signed_for_s)
    return servers.await_(lambda: shown(servers, host).serial != first.serial, signed_for_s)


def fired(servers: Servers, host: str, timers: Mapping[str, float]) -> list[str]:
    """Have each timer that runs do what it would do later; those that do not run, or come after so many seconds."""
    asked = servers.run("systemctl list-timers --output=json; date +%s", on=host).stdout
    listed, _, now = asked.strip().rpartition("\n")
    running = {timer["unit"]: timer for timer in json.loads(listed)}
    late: list[str] = []
    for name, silence_s in timers.items():
        timer = running.get(name)
        # One that runs and has no next time says null.
        if timer is None or timer["next"] is None or timer["next"] / 1e6 - int(now) > silence_s:
            late.append(name)
        else:
            servers.run(f"systemctl start {timer['activates']}", on=host, check=False)
    return late


def warned(servers: Servers, host: str, timers: Mapping[str, float], tries: int) -> tuple[str, float] | None:
    """The first line that somebody is told, and how long the certificate is then valid; None where it ends before."""
    before = len(servers.told())
    for _ in range(tries):
        fired(servers, host, timers)
        told = servers.await_(lambda: len(servers.told()) > before, FIRED_S) is not None
        left_s = shown(servers, host).left_s
        if told or left_s <= 0:
            return (servers.told()[before].partition("\n")[0], left_s) if told else None
    return None
