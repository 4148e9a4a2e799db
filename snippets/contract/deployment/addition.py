"""What is added to a deployment: the typed description by which that is judged, and the deployment that it is of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from msgspec import Meta

from ..project import Table
from .description import Deployment


class Trouble(Table, frozen=True, kw_only=True):
    """Something that goes wrong, and is over later: two commands, as root."""

    on: Annotated[str, Meta(description="the host that it befalls")]
    begin: Annotated[str, Meta(description="what brings it about; it fails where it does not")]
    end: Annotated[str, Meta(description="what takes it away")]


class Backup(Table, frozen=True, kw_only=True):
    """How what was deployed is backed up to another host, and how one looks at what is there."""

    store: Annotated[str, Meta(description="the host that holds the backups")]
    copies: Annotated[str, Meta(description="a command on it that prints a line for each backup, the name first")]
    sound: Annotated[str, Meta(description="a command on it that reads all of them, and fails where one is damaged")]
    thin: Annotated[str, Meta(description="a command on it that lets go of those that are too old")]
    leave: Annotated[
        str, Meta(description="a command of a visitor who leaves all that there is to leave, with `{nonce}` in it")
    ]
    left: Annotated[str, Meta(description="a command of that visitor that prints all of it, from `{url}`")]
    sums: Annotated[str, Meta(description="a command on the host that prints how much data there is, and its sum")]
    empty: Annotated[str, Meta(description="a command on the host that takes away the application and its data")]
    troubles: Annotated[dict[str, Trouble], Meta(description="what may go wrong at a backup, by what it is called")]
    attacks: Annotated[
        dict[str, str], Meta(description="what an intruder tries on the host, by what it is meant to do to backups")
    ]
    restore_s: Annotated[float, Meta(description="seconds within which a backup is back")] = 120.0
    lost_s: Annotated[float, Meta(description="seconds within which a host that is gone is replaced, data and all")] = (
        900.0
    )


class Status(Table, frozen=True, kw_only=True):
    """Who watches a deployment from elsewhere, and how one sees what they say of it."""

    watchers: Annotated[list[str], Meta(description="the hosts that watch it, and each other")]
    says: Annotated[
        str, Meta(description="a command of a visitor that prints in a word what the page of `{watcher}` says")
    ]
    up: Annotated[str, Meta(description="that word while all is well, there and in messages")]
    down: Annotated[str, Meta(description="that word while something is not, likewise")]
    troubles: Annotated[dict[str, Trouble], Meta(description="what may stop serving, by what it is called")]
    told_s: Annotated[float, Meta(description="seconds within which pages say it, and somebody is told")]
    aged: Annotated[
        str,
        Meta(description="a command on a watcher by which what it last heard of `{unit}` is `{ago_s}` seconds old"),
    ]
    looks: Annotated[str, Meta(description="the timer by which a watcher looks what it has not heard of")]


class Hog(Table, frozen=True, kw_only=True):
    """What takes as much of one thing as it gets, and between which bounds that is."""

    takes: Annotated[
        str, Meta(description="a command on the host that goes on for some seconds, and prints last how much it got")
    ]
    unit: Annotated[str, Meta(description="of what that is a number: MiB of memory, or processors")]
    least: Annotated[float, Meta(description="what it gets at least, or nothing was tried", gt=0)]
    most: Annotated[float, Meta(description="what it gets at most, or nothing bounds it", gt=0)]


class Neighbour(Table, frozen=True, kw_only=True):
    """Another application on the host of a deployment, and what in it takes too much."""

    page: Annotated[str, Meta(description="the whole address of a page of the other application")]
    hogs: Annotated[dict[str, Hog], Meta(description="what takes too much in there, by a word for it")]
    answer_s: Annotated[
        float, Meta(description="seconds within which each visitor of the first application is answered meanwhile")
    ] = 10.0
    back_s: Annotated[float, Meta(description="seconds within which the other one serves again afterwards")] = 90.0


class Addition(Table, frozen=True, kw_only=True):
    """What a snippet adds to a deployment: it holds the files of that one as well, and is judged by its own part."""

    to: Annotated[str, Meta(description="the snippet of that deployment")]
    backup: Annotated[Backup | None, Meta(description="how it is backed up, and restored")] = None
    status: Annotated[Status | None, Meta(description="who watches it from elsewhere, and tells")] = None
    neighbour: Annotated[Neighbour | None, Meta(description="what else is on its host")] = None

    @property
    def parts(self) -> tuple[str, ...]:
        """Which parts of the contract it answers for."""
        stated = {"backup": self.backup, "status": self.status, "neighbour": self.neighbour}
        return tuple(name for name, part in stated.items() if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class BackedUp:
    """A deployment and how it is backed up; what does not apply is told with its reason."""

    deployment: Deployment
    backup: Backup
    not_applicable: Mapping[str, str] = field(default_factory=dict)

    def leaving(self, nonce: str) -> str:
        """The command of a visitor who leaves all that there is to leave."""
        return self.backup.leave.replace("{url}", self.deployment.url).replace("{nonce}", nonce)

    @property
    def left(self) -> str:
        """The command that prints all of it."""
        return self.backup.left.replace("{url}", self.deployment.url)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A deployment and who watches it from elsewhere; what does not apply is told with its reason."""

    deployment: Deployment
    status: Status
    not_applicable: Mapping[str, str] = field(default_factory=dict)

    def saying(self, watcher: str) -> str:
        """The command of a visitor that prints what this one's page says."""
        return self.status.says.replace("{watcher}", watcher)

    def aged(self, unit: str, ago_s: float) -> str:
        """The command by which a watcher last heard of this unit so long ago."""
        return self.status.aged.replace("{unit}", unit).replace("{ago_s}", f"{ago_s:.0f}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohosted:
    """A deployment and what else is on its host; what does not apply is told with its reason."""

    deployment: Deployment
    neighbour: Neighbour
    not_applicable: Mapping[str, str] = field(default_factory=dict)
