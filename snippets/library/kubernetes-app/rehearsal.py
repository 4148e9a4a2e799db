"""What a cluster is asked beside its deployment: without its database, a node or its own head, and under load."""

import json
import re
import shlex
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from ...contract.clusters import ASKED, Pod, answers, app, pods, told, visitors
from ...contract.confinement import TOLD, Bounds, confined
from ...contract.deployment.description import NEXT
from ...contract.deployment.subject import Deployed
from ...contract.observation import Done
from ...contract.promise import Judgement, kept_if, promise
from ...contract.servers import NEIGHBOUR, Servers

KUBERNETES = "https://kubernetes.io/docs"
SITE = "https://app.example.org"
PAGE, READY = f"{SITE}/", f"{SITE}/readyz"
CONTROL, OTHER = "node-1.example.org", "node-2.example.org"
RELEASE = './release "$APP_IMAGE"'
OK, WANTED = "200", 2
PARTS = ("web", "worker")
# Longer than a liveness probe takes to give somebody up: three times in ten seconds, and what that takes.
AWAY_S, BACK_S, MOVED_S = 45.0, 120.0, 120.0
AT_MOST = 4
# Of what the application alone answers, each on a connection that it keeps: nobody else is to be as busy.
BUSY = """
for _ in $(seq 8); do curl --silent --output /dev/null '{site}/version?[1-1000000]' & done
sleep {seconds}; kill $(jobs -p)
"""
BUSY_S, GROWN_S, SHRUNK_S = 90, 120.0, 240.0
EATS = "exec deployment/web -- python -c 'bytearray(1 << 30)'"
KILLED = 137
# It says what it takes: the quota would refuse it otherwise, whatever rights it keeps.
ROOT = """
kubectl --namespace app run root --image postgres:18 --dry-run=server --overrides '{"spec": {"containers": [{
    "name": "root", "image": "postgres:18", "resources": {"requests": {"cpu": "50m"}, "limits": {"memory": "64Mi"}}
}]}}'
"""
QUOTA = "exceeded quota"
# The last is the kubelet's own file, and root's.
SCRATCH = ("/tmp", "/etc/hosts")
BOUNDS = {
    **dict.fromkeys(("deployment/web", "deployment/worker"), Bounds(SCRATCH)),
    "statefulset/database": Bounds((*SCRATCH, "/run/postgresql", "/var/lib/postgresql")),
}
# What it would call the cluster's API with, and what was set because there is a Service.
KEY = "sh -c 'test -e /var/run/secrets/kubernetes.io/serviceaccount/token && echo key || echo none'"
LINKED = re.compile(r"^(?!KUBERNETES_)(\w+)_SERVICE_HOST=", re.MULTILINE)
# What everybody asks is killed, and what it keeps likewise; that one is started anew at once.
BEHEADED = """
systemctl kill --signal=KILL kube-apiserver cluster-etcd; systemctl stop kube-apiserver
sleep {away_s:.0f}; systemctl start kube-apiserver
"""
BEHEADED_S, NOTICED_S = 10.0, 180.0
# By hand and by the clock, at the same moment; neither is there yet.
RENEWALS = ("renewal-first", "renewal-second")
# Of jobs that have ended the schedule keeps so many, also of those that are made by hand.
KEPT = """patch cronjob certificate --patch '{{"spec": {{"{kind}JobsHistoryLimit": {count}}}}}'"""
RENEWED_S = 150.0
# Of all visitors, so many at least.
ANSWERED = 0.95


def is_whole(servers: Servers) -> bool:
    """Whether there are as many as there should be, and visitors are sent to all of them."""
    found = pods(servers)
    return len(found) == WANTED and all(pod.ready for pod in found)


def spread(servers: Servers) -> Sequence[Pod]:
    """The pods, once there is one on each node: what was moved away does not come back by itself."""
    servers.await_(lambda: is_whole(servers), BACK_S)
    if not any(pod.node == OTHER for pod in pods(servers)):
        started_anew(servers, "web")
    return pods(servers)


def started_anew(servers: Servers, name: str) -> None:
    """Others in the place of its pods, where the scheduler wants them."""
    app(servers, f"rollout restart deployment/{name}")
    app(servers, f"rollout status deployment/{name} --timeout {BACK_S:.0f}s")


