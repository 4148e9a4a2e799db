"""The project as it stands on one server: what is reached, what is kept, and what it does when all of it is killed."""

import json
import re
import shlex
import shutil
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from ...contract.confinement import POSTGRES, Bounds, all_confined
from ...contract.promise import Judgement, kept_if, promise
from ...contract.subject import Site, Stack
from ...errors import ContainerError

CADDY, COMPOSE = "https://caddyserver.com/docs", "https://docs.docker.com/reference/compose-file"
SHEET = "https://cheatsheetseries.owasp.org/cheatsheets"
COPIES = ("web", "web-2")
STAYING = ("caddy", *COPIES, "worker", "db")
SERVICES = (*STAYING, "migrate")
LIMITS = {"Memory": "memory", "NanoCpus": "processors", "PidsLimit": "processes"}
AUTHORITY = "/data/caddy/pki/authorities/local/root.crt"
BOUNDARY = "3f1c5a"
ASKED = 5
FORGED = {"X-Forwarded-For": "198.51.100.66", "X-Forwarded-Proto": "http", "X-Forwarded-Host": "forged.example"}
# A visitor with an address of its own, on the network that the proxy is on.
VISITOR = """
import http.client, json, socket, ssl, sys
trusted = ssl.create_default_context(cadata=sys.argv[1])
asking = http.client.HTTPConnection("localhost")
asking.sock = trusted.wrap_socket(socket.create_connection(("caddy", 443), 5), server_hostname="localhost")
asking.request("GET", "/api/request", headers=json.loads(sys.argv[2]))
print(json.dumps([asking.sock.getsockname()[0], json.load(asking.getresponse())]))
"""
# The site's own, Caddy's door for whoever governs it, and the two sites that it has for itself.
KNOCK = """
import socket
for port in (80, 443, 2019, 2020, 2021):
    try:
        socket.create_connection(("caddy", port), 3)
    except OSError:
        continue
    print(port)
"""
APPLICATION = Bounds(("/srv/uploads", "/tmp"))
BOUNDS = {
    "caddy": Bounds(("/config", "/data"), ("NET_BIND_SERVICE",)),
    **dict.fromkeys(COPIES, APPLICATION),
    "worker": Bounds(("/tmp",)),
    "db": POSTGRES,
}
REACH = """
import socket, sys
for address in sys.argv[1:]:
    try:
        socket.create_connection((address, 5432), 3)
    except OSError:
        continue
    print("reached")
"""
KILL = "import os, sys; [os.kill(int(pid), 9) for pid in sys.argv[1:]]; print(len(sys.argv) - 1)"
LARGEST = "import app; print(app.LARGEST_BYTES)"
READ = "import json, app.settings as s; print(json.dumps(s.Settings.from_environment().secret_key))"
AWKWARD = r"""a$b${HOME}$$c#d'e"f\g"""
NOISE_MIB = 40
NOISE = f'[print("x" * 1023) for _ in range({NOISE_MIB} * 1024)]'
UNITS = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
OK, SEE_OTHER, MOVED, TOO_LARGE = 200, 303, 308, 413
LARGE, SMALL = 9_000_000, 1_000_000
# Of three workers each is given more than it has threads, however unevenly they take them.
STALLED = 100
# A form, and what has a file with it.
ANNOUNCED = (50_000, SMALL)
SLOW_S, BACK_S = 14, 60.0
REPLACE = "up --no-build --detach --wait --force-recreate --no-deps"


def site(stack: Stack) -> Site:
    """What a visitor has of it: HTTPS, and trust in Caddy's own authority alone."""
    return stack.site("caddy", 443, authority=stack.run(f"cat {AUTHORITY}", on="caddy").stdout)


def noted(to: Site, text: str, size: int) -> tuple[int, bytes]:
    """Leave a note with a file of so many bytes, as a browser would: the status, and the file."""
    file = (text.encode() * size)[:size]
    body = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="text"\r\n\r\n{text}\r\n--{BOUNDARY}\r\n'
    body += 'Content-Disposition: form-data; name="file"; filename="brought"\r\n\r\n'
    whole = body.encode() + file + f"\r\n--{BOUNDARY}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    return to.ask("/notes", body=whole, headers=headers).status, file


def inspected(stack: Stack, service: str) -> Any:  # noqa: ANN401 - the engine's own words
    """All that the engine says of a service's container."""
    return json.loads(stack.unit(service).told)[0]


