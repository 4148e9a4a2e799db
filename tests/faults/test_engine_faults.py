"""What goes wrong with the engine itself: real daemons, each with a small disk of its own, and real kills.

These need root on Linux and `dockerd`. Each daemon is apart from the engine of the session: other socket, data,
pid file and containerd, and a network namespace of its own, because `--bridge=none` alone would remove the bridge
of the machine under the session's containers.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest

from snippets.engine.build import build
from snippets.engine.daemon.dockerd import Dockerd
from snippets.engine.daemon.endpoint import Endpoint
from snippets.engine.daemon.process import LiveProcess
from snippets.engine.docker import docker
from snippets.engine.run import LABEL
from snippets.errors import BuildError, EngineError

ENGINE = (sys.executable, "-m", "snippets.engine.daemon")
APART = '#!/bin/sh\nexec unshare --net {dockerd} --bridge=none --iptables=false --ip6tables=false "$@"\n'
TINY = f"handbook.local/faults:tiny-{os.getpid()}"
DEADLINE_S = 40.0
JOINED = ("HANDBOOK_RUN", "HANDBOOK_INSTALL_ENGINE", "HANDBOOK_DATA_ROOT", "CI")
# What a run leaves when nothing can tidy up: a container, a network and an image of it, in a run of its own folder.
RUN = f"""\
import signal, sys
from snippets.engine.docker import docker
from snippets.engine.run import opened
with opened() as run:
    label = "--label={LABEL}=" + run.key
    docker("network", "create", label, run.project("net"))
    docker("volume", "create", label)
    tiny = run.tag("tiny")
    docker("image", "tag", {TINY!r}, tiny)
    docker("run", "--detach", label, "--network=none", tiny, "/bin/sleep", "600")
    print(run.key, flush=True)
    sys.stdin.readline()
"""


def environment(**changes: str) -> dict[str, str]:
    """The session's, without what would join its run."""
    return {name: value for name, value in os.environ.items() if name not in JOINED} | changes


def apart(folder: Path, **changes: str) -> dict[str, str]:
    """Where an engine is to be started in the folder: its socket, and a `dockerd` that leaves the network alone."""
    program = folder / "bin/dockerd"
    program.parent.mkdir(exist_ok=True)
    program.write_text(APART.format(dockerd=shutil.which("dockerd")))
    program.chmod(0o755)
    path = f"{program.parent}:{os.environ['PATH']}"
    return environment(DOCKER_HOST=f"unix://{folder / 'd.sock'}", PATH=path, **changes)


def awaited(seen: Callable[[], bool]) -> None:
    """Wait for something that a real process does, and not for ever."""
    until = time.monotonic() + DEADLINE_S
    while not seen():
        assert time.monotonic() < until, f"not within {DEADLINE_S:.0f} s"
        time.sleep(0.05)


def processes(words: str) -> list[int]:
    """Numbers of the processes whose command line holds these words."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if words in line:
            found.append(int(entry.parent.name))
    return found


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short name, for a socket's path may have 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="hb-") as name:
        yield Path(name)


@contextmanager
def disk(folder: Path, mib: int) -> Iterator[Path]:
    """A disk of this size below the folder."""
    place = folder / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", str(place)], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@contextmanager
def engine(folder: Path, data: Path, monkeypatch: pytest.MonkeyPatch, *options: str) -> Iterator[Dockerd]:
    """An engine apart, started and stopped as for a command, and asked by everything in this test."""
    endpoint = Endpoint.current(apart(folder))
    daemon = Dockerd(
        socket=folder / "d.sock",
        states=folder / "s",
        data_root=data,
        options=options,
        environment=endpoint.environment,
        service=False,
        say=lambda _: None,
    )
    with daemon.shared(endpoint.answers, lambda: None):
        monkeypatch.setenv("DOCKER_HOST", f"unix://{daemon.socket}")
        # Its builds need not wait for those of the session's engine.
        monkeypatch.setattr(sys.modules[build.__module__], "BUILD_LOCK", str(folder / "build"))
        yield daemon


def tiny(host: str) -> None:
    """Give an engine an image of 2 MiB that can sleep: this machine's own `sleep` and what it is linked to."""
    linked = subprocess.run(["ldd", "/bin/sleep"], capture_output=True, text=True, check=True).stdout
    buffer = BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", dereference=True) as tar:
        for path in ("/bin/sleep", *re.findall(r"(/\S+) \(0x", linked)):
            tar.add(path)
    subprocess.run(
        ["docker", "--host", host, "import", "-", TINY], input=buffer.getvalue(), capture_output=True, check=True
    )


