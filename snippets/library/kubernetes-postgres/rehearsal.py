"""What is seen of a database on a cluster: pods and nodes that go; copies that come back, are refused, are missing."""

import json
import re
import shlex
import time
from collections.abc import Sequence

from ...contract.clusters import app
from ...contract.observation import Done
from ...contract.promise import Judgement, kept_if, promise
from ...contract.servers import NEIGHBOUR, Servers

KUBERNETES = "https://kubernetes.io/docs"
RESTIC = "https://restic.readthedocs.io/en/v0.18.0"
SITE = "https://app.example.org"
DATABASE = "exec statefulset/database -- psql --username=app --no-psqlrc --quiet --tuples-only --no-align"
# Enough for a dump to have an end of its own, and of which one row more or less changes the sum.
LEDGER = """
CREATE TABLE IF NOT EXISTS ledger (id integer PRIMARY KEY, amount numeric NOT NULL);
INSERT INTO ledger SELECT n, n * 1.1 FROM generate_series(1, 20000) AS n ON CONFLICT DO NOTHING;
INSERT INTO visits SELECT now() FROM generate_series(1, 100)
"""
SUM = (
    "SELECT '{0} ' || count(*) || ' ' || coalesce(md5(string_agg({0}::text, '|' ORDER BY {0}::text)), 'none') FROM {0}"
)
# What no worker changes by itself; a note's words are counted, so of notes that is waited for.
TABLES = ("notes", "ledger", "visits", "migrations")
UNCOUNTED = "SELECT count(*) FROM notes WHERE words IS NULL"
DATABASES = "SELECT count(*) FROM pg_database WHERE datname LIKE 'before%' OR datname = 'restored'"
WRITE = "curl --silent --show-error --fail --output /dev/null --max-time 5 --data text={note} {site}/notes"
READ = "curl --silent --max-time 5 {site}/notes?q={note}"
# What the store itself says that it has: https://restic.readthedocs.io/en/v0.18.0/100_references.html#rest-backend
COPIES = "kubectl get --raw /api/v1/namespaces/store/services/store:8000/proxy/app/snapshots/"
WAITED_S, BACK_S, AWAY_S = 60.0, 120.0, 20.0
RELEASE = './release "$APP_IMAGE"'
# Everything that a release and the overlay have made, and each disk.
DESTROYED = """
kubectl --namespace app delete deployment,statefulset,cronjob,job,service,httproute,gateway --all --wait
kubectl --namespace app delete pod,persistentvolumeclaim --all --wait
kubectl delete persistentvolume --all --wait
"""
BRING = "kubectl kustomize overlays/backup | kubectl apply --selector step=backup --filename -"
# Jobs of a CronJob, with another word in the place of one of its own.
OTHERWISE = """
kubectl --namespace app delete job {name} --ignore-not-found --wait
kubectl --namespace app create job {name} --from cronjob/{job} --dry-run=client --output yaml |
    sed {edit} | kubectl --namespace app create --filename -
until kubectl --namespace app get job {name} --output 'jsonpath={{.status.conditions[*].type}}' |
    grep --extended-regexp 'Complete|Failed'; do sleep 1; done
kubectl --namespace app logs --selector batch.kubernetes.io/job-name={name} --all-containers || true
kubectl --namespace app wait job/{name} --for condition=Complete --timeout 1s
"""
# A program of one line in the place of a file.
INSTEAD = r"s#^\( *\)- /etc/backup/{script}$#\1- -c\n\1- '{program}'#"
SPOILED = {
    "cut short": r"bash /etc/backup/dump \&\& truncate --size=-20000 /work/app.dump",
    "empty": ": > /work/app.dump",
    "of an empty database": "export PGPASSWORD=$(cat /run/secrets/app/database_password); "
    "pg_dump --host=database --username=app --format=custom --file=/work/app.dump postgres",
}
ATTACK = "restic unlock; restic forget --tag database --keep-last 1 --prune; "
ATTACK += "restic forget --tag database --unsafe-allow-remove-all"
AWAY = re.compile(r"was away for (\d+) s")
ERROR = re.compile("ERROR: .*")
TOLD_S = 15.0


