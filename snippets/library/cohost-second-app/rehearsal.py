"""What is seen of two applications on one server: each by its name, apart from each other, changed one by one."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from ...contract.confinement import TOLD_OUTSIDE, Bounds, confined
from ...contract.playbooks import PROFILES, linted, recap, unchanged
from ...contract.promise import Judgement, kept_if, promise
from ...contract.servers import NEIGHBOUR, Clone, Servers
from ...errors import ContainerError

HOST, FIRST, WIKI = "app.example.org", "https://app.example.org/", "https://wiki.example.org/index.php/Main_Page"
AGAIN = "ansible-playbook --vault-password-file ~/.vault-password wiki.yml"
OK, ASKED, BACK_S = "200", 10, 120.0
# Whose page it is: MediaWiki says so in each of its own.
PAGE = "curl --silent --max-time 10 --write-out ' %{{http_code}}' {url} | "
PAGE += "grep --only-matching 'MediaWiki [0-9.]*\\| 200$'"
INSIDE = "docker compose --project-directory /srv/{project} exec -T {service} {command}"
CONNECT = "timeout 3 bash -c '</dev/tcp/{address}/{port}'"
EACH = "{{{{range .NetworkSettings.Networks}}}}{{{{.IPAddress}}}} {{{{end}}}}"
ADDRESSES = f"docker inspect --format '{EACH}' {{container}}"
# From where, and to which container and port. The first two are those that have to be.
WAYS = {("wiki", "wiki"): ("wiki-db-1", 3306), ("app", "web"): ("app-db-1", 5432)}
CLOSED = {
    ("wiki", "wiki"): (("app-db-1", 5432), ("app-web-1", 8000), ("app-web-2-1", 8000)),
    ("wiki", "db"): (("app-db-1", 5432), ("app-web-1", 8000), ("app-web-2-1", 8000)),
    ("app", "web"): (("wiki-db-1", 3306), ("wiki-wiki-1", 80)),
}
# A page, and the smallest picture that there is, left by its administrator.
LEFT = """
cd /srv/wiki
echo {nonce} | docker compose exec -T wiki php maintenance/run.php edit --user=Admin {nonce}
docker compose exec -T wiki bash -c '
    mkdir /tmp/{nonce} && echo {picture} | base64 --decode > /tmp/{nonce}/{nonce}.png
    php maintenance/run.php importImages --user=Admin /tmp/{nonce} && rm --recursive /tmp/{nonce}'
"""
PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
# With --quiet grep would go at the first match, and curl fail where it has not written all.
THERE = """
curl --silent --fail --location --max-time 20 https://wiki.example.org/index.php/{nonce} | grep --count '<p>{nonce}'
curl --silent --fail --location --max-time 20 https://wiki.example.org/index.php/Special:FilePath/{nonce}.png |
    base64 --wrap=0 | grep --count --fixed-strings {picture}
"""
VISITS = """
rm --force /run/first.*
systemd-run --quiet --unit=first --setenv=CURL_CA_BUNDLE=$CURL_CA_BUNDLE bash -c 'until [ -e /run/first.stop ]; do
    curl --silent --output /dev/null --max-time 15 --write-out "%{http_code}\\n" https://app.example.org/ \
        >> /run/first.told
    sleep 0.2
done'
"""
VISITED = "touch /run/first.stop; while systemctl is-active --quiet first; do sleep 0.2; done"
SHEET = "https://cheatsheetseries.owasp.org/cheatsheets"
BOUNDS = {
    "wiki": Bounds(("/run/apache2", "/run/lock/apache2", "/tmp", "/var/www/html/images")),
    "db": Bounds(("/run/mysqld", "/tmp", "/var/lib/mysql")),
}


def _shown(servers: Servers, url: str) -> str:
    """Whose page a visitor is shown at an address, in words."""
    lines = servers.run(PAGE.format(url=url), on=NEIGHBOUR, check=False).stdout.splitlines()
    if not lines or lines[-1].strip() != OK:
        return "no page"
    return "the wiki" if len(lines) > 1 else "the first application"


def _there(servers: Servers, nonce: str) -> bool:
    """Whether the page and the picture of that name are."""
    asked = THERE.format(nonce=nonce, picture=PICTURE)
    return servers.run(asked, on=NEIGHBOUR, check=False).status == 0


def _left(servers: Servers) -> str:
    """A page and a picture by a name that nobody else has; that name.

    Raises ContainerError where the wiki serves nobody: its server may have been started a moment ago.
    """
    if servers.await_(lambda: _shown(servers, WIKI) == "the wiki", BACK_S) is None:
        raise ContainerError(f"the wiki serves nobody for {BACK_S:.0f} s")
    nonce = f"Left{time.monotonic_ns()}"
    servers.run(LEFT.format(nonce=nonce, picture=PICTURE), on=HOST)
    return nonce


@contextmanager
def _visits(servers: Servers) -> Iterator[Counter[str]]:
    """Visitors of the first application while the block runs; what they were answered is there afterwards."""
    told = Counter[str]()
    servers.run(VISITS, on=NEIGHBOUR)
    try:
        yield told
    finally:
        servers.run(VISITED, on=NEIGHBOUR)
    told.update(servers.run("cat /run/first.told", on=NEIGHBOUR).stdout.split())
    if not told:
        raise ContainerError("nobody has visited the first application")


def _count(told: Counter[str]) -> str:
    return ", ".join(f"{count} times {answer}" for answer, count in sorted(told.items()))


@promise(family="rehearsal", authority="https://caddyserver.com/docs/caddyfile/directives/import")
def each_name_shows_its_own(servers: Servers) -> Judgement:
    """By each of the two names visitors are shown the application that has it, and never the other one."""
    wanted = {FIRST: "the first application", WIKI: "the wiki"}
    found = {url: Counter(_shown(servers, url) for _ in range(ASKED)) for url in wanted}
    hosts = {url: url.split("/")[2] for url in wanted}
    seen = "; ".join(f"{hosts[url]} shows {_count_of(shown)}" for url, shown in found.items())
    return kept_if(all(set(found[url]) == {own} for url, own in wanted.items()), seen)


def _count_of(shown: Counter[str]) -> str:
    return ", ".join(f"{whose} {count} times of {ASKED}" for whose, count in shown.items())


@promise(family="rehearsal", authority="https://docs.docker.com/compose/how-tos/networking/")
def neither_reaches_the_other(servers: Servers) -> Judgement:
    """From neither application's containers anybody reaches the other's database or application, by any address."""
    own = [f"{way[0]}-{way[1]} reaches {target[0]}" for way, target in WAYS.items() if _reached(servers, way, *target)]
    open_ = [
        f"{project}-{service} reaches {container}:{port}"
        for (project, service), targets in CLOSED.items()
        for container, port in targets
        if _reached(servers, (project, service), container, port)
    ]
    tried = sum(map(len, CLOSED.values()))
    seen = f"{' and '.join(own) or 'nobody reaches a database'}; of {tried} ways to the other one {len(open_)} are open"
    return kept_if(len(own) == len(WAYS) and not open_, "; ".join([seen, *open_]))


def _reached(servers: Servers, way: tuple[str, str], container: str, port: int) -> bool:
    """Whether there is a connection by any of a container's addresses."""
    project, service = way
    addresses = servers.run(ADDRESSES.format(container=container), on=HOST).stdout.split()
    if not addresses:
        raise ContainerError(f"{container} has no address")
    ways = (CONNECT.format(address=address, port=port) for address in addresses)
    asked = (INSIDE.format(project=project, service=service, command=each) for each in ways)
    return any(servers.run(each, on=HOST, check=False).status == 0 for each in asked)


