"""A release that is cut off in the middle: what serves then, what is lost, and whether the next one ends right."""

import time
from dataclasses import dataclass

from ...errors import ContainerError
from ..promise import Judgement, kept_if, promise
from .description import NEXT, Deployment
from .keep import missing
from .subject import Deployed
from .visitors import served, serving, writes

# After which share of the time that it takes a release is cut off, or as soon as a visitor notices it; and whether the
# hosts lose their power as well. A share of the time says little on a machine that is busy now and idle then, and a
# release that takes all down does so for some seconds only.
NOTICED = None
CUTS = ((NOTICED, True), (0.4, False), (0.65, True))
# One that was over sooner than it was cut off tells nothing: the next one is cut off in so much of that time.
SOONER, TRIES = 0.6, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """What was seen of a release that lost its way after so many seconds, and of the next one.

    `noticed` is whether that was the moment when a visitor first noticed it, `busy` whether it was still under way,
    `wrote` how many writes somebody was acknowledged meanwhile.
    """

    after_s: float
    power: bool
    noticed: bool = False
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
        what = "the hosts without power" if self.power else "the connection lost"
        when = ", as a visitor first noticed" if self.noticed else ""
        done = "" if self.busy else ", when all was done"
        told = f"{what} after {self.after_s:.0f} s{when}{done}: {'it serves' if self.serves else 'nobody serves'}, "
        told += f"of {self.wrote} acknowledged writes {self.lost} are lost, "
        return f"{told}the next release {'ends right' if self.ends else 'does not end right'}"


class _Moment:
    """When a release is cut off: after so many seconds, or once a visitor notices it."""

    def __init__(self, servers: Deployed, deployment: Deployment, after_s: float | None) -> None:
        self._servers, self._deployment, self._after_s = servers, deployment, after_s
        self._before = serving(servers, deployment)
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


def cut(servers: Deployed, deployment: Deployment, version: str, after_s: float | None, *, power: bool) -> Cut:
    """Begin to release a version, cut it off after so many seconds, or once a visitor notices, and release it again."""
    before = serving(servers, deployment)
    with writes(servers, deployment, f"{'power' if power else 'way'}-{time.monotonic():.2f}") as acknowledged:
        moment = _Moment(servers, deployment, after_s)
        busy = servers.cut_off(version, moment.has_come, power=power)
        serves = served(servers, deployment) is not None
    again = servers.release(version)
    lost = missing(servers, deployment, acknowledged)
    return Cut(
        after_s=moment.waited_s,
        power=power,
        noticed=after_s is NOTICED,
        busy=busy,
        serves=serves,
        wrote=len(acknowledged),
        lost=len(lost),
        ends=again.status == 0 and serving(servers, deployment) != before,
    )


@promise(family="release", authority="https://12factor.net/disposability")
def release_survives_cut(servers: Deployed, deployment: Deployment) -> Judgement:
    """A release that is cut off leaves a version serving with every acknowledged write, and the next one ends right."""
    servers.release(NEXT)
    whole = servers.release()
    if whole.status != 0:
        return kept_if(condition=False, seen=f"a release that nobody cuts off exits {whole.status}")
    told: list[str] = []
    version, right = NEXT, False
    for share, power in CUTS:
        after_s = NOTICED if share is NOTICED else share * whole.took_s
        for _ in range(TRIES):
            seen = cut(servers, deployment, version, after_s, power=power)
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