def drained(servers: Servers, within_s: float) -> Done:
    """The other node gives up its pods; it takes none until it is uncordoned."""
    drain = f"kubectl drain {OTHER} --ignore-daemonsets --delete-emptydir-data --timeout {within_s:.0f}s"
    return servers.run(drain, check=False)


@promise(family="rehearsal", authority=f"{KUBERNETES}/concepts/configuration/liveness-readiness-startup-probes/")
def database_away_restarts_nobody(servers: Servers) -> Judgement:
    """Without its database no pod is sent visitors and none is started anew; with it all serve again by themselves."""
    servers.await_(lambda: is_whole(servers), BACK_S)
    before = pods(servers)
    app(servers, "scale statefulset/database --replicas 0")
    servers.await_(lambda: not any(pod.ready for pod in pods(servers)), BACK_S)
    sent = sum(pod.ready for pod in pods(servers))
    servers.await_(lambda: False, AWAY_S)
    after = pods(servers)
    app(servers, "scale statefulset/database --replicas 1")
    back_s = servers.await_(lambda: answers(servers, READY) and is_whole(servers), BACK_S)
    anew = sum(pod.restarts for pod in after) - sum(pod.restarts for pod in before)
    same = {pod.name for pod in before} == {pod.name for pod in after}
    seen = (
        f"without the database visitors are sent to {sent} of {len(after)} pods, and after {AWAY_S:.0f} s {anew} were "
    )
    seen += f"started anew; with it all serve again {'within' if back_s is not None else 'not within'} {BACK_S:.0f} s"
    return kept_if(len(before) >= WANTED and same and not sent and not anew and back_s is not None, seen)


@promise(family="rehearsal", authority=f"{KUBERNETES}/concepts/security/application-security-checklist/")
def every_pod_is_confined(servers: Servers) -> Judgement:
    """Each writes to the mounts that it needs, holds and gains no rights, and has no key to the cluster's API."""
    judged = confined({name: app(servers, f"exec {name} -- {TOLD}") for name in BOUNDS}, BOUNDS)
    keys = [name for name in BOUNDS if app(servers, f"exec {name} -- {KEY}").split()[-1] == "key"]
    linked = sorted({each for name in BOUNDS for each in LINKED.findall(app(servers, f"exec {name} -- env"))})
    faults = [f"{name} has a key to the cluster" for name in keys] + [f"{name} is told where it is" for name in linked]
    seen = "; ".join([judged.seen, *(faults or ["none has a key to the cluster"])])
    return kept_if(judged.kept and not faults, seen)


@promise(family="rehearsal", authority=f"{KUBERNETES}/tasks/administer-cluster/safely-drain-node/")
def drained_node_costs_no_request(servers: Servers) -> Judgement:
    """A node that is emptied for its update gives up its pods one by one, and no visitor is lost."""
    on_it = sum(pod.node == OTHER for pod in spread(servers))
    with visitors(servers, PAGE) as got:
        done = drained(servers, MOVED_S)
        left = [pod for pod in pods(servers) if pod.node == OTHER]
        servers.await_(lambda: is_whole(servers), BACK_S)
    servers.run(f"kubectl uncordon {OTHER}")
    seen = f"the drain exits {done.status} after {done.took_s:.0f} s, of {on_it} pods {len(left)} are left; "
    seen += f"visitors got {told(got)}"
    return kept_if(done.status == 0 and on_it > 0 and not left and set(got) == {OK}, seen)


@promise(
    family="rehearsal",
    authority=f"{KUBERNETES}/tasks/run-application/configure-pdb/#unhealthy-pod-eviction-policy",
)
def ill_pods_hold_no_node(servers: Servers) -> Judgement:
    """While nobody is served a node can be emptied all the same."""
    on_it = sum(pod.node == OTHER for pod in spread(servers))
    app(servers, "scale statefulset/database --replicas 0")
    ill = servers.await_(lambda: not any(pod.ready for pod in pods(servers)), BACK_S) is not None
    done = drained(servers, AWAY_S)
    servers.run(f"kubectl uncordon {OTHER}")
    app(servers, "scale statefulset/database --replicas 1")
    back_s = servers.await_(lambda: answers(servers, READY) and is_whole(servers), BACK_S)
    seen = f"without the database {'no' if ill else 'some'} pod is ready; of the node with {on_it} of them the drain "
    seen += f"exits {done.status} after {done.took_s:.0f} s; with it all serve again "
    seen += f"{'within' if back_s is not None else 'not within'} {BACK_S:.0f} s"
    return kept_if(ill and on_it > 0 and done.status == 0 and back_s is not None, seen)


