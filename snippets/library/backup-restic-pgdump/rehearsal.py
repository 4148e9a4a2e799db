"""What is seen of backups alone: damage that is noticed, restores that fail, drills, and who lets go of what is old."""

from ...contract.playbooks import PROFILES, linted, recap, unchanged
from ...contract.promise import Judgement, kept_if, promise
from ...contract.servers import Clone, Servers

APP, STORE = "app.example.org", "store.example.org"
BACKUP = "systemctl start back-up.service"
THIN = "systemctl start thin-backups.service"
REPOSITORY = f"/srv/backups/{APP}"
COPIES = f"ls {REPOSITORY}/snapshots"
AGAIN = "ansible-playbook --vault-password-file ~/.vault-password backup.yml"
# What restic keeps of directories it reads at every check. So the largest file has to be one of data.
LARGE = "head --bytes=1M /dev/urandom > $(docker volume inspect --format '{{.Mountpoint}}' app_uploads)/large"
# From its middle on there is another thing, of the same length.
SPOILED = f"""
file=$(find {REPOSITORY}/data -type f -printf '%s %p\\n' | sort --numeric-sort --reverse | sed 's/[0-9]* //;q')
cp --preserve "$file" /root/spoiled && echo "$file" > /root/spoiled.name && chmod u+w "$file"
printf spoiled | dd of="$file" bs=1 seek=$(($(stat --format %s "$file") / 2)) conv=notrunc status=none
"""
MENDED = 'cp --preserve /root/spoiled "$(cat /root/spoiled.name)" && rm /root/spoiled*'
# Forty days ago it came here, whatever it says of itself.
AGED = f"touch --date='40 days ago' {REPOSITORY}/snapshots/{{name}} {REPOSITORY}/config"
KEPT = 7
# Data: the list of what is in a dump stands before all of it.
LACKS = 200
# What asks for a dump gets it without its end, and hears of no failure.
SHORT = f"""
cat > /usr/local/bin/docker <<'END'
#!/bin/bash
case " $* " in
    *" pg_dump "*) /usr/bin/docker "$@" | head --bytes=-{LACKS} ;;
    *) exec /usr/bin/docker "$@" ;;
esac
END
chmod 755 /usr/local/bin/docker
"""
WHOLE = "rm /usr/local/bin/docker"
SQL = 'docker compose --project-directory /srv/app exec -T db psql --username=app --dbname=app -tA --command="{query}"'
NOTES = SQL.format(query="SELECT count(*) FROM notes")
DATABASES = SQL.format(query="SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'")
LACKING = SQL.format(query="INSERT INTO notes (text, upload) VALUES ('without its file', 'no-such-file')")
LACKS_NO_MORE = SQL.format(query="DELETE FROM notes WHERE upload = 'no-such-file'")
FOR_THE_DRILL = SQL.format(query="INSERT INTO notes (text) VALUES ('for the drill')")
SAID = "journalctl --unit=restore-drill.service --output=cat --grep=drill: --lines=1"
TOLD_S = 30.0


def _told(servers: Servers, unit: str, before: int) -> bool:
    def is_told() -> bool:
        return any(unit in message for message in servers.told()[before:])

    return servers.await_(is_told, TOLD_S) is not None


def _standing(servers: Servers) -> tuple[str, ...]:
    """How many notes there are, and the databases."""
    return servers.run(NOTES, on=APP).stdout.strip(), *servers.run(DATABASES, on=APP).stdout.split()


@promise(family="rehearsal", authority="https://restic.readthedocs.io/en/v0.18.0/045_working_with_repos.html")
def damage_is_noticed(servers: Servers) -> Judgement:
    """Bytes that changed on the store's disk are noticed when its backups are read, and somebody is told."""
    servers.run(f"{LARGE} && {BACKUP}", on=APP)
    before = len(servers.told())
    servers.run(SPOILED, on=STORE)
    failed = servers.run(THIN, on=STORE, check=False).status != 0
    told = _told(servers, "thin-backups.service", before)
    servers.run(MENDED, on=STORE)
    well = servers.run(THIN, on=STORE, check=False).status == 0
    seen = f"seven bytes of a file are others: reading all backups {'fails' if failed else 'ends well'}, "
    seen += f"{'somebody' if told else 'nobody'} is told; with the file as it was it {'ends well' if well else 'fails'}"
    return kept_if(failed and told and well, seen)