@pytest.fixture
def tiny_image() -> Iterator[None]:
    """The same image in the session's engine."""
    tiny(Endpoint.current(os.environ).host)
    yield
    docker("image", "rm", "--force", TINY)


@pytest.mark.parametrize("host", ["unix:///nonexistent/d.sock", "tcp://127.0.0.1:1"])
def test_an_absent_engine_is_an_error_that_says_what_to_do(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    """Nothing listens at DOCKER_HOST and nothing may be installed: one message, exit 1, no traceback."""
    monkeypatch.setenv("DOCKER_HOST", host)

    with pytest.raises(EngineError) as refusal:
        docker("ps")
    done = subprocess.run(
        [*ENGINE, "echo", "ran"],
        env=environment(DOCKER_HOST=host, HANDBOOK_INSTALL_ENGINE="0"),
        capture_output=True,
        text=True,
        check=False,
    )

    advice = (
        "Start one (`sudo systemctl start docker`), name one in DOCKER_HOST, or, as root on Debian or Ubuntu, "
        "run this command again with HANDBOOK_INSTALL_ENGINE=1."
    )
    assert str(refusal.value).startswith("no container engine answers (")
    assert str(refusal.value).endswith(f".\n{advice}")
    why = ", and HANDBOOK_INSTALL_ENGINE=0 forbids one" if host.startswith("unix:") else ""
    assert done.stderr == f"engine: no container engine answers (nothing at {host}{why}).\n{advice}\n"
    assert (done.returncode, done.stdout) == (1, "")


def test_a_full_disk_is_the_engines_fault(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build that finds no room says so, and never that the Dockerfile is wrong."""
    context = folder / "context"
    context.mkdir()
    (context / "Dockerfile").write_text("FROM scratch\nCOPY large /large\n")
    with (context / "large").open("wb") as large:
        large.truncate(60 << 20)

    with (
        disk(folder, 48) as data,
        engine(folder, data, monkeypatch),
        pytest.raises(EngineError, match=r"^the engine's disk is full: .*no space left on device"),
    ):
        build(context, "handbook.local/faults:large", contexts={})


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_an_engine_that_stops_half_way_is_no_broken_build(
    folder: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    """The engine ends under a running step: no engine answers, which says nothing of the Dockerfile."""
    context = folder / "context"
    context.mkdir()
    seconds = f"{60 + os.getpid() / 1e6:.6f}"
    (context / "Dockerfile").write_text(f'FROM {TINY}\nRUN --network=none ["/bin/sleep", "{seconds}"]\n')
    step = f"/bin/sleep {seconds}"

    with disk(folder, 256) as data, engine(folder, data, monkeypatch) as daemon, ThreadPoolExecutor() as threads:
        tiny(f"unix://{daemon.socket}")
        (dockerd,) = processes(f"--data-root={data}")
        try:
            running = threads.submit(build, context, "handbook.local/faults:step", contexts={})
            awaited(lambda: bool(processes(step)))
            os.kill(dockerd, number)
            with pytest.raises(EngineError, match=r"^no container engine answers \("):
                running.result(DEADLINE_S)
        finally:
            awaited(lambda: LiveProcess.find(dockerd) is None)
            # A killed engine cannot end the step that it ran.
            for pid in processes(step):
                os.kill(pid, signal.SIGKILL)


def test_two_commands_share_the_engine_that_the_first_started(folder: Path) -> None:
    """Both find a real daemon, started once; the first to end leaves it to the second, and then nothing is left."""
    with disk(folder, 64) as data:
        changed = apart(folder, HANDBOOK_DATA_ROOT=str(data))
        command = [*ENGINE, "sh", "-c", "docker info --format '{{.ID}}'; read line; docker info --format '{{.ID}}'"]
        both = [
            subprocess.Popen(
                command, env=changed, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
            for _ in range(2)
        ]
        try:
            seen = [process.stdout.readline() for process in both if process.stdout]
            first, second = (process.communicate("go\n", timeout=DEADLINE_S) for process in both)
        finally:
            for process in both:
                process.terminate()
                process.wait(DEADLINE_S)
            left = processes(f"--data-root={data}")

    assert seen == [first[0], second[0]]
    assert len(set(seen)) == 1
    assert "another command still uses the engine" in first[1]
    assert "stopped the engine that was started for this command" in second[1]
    assert (first[1] + second[1]).count("starting the installed engine") == 1
    assert [process.returncode for process in both] == [0, 0]
    assert left == []


def test_a_daemon_that_cannot_start_is_quoted(folder: Path) -> None:
    """A real dockerd with an option it does not know: its own words, exit 1, no traceback, nothing left."""
    changed = apart(folder, HANDBOOK_DATA_ROOT=str(folder / "data"), DOCKER_OPTS="--no-such-option")
    done = subprocess.run([*ENGINE, "true"], env=changed, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "dockerd ended before it answered. The end of " in done.stderr
    assert "unknown flag: --no-such-option" in done.stderr
    assert "Traceback" not in done.stderr
    assert processes(f"--data-root={folder / 'data'}") == []


@contextmanager
def running(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A run in a process of its own, with everything that a run can leave; and its key."""
    process = subprocess.Popen(
        [sys.executable, "-c", RUN],
        env=environment(TMPDIR=str(folder)),
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout
        yield process, process.stdout.readline().strip()
    finally:
        process.communicate("end\n", timeout=DEADLINE_S)


def left_of(key: str) -> list[str]:
    """What an engine still holds of a run."""
    label = f"--filter=label={LABEL}={key}"
    kinds = (("ps", "--all", "--quiet"), ("network", "ls", "--quiet"), ("volume", "ls", "--quiet"))
    images = docker("image", "ls", "--quiet", f"--filter=reference=handbook.local/run/{key}")
    return [line for kind in kinds for line in docker(*kind, label)] + images


@pytest.mark.usefixtures("tiny_image")
def test_a_killed_run_is_swept_by_the_next(folder: Path) -> None:
    """After kill -9 its container, network, volume and image are there; the next run leaves nothing of it."""
    with running(folder) as (killed, key):
        killed.kill()
        killed.wait()
    before = left_of(key)

    with running(folder) as (_, following):
        assert left_of(key) == []
        assert len(left_of(following)) == 4

    assert len(before) == 4
    assert left_of(following) == []
    assert list(folder.glob("handbook-*/*")) == []


@pytest.mark.usefixtures("tiny_image")
def test_two_runs_at_once_leave_each_other_alone(folder: Path) -> None:
    """A run that begins while another lives sweeps nothing of it; each removes its own."""
    with running(folder) as (_, first):
        with running(folder) as (_, second):
            assert first != second
            assert len(left_of(first)) == len(left_of(second)) == 4
        assert left_of(second) == []
        assert len(left_of(first)) == 4
    assert left_of(first) == []


@pytest.mark.usefixtures("tiny_image")
def test_a_taken_port_is_named() -> None:
    """Another program listens where a container shall: an error of the machine that names the port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        name = f"handbook-faults-{os.getpid()}"
        try:
            with pytest.raises(EngineError, match=rf"127\.0\.0\.1:{port}\b.*(already in use|already allocated)"):
                docker("run", "--detach", "--name", name, f"--publish=127.0.0.1:{port}:80", TINY, "/bin/sleep", "60")
        finally:
            docker("rm", "--force", "--volumes", name)


def test_a_wrong_dockerfile_is_still_a_build_error(folder: Path) -> None:
    """The near miss: an engine that works, and an image that does not build."""
    (folder / "Dockerfile").write_text("FROM scratch\nCOPY missing /missing\n")

    with pytest.raises(BuildError, match="the image does not build:"):
        build(folder, "handbook.local/faults:wrong", contexts={})


def test_the_programs_these_tests_need_are_here() -> None:
    """Said by name, so that a bare machine does not look like a broken one."""
    assert [name for name in ("dockerd", "containerd", "mount", "unshare", "ldd") if not shutil.which(name)] == []
    assert os.geteuid() == 0
