"""What is seen and may be done from inside: secrets, rights, and who a visitor is taken for."""

import json
import shlex

from ...errors import ContainerError
from ..promise import Judgement, kept_if, promise
from ..servers import NEIGHBOUR
from .description import Deployment
from .subject import Deployed

SHEET = "https://cheatsheetseries.owasp.org/cheatsheets"
NOBODY = "setpriv --reuid=nobody --regid=nogroup --clear-groups"
# Where somebody looks who is on the host without being root, and what is kept for long or handed on.
PLACES = {
    "a process list": "ps -eo args ww",
    "an environment that others may read": f"{NOBODY} sh -c 'cat /proc/[0-9]*/environ'",
    "the journal": "journalctl --no-pager --output=cat",
    "a history": "cat /root/.*history /home/*/.*history",
    "a file that anybody may read": (
        f"{NOBODY} grep --recursive --no-filename --binary-files=without-match --fixed-strings --file=- "
        '--devices=skip --exclude-dir=proc --exclude-dir=sys --exclude-dir=dev / < "$sought"'
    ),
}
# The same, where there is an engine.
CONTAINERS = {
    "a container's settings": "docker inspect $(docker ps --all --quiet)",
    "an image": "docker image inspect $(docker image ls --quiet); "
    "for each in $(docker image ls --quiet); do docker history --no-trunc $each; done",
    "a container's log": "for each in $(docker ps --all --quiet); do docker logs $each 2>&1; done",
}
# One that lies in each of these places: where it is not found, nothing would be.
CANARY, CANARY_PATH = "hb-canary-secret", "/opt/canary"
PLANTED = f"""
echo {CANARY} | tee {CANARY_PATH} > /root/.canary_history
logger {CANARY}
systemd-run --quiet --unit canary-secret --uid=nobody --setenv=CANARY={CANARY} \\
    python3 -c 'import time; time.sleep(600)' {CANARY}
"""
CONTAINED = f"""
image=$(docker inspect --format '{{{{.Image}}}}' "$(docker ps --quiet | sed --quiet 1p)")
docker run --name canary --network none --entrypoint echo --env CANARY={CANARY} "$image" {CANARY}
docker commit canary canary
"""
REMOVED = f"""
systemctl stop canary-secret; rm {CANARY_PATH} /root/.canary_history
if command -v docker; then docker rm canary; docker image rm canary; fi
"""
# Never as an argument, or the search itself would be what is found in the process list.
LOOK = """
sought=$(mktemp) && cat {path} > "$sought"
{{ {command}; }} 2>/dev/null | grep -cFf "$sought" || true
rm "$sought"
"""
# What somebody tries who has taken over the application; each exits 0 where it works.
WAYS = {
    "be root": 'test "$(id -u)" = 0',
    "have a capability": "grep '^CapEff:' /proc/self/status | grep -q '[1-9a-f]$\\|[1-9a-f]0*$'",
    "gain rights by a program that has them": "! grep -q '^NoNewPrivs:.*1' /proc/self/status",
    "reach the engine": "test -S /var/run/docker.sock || test -S /run/containerd/containerd.sock",
    "ask for the metadata of the provider": (
        "if command -v curl; then curl --silent --fail --max-time 3 http://{metadata}; elif command -v wget; "
        "then wget --quiet --timeout=3 --output-document=- http://{metadata}; elif command -v python3; then "
        "python3 -c 'import urllib.request; urllib.request.urlopen(\"http://{metadata}\", timeout=3)'; else "
        "timeout 3 bash -c 'to={metadata} && exec 3<>/dev/tcp/${to%%/*}/80 && "
        'printf "GET /%s HTTP/1.0\\r\\n\\r\\n" ${to#*/} >&3 && read -r status <&3 && [[ $status == *" 200 "* ]]\'; fi'
    ),
}
# What these take: without it none of them works, and that says nothing.
TRIABLE = "grep -q ^CapEff: /proc/self/status && "
TRIABLE += "{ command -v curl || command -v wget || command -v python3 || command -v bash; }"
# https://docs.digitalocean.com/products/droplets/how-to/access-metadata/
METADATA = "169.254.169.254"
PLANT = f"""
ip address replace {METADATA}/32 dev eth0
mkdir -p /root/metadata && echo user-data > /root/metadata/index.html
systemctl is-active metadata || systemd-run --quiet --unit metadata python3 -m http.server --directory /root/metadata 80
"""
# Where the application may write whatever is said of it, since nothing of it stays.
PASSING = ("/tmp", "/dev", "/run", "/proc", "/var/tmp")  # noqa: S108 - of a container
WRITABLE = "find / -type d -writable -not -path '/proc/*' -not -path '/sys/*' 2>/dev/null; true"
FORGED = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http", "X-Real-IP": "203.0.113.9"}


