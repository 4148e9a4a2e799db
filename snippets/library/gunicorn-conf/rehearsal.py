"""What the page says of its variables, beyond the contract, in each image that carries the file."""

from ...contract.observation import Posture
from ...contract.project import Project
from ...contract.promise import Judgement, kept_if, promise
from ...contract.subject import Image

STATED = 4
# Nobody serves it, so whoever asks for it is told so, and logged.
ASKED = "/hb-nothing-here"
# With this file the application says that it is about to leave.
LEAVING = "/tmp/leaving"
PROBES = 3
CANARY = "hb-reset-token-7f3a"
PLANTED = {
    "Referer": f"https://elsewhere.example/reset?token={CANARY}",
    "Cookie": f"session={CANARY}",
    "Authorization": f"Bearer {CANARY}",
    "X-Api-Key": CANARY,
}


@promise(family="rehearsal", authority="https://gunicorn.org/reference/settings/#workers")
def web_concurrency_wins(image: Image, project: Project) -> Judgement:
    """The number that is stated is the number of workers, whatever the limit."""
    counts: dict[float, int] = {}
    for cpus in (0.5, 2.0):
        with image.boot(Posture(env=(("WEB_CONCURRENCY", str(STATED)),), cpus=cpus)) as container:
            counts[cpus] = container.settled(lambda: len(container.processes()) - 1)
    told = ", ".join(f"{count} workers at {cpus:g} CPU" for cpus, count in counts.items())
    return kept_if(set(counts.values()) == {STATED}, f"WEB_CONCURRENCY={STATED}: {told}")


@promise(family="rehearsal", authority="https://cheatsheetseries.owasp.org/cheatsheets/Logging_Cheat_Sheet.html")
def tokens_stay_out_of_the_log(image: Image, project: Project) -> Judgement:
    """A token in the query, the referer, a cookie or a header is in no line, and the request still has its line."""
    with image.boot() as container:
        for header, value in {"": "", **PLANTED}.items():
            container.get(f"{ASKED}?token={CANARY}", headers={header: value} if header else {})
        lines = container.settled(container.logs).splitlines()
    held = [line for line in lines if CANARY in line]
    logged = sum(f'"path": "{ASKED}"' in line for line in lines)
    if held:
        return kept_if(condition=False, seen=f"a token is in the log: {held[0]}")
    places = f"query, {', '.join(PLANTED)}"
    wanted = len(PLANTED) + 1
    return kept_if(logged >= wanted, f"{logged} lines for {wanted} requests with a token ({places}), 0 lines hold it")


@promise(family="rehearsal", authority="https://12factor.net/logs")
def probes_answered_well_are_not_logged(image: Image, project: Project) -> Judgement:
    """A probe that is answered 200 leaves no line; one that is answered otherwise leaves one, as a visitor does."""
    with image.boot() as container:
        statuses = [container.get(path).status for path in (project.live, project.ready) for _ in range(PROBES)]
        container.put(LEAVING, b"")
        leaving = container.get(project.ready).status
        container.get(ASKED)
        lines = container.settled(container.logs).splitlines()
    told = {path: sum(f'"path": "{path}"' in line for line in lines) for path in (project.live, project.ready, ASKED)}
    asked = f"{project.live} and {project.ready} answered {statuses}, {project.ready} of one that leaves {leaving}"
    seen = ", ".join(f"{count} lines of {path}" for path, count in told.items())
    expected = [200] * 2 * PROBES, 503, {project.live: 0, project.ready: 1, ASKED: 1}
    return kept_if((statuses, leaving, told) == expected, f"{asked}; in the log {seen}")
