"""Measured values -> figures with a goal, and the results as a table and as JSON."""

import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import msgspec

from bench.shell import ROOT, BenchError, run
from snippets.environment import WORKERS

RESULTS = Path(__file__).parent / "results.json"
CI = Path(__file__).parent / "ci.json"
COLUMNS = ("FIGURE", "MEDIAN", "MIN", "MAX", "ROUNDS", "GOAL", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Minimum, median and maximum of some values, and how many they were."""

    minimum: float
    median: float
    maximum: float
    count: int

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Raises BenchError where nothing was measured."""
        if not values:
            message = "nothing was measured"
            raise BenchError(message)
        low, middle, high = (round(value, 3) for value in (min(values), median(values), max(values)))
        return cls(minimum=low, median=middle, maximum=high, count=len(values))


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure: its values (`unit` is "x", "ms", "s" or "MiB"), the most they may be, and the times it is made of."""

    name: str
    says: str
    unit: str
    limit: float
    values: Spread
    parts: Mapping[str, Spread] = field(default_factory=dict)
    containers: int | None = None
    met: bool = False

    @classmethod
    def judged(  # noqa: PLR0913 - one keyword a field
        cls,
        name: str,
        says: str,
        *,
        limit: float,
        values: Sequence[float],
        parts: Mapping[str, Sequence[float]],
        unit: str = "x",
        containers: int | None = None,
    ) -> "Figure":
        """Met where the median is within the limit, and no container was started where none may be."""
        spread = Spread.of(values)
        return cls(
            name=name, says=says, unit=unit, limit=limit, values=spread, containers=containers,
            parts={part: Spread.of(seconds) for part, seconds in parts.items()},
            met=spread.median <= limit and not containers,
        )  # fmt: skip

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Cells for COLUMNS: the figure, then what it is made of."""
        goal = f"<= {self.limit:g} {self.unit}"
        verdict = "met" if self.met else "MISSED"
        yield (self.name, *_cells(self.values), goal, f"{verdict}: {self.says}")
        for part, spread in self.parts.items():
            yield (f"  {part}", *_cells(spread), "", "")
        if self.containers is not None:
            yield ("  containers started", str(self.containers), "", "", "", "<= 0", "")


def _cells(spread: Spread) -> tuple[str, ...]:
    return (f"{spread.median:.2f}", f"{spread.minimum:.2f}", f"{spread.maximum:.2f}", str(spread.count))


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What the figures hold for."""

    processor: str
    cores: int
    memory_gib: float
    system: str
    python: str
    engine: str

    @classmethod
    def here(cls) -> "Machine":
        """Look at this machine, and ask the engine that answers."""
        told = run(["docker", "info", "--format", "{{.ServerVersion}}, {{.Driver}}, cgroup v{{.CgroupVersion}}"])
        release = platform.freedesktop_os_release()
        return cls(
            processor=_told("/proc/cpuinfo", "model name"), cores=os.cpu_count() or 0,
            memory_gib=round(int(_told("/proc/meminfo", "MemTotal").split()[0]) / 1024**2, 1),
            system=f"{release['PRETTY_NAME']}, Linux {platform.release()}", python=platform.python_version(),
            engine=f"Docker {told.output.strip()}",
        )  # fmt: skip

    def __str__(self) -> str:
        """On one line."""
        return (
            f"{self.processor}, {self.cores} cores, {self.memory_gib} GiB; {self.system}; "
            f"Python {self.python}; {self.engine}"
        )


class CiRun(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """bench/ci.json: how long all of `.ci/run` took, and the most memory it held."""

    took_s: float
    peak_mib: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """All figures of one run."""

    machine: Machine
    taken_at: datetime
    workers: int
    figures: Sequence[Figure]
    ci: CiRun | None

    @classmethod
    def gathered(cls, machine: Machine, workers: int, figures: Sequence[Figure], ci: Path = CI) -> "Results":
        """With what `.ci/run` measured of itself, where it did."""
        try:
            measured = msgspec.json.decode(ci.read_bytes(), type=CiRun)
        except FileNotFoundError:
            measured = None
        except msgspec.DecodeError as error:
            message = f"{ci.name}: {error}"
            raise BenchError(message) from None
        now = datetime.now(UTC).replace(microsecond=0)
        return cls(machine=machine, taken_at=now, workers=workers, figures=figures, ci=measured)

    def write(self, path: Path = RESULTS) -> None:
        """As indented JSON."""
        path.write_bytes(msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n")


def workers() -> int:
    """How many processes prove, as the noxfile has it: more than there are processors."""
    return int(os.environ.get(WORKERS.name) or 2 * (os.cpu_count() or 2))


def _told(file: str, name: str) -> str:
    for line in Path(file).read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return "unknown"


__all__ = ["COLUMNS", "RESULTS", "ROOT", "Figure", "Machine", "Results", "Spread", "workers"]
