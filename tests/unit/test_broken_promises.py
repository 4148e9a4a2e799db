"""Broken promises: each is broken by a container with one thing wrong, and what it saw says what."""

import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from snippets.contract import PROMISES, Project, Verdict
from snippets.contract.container.web import NAMES, gunicorn_table
from snippets.contract.observation import PLAIN
from tests.unit.broken import BROKEN, answers
from tests.unit.fake_container import good
from tests.unit.fake_image import FakeImage, ended, image_in
from tests.unit.fake_site import PROJECT, SITE
from tests.unit.judging import Change, boots, judge


@pytest.fixture
def image(tmp_path: Path) -> FakeImage:
    """An image that keeps every promise."""
    return image_in(tmp_path)


@pytest.mark.parametrize(
    ("slug", "change", "seen"),
    [pytest.param(slug, change, seen, id=f"{slug}-{name}") for slug, name, change, seen in BROKEN],
)
def test_a_promise_is_broken_by_what_is_not_as_it_should_be(
    slug: str, change: Change, seen: str, image: FakeImage
) -> None:
    """One thing is wrong, the promise notices, and what it saw says what."""
    finding = judge(slug, change(image))

    assert finding.verdict is Verdict.BROKEN, finding.seen
    assert seen in finding.seen


def test_every_promise_has_several_containers_that_break_it() -> None:
    """A promise that nothing can break promises nothing."""
    cases = [slug for slug, *_ in BROKEN]

    assert {slug for slug in PROMISES if cases.count(slug) < 2} == set()


@pytest.mark.parametrize(
    ("slug", "asks"), [("grace-adds-up", "state `graceful_timeout_s`: "), ("config-meant", "state `skip`: ")]
)
def test_a_wrapper_that_prints_no_table_is_no_broken_promise(slug: str, asks: str, image: FakeImage) -> None:
    """What nobody could read speaks neither for the image nor against it: its author is asked."""
    finding = judge(slug, boots(outputs={"python3": "1\n", "gunicorn": ""})(image))

    assert finding.verdict is Verdict.ERROR
    assert finding.seen.startswith(asks)


TWO = {"API_KEY": "a-value", "SECRET_KEY": "another"}
DECLARED: list[tuple[str, str, Project, str]] = [
    (
        "fails-fast",
        "not-required",
        structs.replace(PROJECT, settings={"TITLE": "a-value"}),
        "without TITLE: exit 1 after 0.4 s, does not name it",
    ),
    (
        "grace-adds-up",
        "stated",
        structs.replace(PROJECT, server=None, graceful_timeout_s=28.0),
        "2 s before the signal and 28 s for the last requests, of 30 s of grace",
    ),
    (
        "unprivileged-port",
        "eighty",
        structs.replace(PROJECT, port=80),
        "listens on 80, where ports below 1024 are root's",
    ),
]


@pytest.mark.parametrize(
    ("slug", "project", "seen"),
    [pytest.param(slug, project, seen, id=f"{slug}-{name}") for slug, name, project, seen in DECLARED],
)
def test_what_is_declared_and_cannot_be_right_is_broken(
    slug: str, project: Project, seen: str, image: FakeImage
) -> None:
    """A promise that has something to judge by, and what it has cannot be."""
    finding = judge(slug, image, project)

    assert (finding.verdict, finding.seen) == (Verdict.BROKEN, seen)


UNDECLARED: list[tuple[str, Project, str]] = [
    (
        "inputs-pinned",
        structs.replace(PROJECT, stale=None),
        "`stale`: an edit of an input, after which the lock file must",
    ),
    ("layer-stable", structs.replace(PROJECT, code=None), "`code`: a file of the application, to be edited"),
    ("drains", structs.replace(PROJECT, slow=None), "`slow`: a path that takes a few seconds"),
    ("fails-fast", structs.replace(PROJECT, settings={}), "`settings`: what it cannot start without"),
    ("config-meant", structs.replace(PROJECT, server=None), "`server`: "),
    ("grace-adds-up", structs.replace(PROJECT, server=None), "`graceful_timeout_s`: how many seconds the server waits"),
    ("live-is-not-ready", structs.replace(PROJECT, beside={}), "`beside`: a service that it needs"),
    ("reload-lossless", structs.replace(PROJECT, reload=None), "`reload`: the signal on which it takes up new code"),
    ("proxy-trust", structs.replace(PROJECT, proxy=None), "`proxy`: the environment that says one is in front"),
]


@pytest.mark.parametrize(("slug", "project", "asked"), [pytest.param(*case, id=case[0]) for case in UNDECLARED])
def test_what_is_not_declared_is_asked_for_and_not_kept(
    slug: str, project: Project, asked: str, image: FakeImage
) -> None:
    """Without anything to judge by it is neither kept nor passed over: the message asks for the key that lacks."""
    finding = judge(slug, image, project)

    assert finding.verdict is Verdict.ERROR
    assert finding.seen.startswith(f"state {asked}")


def test_a_page_without_assets_proves_nothing_about_assets(image: FakeImage) -> None:
    """Nothing was seen to be missing, and nothing to be there: another page is asked for."""
    finding = judge("assets-complete", answers("/", replace(SITE["/"], body=b"<p>"))(image))

    assert (finding.verdict, finding.seen) == (
        Verdict.ERROR,
        "state `page`: a page that names its assets; / names none",
    )


