"""What is seen of a machine that looks at dates: that it tells of each in time, and of those who give none."""

import datetime as dt
import json
import shlex

from ...contract.playbooks import PROFILES, linted, recap, unchanged
from ...contract.promise import Judgement, kept_if, promise
from ...contract.servers import Clone, Servers

APP, OUTSIDE, REGISTRY = "app.example.org", "outside.example.net", "registry.example.com"
AGAIN = "ansible-playbook --vault-password-file ~/.vault-password dates.yml"
RDAP = "https://www.rfc-editor.org/rfc/rfc9083.html"
DOMAIN, UNIT = "example.org", "dates-left.service"
# It is looked more often here than a unit may be started that is looked at once a day.
LOOK = f"systemctl reset-failed {UNIT}; systemctl start {UNIT}"
TIMERS = ("dates-left.timer", f"certificate@{APP}.timer")
# The registry is played: the list of all registries, and what this one says of the domain.
SERVICES = json.dumps({"services": [[["com", "org"], [f"http://{REGISTRY}/"]]]})
PLAYED = """
mkdir --parents /srv/registry/rdap /srv/registry/domain
echo {services} > /srv/registry/rdap/dns.json
echo {reply} > /srv/registry/domain/{domain}
systemctl is-active --quiet registry ||
    systemd-run --quiet --unit=registry python3 -m http.server --directory /srv/registry 80
until curl --silent --fail --output /dev/null http://127.0.0.1/domain/{domain}; do sleep 0.2; done
"""
AWAY = "systemctl stop registry"
FORGET = "rm --force --recursive /var/lib/private/dates/*"
OLDER = "touch --date='{days} days ago' /var/lib/private/dates/" + DOMAIN
TOLD_S, UP_S = 20.0, 60.0


def _day(days: int) -> str:
    """The day that is so many days after today, as in 2031-03-31."""
    return (dt.datetime.now(dt.UTC).date() + dt.timedelta(days=days)).isoformat()


def _says(servers: Servers, *states: str, days: int | None = 300) -> None:
    """From here on the registry gives the domain these states, and an end so many days ahead, if any."""
    events = [{"eventAction": "registration", "eventDate": "2017-08-15T15:02:40Z"}]
    if days is not None:
        # A little later, or it is a day less by the time that somebody looks.
        events.append({"eventAction": "expiration", "eventDate": f"{_day(days + 1)}T00:00:00Z"})
    said = {"objectClassName": "domain", "ldhName": DOMAIN, "status": ["active", *states], "events": events}
    reply = shlex.quote(json.dumps(said))
    servers.run(f"set -e; {PLAYED.format(services=shlex.quote(SERVICES), reply=reply, domain=DOMAIN)}", on=REGISTRY)


def _told(servers: Servers, text: str) -> bool:
    """It looks once; whether the look failed and somebody was sent a message with that text.

    Nobody is waited for where the look ended well: then nothing is sent.
    """
    before = len(servers.told())
    if servers.run(LOOK, on=OUTSIDE, check=False).status == 0:
        return False
    return servers.await_(lambda: any(text in message for message in servers.told()[before:]), TOLD_S) is not None


def _judged(found: dict[str, bool], wanted: set[str]) -> Judgement:
    """Whether somebody was told in exactly these cases; all are named."""
    seen = "; ".join(f"{case}: {'somebody' if told else 'nobody'} is told" for case, told in found.items())
    return kept_if({case for case, told in found.items() if told} == wanted, seen)


@promise(family="rehearsal", authority=f"{RDAP}#section-4.5")
def end_is_told_in_time(servers: Servers) -> Judgement:
    """A domain that ends within thirty days is told, by its name and its day; one that does not is not."""
    found = {}
    for days in (5, 29, 31, 100):
        _says(servers, days=days)
        found[f"{days} days before"] = _told(servers, f"{DOMAIN} ends on {_day(days + 1)}, in {days} days")
    return _judged(found, {"5 days before", "29 days before"})


