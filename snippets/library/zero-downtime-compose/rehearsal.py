"""A release while visitors are there: of a good image, of one that never gets ready, of the one before."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

from ...contract.promise import Judgement, kept_if, promise
from ...contract.subject import Site, Stack
from ...errors import ContainerError

CADDY = "https://caddyserver.com/docs/caddyfile/directives"
COPIES = ("web", "web-2")
AUTHORITY = "/data/caddy/pki/authorities/local/root.crt"
NAME = "localhost/$COMPOSE_PROJECT_NAME"
GOOD = f"docker build --quiet --build-arg REVISION={{version}} --tag {NAME}:{{version}} . && echo {NAME}:{{version}}"
# It serves every page, and says of itself that nobody should be sent to it.
STUCK = f"""
docker build --quiet --build-arg REVISION=stuck --tag {NAME}:good-for-now . && docker build --tag {NAME}:stuck - <<END
FROM {NAME}:good-for-now
USER 0
RUN sed -i 's/"ready"}}, 200/"stuck"}}, 503/' app/views/probes.py
USER 10001:10001
END
docker image rm {NAME}:good-for-now && echo {NAME}:stuck
"""
TAGS = f"docker image ls --format '{{{{.Tag}}}}' {NAME}"
OK, CLIENTS = 200, 4
# Many in a moment, or some all the while: a copy that is replaced has something to lose, and the machine a part left.
PAUSE_S, LONG_PAUSE_S = 0.1, 0.5
SLOW_S = 14
BACK_S = 60.0
# Killed as soon as compose has made the container that takes a place, and has not given it its name.
KILLED = """
setsid ./release {image} & release=$!
for _ in $(seq 600); do
    docker compose ps --all --status created --format '{{{{.Name}}}}' | grep --quiet '_.*-{service}-1$' && break
    sleep 0.05
done
kill -9 -- -$release
wait $release || docker compose ps --all --status created --format '{{{{.Name}}}}' | grep --count '_.*-{service}-1$'
"""


def site(stack: Stack) -> Site:
    """What a visitor has of it: HTTPS, and trust in Caddy's own authority alone."""
    return stack.site("caddy", 443, authority=stack.run(f"cat {AUTHORITY}", on="caddy").stdout)


def built(stack: Stack, making: str) -> str:
    """The name of an image that these commands make."""
    return stack.run(making).stdout.split()[-1]


def copies(stack: Stack) -> dict[str, str]:
    """The container of each copy."""
    return {name: stack.unit(name).id for name in COPIES}


def kept_for_later(stack: Stack) -> str:
    """The image that the next `docker compose up` starts, by the end of its name."""
    lines = (stack.root / ".env").read_text().splitlines()
    return next((line.rpartition(":")[2] for line in lines if line.startswith("APP_IMAGE=")), "none")


@contextmanager
def visitors(stack: Stack, pause_s: float = LONG_PAUSE_S) -> Iterator[Counter[str]]:
    """They ask who answers, again and again, while the block runs; then it holds how often which version did."""
    to, over, told = site(stack), Event(), Counter[str]()

    def ask() -> Counter[str]:
        heard = Counter[str]()
        while not over.is_set():
            try:
                reply = to.ask("/version", timeout_s=20.0)
                heard[json.loads(reply.body)["revision"] if reply.status == OK else f"status {reply.status}"] += 1
            except ContainerError:
                heard["no whole answer"] += 1
            time.sleep(pause_s)
        return heard

    with ThreadPoolExecutor(CLIENTS) as pool:
        asking = [pool.submit(ask) for _ in range(CLIENTS)]
        try:
            yield told
        finally:
            over.set()
    for each in asking:
        told.update(each.result())


def said(told: Counter[str]) -> str:
    """As in "31 times two"."""
    return ", ".join(f"{count} times {what}" for what, count in sorted(told.items()))


@promise(family="rehearsal", authority=f"{CADDY}/reverse_proxy#active-health-checks")
def release_loses_no_request(stack: Stack) -> Judgement:
    """While another version takes the place of both copies every visitor is answered, and then by that one alone."""
    image = built(stack, GOOD.format(version="two"))
    with ThreadPoolExecutor(1) as aside, visitors(stack, PAUSE_S) as told:
        # One that is under way when its copy is told to go.
        slow = aside.submit(site(stack).ask, f"/slow?seconds={SLOW_S}")
        done = stack.run(f"./release {image}", check=False)
        whole = slow.result().body.endswith(b'{"done": true}\n')
    with visitors(stack) as after:
        time.sleep(1)
    seen = f"it exits {done.status}; visitors heard {said(told)}, afterwards {said(after)}; "
    seen += f"an answer of {SLOW_S} s came {'whole' if whole else 'in part'}"
    only = set(told) == {"unknown", "two"} and set(after) == {"two"}
    return kept_if(done.status == 0 and only and whole, seen)


