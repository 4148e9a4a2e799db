"""What is seen of a canary alone: its share of the visits, the way back and forward, who is led where; a renewal."""

import shlex
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import comb

from ...contract.certificates import shown
from ...contract.clusters import app
from ...contract.promise import Judgement, kept_if, promise
from ...contract.servers import NEIGHBOUR, Servers

GATEWAY = "https://gateway-api.sigs.k8s.io"
HOST = "app.example.org"
CONTROL = "node-1.example.org"
# The digest by which a registry has a version, as its tag leads to it.
NAMED = "registry.example.org/app"
TYPES = "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json"
DIGEST = f"curl --silent --show-error --fail --head --header 'Accept: {TYPES}' https://{{place}}"
# What answers is known by its version: "unknown" is that of the image that arrived.
RELEASED, CANARY = "unknown", "next"
# Each visit on a connection of its own; a line tells when it began, and which version answered or what went wrong.
VISIT = """
import json, pathlib, time, urllib.error, urllib.request
def asked():
    try:
        with urllib.request.urlopen("https://{host}/version", timeout=5) as reply:
            return json.load(reply)["revision"]
    except urllib.error.HTTPError as error:
        return error.code
    except Exception as error:
        return type(error).__name__
for _ in range({most}):
    if pathlib.Path("/run/visited.stop").exists():
        break
    print(time.time(), asked(), flush=True)
    time.sleep({pause_s})
"""
BEGUN = """
rm -f /run/visited*
systemd-run --quiet --collect --unit visitors --setenv=SSL_CERT_FILE=$SSL_CERT_FILE \
    --property=StandardOutput=file:/run/visited python3 -c {program}
"""
ENDED = "touch /run/visited.stop; systemctl show --property=ActiveState visitors | grep -q inactive && cat /run/visited"
LOST = "grep --quiet ' 503$' /run/visited"
PAUSE_S, ENDLESS = 0.05, 100_000
# Until every part knows of another weight, and until a pod that says that it is not ready is believed.
SETTLED_S, NOTICED_S, ENDED_S, SEEN_S = 5.0, 60.0, 30.0, 15.0
VISITS, SHARE, SURE = 500, 0.1, 0.999
TRIES = 10
STRANGER = f"curl --silent --insecure --output /dev/null --write-out '%{{http_code}}' --connect-to ::{HOST}: "
STRANGER += "https://other.example.org/version"
PLAIN = f"curl --silent --output /dev/null --write-out '%{{http_code}}' http://{HOST}/api/request"
FEATURES = "kubectl get gatewayclass traefik --output 'jsonpath={.status.supportedFeatures[*].name}'"
# What a page says that this controller cannot: the day it can, the page is to be written anew.
WITHHELD = ("HTTPRouteRequestMirror", "HTTPRouteRequestTimeout", "HTTPRouteBackendTimeout", "HTTPRouteCORS")
OWN = "curl --silent --cacert overlays/canary/secrets/next.crt https://next.example.org/version"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """When it began, in seconds, and which version answered or what went wrong."""

    at_s: float
    answer: str


@dataclass(slots=True)
class Visits:
    """All of them; filled when the block ends."""

    made: Sequence[Visit] = field(default_factory=list)

    def between(self, since_s: float, until_s: float) -> Counter[str]:
        """What those were answered that began between two moments."""
        return Counter(each.answer for each in self.made if since_s <= each.at_s < until_s)

    @property
    def all(self) -> Counter[str]:
        """What they were answered."""
        return Counter(each.answer for each in self.made)


def read(lines: str) -> Sequence[Visit]:
    """As they were printed."""
    told = (line.split() for line in lines.splitlines())
    return [Visit(at_s=float(at), answer=answer) for at, answer in told]


def told(answers: Counter[str]) -> str:
    """As in "31 times next"."""
    return ", ".join(f"{count} times {answer}" for answer, count in sorted(answers.items())) or "nothing"


@contextmanager
def visitors(servers: Servers) -> Iterator[Visits]:
    """Somebody asks all the while which version answers."""
    program = shlex.quote(VISIT.format(host=HOST, most=ENDLESS, pause_s=PAUSE_S))
    servers.run(BEGUN.format(program=program), on=NEIGHBOUR)
    visits, lines = Visits(), ""

    def has_ended() -> bool:
        nonlocal lines
        done = servers.run(ENDED, on=NEIGHBOUR, check=False)
        lines = done.stdout if done.status == 0 else ""
        return bool(lines)

    try:
        yield visits
    finally:
        servers.await_(has_ended, ENDED_S)
        visits.made = read(lines)


