"""A command -> the same command run where a container engine answers: found, started, or installed and started.

    python -m snippets.engine.daemon COMMAND [ARG...]

COMMAND finds the engine in DOCKER_HOST; its exit status is this program's. What was started for it is stopped
after it. HANDBOOK_INSTALL_ENGINE=1 (or CI) allows to install packages without asking, =0 forbids to install and
to start; HANDBOOK_DATA_ROOT is where a started daemon keeps its images, DOCKER_OPTS are further options for it.
"""

import os
import shlex
import shutil
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from ...environment import CI, DATA_ROOT, DOCKER_OPTS, INSTALL_ENGINE
from ...errors import EngineError, SnippetsError
from ..docker import ABSENT
from .dockerd import SIGNALS, Dockerd, InterruptedStartError
from .endpoint import DEFAULT_SOCKET, NOT_FOUND, Endpoint
from .install import System, install, run

USAGE = f"usage: python -m {__package__} COMMAND [ARG...]"
ASK = "No container engine answers. Install one from this system's own packages, and run it for this command?"
SI_KERNEL = 0x80
# A host with systemd takes some eight of them, and by itself the kernel gives each user 128.
WATCHES, ENOUGH = "proc/sys/fs/inotify/max_user_instances", 1024


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What this machine and this user allow."""

    root: bool
    terminal: bool
    environment: Mapping[str, str]
    states: Path = Path("/run/handbook-engine")
    files: Path = Path("/")
    run: Callable[[Sequence[str]], tuple[int, str]] = run
    ask: Callable[[str], bool] = field(default=lambda question: click.confirm(question, default=True, err=True))

    @classmethod
    def here(cls) -> "Machine":
        """What holds here. Only Linux has the locks and the daemon to start one."""
        return cls(
            root=sys.platform == "linux" and os.geteuid() == 0,
            terminal=sys.stdin.isatty() and sys.stderr.isatty(),
            # dockerd, containerd and iptables are there, and root's path may lack it.
            environment={**os.environ, "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin"},
        )

    @property
    def allowed(self) -> bool | None:
        """Whether packages may be installed; None where that was not said."""
        said = self.environment.get(INSTALL_ENGINE.name, "")
        if said:
            return said != "0"
        return True if self.environment.get(CI.name, "false").lower() not in {"", "0", "false"} else None

    def has(self, program: str) -> bool:
        """Whether a program is on the path."""
        return shutil.which(program, path=self.environment["PATH"]) is not None


def main(command: Sequence[str], machine: Machine) -> int:
    """Run the command where an engine answers; its exit status, 128+N where signal N ended it."""
    if not command:
        click.echo(USAGE, err=True)
        return 2
    try:
        endpoint = Endpoint.current(machine.environment)
        daemon, answers = _daemon(machine, endpoint), endpoint.answers()
        if not answers and daemon is None:
            endpoint.refuse_stranger()
            raise EngineError(ABSENT.format(said=f"nothing at {endpoint.host}"))
        if daemon is None or (answers and not daemon.ours):
            _refuse_lacking(endpoint)
            return _become(command, endpoint.environment)
        with daemon.shared(endpoint.answers, lambda: _prepare(machine, endpoint, daemon)) as users:
            _refuse_lacking(endpoint)
            _make_room(machine)
            return _attend(command, endpoint.environment, users)
    except InterruptedStartError as error:
        _say(str(error))
        return 128 + error.number
    except SnippetsError as error:
        _say(str(error))
        return 1
    except (KeyboardInterrupt, click.Abort):
        return 128 + signal.SIGINT


def _daemon(machine: Machine, endpoint: Endpoint) -> Dockerd | None:
    """What could be started at this endpoint: by root, at a socket of this machine."""
    if not machine.root or endpoint.socket is None:
        return None
    data_root = machine.environment.get(DATA_ROOT.name)
    standard = endpoint.socket.resolve() == DEFAULT_SOCKET.resolve() and not data_root
    return Dockerd(
        socket=endpoint.socket,
        states=machine.states,
        say=_say,
        environment=endpoint.environment,
        data_root=Path(data_root) if data_root else None,
        options=shlex.split(machine.environment.get(DOCKER_OPTS.name, "")),
        service=standard and (machine.files / "run/systemd/system").is_dir(),
    )


def _prepare(machine: Machine, endpoint: Endpoint, daemon: Dockerd) -> None:
    """Install what is missing, where that is allowed."""
    # What an earlier command started, and was killed before it answered, is no stranger.
    if not daemon.ours:
        endpoint.refuse_stranger()
    if machine.allowed is False:
        raise EngineError(ABSENT.format(said=f"nothing at {endpoint.host}, and {INSTALL_ENGINE.name}=0 forbids one"))
    if machine.has("docker") and machine.has("dockerd") and not endpoint.lacking():
        return
    system = System.read(machine.files)
    if not system.debian:
        said = f"nothing at {endpoint.host}, and {system.name} is not of the Debian family"
        raise EngineError(ABSENT.format(said=said))
    if not (machine.allowed or (machine.terminal and machine.ask(ASK))):
        raise EngineError(ABSENT.format(said=f"nothing at {endpoint.host}, and nobody allowed to install one"))
    install(system, machine.run, _say)
    if endpoint.answers():
        _say("the packages started it as a service of this machine, so it stays when the command ends")


def _refuse_lacking(endpoint: Endpoint) -> None:
    if lacking := endpoint.lacking():
        message = (
            f"the engine answers, but its command line lacks {' and '.join(lacking)}.\n"
            "Install them: `apt-get install docker-buildx docker-compose` on Debian 13, "
            "`apt-get install docker-buildx docker-compose-v2` on Ubuntu, "
            "`docker-buildx-plugin docker-compose-plugin` from Docker's own packages."
        )
        raise EngineError(message)


def _make_room(machine: Machine) -> None:
    """Let there be more than sixteen hosts at a time, until the next boot: without room one ends, or its units fail."""
    place = machine.files / WATCHES
    if not place.exists():
        return
    try:
        if int(place.read_text()) < ENOUGH:
            place.write_text(f"{ENOUGH}\n")
            _say(f"fs.inotify.max_user_instances is {ENOUGH} until the next boot, for many hosts at a time")
    except OSError as error:
        _say(f"fs.inotify.max_user_instances stays as it is: {error.strerror}")


def _become(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Nothing is to be stopped afterwards: the command takes this process over."""
    try:
        os.execvpe(command[0], list(command), dict(environment))  # noqa: S606 - the user's own command, no shell
    except OSError as error:
        return _not_run(command, error)


def _attend(command: Sequence[str], environment: Mapping[str, str], users: int) -> int:
    """Run the command, pass signals on, and wait; it keeps `users` locked even where we are killed."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    os.set_inheritable(users, True)  # noqa: FBT003 - the standard library's own
    try:
        program = shutil.which(command[0], path=environment["PATH"]) or command[0]
        pid = os.posix_spawn(program, list(command), dict(environment), setsigmask=[], setsigdef=SIGNALS)
    except OSError as error:
        return _not_run(command, error)
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code
        caught = signal.sigwaitinfo({*SIGNALS, signal.SIGCHLD})
        # The terminal sends its own to the command as well; twice would cut its tidying up short.
        if caught.si_signo != signal.SIGCHLD and caught.si_code != SI_KERNEL:
            os.kill(pid, caught.si_signo)


def _not_run(command: Sequence[str], error: OSError) -> int:
    _say(f"cannot run {command[0]}: {error.strerror}")
    return NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_FOUND - 1


def _say(text: str) -> None:
    click.echo(f"engine: {text}", err=True)
