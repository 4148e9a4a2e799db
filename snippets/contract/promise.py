"""A promise: a function that judges a subject, its docstring that readers see, and the authority behind it.

What every container promises and what one snippet alone rehearses are the same kind of thing: `judge` turns
both into a `Finding`.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from inspect import signature
from typing import Protocol

from ..errors import (
    BuildError,
    ContainerError,
    EngineError,
    NoSourceError,
    NotReadyError,
    OutOfMemoryError,
    UndescribedError,
)
from .rules import rules_digest

NOT_UP = "does not come up: "
KILLED = "is killed for its memory: "


class Verdict(StrEnum):
    """How a promise was judged; `error` says that it could not be, which is never a pass."""

    KEPT = "kept"
    BROKEN = "broken"
    NOT_APPLICABLE = "not-applicable"
    ERROR = "error"


# What counts where two looks differ: the later one here.
_WEIGHT = {
    verdict: weight
    for weight, verdict in enumerate((Verdict.KEPT, Verdict.NOT_APPLICABLE, Verdict.ERROR, Verdict.BROKEN))
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a promise's function answers: kept or not, and what it saw, in units."""

    kept: bool
    seen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One promise judged once; `rules` is the digest of the code that judged, `took_s` seconds."""

    promise: str
    rules: str
    verdict: Verdict
    seen: str
    took_s: float

    def joined(self, other: "Finding") -> "Finding":
        """Two looks at one promise: broken where either says so, then not judged, and what both saw."""
        worse = max(self, other, key=lambda finding: _WEIGHT[finding.verdict])
        seen = "; ".join(dict.fromkeys((self.seen, other.seen)))
        return replace(worse, seen=seen, took_s=round(self.took_s + other.took_s, 2))


class Renewable(Protocol):
    """What can be judged: an image on trial or a stack, which a second look finds as it was at first."""

    def renewed(self) -> object:
        """The same, with nothing left of what was done to it."""


class Described(Protocol):
    """What its author says of a subject, such as a `Project`; what does not apply is told with its reason."""

    @property
    def not_applicable(self) -> Mapping[str, str]:
        """Reason by slug."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What a subject promises: slug, title (the docstring), family, authority (a URL), function.

    The function takes the subject, and what its author says of it where there is such a description.
    """

    slug: str
    title: str
    family: str
    authority: str
    exemptible: bool
    function: Callable[..., Judgement]

    @property
    def asks(self) -> object:
        """The kind of subject that the function names."""
        return next(iter(signature(self.function).parameters.values())).annotation

    @property
    def rules(self) -> str:
        """Digest of the source that judges: see `rules_digest`."""
        return rules_digest(self.function)

    def judge(self, subject: Renewable, described: Described | None = None) -> Finding:
        """Judge once; the subject's fault is a broken promise, the engine's or its description's an error."""
        started = time.monotonic()
        verdict, seen = self._verdict(subject, described)
        if verdict is Verdict.BROKEN:
            try:
                subject.renewed()
            except EngineError as fault:
                # An engine that cannot even end it may be what broke it.
                verdict, seen = Verdict.ERROR, str(fault)
        took_s = round(time.monotonic() - started, 2)
        return Finding(promise=self.slug, rules=self.rules, verdict=verdict, seen=seen.strip(), took_s=took_s)

    def judge_twice(self, subject: Renewable, described: Described | None = None) -> Finding:
        """Judge, and where it is broken once more: what holds only at the second try says so in what was seen."""
        first = self.judge(subject, described)
        if first.verdict is not Verdict.BROKEN:
            return first
        second = self.judge(subject, described)
        if second.verdict is not Verdict.KEPT:
            return second
        return replace(second, seen=f"{second.seen}; flaky, at the first try: {first.seen}")

    def _verdict(self, subject: Renewable, described: Described | None) -> tuple[Verdict, str]:
        reason = described.not_applicable.get(self.slug, "").strip() if described else ""
        if reason and self.exemptible:
            return Verdict.NOT_APPLICABLE, reason
        try:
            judgement = self.function(subject, described) if described else self.function(subject)
        except NotReadyError as fault:
            return Verdict.BROKEN, f"{NOT_UP}{fault}"
        except OutOfMemoryError as fault:
            return Verdict.BROKEN, f"{KILLED}{fault}"
        except (ContainerError, BuildError) as fault:
            return Verdict.BROKEN, str(fault)
        except (EngineError, UndescribedError) as fault:
            return Verdict.ERROR, str(fault)
        except NoSourceError as lack:
            return Verdict.NOT_APPLICABLE, str(lack)
        if judgement.kept and not judgement.seen.strip():
            # Whoever saw nothing proved nothing.
            return Verdict.BROKEN, f"{self.slug} says nothing of what it saw"
        return (Verdict.KEPT if judgement.kept else Verdict.BROKEN), judgement.seen


@dataclass(frozen=True, slots=True)
class promise:  # noqa: N801 - reads as the decorator it is
    """Make a function a promise; its slug is its name, its title its docstring's first line."""

    family: str
    authority: str
    exemptible: bool = False

    def __call__(self, function: Callable[..., Judgement]) -> Promise:
        """Refuse a promise that does not say what it promises."""
        if not function.__doc__:
            message = f"{function.__qualname__} promises nothing: it has no docstring"
            raise TypeError(message)
        return Promise(
            slug=function.__name__.replace("_", "-"),
            title=" ".join(function.__doc__.split()),
            family=self.family,
            authority=self.authority,
            exemptible=self.exemptible,
            function=function,
        )


def kept_if(condition: bool, seen: str) -> Judgement:  # noqa: FBT001 - the condition is the sentence
    """Answer of a promise: kept where the condition holds, with what was seen."""
    return Judgement(kept=bool(condition), seen=seen)


__all__ = ["Finding", "Judgement", "Promise", "Verdict", "kept_if", "promise"]