@pytest.mark.parametrize(("workers", "kept"), [(0, True), (1, True), (2, False)])
def test_one_process_has_no_number_of_workers(workers: int, *, kept: bool, image: FakeImage) -> None:
    """Alone, or behind a wrapper: it follows no limit, and exceeds none. Several must follow it."""
    finding = judge("cpu-aware", boots(workers=workers)(image), structs.replace(PROJECT, server=None))

    assert (finding.verdict is Verdict.KEPT) is kept, finding.seen
    assert ("it starts no workers, at 0.5, 1, 2 CPU" in finding.seen) is kept


@pytest.mark.parametrize(("workers", "kept"), [(None, True), (3, False)])
def test_one_processor_is_enough_to_see_workers_follow_a_limit(
    workers: int | None, *, kept: bool, image: FakeImage
) -> None:
    """Half of it and all of it are two limits; a server that counts the host's has as many workers at both."""
    small = replace(boots(workers=workers)(image) if workers else image, processors=1)

    finding = judge("cpu-aware", small)

    assert (finding.verdict is Verdict.KEPT) is kept
    assert finding.seen == f"workers: {workers or 2} at 0.5 CPU, 3 at 1 CPU; the host has 1 processor"
    assert [posture.cpus for posture in small.postures] == [0.5, 1.0]


def test_a_missing_setting_is_named_and_no_value_is_told(image: FakeImage) -> None:
    """Each required setting is left out in its turn, and none of the others' values is told."""
    project = structs.replace(PROJECT, settings=TWO)
    image = replace(image, required=tuple(TWO))
    spilling = replace(image, starts=lambda name: replace(ended(name), stderr="canary-of-API_KEY\n"))

    finding = judge("fails-fast", image, project)
    assert finding.verdict is Verdict.KEPT
    assert finding.seen == (
        "without API_KEY: exit 1 after 0.4 s, names it; without SECRET_KEY: exit 1 after 0.4 s, names it"
    )
    finding = judge("fails-fast", spilling, project)
    assert finding.verdict is Verdict.BROKEN
    assert finding.seen.endswith("without SECRET_KEY: exit 1 after 0.4 s, names it, spills a value")


COMMANDS: list[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = [
    ((), ("gunicorn",), ("gunicorn", "--print-config")),
    ((), ("gunicorn", "-b", ":80", "app"), ("gunicorn", "-b", ":80", "app", "--print-config")),
    (("/entrypoint",), ("/venv/bin/gunicorn", "app"), ("/venv/bin/gunicorn", "app", "--print-config")),
    (("gunicorn",), ("app",), ("gunicorn", "app", "--print-config")),
    ((), ("/bin/sh", "-c", "exec gunicorn app"), ("/bin/sh", "-c", "exec gunicorn app --print-config")),
    ((), ("gunicorn", "-c", "conf.py"), ("gunicorn", "-c", "conf.py", "--print-config")),
    (("/start",), ("web",), ("gunicorn", "--print-config")),
    ((), (), ("gunicorn", "--print-config")),
]


@pytest.mark.parametrize(("entrypoint", "command", "asked"), COMMANDS)
def test_gunicorn_is_asked_as_the_image_starts_it(
    entrypoint: tuple[str, ...], command: tuple[str, ...], asked: tuple[str, ...], image: FakeImage
) -> None:
    """With the options of the image's own command, without an entry point that may do more, in a shell as one word."""
    image = replace(image, config=replace(image.config, entrypoint=entrypoint, command=command))
    container = replace(good(PLAIN), outputs={asked[0]: "workers = 3\n"})

    assert gunicorn_table(image, container) == {"workers": "3"}
    assert [tuple(shlex.split(command)) for command in container.ran] == [asked]


FILES: list[tuple[str | None, str]] = [
    ("workers = 3\nbind = ':80'\n", "2 "),
    ("log_level = 'debug'\nworkers = 3\naccess_log: str = '-'\n", "1 access_log, log_level"),
    ("if True:\n    log_level = 'debug'\n", "0 log_level"),
    # A step in between, a constant, a private name and what is local to a function mean nothing to gunicorn.
    ("cores = 2\nLIMIT = 9\n_own = 1\nworkers = cores + 1\ndef when_ready(server):\n    here = 1\n", "1 "),
    ("def post_fork(server, worker):\n    print(greeting)\ngreeting = 'hello'\n", "0 "),
    ("", "0 "),
    (None, "absent"),
]


@pytest.mark.parametrize(("content", "told"), FILES)
def test_names_are_held_against_the_table_of_the_server(content: str | None, told: str, tmp_path: Path) -> None:
    """The script that runs inside: settings are counted, and what only looks like one is named."""
    (tmp_path / "gunicorn").mkdir()
    table = "KNOWN_SETTINGS = [type('Setting', (), {'name': name}) for name in ('bind', 'loglevel', 'workers')]\n"
    (tmp_path / "gunicorn/config.py").write_text(table)
    if content is not None:
        (tmp_path / "gunicorn.conf.py").write_text(content)
    command = [sys.executable, "-c", NAMES, "gunicorn.conf.py"]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)

    assert done.stdout == f"{told}\n"
