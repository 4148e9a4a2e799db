"""A release that is cut off in the middle: what serves then, what is lost, and whether the next one ends right."""

import time
from dataclasses import dataclass
from enum import StrEnum

from ...errors import ContainerError
from ..promise import Judgement, kept_if, promise
from .description import NEXT, Deployment
from .keep import missing, updated
from .subject import Deployed
from .visitors import served, serving, writes

NOTICED = None


class Mishap(StrEnum):
    """What comes between a release and its end."""

    CONNECTION = "connection"
    """Whoever deploys loses the way to the hosts."""
    POWER = "power"
    """Likewise, and the hosts have no power, and boot."""
    UPDATE = "update"
    """What the host runs on is updated and started anew. The release is left to end as it can."""


# After which share of the time that a release takes it comes, or as soon as a visitor notices the release. A share of
# the time says little on a machine that is busy now and idle then, and a release that takes all down does so for some
# seconds only.
CUTS = ((NOTICED, Mishap.POWER), (0.4, Mishap.CONNECTION), (0.65, Mishap.UPDATE))
# One that was over sooner than it was cut off tells nothing: the next one is cut off in so much of that time.
SOONER, TRIES = 0.6, 3
SAID = {
    Mishap.CONNECTION: "the connection lost",
    Mishap.POWER: "the hosts without power",
    Mishap.UPDATE: "the host updated",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """What was seen of a release that something came between after so many seconds, and of the next one.

    `noticed` is whether that was the moment when a visitor first noticed it, `busy` whether it was still under way,
    `wrote` how many writes somebody was acknowledged meanwhile.
    """

    after_s: float
    mishap: Mishap
    noticed: bool
    busy: bool
    serves: bool
    wrote: int
    lost: int
    ends: bool

    @property
    def right(self) -> bool:
        """Whether nobody had to help."""
        return self.serves and self.ends and self.wrote > 0 and not self.lost

    def __str__(self) -> str:
        """As in "the connection lost after 8 s: it serves, ..."."""
        when = ", as a visitor first noticed" if self.noticed else ""
        done = "" if self.busy else ", when all was done"
        told = f"{SAID[self.mishap]} after {self.after_s:.0f} s{when}{done}: "
        told += f"{'it serves' if self.serves else 'nobody serves'}, "
        told += f"of {self.wrote} acknowledged writes {self.lost} are lost, "
        return f"{told}the next release {'ends right' if self.ends else 'does not end right'}"


class _Moment:
    """When a release is cut off: after so many seconds, or once a visitor notices it."""

    def __init__(self, servers: Deployed, deployment: Deployment, before: str, after_s: float | None) -> None:
        self._servers, self._deployment, self._before, self._after_s = servers, deployment, before, after_s
        self._begun = time.monotonic()
        self.waited_s = 0.0

    def has_come(self) -> bool:
        """Whether it is now."""
        self.waited_s = time.monotonic() - self._begun
        return self._is_noticed() if self._after_s is NOTICED else self.waited_s >= self._after_s

    def _is_noticed(self) -> bool:
        try:
            return serving(self._servers, self._deployment) != self._before
        except ContainerError:
            # Nobody answers.
            return True


def cut(servers: Deployed, deployment: Deployment, version: str, after_s: float | None, mishap: Mishap) -> Cut:
    """Begin to release a version, have something come between, and release it again.

    It comes after so many seconds, or once a visitor notices the release. Raises ContainerError where an update fails.
    """
    before = serving(servers, deployment)
    with writes(servers, deployment, f"{mishap}-{time.monotonic():.2f}") as acknowledged:
        moment = _Moment(servers, deployment, before, after_s)
        if mishap is Mishap.UPDATE:
            busy = servers.disturbed(version, moment.has_come, lambda: _update(servers, deployment))
        else:
            busy = servers.cut_off(version, moment.has_come, power=mishap is Mishap.POWER)
        serves = served(servers, deployment) is not None
    again = servers.release(version)
    lost = missing(servers, deployment, acknowledged)
    return Cut(
        after_s=moment.waited_s,
        mishap=mishap,
        noticed=after_s is NOTICED,
        busy=busy,
        serves=serves,
        wrote=len(acknowledged),
        lost=len(lost),
        ends=again.status == 0 and serving(servers, deployment) != before,
    )


def _update(servers: Deployed, deployment: Deployment) -> None:
    update = updated(servers, deployment)
    if not update.right:
        raise ContainerError(str(update))


@promise(family="release", authority="https://12factor.net/disposability")
def release_survives_cut(servers: Deployed, deployment: Deployment) -> Judgement:
    """A release that is cut off leaves a version serving with every acknowledged write, and the next one ends right."""
    servers.release(NEXT)
    whole = servers.release()
    if whole.status != 0:
        return kept_if(condition=False, seen=f"a release that nobody cuts off exits {whole.status}")
    told: list[str] = []
    version, right = NEXT, False
    for share, mishap in CUTS:
        after_s = NOTICED if share is NOTICED else share * whole.took_s
        for _ in range(TRIES):
            seen = cut(servers, deployment, version, after_s, mishap)
            # There and back: what one has left is where the next one begins.
            version = ("", NEXT)[version == ""]
            after_s = NOTICED if after_s is NOTICED else SOONER * after_s
            if seen.busy or not seen.right:
                break
        told.append(str(seen))
        right = seen.busy and seen.right
        if not right:
            break
    return kept_if(right, f"of {whole.took_s:.0f} s: {'; '.join(told)}")
