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
# What it starts, and whether that has begun since the host was booted.
BEGUN = """
unit=$(systemctl show --property=Unit --value {timer})
test -n "$unit" && test "$(systemctl show --property=ExecMainStartTimestampMonotonic --value "$unit")" != 0
"""
CAUGHT_UP_S = 60.0


@promise(
    family="watch",
    authority="https://www.freedesktop.org/software/systemd/man/257/systemd.timer.html#Persistent=",
)
def timers_catch_up(servers: Deployed, deployment: Deployment) -> Judgement:
    """What a timer should have done while its host was off is done after the boot, and nobody is told of it in vain."""
    host = deployment.host
    for timer in deployment.timers:
        # Twice as long as it may be silent.
        missed = MISSED.format(timer=timer, at_once=AT_ONCE.format(timer=timer), ago_s=2 * deployment.silence_s(timer))
        servers.run(missed, on=host)
    before = len(servers.told())
    servers.stop(host)
    servers.start(host)
    told, right = [], True
    for timer in deployment.timers:
        after_s = _begun_s(servers, host, timer)
        right = right and after_s is not None
        did = f"does not run within {CAUGHT_UP_S:.0f} s" if after_s is None else f"runs {after_s:.0f} s"
        told.append(f"{timer}, missed while the host was off, {did} after the boot")
        servers.run(f"rm {AT_ONCE.format(timer=timer)} && systemctl daemon-reload", on=host)
    calm = len(servers.told()) == before
    return kept_if(right and calm, f"{'; '.join(told)}; {'nobody is' if calm else 'somebody is'} told that it fails")


def _begun_s(servers: Deployed, host: str, timer: str) -> float | None:
    command = BEGUN.format(timer=timer)
    return servers.await_(lambda: servers.run(command, on=host, check=False).status == 0, CAUGHT_UP_S)
