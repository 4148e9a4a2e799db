"""The project's work as small tasks; `nox --list` says what each of them does."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import nox

nox.needs_version = ">=2025.5"
nox.options.sessions = ["docs"]

# One environment for all sessions: they need the same, and a contributor waits for it once. Nox would make
# one for each, so it makes none.
nox.options.default_venv_backend = "none"
ENVIRONMENT = Path(".nox", "handbook")
PROGRAMS = ENVIRONMENT.absolute() / ("Scripts" if os.name == "nt" else "bin")
PINS = ("pyproject.toml", "constraints.txt", "hatch_build.py")
PROOFS = ("tests/contract", "tests/rehearsals", "tests/pitfalls", "tests/tutorials")
# Servers keep a processor busy each: tests/schedule.py gives them to as many of these as there are processors. One more
# has containers, of which much is waited for; with twice as many everybody waits, and misses deadlines.
WORKERS = os.environ.get("HANDBOOK_WORKERS") or str((os.cpu_count() or 2) + 1)
WITH_ENGINE = ("python", "-m", "deployment_handbook.engine.daemon")
# Believe no record: what the run that publishes says.
ALL = "--all"
# Never quiet: MkDocs then counts no warning, and strict has nothing to refuse.
BUILD = ("mkdocs", "build", "--strict")
AUDIT = ("handbook", "audit", "site")


@nox.session
def docs(session: nox.Session) -> None:
    """Prove what changed, build the site, audit what was built."""
    install(session)
    # A site that passes says that every record is current; asking first would take a tenth of the time again.
    if passes(*BUILD) and passes(*AUDIT):
        session.log("every record is current: no container engine is needed, and none was started")
        return
    prove(session)
    run(session, *BUILD)
    run(session, *AUDIT)


@nox.session
def tests(session: nox.Session) -> None:
    """Boot images and stacks from nothing, of what takes long a part, another one each day; with `-- --all` all."""
    install(session)
    asked = [each for each in session.posargs if each != ALL]
    due = () if ALL in session.posargs else ("--due",)
    run(session, *WITH_ENGINE, "pytest", *due, *parallel(), *asked)


@nox.session
def faults(session: nox.Session) -> None:
    """Boot every pitfall, see that the promise it names catches it, and print who else noticed."""
    install(session)
    run(session, *WITH_ENGINE, "pytest", "tests/pitfalls", "--witnesses=quick", *parallel(), *session.posargs)


@nox.session
def machines(session: nox.Session) -> None:
    """See on whole machines in qemu what no container can show; half an hour where they are emulated."""
    install(session)
    whole = {"HANDBOOK_HOSTS": "machine"}
    told = ("--durations=20", *session.posargs)
    asked = ("tests/faults/test_hosts.py", "tests/rehearsals", "tests/pitfalls")
    run(session, *WITH_ENGINE, "pytest", *asked, "-m", "machine", *told, env=whole)
    # An engine has the groups of processes that its kernel gives it: this one is on a machine of its own.
    aboard = ("python", "-m", "deployment_handbook.proving.aboard")
    run(session, *WITH_ENGINE, *aboard, "pytest", "tests/contract", "-m", "machine", *told, env=whole)


@nox.session
def strips(session: nox.Session) -> None:
    """Cut a release off at one moment after the other, and keep what was left; half an hour for two dozen of them."""
    install(session)
    cut = ("python", "-m", "deployment_handbook.proving.strips")
    run(session, *WITH_ENGINE, *cut, *(session.posargs or ("ansible-app-docker", "8")))


@nox.session
def lint(session: nox.Session) -> None:
    """Check the style and the types of the code, and that its imports point one way."""
    install(session)
    run(session, "ruff", "check")
    run(session, "ruff", "format", "--check")
    run(session, "mypy")
    folder = Path(session.create_tmp())
    run(session, "mypy", *rehearsals(folder), env={"MYPYPATH": f"{folder}{os.pathsep}."})
    run(session, "lint-imports", "--no-cache")


@nox.session
def site(session: nox.Session) -> None:
    """Press every copy button of the site in Chromium, and hold what it gives against the page and the records."""
    install(session)
    # Fifty megabytes that no other session needs.
    add(session, "browser")
    run(session, *BUILD)
    run(session, *AUDIT)
    run(session, "pytest", "tests/site", *session.posargs)


@nox.session
def serve(session: nox.Session) -> None:
    """Show the site while you write, rebuilt at every save; what is unproven is left out, and named."""
    install(session)
    run(session, "mkdocs", "serve", "--strict", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure against raw `docker` and bare `mkdocs`: ratios in one run, medians, written to bench/."""
    install(session)
    run(session, *WITH_ENGINE, "python", "-m", "bench", *session.posargs)


