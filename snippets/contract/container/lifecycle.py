"""What a container promises while it lives and when it ends: honest health, and no request cut short."""

from ...errors import ContainerError, UndescribedError
from ..observation import PLAIN, Healthcheck, Load, Posture
from ..project import Project
from ..promise import Judgement, kept_if, promise
from ..subject import Image
from .requests import answers
from .web import gunicorn_table

KUBERNETES = "https://kubernetes.io/docs/concepts"
PROBES = f"{KUBERNETES}/configuration/liveness-readiness-startup-probes/"
DETECTED_WITHIN_S = 60.0
HEALTHY_WITHIN_S = 30.0
BACK_WITHIN_S = 30.0
RELOADED_WITHIN_S = 20.0
AFTER_RELOAD_S = 1.0
RELOADS = 4
CLIENTS = 4
# The command is the image's own; only its interval is shortened, and the stated one is judged.
HEALTH_ASKED = Posture(health_interval_s=1.0)
OWN_SERVICES = Posture(own_services=True)


def detection_s(check: Healthcheck) -> float:
    """Worst time in seconds from freezing to `unhealthy`: every retry waits an interval and times out."""
    return check.retries * (check.interval_s + check.timeout_s)


@promise(family="lifecycle", authority="https://docs.docker.com/reference/dockerfile/#healthcheck", exemptible=True)
def health_honest(image: Image, project: Project) -> Judgement:
    """Its health command passes soon after start, and frozen workers turn it unhealthy within a minute."""
    check = image.config.healthcheck
    if check is None:
        return kept_if(condition=False, seen="the image declares no HEALTHCHECK")
    if detection_s(check) > DETECTED_WITHIN_S:
        stated = f"{check.retries} retries every {check.interval_s:.0f} s"
        seen = f"{stated} notice a frozen server only after {detection_s(check):.0f} s"
        return kept_if(condition=False, seen=seen)
    with image.boot(HEALTH_ASKED, spoils=True) as container:
        healthy_s = container.wait_health("healthy", HEALTHY_WITHIN_S)
        if healthy_s is None:
            seen = f"{container.health()} {HEALTHY_WITHIN_S:.0f} s after its first answer: {container.health_log()}"
            return kept_if(condition=False, seen=seen)
        frozen = container.freeze()
        noticed = container.wait_health("unhealthy", check.retries * (1.0 + check.timeout_s) + 10.0)
    fate = "unhealthy" if noticed is not None else "still called healthy"
    seen = f"healthy {healthy_s:.1f} s after its first answer; {frozen} frozen processes: {fate}"
    return kept_if(noticed is not None, f"{seen}, stated time {detection_s(check):.0f} s")


@promise(family="lifecycle", authority="https://12factor.net/disposability", exemptible=True)
def drains(image: Image, project: Project) -> Judgement:
    """A stop lets a request in flight finish whole, and the container exits 0 within its grace."""
    if project.slow is None:
        raise UndescribedError("slow", "a path that takes a few seconds to answer")
    with image.boot(PLAIN, spoils=True) as container:
        with container.in_flight(project.slow) as request:
            sent = container.stop_signal()
            signalled_s = request.elapsed_s()
            container.signal(sent)
            try:
                reply = request.result()
            except ContainerError as error:
                return kept_if(condition=False, seen=f"the request in flight got no answer after {sent}: {error}")
        status, took_s = container.wait(timeout_s=project.stop_grace_s)
    if reply.took_s <= signalled_s:
        return kept_if(condition=False, seen=f"{project.slow} was answered before the signal: it is not slow")
    # gunicorn exits 0 even when it cut the request short, so the body is the witness.
    whole = reply.whole and reply.status == 200  # noqa: PLR2004 - a status code
    return kept_if(
        whole and status == 0 and took_s < project.stop_grace_s,
        f"{sent}: request in flight {reply}{', whole' if whole else ''}; "
        f"exit {status} after {took_s:.1f} s of {project.stop_grace_s:.0f} s",
    )


@promise(family="lifecycle", authority=f"{KUBERNETES}/workloads/pods/pod-lifecycle/", exemptible=True)
def grace_adds_up(image: Image, project: Project) -> Judgement:
    """Whoever stops it waits longer than the server does for its last requests."""
    timeout_s = project.graceful_timeout_s
    if timeout_s is None and project.server == "gunicorn":
        with image.boot(PLAIN) as container:
            printed = gunicorn_table(image, container).get("graceful_timeout")
        # Behind a wrapper it may print no table at all, which says nothing against it.
        timeout_s = float(printed) if printed is not None else None
    if timeout_s is None:
        raise UndescribedError("graceful_timeout_s", "how many seconds the server waits for its last requests")
    taken_s = project.pre_stop_s + timeout_s
    seen = f"{project.pre_stop_s:.0f} s before the signal and {timeout_s:.0f} s for the last requests"
    return kept_if(taken_s < project.stop_grace_s, f"{seen}, of {project.stop_grace_s:.0f} s of grace")