def sql(servers: Servers, query: str, *, check: bool = True) -> str:
    """What the database in use answers."""
    return app(servers, f"{DATABASE} --command={shlex.quote(query)}", check=check).strip()


def sums(servers: Servers) -> Sequence[str]:
    """How many rows each table has, and a sum over them, once the worker has nothing to do."""
    servers.await_(lambda: sql(servers, UNCOUNTED, check=False) == "0", WAITED_S)
    found = [(table, sql(servers, SUM.format(table), check=False)) for table in TABLES]
    return [said if said.startswith(f"{table} ") else f"{table} no none" for table, said in found]


def told(sums: Sequence[str]) -> str:
    """As in "3 notes, 20000 ledger"."""
    return ", ".join(f"{count} {table}" for table, count, _ in (each.split() for each in sums)) or "none"


def writes(servers: Servers) -> str:
    """A visitor leaves a note: which; empty where nobody takes it."""
    note = f"note-{time.monotonic_ns()}"
    done = servers.run(WRITE.format(note=note, site=SITE), on=NEIGHBOUR, check=False)
    return note if done.status == 0 else ""


def reads(servers: Servers, note: str) -> bool:
    """Whether a visitor finds it."""
    return note in servers.run(READ.format(note=note, site=SITE), on=NEIGHBOUR, check=False).stdout


def taken(servers: Servers) -> str:
    """The first note that a visitor can leave; empty where nobody takes one within its time."""
    notes = [""]

    def is_taken() -> bool:
        notes[0] = writes(servers)
        return bool(notes[0])

    servers.await_(is_taken, BACK_S)
    return notes[0]


def filled(servers: Servers) -> str:
    """There is something to be lost: a note of a visitor, and rows that were given a sum."""
    sql(servers, LEDGER)
    return taken(servers)


def release(servers: Servers) -> str:
    """How it ends, and once more where it fails: for some seconds the database's name leads to the pod of before."""
    first = servers.run(RELEASE, check=False).status
    return "0" if first == 0 else f"{first}, and then {servers.run(RELEASE, check=False).status}"


def now(servers: Servers, job: str) -> Done:
    """A job before its time."""
    return servers.run(f"./now {job}", check=False)


def otherwise(servers: Servers, job: str, name: str, edit: str) -> Done:
    """The same, with an edit of what it is."""
    return servers.run(OTHERWISE.format(job=job, name=name, edit=shlex.quote(edit)), check=False)


def spoiled(servers: Servers, how: str) -> bool:
    """Such a copy is the newest one in the store."""
    edit = INSTEAD.format(script="dump", program=SPOILED[how])
    return otherwise(servers, "backup", "spoiled", edit).status == 0


def copies(servers: Servers) -> Sequence[str]:
    """What the store has, by its names."""
    return json.loads(servers.run(COPIES).stdout) or ()


def node(servers: Servers) -> str:
    """Where the database is."""
    return app(servers, "get pod database-0 --output 'jsonpath={.spec.nodeName}'").strip()


def scaled(servers: Servers, pods: int) -> None:
    """So many pods of the database."""
    app(servers, f"scale statefulset/database --replicas {pods}")
    gone = "wait pod/database-0 --for delete --timeout 60s"
    app(servers, "rollout status statefulset/database --timeout 60s" if pods else gone, check=bool(pods))


