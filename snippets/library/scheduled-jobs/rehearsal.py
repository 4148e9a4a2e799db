"""What is seen of jobs alone: that they run at their time, end and are made up for, and that failures are told."""

import json
import re
import shlex
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ...contract.playbooks import PROFILES, linted, recap, unchanged
from ...contract.promise import Judgement, kept_if, promise
from ...contract.servers import Clone, Servers
from ...errors import ContainerError

APP, PAGE = "app.example.org", "https://app.example.org/"
SYSTEMD = "https://www.freedesktop.org/software/systemd/man/257"
AGAIN = "ansible-playbook --vault-password-file ~/.vault-password jobs.yml"
DEPLOY = "ansible-playbook --vault-password-file ~/.vault-password deploy.yml"
# The same application, and another revision of it.
OTHER = "registry.example.org/other:latest"
MADE = f"""
was=$(docker create $(docker inspect --format '{{{{.Image}}}}' app-web-1))
docker commit --pause=false --change 'ENV REVISION=other' $was {OTHER} && docker rm $was
docker push {OTHER} && docker image rm {OTHER}
"""
DIGEST = re.compile(r"digest: (sha256:[0-9a-f]{64})")
FORGOTTEN = "docker image rm --force $(docker image ls --quiet registry.example.org/other)"
OURS, LONG = "broken-uploads", "long"
NEVER = "2099-12-31"
# What a job does that somebody can see afterwards: in a file that the application has too.
MARK = 'test -n "$DATABASE_URL" && echo ran >> /srv/uploads/{nonce}'
INSIDE = "docker compose --project-directory /srv/app exec -T web {command}"
MARKS = INSIDE.format(command="cat /srv/uploads/{nonce}") + " | wc --lines"
CONTAINER = "docker ps --all --quiet --filter name=^/job-{name}$"
BEGIN = "systemctl reset-failed job@{name}.service; systemctl start {how} job@{name}.service"
# What its own processes have said, and not what systemd says of them.
SAID = "journalctl --quiet --output=cat --lines=1 _SYSTEMD_UNIT=job@{name}.service"
STATE = "systemctl show --property={property} --value job@{name}.{kind}"
UP_S, TOLD_S, TIME_S, LONG_S = 90.0, 30.0, 150.0, 60


def _job(name: str, run: str, *, at: str = NEVER, longest: str = "5min") -> dict[str, str]:
    return {"name": name, "at": at, "run": run, "longest": longest}


@contextmanager
def _given(servers: Servers, *jobs: dict[str, str]) -> Iterator[None]:
    """The playbook was run with these jobs; afterwards with its own again."""
    servers.run(f"{AGAIN} --extra-vars {shlex.quote(json.dumps({'jobs': jobs}))}")
    try:
        yield
    finally:
        servers.run(AGAIN)


def _is(servers: Servers, name: str, *, kind: str = "service", what: str = "Result") -> str:
    """What systemd says of its unit."""
    return servers.run(STATE.format(name=name, kind=kind, property=what), on=APP).stdout.strip()


def _runs(servers: Servers, name: str) -> bool:
    """Whether it has begun and not ended; its end may take a while too."""
    return _is(servers, name, what="ActiveState") in {"activating", "deactivating"}


def _contained(servers: Servers, name: str) -> bool:
    """Whether it has a container, even if that has ended."""
    return bool(servers.run(CONTAINER.format(name=name), on=APP).stdout.strip())


def _begun(servers: Servers, name: str, *, how: str = "") -> bool:
    """It was started by hand; whether it ended well, or with `--no-block` whether it runs."""
    ended = servers.run(BEGIN.format(name=name, how=how), on=APP, check=False).status == 0
    return ended if not how else servers.await_(lambda: _runs(servers, name), UP_S) is not None


def _said(servers: Servers, name: str) -> str:
    """What it said last, if anything, to be added to what is seen."""
    said = servers.run(SAID.format(name=name), on=APP).stdout.strip()
    return f", it says: {said}" if said else ""


def _marks(servers: Servers, nonce: str) -> int:
    return int(servers.run(MARKS.format(nonce=nonce), on=APP, check=False).stdout or 0)


