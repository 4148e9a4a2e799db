"""What was seen, as it is kept on disk: of a snippet, of a pitfall, of a tutorial, of releases that were cut off."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec

from ..contract import Finding, Verdict
from ..contract.deployment.cut import Mishap

Moment = Annotated[datetime, msgspec.Meta(tz=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What a FROM reference was in truth: a registry's image by its digest, or a stand-in by its recipe.

    What is `packaged` is neither: no registry has it, such as a host, which is made of its distribution's packages.
    """

    ref: str
    digest: str
    stand_in: bool
    os: str
    version: str
    differs: str
    packaged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFacts:
    """The built image: id, size of all layers, `USER`, seconds to build without a cache and to answer."""

    id: str
    bytes: int
    user: str
    build_s: float
    ready_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """That exactly these bytes were built, booted and probed, by what, and what was seen."""

    snippet: str
    digest: str
    files: Mapping[str, str]
    engine: str
    bases: Sequence[Base]
    image: ImageFacts | None
    verified_at: Moment
    findings: Sequence[Finding]

    @property
    def stand_in(self) -> bool:
        """Whether any base was stood in."""
        return any(base.stand_in for base in self.bases)

    def count(self, verdict: Verdict) -> int:
        """How many findings have this verdict."""
        return sum(finding.verdict is verdict for finding in self.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """That a pitfall was caught: its digest, the real error, what was seen and by whom else.

    `flaky` is how a first try ended where only at a second one it was caught as it states.
    """

    pitfall: str
    digest: str
    stage: str
    error: str
    engine: str
    stand_in: bool
    verified_at: Moment
    flaky: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One executed cell of a tutorial: its source and the text it printed."""

    source: str
    output: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """That a tutorial ran from its first cell to its last: keyed by its cells and the snippets it uses.

    `flaky` is how a first try ended where only a second one came to the end.
    """

    tutorial: str
    digest: str
    engine: str
    stand_in: bool
    verified_at: Moment
    cells: Sequence[Cell]
    flaky: str = ""


class Outcome(StrEnum):
    """What is left of a release that was cut off."""

    RIGHT = "right"
    """A version serves, what was acknowledged is there, and the next release ends right."""
    HAND = "hand"
    """Likewise, but somebody has to help the next release."""
    WRONG = "wrong"
    """Nobody serves, or something is lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOff:
    """A release that something came between after so many seconds; `seen` says all of it."""

    after_s: float
    mishap: Mishap
    outcome: Outcome
    seen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """That a release of `whole_s` seconds was cut off at many moments: keyed by its files and by who judged.

    `deployment` is the snippet's name, or that of a pitfall: then it was its mutant that released.
    """

    deployment: str
    digest: str
    rules: str
    engine: str
    stand_in: bool
    verified_at: Moment
    whole_s: float
    cells: Sequence[CutOff]
