"""What the application does beyond the contract: who wrote what stays so, and a long request outlives a stop."""

import json
import re
import shlex
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

from ...contract.project import Project
from ...contract.promise import Judgement, kept_if, promise
from ...contract.subject import Container, Image
from ...errors import ContainerError

CONTACT = "ada@example.org"
MADE = 32
SEE_OTHER = 303
# A host that nobody told otherwise gives up after 30 s.
LONG_S = 33
# There is no program in the image that could post a form, but bash.
POST = r"""
exec 3<>/dev/tcp/127.0.0.1/$0
printf 'POST /notes HTTP/1.0\r\nContent-Type: application/x-www-form-urlencoded\r\n' >&3
printf 'Content-Length: %d\r\n\r\n%s' ${#1} "$1" >&3
cat <&3
"""


def noted(container: Container, project: Project, **fields: str) -> tuple[int, str]:
    """Leave a note, as a form of a browser would: the status, and the cookie that came with it."""
    printed = container.run(shlex.join(["bash", "-c", POST, str(project.port), urlencode(fields)])).stdout
    cookie = re.search(r"^Set-Cookie: (session=[^;]+)", printed, flags=re.MULTILINE | re.IGNORECASE)
    return int(printed.split()[1]), cookie[1] if cookie else ""


def asked(container: Container, query: str) -> str:
    """What the database says."""
    psql = ["psql", "--username=app", "--tuples-only", "--no-align", f"--command={query}"]
    return container.run(shlex.join(psql), on="database").stdout.strip()


@promise(family="rehearsal", authority="https://12factor.net/logs")
def lines_are_found_by_their_request(image: Image, project: Project) -> Judgement:
    """The id that the proxy gives comes back and is in the log; what is none is replaced, and one is made."""
    sent = {"order-17": True, 'x" "level": "fake': False, "": False}
    seen, faults = [], []
    with image.boot() as container:
        for given, is_taken in sent.items():
            headers = {"X-Request-ID": given} if given else {}
            name = container.get("/api/request", headers=headers).headers.get("x-request-id", "")
            as_it_should = name == given if is_taken else len(name) == MADE and name.isalnum()
            logged = container.settled(container.logs)
            lines = [line for line in logged.splitlines() if name and json.loads(line).get("request_id") == name]
            faults += [f"{given!r} comes back as {name!r}"] * (not as_it_should)
            faults += [f"{len(lines)} lines of the log have the id {name!r}"] * (len(lines) != 1)
            seen.append("taken" if name == given else "made")
    return kept_if(
        not faults, "; ".join(faults) or f"3 requests, each one line of the log by its id: {', '.join(seen)}"
    )


@promise(family="rehearsal", authority="https://learn.microsoft.com/dotnet/api/system.security.cryptography.aesgcm")
def contacts_and_keys_are_sealed(image: Image, project: Project) -> Judgement:
    """Whoever reads the database sees no contact and no key, whoever left it does, and nobody else."""
    with image.boot() as container:
        status, cookie = noted(container, project, text="sealed", contact=CONTACT)
        rows = asked(container, "SELECT contact FROM notes WHERE text = 'sealed'")
        keys = asked(container, "SELECT xml FROM cookie_keys")
        own = container.get("/notes?q=sealed", headers={"Cookie": cookie}).body.decode()
        others = container.get("/notes?q=sealed").body.decode()
    faults = [f"POST /notes answered {status}"] * (status != SEE_OTHER)
    faults += ["no row has a contact"] * (not rows)
    faults += ["the database shows the contact"] * (CONTACT.encode().hex() in rows)
    faults += ["the database shows a key of cookies"] * ("<masterKey" in keys or "<sealed" not in keys)
    faults += ["its owner does not see it"] * (CONTACT not in own)
    faults += ["everybody sees it"] * (CONTACT in others)
    seen = f"{len(rows)} characters of the column hold no {CONTACT}, its owner reads it, another visitor does not"
    return kept_if(not faults, "; ".join(faults) or seen)


@promise(
    family="rehearsal",
    authority="https://learn.microsoft.com/aspnet/core/security/data-protection/configuration/overview",
)
def session_outlives_its_container(image: Image, project: Project) -> Judgement:
    """A cookie of one container is good in the next, which shares nothing with the first but the database."""
    with image.boot() as container:
        status, cookie = noted(container, project, text="before", contact=CONTACT)
        with image.boot() as following:
            again = following.get("/notes?q=before", headers={"Cookie": cookie}).body.decode()
    is_known = CONTACT in again
    seen = f"POST /notes answered {status}; "
    seen += f"to the next container its visitor is {'known' if is_known else 'a stranger'}"
    return kept_if(status == SEE_OTHER and bool(cookie) and is_known, seen)


@promise(
    family="rehearsal",
    authority="https://learn.microsoft.com/dotnet/core/extensions/generic-host#ihostapplicationlifetime",
)
def long_request_outlives_the_signal(image: Image, project: Project) -> Judgement:
    """A request that takes longer than the 30 seconds of an untold host is answered whole after SIGTERM."""
    with image.boot(spoils=True) as container:
        with container.in_flight(f"/slow?seconds={LONG_S}") as request:
            container.signal(container.stop_signal())
            try:
                reply = request.result()
            except ContainerError as error:
                return kept_if(condition=False, seen=f"a request of {LONG_S} s got no answer: {error}")
        status, took_s = container.wait(timeout_s=project.stop_grace_s)
    whole = reply.whole and b'"done":true' in reply.body
    seen = f"a request of {LONG_S} s: {reply}{', whole' if whole else ''}; exit {status} after {took_s:.1f} s"
    return kept_if(whole and status == 0, seen)


@promise(family="rehearsal", authority="https://12factor.net/admin-processes")
def each_migration_runs_once(image: Image, project: Project) -> Judgement:
    """Two releases that migrate at once, after one that did: both end well, and nothing is done twice."""
    migrate = project.migrate or ""
    count = "SELECT count(*) FROM migrations"
    with image.boot() as container, ThreadPoolExecutor(2) as both:
        before = asked(container, count)
        ends = [both.submit(container.run, migrate, check=False) for _ in range(2)]
        done = [end.result() for end in ends]
        after = asked(container, count)
    # A stack trace is no JSON, and says as much.
    last = [
        line.partition('"message":')[2].rstrip("}") or line for end in done for line in end.stdout.splitlines()[-1:]
    ]
    seen = f"{before} migrations before, {after} after; {'; '.join(map(str, done))}: {'; '.join(last)}"
    is_kept = before == after and before != "0" and [end.status for end in done] == [0, 0]
    return kept_if(is_kept, seen)