def _hears(servers: Servers, before: int, *texts: str) -> bool:
    """Whether somebody is sent a message with all of these."""
    return servers.await_(lambda: any(all(t in m for t in texts) for m in servers.told()[before:]), TOLD_S) is not None


@promise(family="rehearsal", authority=f"{SYSTEMD}/systemd.timer.html#OnCalendar=")
def runs_at_its_time(servers: Servers) -> Judgement:
    """A job that is given another time runs then, by itself, with the settings and the files of the application."""
    nonce = f"job-{time.monotonic_ns()}"
    with _given(servers, _job(OURS, MARK.format(nonce=nonce), at="*:*:0/15")):
        ran = servers.await_(lambda: _marks(servers, nonce) > 0, TIME_S) is not None
        said = "" if ran else _said(servers, OURS)
    seen = f"a job for each quarter of a minute {'runs' if ran else 'does not run'} within {TIME_S:.0f} s{said}"
    after = _is(servers, OURS, kind="timer", what="ActiveState")
    return kept_if(ran and after == "active", f"{seen}; the timer that it had before is {after} again")


@promise(family="rehearsal", authority=f"{SYSTEMD}/systemd.unit.html#OnFailure=")
def failure_is_told(servers: Servers) -> Judgement:
    """A job that fails is told, with what it said last; one that does not is not."""
    nonce = f"job-{time.monotonic_ns()}"
    with _given(servers, _job("sound", "echo all is well"), _job("broken", f"echo {nonce} >&2; exit 3")):
        before = len(servers.told())
        well = _begun(servers, "sound")
        calm = len(servers.told()) == before
        failed = not _begun(servers, "broken")
        told = _hears(servers, before, "job@broken.service failed", nonce)
    seen = f"a job that ends well {'ends well' if well else 'fails'}, {'nobody' if calm else 'somebody'} is told; one "
    seen += f"that exits 3 {'fails' if failed else 'ends well'}, "
    seen += "somebody is told what it said" if told else "nobody is told what it said"
    return kept_if(well and calm and failed and told, seen)


@promise(family="rehearsal", authority=f"{SYSTEMD}/systemd.service.html#TimeoutStartSec=")
def what_hangs_is_ended(servers: Servers) -> Judgement:
    """A job that takes longer than it may is ended, its container too, and somebody is told."""
    with _given(servers, _job("hangs", "sleep 900", longest="5s")):
        before = len(servers.told())
        begun = _begun(servers, "hangs", how="--no-block")
        ended_s = servers.await_(lambda: not _runs(servers, "hangs"), LONG_S)
        left = _contained(servers, "hangs")
        told = _hears(servers, before, "job@hangs.service failed")
        servers.run("systemctl stop job@hangs.service", on=APP)
    seen = f"a job that may take 5 s and takes longer {'runs' if begun else 'does not begin'}, and "
    seen += f"{'runs on' if ended_s is None else f'is ended after {ended_s:.0f} s'}; its container is "
    seen += f"{'still there' if left else 'gone'}; {'somebody' if told else 'nobody'} is told"
    return kept_if(begun and ended_s is not None and not left and told, seen)


@promise(family="rehearsal", authority=f"{SYSTEMD}/systemd.timer.html#Persistent=")
def missed_is_made_up_for(servers: Servers) -> Judgement:
    """What should have run while the server was off runs after the boot, and ends well."""
    stamp = f"/var/lib/systemd/timers/stamp-job@{OURS}.timer"
    servers.run(f"touch --date='2 days ago' {stamp} && sync", on=APP)
    servers.stop(APP)
    servers.start(APP)
    ran = servers.await_(lambda: _is(servers, OURS, what="ExecMainExitTimestampMonotonic") != "0", UP_S) is not None
    result = _is(servers, OURS)
    seen = f"after the boot it {f'runs and ends with {result}' if ran else 'does not run'}"
    return kept_if(ran and result == "success", seen)


