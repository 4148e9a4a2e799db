"""What is seen of certificates alone: how many are ordered, and what becomes of one that nobody signs again."""

from ...contract.certificates import FIRED_S, shown, shown_for, warned
from ...contract.confinement import TOLD_OUTSIDE, Bounds, confined
from ...contract.playbooks import PROFILES, linted
from ...contract.promise import Judgement, kept_if, promise
from ...contract.servers import NEIGHBOUR, Clone, Servers

LIMITS = "https://letsencrypt.org/docs/rate-limits"
HOST = "app.example.org"
PAGE = f"https://{HOST}/"
TIMERS = {f"certificate@{HOST}.timer": 2 * 3600.0}
RECREATE = "cd /srv/https && docker compose down && docker compose up --detach --wait"
OK = 200
SIGNED_FOR_S = 90.0
# By what the system believes, and not by what this run does.
BY_OTHERS = f"env --unset=SSL_CERT_FILE --unset=CURL_CA_BUNDLE curl --silent --output /dev/null --max-time 10 {PAGE}"
SHEET = "https://cheatsheetseries.owasp.org/cheatsheets"
BOUNDS = {"caddy": Bounds(("/config", "/data"), ("NET_BIND_SERVICE",))}


@promise(family="rehearsal", authority=f"{LIMITS}/#new-certificates-per-exact-set-of-identifiers")
def ordered_once(servers: Servers) -> Judgement:
    """A proxy that is taken down and up twice orders no other certificate, and visitors believe the one it has."""
    before, first = servers.authority.issued(), shown(servers, HOST)
    for _ in range(2):
        servers.run(RECREATE, on=HOST)
    answers = servers.await_(lambda: servers.get(PAGE, timeout_s=5.0).status == OK, 30.0) is not None
    refused = servers.run(BY_OTHERS, on=NEIGHBOUR, check=False).status != 0
    ordered = servers.authority.issued() - before
    same = answers and shown(servers, HOST).serial == first.serial
    seen = f"down and up twice it {'answers' if answers else 'does not answer'} and has ordered {ordered} more; "
    seen += f"visitors are shown {'the same certificate' if same else 'another one'}, which whoever does not know the "
    seen += f"authority {'refuses' if refused else 'takes'}"
    return kept_if(before > 0 and not ordered and same and refused, seen)


@promise(family="rehearsal", authority=LIMITS)
def refused_in_time(servers: Servers) -> Judgement:
    """Where the authority takes no more orders the old certificate serves, and somebody is told before it ends."""
    with servers.begun(signed_for_s=SIGNED_FOR_S):
        servers.arrive()
        first = shown_for(servers, HOST, SIGNED_FOR_S)
        servers.authority.refuse()
        told = warned(servers, HOST, TIMERS, tries=int(SIGNED_FOR_S / FIRED_S))
        # Where nobody was told it has ended by now, and there is no page to ask for.
        answers = told is not None and servers.get(PAGE).status == OK
        same = shown(servers, HOST).serial == first.serial
    seen = f"of {first.left_s:.0f} s visitors are shown {'the same certificate' if same else 'another one'} and "
    seen += f"{'get' if answers else 'do not get'} the page, and "
    seen += f"with {told[1]:.0f} s left somebody is told: {told[0]}" if told else "nobody is told"
    return kept_if(told is not None and told[1] > 0 and HOST in told[0] and answers and same, seen)


@promise(family="rehearsal", authority=f"{SHEET}/Docker_Security_Cheat_Sheet.html")
def every_container_is_confined(servers: Servers) -> Judgement:
    """Each writes to the mounts that it needs, holds the capabilities that it is given, and may not gain others."""
    names = {name: f"https-{name}-1" for name in BOUNDS}
    looks = {name: TOLD_OUTSIDE.format(container=container) for name, container in names.items()}
    return confined({name: servers.run(look, on=HOST).stdout for name, look in looks.items()}, BOUNDS)


@promise(family="rehearsal", authority=PROFILES)
def site_and_watch_pass_the_linter(clone: Clone) -> Judgement:
    """Both playbooks pass ansible-lint's profile production, its strictest."""
    return linted(clone, "https.yml", "watch.yml")
