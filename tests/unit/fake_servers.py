"""Hosts that answer as it was laid out, and a deployment to be judged on them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from snippets.contract import DEPLOYED, Verdict
from snippets.contract.deployment.description import Deployment, Probe, Versions
from snippets.contract.observation import Done, Reply
from snippets.errors import ContainerError, NotReadyError

if TYPE_CHECKING:
    from snippets.contract.deployment.subject import Deployed

APP = Deployment(
    url="https://app.test",
    ports=["22/tcp", "443/tcp"],
    secrets={"key": "/srv/key"},
    timers={"certificate.timer": "2h"},
    drift="/srv/compose.yaml",
    inside="docker exec web",
    discard="docker rm web",
    writes=["/srv/uploads"],
    arrive_s=100.0,
    probe=Probe(
        write="curl {url}/notes -d {nonce}",
        read="curl {url}/notes?q={nonce}",
        log="journalctl --grep={id}",
        worked="count {url}/notes?q={nonce}",
        client="/who",
        slow="/slow?seconds=14",
        takes="/files",
        largest=8 << 20,
    ),
    sql="psql",
    hot="visits",
    update="apt-get upgrade",
    disk="du",
    alive="uptime",
    versions=Versions(
        next="ENV REVISION=next", held="ENV REVISION=held", bad={"exits": "CMD false", "stuck": "CMD true"}
    ),
)


@dataclass
class Told:
    """Hosts that answer a command by the first of `answers` whose words are in it: what it prints, and its status."""

    answers: dict[str, tuple[str, int]] = field(default_factory=dict)
    status: int = 200
    took_s: float = 50.0
    printed: str = ""
    busy: bool = True
    fails: bool = False

    def run(self, command: str, *, on: str = "", check: bool = True) -> Done:
        """An answer that was laid out, or nothing at all."""
        del on
        found = (answer for words, answer in self.answers.items() if words in command)
        stdout, status = next(found, ("", 0))
        if check and status:
            raise ContainerError(f"`{command}` exits {status}")
        return Done(status=status, stdout=stdout, stderr="", took_s=self.took_s)

    def get(self, path: str, *, headers: Mapping[str, str] | None = None, timeout_s: float = 5.0) -> Reply:
        """A page with that status."""
        del path, headers, timeout_s
        return Reply(status=self.status, body=b"page", headers={}, whole=True, took_s=0.1)

    @property
    def arrival(self) -> Done:
        """That it took so long, and what was printed."""
        return Done(status=0, stdout=self.printed, stderr="", took_s=self.took_s)

    def dry_run(self) -> Done:
        """What was laid out for it."""
        return self.run("dry-run", check=False)

    def arrive(self) -> Done:
        """Again."""
        if self.fails:
            raise NotReadyError("canary")
        return self.arrival

    @contextmanager
    def begun(self) -> Iterator[None]:
        """As before."""
        yield

    def interrupted(self, share: float, *, power: bool) -> bool:
        """Whether it was busy then."""
        del share, power
        return self.busy

    def await_(self, what: Callable[[], bool], timeout_s: float) -> float | None:
        """Asked once."""
        del timeout_s
        return 0.1 if what() else None

    def address(self, name: str, *, version: int = 4) -> str:
        """Of anybody."""
        del name, version
        return "10.0.0.9"

    def renewed(self) -> "Told":
        """Itself."""
        return self


def judged(slug: str, told: Told) -> tuple[Verdict, str]:
    """The verdict, and what was seen."""
    finding = DEPLOYED[slug].judge(cast("Deployed", told), APP)
    return finding.verdict, finding.seen