def rehearsals(folder: Path) -> list[str]:
    """Copies of every rehearsal.py that mypy takes for modules: a snippet's directory has no module's name."""
    written: list[str] = []
    for path in sorted(Path("snippets", "library").glob("*/rehearsal.py")):
        copy = folder / f"{path.parent.name.replace('-', '_')}.py"
        copy.write_text(path.read_text().replace("from ...", "from snippets."))
        written.append(str(copy))
    return written


def passes(*command: str) -> bool:
    """Whether a program of the shared environment ends well; what it says is kept from the screen."""
    return quietly(*command).returncode == 0


def prove(session: nox.Session) -> None:
    """Prove what has no current record.

    Twice where a base has changed: one promise seen on the new one voids the rest of its record, which is next.
    """
    stale = unproven(session)
    if not stale:
        session.log("every record is current: what speaks against the site is not for an engine to mend")
    # What was asked for by name is proven, and not what else may be stale.
    for _ in range(1 if session.posargs else 2):
        if stale:
            session.log(f"{len(stale)} to prove:")
            for line in stale:
                session.log(line)
            run(session, *WITH_ENGINE, "pytest", *PROOFS, "--stale", *parallel(), *session.posargs)
            stale = unproven(session)


def unproven(session: nox.Session) -> list[str]:
    """What has no current record, and why; an error of the door ends the session, and is not taken for one."""
    told = quietly("handbook", "list", "--stale")
    if told.returncode and not told.stdout:
        session.error(told.stderr.strip())
    return told.stdout.splitlines()


def parallel() -> tuple[str, ...]:
    """How tests are spread over processes, and what is told of their times."""
    return (f"--numprocesses={WORKERS}", "--durations=20")


def run(session: nox.Session, program: str, *arguments: str, env: Mapping[str, str] | None = None) -> None:
    """Run a program of the shared environment, as a shell with that environment activated would."""
    session.run(str(PROGRAMS / program), *arguments, env={**(env or {}), **activated()}, external=True)


def quietly(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run it likewise, for what it answers."""
    command = [PROGRAMS / program, *arguments]
    return subprocess.run(command, env=os.environ | activated(), capture_output=True, text=True, check=False)


def activated() -> dict[str, str]:
    """What a shell has more than we, once the shared environment is activated in it."""
    return {
        "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}",
        "VIRTUAL_ENV": str(ENVIRONMENT.absolute()),
        # The theme's own advertisement, on every build.
        "NO_MKDOCS_2_WARNING": "1",
    }


def install(session: nox.Session) -> None:
    """Make the pinned environment, unless it is there already."""
    stamp = ENVIRONMENT / "pins"
    pins = hashlib.sha256(b"".join(Path(name).read_bytes() for name in PINS) + sys.version.encode()).hexdigest()
    if stamp.is_file() and stamp.read_bytes() == pins.encode():
        return
    stamp.unlink(missing_ok=True)
    groups = ("--group", "site", "--group", "test", "--group", "lint")
    what = ("--quiet", "--constraint", "constraints.txt", "--editable", ".[prove]", *groups)
    session.log("making the environment, once")
    if uv := shutil.which("uv"):
        session.run(uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(ENVIRONMENT), external=True)
        session.run(uv, "pip", "install", "--python", str(PROGRAMS / "python"), *what, external=True)
    else:
        session.run(sys.executable, "-m", "virtualenv", "--quiet", "--clear", str(ENVIRONMENT), external=True)
        session.run(str(PROGRAMS / "python"), "-m", "pip", "install", *what, external=True)
    stamp.write_text(pins)


def add(session: nox.Session, group: str) -> None:
    """Add a group of dependencies to the shared environment; what is there already stays."""
    what = ("--quiet", "--constraint", "constraints.txt", "--group", group)
    if uv := shutil.which("uv"):
        session.run(uv, "pip", "install", "--python", str(PROGRAMS / "python"), *what, external=True)
    else:
        session.run(str(PROGRAMS / "python"), "-m", "pip", "install", *what, external=True)