@promise(family="rehearsal", authority=f"{KUBERNETES}/concepts/workloads/controllers/statefulset/#stable-storage")
def data_outlives_its_pod(servers: Servers) -> Judgement:
    """The database's pod is deleted, and then there is none for a while; the next one has every row."""
    note = filled(servers)
    before = sums(servers)
    app(servers, "delete pod database-0 --wait")
    app(servers, "rollout status statefulset/database --timeout 60s")
    once = sums(servers)
    scaled(servers, 0)
    scaled(servers, 1)
    again = sums(servers)
    found = servers.await_(lambda: reads(servers, note), AWAY_S) is not None
    seen = f"of {told(before)} there are {told(once)} when its pod was deleted, and {told(again)} when there was none "
    seen += f"for a while; a visitor {'finds' if found else 'does not find'} the note that one had left"
    return kept_if(before == once == again and found, seen)


@promise(family="rehearsal", authority=RESTIC + "/050_restore.html")
def everything_destroyed_comes_back(servers: Servers) -> Judgement:
    """Database, claim and disk are destroyed; a release and one command bring back every row of the newest copy."""
    note = filled(servers)
    before = sums(servers)
    backed = now(servers, "backup")
    servers.run(DESTROYED)
    released = release(servers)
    servers.run(BRING)
    lost = servers.await_(lambda: bool(writes(servers)), BACK_S) is not None and not reads(servers, note)
    restored = servers.run("./restore", check=False)
    away, error = AWAY.search(restored.stdout), ERROR.search(restored.stdout)
    after = sums(servers) if restored.status == 0 else ()
    found = servers.await_(lambda: reads(servers, note), WAITED_S) is not None
    goes_on = bool(writes(servers))
    seen = f"the backup exits {backed.status}; all is destroyed, the release exits {released}, and the note is "
    seen += f"{'gone' if lost else 'there'}; {f'{error[0]}; ' if error else ''}"
    seen += f"the restore exits {restored.status} after {restored.took_s:.0f} s, in "
    seen += f"which the site was away for {away[1] if away else 'no'} s; of {told(before)} there are "
    seen += f"{told(after)}, the note is {'found' if found else 'gone'}, and another one is "
    seen += "taken" if goes_on else "refused"
    right = backed.status == 0 and released[-1] == "0" and lost and before == after
    return kept_if(right and found and goes_on, seen)


@promise(family="rehearsal", authority=f"{KUBERNETES}/concepts/storage/volumes/#local")
def lost_node_has_the_data_when_it_is_back(servers: Servers) -> Judgement:
    """The database's node has no power: nobody can write, and with the node every row is back."""
    note = filled(servers)
    before = sums(servers)
    where = node(servers)
    servers.kill(where)
    gone = time.monotonic()
    silent = servers.await_(lambda: not writes(servers), WAITED_S) is not None
    servers.await_(lambda: False, AWAY_S)
    servers.start(where)
    on = time.monotonic()
    back = bool(taken(servers))
    ended = time.monotonic()
    found = back and reads(servers, note)
    left = sums(servers) if back else ()
    # What was taken before anybody noticed, and the first one afterwards, are notes too.
    same = bool(left) and left[1:] == before[1:]
    seen = f"{'nobody can write' if silent else 'somebody writes on'} once its node has no power; "
    if back:
        seen += (
            f"{ended - gone:.0f} s after that, and {ended - on:.0f} s after the node has booted, the first is taken; "
        )
        seen += f"of {told(before)} there are {told(left)}"
    else:
        seen += "nobody ever can again"
    return kept_if(silent and found and same, seen)


@promise(family="rehearsal", authority="https://www.postgresql.org/docs/18/app-pgrestore.html")
def spoiled_copy_replaces_nothing(servers: Servers) -> Judgement:
    """A copy that is cut short, empty, or of an empty database is refused before anything is touched."""
    note = filled(servers)
    before, others = sums(servers), sql(servers, DATABASES)
    pods = app(servers, "get pods --selector app.kubernetes.io/name=web --output name")
    ends: dict[str, int] = {}
    for how in SPOILED:
        ends[how] = servers.run("./restore", check=False).status if spoiled(servers, how) else -1
    same = app(servers, "get pods --selector app.kubernetes.io/name=web --output name") == pods
    after, more = sums(servers), sql(servers, DATABASES)
    found = reads(servers, note)
    now(servers, "backup")
    seen = "; ".join(f"{how}: it exits {status}" for how, status in ends.items())
    seen += f"; of {told(before)} there are {told(after)}, {'no' if more == others else 'a'} database more, and the "
    seen += f"pods are {'as before' if same else 'others'}; a note is {'found' if found else 'gone'}"
    return kept_if(set(ends.values()) == {1} and before == after and more == others and same and found, seen)


