"""A machine in a folder, its `docker` and `dockerd` short scripts: an engine is found, started and shared on it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from snippets.engine.daemon.dockerd import Dockerd
from snippets.engine.daemon.process import LiveProcess

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

    def clear(self) -> None:
        """End whatever still runs of it."""
        for process in self.running:
            process.kill()
            process.communicate()
        for line in self.starts():
            if started := LiveProcess.find(int(line.split()[0])):
                os.kill(started.pid, signal.SIGKILL)


def debian(folder: Path) -> Fake:
    """A Debian with the engine's programs and no running engine."""
    for name, text in (("docker", DOCKER), ("dockerd", DOCKERD)):
        program = folder / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(text)
        program.chmod(0o755)
    (folder / "mode").write_text("works")
    (folder / "buildx").write_text("0.13.1")
    (folder / "files/etc").mkdir(parents=True)
    (folder / "files/etc/os-release").write_text('ID=debian\nPRETTY_NAME="Debian 12"\nVERSION_CODENAME=bookworm\n')
    return Fake(folder=folder)


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Exit status, output and errors of a command that ends by itself."""
    output, errors = process.communicate(timeout=30)
    return process.returncode, output, errors


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