@promise(family="rehearsal", authority="https://www.rfc-editor.org/rfc/rfc8056.html#section-2")
def unpaid_is_told_though_the_date_is_far(servers: Servers) -> Judgement:
    """A domain that nobody has paid for is told by its state, when its date has moved a year ahead already."""
    found = {}
    for state in ("auto renew period", "redemption period", "client transfer prohibited"):
        _says(servers, state, days=364)
        found[state] = _told(servers, f"{DOMAIN} is in the state '{state}'")
    return _judged(found, {"auto renew period", "redemption period"})


@promise(family="rehearsal", authority=f"{RDAP}#section-4.5")
def silence_is_told(servers: Servers) -> Judgement:
    """A registry that is away is told once it was for a week, or has never answered; one without a date at once."""
    silence = f"nobody has said for a week when {DOMAIN} ends"
    _says(servers)
    found = {"it answers": _told(servers, DOMAIN)}
    servers.run(AWAY, on=REGISTRY)
    for days in (1, 8):
        servers.run(OLDER.format(days=days), on=OUTSIDE)
        found[f"away, its last answer {days} days old"] = _told(servers, silence)
    servers.run(FORGET, on=OUTSIDE)
    found["away, and never heard of"] = _told(servers, silence)
    _says(servers, days=None)
    found["it gives no date"] = _told(servers, f"the registry of {DOMAIN} does not say")
    return _judged(found, set(found) - {"it answers", "away, its last answer 1 days old"})


@promise(family="rehearsal", authority="https://sre.google/sre-book/monitoring-distributed-systems/")
def written_dates_are_told(servers: Servers) -> Judgement:
    """Of dates that are written down each is told in time, whichever place it has among them."""
    _says(servers)
    found = {}
    try:
        for near in (1, 2, None):
            dates = [{"ends": _day(6 if place == near else 300), "what": f"card {place}"} for place in (1, 2)]
            given = shlex.quote(json.dumps({"dates": dates}))
            servers.run(f"{AGAIN} --extra-vars {given}")
            case = f"of two dates number {near} is near" if near else "neither is near"
            found[case] = _told(servers, f"card {near} ends on {_day(6)}")
    finally:
        servers.run(AGAIN)
    return _judged(found, set(found) - {"neither is near"})


@promise(family="rehearsal", authority="https://www.freedesktop.org/software/systemd/man/257/systemd.timer.html")
def looks_by_itself(servers: Servers) -> Judgement:
    """After a boot it looks at the dates and at the certificate by timers, and tells of a site that shows none."""
    servers.kill(OUTSIDE)
    servers.start(OUTSIDE)
    asked = f"systemctl is-active {' '.join(TIMERS)}"
    runs = servers.await_(lambda: servers.run(asked, on=OUTSIDE, check=False).status == 0, UP_S) is not None
    look = f"systemctl start certificate@{APP}.service"
    well = servers.run(look, on=OUTSIDE, check=False).status == 0
    servers.kill(APP)
    before = len(servers.told())
    try:
        failed = servers.run(look, on=OUTSIDE, check=False).status != 0
        message = f"{APP} shows no certificate"
        told = servers.await_(lambda: any(message in each for each in servers.told()[before:]), TOLD_S) is not None
    finally:
        servers.start(APP)
    seen = f"its timers {'run' if runs else 'do not run'}; the look at the certificate "
    seen += f"{'ends well' if well else 'fails'}, and with the site switched off "
    seen += f"{'fails' if failed else 'ends well'}, {'somebody' if told else 'nobody'} is told"
    return kept_if(runs and well and failed and told, seen)


@promise(
    family="rehearsal",
    authority="https://docs.ansible.com/ansible/latest/playbook_guide/playbooks_intro.html#desired-state-and-idempotency",
)
def looking_again_changes_nothing(servers: Servers) -> Judgement:
    """The same playbook again says of itself that it changes nothing."""
    return unchanged(recap(servers.run(AGAIN, check=False), OUTSIDE), count=1)


@promise(family="rehearsal", authority=PROFILES)
def looking_passes_the_linter(clone: Clone) -> Judgement:
    """ansible-lint has nothing to say against the playbook."""
    return linted(clone, "dates.yml")
