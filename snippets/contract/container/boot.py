"""What a container promises as it boots: who it is, what it may do, where it listens."""

from pathlib import PurePosixPath

from ...errors import UndescribedError
from ..observation import PLAIN, Posture
from ..project import Project
from ..promise import Judgement, kept_if, promise
from ..subject import Image
from .requests import browse

SHELLS = {"sh", "bash", "dash", "ash", "zsh", "busybox"}
MOVED_PORT = 9123
# As platforms choose it that give each project a range of its own; in root's group, as they have it.
ANY_UID = "1000770000:0"
FIRST_UNPRIVILEGED_PORT = 1024
# As much of a line of the log as tells it from others.
QUOTED = 300
# Limits are another promise's matter: with these, three boots tell how workers follow the processors.
READ_ONLY = Posture(read_only=True, cpus=0.5)
UNPRIVILEGED = Posture(unprivileged=True, cpus=2.0)


@promise(family="boot", authority="https://kubernetes.io/docs/concepts/security/pod-security-standards/")
def numeric_non_root(image: Image, project: Project) -> Judgement:
    """Every process runs under a user id other than 0, and `USER` is a number."""
    user = image.config.user.partition(":")[0]
    with image.boot(PLAIN) as container:
        browse(container, project)
        # The first worker answers before the last one is forked.
        processes = container.settled(container.processes)
    uids = sorted({process.uid for process in processes})
    of_roots = [process.args for process in processes if process.uid == 0]
    who = f"uid {', '.join(map(str, uids))} for {len(processes)} of {len(processes)} processes"
    if of_roots:
        return kept_if(condition=False, seen=f"{who}; root runs {of_roots[0]!r}, USER is {user!r}")
    fault = ": a name" if not user.isdigit() else ": root" if int(user) == 0 else ""
    return kept_if(not fault and bool(processes), f"{who}, USER is {user!r}{fault}")


@promise(
    family="boot", authority="https://docs.openshift.com/container-platform/latest/openshift_images/create-images.html"
)
def any_uid(image: Image, project: Project) -> Judgement:
    """It works under a user id that the platform chose and that no file of the image knows."""
    with image.boot(Posture(user=ANY_UID)) as container:
        asked = browse(container, project)
        uids = sorted({process.uid for process in container.settled(container.processes)})
    return kept_if(uids == [int(ANY_UID.partition(":")[0])], f"{asked}, as uid {', '.join(map(str, uids))}, gid 0")


@promise(family="boot", authority="https://www.cisecurity.org/benchmark/docker")
def read_only_root(image: Image, project: Project) -> Judgement:
    """It works on a read-only root file system with a temporary /tmp, after real requests."""
    with image.boot(READ_ONLY) as container:
        asked = browse(container, project)
        # A server may try to write only after its first answers, so the log has to come to rest.
        printed = container.settled(container.logs)
    complaints = [line for line in printed.splitlines() if _read_only_complaint(line)]
    return kept_if(not complaints, complaints[0][:QUOTED] if complaints else f"{asked}, no write refused in the log")


def _read_only_complaint(line: str) -> bool:
    return "Read-only file system" in line or "EROFS" in line or "Errno 30" in line


@promise(family="boot", authority="https://docs.docker.com/engine/security/#linux-kernel-capabilities")
def no_privileges(image: Image, project: Project) -> Judgement:
    """It works with every capability dropped and no new privileges allowed."""
    with image.boot(UNPRIVILEGED) as container:
        asked = browse(container, project)
    return kept_if(condition=True, seen=f"{asked}, with all capabilities dropped and no-new-privileges")


@promise(family="boot", authority="https://www.cisecurity.org/benchmark/docker")
def unprivileged_port(image: Image, project: Project) -> Judgement:
    """It listens at 1024 or above, so that nobody has to let it do what only root may."""
    stated = f"listens on {project.port}, where ports below {FIRST_UNPRIVILEGED_PORT} are root's"
    if project.port < FIRST_UNPRIVILEGED_PORT:
        return kept_if(condition=False, seen=stated)
    with image.boot(UNPRIVILEGED) as container:
        browse(container, project)
        low = sorted(port for port in container.listening() if port < FIRST_UNPRIVILEGED_PORT)
    return kept_if(not low, f"{stated}; and on {', '.join(map(str, low))}" if low else stated)


@promise(family="boot", authority="https://github.com/hadolint/hadolint/wiki/DL3025")
def server_is_pid_1(image: Image, project: Project) -> Judgement:
    """Process 1 is the server or an init, not a shell that swallows signals."""
    with image.boot(PLAIN) as container:
        first = next((process for process in container.processes() if process.is_first), None)
    if first is None or not first.args:
        return kept_if(condition=False, seen="process 1 was gone")
    program = PurePosixPath(first.args.split()[0]).name
    return kept_if(program not in SHELLS, f"process 1 is {first.args!r}")


@promise(family="boot", authority="https://12factor.net/port-binding")
def reachable(image: Image, project: Project) -> Judgement:
    """It answers from outside on its declared port, and nothing undeclared listens."""
    with image.boot(PLAIN) as container:
        asked = browse(container, project)
        listening = sorted(container.listening())
    undeclared = [port for port in listening if port != project.port]
    seen = f"{asked}, {container.ready_s:.1f} s after start, listens on {', '.join(map(str, listening)) or 'nothing'}"
    return kept_if(not undeclared and bool(listening), seen)


@promise(family="boot", authority="https://12factor.net/port-binding", exemptible=True)
def honours_port(image: Image, project: Project) -> Judgement:
    """`PORT` in the environment moves it to another port."""
    with image.boot(Posture(env=(("PORT", str(MOVED_PORT)),), port=MOVED_PORT)) as container:
        browse(container, project)
        listening = sorted(container.listening())
    return kept_if(listening == [MOVED_PORT], f"with PORT={MOVED_PORT} it listens on {', '.join(map(str, listening))}")


@promise(family="boot", authority="https://12factor.net/config", exemptible=True)
def fails_fast(image: Image, project: Project) -> Judgement:
    """Without a required setting it exits non-zero within 15 seconds, names it, and prints no values."""
    if not project.settings:
        raise UndescribedError("settings", "what it cannot start without, each with a value to boot with")
    seen: list[str] = []
    kept = True
    for missing in project.settings:
        values = {name: f"canary-of-{name}" for name in project.settings if name != missing}
        with image.start(PLAIN, values) as container:
            status, took_s = container.wait(timeout_s=15.0)
            log = container.logs()
        names = missing in log
        spills = any(value in log for value in values.values())
        kept = kept and status != 0 and names and not spills
        says = "names it" if names else "does not name it"
        seen.append(f"without {missing}: exit {status} after {took_s:.1f} s, {says}{', spills a value' * spills}")
    return kept_if(kept, "; ".join(seen))