@promise(family="rehearsal", authority=f"{KUBERNETES}/concepts/workloads/autoscaling/horizontal-pod-autoscale/")
def as_many_as_the_load_asks_for(servers: Servers) -> Judgement:
    """Under load there are more pods, and fewer again when it has passed."""
    servers.await_(lambda: is_whole(servers), BACK_S)
    busy = shlex.quote(BUSY.format(site=SITE, seconds=BUSY_S))
    servers.run(f"systemd-run --quiet --unit busy --setenv=CURL_CA_BUNDLE=$CURL_CA_BUNDLE bash -c {busy}", on=NEIGHBOUR)
    grown_s = servers.await_(lambda: len(pods(servers)) > WANTED, GROWN_S)
    most = len(pods(servers))
    servers.run("systemctl stop busy", on=NEIGHBOUR, check=False)
    shrunk_s = servers.await_(lambda: len(pods(servers)) == WANTED, SHRUNK_S) if grown_s is not None else None
    seen = f"of {WANTED} pods become {most} under load" + ("" if grown_s is None else f" after {grown_s:.0f} s")
    seen += f", and {WANTED} again " + ("never" if shrunk_s is None else f"{shrunk_s:.0f} s after it")
    return kept_if(grown_s is not None and most <= AT_MOST and shrunk_s is not None, seen)


@promise(family="rehearsal", authority=f"{KUBERNETES}/concepts/configuration/manage-resources-containers/")
def memory_is_taken_from_nobody(servers: Servers) -> Judgement:
    """What takes more memory than a pod may have is killed, and no other pod notices."""
    servers.await_(lambda: is_whole(servers), BACK_S)
    before = pods(servers)
    with visitors(servers, PAGE) as got:
        eaten = servers.run(f"kubectl --namespace app {EATS}", check=False)
    after = pods(servers)
    anew = [pod.name for pod in after if pod.restarts and pod not in before]
    seen = (
        f"what asks for 1 GiB exits {eaten.status}; {len(anew)} of {len(after)} pods were started anew; visitors got "
    )
    return kept_if(eaten.status == KILLED and len(anew) <= 1 and OK in got, seen + told(got))


@promise(
    family="rehearsal",
    authority="https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/configmapgenerator/",
)
def settings_reach_the_pods(servers: Servers) -> Judgement:
    """Another value among the settings reaches every pod at the next release, and no visitor is lost."""
    before = {pod.name for pod in pods(servers)}
    servers.run("sed --in-place 's/PROXY_HOPS=1/&\\n      - GREETING=hello/' base/kustomization.yaml")
    with visitors(servers, PAGE) as got:
        released = servers.run(RELEASE, check=False)
    servers.run("sed --in-place /GREETING/d base/kustomization.yaml")
    after = {pod.name for pod in pods(servers)}
    greeted = [
        name for name in after if app(servers, f"exec {name} -- printenv GREETING", check=False).strip() == "hello"
    ]
    seen = f"the release exits {released.status}; {len(after & before)} pods are as before, {len(greeted)} of "
    seen += f"{len(after)} have the value; visitors got {told(got)}"
    right = released.status == 0 and not after & before and len(greeted) == len(after) > 0
    return kept_if(right and set(got) == {OK}, seen)


@promise(
    family="rehearsal", authority=f"{KUBERNETES}/reference/using-api/api-concepts/#setting-the-field-validation-level"
)
def misspelt_field_is_refused(servers: Servers) -> Judgement:
    """A key that the cluster does not know is refused by its name before anything is changed."""
    before = pods(servers)
    servers.run("sed --in-place 's/readinessProbe:/readinesProbe:/' base/web.yaml")
    refused = servers.run(RELEASE, check=False)
    servers.run("sed --in-place 's/readinesProbe:/readinessProbe:/' base/web.yaml")
    told_of = re.search(r'unknown field "[^"]*readinesProbe"', refused.stdout)
    line = told_of[0] if told_of else "nothing of it is said"
    same = {pod.name for pod in before} == {pod.name for pod in pods(servers)}
    seen = f"the release exits {refused.status}: {line}; the pods are {'as before' if same else 'others'}"
    return kept_if(refused.status != 0 and told_of is not None and same, seen)