def ran(stack: Stack, options: str, script: str, *arguments: str) -> str:
    """What a program prints in a container of its own, of the application's image."""
    command = shlex.join([stack.unit("web").image, "python", "-c", script, *arguments])
    return stack.run(f"docker run --rm {options} {command}", check=False).stdout.strip()


def kept_bytes(logging: Mapping[str, str]) -> int:
    """How much of a log its options keep; 0 where they bound nothing."""
    size = logging.get("max-size", "0")
    return int(size.rstrip("kmg")) * UNITS.get(size[-1], 1) * int(logging.get("max-file", "1"))


def edge(stack: Stack) -> str:
    """The network that the proxy is on."""
    return next(iter(stack.unit("caddy").networks))


@promise(family="rehearsal", authority="https://docs.docker.com/reference/cli/docker/compose/up/")
def up_waits_until_the_page_answers(stack: Stack) -> Judgement:
    """When `docker compose up --wait` returns, the page answers over HTTPS, and plain HTTP leads there."""
    health = {name: stack.unit(name).health for name in STAYING}
    ready, plain = site(stack).ask("/readyz"), stack.site("caddy", 80).ask("/")
    leads = plain.headers.get("location", "nowhere")
    seen = ", ".join(f"{name} is {said}" for name, said in health.items())
    seen += f"; GET /readyz over HTTPS {ready.status}, over HTTP {plain.status} to {leads}"
    expected = {"healthy"}, OK, MOVED, "https://localhost/"
    return kept_if((set(health.values()), ready.status, plain.status, leads) == expected, seen)


@promise(family="rehearsal", authority="https://docs.docker.com/engine/network/packet-filtering-firewalls/")
def only_the_proxy_is_reached(stack: Stack) -> Judgement:
    """The machine's ports are the proxy's 80 and 443, and the database answers on its own network alone."""
    ports = {name: inspected(stack, name)["NetworkSettings"]["Ports"] for name in SERVICES}
    published = [f"{name} {port}" for name, each in ports.items() for port, bound in sorted(each.items()) if bound]
    joined = inspected(stack, "db")["NetworkSettings"]["Networks"]
    addresses = [network["IPAddress"] for network in joined.values()]
    asked = {"bridge": "Docker's usual", edge(stack): "the proxy's"}
    asked |= {name: "its own" for name in joined if name not in asked}
    reached = [said for name, said in asked.items() if "reached" in ran(stack, f"--network={name}", REACH, *addresses)]
    seen = f"published are {', '.join(published)}; the database is reached from {', '.join(reached) or 'no'} network"
    only = published == ["caddy 443/tcp", "caddy 443/udp", "caddy 80/tcp"]
    return kept_if(only and reached == ["its own"] and all(stack.unit("db").networks.values()), seen)


@promise(family="rehearsal", authority=f"{CADDY}/caddyfile/directives/bind")
def inner_doors_are_shut(stack: Stack) -> Judgement:
    """Whoever is on a network with the proxy gets in at 80 and 443, and at no door that it has for itself."""
    answers = ran(stack, f"--network={edge(stack)}", KNOCK).split()
    return kept_if(answers == ["80", "443"], f"of 5 ports a neighbour gets an answer at {', '.join(answers) or 'none'}")


@promise(family="rehearsal", authority=f"{SHEET}/Docker_Security_Cheat_Sheet.html")
def every_container_is_confined(stack: Stack) -> Judgement:
    """Each writes to the mounts that it needs, holds the capabilities that it is given, and may not gain others."""
    return all_confined(stack, BOUNDS)


@promise(family="rehearsal", authority=f"{COMPOSE}/services/#mem_limit")
def every_container_is_bounded(stack: Stack) -> Judgement:
    """None of them may take all memory, processors or processes of the machine, or fill its disk by its log."""
    lacking = []
    for name in SERVICES:
        limits = inspected(stack, name)["HostConfig"]
        lacking += [f"{name} has no limit of its {what}" for key, what in LIMITS.items() if (limits[key] or 0) <= 0]
        lacking += [f"the log of {name} has no limit"] * (not kept_bytes(limits["LogConfig"]["Config"]))
    return kept_if(not lacking, "; ".join(lacking) or f"{len(SERVICES)} containers, each with 4 limits")


