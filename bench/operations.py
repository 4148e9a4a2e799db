"""The lines of a tape -> what is to be done again, in their order: builds, boots, services, readers' commands."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.shell import BenchError
from bench.tape import entries

STEPS = frozenset(
    {"answer", "reply", "request", "signal", "exit", "start", "freeze", "health", "pause", "docker"},
)
# The engine's own word of its builds; the tape has them with their contexts.
KNOWN_TWICE = "build"


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """One build: its command line, where its context is kept, the image it made (None where it failed)."""

    argv: Sequence[str]
    kept: str
    run: str
    image: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something done to a container or to what it was given, or waited for, and how many seconds that took."""

    operation: str
    what: Mapping[str, Any]
    took_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Boot:
    """One container from its start to its removal; it is on the tape where it ended."""

    image: str
    port: int
    env: Mapping[str, str]
    posture: Mapping[str, Any]
    run: str
    steps: Sequence[Step]


@dataclass(frozen=True, slots=True, kw_only=True)
class Docker:
    """One `docker` command that makes or removes what boots need beside them."""

    argv: Sequence[str]
    run: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A reader's command or one of compose."""

    argv: Sequence[str]
    env: Mapping[str, str]
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """All commands of one copy of a snippet's directory."""

    kept: str
    folder: str
    run: str
    commands: list[Command] = field(default_factory=list)


Operation = Build | Boot | Docker | Rehearsal


def operations(tape: Path) -> list[Operation]:
    """Read a tape; raises BenchError where it holds nothing, or what cannot be played back."""
    found: list[Operation] = []
    steps: defaultdict[str, list[Step]] = defaultdict(list)
    rehearsals: dict[str, Rehearsal] = {}
    text = entries(tape).read_text() if entries(tape).is_file() else ""
    for number, line in enumerate(text.splitlines(), start=1):
        entry = json.loads(line)
        if not entry.get("run", "none"):
            message = f"{entries(tape)}:{number}: asked of the engine outside of any run"
            raise BenchError(message)
        match entry["operation"]:
            case "docker-build":
                built = Build(argv=entry["argv"], kept=entry["kept"], run=entry["run"], image=entry["image"])
                found.append(built)
            case "boot":
                found.append(
                    Boot(
                        image=entry["image"], port=entry["port"], env=entry["env"], posture=entry["posture"],
                        run=entry["run"], steps=steps.pop(entry["container"], []),
                    )
                )  # fmt: skip
            case "docker" if not entry.get("container"):
                found.append(Docker(argv=entry["argv"], run=entry["run"]))
            case "command" | "compose":
                if entry["workdir"] not in rehearsals:
                    rehearsal = Rehearsal(kept=entry["kept"], folder=entry["workdir"], run=entry["run"])
                    rehearsals[entry["workdir"]] = rehearsal
                    found.append(rehearsal)
                command = Command(argv=entry["argv"], env=entry["env"], status=entry["status"])
                rehearsals[entry["workdir"]].commands.append(command)
            case step if step in STEPS:
                steps[entry["container"]].append(Step(operation=step, what=entry, took_s=entry["took_s"]))
            case unknown if unknown != KNOWN_TWICE:
                message = f"{entries(tape)}:{number}: {unknown!r} cannot be played back"
                raise BenchError(message)
    if steps or not found:
        message = f"{entries(tape)}: {'a container that never ended' if steps else 'nothing was recorded'}"
        raise BenchError(message)
    return found


def untold(found: Sequence[Operation]) -> frozenset[str]:
    """Kinds of steps of which the engine told nothing: the contract of one image has them all."""
    return STEPS - {step.operation for boot in found if isinstance(boot, Boot) for step in boot.steps}


def moved(text: str, moves: Mapping[str, str]) -> str:
    """Replace each text by another."""
    for old, new in moves.items():
        text = text.replace(old, new)
    return text