@promise(family="rehearsal", authority=f"{KUBERNETES}/concepts/security/pod-security-standards/#restricted")
def root_is_refused(servers: Servers) -> Judgement:
    """A pod that does not give up every right is refused by this namespace, by the name of what it lacks."""
    refused = servers.run(ROOT, check=False)
    said = (refused.stdout + refused.stderr).strip()
    right = refused.status != 0 and "violates PodSecurity" in said and "seccompProfile" in said
    return kept_if(right, f"it exits {refused.status}: {said[:400]}")


@promise(family="rehearsal", authority=f"{KUBERNETES}/concepts/policy/resource-quotas/")
def quota_holds(servers: Servers) -> Judgement:
    """What asks for more than its namespace may have is not started, and what runs goes on."""
    condition = """{.status.conditions[?(@.type=="ReplicaFailure")].message}"""
    app(servers, "set resources deployment/worker --requests cpu=3")
    said: list[str] = []

    def is_refused() -> bool:
        said[:] = [app(servers, f"get deployment worker --output 'jsonpath={condition}'")]
        return QUOTA in said[0]

    refused_s = servers.await_(is_refused, BACK_S)
    runs = [pod for pod in pods(servers, "worker") if pod.ready]
    app(servers, "rollout undo deployment/worker")
    seen = f"three processors for the worker: {said[0][:200] or 'nobody minds'}; {len(runs)} of it runs on"
    return kept_if(refused_s is not None and len(runs) == 1, seen)


@promise(family="rehearsal", authority=f"{KUBERNETES}/concepts/containers/images/#image-names")
def tag_is_refused(servers: Servers) -> Judgement:
    """An image by its tag is refused before anything is changed."""
    before = {pod.name for pod in pods(servers)}
    refused = servers.run("./release registry.example.org/app:latest", check=False)
    line = next((each for each in refused.stdout.splitlines() if "by its digest" in each), "nothing is said of it")
    same = before == {pod.name for pod in pods(servers)}
    seen = f"the release exits {refused.status}: {line}; the pods are {'as before' if same else 'others'}"
    return kept_if(refused.status != 0 and "by its digest" in line and same, seen)


@promise(family="rehearsal", authority="https://letsencrypt.org/docs/rate-limits/")
def renewals_take_turns(servers: Servers) -> Judgement:
    """Of two renewals that begin together the first asks for a certificate, and the second finds that one."""
    before = servers.authority.issued()
    app(servers, "delete secret certificate")
    _keep(servers, len(RENEWALS) + 1)
    for name in RENEWALS:
        app(servers, f"create job {name} --from cronjob/certificate")
    ended_s = servers.await_(lambda: sum(_ended(servers).values()) == len(RENEWALS), RENEWED_S)
    ended, signed = _ended(servers), servers.authority.issued() - before
    app(servers, f"delete jobs {' '.join(RENEWALS)}")
    _keep(servers, 1)
    back_s = servers.await_(lambda: answers(servers, READY), BACK_S)
    seen = f"of {len(RENEWALS)} that begin together {ended['succeeded']} end well and {ended['failed']} do not"
    seen += "" if ended_s is None else f", after {ended_s:.0f} s"
    seen += f"; {signed} signed; the page is {'there' if back_s is not None else 'not there'} again"
    return kept_if(ended["succeeded"] == len(RENEWALS) and signed == 1 and back_s is not None, seen)


def _keep(servers: Servers, count: int) -> None:
    for kind in ("successful", "failed"):
        app(servers, KEPT.format(kind=kind, count=count))


def _ended(servers: Servers) -> Counter[str]:
    """How many of them ended well, and how many did not."""
    jobs = json.loads(app(servers, f"get jobs {' '.join(RENEWALS)} --output json"))["items"]
    return Counter({how: sum(job["status"].get(how, 0) for job in jobs) for how in ("succeeded", "failed")})


