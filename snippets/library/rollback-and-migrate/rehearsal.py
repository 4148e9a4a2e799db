"""A column that gets another name while visitors write to it, and the way back in between."""

import time
import urllib.parse
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event

from ...contract.promise import Judgement, kept_if, promise
from ...contract.subject import Site, Stack
from ...errors import ContainerError

AUTHORITY = "/data/caddy/pki/authorities/local/root.crt"
NAME = "localhost/$COMPOSE_PROJECT_NAME"
BUILT = (
    f"docker build --quiet --build-arg REVISION={{version}} --tag {NAME}:{{version}} . >&2 && echo {NAME}:{{version}}"
)
EXPANDS = "cp rename/0004_body_beside_text.sql rename/0005_body_for_all.sql app/migrations/"
# The whole edit of the code: what the old name was is the new one.
USES = r"""
sed --in-place 's/id, text,/id, body AS text,/; s/(text, contact/(body, contact/; s/IN text)/IN body)/' app/notes.py
sed --in-place 's/SELECT text FROM notes/SELECT body FROM notes/' app/jobs.py
grep --quiet 'body AS text' app/notes.py && grep --quiet 'SELECT body' app/jobs.py
"""
CONTRACTS = "cp rename/0006_text_is_gone.sql app/migrations/"
# It starts, and ends.
ENDS = f"""
docker build --tag {NAME}:ends - >&2 <<END
FROM {NAME}
CMD ["false"]
END
echo {NAME}:ends
"""
COLUMNS = """
docker compose exec -T db psql --username=app --dbname=app --quiet --tuples-only --no-align <<< \
    "SELECT column_name FROM information_schema.columns WHERE table_name = 'notes' AND column_name IN ('text', 'body')"
"""
# A table that has been expanded and not filled in, and a change of something else. Of all that nothing stays.
MEANWHILE = """
{ echo 'BEGIN; CREATE SCHEMA meanwhile; SET LOCAL search_path TO meanwhile;'
echo 'CREATE TABLE notes (text text, words integer); INSERT INTO notes VALUES ($$long ago$$);'
cat rename/0004_body_beside_text.sql
echo 'UPDATE notes SET words = 2; SELECT text, words FROM notes; ROLLBACK;'
} | docker compose exec -T db psql --username=app --dbname=app --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1
"""
SEE_OTHER, OK, CLIENTS = 303, 200, 2
# Between two notes of one who writes: many a second would leave a release none of the machine.
PAUSE_S = 0.5
BACK_S = 120.0


@dataclass(slots=True)
class Written:
    """What was acknowledged, and how often something was not, or could not be found a moment later."""

    notes: list[str] = field(default_factory=list)
    lost: int = 0


def site(stack: Stack) -> Site:
    """What a visitor has of it: HTTPS, and trust in Caddy's own authority alone."""
    return stack.site("caddy", 443, authority=stack.run(f"cat {AUTHORITY}", on="caddy").stdout)


def is_found(to: Site, note: str) -> bool:
    """Whether the page that is asked for it shows it."""
    reply = to.ask(f"/notes?q={note}", timeout_s=20.0)
    return reply.status == OK and f"<li>{note}<".encode() in b"".join(reply.body.split())


@contextmanager
def writers(stack: Stack) -> Iterator[Written]:
    """They leave notes and look for them, again and again, while the block runs; then it holds what came of that."""
    to, over, told = site(stack), Event(), Written()
    form = {"Content-Type": "application/x-www-form-urlencoded"}

    def write(client: int) -> Written:
        heard, number = Written(), 0
        while not over.is_set():
            number += 1
            note = f"note-{client}-{number}-{time.monotonic_ns()}"
            try:
                body = urllib.parse.urlencode({"text": note}).encode()
                if to.ask("/notes", body=body, headers=form, timeout_s=20.0).status == SEE_OTHER:
                    heard.notes.append(note)
                    heard.lost += not is_found(to, note)
                else:
                    heard.lost += 1
            except ContainerError:
                heard.lost += 1
            time.sleep(PAUSE_S)
        return heard

    with ThreadPoolExecutor(CLIENTS) as pool:
        asking = [pool.submit(write, client) for client in range(CLIENTS)]
        try:
            yield told
        finally:
            over.set()
    for each in asking:
        told.notes += each.result().notes
        told.lost += each.result().lost


