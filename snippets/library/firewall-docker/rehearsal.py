"""What a neighbour reaches of the ports that Docker publishes on the hardened server."""

import shlex

from ...contract.playbooks import PROFILES, linted, ran, unchanged
from ...contract.promise import Judgement, kept_if, promise
from ...contract.servers import NEIGHBOUR, Clone, Servers

DOCKER = "https://docs.docker.com/engine/network"
HOST = "app.example.org"
DATABASE = 5432
WEB = 80
PLAYBOOKS, PLAYS = "ansible-playbook harden.yml docker.yml", 2
# No registry is asked for it: a program that answers, in an image of nothing else.
IMAGE = """
command -v busybox > /dev/null || apt-get install --yes --quiet busybox-static > /dev/null
docker image inspect answers > /dev/null 2>&1 || tar --create --directory / bin/busybox | docker import - answers
docker ps --all --quiet | xargs --no-run-if-empty docker rm --force > /dev/null
"""
START = """
docker run --detach --name {name} --restart unless-stopped --publish {published}:{port} answers \
    /bin/busybox httpd -f -p {port} > /dev/null
"""
ASK = """
import socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=2).close()
    print("answers")
except OSError as error:
    print("does not answer")
"""


def publish(servers: Servers, *published: tuple[str, str, int]) -> None:
    """Containers that answer: a name, what is published of each, and their port."""
    servers.run(IMAGE, on=HOST)
    for name, place, port in published:
        servers.run(START.format(name=name, published=place, port=port), on=HOST)
        servers.run(f"timeout 10 bash -c 'until docker top {name} > /dev/null; do sleep 0.1; done'", on=HOST)


def answers(servers: Servers, address: str, port: int) -> bool:
    """Whether a neighbour gets a connection."""
    return servers.run(shlex.join(["python3", "-c", ASK, address, str(port)]), on=NEIGHBOUR).stdout == "answers\n"


def both(servers: Servers, port: int) -> dict[str, bool]:
    """Whether it does, by each version of IP."""
    return {f"IPv{version}": answers(servers, servers.address(HOST, version=version), port) for version in (4, 6)}


def told(port: int, reached: dict[str, bool]) -> str:
    """In words."""
    return ", ".join(f"{port} {'answers' if so else 'does not answer'} by {how}" for how, so in reached.items())


@promise(family="rehearsal", authority=f"{DOCKER}/packet-filtering-firewalls/")
def published_port_is_closed(servers: Servers) -> Judgement:
    """A database that publishes its port on all addresses answers no neighbour, and the web does; after a boot too."""
    publish(servers, ("database", f"{DATABASE}", DATABASE), ("web", f"{WEB}", WEB))
    seen: list[str] = []
    kept = True
    for moment in ("at once", "after a boot"):
        if seen:
            servers.kill(HOST)
            servers.start(HOST)
            servers.run("timeout 20 bash -c 'until docker top web > /dev/null 2>&1; do sleep 0.2; done'", on=HOST)
        database, web = both(servers, DATABASE), both(servers, WEB)
        # It is there, or that nobody reaches it says nothing.
        local = servers.run(f"curl --silent --output /dev/null 127.0.0.1:{DATABASE}", on=HOST, check=False).status == 0
        kept = kept and local and not any(database.values()) and all(web.values())
        seen.append(f"{moment} {told(DATABASE, database)}, {told(WEB, web)}")
    version = servers.run("docker version --format '{{.Server.Version}}'", on=HOST).stdout.strip()
    return kept_if(kept, f"Docker {version}: {'; '.join(seen)}")


@promise(family="rehearsal", authority=f"{DOCKER}/port-publishing/")
def port_of_loopback_is_closed(servers: Servers) -> Judgement:
    """A port published on 127.0.0.1 answers no neighbour that asks the container's own address by way of the host."""
    publish(servers, ("database", f"127.0.0.1:{DATABASE}", DATABASE))
    template = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
    inside = servers.run(f"docker inspect --format '{template}' database", on=HOST).stdout.strip()
    servers.run(f"ip route replace {inside}/32 via {servers.address(HOST)}", on=NEIGHBOUR)
    reached = answers(servers, inside, DATABASE)
    servers.run(f"ip route delete {inside}/32", on=NEIGHBOUR)
    # Nothing but the firewall is in the way: without it the same connection is there.
    servers.run("nft delete table inet host", on=HOST)
    servers.run(f"ip route replace {inside}/32 via {servers.address(HOST)}", on=NEIGHBOUR)
    without = answers(servers, inside, DATABASE)
    servers.run(f"ip route delete {inside}/32", on=NEIGHBOUR)
    servers.run("systemctl reload nftables", on=HOST)
    version = servers.run("docker version --format '{{.Server.Version}}'", on=HOST).stdout.strip()
    seen = (
        f"Docker {version}: by way of the host a neighbour {'reaches' if reached else 'does not reach'} the container, "
    )
    seen += f"and without this firewall it {'does' if without else 'does not either'}"
    return kept_if(not reached, seen)


@promise(family="rehearsal", authority=f"{DOCKER}/packet-filtering-firewalls/")
def reload_keeps_the_containers_connected(servers: Servers) -> Judgement:
    """The firewall is loaded again, and what is published still answers; the playbooks again change nothing."""
    publish(servers, ("web", f"{WEB}", WEB))
    before = both(servers, WEB)
    servers.run("systemctl reload nftables", on=HOST)
    after = both(servers, WEB)
    # A service that is restarted too often fails, and has then changed nothing.
    again = unchanged(ran(servers, PLAYBOOKS, HOST), count=PLAYS)
    seen = f"{told(WEB, before)}; after a reload {told(WEB, after)}; {again.seen}"
    return kept_if(all(before.values()) and all(after.values()) and again.kept, seen)


@promise(family="rehearsal", authority=PROFILES)
def docker_passes_the_linter(clone: Clone) -> Judgement:
    """The playbook passes ansible-lint's profile production, its strictest."""
    return linted(clone, "docker.yml")
