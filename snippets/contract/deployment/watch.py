"""Who watches, and whether they still do after the host was off."""

import time

from ..promise import Judgement, kept_if, promise
from .description import NEXT, Deployment
from .subject import Deployed
from .visitors import served, serving

# Timers that begin somewhere within a span would be waited for so long: the span is taken away.
AT_ONCE = "/etc/systemd/system/{timer}.d/at-once.conf"
MISSED = """
install -d "$(dirname {at_once})" && printf '[Timer]\\nRandomizedDelaySec=0\\n' > {at_once}
touch --date='-{ago_s:.0f} seconds' /var/lib/systemd/timers/stamp-{timer}
sync
"""
# What it starts: whether that has ended since the host was booted, and then how.
ENDED = """
unit=$(systemctl show --property=Unit --value {timer})
test -n "$unit" && test "$(systemctl show --property=ExecMainExitTimestampMonotonic --value "$unit")" != 0
systemctl show --property=Result --value "$unit"
"""
RIGHT = "success"
# Under this name a visitor's request is known from its first hop on.
REQUEST_ID = "X-Request-ID"
# A line is on its way to where it is kept for a moment.
LOGGED_S = 10.0
# What it starts may wait for a host that has only just been booted.
CAUGHT_UP_S = 90.0


@promise(
    family="watch",
    authority="https://www.freedesktop.org/software/systemd/man/257/systemd.timer.html#Persistent=",
)
def timers_catch_up(servers: Deployed, deployment: Deployment) -> Judgement:
    """What a timer should have done while its host was off is done after the boot, and ends well."""
    host = deployment.host
    for timer in deployment.timers:
        # Twice as long as it may be silent.
        missed = MISSED.format(timer=timer, at_once=AT_ONCE.format(timer=timer), ago_s=2 * deployment.silence_s(timer))
        servers.run(missed, on=host)
    servers.stop(host)
    servers.start(host)
    told, right = [], True
    for timer in deployment.timers:
        ended = _ended(servers, host, timer)
        right = right and ended == RIGHT
        told.append(f"{timer}, missed while the host was off, {f'ends with {ended}' if ended else 'does not run'}")
        servers.run(f"rm {AT_ONCE.format(timer=timer)} && systemctl daemon-reload", on=host)
    return kept_if(right and bool(told), f"{'; '.join(told)} within {CAUGHT_UP_S:.0f} s of the boot")


def _ended(servers: Deployed, host: str, timer: str) -> str:
    """How what it starts has ended, or nothing."""
    said: list[str] = []

    def has_ended() -> bool:
        done = servers.run(ENDED.format(timer=timer), on=host, check=False)
        said[:] = [done.stdout.strip()] if done.status == 0 else []
        return bool(said)

    servers.await_(has_ended, CAUGHT_UP_S)
    return "".join(said)


@promise(family="watch", authority="https://12factor.net/logs")
def log_found(servers: Deployed, deployment: Deployment) -> Judgement:
    """The line of a request is found by its id, also after a release and after its host was off."""
    asked, before = f"log-found-{time.monotonic_ns()}", serving(servers, deployment)
    answered = servers.get(deployment.page, headers={REQUEST_ID: asked}, timeout_s=15.0).status
    found = {"at once": _is_logged(servers, deployment, asked)}
    released = servers.release(NEXT)
    if serving(servers, deployment) == before:
        # That one was there already, and replaced nothing.
        released = servers.release()
    # What wrote the line is gone by then, or this tells nothing.
    replaced = released.status == 0 and serving(servers, deployment) != before
    found["after a release"] = _is_logged(servers, deployment, asked)
    servers.stop(deployment.host)
    servers.start(deployment.host)
    served(servers, deployment)
    found["after a boot"] = _is_logged(servers, deployment, asked)
    told = ", ".join(f"{when} it is {'found' if there else 'gone'}" for when, there in found.items())
    told = f"a request is answered {answered}, and its line sought by its id: {told}"
    told += "" if replaced else f"; the release exits {released.status} and replaces nothing"
    return kept_if(replaced and all(found.values()), told)


def _is_logged(servers: Deployed, deployment: Deployment, asked: str) -> bool:
    def is_there() -> bool:
        return asked in servers.run(deployment.logged(asked), on=deployment.host, check=False).stdout

    return servers.await_(is_there, LOGGED_S) is not None