@promise(family="guard", authority=f"{SHEET}/Secrets_Management_Cheat_Sheet.html")
def secrets_unseen(servers: Deployed, deployment: Deployment) -> Judgement:
    """No secret is in a process list, an open environment or file, a log, a container's settings or an image."""
    host = deployment.host
    values = {name: servers.run(f"cat {path}", on=host).stdout.strip() for name, path in deployment.secrets.items()}
    has_engine = servers.run("command -v docker", on=host, check=False).status == 0
    places = PLACES | CONTAINERS if has_engine else PLACES
    servers.run(f"{PLANTED}{CONTAINED if has_engine else ''}", on=host)
    unseen = [place for place, command in places.items() if not _holds(servers, host, command, CANARY_PATH)]
    servers.run(REMOVED, on=host)
    if unseen:
        raise ContainerError(f"what was planted is not found in {', '.join(unseen)}")
    printed = servers.arrival.stdout + servers.dry_run().stdout
    found: list[str] = []
    for name, value in values.items():
        if value in printed:
            found.append(f"{name} in what the deployment prints")
        for place, command in places.items():
            if _holds(servers, host, command, deployment.secrets[name]):
                found.append(f"{name} in {place}")
    seen = f"{len(values)} secrets sought in {len(places) + 1} places: {', '.join(found) or 'in none of them'}"
    return kept_if(bool(values) and all(values.values()) and not found, seen)


def _holds(servers: Deployed, host: str, command: str, path: str) -> bool:
    """Whether what a command prints has the content of a file in it."""
    return int(servers.run(LOOK.format(path=path, command=command), on=host).stdout.split()[-1]) > 0


@promise(family="guard", authority=f"{SHEET}/Docker_Security_Cheat_Sheet.html")
def least_rights(servers: Deployed, deployment: Deployment) -> Judgement:
    """Whoever takes over the application gains no rights, reaches no engine nor metadata, and writes where stated."""
    host = deployment.host
    servers.run(PLANT, on=NEIGHBOUR)
    servers.run(f"ip route replace {METADATA} dev eth0", on=host)
    metadata = f"{METADATA}/index.html"
    asked = f"curl --silent --fail --max-time 3 http://{metadata}"
    if servers.await_(lambda: servers.run(asked, on=host, check=False).status == 0, 10.0) is None:
        raise ContainerError("the metadata that was planted answers nobody")
    inside = f"{deployment.inside} sh -c "
    if servers.run(inside + shlex.quote(TRIABLE), on=host, check=False).status != 0:
        raise ContainerError("inside it is nothing by which somebody could try")
    worked = [
        way
        for way, script in WAYS.items()
        if servers.run(inside + shlex.quote(script.replace("{metadata}", metadata)), on=host, check=False).status == 0
    ]
    places = servers.run(inside + shlex.quote(WRITABLE), on=host).stdout.split()
    allowed = (*PASSING, *deployment.writes)
    beyond = [place for place in places if not any(f"{place}/".startswith(f"{each}/") for each in allowed)]
    seen = f"of {len(WAYS)} ways {len(worked)} work{': ' if worked else ''}{', '.join(worked)}; it may write to "
    seen += f"{', '.join(deployment.writes) or 'nothing'} as stated"
    seen += f" and to {', '.join(beyond[:5])}" if beyond else ""
    return kept_if(not worked and not beyond, seen)


@promise(
    family="guard",
    authority="https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/X-Forwarded-For",
    exemptible=True,
)
def client_known(servers: Deployed, deployment: Deployment) -> Judgement:
    """The application sees the visitor's address and https; what a visitor forges is replaced."""
    if deployment.probe.client is None:
        raise ContainerError("deployment.probe.client: no path tells what the application sees")
    address = servers.address(NEIGHBOUR)
    asked = f"curl --ipv4 --silent --fail --max-time 10 {deployment.url}{deployment.probe.client}"
    forged = "".join(f" --header {shlex.quote(f'{name}: {value}')}" for name, value in FORGED.items())
    told = [json.loads(servers.run(f"{asked}{headers}", on=NEIGHBOUR).stdout) for headers in ("", forged)]
    whose = {address: "its own address"}
    seen = [f"{each.get('scheme')} from {whose.get(each.get('client'), each.get('client'))}" for each in told]
    right = all((each.get("client"), each.get("scheme")) == (address, "https") for each in told)
    return kept_if(right, f"of an honest visitor it sees {seen[0]}, of one who forges {len(FORGED)} headers {seen[1]}")
