"""The engine for a command: found, started and shared, by a `docker` and a `dockerd` that are short scripts here."""

import itertools
import os
import pty
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from snippets.engine.daemon.dockerd import Dockerd
from snippets.engine.daemon.endpoint import Endpoint
from snippets.engine.daemon.process import LiveProcess
from snippets.engine.daemon.session import USAGE, Machine
from snippets.errors import EngineError

DOCKER = """\
#!/bin/sh
case "$1" in
  context) cat "$FAKE/context.json" ;;
  version) [ -e "$FAKE/up" ] || { echo "Cannot connect to the Docker daemon" >&2; exit 1; } ;;
  buildx) echo "github.com/docker/buildx $(cat "$FAKE/buildx")" ;;
  compose) echo "Docker Compose version v2.26.1" ;;
esac
"""
DOCKERD = f"""\
#!{sys.executable} -IS
import os, signal, sys
from pathlib import Path
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
fake = Path(os.environ["FAKE"])
mode = (fake / "mode").read_text()
print("level=info msg=starting", flush=True)
with (fake / "starts").open("a") as starts:
    print(os.getpid(), *sys.argv[1:], file=starts)
if mode == "fails":
    sys.exit("failed to start daemon: no such device")
if mode != "mute":
    (fake / "up").touch()
while signal.sigwait([signal.SIGTERM]):
    (fake / "up").unlink(missing_ok=True)
    if mode != "stubborn":
        sys.exit()
"""
DRIVER = """\
import os, sys
from pathlib import Path
from snippets.engine.daemon.session import Machine, main
fake = Path(os.environ["FAKE"])
sys.exit(main(sys.argv[1:], Machine(
    root=True, terminal=False, environment=os.environ, states=fake / "states", files=fake / "files",
    run=lambda command: (1, "nothing may be installed here"),
)))
"""
WAITING = ("sh", "-c", 'echo inside; read line < "$1"; exit 7', "sh")