def image(servers: Servers, version: str) -> str:
    """By which a version is released."""
    repository, _, name = NAMED.rpartition("/")
    head = servers.run(DIGEST.format(place=f"{repository}/v2/{name}/manifests/{version}"), on=CONTROL).stdout
    fields = dict(line.lower().split(": ", 1) for line in head.splitlines() if ": " in line)
    return f"{NAMED}@{fields['docker-content-digest']}"


def led(servers: Servers, percent: int) -> None:
    """So many of a hundred visits lead to a canary that is another version; every part knows of it."""
    wanted = image(servers, CANARY)
    ready = "--output 'jsonpath={.status.readyReplicas} {.spec.template.spec.containers[0].image}'"
    if app(servers, f"get deployment web-canary {ready}", check=False) == f"1 {wanted}":
        servers.run(f"./share {percent}")
    else:
        servers.run(f"./canary {wanted} {percent}")
    settle(servers)


def settle(servers: Servers, seconds: float = SETTLED_S) -> None:
    """Wait."""
    servers.await_(lambda: False, seconds)


def now(servers: Servers) -> float:
    """The visitors' clock."""
    return float(servers.run("date +%s.%N", on=NEIGHBOUR).stdout)


def interval(visits: int, share: float, sure: float) -> tuple[int, int]:
    """Between which counts so much of all samples of a share lie that is left to chance."""
    below, sums = 0.0, []
    for count in range(visits + 1):
        below += comb(visits, count) * share**count * (1 - share) ** (visits - count)
        sums.append(below)
    rest = (1 - sure) / 2
    return next(n for n, p in enumerate(sums) if p > rest), next(n for n, p in enumerate(sums) if p >= 1 - rest)


def counted(servers: Servers) -> Sequence[str]:
    """How many pods the budget counts, and how many the Deployment has that was released."""
    asked = {"poddisruptionbudget": ".status.expectedPods", "deployment": ".status.replicas"}
    return [app(servers, f"get {kind} web --output 'jsonpath={{{path}}}'") for kind, path in asked.items()]


def _logged(servers: Servers, selector: str, stamp: str) -> int:
    """How many requests with such an id these pods have in their logs."""
    lines = app(servers, f"logs --selector {selector} --tail=-1 --max-log-requests=9").splitlines()
    return len({line.split(stamp, 1)[1][:3] for line in lines if stamp in line})


@promise(family="rehearsal", authority=f"{GATEWAY}/reference/spec/#httproutematch")
def paths_and_hosts_lead_where_they_say(servers: Servers) -> Judgement:
    """A path and a name lead to whom they say, the rest to the canary, and any other name to nobody; never by HTTP."""
    led(servers, 100)
    stamp = f"led-{time.monotonic_ns()}-"
    answers: Counter[str] = Counter()
    for number in range(TRIES):
        asked = servers.get(f"https://{HOST}/api/request", headers={"X-Request-ID": f"{stamp}a{number:02}"})
        servers.get(f"https://{HOST}/apis", headers={"X-Request-ID": f"{stamp}b{number:02}"})
        answers[str(asked.status)] += 1
    below = _logged(servers, "app.kubernetes.io/name=web", f"{stamp}a")
    beside = _logged(servers, "track=canary", f"{stamp}b")
    own = servers.run(OWN, check=False).stdout.strip()
    stranger = servers.run(STRANGER, on=NEIGHBOUR, check=False).stdout
    plain = servers.run(PLAIN, on=NEIGHBOUR, check=False).stdout
    features = servers.run(FEATURES).stdout.split()
    lacking = [name for name in WITHHELD if name not in features]
    seen = f"where all else leads to the canary, {below} of {TRIES} requests below /api reach what was released and "
    seen += f"get {told(answers)}, {beside} of {TRIES} for /apis reach the canary; its own name answers "
    seen += f"{own or 'nothing'}; a name that nobody has answers {stranger}; /api by HTTP answers {plain}; "
    seen += f"Traefik names {len(features)} features, and not {', '.join(lacking)}"
    right = below == beside == TRIES and set(answers) == {"200"} and CANARY in own and len(lacking) == len(WITHHELD)
    return kept_if(right and (stranger, plain) == ("404", "301"), seen)