@promise(family="rehearsal", authority="https://docs.docker.com/reference/cli/docker/compose/run/")
def release_leaves_it_alone(servers: Servers) -> Judgement:
    """A job that runs while another version is released goes on to its end, and the release ends well."""
    pushed = DIGEST.search(servers.run(f"set -e; {MADE}", on=APP).stdout)
    if not pushed:
        raise ContainerError("`docker push` tells no digest of what it pushed")
    other = f"{OTHER.rpartition(':')[0]}@{pushed[1]}"
    enough = f"/srv/uploads/job-{time.monotonic_ns()}"
    with _given(servers, _job(LONG, f"until [ -e {enough} ]; do sleep 1; done")):
        begun = _begun(servers, LONG, how="--no-block")
        released = servers.run(f"{DEPLOY} --extra-vars app_image={other}", check=False)
        ran = _runs(servers, LONG)
        servers.run(INSIDE.format(command=f"touch {enough}"), on=APP)
        servers.await_(lambda: not _runs(servers, LONG), LONG_S)
        result, status = _is(servers, LONG), _is(servers, LONG, what="ExecMainStatus")
        servers.run(DEPLOY)
        servers.run(FORGOTTEN, on=APP, check=False)
    seen = f"the job {'runs' if begun else 'does not begin'}, a release exits {released.status}, after which it "
    seen += f"{'runs on' if ran else 'runs no more'}, and it ends with {result}, {status}"
    return kept_if(begun and released.status == 0 and ran and (result, status) == ("success", "0"), seen)


@promise(family="rehearsal", authority="https://docs.docker.com/reference/cli/docker/container/run/#name")
def cut_off_it_runs_again(servers: Servers) -> Judgement:
    """A job that was cut off with its server runs again after the boot, and leaves nothing behind."""
    with _given(servers, _job(LONG, "sleep 900")):
        _begun(servers, LONG, how="--no-block")
        begun = servers.await_(lambda: _contained(servers, LONG), UP_S) is not None
        # Long enough for the engine to have it written down.
        servers.run("sync", on=APP)
        servers.kill(APP)
        servers.start(APP)
        servers.run(f"echo 'echo again' > /etc/jobs/{LONG}", on=APP)
        ready = "docker compose --project-directory /srv/app ps --quiet"
        servers.await_(lambda: servers.run(ready, on=APP, check=False).status == 0, UP_S)
        again = _begun(servers, LONG)
        said = "" if again else _said(servers, LONG)
        left = _contained(servers, LONG)
    seen = f"the job {'runs' if begun else 'does not begin'}; after the boot "
    seen += f"it {'ends well' if again else 'fails'}{said}; {'a container' if left else 'nothing'} of it is left"
    return kept_if(begun and again and not left, seen)


@promise(family="rehearsal", authority=f"{SYSTEMD}/systemd.timer.html")
def unlisted_it_runs_no_more(servers: Servers) -> Judgement:
    """A job that is taken out of the list has no timer any more, now and after a boot; the others have theirs."""
    with _given(servers, _job(OURS, "true"), _job("former", "true")):
        listed = _is(servers, "former", kind="timer", what="ActiveState")
    now = _is(servers, "former", kind="timer", what="ActiveState")
    boots = _is(servers, "former", kind="timer", what="UnitFileState")
    others = _is(servers, OURS, kind="timer", what="ActiveState")
    seen = f"listed, its timer is {listed}; taken out, it is {now}, and {boots} at a boot; the other one is {others}"
    return kept_if((listed, now, others) == ("active", "inactive", "active") and boots != "enabled", seen)


@promise(
    family="rehearsal",
    authority="https://docs.ansible.com/ansible/latest/playbook_guide/playbooks_intro.html#desired-state-and-idempotency",
)
def jobs_again_change_nothing(servers: Servers) -> Judgement:
    """The same playbook again says of itself that it changes nothing."""
    return unchanged(recap(servers.run(AGAIN, check=False), APP), count=1)


@promise(family="rehearsal", authority=PROFILES)
def jobs_pass_the_linter(clone: Clone) -> Judgement:
    """ansible-lint has nothing to say against the playbook."""
    return linted(clone, "jobs.yml")