@promise(family="rehearsal", authority="https://sre.google/sre-book/release-engineering/")
def where_there_is_no_way_back_it_says_so(stack: Stack) -> Judgement:
    """Before the first release nothing has served but this: the command says so, fails, and ends no container."""
    before = stack.unit("web").id
    done = stack.run("./back", check=False)
    same = stack.unit("web").id == before
    told = "no other image has served here" in done.stdout + done.stderr
    seen = f"it exits {done.status} and {'says' if told else 'does not say'} that none has served before; the "
    seen += f"container is {'the same' if same else 'another one'}"
    return kept_if(done.status != 0 and told and same, seen)


@promise(family="rehearsal", authority="https://martinfowler.com/bliki/ParallelChange.html")
def a_column_is_renamed_without_a_gap(stack: Stack) -> Judgement:
    """A column gets another name in three releases, with one step back: no note is lost, by no version in between."""
    steps = {"expand": (EXPANDS, ""), "code": (USES, ""), "back": ("", "./back"), "code again": ("", "code")}
    steps |= {"contract": (CONTRACTS, "")}
    exits, back_s = list[str](), 0.0
    with writers(stack) as told:
        for step, (edit, command) in steps.items():
            release = command if command.startswith("./") else f"./release {NAME}:{command or step}"
            if edit:
                stack.run(f"{edit}\n{BUILT.format(version=step)}")
            started = time.monotonic()
            done = stack.run(release, check=False)
            back_s = time.monotonic() - started if step == "back" else back_s
            exits.append(f"{step} exits {done.status}")
            if done.status != 0:
                break
    to = site(stack)
    gone = [note for note in told.notes if not is_found(to, note)]
    columns = stack.run(COLUMNS).stdout.split()
    seen = f"{', '.join(exits)}; of {len(told.notes) + told.lost} notes {told.lost} are lost, and {len(gone)} are not "
    seen += f"there in the end; the way back takes {back_s:.0f} s; the column is called "
    seen += " and ".join(columns)
    whole = len(exits) == len(steps) and all(each.endswith(" 0") for each in exits)
    return kept_if(
        whole and bool(told.notes) and not told.lost and not gone and columns == ["body"] and back_s < BACK_S, seen
    )


@promise(family="rehearsal", authority="https://www.postgresql.org/docs/18/plpgsql-trigger.html")
def what_is_not_filled_in_yet_is_kept(stack: Stack) -> Judgement:
    """Of a row that was there before the new column something else is changed: what it held is still there."""
    done = stack.run(MEANWHILE, check=False)
    shown = done.stdout.strip() or (done.stderr.strip().splitlines() or ["nothing"])[0]
    seen = f"a row says 'long ago', and nobody has filled in its new column; its words are counted, and it says {shown}"
    return kept_if(done.status == 0 and shown == "long ago|2", seen)


@promise(family="rehearsal", authority="https://sre.google/sre-book/release-engineering/")
def the_way_back_passes_what_was_refused(stack: Stack) -> Judgement:
    """After a version that was refused the way back is to the one that served before, and not to that."""
    for version in ("one", "two"):
        stack.run(f"docker tag {NAME} {NAME}:{version} && ./release {NAME}:{version}")
    refused = stack.run(f"./release $({ENDS})", check=False).status
    done = stack.run("./back", check=False)
    lines = (stack.root / ".env").read_text().splitlines()
    serves = next(line.rpartition(":")[2] for line in lines if line.startswith("APP_IMAGE="))
    seen = f"two serves; the bad one exits {refused}, the way back exits {done.status}, and {serves} serves"
    return kept_if(refused != 0 and done.status == 0 and serves == "one", seen)