@dataclass(kw_only=True)
class Fake:
    """A machine in a folder: its programs, its socket, and what was started on it."""

    folder: Path
    running: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """What a command on it sees."""
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("DOCKER_", "HANDBOOK_", "CI"))
        }
        return kept | {
            "FAKE": str(self.folder),
            "PATH": f"{self.folder / 'bin'}:/usr/bin:/bin",
            "DOCKER_HOST": f"unix://{self.folder / 'docker.sock'}",
            "HANDBOOK_DATA_ROOT": str(self.folder / "data"),
        }

    @property
    def up(self) -> bool:
        """Whether its engine answers."""
        return (self.folder / "up").exists()

    def starts(self) -> list[str]:
        """One line a daemon that was started: its number and arguments."""
        path = self.folder / "starts"
        return path.read_text().splitlines() if path.exists() else []

    def start(self, *command: str, **environment: str) -> subprocess.Popen[str]:
        """Run a command through the engine's command."""
        process = subprocess.Popen(
            [sys.executable, "-c", DRIVER, *command],
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.running.append(process)
        return process

    def waiting(self, name: str) -> subprocess.Popen[str]:
        """Run one that has begun, and ends with 7 when told to."""
        os.mkfifo(self.folder / name)
        process = self.start(*WAITING, str(self.folder / name))
        assert process.stdout
        assert process.stdout.readline() == "inside\n", process.communicate()[1]
        return process

    def release(self, name: str) -> None:
        """Tell it."""
        (self.folder / name).write_text("go\n")


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[Fake]:
    """A Debian with the engine's programs and no running engine."""
    for name, text in (("docker", DOCKER), ("dockerd", DOCKERD)):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(text)
        program.chmod(0o755)
    (tmp_path / "mode").write_text("works")
    (tmp_path / "buildx").write_text("0.13.1")
    (tmp_path / "files/etc").mkdir(parents=True)
    (tmp_path / "files/etc/os-release").write_text('ID=debian\nPRETTY_NAME="Debian 12"\nVERSION_CODENAME=bookworm\n')
    machine = Fake(folder=tmp_path)
    yield machine
    for process in machine.running:
        process.kill()
        process.communicate()
    for line in machine.starts():
        if started := LiveProcess.find(int(line.split()[0])):
            os.kill(started.pid, signal.SIGKILL)


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Exit status, output and errors of a command that ends by itself."""
    output, errors = process.communicate(timeout=30)
    return process.returncode, output, errors


def test_an_engine_is_started_for_the_command_and_stopped_after_it(fake: Fake) -> None:
    """The command finds the engine in DOCKER_HOST, its status is passed on, and nothing is left."""
    status, output, errors = ended(fake.start("sh", "-c", 'echo "$DOCKER_HOST"; test -e "$FAKE/up" && exit 3'))

    assert (status, output) == (3, f"unix://{fake.folder}/docker.sock\n")
    assert not fake.up
    (started,) = fake.starts()
    assert f"--data-root={fake.folder}/data" in started
    assert f"--host=unix://{fake.folder}/docker.sock" in started
    assert "engine: starting the installed engine for this command: dockerd --host=" in errors
    assert "engine: it is stopped at the end; its log is " in errors
    assert "engine: stopped the engine that was started for this command" in errors


def test_an_engine_that_answers_is_used_and_left_alone(fake: Fake) -> None:
    """Where somebody else's engine answers, the command takes the process over and nothing is started or stopped."""
    (fake.folder / "up").touch()

    status, output, errors = ended(fake.start("sh", "-c", "echo $$; exit 5"))

    assert (status, errors) == (5, "")
    assert int(output) == fake.running[0].pid
    assert fake.up
    assert fake.starts() == []


def test_the_last_of_two_commands_stops_the_engine(fake: Fake) -> None:
    """The second command uses the first one's engine, and the first does not stop it under the second."""
    first, second = fake.waiting("first"), fake.waiting("second")

    fake.release("first")
    status, _, errors = ended(first)
    assert status == 7
    assert "another command still uses the engine, and stops it when it ends" in errors
    assert fake.up

    fake.release("second")
    status, _, errors = ended(second)
    assert status == 7
    assert "stopped the engine" in errors
    assert not fake.up
    assert len(fake.starts()) == 1


def test_a_killed_command_still_counts_while_what_it_ran_lives(fake: Fake) -> None:
    """After kill -9 the orphan keeps its engine; the first command that ends after the orphan stops it."""
    orphaned = fake.waiting("orphan")
    orphaned.kill()
    orphaned.wait()

    assert "another command still uses" in ended(fake.start("true"))[2]
    assert fake.up

    fake.release("orphan")
    assert orphaned.stdout
    assert orphaned.stdout.read() == ""  # the orphan's end closes it
    assert ended(fake.start("true"))[0] == 0
    assert not fake.up
    assert len(fake.starts()) == 1


def test_a_daemon_that_died_under_a_killed_command_is_started_again(fake: Fake) -> None:
    """The mark of a dead daemon, and pid files whose number another program has, are in nobody's way."""
    killed = fake.waiting("killed")
    killed.kill()
    killed.wait()
    os.kill(int(fake.starts()[0].split()[0]), signal.SIGKILL)
    (fake.folder / "up").unlink()
    fake.release("killed")
    (state,) = (fake.folder / "states").iterdir()
    (state / "dockerd.pid").write_text(str(os.getpid()))

    assert ended(fake.start("true"))[0] == 0
    assert len(fake.starts()) == 2
    assert not fake.up
    assert not (state / "dockerd.pid").exists()


def test_a_daemon_that_fails_is_quoted(fake: Fake) -> None:
    """Its end is noticed at once, its last lines are shown, and no traceback is."""
    (fake.folder / "mode").write_text("fails")

    status, output, errors = ended(fake.start("true"))

    assert (status, output) == (1, "")
    assert "engine: dockerd ended before it answered. The end of " in errors
    assert "  failed to start daemon: no such device" in errors
    assert "Traceback" not in errors


def test_a_signal_while_starting_ends_the_daemon_too(fake: Fake) -> None:
    """SIGTERM before the engine answers: it is stopped, and the status says by which signal."""
    (fake.folder / "mode").write_text("mute")
    process = fake.start("true")
    assert process.stderr
    while "its log is" not in process.stderr.readline():
        assert process.poll() is None
    process.terminate()

    status, _, errors = ended(process)

    assert status == 128 + signal.SIGTERM
    assert "engine: stopped by SIGTERM while the engine was starting" in errors
    assert "stopped the engine" in errors


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals_are_passed_on(fake: Fake, number: signal.Signals) -> None:
    """The command gets the signal, may tidy up, and its own status counts; the engine is stopped after it."""
    process = fake.start(
        sys.executable,
        "-ISc",
        (
            "import signal, sys\n"
            f"signal.pthread_sigmask(signal.SIG_BLOCK, [{int(number)}])\n"
            "print('inside', flush=True)\n"
            f"sys.exit(9 if signal.sigwait([{int(number)}]) else 1)"
        ),
    )
    assert process.stdout
    process.stdout.readline()
    process.send_signal(number)

    assert ended(process)[0] == 9
    assert not fake.up


def test_control_c_reaches_the_command_once(fake: Fake) -> None:
    """The terminal signals the command itself: passing that on would be a second Ctrl-C, which ends pytest at once."""
    command = [
        sys.executable,
        "-ISc",
        (
            "import signal\n"
            "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])\n"
            "print('inside', flush=True)\n"
            "first, second = signal.sigtimedwait([signal.SIGINT], 10), signal.sigtimedwait([signal.SIGINT], 0.5)\n"
            "print('interrupted', bool(first) + bool(second), 'time(s)')"
        ),
    ]
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(sys.executable, [sys.executable, "-c", DRIVER, *command], fake.environment)  # noqa: S606 - ours
    seen = b""
    while b"inside" not in seen:
        seen += os.read(terminal, 1000)
    os.write(terminal, b"\x03")
    while b"stopped the engine" not in seen:
        seen += os.read(terminal, 1000)

    assert b"interrupted 1 time(s)" in seen
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    os.close(terminal)


def test_without_permission_nothing_is_started_or_installed(fake: Fake) -> None:
    """HANDBOOK_INSTALL_ENGINE=0 refuses, says what to do, and shows no traceback."""
    status, output, errors = ended(fake.start("true", HANDBOOK_INSTALL_ENGINE="0", CI="true"))

    assert (status, output) == (1, "")
    assert errors == (
        f"engine: no container engine answers (nothing at unix://{fake.folder}/docker.sock, and "
        "HANDBOOK_INSTALL_ENGINE=0 forbids one).\n"
        "Start one (`sudo systemctl start docker`), name one in DOCKER_HOST, or, as root on Debian or Ubuntu, "
        "run this command again with HANDBOOK_INSTALL_ENGINE=1.\n"
    )
    assert fake.starts() == []


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "and nobody allowed to install one)"),
        ({"CI": "false"}, "and nobody allowed to install one)"),
        ({"CI": "true"}, "nothing may be installed here"),
        ({"HANDBOOK_INSTALL_ENGINE": "1"}, "nothing may be installed here"),
    ],
)
def test_packages_need_a_permission(fake: Fake, environment: Mapping[str, str], said: str) -> None:
    """Without a terminal, only CI or HANDBOOK_INSTALL_ENGINE=1 lets it install; apt's own words are shown."""
    (fake.folder / "bin/dockerd").unlink()

    status, _, errors = ended(fake.start("true", **environment))

    assert status == 1
    assert said in errors
    assert "Traceback" not in errors


