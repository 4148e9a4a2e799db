"""What a container gives out: a request in flight, traffic and a service beside it, made of answers."""

from dataclasses import dataclass

from snippets.contract.observation import Load, Reply
from snippets.errors import ContainerError


@dataclass(kw_only=True)
class FakeService:
    """A service that comes back, or does not."""

    recovers: bool
    up: bool = True

    def stop(self) -> None:
        """End it."""
        self.up = False

    def start(self) -> None:
        """Start it again."""
        self.up = self.recovers


@dataclass(frozen=True)
class FakeRequest:
    """A request in flight."""

    end: Reply | ContainerError
    sent_s: float = 0.05

    def elapsed_s(self) -> float:
        """Less than any answer takes here."""
        return self.sent_s

    def result(self) -> Reply:
        """What came of it."""
        if isinstance(self.end, ContainerError):
            raise self.end
        return self.end


@dataclass(frozen=True)
class FakeTraffic:
    """Requests whose end is known beforehand."""

    load: Load

    def end(self, *, after_s: float = 0.0) -> Load:
        """What came of them, without going on."""
        assert after_s > 0
        return self.load
