"""Who watches, and whether they still do after the host was off."""

from ..promise import Judgement, kept_if, promise
from .description import Deployment
from .subject import Deployed

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
