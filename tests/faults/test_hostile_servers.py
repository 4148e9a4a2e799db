"""Processes, logs and answers at their worst: each ends as a finding, in words and in time."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from snippets.contract import Project, Verdict
from snippets.contract.container.contents import MIB
from snippets.engine.engine import Engine
from snippets.engine.subjects.image import BuiltImage
from tests.faults.hostile import BASE, built, judged

# What is not ended by a time of its own would go on until the test is; other tests may take all of a processor.
AT_LEAST_5_S = r"([5-9]|\d\d)\.\d s"
ENDS_S = 60.0
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
    seen = rf"3 of 3 requests answered 200, {AT_LEAST_5_S} after start, listens on 8000"
    assert re.search(seen, finding.seen), finding


def test_a_health_command_that_hangs_is_broken_in_its_time(engine: Engine, server: BuiltImage, folders: Path) -> None:
    """The engine ends it, and what the engine says of it is in the finding."""
    check = 'HEALTHCHECK --interval=2s --timeout=1s --retries=1 CMD ["sleep", "600"]'
    source = (server.context / "Dockerfile").read_text()
    (folders / "hangs").mkdir()
    (folders / "hangs/server.py").write_text(SERVER)
    image = built(engine, folders / "hangs", f"{source}{check}\nENV MODE=plain\n", BASE)

    finding = judged(image, "health-honest")

    assert finding.verdict is Verdict.BROKEN
    assert finding.seen == "unhealthy 30 s after its first answer: exit -1: Health check exceeded timeout (1s)"
    assert finding.took_s < ENDS_S


@pytest.mark.parametrize("mode", ["http-1.0", "chunked"])
def test_an_answer_of_another_form_is_whole(hostile: Hostile, mode: str) -> None:
    """A body that ends with the connection and one in chunks are bodies."""
    with hostile(mode).boot() as container:
        reply = container.get("/")

    assert (reply.status, reply.whole, reply.body) == (200, True, b"whole")
    assert judged(hostile(mode), "reachable").verdict is Verdict.KEPT


@pytest.mark.parametrize(
    ("mode", "seen"),
    [
        ("cut", r"^GET / answered 200, cut short after [0-4]\.\d s where 200 was expected: 'whole'"),
        ("short", r"^GET / answered 200, cut short after [0-4]\.\d s where 200 was expected: 'half'"),
        ("negative", r"^GET / answered 200, cut short after [0-4]\.\d s where 200 was expected: ''"),
        ("garbage", r"^no answer on port \d+ to GET / after [0-4]\.\d s: BadStatusLine\("),
        ("head", rf"^no answer on port \d+ to GET / after {AT_LEAST_5_S}: TimeoutError\(.*\); it printed nothing"),
        ("trickle", rf"^GET / answered 200, cut short after {AT_LEAST_5_S} where 200 was expected: ''"),
        ("flood", r"^GET / answered 200, cut short after \d+\.\d s where 200 was expected: 'a{200}'"),
    ],
)
def test_an_answer_that_is_none_is_told_in_its_time(hostile: Hostile, mode: str, seen: str) -> None:
    """Cut, garbled or without end: broken, and a server that keeps sending holds nobody up."""
    finding = judged(hostile(mode), "reachable")

    assert finding.verdict is Verdict.BROKEN
    assert re.search(seen, finding.seen), finding
    assert finding.took_s < ENDS_S
