"""What the application does beyond the contract: a request has a name, a contact is sealed, a job is done once."""

import json
import shlex
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

from ...contract.project import Project
from ...contract.promise import Judgement, kept_if, promise
from ...contract.subject import Container, Image

CONTACT = "ada@example.org"
NOTES = 20
WORKS_S = 9
MANY = """
    WITH made AS (INSERT INTO notes (text) SELECT 'three words each' FROM generate_series(1, 20) RETURNING id)
    INSERT INTO jobs (kind, subject) SELECT 'count-words', id::text FROM made
"""
# Both workers have taken a job by the time that either can do it, however unlike they start.
HOLD = "BEGIN; SELECT count(*) FROM (SELECT 1 FROM notes FOR UPDATE) AS held; SELECT pg_sleep(4); COMMIT"
MADE = 32
POST = """
import http.client, sys
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
connection.request("POST", "/notes", sys.argv[2], {"Content-Type": "application/x-www-form-urlencoded"})
reply = connection.getresponse()
print(reply.status, reply.headers.get("Set-Cookie", "").partition(";")[0])
"""


def noted(container: Container, project: Project, **fields: str) -> tuple[int, str]:
    """Leave a note, as a form of a browser would: the status, and the cookie that came with it."""
    post = ["python", "-c", POST, str(project.port), urlencode(fields)]
    status, _, cookie = container.run(shlex.join(post)).stdout.strip().partition(" ")
    return int(status), cookie


def asked(container: Container, query: str) -> str:
    """What the database says."""
    psql = ["psql", "--username=app", "--tuples-only", "--no-align", f"--command={query}"]
    return container.run(shlex.join(psql), on="database").stdout.strip()


@promise(family="rehearsal", authority="https://12factor.net/logs")
def request_is_found_by_its_id(image: Image, project: Project) -> Judgement:
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


@promise(family="rehearsal", authority="https://cryptography.io/en/latest/fernet/")
def contact_is_sealed(image: Image, project: Project) -> Judgement:
    """Whoever reads the database sees no contact, whoever left it does, and nobody else."""
    with image.boot() as container:
        status, cookie = noted(container, project, text="sealed", contact=CONTACT)
        rows = asked(container, "SELECT contact FROM notes WHERE text = 'sealed'")
        own = container.get("/notes?q=sealed", headers={"Cookie": cookie}).body.decode()
        others = container.get("/notes?q=sealed").body.decode()
    faults = [f"POST /notes answered {status}"] * (status != 303)  # noqa: PLR2004 - a status code
    faults += ["no row has a contact"] * (not rows)
    faults += ["the database shows the contact"] * (CONTACT.encode().hex() in rows)
    faults += ["its owner does not see it"] * (CONTACT not in own)
    faults += ["everybody sees it"] * (CONTACT in others)
    seen = f"{len(rows)} characters of the column hold no {CONTACT}, its owner reads it, another visitor does not"
    return kept_if(not faults, "; ".join(faults) or seen)


@promise(family="rehearsal", authority="https://www.postgresql.org/docs/18/sql-select.html#SQL-FOR-UPDATE-SHARE")
def job_is_done_once(image: Image, project: Project) -> Judgement:
    """Two workers at once do each job once, and end with 0 when they are asked to."""
    work = f"timeout --preserve-status {WORKS_S} python -m app.worker"
    with image.boot() as container, ThreadPoolExecutor(3) as aside:
        asked(container, MANY)
        held = aside.submit(asked, container, HOLD)
        ends = [aside.submit(container.run, work, check=False) for _ in range(2)]
        statuses = [end.result().status for end in ends]
        held.result()
        once = asked(container, "SELECT count(*) FROM notes WHERE text = 'three words each' AND words = 3")
        left = asked(container, "SELECT count(*) FROM jobs WHERE done IS NULL")
        minutes = asked(container, "SELECT count(*) FROM tallies")
    seen = f"{once} of {NOTES} notes were counted once, {left} jobs left, {minutes} minutes tallied, "
    seen += f"the workers exit {' and '.join(map(str, statuses))}"
    return kept_if((int(once), int(left), statuses) == (NOTES, 0, [0, 0]) and int(minutes) in {1, 2}, seen)


@promise(family="rehearsal", authority="https://12factor.net/admin-processes")
def migrating_again_changes_nothing(image: Image, project: Project) -> Judgement:
    """Two releases that migrate at once, after one that did: both end well, and nothing is done twice."""
    migrate = project.migrate or ""
    count = "SELECT count(*) FROM migrations"
    with image.boot() as container, ThreadPoolExecutor(2) as both:
        before = asked(container, count)
        ends = [both.submit(container.run, migrate, check=False) for _ in range(2)]
        done = [end.result() for end in ends]
        after = asked(container, count)
    # A traceback is no JSON, and says as much.
    last = [
        line.partition('"message": ')[2].rstrip("}") or line for end in done for line in end.stdout.splitlines()[-1:]
    ]
    seen = f"{before} migrations before, {after} after; {'; '.join(map(str, done))}: {'; '.join(last)}"
    is_kept = before == after and before != "0" and [end.status for end in done] == [0, 0]
    return kept_if(is_kept, seen)
