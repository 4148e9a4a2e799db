"""What is seen of status pages alone: what they need, what their keys open, and that neither waits for the other."""

import re
from html import unescape
from urllib.parse import urljoin

from ...contract.confinement import TOLD_OUTSIDE, Bounds, confined
from ...contract.playbooks import PROFILES, linted, recap, unchanged
from ...contract.promise import Judgement, kept_if, promise
from ...contract.servers import Clone, Servers
from ...errors import ContainerError

APP, WATCHERS = "app.example.org", ("status.example.net", "status.example.com")
AGAIN = "ansible-playbook --vault-password-file ~/.vault-password status.yml"
SSHD = "https://man.openbsd.org/sshd#AUTHORIZED_KEYS_FILE_FORMAT"
# What a page loads by itself: links to elsewhere are for who clicks.
LOADED = re.compile(r'<(?:link|img|script)\b[^>]*\b(?:src|href)="([^"]+)"')
OK, NOT_FOUND = 200, 404
DOORS = ("/manager/announcements", "/reporter/sites/app.example.org")
UNIT, LOOKS = "disk-left.service", "silent-timers.service"
SSH = "-i /etc/heard/key -o UserKnownHostsFile=/etc/heard/known_hosts -o BatchMode=yes -o ConnectTimeout=10"
# What somebody tries who has the key. Each ends well where it opens something.
TRIED = {
    "a shell": "ssh -T {ssh} heard@{watcher} </dev/null",
    "a command": "ssh -n {ssh} heard@{watcher} id",
    "a command behind a unit": f"ssh -n {{ssh}} heard@{{watcher}} '{UNIT}; id'",
    "the word of another host": f"ssh -n {{ssh}} heard@{{watcher}} {LOOKS}",
    "a file": "echo 'get /etc/passwd /root/taken' | sftp {ssh} -b - heard@{watcher}",
    "a way to its ports": "ssh {ssh} -W 127.0.0.1:22 heard@{watcher} </dev/null | grep --quiet SSH",
}
SPOKEN = f"ssh -n {{ssh}} heard@{{watcher}} {UNIT}"
OLD = "runuser --user=heard -- touch --date='{ago}' /var/lib/heard/{host}/{unit}"
AGE_S = "echo $(($(date +%s) - $(stat --format=%Y /var/lib/heard/{host}/{unit})))"
HEARD_S = 30.0
UP_S = 60.0
SHEET = "https://cheatsheetseries.owasp.org/cheatsheets"
BOUNDS = {"caddy": Bounds(("/config", "/data"), ("NET_BIND_SERVICE",)), "vigil": Bounds(())}


def _last_heard_s(servers: Servers, watcher: str, host: str, unit: str) -> int:
    """How long ago, in seconds; raises ContainerError where it has never heard of it."""
    return int(servers.run(AGE_S.format(host=host, unit=unit), on=watcher).stdout)


def _made_old(servers: Servers, watcher: str, host: str, unit: str) -> None:
    """The watcher heard of it a day ago."""
    servers.run(OLD.format(ago="1 day ago", host=host, unit=unit), on=watcher)


@promise(family="rehearsal", authority="https://sre.google/sre-book/monitoring-distributed-systems/")
def page_needs_nothing_of_the_site(servers: Servers) -> Judgement:
    """With the site's host switched off each page and all that it loads is answered, from names of its own."""
    servers.kill(APP)
    try:
        told = [_loaded(servers, watcher) for watcher in WATCHERS]
    finally:
        servers.start(APP)
    return kept_if(all(good for good, _ in told), "; ".join(seen for _, seen in told))


def _loaded(servers: Servers, watcher: str) -> tuple[bool, str]:
    page = f"https://{watcher}/"
    reply = servers.get(page, timeout_s=15.0)
    wanted = sorted({urljoin(page, unescape(found)) for found in LOADED.findall(reply.body.decode())})
    lacking = [address for address in wanted if not _answers(servers, address)]
    seen = f"{watcher}: the page answers {reply.status} and loads {len(wanted)} files, "
    seen += f"without {', '.join(lacking)}" if lacking else "all of them there"
    return reply.status == OK and bool(wanted) and not lacking, seen


def _answers(servers: Servers, address: str) -> bool:
    try:
        return servers.get(address, timeout_s=15.0).status == OK
    except ContainerError:
        return False


@promise(family="rehearsal", authority="https://github.com/valeriansaliou/vigil/blob/master/PROTOCOL.md")
def doors_for_programs_are_shut(servers: Servers) -> Judgement:
    """Nobody reaches from outside what sets what the page says; the page itself answers."""
    found = {door: servers.get(f"https://{WATCHERS[0]}{door}", timeout_s=15.0).status for door in ("/", *DOORS)}
    seen = ", ".join(f"{door} answers {status}" for door, status in found.items())
    return kept_if(found.pop("/") == OK and set(found.values()) == {NOT_FOUND}, seen)


