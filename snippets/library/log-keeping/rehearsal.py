"""What is seen of logs elsewhere alone: lines that outlive their server, that follow, and that nobody else writes."""

import time

from ...contract.playbooks import PROFILES, linted, recap, unchanged
from ...contract.promise import Judgement, kept_if, promise
from ...contract.servers import NEIGHBOUR, Clone, Servers

APP, LOGS = "app.example.org", "logs.example.org"
SYSTEMD = "https://www.freedesktop.org/software/systemd/man/257"
AGAIN = "ansible-playbook --vault-password-file ~/.vault-password logs.yml"
PAGE = "https://app.example.org/"
KEPT = "/var/log/journal/remote"
FOUND = f"journalctl --directory={KEPT} --quiet --output=cat --grep='{{text}}'"
SENT_S, UP_S, TOLD_S, WRITTEN_S = 30.0, 60.0, 30.0, 5.0
# It gives up its connection after a quarter of an hour, and finds no other.
OFF_FOR_LONG = "systemctl restart systemd-journal-upload.service; sleep 1; "
OFF_FOR_LONG += "touch --date='2 hours ago' /var/lib/private/systemd/journal-upload/state"
LOOK, THIN = "systemctl start journal-sent.service", "systemctl start thin-journals.service"
# One line in the format in which journals are sent, as if another host had said it.
LINE = "__REALTIME_TIMESTAMP={now}\\n__MONOTONIC_TIMESTAMP=1\\n_BOOT_ID=%s\\n_HOSTNAME=another\\nMESSAGE={text}\\n\\n"
BOOT = "$(tr --delete - < /proc/sys/kernel/random/boot_id)"
SEND = "printf '" + LINE + "' " + BOOT + " | curl --silent --show-error --fail --insecure --max-time 10 {identity} "
SEND += "--header 'Content-Type: application/vnd.fdo.journal' --data-binary @- https://{there}/upload"
# Of a machine that nobody has signed for, and of one that somebody else has.
STRANGER = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 2 -subj /CN=app.example.org "
STRANGER += "-keyout /root/stranger.key -out /root/stranger.pem 2>/dev/null"
OWN = "--cert /etc/journals/certificate.pem --key /etc/journals/key.pem"
AGED = "find " + KEPT + " -name '*.journal' -exec touch --date='{days} days ago' {{}} +"


def _asked(servers: Servers) -> str:
    """A request of a visitor with an id of its own."""
    asked = f"kept-{time.monotonic_ns()}"
    servers.get(PAGE, headers={"X-Request-ID": asked}, timeout_s=15.0)
    return asked


def _found(servers: Servers, text: str) -> bool:
    return text in servers.run(FOUND.format(text=text), on=LOGS, check=False).stdout


def _arrives(servers: Servers, text: str) -> float | None:
    """Seconds until a line is there."""
    return servers.await_(lambda: _found(servers, text), SENT_S)


def _after(seconds: float | None) -> str:
    return "does not come" if seconds is None else f"is there after {seconds:.0f} s"


@promise(family="rehearsal", authority=f"{SYSTEMD}/systemd-journal-upload.service.html")
def lines_outlive_their_server(servers: Servers) -> Judgement:
    """The line of a request is found elsewhere by its id at once, and while the server is switched off."""
    asked = _asked(servers)
    seconds = _arrives(servers, asked)
    servers.kill(APP)
    try:
        still = _found(servers, asked)
    finally:
        servers.start(APP)
    seen = f"the line of a request {_after(seconds)}; with the server off it is {'there' if still else 'gone'}"
    return kept_if(seconds is not None and still, seen)


@promise(family="rehearsal", authority=f"{SYSTEMD}/systemd-journal-upload.service.html#--save-state%5B=PATH%5D")
def what_was_not_sent_follows(servers: Servers) -> Judgement:
    """The other machine refuses for a while, and then is off: what was logged meanwhile is sent when it takes again."""
    servers.run("systemctl stop stunnel@journals.service", on=LOGS)
    refused = _unheard(servers)
    servers.run("systemctl start stunnel@journals.service", on=LOGS)
    told = [_follow(servers, refused, "while it refuses")]
    servers.kill(LOGS)
    try:
        lost = _unheard(servers)
    finally:
        servers.start(LOGS)
    told.append(_follow(servers, lost, "while it is off"))
    return kept_if(all(good for good, _ in told), "; ".join(seen for _, seen in told))


