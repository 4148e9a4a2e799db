"""Years in a project, generated: whatever is done to it in whatever order, no line of the reader's is ever lost."""

import hashlib
import os
import random
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from snippets.catalog.snippet import Kind, Snippet, Source
from snippets.errors import ProjectError
from snippets.evidence.standing import Standing, State
from snippets.handbook import Handbook
from snippets.project import Target, leases, plan_copy, plan_update, recover, status, write
from snippets.project import swap as swaps
from tests.unit.odd import lay
from tests.unit.test_target import tree
from tests.unit.windows import play

# So many on each system within a few seconds; HANDBOOK_FUZZ asks for more.
OPERATIONS = int(os.environ.get("HANDBOOK_FUZZ") or 400)
PATHS = ("Dockerfile", "app/run.sh", "conf/serve.conf", "compose.yaml")
SLUGS = ("web", "shop")
# Where an editor may save in between: each step of a replacement, and the look afterwards.
MOMENTS = ("_move", "_put", "_bytes", "settle")


class World:
    """A library, a project, its surroundings, and every line that the reader has written and not removed."""

    def __init__(self, root: Path, seed: int) -> None:
        """Lay it out."""
        self.random = random.Random(seed)  # noqa: S311 - generated cases
        self.root, self.project, self.library = root, root / "outside" / "project", root / "library"
        (self.project / ".git").mkdir(parents=True)
        (self.project / ".git" / "config").write_text("theirs\n")
        (root / "outside" / "other").write_text("somebody's\n")
        self.lines: set[bytes] = set()
        self.count = self.wrote = 0
        self.versions = {
            (slug, path): self._version() for slug in SLUGS for path in PATHS if self.random.random() < 0.8
        }
        self.unproven: set[str] = set()

    def _version(self) -> bytes:
        """Bytes of the handbook's: lines of which the next version changes some."""
        lines = [
            b"handbook %d %d\n" % (number, self.random.randrange(3)) for number in range(self.random.randrange(1, 9))
        ]
        content = b"".join(lines).removesuffix(self.random.choice([b"", b"", b"\n"]))
        self.library.mkdir(exist_ok=True)
        place = self.library / hashlib.sha256(content).hexdigest()
        if not place.exists():
            # Another run may be reading it: what is there is not made anew.
            place.write_bytes(content)
        return content

    @property
    def handbook(self) -> Handbook:
        """The library as it is now."""
        found = {slug: self._standing(slug) for slug in SLUGS if any(name == slug for name, _ in self.versions)}
        return cast("Handbook", SimpleNamespace(snippets=found))

    def _standing(self, slug: str) -> Standing:
        sources = {}
        for (name, path), content in self.versions.items():
            if name == slug:
                digest = hashlib.sha256(content).hexdigest()
                sources[path] = Source(
                    path=self.library / digest, sha256=digest, executable=path.endswith(".sh"), text=""
                )
        snippet = Snippet(
            name=slug,
            kind=Kind.IMAGE,
            root=self.library,
            sources=sources,
            table=None,  # type: ignore[arg-type]
            table_sha256="",
        )
        state = State.UNPROVEN if slug in self.unproven else State.PROVEN
        return Standing(
            snippet=snippet, state=state, objection="stale" if slug in self.unproven else None, evidence=None
        )

    # What the handbook does.

    def copy(self) -> None:
        """Copy a snippet, by force or not."""
        target, slug = Target.at(self.project), self.random.choice(SLUGS)
        with suppress(ProjectError, KeyError):
            recover(target, PATHS)
            plan = plan_copy(self.handbook, slug, target, force=self.random.random() < 0.3)
            write(target, plan.changes, plan.there)
            self.wrote += bool(plan.changes)

    def update(self) -> None:
        """Update."""
        target = Target.at(self.project)
        with suppress(ProjectError):
            recover(target, PATHS)
            plan = plan_update(self.handbook, target)
            write(target, plan.changes, plan.read)
            self.wrote += bool(plan.changes)

    def ask(self) -> None:
        """Ask how it stands, which changes nothing."""
        before = tree(self.project)
        with suppress(ProjectError):
            status(self.handbook, Target.at(self.project))
        assert tree(self.project) == before

    def two(self) -> None:
        """Two runs at a time."""
        threads = [threading.Thread(target=self.random.choice([self.copy, self.update])) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def edited_meanwhile(self) -> None:
        """A run, and an editor that saves at one moment of it, or at each."""
        moment, at, always = self.random.choice(MOMENTS), self.random.randrange(6), self.random.random() < 0.2
        with meanwhile(moment, lambda number: self.save() if always or number == at else None):
            self.random.choice([self.copy, self.update])()

    def killed(self) -> None:
        """A run that is killed at one moment; the next one finds what it left."""
        moment, at = self.random.choice(MOMENTS), self.random.randrange(6)

        def kill(number: int) -> None:
            if number >= at:
                raise Killed

        with suppress(Killed), meanwhile(moment, kill):
            self.random.choice([self.copy, self.update])()

    # What the reader does.

    def save(self) -> None:
        """Add a line to a file, as one of the ways to save it has it."""
        place = self.project / self.random.choice(PATHS)
        if place.is_symlink() or place.is_dir() or place.parent.is_file():
            return
        self.count += 1
        line = b"mine %d." % self.count
        before = place.read_bytes() if place.is_file() else b""
        end = b"\r\n" if before.count(b"\r\n") else b"\n"
        lines = before.split(b"\n")
        lines.insert(self.random.randrange(len(lines) + 1), line + end.removesuffix(b"\n"))
        after = b"\n".join(lines)
        place.parent.mkdir(parents=True, exist_ok=True)
        if self.random.random() < 0.5:
            (place.parent / "saving").write_bytes(after)
            (place.parent / "saving").replace(place)
        else:
            place.write_bytes(after)
        self.lines.add(line)

    def remove(self) -> None:
        """Remove a file with all that is in it, or what was kept of one."""
        files = [
            path for path in self.project.rglob("*") if path.is_file() and not {".git", ".handbook"} & {*path.parts}
        ]
        if files:
            place = self.random.choice(files)
            text = place.read_bytes()
            place.unlink()
            left = b"".join(content for content in tree(self.project).values() if isinstance(content, bytes))
            self.lines -= {line for line in self.lines if line in text and line not in left}

    def turn(self) -> None:
        """Check out with other line ends, the note included."""
        for place in [*(self.project / path for path in PATHS), self.project / ".handbook/copied.json"]:
            if place.is_file() and not place.is_symlink():
                text = place.read_bytes().replace(b"\r\n", b"\n")
                place.write_bytes(text.replace(b"\n", b"\r\n") if self.random.random() < 0.5 else text)

    def resolve(self) -> None:
        """Take the marks out of a file, all of them or some."""
        marks = [b"<<<<<<<", b"=======", b">>>>>>>"]
        chosen = tuple(marks if self.random.random() < 0.8 else self.random.sample(marks, 2))
        for path in PATHS:
            place = self.project / path
            if place.is_file() and not place.is_symlink():
                lines = place.read_bytes().split(b"\n")
                place.write_bytes(b"\n".join(line for line in lines if not line.startswith(chosen)))

    def odd(self) -> None:
        """Put a directory, a link or a pipe where a file was, which is kept elsewhere; or put it back."""
        place, kept = self.project / self.random.choice(PATHS), self.project / "kept"
        if kept.exists() or not place.is_file() or place.is_symlink():
            return
        place.rename(kept)
        lay(self.random.choice(["directory", "link", "pipe"]), place, "/etc/hostname")
        self.update()
        place.rmdir() if place.is_dir() and not place.is_symlink() else place.unlink()
        kept.rename(place)

    def chmod(self) -> None:
        """Change the permissions of a file."""
        place = self.project / self.random.choice(PATHS)
        if place.is_file():
            place.chmod(self.random.choice([0o600, 0o644, 0o755]))

    def damage(self) -> None:
        """Commit what a stranger would."""
        folder = self.project / ".handbook"
        if folder.is_dir():
            (folder / "pending").mkdir(exist_ok=True)
            step = '{"path": ".git/config", "before": null, "after": "x", "executable": true}'
            (folder / "pending" / "journal.json").write_text(f'{{"steps": [{step}], "made": ["../other"]}}')
            (folder / "pending" / "x").write_text("theirs\n")

    # What the handbook's authors do.

    def release(self) -> None:
        """A newer version, a new file, one less, a snippet that is stale or proven again."""
        key = (self.random.choice(SLUGS), self.random.choice(PATHS))
        kind = self.random.random()
        if kind < 0.6:
            self.versions[key] = self._version()
        elif kind < 0.8:
            self.versions.pop(key, None)
        else:
            self.unproven ^= {key[0]}

    def check(self) -> None:
        """Every line is somewhere in the project, and nothing outside has changed."""
        found = tree(self.root / "outside")
        assert found.pop("other") == b"somebody's\n"
        assert found.pop("project/.git/config") == b"theirs\n"
        assert all(path.startswith("project/") for path in found)
        held = b"\n".join(content for content in found.values() if isinstance(content, bytes))
        lost = sorted(line for line in self.lines if line not in held)
        assert not lost, f"{lost} of {len(self.lines)}"


class Killed(BaseException):
    """As `kill -9`: nobody tidies up."""


@contextmanager
def meanwhile(moment: str, do: Callable[[int], None]) -> Iterator[None]:
    """Do something each time before that step is taken, told how often it was by then."""
    real, calls = getattr(swaps, moment), 0
    undo = swaps.Swap.undo

    def interrupted(*arguments: object) -> object:
        nonlocal calls
        calls += 1
        do(calls - 1)
        return real(*arguments)

    def unless_killed(self: swaps.Swap) -> None:
        # Whoever is killed undoes nothing.
        if not isinstance(sys_exception(), Killed):
            undo(self)

    setattr(swaps, moment, interrupted)
    swaps.Swap.undo = unless_killed  # type: ignore[method-assign]
    try:
        yield
    finally:
        setattr(swaps, moment, real)
        swaps.Swap.undo = undo  # type: ignore[method-assign]


def sys_exception() -> BaseException | None:
    """The exception that is being handled."""
    return sys.exc_info()[1]


@pytest.mark.parametrize("system", ["linux", "no leases", "windows", "windows without links"])
def test_nothing_is_lost_and_nothing_is_written_outside(
    system: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Operations in any order, saves in between, two runs at a time, runs that are killed; on each system."""
    # Whoever saves here does so in one step, which needs no moment.
    monkeypatch.setattr(leases, "MOMENT_S", 0.0)
    if system == "no leases":
        monkeypatch.setattr(leases, "fcntl", None)
    if system.startswith("windows"):
        play(monkeypatch, links=system == "windows")
    done = wrote = saved = 0
    while done < OPERATIONS:
        world = World(tmp_path / f"{done}", seed=done)
        often = [world.copy, world.update, world.save, world.save, world.edited_meanwhile, world.release]
        seldom = [world.ask, world.two, world.killed, world.remove, world.turn, world.resolve, world.odd, world.damage]
        for _ in range(40):
            operation = world.random.choice([*often, *often, *seldom, world.chmod])
            operation()
            try:
                world.check()
            except AssertionError as error:
                raise AssertionError(f"seed {done}, {operation.__name__}: {error}") from None
            done += 1
        with suppress(ProjectError):
            recover(Target.at(world.project), PATHS)
        left = [path for path in tree(world.project) if Path(path).name.startswith(".handbook-")]
        assert not left, f"seed {done}: {left}"
        wrote, saved = wrote + world.wrote, saved + world.count
    # Runs that are all refused would lose nothing either.
    assert wrote > done / 25
    assert saved > done / 10


def test_an_update_of_a_project_without_a_note_changes_nothing(tmp_path: Path) -> None:
    """A note of nothing would have been written by no handbook, and would stop every command from then on."""
    world = World(tmp_path, seed=0)

    assert plan_update(world.handbook, Target.at(world.project)).changes == ()