def test_another_family_is_told_so(fake: Fake) -> None:
    """Where apt does not rule, nothing is tried."""
    (fake.folder / "bin/dockerd").unlink()
    (fake.folder / "files/etc/os-release").write_text('ID=fedora\nPRETTY_NAME="Fedora 44"\n')

    _, _, errors = ended(fake.start("true", HANDBOOK_INSTALL_ENGINE="1"))

    assert "and Fedora 44 is not of the Debian family)" in errors


def test_a_remote_engine_is_never_replaced(fake: Fake) -> None:
    """DOCKER_HOST names another machine that is silent: an error, whatever may be installed here."""
    status, _, errors = ended(fake.start("true", DOCKER_HOST="tcp://127.0.0.1:1", HANDBOOK_INSTALL_ENGINE="1"))

    assert status == 1
    assert "no container engine answers (nothing at tcp://127.0.0.1:1)" in errors
    assert fake.starts() == []


def test_something_else_at_the_socket_is_not_pushed_aside(fake: Fake) -> None:
    """A daemon would take the socket from whatever listens there."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(fake.folder / "docker.sock"))
        listener.listen()
        status, _, errors = ended(fake.start("true"))

    assert status == 1
    assert f"something listens at unix://{fake.folder}/docker.sock and does not answer as a container engine" in errors
    assert fake.starts() == []


def test_an_old_buildx_is_refused(fake: Fake) -> None:
    """Builds need --build-context; its absence is said before the command runs."""
    (fake.folder / "up").touch()
    (fake.folder / "buildx").write_text("v0.7.1")

    status, output, errors = ended(fake.start("echo", "ran"))

    assert (status, output) == (1, "")
    assert "its command line lacks docker buildx 0.8 or newer." in errors
    assert "apt-get install docker-buildx docker-compose" in errors


def test_an_unknown_command_is_an_exit_status(fake: Fake) -> None:
    """As in a shell: 127, one line, and the engine is stopped."""
    status, _, errors = ended(fake.start("no-such-command"))

    assert status == 127
    assert "engine: cannot run no-such-command: No such file or directory" in errors
    assert not fake.up


def test_no_command_is_a_usage_error(fake: Fake) -> None:
    """Nothing is looked for and nothing started."""
    status, _, errors = ended(fake.start())

    assert (status, errors) == (2, f"{USAGE}\n")


def test_the_current_context_is_resolved(fake: Fake) -> None:
    """Docker's Python SDK ignores contexts, so their endpoint and certificates become variables."""
    (fake.folder / "context.json").write_text(
        '[{"Endpoints": {"docker": {"Host": "tcp://build.example:2376", "SkipTLSVerify": false}},'
        ' "TLSMaterial": {"docker": ["ca.pem"]}, "Storage": {"TLSPath": "/home/me/tls"}}]'
    )
    environment = {name: value for name, value in fake.environment.items() if name != "DOCKER_HOST"}

    endpoint = Endpoint.current(environment)

    assert endpoint.host == "tcp://build.example:2376"
    assert endpoint.socket is None
    assert endpoint.environment["DOCKER_CERT_PATH"] == "/home/me/tls/docker"
    assert endpoint.environment["DOCKER_TLS_VERIFY"] == "1"