@promise(family="rehearsal", authority=f"{GATEWAY}/guides/traffic-splitting/")
def canary_that_fails_is_taken_back(servers: Servers) -> Judgement:
    """A canary that is not ready any more costs its share of the visits, and none after one command."""
    led(servers, 10)
    with visitors(servers) as visits:
        app(servers, "exec deployment/web-canary -- touch /tmp/leaving")
        servers.await_(lambda: servers.run(LOST, on=NEIGHBOUR, check=False).status == 0, NOTICED_S)
        settle(servers)
        before_s = now(servers)
        back = servers.run("./share 0", check=False)
        settle(servers, SEEN_S)
        after_s = now(servers)
    app(servers, "exec deployment/web-canary -- rm -f /tmp/leaving", check=False)
    lost = [each.at_s - before_s for each in visits.made if each.at_s >= before_s and each.answer != RELEASED]
    early = visits.between(before_s - SETTLED_S, before_s)
    late = visits.between(before_s + SETTLED_S, after_s)
    seen = f"before, visits were answered {told(early)}; the command takes {back.took_s:.1f} s; "
    seen += f"the last visit that it was too late for began {max(lost):.1f} s after it; " if lost else ""
    seen += f"from {SETTLED_S:.0f} s on they were answered {told(late)}"
    return kept_if(back.status == 0 and early["503"] > 0 and set(late) == {RELEASED}, seen)


@promise(family="rehearsal", authority="https://sre.google/workbook/canarying-releases/")
def canary_that_never_serves_gets_nobody(servers: Servers) -> Judgement:
    """A version that never gets ready is led no visitor, and the command says so and fails."""
    servers.run("./share 0")
    app(servers, "delete deployment,service web-canary --ignore-not-found --wait")
    with visitors(servers) as visits:
        begun = servers.run(f"./canary {image(servers, 'never-ready')}", check=False)
        settle(servers)
    said = next((each for each in begun.stdout.splitlines() if "nobody is led to it" in each), "nothing is said of it")
    seen = f"it exits {begun.status} after {begun.took_s:.0f} s: {said}; visitors were answered {told(visits.all)}"
    return kept_if(begun.status != 0 and said.startswith("canary:") and set(visits.all) == {RELEASED}, seen)


@promise(family="rehearsal", authority="https://kubernetes.io/docs/concepts/configuration/secret/#tls-secrets")
def certificate_replaced_without_a_lost_request(servers: Servers) -> Judgement:
    """Visitors are shown another certificate, and each of them is answered meanwhile."""
    servers.run("./share 0")
    first = shown(servers, HOST).serial
    with visitors(servers) as visits:
        renewed = servers.run("./renew", check=False)
        other_s = servers.await_(lambda: shown(servers, HOST).serial != first, SEEN_S)
        settle(servers)
    seen = f"it exits {renewed.status} after {renewed.took_s:.0f} s; "
    seen += "visitors are shown the one before" if other_s is None else "visitors are shown another one"
    seen += f", and were answered {told(visits.all)}"
    return kept_if(renewed.status == 0 and other_s is not None and set(visits.all) == {RELEASED}, seen)


@promise(family="rehearsal", authority=f"{GATEWAY}/guides/traffic-splitting/")
def one_in_ten_visits_the_canary(servers: Servers) -> Judgement:
    """A tenth of the visits is answered by the canary, and once it is released all are; none is lost on the way."""
    led(servers, 10)
    program = shlex.quote(VISIT.format(host=HOST, most=VISITS, pause_s=0))
    printed = servers.run(f"rm -f /run/visited*; python3 -c {program}", on=NEIGHBOUR).stdout
    answers = Counter(each.answer for each in read(printed))
    least, most = interval(VISITS, SHARE, SURE)
    servers.await_(lambda: len(set(counted(servers))) == 1, SEEN_S)
    budgeted, released = counted(servers)
    seen = f"of {VISITS} visits {answers[CANARY]} are answered by the canary, {answers[CANARY] / VISITS:.1%}, and "
    seen += f"{answers[RELEASED]} by what was released; by chance 99.9 % of such samples of a tenth have {least} to "
    seen += f"{most}; the budget counts {budgeted} pods of {released}"
    if not least <= answers[CANARY] <= most or answers.total() != answers[CANARY] + answers[RELEASED]:
        return kept_if(condition=False, seen=seen)
    with visitors(servers) as visits:
        forward = servers.run(f"./release {image(servers, CANARY)}", check=False)
        app(servers, "delete deployment web-canary")
        settle(servers)
        since_s = now(servers)
        settle(servers)
    late = visits.between(since_s, since_s + ENDED_S)
    seen += f"; its release exits {forward.status}, meanwhile visits were answered {told(visits.all)}, and afterwards "
    seen += told(late)
    servers.run('./release "$APP_IMAGE"')
    right = forward.status == 0 and set(visits.all) == {RELEASED, CANARY} and set(late) == {CANARY}
    return kept_if(right and budgeted == released, seen)