@promise(family="rehearsal", authority="https://docs.docker.com/engine/logging/drivers/local/")
def noise_does_not_fill_the_disk(stack: Stack) -> Judgement:
    """Of what a noisy container prints no more stays than its options say."""
    bound = kept_bytes(inspected(stack, "worker")["HostConfig"]["LogConfig"]["Config"])
    run = f"run --detach --no-deps -T worker python -c {shlex.quote(NOISE)}"
    name = stack.compose(run).stdout.strip()
    try:
        stack.run(f"docker wait {name}")
        kept = int(stack.run(f"docker logs {name} | wc --bytes").stdout)
    finally:
        stack.run(f"docker rm --force --volumes {name}")
    seen = f"of {NOISE_MIB} MiB that it printed {kept >> 20} MiB are kept, its options allow {bound >> 20} MiB"
    return kept_if(0 < kept <= bound, seen)


@promise(family="rehearsal", authority="https://docs.docker.com/engine/containers/start-containers-automatically/")
def all_killed_it_serves_again(stack: Stack) -> Judgement:
    """All containers killed at once are started by the engine, in no order and without `up`; a note is still there."""
    status = noted(site(stack), "just-before", 1)[0]
    before = {name: inspected(stack, name)["State"] for name in STAYING}
    pids = [str(state["Pid"]) for state in before.values()]
    killed = ran(stack, "--pid=host --user=0 --network=none", KILL, *pids)
    since = time.monotonic()
    back = stack.await_(lambda: site(stack).ask("/readyz").status == OK, BACK_S) is not None
    kept = status == SEE_OTHER and back and b"just-before" in site(stack).ask("/notes").body
    served = f"the page answers after {time.monotonic() - since:.0f} s" if back else f"no page within {BACK_S:.0f} s"
    after = {name: inspected(stack, name)["State"] for name in STAYING}
    ended = [f"{name} is {state['Status']}" for name, state in after.items() if not state["Running"]]
    same = [f"{name} was not killed" for name in STAYING if after[name]["Pid"] == before[name]["Pid"]]
    lost = ["the note of before is gone"] * (back and not kept)
    told = [f"{killed} killed", served, *ended, *same, *lost]
    return kept_if(back and kept and not ended and not same, "; ".join(told))


@promise(family="rehearsal", authority=f"{COMPOSE}/interpolation/")
def awkward_secret_arrives_whole(stack: Stack) -> Judgement:
    """A key with `$`, `#` and quotes in it reaches the application byte for byte."""
    places = stack.root / "secrets" / "secret_key", stack.root / ".env"
    held = [place.read_text() for place in places]
    places[0].chmod(0o644)
    try:
        # Where it belongs, and where people put it.
        places[0].write_text(AWKWARD)
        places[1].write_text(f"{held[1]}SECRET_KEY={AWKWARD}\n")
        done = stack.compose(f"run --rm --no-deps -T web python -c {shlex.quote(READ)}", check=False)
    finally:
        for place, text in zip(places, held, strict=True):
            place.write_text(text)
    printed = done.stdout.splitlines()
    arrived = json.loads(printed[-1]) if printed else ""
    warned = re.findall(r'level=warning msg="(.*)"', done.stderr)
    whole = arrived == AWKWARD
    said = "" if whole else "".join(f"; Compose: {each}" for each in dict.fromkeys(warned)).replace('\\"', '"')
    return kept_if(whole, f"{AWKWARD} was written, and {arrived} arrived{said}")


@promise(family="rehearsal", authority=f"{CADDY}/caddyfile/directives/reverse_proxy#defaults")
def visitor_is_known(stack: Stack) -> Judgement:
    """The application sees a visitor's own address and https, whatever the visitor says; its cookies are Secure."""
    authority = stack.run(f"cat {AUTHORITY}", on="caddy").stdout
    own, seen = json.loads(ran(stack, f"--network={edge(stack)}", VISITOR, authority, json.dumps(FORGED)))
    joined = inspected(stack, "caddy")["NetworkSettings"]["Networks"][edge(stack)]
    whose = {own: "its own", joined["IPAddress"]: "the proxy's"}
    told = {name: whose.get(value, value) for name, value in seen.items()}
    secure = "; Secure" in site(stack).ask("/").headers.get("set-cookie", "")
    shown = ", ".join(f"{name} {value}" for name, value in told.items())
    shown += f"; a cookie is {'' if secure else 'not '}Secure"
    expected = {"client": "its own", "scheme": "https", "host": "localhost"}
    return kept_if(told == expected and secure, f"of a visitor who forges three headers it sees {shown}")