def test_without_the_program_the_usual_socket_is_meant(fake: Fake) -> None:
    """Where there is no `docker` to ask for a context, the default stands."""
    (fake.folder / "bin/docker").unlink()
    environment = {"PATH": str(fake.folder / "bin")}

    assert Endpoint.current(environment).host == "unix:///var/run/docker.sock"


def dockerd(fake: Fake, said: list[str], ticks: Iterator[float]) -> Dockerd:
    """The daemon of the fake machine, with a clock of its own and a short grace."""
    return Dockerd(
        socket=fake.folder / "docker.sock",
        states=fake.folder / "states",
        data_root=fake.folder / "data",
        options=(),
        environment=fake.environment,
        service=False,
        say=said.append,
        clock=lambda: next(ticks),
        stop_grace_s=0.1,
    )


def test_a_mute_daemon_is_given_up(fake: Fake) -> None:
    """It lives and does not answer: after a minute that is an error, and it is stopped."""
    (fake.folder / "mode").write_text("mute")
    said: list[str] = []
    daemon = dockerd(fake, said, itertools.count(0.0, 61.0))

    with (
        pytest.raises(EngineError, match=r"dockerd did not answer within 60 s\. The end of "),
        daemon.shared(lambda: fake.up, lambda: None),
    ):
        raise AssertionError

    assert not daemon.ours
    assert "stopped the engine that was started for this command" in said


def test_a_stubborn_daemon_is_killed_after_the_grace(fake: Fake) -> None:
    """It ignores SIGTERM: only then, and only that process, is killed, and it is said."""
    (fake.folder / "mode").write_text("stubborn")
    said: list[str] = []

    with dockerd(fake, said, itertools.count()).shared(lambda: fake.up, lambda: None):
        pid = int(fake.starts()[0].split()[0])
        assert LiveProcess.find(pid)

    assert LiveProcess.find(pid) is None
    assert any(f"dockerd {pid} did not end within 0 s and is killed" in line for line in said)


def test_a_process_is_not_taken_for_another_with_its_number(tmp_path: Path) -> None:
    """The same number with another start, or in a pid file of another program, is somebody else."""
    me = LiveProcess.find(os.getpid())
    pid_file = tmp_path / "me.pid"
    pid_file.write_text(f"{os.getpid()}\n")

    assert me is not None
    assert LiveProcess.named_by(pid_file, Path("/proc/self/comm").read_text().strip()) == me
    assert LiveProcess.named_by(pid_file, "dockerd") is None
    with LiveProcess(pid=me.pid, tick=me.tick - 1).handle() as handle:
        assert handle is None


@pytest.mark.parametrize(
    ("environment", "allowed"),
    [({}, None), ({"CI": "1"}, True), ({"CI": ""}, None), ({"CI": "1", "HANDBOOK_INSTALL_ENGINE": "0"}, False)],
)
def test_what_is_allowed(environment: Mapping[str, str], allowed: bool | None) -> None:  # noqa: FBT001 - a row's value
    """An explicit answer goes before CI; no answer is neither yes nor no."""
    assert Machine(root=True, terminal=False, environment=environment).allowed is allowed
