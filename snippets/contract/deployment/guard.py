"""Who gets in: by which ports, over what, and by which key."""

import re
import shlex

from ...errors import ContainerError
from ..attempts import ACCOUNT, opens, passwords_given
from ..promise import Judgement, kept_if, promise
from ..servers import NEIGHBOUR
from .description import Deployment
from .subject import Deployed
from .visitors import served

NFTABLES = "https://wiki.nftables.org/wiki-nftables/index.php/Simple_ruleset_for_a_server"
SSHD = "https://man.openbsd.org/sshd_config"
# What listens where somebody forgot to say 127.0.0.1, by TCP and by UDP.
FORGOTTEN = {"tcp": (25, 111, 2019, 2375, 3306, 5432, 6379, 8000, 8080, 9100), "udp": (53, 123, 161, 1900, 5353, 11211)}
LISTEN = """
import socket, sys, threading
def answer(kind, port):
    server = socket.socket(socket.AF_INET6, kind)
    server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("::", port))
    if kind == socket.SOCK_DGRAM:
        while True:
            data, sender = server.recvfrom(100)
            server.sendto(data, sender)
    server.listen()
    while True: server.accept()[0].close()
for kind, ports in ((socket.SOCK_STREAM, {tcp}), (socket.SOCK_DGRAM, {udp})):
    for port in ports: threading.Thread(target=answer, args=(kind, port)).start()
"""
SCAN = """
import concurrent.futures, socket, sys
def answers(target):
    kind, address, port = target
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM) as client:
        client.settimeout(1.5)
        try:
            client.connect((address, port))
            if kind == "udp":
                client.send(b"hb-canary")
                return client.recv(100) != b""
            return True
        except OSError:
            return False
targets = [(kind, address, port) for address in sys.argv[1:] for kind, ports in {ports} for port in ports]
with concurrent.futures.ThreadPoolExecutor(64) as pool:
    for (kind, address, port), open_ in zip(targets, pool.map(answers, targets)):
        if open_: print(f"{{port}}/{{kind}}", address)
"""
LISTENING = "ss -ltnH | awk '{ print $4 }' | grep -v '^127\\.' | grep -v '^\\[::1\\]' | sed 's/.*://' | sort -u"
# Whom a host knows on networks of its own, such as its containers, which a neighbour may try to reach through it.
BEHIND = """
{ ip -4 neigh show | grep -v FAILED | grep -v ' dev eth' | cut -d' ' -f1
docker ps --quiet | xargs docker inspect --format='{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}'
} 2>/dev/null | xargs -n1 | sort -u
"""
CHANGED = ("REMOTE HOST IDENTIFICATION HAS CHANGED", "Host key verification failed")
OLD_TLS = "openssl s_client -connect {host}:443 -servername {host} -tls1_1 -cipher 'ALL:@SECLEVEL=0' </dev/null 2>&1"
MODERN_TLS = "openssl s_client -connect {host}:443 -servername {host} -verify_return_error </dev/null 2>&1"
HEADERS = "curl --silent --show-error --output /dev/null --dump-header - --max-time 10 {url}"


@promise(family="guard", authority=NFTABLES)
def only_stated_ports(servers: Deployed, deployment: Deployment) -> Judgement:
    """From the same segment, by IPv4 and IPv6, TCP and UDP, only the stated ports answer, after a boot as well."""
    host = deployment.host
    tcp = {int(port) for port in servers.run(LISTENING, on=host).stdout.split()}
    stated = {port for port in deployment.ports if port.endswith("/tcp")}
    scanned = {"tcp": sorted({*FORGOTTEN["tcp"], *tcp, *(int(port[:-4]) for port in stated)}), "udp": FORGOTTEN["udp"]}
    program = shlex.join(["python3", "-c", SCAN.format(ports=[*scanned.items()])])
    seen: list[str] = []
    right = True
    for moment in ("at once", "after a boot", "after a restart of the engine"):
        if moment == "after a boot":
            servers.kill(host)
            servers.start(host)
            served(servers, deployment)
        elif moment != "at once":
            if servers.run("systemctl is-active docker", on=host, check=False).status:
                continue
            servers.run("systemctl restart docker", on=host)
            served(servers, deployment)
        _listen(servers, host, tcp)
        behind = servers.run(BEHIND, on=host, check=False).stdout.split()
        own = [servers.address(host, version=version) for version in (4, 6)]
        # As anybody on the segment may who knows how Docker numbers its networks.
        for address in behind:
            servers.run(f"ip route replace {address} via {own[0]}", on=NEIGHBOUR)
        told = servers.run(shlex.join([*shlex.split(program), *own, *behind]), on=NEIGHBOUR).stdout.splitlines()
        found = {tuple(line.split()) for line in told}
        right = right and all({port for port, at in found if at == address} == stated for address in own)
        right = right and not any(at in behind for _, at in found)
        ports = sorted({port for port, at in found if at in own}, key=lambda port: int(port[:-4]))
        inner = sorted({f"{port} of a container" for port, at in found if at in behind})
        seen.append(f"{', '.join([*ports, *inner]) or 'none'} {moment}")
    count = sum(map(len, scanned.values()))
    told_of = f"of {count} ports by each version of IP, and those of {len(behind)} containers, answer"
    return kept_if(right, f"{told_of} {'; '.join(seen)}")


