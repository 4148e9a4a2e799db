"""What is seen of this deployment alone: images and servers that it refuses, migrations and certificates that fail."""

import re
from dataclasses import dataclass

from ...contract.playbooks import PROFILES, linted, recap, unchanged
from ...contract.promise import Judgement, kept_if, promise
from ...contract.servers import NEIGHBOUR, Clone, Servers
from ...errors import ContainerError

HOST = "app.example.org"
IDEMPOTENT = "https://docs.ansible.com/ansible/latest/playbook_guide/playbooks_intro.html#desired-state-and-idempotency"
PLAYS = 4
AGAIN = "ansible-playbook --vault-password-file ~/.vault-password deploy.yml"
DEPLOY = f"{AGAIN} --extra-vars app_image={{image}}"
SITE = f"curl --silent --output /dev/null --write-out '%{{http_code}}' --max-time 5 https://{HOST}/readyz"
RUNNING = "docker ps --no-trunc --format '{{.ID}} {{.Image}}' | sort"
IMAGE = "registry.example.org/app:latest"
OTHERS_NAME = "registry.example.org/other"
OTHER = f"{OTHERS_NAME}:latest"
# Its program is for no processor at all: nothing that translates on this machine can help it.
OTHERS = f"""
test "$(uname -m)" = x86_64 && other=arm64 || other=amd64
cd /tmp && head -c 4096 /dev/zero > python && chmod +x python
tar --create python | docker import --platform linux/$other --change 'CMD ["/python"]' - {OTHER}
docker push {OTHER} && docker image rm {OTHER}
"""
# The same application, and one more migration: of a table that there is not.
WRONG = f"""
cd /tmp && echo 'ALTER TABLE nowhere ADD COLUMN canary text;' > 9999-wrong.sql
was=$(docker create $(docker inspect --format '{{{{.Image}}}}' app-web-1))
docker cp 9999-wrong.sql $was:/srv/app/migrations/
docker commit --pause=false $was {OTHER} && docker rm $was
docker push {OTHER} && docker image rm {OTHER}
"""
DIGEST = re.compile(r"digest: (sha256:[0-9a-f]{64})")
SHOP = """
mkdir /opt/shop && cd /opt/shop && cat > compose.yaml <<'END'
name: app
services:
  shop: {image: "caddy:2"}
END
docker compose up --detach --wait
"""
SHOP_RUNS = "docker inspect --format '{{.State.Running}}' app-shop-1"
SHOP_GONE = "docker rm --force app-shop-1; docker network rm app_default; rm -r /opt/shop"
# Nobody gets in by the ports where an authority looks.
CLOSED = """
nft -f - <<'END'
table inet closed {
    chain input { type filter hook input priority -10; tcp dport { 80, 443 } reject with tcp reset; }
    chain forward { type filter hook forward priority -10; tcp dport { 80, 443 } reject with tcp reset; }
}
END
"""
# When Caddy is stopped, and no sooner: its own next try would find them open as well, and time is no witness.
OPENS = "systemd-run --quiet --collect --unit=opens sh -c 'docker wait app-caddy-1 && nft delete table inet closed'"
OPEN = "systemctl stop opens; nft delete table inet closed"
NO_CERTIFICATE = """
cd /srv/app
docker compose rm --stop --force caddy && docker volume rm app_certificates
docker compose up --no-build --detach --wait
"""
CADDY_LOG = "docker logs app-caddy-1 2>&1"
CADDY_BEGAN = "docker inspect --format '{{.State.StartedAt}}' app-caddy-1"
REFUSED_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A release of an image that is not to run: what the playbook said, who ran before and after, what visitors get."""

    status: int
    printed: str
    before: frozenset[str]
    after: frozenset[str]
    visitor: str

    @property
    def containers(self) -> str:
        """How many of them run on."""
        return f"{len(self.before & self.after)} of {len(self.before)} containers run on"

    @property
    def refused(self) -> bool:
        """Whether the playbook failed and left all as it was."""
        return self.status != 0 and self.before == self.after


def _released(making: str, servers: Servers) -> Tried:
    """Push what these commands make, and release that; afterwards the server has neither it nor its setting."""
    pushed = DIGEST.search(servers.run(f"cp --preserve /srv/app/.env /root/.env && {making}", on=HOST).stdout)
    if not pushed:
        raise ContainerError("`docker push` tells no digest of what it pushed")
    before = frozenset(servers.run(RUNNING, on=HOST).stdout.splitlines())
    done = servers.run(DEPLOY.format(image=f"{OTHERS_NAME}@{pushed[1]}"), check=False)
    after = frozenset(servers.run(RUNNING, on=HOST).stdout.splitlines())
    visitor = servers.run(SITE, on=NEIGHBOUR, check=False).stdout
    servers.run("mv /root/.env /srv/app/.env", on=HOST)
    servers.run(f"docker image rm --force $(docker image ls --quiet {OTHERS_NAME})", on=HOST, check=False)
    return Tried(status=done.status, printed=done.stdout, before=before, after=after, visitor=visitor)


@promise(
    family="rehearsal",
    authority="https://docs.docker.com/reference/cli/docker/image/pull/#pull-an-image-by-digest-immutable-identifier",
)
def image_by_its_tag_is_refused(servers: Servers) -> Judgement:
    """An image that is there under a tag is refused, and what runs goes on."""
    before = servers.run(RUNNING, on=HOST).stdout
    there = servers.run(f"docker pull --quiet {IMAGE}", on=HOST, check=False).status == 0
    done = servers.run(DEPLOY.format(image=IMAGE), check=False)
    after = servers.run(RUNNING, on=HOST).stdout
    told = "name it by its digest" in done.stdout
    seen = f"the playbook exits {done.status} and {'tells' if told else 'does not tell'} of a digest; "
    seen += f"{len(before.splitlines())} containers {'run on' if before == after else 'are others now'}"
    return kept_if(there and done.status != 0 and told and before == after, seen)


@promise(
    family="rehearsal", authority="https://docs.docker.com/build/building/multi-platform/#why-multi-platform-builds"
)
def image_for_other_processors_is_refused(servers: Servers) -> Judgement:
    """An image for other processors is refused, and what runs goes on."""
    tried = _released(OTHERS, servers)
    told = "build one with --platform" in tried.printed
    seen = f"the playbook exits {tried.status} and {'tells' if told else 'does not tell'} what it was built for; "
    seen += tried.containers
    return kept_if(tried.refused and told, seen)


@promise(family="rehearsal", authority="https://docs.docker.com/compose/how-tos/startup-order/")
def failed_migration_takes_nothing_down(servers: Servers) -> Judgement:
    """A release whose migration fails ends there, and what served before serves on."""
    tried = _released(WRONG, servers)
    told = "nowhere" in tried.printed
    seen = f"the playbook exits {tried.status} and {'tells' if told else 'does not tell'} of the migration; "
    seen += f"{tried.containers}, and a visitor gets {tried.visitor}"
    return kept_if(tried.refused and told and tried.visitor == "200", seen)


@promise(family="rehearsal", authority="https://docs.docker.com/compose/how-tos/project-name/")
def another_application_is_left_alone(servers: Servers) -> Judgement:
    """A server on which another application has the same name is refused, and that one runs on."""
    servers.run(SHOP, on=HOST)
    done = servers.run(AGAIN, check=False)
    runs = servers.run(SHOP_RUNS, on=HOST, check=False).stdout.strip() == "true"
    servers.run(SHOP_GONE, on=HOST, check=False)
    told = "/opt/shop" in done.stdout
    seen = f"the playbook exits {done.status} and {'tells' if told else 'does not tell'} of the other application, "
    seen += "which runs on" if runs else "whose container is gone"
    return kept_if(done.status != 0 and told and runs, seen)


@promise(family="rehearsal", authority="https://caddyserver.com/docs/automatic-https#errors")
def refused_certificate_is_asked_for_again(servers: Servers) -> Judgement:
    """Where the authority could not reach the server, the next run has Caddy ask at once, and the site answers."""
    servers.run(f"{CLOSED}{NO_CERTIFICATE}", on=HOST)
    refused = servers.await_(lambda: "will retry" in servers.run(CADDY_LOG, on=HOST).stdout, REFUSED_S) is not None
    began = servers.run(CADDY_BEGAN, on=HOST).stdout
    servers.run(OPENS, on=HOST)
    done = servers.run(AGAIN, check=False)
    anew = servers.run(CADDY_BEGAN, on=HOST).stdout != began
    status = servers.run(SITE, on=NEIGHBOUR, check=False).stdout
    servers.run(OPEN, on=HOST, check=False)
    seen = f"the playbook exits {done.status}, Caddy is {'started anew' if anew else 'left to its next try'}, and a "
    seen += f"visitor gets {status}"
    return kept_if(refused and anew and done.status == 0 and status == "200", seen)


@promise(family="rehearsal", authority=IDEMPOTENT)
def second_run_says_so(servers: Servers) -> Judgement:
    """The same playbooks again say of themselves that they change nothing: a change that is told is one."""
    return unchanged(recap(servers.arrive(), HOST), count=PLAYS)


@promise(family="rehearsal", authority=PROFILES)
def deploy_passes_the_linter(clone: Clone) -> Judgement:
    """The playbook passes ansible-lint's profile production, its strictest."""
    return linted(clone, "deploy.yml")