def _unheard(servers: Servers) -> list[str]:
    """Requests at a time when nothing is taken: some before who sends has noticed, and one when it has tried again."""
    asked = [_asked(servers) for _ in range(3)]
    servers.await_(lambda: False, 15.0)
    return [*asked, _asked(servers)]


def _follow(servers: Servers, asked: list[str], when: str) -> tuple[bool, str]:
    back = servers.await_(lambda: all(_found(servers, each) for each in asked), UP_S)
    lost = sum(not _found(servers, each) for each in asked)
    seen = f"{when}: of {len(asked)} requests {lost} are not found"
    return back is not None, seen if back is None else f"{seen}, {back:.0f} s after its end"


@promise(family="rehearsal", authority=f"{SYSTEMD}/systemd.unit.html#OnFailure=")
def somebody_is_told_that_nothing_is_sent(servers: Servers) -> Judgement:
    """The other machine is off for two hours, and somebody is told by a timer's look; once it is back, nobody."""
    servers.kill(LOGS)
    before = len(servers.told())
    try:
        servers.run(OFF_FOR_LONG, on=APP)
        failed = servers.run(LOOK, on=APP, check=False).status != 0
        told = servers.await_(lambda: any("journal-sent" in message for message in servers.told()[before:]), TOLD_S)
    finally:
        servers.start(LOGS)
    well = servers.await_(lambda: servers.run(LOOK, on=APP, check=False).status == 0, UP_S) is not None
    begun = servers.run("systemctl is-active journal-sent.timer", on=APP, check=False).status == 0
    seen = f"the look {'fails' if failed else 'ends well'}, {'nobody' if told is None else 'somebody'} is told; "
    seen += f"afterwards it {'ends well' if well else 'fails'}; its timer {'runs' if begun else 'does not run'}"
    return kept_if(failed and told is not None and well and begun, seen)


@promise(family="rehearsal", authority="https://www.stunnel.org/static/stunnel.html#verifyChain")
def nobody_else_writes(servers: Servers) -> Judgement:
    """A line is taken from whom the authority has signed for, and from nobody else."""
    servers.run(STRANGER, on=NEIGHBOUR)
    tried = {
        "without a certificate": ("", NEIGHBOUR),
        "with one of its own making": ("--cert /root/stranger.pem --key /root/stranger.key", NEIGHBOUR),
        "as a server": (OWN, APP),
    }
    taken = [who for who, (identity, on) in tried.items() if _writes(servers, identity, on)]
    return kept_if(taken == ["as a server"], f"of what is sent is taken that {', '.join(taken) or 'of nobody'}")


def _writes(servers: Servers, identity: str, on: str) -> bool:
    text = f"forged-{time.monotonic_ns()}"
    send = SEND.format(now=time.time_ns() // 1000, text=text, identity=identity, there=LOGS)
    # It may have been refused after all of it was sent: what counts is what is there.
    servers.run(send, on=on, check=False)
    return servers.await_(lambda: _found(servers, text), WRITTEN_S) is not None


@promise(family="rehearsal", authority="https://gdpr-info.eu/art-5-gdpr/")
def old_lines_go(servers: Servers) -> Judgement:
    """What came more than thirty days ago goes, what came later stays, and what is sent meanwhile arrives."""
    left = {}
    for days in (40, 20):
        old = _asked(servers)
        came = _arrives(servers, old) is not None
        servers.run(f"{THIN} && {AGED.format(days=days)} && {THIN}", on=LOGS)
        left[days] = came and _found(servers, old)
    fresh = _arrives(servers, _asked(servers))
    told = ", ".join(f"{days} days old {'stay' if stays else 'go'}" for days, stays in left.items())
    return kept_if(left == {40: False, 20: True} and fresh is not None, f"lines {told}; a new one {_after(fresh)}")


@promise(
    family="rehearsal",
    authority="https://docs.ansible.com/ansible/latest/playbook_guide/playbooks_intro.html#desired-state-and-idempotency",
)
def sending_again_changes_nothing(servers: Servers) -> Judgement:
    """The same playbook again says of both hosts that it changes nothing."""
    done = servers.run(AGAIN, check=False)
    judgements = {host: unchanged(recap(done, host), count=1) for host in (APP, LOGS)}
    seen = "; ".join(f"{host}: {judged.seen}" for host, judged in judgements.items())
    return kept_if(all(judged.kept for judged in judgements.values()), seen)


@promise(family="rehearsal", authority=PROFILES)
def sending_passes_the_linter(clone: Clone) -> Judgement:
    """ansible-lint has nothing to say against the playbook."""
    return linted(clone, "logs.yml")
