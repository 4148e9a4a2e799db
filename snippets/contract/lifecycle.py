"""What a container promises while it lives and when it ends: honest health, and no request cut short."""

from snippets.contract.project import Project
from snippets.contract.promise import Judgement, kept_if, promise
from snippets.contract.subject import Healthcheck, Image
from snippets.errors import ContainerError

DETECTED_WITHIN_S = 60.0
HEALTHY_WITHIN_S = 30.0


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
    # The command is the image's own; only its interval is shortened, and the stated one judged above.
    with image.boot(health_interval_s=1.0) as container:
        healthy_s = container.wait_health("healthy", HEALTHY_WITHIN_S)
        if healthy_s is None:
            seen = f"{container.health()} {HEALTHY_WITHIN_S:.0f} s after start: {container.health_log()}"
            return kept_if(condition=False, seen=seen)
        frozen = container.freeze()
        noticed = container.wait_health("unhealthy", check.retries * (1.0 + check.timeout_s) + 10.0)
    fate = "unhealthy" if noticed is not None else "still called healthy"
    seen = f"healthy {healthy_s:.1f} s after start; {frozen} frozen processes: {fate}"
    return kept_if(noticed is not None, f"{seen}, stated time {detection_s(check):.0f} s")


@promise(family="lifecycle", authority="https://12factor.net/disposability", exemptible=True)
def drains(image: Image, project: Project) -> Judgement:
    """A stop lets a request in flight finish whole, and the container exits 0 within its grace."""
    if project.slow is None:
        return kept_if(condition=False, seen="no slow path is declared to hold a request open with")
    with image.boot() as container:
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