def _listen(servers: Deployed, host: str, taken: set[int]) -> None:
    """Have something listen on what nobody stated and nobody took."""
    ports = {kind: [port for port in forgotten if port not in taken] for kind, forgotten in FORGOTTEN.items()}
    program = shlex.join(["python3", "-c", LISTEN.format(**ports)])
    servers.run(f"systemctl stop canary 2>/dev/null || true; systemd-run --quiet --unit canary {program}", on=host)
    planted = {f"{port}/{kind}" for kind, each in ports.items() for port in each}
    # On the host itself all of it answers, or that it does not from elsewhere says nothing.
    looked = shlex.join(["python3", "-c", SCAN.format(ports=[*ports.items()]), "127.0.0.1"])

    def all_answer() -> bool:
        return {line.split()[0] for line in servers.run(looked, on=host).stdout.splitlines()} == planted

    if servers.await_(all_answer, 20.0) is None:
        raise ContainerError("what was made to listen does not answer on the host itself")


@promise(family="guard", authority="https://www.rfc-editor.org/rfc/rfc6797")
def https_only(servers: Deployed, deployment: Deployment) -> Judgement:
    """Port 80 sends visitors to HTTPS, the certificate's chain verifies, and below TLS 1.2 nobody is answered."""
    host = deployment.host
    plain = servers.run(HEADERS.format(url=f"http://{host}{deployment.probe.page}"), on=NEIGHBOUR).stdout
    status, to = plain.split()[1], re.search(r"(?im)^location: (\S+)", plain)
    verified = servers.run(MODERN_TLS.format(host=host), on=NEIGHBOUR, check=False)
    old = servers.run(OLD_TLS.format(host=host), on=NEIGHBOUR, check=False)
    spoken = re.search(r"(TLSv1\.\d), Cipher is (?!\(NONE\))", verified.stdout)
    secure = servers.run(HEADERS.format(url=deployment.page), on=NEIGHBOUR).stdout
    hsts = re.findall(r"(?im)^strict-transport-security: (.+?)\s*$", secure)
    # In the server's own words: a client that speaks no old version would be refused by itself.
    refused = "alert protocol version" in old.stdout
    place = to[1] if to else "nowhere"
    aims = place.startswith(f"https://{host}/") and status in {"301", "302", "307", "308"}
    seen = f"port 80 answers {status} and leads to {place}; the chain "
    seen += f"{'verifies' if verified.status == 0 else 'does not verify'} with {spoken[1] if spoken else 'no TLS'}; "
    seen += f"TLS 1.1 is {'refused' if refused else 'spoken'}; Strict-Transport-Security comes {len(hsts)} times"
    return kept_if(aims and verified.status == 0 and bool(spoken) and refused and len(hsts) <= 1, seen)


@promise(family="guard", authority=SSHD)
def ssh_keys_only(servers: Deployed, deployment: Deployment) -> Judgement:
    """No password opens any account, and who deploys refuses a host whose key is another one."""
    host = deployment.host
    known = passwords_given(servers, host)
    opened = [user for user in ("root", ACCOUNT) if opens(servers, user, host)]
    key = servers.run(f"ssh root@{host} true", check=False).status == 0
    told = sorted(line for line in servers.run("sshd -T", on=host).stdout.splitlines() if line.startswith(TOLD))
    swapped = servers.run(SWAP, on=host).stdout.strip()
    servers.rested()
    refused = servers.dry_run()
    back = servers.run(SWAP_BACK, on=host).status == 0
    warned = any(words in refused.stdout for words in CHANGED)
    seen = f"{'a password opens ' + ' and '.join(opened) if opened else 'no password opens root or another account'}; "
    seen += f"a key {'does' if key else 'does not'}; another host's key is {'refused' if warned else 'taken'}; "
    seen += f"sshd -T: {', '.join(told)}"
    return kept_if(known and key and not opened and bool(swapped) and warned and refused.status != 0 and back, seen)


TOLD = ("passwordauth", "kbdinteractiveauth", "permitrootlogin", "allowtcpforwarding")
SWAP = """
mkdir /root/host-keys && cp --preserve /etc/ssh/ssh_host_* /root/host-keys/ && rm /etc/ssh/ssh_host_*
ssh-keygen -A && systemctl restart ssh
"""
SWAP_BACK = "cp --preserve /root/host-keys/* /etc/ssh/ && rm -r /root/host-keys && systemctl restart ssh"