@promise(family="rehearsal", authority=f"{CADDY}/caddyfile/directives/log_append")
def request_is_found_in_both_logs(stack: Stack) -> Judgement:
    """The id that comes with an answer is in the log of the proxy and of the application; what was asked for is not."""
    headers = {"X-Request-ID": "mine", "Referer": "https://localhost/?key=planted-17"}
    name = site(stack).ask("/notes?q=planted-17", headers=headers).headers.get("x-request-id", "")
    both = {"caddy": "caddy", "web": " ".join(COPIES)}
    stack.await_(lambda: all(name in stack.logs(services) for services in both.values()), 5.0)
    logs = {service: stack.logs(services).splitlines() for service, services in both.items()}
    found = {service: sum(name in line for line in lines) for service, lines in logs.items()}
    leaks = [service for service, lines in logs.items() if any("planted-17" in line for line in lines)]
    seen = f"the id is {'what the visitor sent' if name == 'mine' else 'ours'}; lines with it: "
    seen += ", ".join(f"{service} {count}" for service, count in found.items())
    seen += f"; the query is in the log of {', '.join(leaks)}" if leaks else "; the query is in neither"
    return kept_if(name not in {"", "mine"} and set(found.values()) == {1} and not leaks, seen)


@promise(family="rehearsal", authority=f"{CADDY}/caddyfile/directives/request_body")
def too_much_is_refused(stack: Stack) -> Judgement:
    """An upload of 9 MB is refused and not handed on, one of 1 MB is taken: proxy and application have one limit."""
    to = site(stack)
    large, small = noted(to, "large", LARGE)[0], noted(to, "small", SMALL)[0]
    adapted = stack.run("caddy adapt --config /etc/caddy/Caddyfile", on="caddy").stdout
    limit = re.search(r'"max_size":(\d+)', adapted)
    proxy, application = int(limit[1]) if limit else 0, int(ran(stack, "--network=none", LARGEST))
    # An application that refuses by itself hangs up while the proxy still sends: now and then that is a 502.
    handed_on = sum('"status": 413' in line for line in stack.logs(" ".join(COPIES)).splitlines())
    seen = f"9 MB: {large}{', handed on' if handed_on else ''}, 1 MB: {small}; "
    seen += f"limits: {proxy or 'none'} of the proxy, {application} of the application"
    return kept_if(not handed_on and (large, small, proxy) == (TOO_LARGE, SEE_OTHER, application), seen)


@promise(family="rehearsal", authority="https://gunicorn.org/deploy")
def slow_visitors_hold_no_thread(stack: Stack) -> Judgement:
    """While many visitors begin a form or an upload and do not go on, the page answers everybody else."""
    to = site(stack)
    replies = []
    with ExitStack() as open_:
        for announced in ANNOUNCED:
            open_.enter_context(to.begun("/notes", STALLED, announced))
        # More than once: where they do hold one, it takes a busy machine a while until all are held.
        for _ in range(ASKED):
            replies.append(to.ask("/livez", timeout_s=5.0))
            time.sleep(1.0)
    longest_s = max(reply.took_s for reply in replies)
    good = [reply for reply in replies if reply.status == OK]
    seen = f"beside {STALLED} forms and {STALLED} uploads that do not go on GET /livez answers 200 "
    return kept_if(len(good) == ASKED, f"{seen}{len(good)} of {ASKED} times, within {longest_s:.1f} s")


@promise(family="rehearsal", authority=f"{CADDY}/caddyfile/directives/reverse_proxy#lb_try_duration")
def visitors_wait_while_web_is_replaced(stack: Stack) -> Judgement:
    """While the only copy that is up is replaced, whoever asks waits for the new one and sees no error."""
    to, statuses, longest_s = site(stack), [], 0.0
    stack.stop(COPIES[1])
    with ThreadPoolExecutor(1) as aside:
        replacing = aside.submit(stack.compose, f"{REPLACE} {COPIES[0]}")
        while not replacing.done():
            reply = to.ask("/livez")
            statuses.append(reply.status)
            longest_s = max(longest_s, reply.took_s)
        replacing.result()
    stack.start()
    told = ", ".join(f"{statuses.count(status)} times {status}" for status in sorted(set(statuses)))
    return kept_if(set(statuses) == {OK}, f"while web was replaced: {told}; the longest took {longest_s:.1f} s")