@promise(
    family="rehearsal",
    authority=f"{KUBERNETES}/concepts/workloads/controllers/deployment/#rolling-back-a-deployment",
)
def what_did_not_change_stays(servers: Deployed) -> Judgement:
    """A release that changes the web alone does not get ready: that goes back, and the worker is what it was."""
    servers.release(NEXT)
    before = {name: specified(servers, name) for name in PARTS}
    servers.run("sed --in-place 's|path: /readyz|path: /nowhere|' base/web.yaml")
    failed = servers.release(NEXT)
    servers.run("sed --in-place 's|path: /nowhere|path: /readyz|' base/web.yaml")
    same = {name: specified(servers, name) == template for name, template in before.items()}
    # Whoever is next begins with what arrived.
    servers.release()
    seen = f"the web alone has another probe, which nobody answers: the release exits {failed.status}; "
    seen += " and ".join(f"the {name} is {'as' if is_so else 'not as'} before" for name, is_so in same.items())
    return kept_if(failed.status != 0 and all(same.values()), seen)


def specified(servers: Servers, name: str) -> str:
    """What the pods of a Deployment are to be."""
    return app(servers, f"get deployment {name} --output 'jsonpath={{.spec.template}}'")


@promise(family="rehearsal", authority=f"{KUBERNETES}/concepts/architecture/#control-plane-components")
def release_ends_as_it_says(servers: Deployed) -> Judgement:
    """The API is away in the middle of a release: few visitors notice it, and the release ends as it says it did."""
    old = revisions(servers)
    with visitors(servers, PAGE) as got, ThreadPoolExecutor(1) as aside:
        begun = aside.submit(servers.release, NEXT)
        servers.await_(lambda: begun.done() or NEXT in version(servers), NOTICED_S)
        was_busy = not begun.done()
        servers.run(BEHEADED.format(away_s=BEHEADED_S), on=CONTROL)
        released = begun.result()
        # It went on, or it goes back.
        servers.await_(lambda: is_whole(servers) and len(revisions(servers)) == 1, BACK_S)
    after = revisions(servers)
    again = servers.release(NEXT)
    # Whoever is next begins with what arrived.
    servers.release()
    seen = f"for {BEHEADED_S:.0f} s nobody answers for it{'' if was_busy else ', when all was done'}; the release "
    seen += f"exits {released.status} after {released.took_s:.0f} s, and {' and '.join(sorted(after))} is in all pods; "
    seen += f"visitors got {told(got)}; the next release exits {again.status}"
    is_so = after == ({NEXT} if released.status == 0 else old)
    # Who leaves meanwhile cannot be taken from the list of those who serve.
    few = got[OK] >= ANSWERED * got.total() > 0
    return kept_if(was_busy and is_so and few and again.status == 0, seen)


def version(servers: Servers) -> str:
    """What a visitor is told of it, or what comes in its place."""
    return servers.run(f"curl --silent --max-time 5 {SITE}/version", on=NEIGHBOUR, check=False).stdout


def revisions(servers: Servers) -> set[str]:
    """Which versions the pods have."""
    return {app(servers, f"exec {pod.name} -- printenv REVISION", check=False).strip() for pod in pods(servers)}


@promise(family="rehearsal", authority=f"{KUBERNETES}/concepts/architecture/nodes/#node-status")
def lost_node_is_made_up_for(servers: Servers) -> Judgement:
    """A node without power costs some requests and no more: its pods, the one worker too, come up on another."""
    servers.run(f"kubectl cordon {CONTROL}")
    started_anew(servers, "worker")
    servers.run(f"kubectl uncordon {CONTROL}")
    on_it = [pod.name for pod in (*spread(servers), *pods(servers, "worker")) if pod.node == OTHER]
    with visitors(servers, PAGE) as got:
        servers.kill(OTHER)
        moved_s = servers.await_(lambda: _is_made_up_for(servers), MOVED_S)
        lost = Counter(servers.run(ASKED, on=NEIGHBOUR).stdout.split())
        servers.await_(lambda: False, 10.0)
    servers.start(OTHER)
    back = servers.await_(lambda: is_whole(servers) and answers(servers, READY), BACK_S)
    later = got - lost
    seen = f"the node had {len(on_it)} of the pods; "
    seen += "nobody has their place" if moved_s is None else f"{moved_s:.0f} s after it is gone others have their place"
    seen += f"; until then visitors got {told(lost)}, and afterwards {told(later)}"
    right = moved_s is not None and back is not None and bool(on_it)
    return kept_if(right and set(later) == {OK}, seen)


def _is_made_up_for(servers: Servers) -> bool:
    web, worker = ([pod for pod in pods(servers, name) if pod.node == CONTROL] for name in PARTS)
    return len(web) >= WANTED and len(worker) == 1 and all(pod.ready for pod in (*web, *worker))
