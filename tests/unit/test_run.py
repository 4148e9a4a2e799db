"""Runs and what dead ones left: swept once, by whoever comes first, and nobody else's is touched."""

import fcntl
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from snippets.engine.lock import opened as opened_lock
from snippets.engine.run import VARIABLE, current, opened, sweep, sweep_dead
from snippets.errors import EngineError

ROOT = Path(__file__).parents[2]
# An engine of containers alone: one is a file, named after it, in a folder that is named after its run.
DOCKER = """#!/bin/sh
cd {world} || exit 1
echo "$*" >> said
case "$1 $2 $3 $4" in
    "ps --all --quiet --filter")
        [ -f absent ] && {{ echo "Cannot connect to the Docker daemon" >&2; exit 1; }}
        key=${{5#label=handbook.run=}}
        ls "$key" 2>/dev/null ;;
    "rm --force --volumes "*)
        shift 3
        [ -f goes ] && {{ for each; do /bin/rm -f */"$each"; done; /bin/rm goes; }}
        [ -f stays ] && {{ echo "Error: $1 is in use" >&2; exit 1; }}
        for each; do /bin/rm */"$each" 2>/dev/null || {{ echo "Error: No such container: $each" >&2; exit 1; }}; done ;;
esac
exit 0
"""
SWEEPER = "from snippets.engine.run import sweep_dead; print(*sweep_dead())"


class World:
    """A fake engine and a folder of runs."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.runs = root / "tmp" / f"handbook-{os.getuid()}"
        (root / "bin").mkdir()
        (root / "world").mkdir()
        self.runs.mkdir(parents=True, mode=0o700)
        program = root / "bin" / "docker"
        program.write_text(DOCKER.format(world=root / "world"))
        program.chmod(0o755)

    def run(self, key: str, *containers: str) -> Path:
        """A run that left its directory and these containers."""
        state = self.runs / key
        state.mkdir(mode=0o700)
        (state / "lock").write_text("1\n")
        (state / "images").mkdir()
        self.starts(key, *containers)
        return state

    def starts(self, key: str, *containers: str) -> None:
        """Containers of this run."""
        (self.root / "world" / key).mkdir(exist_ok=True)
        for name in containers:
            (self.root / "world" / key / name).touch()

    def is_so(self, what: str) -> None:
        """Have the engine be absent, a container go by itself (`goes`), or not at all (`stays`)."""
        (self.root / "world" / what).touch()

    @property
    def containers(self) -> list[str]:
        """Those that there are, by run and name."""
        return sorted(f"{path.parent.name}/{path.name}" for path in (self.root / "world").glob("*/*"))


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """The engine that is found first."""
    made = World(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    monkeypatch.delenv(VARIABLE, raising=False)
    return made


def test_a_run_sweeps_what_dead_ones_left_and_leaves_nothing(world: World) -> None:
    """Its own state is private, marked by a lock that nobody else can have, and gone in the end."""
    world.run("dead", "a", "b")
    with opened() as run:
        assert world.containers == []
        assert current() == run
        assert (run.state / "lock").read_text() == f"{os.getpid()}\n"
        assert not (run.state / "lock.new").exists()
        assert sweep_dead() == ()
        world.starts(run.key, "c")
        with opened() as inner:
            assert inner == run
        assert world.containers == [f"{run.key}/c"]

    assert world.containers == []
    assert list(world.runs.iterdir()) == []
    assert current() is None


def test_only_dead_runs_are_swept(world: World) -> None:
    """Not one that is alive, not one that begins, not one that a link leads to, and no lock's file."""
    world.run("dead", "a")
    live = world.run("live", "b")
    (world.run("begins", "c") / "lock").rename(world.runs / "begins" / "lock.new")
    elsewhere = world.run("elsewhere", "d").rename(world.root / "elsewhere")
    (world.runs / "link").symlink_to(elsewhere)
    (world.runs / "port.lock").touch()
    (world.run("odd", "e") / "lock").unlink()
    (world.runs / "odd" / "lock").symlink_to(world.root / "precious")
    handle = opened_lock(live / "lock")
    fcntl.flock(handle, fcntl.LOCK_EX)

    assert sweep_dead() == ("dead",)
    assert world.containers == ["begins/c", "elsewhere/d", "live/b", "odd/e"]
    assert not (world.root / "precious").exists()
    os.close(handle)
    assert sweep_dead() == ("live",)


@pytest.mark.timeout(60)
def test_several_who_sweep_at_a_time_share_it(world: World) -> None:
    """Each dead run is swept once, none of them fails, and what one has just made stays."""
    dead = [f"dead{number:02}" for number in range(40)]
    for key in dead:
        world.run(key, f"{key}-a", f"{key}-b")
    live = world.run("live", "mine")
    handle = opened_lock(live / "lock")
    fcntl.flock(handle, fcntl.LOCK_EX)
    environment = os.environ | {"TMPDIR": str(world.root / "tmp")}
    sweepers = [
        subprocess.Popen(
            [sys.executable, "-c", SWEEPER],
            cwd=ROOT,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(4)
    ]
    ended = [(*sweeper.communicate(), sweeper.returncode) for sweeper in sweepers]
    os.close(handle)

    assert [(err, status) for _, err, status in ended] == [("", 0)] * 4
    assert sorted(key for out, _, _ in ended for key in out.split()) == dead
    assert world.containers == ["live/mine"]
    assert [path.name for path in world.runs.iterdir()] == ["live"]


def test_what_goes_by_itself_is_no_fault(world: World) -> None:
    """A container that removes itself may be gone between being listed and being removed."""
    world.run("dead", "a", "b")
    world.is_so("goes")

    assert sweep_dead() == ("dead",)
    assert world.containers == []


@pytest.mark.parametrize("what", ["absent", "stays"])
def test_what_cannot_be_removed_is_left_to_the_next_run(world: World, what: str) -> None:
    """Its directory stays and marks it."""
    state = world.run("dead", "a")
    world.is_so(what)

    assert sweep_dead() == ()
    assert (state / "lock").is_file()
    with pytest.raises(EngineError):
        sweep("dead")
    (world.root / "world" / what).unlink()
    assert sweep_dead() == ("dead",)
    assert world.containers == []