@promise(family="lifecycle", authority=PROBES, exemptible=True)
def live_is_not_ready(image: Image, project: Project) -> Judgement:
    """While its database is gone it is live and not ready, and it recovers by itself."""
    if not project.beside:
        raise UndescribedError("beside", "a service that it needs, such as its database")
    images = ", ".join(service.image for service in project.beside.values())
    seen: list[str] = []
    kept = True
    with image.boot(OWN_SERVICES, spoils=True) as container:
        if container.await_reply(project.ready, answers(200), BACK_WITHIN_S) is None:
            return kept_if(condition=False, seen=f"{project.ready} never answered 200 beside {images}")
        for name in container.beside:
            container.stop(name)
            noticed_s = container.await_reply(project.ready, answers(503), BACK_WITHIN_S)
            live = container.get(project.live)
            container.start(name)
            back_s = container.await_reply(project.ready, answers(200), BACK_WITHIN_S)
            gone = f"{project.beside[name].image} gone: live {live.status}, "
            gone += "never answered 503 when asked whether it is ready" if noticed_s is None else "ready 503"
            back = "not ready again" if back_s is None else f"ready again {back_s:.1f} s after its return"
            seen.append(f"{gone}; {back}")
            kept = kept and live.status == 200 and live.whole and noticed_s is not None and back_s is not None  # noqa: PLR2004 - a status code
    return kept_if(kept and bool(seen), "; ".join(seen))


@promise(family="lifecycle", authority="https://12factor.net/disposability")
def crash_safe(image: Image, project: Project) -> Judgement:
    """A killed worker comes back, and after kill -9 and a start all is as before."""
    with image.boot(PLAIN) as container:
        before = container.settled(container.processes)
        workers = [process for process in before if not process.is_first]
        if workers:
            container.kill_process(workers[-1])
        back_s = container.await_processes(len(before), BACK_WITHIN_S, without=workers[-1:])
        container.kill()
        container.wait(timeout_s=BACK_WITHIN_S)
        container.start()
        started_s = container.ready_s
    if workers:
        fate = "never back" if back_s is None else f"back after {back_s:.1f} s"
        worker = f"1 of {len(workers)} workers killed: {fate}"
    else:
        worker = "it is one process"
    return kept_if(back_s is not None, f"{worker}; killed whole and started, it answers after {started_s:.1f} s")


@promise(family="lifecycle", authority="https://gunicorn.org/guides/signals/", exemptible=True)
def reload_lossless(image: Image, project: Project) -> Judgement:
    """A reload under load fails no request, and the new version is seen."""
    reload = project.reload
    if reload is None:
        raise UndescribedError("reload", "the signal on which it takes up new code, and an edit that shows")
    # It holds other code afterwards.
    with image.boot(PLAIN, spoils=True) as container:
        source = container.read(reload.path).decode()
        if source.count(reload.find) != 1:
            return kept_if(condition=False, seen=f"{reload.path} does not hold {reload.find!r} once")
        shown = reload.shows.encode()
        if shown in container.get(reload.url).body:
            return kept_if(condition=False, seen=f"{reload.url} shows {reload.shows!r} before anything was edited")
        container.put(reload.path, source.replace(reload.find, reload.replace).encode())
        load, seen_s = Load(sent=0), list[float]()
        # One reload may miss the moment at which a server drops what waits.
        for _ in range(RELOADS):
            with container.traffic((project.page, reload.url), clients=CLIENTS) as traffic:
                container.signal(reload.signal)
                took_s = container.await_reply(reload.url, lambda reply: shown in reply.body, RELOADED_WITHIN_S)
                load += traffic.end(after_s=AFTER_RELOAD_S)
            if took_s is None:
                break
            seen_s.append(took_s)
    version = f"after {seen_s[0]:.1f} s, in {len(seen_s)} of {RELOADS} reloads" if seen_s else "is never seen"
    lossless = len(seen_s) == RELOADS and load.sent > 0 and not load.failed
    return kept_if(lossless, f"{reload.signal}: the new version {version}; {load}")