@promise(family="rehearsal", authority="https://sre.google/sre-book/data-integrity/")
def drill_fails_on_what_cannot_be_restored(servers: Servers) -> Judgement:
    """A drill counts what the newest copy holds and leaves that in the store; of one that is cut short it fails."""
    filled(servers)
    notes = sums(servers)[0].split()[1]
    now(servers, "backup")
    drilled = now(servers, "drill")
    said = next((line for line in drilled.stdout.splitlines() if "restored:" in line), "nothing").rpartition("] ")[2]
    count = len(copies(servers))
    bad = spoiled(servers, "cut short")
    failed = now(servers, "drill")
    noted = len(copies(servers)) - count - 1
    now(servers, "backup")
    seen = f"it exits {drilled.status} and says: {said}; there are {notes} notes; where the newest copy is cut short "
    seen += f"it exits {failed.status}, and {'nothing of it is' if noted == 0 else 'it is'} noted in the store"
    right = drilled.status == 0 and f"restored: {notes} notes" in said
    return kept_if(right and bad and failed.status != 0 and noted == 0, seen)


@promise(family="rehearsal", authority=f"{KUBERNETES}/concepts/workloads/controllers/cron-jobs/")
def missing_copy_is_told(servers: Servers) -> Judgement:
    """A backup without its database fails and leaves no copy, and of a copy that is missing somebody is told."""
    filled(servers)
    now(servers, "backup")
    now(servers, "drill")
    heard = len(servers.told())
    well = now(servers, "watch").status
    alive = servers.await_(lambda: any("one was restored" in m for m in servers.told()[heard:]), TOLD_S) is not None
    count = len(copies(servers))
    scaled(servers, 0)
    failed = now(servers, "backup").status
    scaled(servers, 1)
    more = len(copies(servers)) - count
    heard = len(servers.told())
    # As when a night has passed: the newest copy is older than one second.
    late = otherwise(servers, "watch", "late", 's/value: "93600"/value: "1"/').status
    told = servers.await_(lambda: any("no copy" in m for m in servers.told()[heard:]), TOLD_S) is not None
    seen = f"with a copy and a drill the look exits {well}, and somebody outside {'is' if alive else 'is not'} told; "
    seen += f"without a database the backup exits {failed} and leaves {more} copies; when the copy is too old the look "
    seen += f"exits {late}, and {'somebody' if told else 'nobody'} is told"
    right = well == 0 and alive and failed != 0 and more == 0
    return kept_if(right and late != 0 and told, seen)


@promise(family="rehearsal", authority=RESTIC + "/060_forget.html#security-considerations-in-append-only-mode")
def copies_outlive_whoever_has_the_cluster(servers: Servers) -> Judgement:
    """With all that the cluster has, its keys among it, no copy can be removed from the store."""
    now(servers, "backup")
    now(servers, "backup")
    before = set(copies(servers))
    edit = INSTEAD.format(script="watch", program=ATTACK)
    attacked = otherwise(servers, "watch", "attack", edit)
    left = set(copies(servers))
    whole = now(servers, "drill").status == 0
    gone = len(before - left)
    # It says that they have been removed, and its exit status is 0, whatever the store has answered.
    seen = (
        f"restic forgets all of them, and exits {'0' if attacked.status == 0 else 'with an error'}: of {len(before)} "
    )
    seen += f"copies {gone} are gone, and the newest {'is' if whole else 'is not'} whole"
    return kept_if(len(before) > 1 and not gone and whole, seen)