@promise(family="rehearsal", authority="https://docs.docker.com/reference/compose-file/services/#healthcheck")
def unhealthy_release_gets_no_visitor(stack: Stack) -> Judgement:
    """A version that never gets ready is given no visitor, the one before stays in its place, and the command fails."""
    before = kept_for_later(stack)
    image = built(stack, STUCK)
    with visitors(stack) as told:
        done = stack.run(f"./release {image}", check=False)
    # What the engine does by itself, after a boot or by `up`.
    later = kept_for_later(stack)
    stuck = [name for name in COPIES if stack.unit(name).health != "healthy"]
    with visitors(stack) as after:
        time.sleep(1)
    seen = f"it exits {done.status}; visitors heard {said(told)}, afterwards {said(after)}; "
    seen += f"{' and '.join(stuck) or 'no copy'} is left unhealthy; the next `up` starts {later}"
    right = len(told) == 1 and set(told) == set(after) and not any(" " in heard or heard == "stuck" for heard in told)
    return kept_if(done.status != 0 and right and not stuck and later == before, seen)


@promise(family="rehearsal", authority="https://docs.docker.com/reference/cli/docker/compose/up/")
def the_same_again_replaces_nothing(stack: Stack) -> Judgement:
    """The image that serves already, released again: the same containers, and every visitor is answered."""
    image = built(stack, GOOD.format(version="same"))
    stack.run(f"./release {image}")
    before = copies(stack)
    with visitors(stack) as told:
        done = stack.run(f"./release {image}", check=False)
        # Until Caddy has looked at both of them.
        time.sleep(5)
    same = [name for name, id_ in copies(stack).items() if before[name] == id_]
    seen = f"it exits {done.status}; {len(same)} of {len(COPIES)} copies are the same containers; "
    seen += f"visitors heard {said(told)}"
    return kept_if(done.status == 0 and len(same) == len(COPIES) and set(told) == {"same"}, seen)


@promise(family="rehearsal", authority="https://docs.docker.com/reference/cli/docker/image/rm/")
def the_version_before_is_there(stack: Stack) -> Judgement:
    """After several releases the image before is still on the server and serves again; older ones are gone."""
    for version in ("three", "four", "five"):
        stack.run(f"./release {built(stack, GOOD.format(version=version))}")
    # The first one is of `docker compose build`, and no release.
    kept = sorted({*stack.run(TAGS).stdout.split()} - {"latest"})
    before = stack.run(f"echo {NAME}:four").stdout.strip()
    started = time.monotonic()
    done = stack.run(f"./release {before}", check=False)
    took_s = time.monotonic() - started
    with visitors(stack) as after:
        time.sleep(1)
    seen = f"kept are {' and '.join(kept)}; back on the one before it exits {done.status}; visitors heard {said(after)}"
    seen += f" after {took_s:.0f} s"
    return kept_if(kept == ["five", "four"] and done.status == 0 and set(after) == {"four"} and took_s < BACK_S, seen)


@promise(family="rehearsal", authority="https://man7.org/linux/man-pages/man1/flock.1.html")
def two_releases_come_one_after_the_other(stack: Stack) -> Judgement:
    """Two releases begun at once both end well, every visitor is answered, and in the end both copies are of one."""
    images = [built(stack, GOOD.format(version=version)) for version in ("six", "seven")]
    with ThreadPoolExecutor(2) as both, visitors(stack) as told:
        done = list(both.map(lambda image: stack.run(f"./release {image}", check=False), images))
    with visitors(stack) as after:
        time.sleep(1)
    later = kept_for_later(stack)
    lost = [what for what in told if " " in what]
    seen = f"they exit {' and '.join(str(each.status) for each in done)}; visitors heard {said(told)}, afterwards "
    seen += f"{said(after)}; the next `up` starts {later}"
    return kept_if([each.status for each in done] == [0, 0] and not lost and set(after) == {later}, seen)


@promise(family="rehearsal", authority="https://12factor.net/disposability")
def a_killed_release_is_made_up_for(stack: Stack) -> Judgement:
    """Killed while it replaces a copy, or the worker: every visitor is answered, and the next release ends right."""
    told, right = [], True
    for service, version in (("web", "eight"), ("worker", "nine")):
        image = built(stack, GOOD.format(version=version))
        with visitors(stack) as heard:
            left = stack.run(KILLED.format(image=image, service=service), check=False).stdout.split()[-1:]
            done = stack.run(f"./release {image}", check=False)
        with visitors(stack) as after:
            time.sleep(1)
        lost = sum(count for what, count in heard.items() if " " in what)
        seen = f"killed while it replaces {service} it leaves {' '.join(left) or 'no'} container without a name; "
        seen += f"the next one exits {done.status}, {lost} visitors lost, afterwards {said(after)}"
        told += [seen, *(line for line in done.stderr.splitlines() if line.startswith("Error"))]
        right = right and left == ["1"] and done.status == 0 and not lost and set(after) == {version}
        if not right:
            break
    return kept_if(right, "; ".join(told))
