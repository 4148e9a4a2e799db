"""A clock that jumps by an hour, played to what reads it: what a page says of it was seen here."""

import json

from snippets.catalog import load
from snippets.engine.docker import docker
from snippets.engine.engine import Engine
from snippets.engine.subjects.host import Host

HOUR_S = 3600
# A visitor's session, signed by the clock of then and read by that of now.
VISITED = """
import json, time
from app import create_app
app, real = create_app(), time.time
signed = app.session_interface.get_signing_serializer(app).dumps({{"visits": 3}})
def at(jump_s):
    time.time = lambda: real() + jump_s
    with app.test_request_context(headers={{"Cookie": "session=" + signed}}) as context:
        return dict(context.session)
print(json.dumps([at(jump_s) for jump_s in {jumps_s}]))
"""
SETTINGS = ("--env=SECRET_KEY=of-this-test-alone", "--env=DATABASE_URL=postgresql://app@127.0.0.1/app")
# Every hour, and by its stamp it ran at a time that has not come yet; the time of its next run, in seconds from now.
TIMER = """
printf '[Service]\\nType=oneshot\\nExecStart=/bin/true\\n' > /etc/systemd/system/canary.service
printf '[Timer]\\nOnCalendar=hourly\\nPersistent=true\\n' > /etc/systemd/system/canary.timer
install --directory /var/lib/systemd/timers
touch --date='+{ahead_s} seconds' /var/lib/systemd/timers/stamp-canary.timer
systemctl daemon-reload && systemctl start canary.timer
echo $(($(date --date="$(systemctl show --property=NextElapseUSecRealtime --value canary.timer)" +%s) - $(date +%s)))
"""
IN_THE_FUTURE = "Not using persistent file timestamp"


def test_a_session_outlives_a_clock_that_goes_forward_and_none_that_goes_back(engine: Engine) -> None:
    """Whose session was signed later than now has a new one."""
    catalog = load()
    image = engine.image(catalog, catalog.snippets["flask-uv"])
    program = VISITED.format(jumps_s=[0, HOUR_S, -HOUR_S])

    (told,) = docker("run", "--rm", "--network=none", *SETTINGS, "--entrypoint=python", image.id, "-c", program)

    assert json.loads(told) == [{"visits": 3}, {"visits": 3}, {}]


def test_a_timer_that_ran_in_the_future_runs_at_its_next_time(web: Host) -> None:
    """As after a clock that has gone back, and a boot: it does not wait until its last time is past."""
    next_s = int(web.run(TIMER.format(ahead_s=10 * HOUR_S)).stdout.split()[-1])

    assert 0 <= next_s <= HOUR_S
    assert IN_THE_FUTURE in web.run("journalctl --unit=canary.timer --no-pager --output=cat").stdout