@promise(family="rehearsal", authority=SSHD)
def key_says_a_word_and_opens_nothing(servers: Servers) -> Judgement:
    """The key by which a server is heard says that a unit succeeded, and opens no shell, file or port of a watcher."""
    watcher = WATCHERS[0]
    _made_old(servers, watcher, APP, UNIT)
    opened = [
        what
        for what, command in TRIED.items()
        if servers.run(command.format(ssh=SSH, watcher=watcher), on=APP, check=False).status == 0
    ]
    spoken = servers.run(SPOKEN.format(ssh=SSH, watcher=watcher), on=APP, check=False).status
    heard = spoken == 0 and _last_heard_s(servers, watcher, APP, UNIT) < HEARD_S
    seen = f"of {', '.join(TRIED)} it opens {', '.join(opened) or 'none'}; its word {'is' if heard else 'is not'} heard"
    return kept_if(not opened and heard, seen)


@promise(
    family="rehearsal", authority="https://www.freedesktop.org/software/systemd/man/257/systemd.unit.html#OnSuccess="
)
def watcher_that_is_gone_keeps_none_from_hearing(servers: Servers) -> Judgement:
    """While one watcher is switched off, the other one hears of what succeeds, and the unit itself ends well."""
    pairs = zip(WATCHERS, reversed(WATCHERS), strict=True)
    told = [_hears_alone(servers, there, gone) for gone, there in pairs]
    return kept_if(all(heard for heard, _ in told), "; ".join(seen for _, seen in told))


def _hears_alone(servers: Servers, there: str, gone: str) -> tuple[bool, str]:
    _made_old(servers, there, APP, UNIT)
    servers.kill(gone)
    try:
        status = servers.run(f"systemctl start {UNIT}", on=APP, check=False).status
        heard_s = servers.await_(lambda: _last_heard_s(servers, there, APP, UNIT) < HEARD_S, HEARD_S)
    finally:
        servers.start(gone)
    seen = f"with {gone} off {UNIT} exits {status}, and {there} "
    seen += "hears nothing" if heard_s is None else f"hears of it after {heard_s:.0f} s"
    return status == 0 and heard_s is not None, seen


@promise(
    family="rehearsal", authority="https://www.freedesktop.org/software/systemd/man/257/systemd.unit.html#OnFailure="
)
def watchers_do_not_wait_for_each_other(servers: Servers) -> Judgement:
    """Two watchers that miss each other are heard once both look again, though each finds the other silent."""
    pairs = list(zip(WATCHERS, reversed(WATCHERS), strict=True))
    for watcher, other in pairs:
        _made_old(servers, watcher, other, LOOKS)

    def looked() -> list[bool]:
        return [servers.run(f"systemctl start {LOOKS}", on=each, check=False).status == 0 for each in WATCHERS]

    missed = not looked()[0]
    well_s = servers.await_(lambda: all(looked()), HEARD_S)
    seen = f"each last heard of the other a day ago: {'missed' if missed else 'nobody misses it'}; both look: "
    seen += "each misses the other for ever" if well_s is None else f"after {well_s:.0f} s neither misses the other"
    return kept_if(missed and well_s is not None, seen)


@promise(
    family="rehearsal",
    authority="https://docs.ansible.com/ansible/latest/playbook_guide/playbooks_intro.html#desired-state-and-idempotency",
)
def watching_again_changes_nothing(servers: Servers) -> Judgement:
    """The same playbook again says of all three hosts that it changes nothing."""
    # Compose starts what the engine has not started yet, after a boot, and says so.
    servers.await_(lambda: all(_answers(servers, f"https://{each}/") for each in WATCHERS), UP_S)
    done, hosts = servers.run(AGAIN, check=False), (APP, *WATCHERS)
    judgements = [unchanged(recap(done, host), count=1) for host in hosts]
    seen = "; ".join(f"{host}: {judged.seen}" for host, judged in zip(hosts, judgements, strict=True))
    return kept_if(all(judged.kept for judged in judgements), seen)


@promise(family="rehearsal", authority=f"{SHEET}/Docker_Security_Cheat_Sheet.html")
def every_container_is_confined(servers: Servers) -> Judgement:
    """Each writes to the mounts that it needs, holds the capabilities that it is given, and may not gain others."""
    names = {name: f"status-{name}-1" for name in BOUNDS}
    looks = {name: TOLD_OUTSIDE.format(container=container) for name, container in names.items()}
    return confined({name: servers.run(look, on=WATCHERS[0]).stdout for name, look in looks.items()}, BOUNDS)


@promise(family="rehearsal", authority=PROFILES)
def watching_passes_the_linter(clone: Clone) -> Judgement:
    """ansible-lint has nothing to say against the playbook."""
    return linted(clone, "status.yml")
