"""The project's work as small tasks; `nox --list` says what each of them does."""

import hashlib
import os
from pathlib import Path

import nox

nox.needs_version = ">=2025.5"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["docs"]

# One environment for all sessions: they need the same, and a reader waits for it once.
VENV = ".nox/handbook"
PINS = ("pyproject.toml", "constraints.txt")
PROOFS = ("tests/contract", "tests/rehearsals", "tests/pitfalls", "tests/tutorials")
# Boots wait for input and output, so more of them run at a time than there are processors.
WORKERS = os.environ.get("HANDBOOK_WORKERS", str(2 * (os.cpu_count() or 2)))
ENGINE = ("python", "-m", "snippets.engine.daemon")
QUIET = {"NO_MKDOCS_2_WARNING": "1"}


@nox.session(venv_location=VENV)
def docs(session: nox.Session) -> None:
    """Prove what changed, build the site, audit what was built."""
    install(session)
    prove(session, *session.posargs)
    session.run("mkdocs", "build", "--strict", "--quiet", env=QUIET)
    session.run("handbook", "audit", "site")


@nox.session(venv_location=VENV)
def tests(session: nox.Session) -> None:
    """Prove everything again from nothing, believing no record; needs a container engine."""
    install(session)
    session.run(*ENGINE, "pytest", *parallel(), *session.posargs)


@nox.session(venv_location=VENV)
def faults(session: nox.Session) -> None:
    """Boot every pitfall and see that the promise it names catches it."""
    install(session)
    session.run(*ENGINE, "pytest", "tests/pitfalls", *parallel(), *session.posargs)


@nox.session(venv_location=VENV)
def lint(session: nox.Session) -> None:
    """Check style and types of the code, and the form of everything else."""
    install(session)
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")


@nox.session(venv_location=VENV)
def serve(session: nox.Session) -> None:
    """Show the site while you write, rebuilt at every save; unproven snippets are refused here too."""
    install(session)
    session.run("mkdocs", "serve", "--strict", *session.posargs, env=QUIET)


@nox.session(venv_location=VENV)
def bench(session: nox.Session) -> None:
    """Measure against raw `docker` and bare `mkdocs`: ratios in one run, medians, written to bench/."""
    install(session)
    session.run(*ENGINE, "python", "-m", "bench", *session.posargs)


def prove(session: nox.Session, *arguments: str) -> None:
    """Prove what has no current record; with current records no engine is needed, nor started."""
    stale = session.run("handbook", "list", "--stale", silent=True, success_codes=[0, 1])
    names = (stale or "").split()
    if not names:
        session.log("every record is current: no container engine needed, none started")
        return
    session.log(f"{len(names)} to prove: {', '.join(names)}")
    session.run(*ENGINE, "pytest", *PROOFS, "--stale", *parallel(), *arguments)


def parallel() -> tuple[str, ...]:
    """How tests are spread over processes, and what is told of their times."""
    return (f"--numprocesses={WORKERS}", "--dist=loadgroup", "--durations=20")


def install(session: nox.Session) -> None:
    """Install the pinned environment, unless it is what is there already."""
    pins = hashlib.sha256(b"".join(Path(name).read_bytes() for name in PINS)).hexdigest()
    stamp = Path(session.virtualenv.location) / "handbook-pins"
    if stamp.is_file() and stamp.read_text() == pins:
        return
    session.install("--constraint", "constraints.txt", "--editable", ".[site,prove,lint]")
    stamp.write_text(pins)
