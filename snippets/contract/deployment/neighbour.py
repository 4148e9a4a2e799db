"""Who is spared: what takes too much in another application of the same host leaves this one serving."""

import json
import shlex
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from ...errors import ContainerError
from ..promise import Judgement, kept_if, promise
from ..servers import NEIGHBOUR
from .addition import Cohosted, Hog
from .subject import Deployed
from .visitors import ANSWERED_S, ENDED, STARTED, TRUST

# One after the other, a moment apart, each on a connection of its own: what was answered, and the longest that anybody
# waited. Whatever goes wrong is an answer too, and counts by the name that Python has for it.
ASK = """
import json, pathlib, time, urllib.error, urllib.request
told, longest_s = {{}}, 0.0
while not pathlib.Path("/run/spared.stop").exists():
    began = time.monotonic()
    try:
        with urllib.request.urlopen({url!r}, timeout=15) as reply:
            answer = str(reply.status) if reply.read() else "an empty page"
    except urllib.error.HTTPError as error:
        answer = str(error.code)
    except Exception as error:
        answer = type(error).__name__
    told[answer] = told.get(answer, 0) + 1
    longest_s = max(longest_s, time.monotonic() - began)
    pathlib.Path("/run/spared.new").write_text(json.dumps([told, longest_s]))
    pathlib.Path("/run/spared.new").rename("/run/spared.json")
    time.sleep(0.1)
"""
SSH = "ssh -o ControlPath=none -o ConnectTimeout={limit} root@{host} true"
OTHER = "curl --silent --fail --output /dev/null --max-time 5 {page}"
# It has begun, and goes on for some seconds still.
WELL_UNDER_WAY_S = 3.0


@dataclass(slots=True)
class Meal:
    """What a hog got of one thing, what visitors of the other application were answered meanwhile, and what was so.

    `wanting` is what was not as before, in words.
    """

    name: str
    hog: Hog
    took: float = 0.0
    answers: Mapping[str, int] = field(default_factory=dict)
    longest_s: float = 0.0
    ssh_s: float | None = None
    wanting: list[str] = field(default_factory=list)

    @property
    def spared(self) -> bool:
        """Whether there was a hog, within its bounds, and nobody else noticed."""
        return self.hog.least <= self.took <= self.hog.most and set(self.answers) == {"200"} and not self.wanting

    def __str__(self) -> str:
        """As in "the memory hog gets 240 MiB of memory; beside it 40 times 200"."""
        asked = sum(self.answers.values())
        told = ", ".join(f"{count} times {answer}" for answer, count in sorted(self.answers.items())) or "nothing"
        bound = "" if self.took <= self.hog.most else f", of {self.hog.most:g} at most"
        seen = f"the {self.name} hog gets {self.took:g} {self.hog.unit}{bound}; {asked} visitors beside the "
        seen += f"{self.name} hog get {told}, the last after {self.longest_s:.1f} s beside the {self.name} hog"
        seen += "" if self.ssh_s is None else f", ssh after {self.ssh_s:.1f} s"
        return "; ".join([seen, *self.wanting])


@promise(family="keep", authority="https://docs.docker.com/engine/containers/resource_constraints/")
def neighbour_spared(servers: Deployed, cohosted: Cohosted) -> Judgement:
    """What eats memory, processors, disk or connections in another application leaves this one and sshd serving.

    It gets no more than its part, nothing of this one is started anew, and afterwards the other serves as well.
    """
    meals: list[Meal] = []
    for name, hog in cohosted.neighbour.hogs.items():
        meals.append(_eaten(servers, cohosted, Meal(name=name, hog=hog)))
        # What one has left behind is not the next one's doing.
        if not meals[-1].spared:
            break
    return kept_if(bool(meals) and all(meal.spared for meal in meals), "; ".join(map(str, meals)))


def _eaten(servers: Deployed, cohosted: Cohosted, meal: Meal) -> Meal:
    """The same once the hog has had what it gets, and all that was seen of it."""
    deployment, neighbour = cohosted.deployment, cohosted.neighbour
    nonce = f"beside-{meal.name}"
    before = servers.run(deployment.alive, on=deployment.host).stdout
    with _visited(servers, cohosted, meal), ThreadPoolExecutor(1) as aside:
        eating = aside.submit(servers.run, meal.hog.takes, on=deployment.host, check=False)
        servers.await_(eating.done, WELL_UNDER_WAY_S)
        ssh = servers.run(SSH.format(limit=int(neighbour.answer_s), host=deployment.host), check=False)
        meal.ssh_s = ssh.took_s if ssh.status == 0 else None
        written = servers.run(deployment.leaving(nonce), on=NEIGHBOUR, check=False).status == 0
        there = nonce in servers.run(deployment.reading(nonce), on=NEIGHBOUR, check=False).stdout
        meal.took = _got(meal.name, eating.result().stdout)
    if meal.ssh_s is None or meal.ssh_s > neighbour.answer_s:
        meal.wanting.append("sshd does not answer in time")
    if not written or not there:
        meal.wanting.append("nothing can be written to its database")
    if meal.longest_s > neighbour.answer_s:
        meal.wanting.append("it does not answer in time")
    if servers.run(deployment.alive, on=deployment.host).stdout != before:
        meal.wanting.append("something of it is started anew")
    asked = OTHER.format(page=shlex.quote(neighbour.page))
    back_s = servers.await_(
        lambda: servers.run(asked, on=NEIGHBOUR, check=False).status == 0,
        neighbour.back_s,
    )
    if back_s is None:
        meal.wanting.append("the other application does not come back")
    return meal


def _got(name: str, printed: str) -> float:
    """The number that a hog prints last, 0 where it prints nothing; raises ContainerError where that is none."""
    last = printed.split()[-1:]
    try:
        return float("".join(last) or 0)
    except ValueError:
        raise ContainerError(f"the last word of what the {name} hog prints is no number: {last[0][:80]!r}") from None


@contextmanager
def _visited(servers: Deployed, cohosted: Cohosted, meal: Meal) -> Iterator[None]:
    """Visitors of the first application while the block runs; what they were answered stands in the meal afterwards."""
    program = shlex.join(["python3", "-c", ASK.format(url=cohosted.deployment.page)])
    told = "/run/spared.json"
    servers.run(STARTED.format(name="spared", told=told, environment=TRUST, program=program), on=NEIGHBOUR)
    answered = f"test -s {told}"
    if servers.await_(lambda: servers.run(answered, on=NEIGHBOUR, check=False).status == 0, ANSWERED_S) is None:
        raise ContainerError(f"no visitor was answered within {ANSWERED_S:.0f} s")
    try:
        yield
    finally:
        ended = ENDED.format(name="spared")
        servers.await_(lambda: servers.run(ended, on=NEIGHBOUR, check=False).status == 0, ANSWERED_S)
    meal.answers, meal.longest_s = json.loads(servers.run(f"cat {told}", on=NEIGHBOUR).stdout)
