"""What the application does beyond the contract: who wrote what stays so, a stop is waited for, a job is done once."""

import json
import re
import shlex
from concurrent.futures import Future, ThreadPoolExecutor
from urllib.parse import urlencode

from ...contract.observation import Done, Posture, Rebuild
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
# A migration more, by a file and nothing else.
MORE = """
USER 0
RUN echo 'ALTER TABLE visits ADD COLUMN later text;' > migrations/9000_later.sql
USER {user}
"""
NOTES = 20
MANY = """
    WITH made AS (INSERT INTO notes (text) SELECT 'three words each' FROM generate_series(1, 20) RETURNING id)
    INSERT INTO jobs (kind, subject, due) SELECT 'count-words', id::text, now() - interval '2 min' FROM made
"""
# What marks a job as done takes its time, and so the worker is found between its work and that mark.
SLOW = """
    CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(3); RETURN NEW; END';
    CREATE TRIGGER slow BEFORE UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION slow()
"""
MARKING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
LEFT = "SELECT count(*) FROM jobs WHERE kind = 'count-words' AND done IS NULL"
# Both workers have taken a job by the time that either can do it, however unlike they start.
HOLD = "BEGIN; SELECT count(*) FROM (SELECT 1 FROM notes FOR UPDATE) AS held; SELECT pg_sleep(4); COMMIT"
WORK, END = "dotnet App.dll worker & echo $! > /tmp/$0; wait $!", 'kill -s "$1" "$(cat "/tmp/$0")"'
KILLED, FINISHED = 137, "count-words, done"
WORKED_S = 60.0


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
    """Two releases that migrate at once, after one that did, do nothing twice; with one file more, one more is run."""
    migrate = project.migrate or ""
    count = "SELECT count(*) FROM migrations"
    with image.boot() as container, ThreadPoolExecutor(2) as both:
        before = asked(container, count)
        ends = [both.submit(container.run, migrate, check=False) for _ in range(2)]
        done = [end.result() for end in ends]
        after = asked(container, count)
    dockerfile = (image.context / "Dockerfile").read_text() + MORE.format(user=image.config.user)
    following = image.rebuilt(Rebuild(edits={"Dockerfile": dockerfile.encode()}))
    with following.boot(Posture(own_services=True)) as container:
        more = asked(container, f"{count} WHERE name = '9000_later'")
    # A stack trace is no JSON, and says as much.
    last = [
        line.partition('"message":')[2].rstrip("}") or line for end in done for line in end.stdout.splitlines()[-1:]
    ]
    seen = f"{before} migrations before, {after} after; {'; '.join(map(str, done))}: {'; '.join(last)}"
    seen += f"; with one file more {more} more"
    is_kept = before == after and before != "0" and [end.status for end in done] == [0, 0] and more == "1"
    return kept_if(is_kept, seen)


@promise(family="rehearsal", authority="https://www.npgsql.org/doc/transactions.html")
def each_job_is_done_once(image: Image, project: Project) -> Judgement:
    """A worker that is killed, one that is asked to end, two at once: each job is done once, and what is late told."""
    del project
    with image.boot(Posture(own_services=True)) as container, ThreadPoolExecutor(3) as aside:

        def began(name: str) -> Future[Done]:
            return aside.submit(container.run, shlex.join(["bash", "-c", WORK, name]), check=False)

        def ended(name: str, how: str) -> None:
            container.run(shlex.join(["bash", "-c", END, name, how]))

        def interrupted(name: str, how: str) -> Done:
            worker = began(name)
            if container.await_(lambda: asked(container, MARKING) == "1", WORKED_S) is None:
                raise ContainerError(f"no worker came to a job within {WORKED_S:.0f} s")
            ended(name, how)
            done = worker.result()
            # The database finds out at its next word that nobody listens.
            container.await_(lambda: asked(container, MARKING) == "0", WORKED_S)
            return done

        asked(container, MANY)
        asked(container, SLOW)
        late = [container.run("dotnet App.dll late", check=False).status]
        killed, ending = interrupted("killed", "KILL"), interrupted("asked", "TERM")
        asked(container, "DROP TRIGGER slow ON jobs")
        held = aside.submit(asked, container, HOLD)
        both = {name: began(name) for name in ("one", "other")}
        container.await_(lambda: asked(container, LEFT) == "0", WORKED_S)
        held.result()
        for name in both:
            ended(name, "TERM")
        statuses = [killed.status, ending.status, *(worker.result().status for worker in both.values())]
        left = asked(container, LEFT)
        once = asked(container, "SELECT count(*) FROM notes WHERE text = 'three words each' AND words = 3")
        minutes = asked(container, "SELECT count(*) FROM tallies")
        late.append(container.run("dotnet App.dll late", check=False).status)
    finished = FINISHED in ending.stdout
    seen = f"{once} of {NOTES} notes were counted once, {left} jobs left, {minutes} minutes tallied; the job at hand "
    seen += (
        f"was {'' if finished else 'not '}finished; the workers exit {', '.join(map(str, statuses))}; asked whether "
    )
    seen += f"something is late, it exits {late[0]} before and {late[1]} after"
    is_kept = (once, left) == (str(NOTES), "0") and minutes != "0" and finished and late == [1, 0]
    return kept_if(is_kept and statuses == [KILLED, 0, 0, 0], seen)
