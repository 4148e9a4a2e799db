"""A proof that runs -> a tape of all it asks of the engine: builds, boots, waits, stops, readers' commands.

Boots and their waits are told by the engine itself (HANDBOOK_TRACE). What goes through a command line is
caught by a `docker` and a `bash` of ours, first on PATH: they keep what a build or a command needs, its
context and its directory, and pass everything on.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from bench.shell import ROOT, BenchError, clean_environment
from snippets.engine.inspection import inspected
from snippets.environment import TRACE

FOLDER, NESTED = "HANDBOOK_BENCH_TAPE", "HANDBOOK_BENCH_NESTED"
# Of what compose does, these build, boot, wait or stop; the others only ask.
LIFECYCLE = frozenset({"build", "up", "down", "run", "start", "stop", "restart", "kill"})
QUESTIONS = frozenset({"config", "exec", "images", "inspect", "logs", "port", "ps", "version"})
ENGINE_QUESTIONS = frozenset({"history", "image", "inspect", "logs", "port", "ps"})
CHAINS = frozenset({"&&", "||", "|", ";", "&"})
READERS_SHELL = ("-euo", "pipefail", "-c")
RUN_IMAGES = "--tag=handbook.local/run/"
_SCRIPT = """#!{python}
import sys
sys.path.insert(0, {root!r})
from bench.tape import pass_on
pass_on({program!r}, sys.argv[1:])
"""


def recording(folder: Path) -> dict[str, str]:
    """Make `folder` a blank tape; the environment in which a proof is recorded on it."""
    programs = folder / "bin"
    programs.mkdir(parents=True)
    for name in ("docker", "bash"):
        program = shutil.which(name)
        if program is None:
            message = f"there is no `{name}` program on PATH"
            raise BenchError(message)
        script = programs / name
        script.write_text(_SCRIPT.format(python=sys.executable, root=str(ROOT), program=program))
        script.chmod(0o755)
    env = clean_environment()
    path = f"{programs}{os.pathsep}{env['PATH']}"
    return env | {"PATH": path, FOLDER: str(folder), TRACE.name: str(entries(folder))}


def entries(folder: Path) -> Path:
    """Where the tape's lines are."""
    return folder / "tape.jsonl"


def kind_of(program: str, arguments: Sequence[str]) -> str | None:
    """What kind of operation a command is; None where it is none that would be played back."""
    if program == "bash":
        if tuple(arguments[:3]) != READERS_SHELL:
            return None
        return None if _asks(arguments[3].split()) else "command"
    if tuple(arguments[:2]) == ("buildx", "build"):
        # Bases are made once on a machine, and by neither side of a comparison.
        return "docker-build" if any(word.startswith(RUN_IMAGES) for word in arguments) else None
    if tuple(arguments[:1]) == ("compose",):
        verb = next((word for word in arguments if word in LIFECYCLE | QUESTIONS), None)
        if verb is None:
            message = f"no known verb in `docker {' '.join(arguments)}`"
            raise BenchError(message)
        return "compose" if verb in LIFECYCLE else None
    return None


def _asks(words: Sequence[str]) -> bool:
    """Whether a command only asks: what a rehearsal asks may rest on what it told the server, which is on no tape."""
    # Of several commands one may do something.
    if words[:1] != ["docker"] or not CHAINS.isdisjoint(words):
        return False
    return kind_of("docker", words[1:]) is None if words[1:2] == ["compose"] else set(words[1:2]) <= ENGINE_QUESTIONS


def pass_on(program: str, arguments: Sequence[str]) -> NoReturn:
    """Run the program in our place, and put on the tape what is worth it."""
    tape = Path(os.environ[FOLDER])
    kind = None if NESTED in os.environ else kind_of(Path(program).name, arguments)
    if kind is None:
        os.execv(program, [program, *arguments])  # noqa: S606 - what was asked for, no shell
    workdir = None if kind == "docker-build" else workdir_of(kind, arguments, os.environ)
    kept = _keep_build(tape, arguments) if workdir is None else _keep_workdir(tape, workdir)
    started = time.monotonic()
    done = subprocess.run(  # noqa: S603 - what was asked for, no shell
        [program, *arguments], env=os.environ | {NESTED: "1"}, check=False
    )
    entry = {
        "operation": kind,
        "argv": [Path(program).name, *arguments],
        "kept": kept,
        "workdir": str(workdir) if workdir else None,
        "run": os.environ.get("HANDBOOK_RUN", ""),
        "env": {name: value for name, value in os.environ.items() if name.startswith("COMPOSE_")},
        "status": done.returncode,
        "image": built(arguments) if kind == "docker-build" and done.returncode == 0 else None,
        "took_s": round(time.monotonic() - started, 3),
    }
    with entries(tape).open("a") as file:
        file.write(json.dumps(entry) + "\n")
    sys.exit(done.returncode)


def workdir_of(kind: str, arguments: Sequence[str], env: Mapping[str, str]) -> Path:
    """The folder around the copy of a snippet: its `docker` and its compose override lie beside the copy."""
    if kind == "command":
        return Path.cwd().parent
    places = [*arguments, *env.get("COMPOSE_FILE", "").split(os.pathsep)]
    found = next((Path(place) for place in places if place.endswith("/compose.yaml")), None)
    if found is None:
        message = f"no compose.yaml in `docker {' '.join(arguments)}`"
        raise BenchError(message)
    return found.parent.parent


def secrets(build: Sequence[str]) -> list[Path]:
    """The files whose content a build is given."""
    return [Path(word.partition(",src=")[2]) for word in build if word.startswith("--secret=")]


def built(build: Sequence[str]) -> str:
    """The id of what a build made, as the engine has it; raises EngineError where it has none."""
    tag = next(word.removeprefix("--tag=") for word in build if word.startswith("--tag="))
    return str(inspected(tag)["Id"])


def _keep_build(tape: Path, arguments: Sequence[str]) -> str:
    name = f"build-{uuid.uuid4().hex[:12]}"
    (tape / name / "given").mkdir(parents=True)
    for secret in secrets(arguments):
        shutil.copy(secret, tape / name / "given")
    shutil.copytree(arguments[-1], tape / name / "context")
    return name


def _keep_workdir(tape: Path, workdir: Path) -> str:
    name = f"workdir-{hashlib.sha256(str(workdir).encode()).hexdigest()[:12]}"
    if not (tape / name).exists():
        shutil.copytree(workdir, tape / name)
    return name
