"""A tape -> the same work once more by raw `docker` commands, one after the other, and the seconds it took."""

import os
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.boot import Clock, play
from bench.operations import Boot, Build, Command, Docker, Operation, Rehearsal, moved
from bench.shell import BenchError, clean_environment, run
from bench.tape import built, secrets
from snippets.engine.build import one_build
from snippets.engine.run import Run, opened
from snippets.engine.subjects.shim import WORKDIR_LABEL
from snippets.engine.subjects.workdir import published_port


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """Seconds of the whole, and of what they were spent on; how many builds, boots and commands it was."""

    took_s: float
    spent: Mapping[str, float]
    counts: Mapping[str, int]


def replay(tape: Path, operations: Sequence[Operation], written: Mapping[str, str]) -> Played:
    """Play it back; `written` are texts to replace in what builds are given, so that they are no cache's.

    Laying out contexts and tidying up are not in the time. Raises BenchError where something ends
    otherwise than it did when it was recorded.
    """
    with opened() as run_, tempfile.TemporaryDirectory(prefix="handbook-replay-") as folder:
        place = Path(folder)
        for kept in sorted({operation.kept for operation in operations if isinstance(operation, Build | Rehearsal)}):
            shutil.copytree(tape / kept, place / kept)
            _rewrite(place / kept, written)
        player = _Player(tape=tape, place=place, run=run_)
        for operation in operations:
            if isinstance(operation, Rehearsal):
                _rewrite(place / operation.kept, player.moves(operation))
        started = time.monotonic()
        for operation in operations:
            player.play(operation)
        took_s = time.monotonic() - started - player.tidying_s
    counts = {
        "builds": sum(isinstance(operation, Build) for operation in operations),
        "boots": sum(isinstance(operation, Boot) for operation in operations),
        "docker commands": sum(isinstance(operation, Docker) for operation in operations),
        "commands": sum(len(operation.commands) for operation in operations if isinstance(operation, Rehearsal)),
    }
    return Played(took_s=took_s, spent=player.clock.spent, counts=counts)


@dataclass(frozen=True, kw_only=True)
class _Player:
    """One playback: where things lie, and which image stands for which of the tape."""

    tape: Path
    place: Path
    run: Run
    images: dict[str, str] = field(default_factory=dict)
    clock: Clock = field(default_factory=Clock)
    tidied: list[float] = field(default_factory=list)

    @property
    def tidying_s(self) -> float:
        """Seconds spent on what is no part of the work."""
        return sum(self.tidied)

    def play(self, operation: Operation) -> None:
        """Do one thing again."""
        match operation:
            case Build():
                with self.clock.timed("builds"):
                    self.build(operation)
            case Boot():
                if operation.image not in self.images:
                    message = f"no build on the tape made {operation.image}"
                    raise BenchError(message)
                play(operation, self.images[operation.image], self.run.key, self.clock)
            case Docker():
                with self.clock.timed("services"):
                    run([moved(word, {operation.run: self.run.key, **self.images}) for word in operation.argv])
            case Rehearsal():
                with self.clock.timed("commands"), published_port():
                    for command in operation.commands:
                        self.command(operation, command)
                self.tidy(operation)

    def build(self, build: Build) -> None:
        """Build the kept context."""
        given, context = self.place / build.kept / "given", self.place / build.kept / "context"
        argv = build_arguments(build, given, context, self.run.key)
        with one_build():
            done = run(argv, check=False)
        if (done.status == 0) != (build.image is not None):
            message = f"a build that {'passed' if build.image else 'failed'} does so no more, played back:\n"
            raise BenchError(message + done.output[-2000:])
        if build.image is not None:
            self.images[build.image] = built(argv)

    def command(self, rehearsal: Rehearsal, command: Command) -> None:
        """Run it in the copy of the copy."""
        workdir = self.place / rehearsal.kept
        root = next(path for path in sorted(workdir.iterdir()) if path.is_dir() and path.name != "shim")
        moves = self.moves(rehearsal)
        env = clean_environment() | {name: moved(value, moves) for name, value in command.env.items()}
        env["PATH"] = f"{workdir / 'shim'}{os.pathsep}{env['PATH']}"
        argv = [moved(word, moves) for word in command.argv]
        done = run(argv, cwd=root, env=env, check=False)
        if done.status != command.status:
            message = f"`{' '.join(argv)[:120]}` exits {done.status}, not {command.status}, played back:\n"
            raise BenchError(message + done.output[-2000:])

    def tidy(self, rehearsal: Rehearsal) -> None:
        """Remove what commands left that ended early: the next of the same snippet needs the name."""
        started = time.monotonic()
        label = f"label={WORKDIR_LABEL}={self.place / rehearsal.kept}"
        if left := run(["docker", "ps", "--all", "--quiet", "--filter", label]).output.split():
            run(["docker", "rm", "--force", "--volumes", *left])
        self.tidied.append(time.monotonic() - started)

    def moves(self, rehearsal: Rehearsal) -> dict[str, str]:
        """What was written on the tape, and what stands for it here."""
        docker = shutil.which("docker") or "docker"
        return {
            str(self.tape / "bin" / "docker"): docker,
            rehearsal.folder: str(self.place / rehearsal.kept),
            rehearsal.run: self.run.key,
        }


def build_arguments(build: Build, given: Path, context: Path, key: str) -> list[str]:
    """The recorded command line, with the places and the tag of this playback."""
    moves = {str(secret.parent): str(given) for secret in secrets(build.argv)} | {build.run: key}
    return [*(moved(word, moves) for word in build.argv[:-1]), str(context)]


def _rewrite(folder: Path, moves: Mapping[str, str]) -> None:
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            changed = content
            for old, new in moves.items():
                changed = changed.replace(old.encode(), new.encode())
            if changed != content:
                path.write_bytes(changed)
