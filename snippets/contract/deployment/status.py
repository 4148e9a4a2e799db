"""Who hears of it: an outage is told from elsewhere, and so is a timer that has fallen silent."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from ..promise import Judgement, kept_if, promise
from ..servers import NEIGHBOUR
from .addition import Watched
from .subject import Deployed
from .trouble import befalling, switched_off
from .visitors import served
from .watch import AT_ONCE, MISSED

# As shares of the longest silence that a timer may keep.
SOON, LATE = 0.9, 1.1
DAY_S = 86400.0
# Of a unit that was heard of, the word is on its way for a moment.
HEARD_S = 30.0
# As at a boot, which does the same for a timer that is started then; one that nobody started stays as it is.
BEGUN = "systemctl daemon-reload && systemctl try-restart {timer}"
STARTS = "systemctl show --property=Unit --value {timer}"
# Somebody stopped it, and what it starts would fail.
SILENCED = """
systemctl disable --now {timer}
install -d /run/systemd/system/{unit}.d
printf '[Service]\nExecStart=\nExecStart=/bin/false\n' > /run/systemd/system/{unit}.d/fails.conf
systemctl daemon-reload
"""
MENDED = """
rm --recursive /run/systemd/system/{unit}.d
systemctl daemon-reload
systemctl enable --now {timer}
systemctl start {unit}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """Something that did not serve for a while: seconds until all who look had told it, and that it was over.

    Where they had not, what was wanting of it.
    """

    what: str
    down_s: float | None
    up_s: float | None
    wanting: str = ""

    @property
    def told(self) -> bool:
        """Whether both was told in time."""
        return self.down_s is not None and self.up_s is not None

    def __str__(self) -> str:
        """As in "the database is stopped: told after 9 s, and 12 s after its end"."""
        if self.down_s is None:
            return f"{self.what}: not told ({self.wanting})"
        late = f"not that it was over ({self.wanting})"
        ended = late if self.up_s is None else f"{self.up_s:.0f} s after its end"
        return f"{self.what}: told after {self.down_s:.0f} s, and {ended}"


@promise(family="watch", authority="https://sre.google/sre-book/monitoring-distributed-systems/")
def outage_told(servers: Deployed, watched: Watched) -> Judgement:
    """The application, what it needs, its host or who watches is down: each page elsewhere says so in its time.

    A message arrives from each as well; when all is up again, likewise.
    """
    status, outages = watched.status, list[Outage]()
    # Each has only just begun to look, perhaps before the others were there.
    well = servers.await_(lambda: _said(servers, watched, status.watchers, status.up), status.told_s) is not None
    # What is not told keeps the page as it is, and so all that comes after it.
    for what, trouble, looking in _troubles(servers, watched) if well else ():
        outages.append(_outage(servers, watched, what, trouble, looking))
        if not outages[-1].told:
            break
    seen = f"at first {'all' if well else 'not all'} of {len(status.watchers)} pages say {status.up}"
    return kept_if(well and all(outage.told for outage in outages), "; ".join([seen, *map(str, outages)]))


def _troubles(servers: Deployed, watched: Watched) -> Iterator[tuple[str, AbstractContextManager[None], Sequence[str]]]:
    """Each by what it is called, and who then looks."""
    watchers = watched.status.watchers
    for name, trouble in watched.status.troubles.items():
        yield name, befalling(servers, trouble), watchers
    for host in (watched.deployment.host, *watchers):
        yield f"{host} is switched off", switched_off(servers, host), [each for each in watchers if each != host]


def _outage(
    servers: Deployed, watched: Watched, what: str, trouble: AbstractContextManager[None], looking: Sequence[str]
) -> Outage:
    status, heard = watched.status, len(servers.told())
    with trouble:
        down_s = _told(servers, watched, looking, status.down, heard)
        wanting = _wanting(servers, watched, looking, status.down, heard)
        heard = len(servers.told())
    if down_s is None:
        return Outage(what=what, down_s=None, up_s=None, wanting=wanting)
    if served(servers, watched.deployment) is None:
        return Outage(what=what, down_s=down_s, up_s=None, wanting="the site itself does not serve again")
    up_s = _told(servers, watched, looking, status.up, heard)
    wanting = _wanting(servers, watched, looking, status.up, heard)
    return Outage(what=what, down_s=down_s, up_s=up_s, wanting=wanting)