@promise(family="rehearsal", authority=f"{COMPOSE}/services/#healthcheck")
def health_of_the_proxy_is_its_own(stack: Stack) -> Judgement:
    """Its health check passes while the application is away, and fails while Caddy itself is frozen."""
    check = shlex.join(inspected(stack, "caddy")["Config"]["Healthcheck"]["Test"][1:])
    stack.stop(" ".join(COPIES))
    away = stack.run(check, on="caddy", check=False).status
    stack.compose("kill --signal=STOP caddy")
    frozen = stack.run(check, on="caddy", check=False).status
    stack.compose("kill --signal=CONT caddy")
    stack.start()
    return kept_if(away == 0 and frozen != 0, f"without the application it exits {away}, with Caddy frozen {frozen}")


@promise(family="rehearsal", authority=f"{COMPOSE}/services/#stop_grace_period")
def stop_lets_a_visitor_finish(stack: Stack) -> Judgement:
    """`docker compose stop` waits for an answer that takes longer than Docker's own 10 s, and it comes whole."""
    with ThreadPoolExecutor(1) as aside:
        asking = aside.submit(site(stack).ask, f"/slow?seconds={SLOW_S}")
        # Until it is under way: over TLS nothing tells that but its first line.
        time.sleep(1.5)
        stack.compose("stop")
        try:
            body = asking.result().body
        except ContainerError as error:
            body, cut = b"", f"; {error}"
        else:
            cut = ""
    stack.start()
    lines = len(body.splitlines())
    whole = lines == SLOW_S + 1 and body.endswith(b'{"done": true}\n')
    return kept_if(whole, f"{lines} of {SLOW_S + 1} lines came{cut}")


@promise(family="rehearsal", authority="https://docs.docker.com/reference/cli/docker/compose/down/")
def notes_survive_down_and_up(stack: Stack) -> Judgement:
    """A note, the file that came with it, and what the worker made of it are there in other containers."""
    status, file = noted(site(stack), "two-words", SMALL)
    counted_s = stack.await_(lambda: b"<small>1 words</small>" in site(stack).ask("/notes?q=two-words").body, 10.0)
    was = stack.unit("db").id, stack.unit("web").id
    stack.compose("down")
    stack.start()
    page = site(stack).ask("/notes?q=two-words")
    place = re.search(rb'href="(/notes/\d+/file)"', page.body)
    again = site(stack).ask(place[1].decode()) if place else page
    others = not {stack.unit("db").id, stack.unit("web").id} & set(was)
    faults = [f"POST /notes {status}"] * (status != SEE_OTHER) + ["nobody counted its words"] * (counted_s is None)
    faults += ["the note is gone"] * (not place) + ["they are the same containers"] * (not others)
    faults += [f"its file answers {again.status}"] * (again.status != OK or again.body != file)
    return kept_if(not faults, "; ".join(faults) or f"a note, its {len(file)} bytes and its count, in other containers")


@promise(family="rehearsal", authority="https://letsencrypt.org/docs/rate-limits/")
def certificate_survives(stack: Stack) -> Judgement:
    """Another container of the proxy shows the certificate that the one before it had."""
    shown = []
    for _ in range(2):
        shown.append(site(stack).certificate())
        stack.compose("rm --stop --force caddy")
        stack.start()
    same = shown[0] == shown[1] != b""
    return kept_if(same, f"another container, {'the same certificate' if same else 'another certificate'}")


@promise(family="rehearsal", authority=f"{COMPOSE}/version-and-name/")
def another_directory_has_the_same_data(stack: Stack) -> Judgement:
    """The project in another directory has the same name and the same volumes."""
    bare = "env --unset=COMPOSE_PROJECT_NAME --unset=COMPOSE_FILE docker compose config --format json"
    with tempfile.TemporaryDirectory() as folder:
        elsewhere = shutil.copytree(stack.root, Path(folder) / "moved")
        places = [shlex.quote(str(place)) for place in (stack.root, elsewhere)]
        told = [json.loads(stack.run(f"cd {place} && {bare}").stdout) for place in places]
    names = [sorted(volume["name"] for volume in each["volumes"].values()) for each in told]
    seen = f"{told[0]['name']} with {', '.join(names[0])}; elsewhere {told[1]['name']} with {', '.join(names[1])}"
    return kept_if(names[0] == names[1] and told[0]["name"] == told[1]["name"], seen)
