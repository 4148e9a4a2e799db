"""What can go wrong, as one small family: each message says what, where, and how to mend it."""

from collections.abc import Mapping, Sequence


class SnippetsError(Exception):
    """Anything this package refuses; the command line prints it without a traceback."""


class CatalogError(SnippetsError):
    """The library holds something that is not a snippet; every fault found is listed."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        listed = "\n".join(f"  {fault}" for fault in faults)
        super().__init__(f"the library has {len(faults)} fault(s):\n{listed}")


class EngineError(SnippetsError):
    """The instrument failed: no engine, a full disk, a silent registry. Says nothing of a snippet."""


class NoBaseError(EngineError):
    """No registry answers for a base, and nothing may or can stand in for it."""


class NoMaterialError(NoBaseError):
    """No registry answers for a base, and what its stand-in is made of is nowhere on this machine."""


class BuildError(SnippetsError):
    """The image does not build; `log` holds what the builder printed last."""

    def __init__(self, summary: str, log: str) -> None:
        self.summary = summary
        self.log = log
        super().__init__(f"{summary}\n{log}" if log else summary)


class ContainerError(SnippetsError):
    """The container exited, never answered or answered wrongly; the last log lines are in the message."""


class NotReadyError(ContainerError):
    """The container did not come up: it exited, or never answered 200 in its time."""


class LateError(NotReadyError):
    """It runs and never answered 200 in its time; a second try would take as long, and say the same."""


class OutOfMemoryError(ContainerError):
    """The container was killed for its memory; the last log lines are in the message."""


class UndescribedError(SnippetsError):
    """A promise cannot be judged by what the author says of the container; the message asks for what is missing."""

    def __init__(self, key: str, meaning: str) -> None:
        self.key = key
        super().__init__(f"state `{key}`: {meaning}")


class NoSourceError(SnippetsError):
    """A promise needs what the image was built from, and was given an image alone."""

    def __init__(self) -> None:
        super().__init__("it is judged by the source, and an image was given: check the directory")


class RecordError(SnippetsError):
    """A record is corrupt, truncated or written by hand: it counts as no record at all."""


class ReferenceFault(SnippetsError):
    """A page refers to something that is not there, or holds code that was typed by hand."""


class UnverifiedError(SnippetsError):
    """Pages show what no current, passing record vouches for."""

    def __init__(self, objections: Mapping[str, Sequence[str]]) -> None:
        self.objections = objections
        listed = "\n".join(f"  {place}: {why}" for place, reasons in objections.items() for why in reasons)
        count = sum(len(reasons) for reasons in objections.values())
        super().__init__(
            f"refusing to publish: {count} objection(s)\n{listed}\nRun `nox -s docs` where a container engine answers."
        )


class ProjectError(SnippetsError):
    """A reader's project is such that nothing can be written there, or read from it; every reason is listed."""

    def __init__(self, *faults: str) -> None:
        self.faults = faults
        super().__init__("\n".join(faults))