def _told(servers: Deployed, watched: Watched, looking: Sequence[str], word: str, heard: int) -> float | None:
    """Seconds until each who looks says so on its page, and has told somebody since."""

    def is_told() -> bool:
        return not _deaf(servers, looking, word, heard) and _said(servers, watched, looking, word)

    return servers.await_(is_told, watched.status.told_s) if looking else None


def _deaf(servers: Deployed, looking: Sequence[str], word: str, heard: int) -> list[str]:
    """Those who look and have told nobody since."""
    messages = servers.told()[heard:]
    return [who for who in looking if not any(who in message and word in message for message in messages)]


def _wanting(servers: Deployed, watched: Watched, looking: Sequence[str], word: str, heard: int) -> str:
    """Whom nobody heard of, and whose page does not say so."""
    other = [who for who in looking if not _said(servers, watched, [who], word)]
    told = [f"{who} tells nobody" for who in _deaf(servers, looking, word, heard)]
    return ", ".join([*told, *(f"the page of {who} does not say {word}" for who in other)]) or "nobody looks"


def _said(servers: Deployed, watched: Watched, looking: Sequence[str], word: str) -> bool:
    pages = (servers.run(watched.saying(watcher), on=NEIGHBOUR, check=False) for watcher in looking)
    return all(page.stdout.strip() == word for page in pages)


@promise(family="watch", authority="https://sre.google/sre-book/monitoring-distributed-systems/")
def silence_told(servers: Deployed, watched: Watched) -> Judgement:
    """A timer that has not succeeded within its time is missed elsewhere, and somebody is told; before that, nobody."""
    host, status = watched.deployment.host, watched.status
    units = {
        timer: servers.run(STARTS.format(timer=timer), on=host).stdout.strip() for timer in watched.deployment.timers
    }
    for timer, unit in units.items():
        servers.run(SILENCED.format(timer=timer, unit=unit), on=host)
    _aged(servers, watched, units, SOON)
    early = [watcher for watcher in status.watchers if not _misses_none(servers, watched, watcher)]
    _aged(servers, watched, units, LATE)
    for unit in units.values():
        # It runs, and fails: nothing that anybody should hear of as done.
        servers.run(f"systemctl start {unit}", on=host, check=False)
    deaf = [watcher for watcher in status.watchers if not _tells(servers, watched, watcher, units.values())]
    for timer, unit in units.items():
        servers.run(MENDED.format(timer=timer, unit=unit), on=host)

    def are_heard() -> bool:
        return all(_misses_none(servers, watched, watcher) for watcher in status.watchers)

    again = servers.await_(are_heard, HEARD_S) is not None
    seen = f"{', '.join(units)}: silent for nine tenths of their time, {' and '.join(early) or 'nobody'} misses them; "
    seen += f"silent for eleven tenths and with a run that failed, {len(status.watchers) - len(deaf)} of "
    seen += f"{len(status.watchers)} tell somebody, by a timer of their own; once they succeed "
    seen += "nobody misses them" if again else "they are missed still"
    return kept_if(bool(units) and not early and not deaf and again, seen)


def _aged(servers: Deployed, watched: Watched, units: Mapping[str, str], share: float) -> None:
    """Each watcher last heard of each unit so long ago, as a share of what its timer may be silent."""
    for timer, unit in units.items():
        for watcher in watched.status.watchers:
            servers.run(watched.aged(unit, share * watched.deployment.silence_s(timer)), on=watcher)


def _misses_none(servers: Deployed, watched: Watched, watcher: str) -> bool:
    """Whether it looks now, and finds all that it should have heard of."""
    unit = servers.run(STARTS.format(timer=watched.status.looks), on=watcher).stdout.strip()
    return servers.run(f"systemctl start {unit}", on=watcher, check=False).status == 0


def _tells(servers: Deployed, watched: Watched, watcher: str, units: Collection[str]) -> bool:
    """Whether it tells somebody of all these units once its own timer has it look, which was missed."""
    heard, looks = len(servers.told()), watched.status.looks
    at_once = AT_ONCE.format(timer=looks)
    servers.run(MISSED.format(timer=looks, at_once=at_once, ago_s=DAY_S) + BEGUN.format(timer=looks), on=watcher)

    def is_told() -> bool:
        said = [message for message in servers.told()[heard:] if watcher in message]
        return all(any(unit in message for message in said) for unit in units)

    told = servers.await_(is_told, watched.status.told_s) is not None
    servers.run(f"rm {at_once} && systemctl daemon-reload", on=watcher)
    return told
