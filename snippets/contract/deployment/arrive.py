"""Getting there: from hosts that hold nothing, once more, in part, and as a question alone."""

from ...errors import NotReadyError
from ..promise import Judgement, kept_if, promise
from ..servers import NEIGHBOUR
from .description import Deployment
from .subject import Deployed
from .visitors import OK, served, visits

ANSIBLE = "https://docs.ansible.com/ansible/latest/playbook_guide"
# What a deployment that was repeated might have changed: containers, when they began, files, and the certificate. What
# a job runs ends by itself.
STATE = r"""
{ docker ps --no-trunc --format '{{.ID}} {{.Names}}' | sort; } 2>/dev/null || true
if command -v kubectl; then
    kubectl get pods --all-namespaces --no-headers --selector '!batch.kubernetes.io/job-name' \
        --output 'custom-columns=:metadata.name,:metadata.uid,:status.containerStatuses[*].containerID'
fi
systemctl show --property=Id,MainPID,Type '*.service' |
    awk 'BEGIN { RS = ""; OFS = " " } !/MainPID=0|Type=oneshot|session|user@|ssh@|run-/ { $1 = $1; print }'
find /etc /srv -xdev -type f -exec sha256sum {} + | sort
"""
# How often it is looked at until it rests, how many seconds apart, and how often it is then the same.
LOOKS, LOOK_S, CALM = 20, 5, 4
CERTIFICATE = "openssl s_client -connect {host}:443 -servername {host} </dev/null | openssl x509 -noout -serial"
# One after the other: after which share of what it prints it is cut off, and whether the hosts lose their power too.
CUTS = ((0.5, False), (0.65, True))


def state(servers: Deployed, deployment: Deployment) -> set[str]:
    """What is there, one thing a line."""
    lines = servers.run(STATE, on=deployment.host).stdout.splitlines()
    serial = servers.run(CERTIFICATE.format(host=deployment.host), on=NEIGHBOUR).stdout
    return {*lines, serial.strip()}


def ready(servers: Deployed, deployment: Deployment) -> str:
    """What its readiness answers a visitor."""
    reply = servers.get(deployment.ready, timeout_s=15.0)
    return f"{deployment.probe.ready} answers {reply.status}"


def settled(servers: Deployed, deployment: Deployment) -> set[str]:
    """What is there once it rests: of a host that has just booted a cluster says for a while what was so before."""
    served(servers, deployment)
    before, calm = state(servers, deployment), 0
    for _ in range(LOOKS):
        servers.run(f"sleep {LOOK_S}", on=NEIGHBOUR)
        now = state(servers, deployment)
        calm = calm + 1 if now == before else 0
        if calm == CALM:
            break
        before = now
    return before


@promise(family="arrive", authority="https://12factor.net/codebase")
def arrives_from_nothing(servers: Deployed, deployment: Deployment) -> Judgement:
    """Hosts that hold nothing serve the application over HTTPS after the stated commands and no hand's work."""
    # Hosts that are kept as they are now were booted once more since.
    served(servers, deployment)
    answer = ready(servers, deployment)
    took_s = servers.arrival.took_s
    seen = f"after {took_s:.0f} s {answer} over HTTPS, by a certificate that the visitor believes"
    return kept_if(answer.endswith(f" {OK}") and took_s <= deployment.arrive_s, seen)


@promise(family="arrive", authority=f"{ANSIBLE}/playbooks_intro.html#desired-state-and-idempotency")
def repeats_unchanged(servers: Deployed, deployment: Deployment) -> Judgement:
    """The same commands again change nothing and lose no request."""
    before = settled(servers, deployment)
    with visits(servers, deployment) as seen:
        again = servers.arrive()
    changed = sorted(before ^ state(servers, deployment))
    told = f"{len(changed)} of {len(before)} things differ" if changed else f"all {len(before)} things are as before"
    told += f"{': ' if changed else ''}{'; '.join(changed[:4])}; after {again.took_s:.0f} s; visitors got {seen}"
    return kept_if(not changed and seen.answers.get("200", 0) > 0 and not seen.lost, told)


@promise(family="arrive", authority=f"{ANSIBLE}/playbooks_checkmode.html")
def dry_run_honest(servers: Deployed, deployment: Deployment) -> Judgement:
    """The dry run names a file that somebody edited by hand, and changes nothing."""
    path = deployment.drift
    servers.run(f"cp --preserve {path} /root/before && echo '# edited by hand' >> {path}", on=deployment.host)
    before = state(servers, deployment)
    said = servers.dry_run()
    changed = sorted(before ^ state(servers, deployment))
    servers.run(f"cp --preserve /root/before {path} && rm /root/before", on=deployment.host)
    named = path in said.stdout
    seen = f"it exits {said.status} and {'names' if named else 'does not name'} {path}, which was edited; "
    seen += f"it changes {'; '.join(changed[:4]) or 'nothing'}"
    return kept_if(said.status == 0 and named and not changed, seen)


@promise(family="arrive", authority=f"{ANSIBLE}/playbooks_intro.html#desired-state-and-idempotency")
def arrives_after_failure(servers: Deployed, deployment: Deployment) -> Judgement:
    """Arriving that was cut off, by a lost connection and then by a host without power, ends right when run again."""
    told, right = [], True
    with servers.begun():
        for share, power in CUTS:
            cut = servers.interrupted(share, power=power)
            what = "the hosts without power" if power else "the connection lost"
            told.append(f"{what} after {share:.0%} of what it prints{'' if cut else ', when all was done'}")
            right = right and cut
        try:
            servers.arrive()
            answer = ready(servers, deployment)
        except NotReadyError as fault:
            answer = f"it does not arrive: {fault}"
    return kept_if(right and answer.endswith(f" {OK}"), f"{', then '.join(told)}; run once more {answer}")
