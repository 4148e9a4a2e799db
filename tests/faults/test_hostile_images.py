"""Images, processes, answers and engines at their worst: each ends as a finding or an error, in words and in time."""

import gc
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from ctypes import CDLL
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from snippets.contract import PROMISES, Finding, Project, Reload, Trial, Verdict
from snippets.contract.contents import MIB, SECRET, pass_over
from snippets.contract.observation import PLAIN
from snippets.contract.promise import Judgement, kept_if
from snippets.contract.subject import Container, Image
from snippets.engine import Engine
from snippets.engine.build import build
from snippets.engine.docker import docker
from snippets.engine.image import BuiltImage
from snippets.engine.process import Process
from snippets.errors import BuildError, EngineError
from tests.faults.test_engine_faults import apart, awaited, disk, processes
from tests.faults.test_engine_faults import engine as engine_apart

BASE, DEBIAN = "python:3.13-slim-trixie", "debian:trixie-slim"
# A finding is read in a table: no container makes it a page.
LONGEST_FINDING = 6_500

# Answers to GET /, byte for byte.
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
WIRE = {
    "http-1.0": b"HTTP/1.0 200 OK\r\n\r\nwhole",
    "chunked": CHUNKED + b"5\r\nwhole\r\n0\r\n\r\n",
    "cut": CHUNKED + b"5\r\nwhole\r\n",
    "negative": CHUNKED + b"-5\r\nwhole\r\n",
    "short": b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
    "garbage": b"\x00\xff" * 20_000 + b"\r\n\r\n",
}
# And those that have no end: what comes first, then what comes over and over, and the seconds between.
ENDLESS = {
    "head": (b"HTTP/1.1 200 OK\r\nX-Endless: ", b"a", 0.2),
    "trickle": (b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n", b"a", 0.2),
    "flood": (b"HTTP/1.0 200 OK\r\n\r\n", b"a" * MIB, 0.0),
}
SERVER = f"""
import os, socket, sys, threading, time
MODE = os.environ["MODE"]
WIRE, ENDLESS = {WIRE!r}, {ENDLESS!r}

def answer(connection):
    try:
        path = connection.recv(65536).split(b" ")[1]
        if path == b"/slow":
            if MODE == "dies-when-asked":
                os._exit(9)
            time.sleep(3)
        if path == b"/" and MODE in ENDLESS:
            start, more, pause = ENDLESS[MODE]
            connection.sendall(start)
            while True:
                connection.sendall(more)
                time.sleep(pause)
        fine = b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok"
        connection.sendall(WIRE.get(MODE, fine) if path == b"/" else fine)
    except OSError:
        pass
    finally:
        connection.close()
    if MODE == "dies-soon":
        time.sleep(0.2)
        os._exit(7)

if MODE == "forks-away" and os.fork():
    print("going to the background", flush=True)
    os._exit(0)
if MODE == "zombie" and not os.fork():
    os._exit(0)
if MODE == "late":
    time.sleep(5)
if MODE in ("long", "long-words"):
    print("x" * 10_000_000, flush=True)
if MODE == "long-words":
    os._exit(4)
if MODE == "binary":
    os.write(1, bytes(range(256)) * 4)
if MODE == "nested":
    print("[" * 100_000, flush=True)
if MODE == "long-complaint":
    print("Read-only file system: /" + "x" * 10_000_000, flush=True)
listener = socket.create_server(("0.0.0.0", 8000))
while True:
    threading.Thread(target=answer, args=listener.accept()[:1], daemon=True).start()
"""
Hostile = Callable[[str], BuiltImage]


def built(engine: Engine, folder: Path, dockerfile: str, *bases: str) -> BuiltImage:
    """The image of a Dockerfile, which may use what lies in the folder."""
    folder.mkdir(exist_ok=True)
    (folder / "Dockerfile").write_text(dockerfile)
    contexts = engine.contexts(bases)
    made = build(folder, engine.run.tag(folder.name), contexts=contexts)
    return BuiltImage(
        id=made.id,
        source=folder,
        project=Project(port=8000),
        run=engine.run,
        contexts=contexts,
        bases=bases,
        build_s=made.took_s,
    )


def judged(image: BuiltImage, slug: str) -> Finding:
    """One promise, on a trial of its own; what is seen is short, whatever the image does."""
    with Trial(image) as trial:
        finding = PROMISES[slug].judge(trial, image.project)
    assert len(finding.seen) < LONGEST_FINDING
    return finding


# --- images with nothing in them ---------------------------------------------------------------------------------

ALONE = f"""\
FROM {DEBIAN} AS programs
RUN apt-get update && apt-get install --yes --no-install-recommends busybox-static && touch /empty
FROM scratch
COPY --from=programs /usr/bin/busybox /httpd
COPY --from=programs /empty /www/index.html
COPY --from=programs /empty /www/livez
COPY --from=programs /empty /www/readyz
"""
SERVES = 'USER 65532\nCMD ["/httpd", "-f", "-p", "8000", "-h", "/www"]\n'


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Contexts of the images of this module."""
    return tmp_path_factory.mktemp("hostile")


@pytest.fixture(scope="module")
def alone(engine: Engine, folders: Path) -> BuiltImage:
    """A server that is the only program of its image: no shell, no libraries, no user names."""
    return built(engine, folders / "alone", ALONE + SERVES, DEBIAN)


@pytest.fixture(scope="module")
def alone_on_trial(alone: BuiltImage) -> Iterator[Trial]:
    """The same, with the boots that promises share."""
    with Trial(alone) as trial:
        yield trial


@pytest.mark.parametrize(
    ("slug", "seen"),
    [
        ("numeric-non-root", "uid 65532 for 1 of 1 processes, USER is '65532'"),
        ("server-is-pid-1", "process 1 is '/httpd -f -p 8000 -h /www'"),
        ("reachable", "3 of 3 requests answered 200, "),
        ("unprivileged-port", "listens on 8000, where ports below 1024 are root's"),
        ("state-explicit", "anonymous volumes: none; files written outside /tmp: none"),
        ("fits-memory", "; 0 processes killed for their memory"),
    ],
)
def test_an_image_with_one_program_is_judged_from_outside(alone_on_trial: Trial, slug: str, seen: str) -> None:
    """Neither a shell nor `ps` nor `cat` inside is needed to see who runs, listens, writes and takes memory."""
    finding = PROMISES[slug].judge(alone_on_trial, Project(port=8000))

    assert (finding.verdict, seen in finding.seen) == (Verdict.KEPT, True), finding


@pytest.mark.parametrize(
    ("slug", "seen"),
    [
        ("config-meant", r"`gunicorn --print-config` exits 12[67]: .*exec: \"gunicorn\": executable file not found"),
        ("grace-adds-up", r"`gunicorn --print-config` exits 12[67]: .*exec: \"gunicorn\": executable file not found"),
        ("reload-lossless", r"there is no /srv/app\.py in the container"),
        ("logs-structured", r"nothing on stdout; access lines a request: \[0, 0, 0\], one each expected"),
        ("health-honest", r"the image declares no HEALTHCHECK"),
    ],
)
def test_a_missing_program_breaks_the_promise_that_needs_it(alone_on_trial: Trial, slug: str, seen: str) -> None:
    """What has to be asked inside, where nobody can be asked, is broken and says which program is missing."""
    reload = Reload(signal="SIGHUP", path="/srv/app.py", find="1", replace="2", url="/", shows="2")
    project = Project(port=8000, server="gunicorn", reload=reload)

    finding = PROMISES[slug].judge(alone_on_trial, project)

    assert finding.verdict is Verdict.BROKEN
    assert re.search(seen, finding.seen), finding.seen
    assert len(finding.seen) < LONGEST_FINDING


def test_a_health_command_without_a_shell_is_quoted(
    engine: Engine, folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HEALTHCHECK in its shell form, where no shell is: broken, with the engine's own words for it."""
    monkeypatch.setattr("snippets.contract.lifecycle.HEALTHY_WITHIN_S", 5.0)
    check = "HEALTHCHECK --interval=1s --timeout=1s --retries=1 CMD exit 0\n"

    finding = judged(built(engine, folders / "no-shell", ALONE + check + SERVES, DEBIAN), "health-honest")

    assert finding.verdict is Verdict.BROKEN
    assert re.search(r"unhealthy 5 s after start: exit -1: .*exec: \"/bin/sh\".* no such file", finding.seen), finding


@pytest.mark.parametrize(
    ("name", "ends", "seen"),
    [
        ("no-user", f"{SERVES}USER nobody\n", "unable to find user nobody: no matching entries in passwd file"),
        ("no-group", f"{SERVES}USER 1:users\n", "unable to find group users: no matching entries in group file"),
        ("no-program", 'CMD ["/absent"]\n', "no such file or directory"),
        ("no-right", 'CMD ["/www/livez"]\n', "permission denied"),
        ("no-format", 'COPY --from=programs --chmod=755 /empty /program\nCMD ["/program"]\n', "exec format error"),
        ("no-command", "USER 65532\n", "no command specified"),
    ],
)
def test_an_image_that_cannot_start_is_broken_and_no_error(
    engine: Engine, folders: Path, name: str, ends: str, seen: str
) -> None:
    """The engine refuses what the image asks for: that is the image's fault, in the engine's words."""
    finding = judged(built(engine, folders / name, ALONE + ends, DEBIAN), "numeric-non-root")

    assert finding.verdict is Verdict.BROKEN, finding
    assert re.search(
        f"^does not come up: the container (does not start|exited with status \\d+; its last lines):\\s.*{seen}",
        finding.seen,
    ), finding


# --- layers ------------------------------------------------------------------------------------------------------


def layered(engine: Engine, folder: Path, count: int) -> BuiltImage:
    """The lonely server below so many layers that all replace the same file."""
    folder.mkdir()
    for number in range(count):
        (folder / str(number)).write_text(str(number))
    copies = "".join(f"COPY {number} /same\n" for number in range(count))
    return built(engine, folder, ALONE + copies + SERVES, DEBIAN)


def test_an_image_of_120_layers_is_judged(engine: Engine, folders: Path) -> None:
    """Near the engine's limit it boots, and each of its layers is read."""
    image = layered(engine, folders / "layers", 116)

    assert judged(image, "reachable").verdict is Verdict.KEPT
    assert judged(image, "lean").verdict is Verdict.KEPT
    assert len(Trial(image).once(pass_over).layers) == 120


def depth_is_limited() -> bool:
    """Whether the engine keeps its layers itself: the containerd image store starts what has hundreds."""
    return "containerd.snapshotter" not in docker("info", "--format={{json .DriverStatus}}")[0]


def test_an_image_with_too_many_layers_to_start_is_broken(engine: Engine, folders: Path) -> None:
    """The engine builds one layer more than it starts: a finding of the image, and no error of the engine."""
    finding = judged(layered(engine, folders / "too-many", 124), "reachable")

    if not depth_is_limited():
        assert finding.verdict is Verdict.KEPT, finding
        return
    assert finding.verdict is Verdict.BROKEN, finding
    assert finding.seen == "does not come up: the container does not start: max depth exceeded"


def test_an_image_with_too_many_layers_to_build_is_a_build_error(engine: Engine, folders: Path) -> None:
    """The builder's own words, and the line of the Dockerfile at which it gave up."""
    if not depth_is_limited():
        image = layered(engine, folders / "far-too-many", 200)
        assert (judged(image, "reachable").verdict, len(image.layers)) == (Verdict.KEPT, 204)
        return
    with pytest.raises(
        BuildError, match=r"^the image does not build:\n(.|\n)*>>> COPY \d+ /same(.|\n)*max depth"
    ) as no:
        layered(engine, folders / "far-too-many", 200)

    assert len(str(no.value)) < LONGEST_FINDING


ODD = f"""\
FROM {BASE}
RUN mkdir /deleted /emptied /linked \
 && cp --preserve=mode /usr/bin/true /deleted/setuid && cp /deleted/setuid /emptied/setuid \
 && cp /deleted/setuid /replaced && cp /deleted/setuid /linked/first \
 && chmod 4755 /deleted/setuid /emptied/setuid /replaced /linked/first && ln /linked/first /linked/second \
 && echo {SECRET}DELETED > /deleted/secret && echo {SECRET}EMPTIED > /emptied/secret
RUN rm -r /deleted && rm -r /emptied && mkdir /emptied && touch /emptied/fresh && rm /replaced && touch /replaced
RUN python3 -c 'open(b"/caf\\xe9\\n", "wb").write(b"{SECRET}NAME")'
"""
SPARSE = 512 * MIB


def test_layers_that_hide_link_and_misname_files_are_read_as_they_are(engine: Engine, folders: Path) -> None:
    """Deleted files give nobody root and still tell their secrets; each name of a hard link counts; bytes are shown."""
    image = built(engine, folders / "odd", ODD, BASE)
    with Trial(image) as trial:
        setuid = PROMISES["no-setuid"].judge(trial, image.project)
        secrets = PROMISES["no-secrets"].judge(trial, image.project)

    assert (setuid.verdict, secrets.verdict) == (Verdict.BROKEN, Verdict.BROKEN)
    assert re.findall("/deleted|/emptied|/replaced|/linked/[a-z]+", setuid.seen) == ["/linked/first", "/linked/second"]
    assert re.findall(r"/(deleted|emptied)/secret in layer", secrets.seen) == ["deleted", "emptied"]
    assert "/caf\\xe9" in secrets.seen
    assert secrets.seen.encode().isascii()


def test_a_sparse_file_is_read_in_bounded_time_and_memory(engine: Engine, folders: Path) -> None:
    """All its bytes count, the last ones are read, and they pass through a buffer of a few MiB."""
    sparse = f"RUN truncate --size={SPARSE} /sparse && printf {SECRET}END >> /sparse\nFROM scratch\n"
    image = built(engine, folders / "sparse", f"FROM {DEBIAN} AS made\n{sparse}COPY --from=made /sparse /\n", DEBIAN)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with Trial(image) as trial:
        lean = PROMISES["lean"].judge(trial, image.project)
        secrets = PROMISES["no-secrets"].judge(trial, image.project)
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before

    assert lean.seen.startswith("adds 512 of 250 MiB to its base, ")
    assert "found /sparse in layer" in secrets.seen
    assert lean.took_s < 30
    assert grown_kib < 64 << 10


# --- processes, logs, answers ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server(engine: Engine, folders: Path) -> BuiltImage:
    """A server that misbehaves as MODE says."""
    (folders / "server").mkdir()
    (folders / "server/server.py").write_text(SERVER)
    serves = f'FROM {BASE}\nCOPY server.py /\nUSER 65532\nCMD ["python", "-u", "/server.py"]\n'
    return built(engine, folders / "server", serves, BASE)


@pytest.fixture
def hostile(server: BuiltImage) -> Hostile:
    """The same, in one mode."""

    def in_mode(mode: str) -> BuiltImage:
        project = Project(port=8000, slow="/slow", stop_grace_s=3.0, settings={"MODE": mode})
        return replace(server, project=project)

    return in_mode


@pytest.mark.parametrize(
    ("mode", "seen"),
    [
        ("long", "not one JSON object: 'xxxx"),
        ("binary", "not one JSON object: '\\x00\\x01"),
        ("nested", "not one JSON object: '[[[["),
    ],
)
def test_a_log_that_is_no_json_is_quoted_in_short(hostile: Hostile, mode: str, seen: str) -> None:
    """A line of 10 MB, bytes that are no text and brackets without end: broken, in a few words."""
    finding = judged(hostile(mode), "logs-structured")

    assert finding.verdict is Verdict.BROKEN
    assert seen in finding.seen


def test_a_complaint_of_10_mb_is_quoted_in_short(hostile: Hostile) -> None:
    """What is refused a write may say so at length."""
    finding = judged(hostile("long-complaint"), "read-only-root")

    assert finding.verdict is Verdict.BROKEN
    assert finding.seen.startswith("Read-only file system: /xxxx")


def test_last_words_of_10_mb_are_quoted_in_short(hostile: Hostile) -> None:
    """The log of a container that does not come up is in the message, and does not fill it."""
    finding = judged(hostile("long-words"), "reachable")

    assert finding.verdict is Verdict.BROKEN
    assert re.match(r"does not come up: the container exited with status 4; its last lines:\n.*xxx", finding.seen)


def test_a_process_that_ignores_term_outlives_its_grace(hostile: Hostile) -> None:
    """PID 1 without a handler is not ended by TERM: it answers its last request and stays."""
    finding = judged(hostile("plain"), "drains")

    assert finding.verdict is Verdict.BROKEN
    assert finding.seen.startswith("still running after 3 s; ")


def test_a_process_that_goes_to_the_background_ends_the_container(hostile: Hostile) -> None:
    """The engine looks at PID 1 alone: when it leaves, all is over, and its last words say why."""
    finding = judged(hostile("forks-away"), "server-is-pid-1")

    assert finding.verdict is Verdict.BROKEN
    said = "the container exited with status 0; its last lines:\ngoing to the background"
    assert finding.seen == f"does not come up: {said}"


@pytest.mark.parametrize(
    ("slug", "mode", "seen"),
    [
        ("crash-safe", "dies-soon", "^the container exited with status 7; it printed nothing$"),
        # Whether the engine has noticed before it is asked to signal.
        ("drains", "dies-when-asked", "^the container exited with status 9; |^the request in flight got no answer"),
    ],
)
def test_a_process_that_dies_between_two_questions_is_no_fault_of_the_engine(
    hostile: Hostile, slug: str, mode: str, seen: str
) -> None:
    """The engine refuses to signal or list what has ended: the promise is broken, with the exit status."""
    finding = judged(hostile(mode), slug)

    assert finding.verdict is Verdict.BROKEN, finding
    assert re.search(seen, finding.seen), finding


@pytest.mark.parametrize(
    ("slug", "verdict", "seen"),
    [
        ("numeric-non-root", Verdict.KEPT, "uid 65532 for 1 of 1 processes"),
        ("cpu-aware", Verdict.KEPT, "it starts no workers, at 0.5, 1, 2 CPU"),
        ("crash-safe", Verdict.KEPT, "it is one process; killed whole and started"),
    ],
)
def test_a_zombie_is_no_process(hostile: Hostile, slug: str, verdict: Verdict, seen: str) -> None:
    """A dead child that nobody waits for counts as no worker, and cannot be killed."""
    finding = judged(hostile("zombie"), slug)

    assert (finding.verdict, seen in finding.seen) == (verdict, True), finding


def test_a_port_that_opens_late_is_waited_for(hostile: Hostile) -> None:
    """Five seconds to get ready are no fault, and they are told."""
    finding = judged(hostile("late"), "reachable")

    assert finding.verdict is Verdict.KEPT
    assert re.search(r"3 of 3 requests answered 200, [56]\.\d s after start, listens on 8000", finding.seen), finding


def test_a_health_command_that_hangs_is_broken_in_its_time(engine: Engine, server: BuiltImage, folders: Path) -> None:
    """The engine ends it, and what the engine says of it is in the finding."""
    check = 'HEALTHCHECK --interval=2s --timeout=1s --retries=1 CMD ["sleep", "600"]'
    source = (server.context / "Dockerfile").read_text()
    (folders / "hangs").mkdir()
    (folders / "hangs/server.py").write_text(SERVER)
    image = built(engine, folders / "hangs", f"{source}{check}\nENV MODE=plain\n", BASE)

    finding = judged(image, "health-honest")

    assert finding.verdict is Verdict.BROKEN
    assert finding.seen == "unhealthy 30 s after start: exit -1: Health check exceeded timeout (1s)"
    assert finding.took_s < 50


@pytest.mark.parametrize("mode", ["http-1.0", "chunked"])
def test_an_answer_of_another_form_is_whole(hostile: Hostile, mode: str) -> None:
    """A body that ends with the connection and one in chunks are bodies."""
    with hostile(mode).boot() as container:
        reply = container.get("/")

    assert (reply.status, reply.whole, reply.body) == (200, True, b"whole")
    assert judged(hostile(mode), "reachable").verdict is Verdict.KEPT


@pytest.mark.parametrize(
    ("mode", "within_s", "seen"),
    [
        ("cut", 5, r"^GET / answered 200, cut short after 0\.\d s where 200 was expected: 'whole'"),
        ("short", 5, r"^GET / answered 200, cut short after 0\.\d s where 200 was expected: 'half'"),
        ("negative", 5, r"^GET / answered 200, cut short after 0\.\d s where 200 was expected: ''"),
        ("garbage", 5, r"^no answer on port \d+ to GET / after 0\.\d s: BadStatusLine\("),
        ("head", 10, r"^no answer on port \d+ to GET / after 5\.\d s: TimeoutError\('timed out'\); it printed nothing"),
        ("trickle", 10, r"^GET / answered 200, cut short after 5\.\d s where 200 was expected: ''"),
        ("flood", 10, r"^GET / answered 200, cut short after \d\.\d s where 200 was expected: 'a{200}'"),
    ],
)
def test_an_answer_that_is_none_is_told_in_its_time(hostile: Hostile, mode: str, within_s: float, seen: str) -> None:
    """Cut, garbled or without end: broken, and a server that keeps sending holds nobody up."""
    finding = judged(hostile(mode), "reachable")

    assert finding.verdict is Verdict.BROKEN
    assert re.search(seen, finding.seen), finding
    assert finding.took_s < within_s + 5


# --- an engine that dies -----------------------------------------------------------------------------------------

# With a bridge in a network of its own, so that what it boots can be asked from inside that network.
NETWORKED = """#!/bin/sh
exec unshare --net sh -c 'ip link set lo up && exec {dockerd} --iptables=false --ip6tables=false "$@"' dockerd "$@"
"""
CLONE_NEWNET = 0x40000000
GONE = "no container engine answers ("
# docker-py leaves a socket open that it could not connect.
LEAKY = pytest.mark.filterwarnings(r"ignore:unclosed <socket\.socket fd=\d+, family=1,:ResourceWarning")


@dataclass(frozen=True, kw_only=True)
class Mortal:
    """An engine apart that can be killed, the lonely server on it, and a thread that lives in its network."""

    pid: int
    image: BuiltImage
    inside: ThreadPoolExecutor

    def kill(self) -> None:
        """End the engine, and nothing of what it runs."""
        os.kill(self.pid, signal.SIGKILL)
        awaited(lambda: Process.find(self.pid) is None)

    def kill_once(self, words: str, *, after_s: float = 0.0) -> None:
        """End it so long after a process of such a command line is there."""
        awaited(lambda: bool(processes(words)))
        time.sleep(after_s)
        self.kill()


def join_network(pid: int) -> None:
    """Bring the calling thread into the network of a process; os.setns came with Python 3.12."""
    with Path(f"/proc/{pid}/ns/net").open() as network:
        assert CDLL(None).setns(network.fileno(), CLONE_NEWNET) == 0


@contextmanager
def buried(folder: Path) -> Iterator[None]:
    """End what an engine ran that was killed, and take away its mounts and control groups."""
    try:
        yield
    finally:
        for shim in processes(f"-address {folder}"):
            name = Path(f"/proc/{shim}/cmdline").read_text().split("\0")
            children = Path(f"/proc/{shim}/task/{shim}/children").read_text().split()
            for pid in (*map(int, children), shim):
                os.kill(pid, signal.SIGKILL)
                awaited(lambda pid=pid: Process.find(pid) is None)  # type: ignore[misc] # a default of its own
            container = name[name.index("-id") + 1]
            for group in (
                *Path("/sys/fs/cgroup").glob(f"*/docker/{container}"),
                Path("/sys/fs/cgroup/docker", container),
            ):
                with suppress(OSError):
                    group.rmdir()
        mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
        for place in reversed([mount for mount in mounts if mount.startswith(f"{folder}/s/")]):
            subprocess.run(["umount", "--lazy", place], check=True)


@pytest.fixture
def mortal(alone: BuiltImage, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mortal]:
    """See the class."""
    with alone.boot() as container:
        program = container.read("/httpd")
    monkeypatch.setattr(sys.modules[apart.__module__], "APART", NETWORKED)
    with (
        tempfile.TemporaryDirectory(prefix="hb-") as name,
        disk(Path(name), 512) as data,
        buried(Path(name)),
        engine_apart(Path(name), data, monkeypatch),
    ):
        context = Path(name, "context")
        (context / "www").mkdir(parents=True)
        for page in ("index.html", "livez", "readyz"):
            (context / "www" / page).touch()
        (context / "httpd").write_bytes(program)
        (context / "httpd").chmod(0o755)
        with (context / "large").open("wb") as large:
            large.truncate(100 * MIB)
        (pid,) = processes(f"--data-root={data}")
        serves = "FROM scratch\nCOPY httpd large /\nCOPY www/index.html www/livez www/readyz /www/\n"
        # A server that can be told from those of other engines.
        image = built(engine, context, serves + SERVES.replace('"-f"', f'"-f", "-r", "{Path(name).name}"'))
        settings = {"REQUIRED": "by fails-fast"}
        with ThreadPoolExecutor(1, initializer=join_network, initargs=(pid,)) as inside:
            yield Mortal(pid=pid, image=replace(image, project=Project(port=8000, settings=settings)), inside=inside)
        gc.collect()


QUESTIONS: dict[str, Callable[[Container], object]] = {
    "running": lambda container: container.running(),
    "get": lambda container: container.get("/"),
    "await_reply": lambda container: container.await_reply("/", lambda _: False, 1.0),
    "signal": lambda container: container.signal("SIGHUP"),
    "wait": lambda container: container.wait(1.0),
    "start_again": lambda container: container.start_again(),
    "logs": lambda container: container.logs(),
    "processes": lambda container: container.processes(),
    "listening": lambda container: container.listening(),
    "freeze": lambda container: container.freeze(),
    "health": lambda container: container.health(),
    "changes": lambda container: container.changes(),
    "memory": lambda container: container.memory(),
    "read": lambda container: container.read("/www/livez"),
    "put": lambda container: container.put("/www/livez", b""),
    "run": lambda container: container.run(["/httpd"]),
}


@LEAKY
def test_a_dead_engine_answers_no_question(mortal: Mortal) -> None:
    """Whatever is asked of a container whose engine has died: an error that says so, and no traceback."""
    said: dict[str, str] = {}

    def ask() -> None:
        with mortal.image.boot() as container:
            mortal.kill()
            for name, question in QUESTIONS.items():
                try:
                    said[name] = f"answered {question(container)!r}"
                except EngineError as error:
                    said[name] = str(error)

    with pytest.raises(EngineError, match=re.escape(GONE)):
        mortal.inside.submit(ask).result(60)
    assert {name: words for name, words in said.items() if not words.startswith(GONE)} == {}
    assert said.keys() == QUESTIONS.keys()
    with pytest.raises(EngineError, match=re.escape(GONE)), mortal.image.boot():
        pass


@LEAKY
@pytest.mark.parametrize(
    ("slug", "words", "after_s"),
    [
        ("lean", "docker image save {image}", 0.0),
        ("fails-fast", "/httpd -f -r {engine} ", 0.0),
        ("fits-memory", "/httpd -f -r {engine} ", 2.0),
    ],
)
def test_an_engine_that_dies_within_a_promise_is_an_error(
    mortal: Mortal, slug: str, words: str, after_s: float
) -> None:
    """Half an export, a wait or a load say nothing of the image: neither kept nor broken."""

    def judge() -> Finding:
        trial = Trial(mortal.image)
        return PROMISES[slug].judge(trial, mortal.image.project)

    finding = mortal.inside.submit(judge)
    mortal.kill_once(words.format(image=mortal.image.id, engine=mortal.image.context.parent.name), after_s=after_s)

    assert (finding.result(60).verdict, finding.result().seen[: len(GONE)]) == (Verdict.ERROR, GONE)


@LEAKY
def test_an_engine_that_dies_after_a_promise_was_broken_is_an_error(mortal: Mortal) -> None:
    """The boot that it shares cannot be ended then: the cause is told, and not raised past the judge."""

    def broken(image: Image, _: Project) -> Judgement:
        with image.boot(PLAIN):
            mortal.kill()
        return kept_if(condition=False, seen="seen before the engine died")

    promise = replace(PROMISES["reachable"], function=broken)
    finding = mortal.inside.submit(promise.judge, Trial(mortal.image), mortal.image.project).result(60)

    assert (finding.verdict, finding.seen[: len(GONE)]) == (Verdict.ERROR, GONE)