@promise(family="rehearsal", authority="https://restic.readthedocs.io/en/v0.18.0/060_forget.html")
def only_what_is_old_goes(servers: Servers) -> Judgement:
    """A backup that came thirty days ago goes once seven newer ones are there; that none come is told meanwhile."""
    servers.run(BACKUP, on=APP)
    old = servers.run(COPIES, on=STORE).stdout.split()
    for name in old:
        servers.run(AGED.format(name=name), on=STORE)
    before = len(servers.told())
    late = servers.run(THIN, on=STORE, check=False).status != 0
    told = _told(servers, "thin-backups.service", before)
    few = len(servers.run(COPIES, on=STORE).stdout.split())
    while len(servers.run(COPIES, on=STORE).stdout.split()) < len(old) + KEPT:
        servers.run(BACKUP, on=APP)
    servers.run(THIN, on=STORE)
    left = set(servers.run(COPIES, on=STORE).stdout.split())
    seen = f"of {len(old)} that came forty days ago {few} stay while there are none newer, and "
    seen += f"{'somebody' if told else 'nobody'} is told that none come; {len(left & set(old))} stay once {KEPT} newer "
    seen += f"ones are there; {len(left)} are left"
    kept = few == min(len(old), KEPT) and not left & set(old) and len(left) == KEPT
    return kept_if(bool(old) and late and told and kept, seen)


@promise(family="rehearsal", authority="https://www.postgresql.org/docs/18/app-pgrestore.html")
def half_a_dump_is_no_backup(servers: Servers) -> Judgement:
    """Of a dump the end is missing, and no program had failed: the job does, somebody is told, and nothing is kept."""
    servers.run(SHORT, on=APP)
    before, copies = len(servers.told()), servers.run(COPIES, on=STORE).stdout
    failed = servers.run(BACKUP, on=APP, check=False).status != 0
    servers.run(WHOLE, on=APP)
    told = failed and _told(servers, "back-up.service", before)
    same = servers.run(COPIES, on=STORE).stdout == copies
    well = servers.run(BACKUP, on=APP, check=False).status == 0
    seen = f"of the dump the last {LACKS} bytes are missing: the job {'fails' if failed else 'ends well'}, "
    seen += f"{'somebody' if told else 'nobody'} is told, and the store has {'nothing' if same else 'a backup'} of it; "
    seen += f"with all of it the job {'ends well' if well else 'fails'}"
    return kept_if(failed and told and same and well, seen)


@promise(family="rehearsal", authority="https://www.postgresql.org/docs/18/app-pgrestore.html")
def failed_restore_replaces_nothing(servers: Servers) -> Judgement:
    """A backup that lacks a file which a row names is restored by nobody: it says so, and what was there serves on."""
    servers.run(LACKING, on=APP)
    servers.run(BACKUP, on=APP)
    before, heard = _standing(servers), len(servers.told())
    drill = servers.run("systemctl start restore-drill.service", on=APP, check=False).status
    told = _told(servers, "restore-drill.service", heard)
    restore = servers.run("restore-backup latest", on=APP, check=False)
    same = _standing(servers) == before
    servers.run(LACKS_NO_MORE, on=APP)
    said = (restore.stderr.strip().splitlines() or ["nothing"])[-1]
    seen = f"the drill exits {drill} and {'somebody' if told else 'nobody'} is told; the restore exits "
    seen += f"{restore.status} and says: {said}; what was there {'is' if same else 'is not'} as it was"
    return kept_if(drill != 0 and told and restore.status != 0 and "no-such-file" in restore.stderr and same, seen)


@promise(family="rehearsal", authority="https://sre.google/sre-book/data-integrity/")
def drill_restores_beside_the_site(servers: Servers) -> Judgement:
    """The drill restores the newest backup, counts what it holds and leaves the site and its database alone."""
    servers.run(FOR_THE_DRILL, on=APP)
    servers.run(BACKUP, on=APP)
    before = _standing(servers)
    done = servers.run("systemctl start restore-drill.service", on=APP, check=False).status
    # Where it says nothing of the kind, the journal finds nothing, and its command fails.
    said = servers.run(SAID, on=APP, check=False).stdout
    same = _standing(servers) == before
    seen = f"it exits {done} and says: {said.strip()}; there are {before[0]} notes, and the site's database "
    seen += f"{'is' if same else 'is not'} as it was"
    right = f"drill: {before[0]} notes" in said
    return kept_if(done == 0 and right and same and before[0] != "0", seen)


@promise(
    family="rehearsal",
    authority="https://docs.ansible.com/ansible/latest/playbook_guide/playbooks_intro.html#desired-state-and-idempotency",
)
def backups_again_change_nothing(servers: Servers) -> Judgement:
    """The same playbook again says of both hosts that it changes nothing."""
    done = servers.run(AGAIN, check=False)
    judgements = [unchanged(recap(done, host), count=1) for host in (APP, STORE)]
    seen = "; ".join(f"{host}: {judged.seen}" for host, judged in zip((APP, STORE), judgements, strict=True))
    return kept_if(all(judged.kept for judged in judgements), seen)


@promise(family="rehearsal", authority=PROFILES)
def backups_pass_the_linter(clone: Clone) -> Judgement:
    """ansible-lint has nothing to say against the playbook."""
    return linted(clone, "backup.yml")