@promise(family="rehearsal", authority="https://docs.docker.com/compose/how-tos/project-name/")
def one_changes_without_the_other(servers: Servers) -> Judgement:
    """The wiki is updated, backed up, restored, removed and put back, and no visitor of the first one notices."""
    kept = _left(servers)
    with _visits(servers) as told:
        servers.run("wiki update && wiki back-up /root/wiki.img", on=HOST)
        later = _left(servers)
        servers.run("wiki restore /root/wiki.img && rm /root/wiki.img", on=HOST)
        before, after = _there(servers, kept), _there(servers, later)
        servers.run("wiki remove", on=HOST)
        removed = _shown(servers, WIKI) == "no page"
        done = servers.run(AGAIN, check=False)
        back = servers.await_(lambda: _there(servers, kept), BACK_S) is not None
    seen = f"restored, the wiki has {'what' if before else 'not what'} it had when it was backed up, and "
    seen += f"{'what' if after else 'nothing that'} came later; removed, it is {'gone' if removed else 'still there'}; "
    seen += f"the playbook exits {done.status}, and its page and picture are {'back' if back else 'not back'}; "
    seen += f"meanwhile visitors of the first one got {_count(told)}"
    return kept_if(before and not after and removed and done.status == 0 and back and set(told) == {OK}, seen)


@promise(family="rehearsal", authority="https://www.freedesktop.org/software/systemd/man/257/systemd.mount.html")
def both_are_back_after_a_boot(servers: Servers) -> Judgement:
    """After the server had no power both serve by themselves, the wiki from the disk that it had before."""
    kept = _left(servers)
    servers.kill(HOST)
    servers.start(HOST)
    first_s = servers.await_(lambda: _shown(servers, FIRST) == "the first application", BACK_S)
    wiki_s = servers.await_(lambda: _there(servers, kept), BACK_S)
    times = {"the first one": first_s, "the wiki, with what it had,": wiki_s}
    seen = ", ".join(
        f"{who} {'does not serve' if seconds is None else f'serves after {seconds:.0f} s'}"
        for who, seconds in times.items()
    )
    return kept_if(first_s is not None and wiki_s is not None, f"after a boot {seen}")


@promise(
    family="rehearsal",
    authority="https://docs.ansible.com/ansible/latest/playbook_guide/playbooks_intro.html#desired-state-and-idempotency",
)
def wiki_again_changes_nothing(servers: Servers) -> Judgement:
    """The same playbook again says of itself that it changes nothing."""
    return unchanged(recap(servers.run(AGAIN, check=False), HOST), count=1)


@promise(family="rehearsal", authority=f"{SHEET}/Docker_Security_Cheat_Sheet.html")
def every_container_is_confined(servers: Servers) -> Judgement:
    """Each writes to the mounts that it needs, holds the capabilities that it is given, and may not gain others."""
    names = {name: f"wiki-{name}-1" for name in BOUNDS}
    looks = {name: TOLD_OUTSIDE.format(container=container) for name, container in names.items()}
    return confined({name: servers.run(look, on=HOST).stdout for name, look in looks.items()}, BOUNDS)


@promise(family="rehearsal", authority=PROFILES)
def wiki_passes_the_linter(clone: Clone) -> Judgement:
    """ansible-lint has nothing to say against the playbook."""
    return linted(clone, "wiki.yml")
