"""Promises: each is kept by a container that is as it should be, and broken by one that is not."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest

from snippets.contract import CONTRACT, NOT_UP, PROMISES, Finding, Project, Promise, Verdict
from snippets.contract.lifecycle import detection_s
from snippets.contract.promise import Judgement, promise
from snippets.contract.requests import expect_200
from snippets.contract.subject import Healthcheck, Image, Place, Reply
from snippets.errors import BuildError, ContainerError, EngineError, NotReadyError
from tests.unit.fakes import DOCKERFILE, PROJECT, FakeContainer, FakeImage, Posture, good, reply

SLUGS = [pytest.param(slug, id=slug) for slug in PROMISES]


@pytest.fixture
def image(tmp_path: Path) -> FakeImage:
    """An image that keeps every promise."""
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    (tmp_path / "requirements.txt").write_text("flask==1.0\n")
    (tmp_path / "app").mkdir()
    return FakeImage(context=tmp_path)


def judge(slug: str, image: FakeImage, project: Project = PROJECT) -> Finding:
    """Judge, and insist on a finding that a page can show."""
    finding = PROMISES[slug].judge(image, project)
    assert finding.promise == slug
    assert finding.rules == PROMISES[slug].rules
    assert finding.seen
    assert finding.took_s >= 0
    return finding


@pytest.mark.parametrize("slug", SLUGS)
def test_a_promise_is_kept_by_what_is_as_it_should_be(slug: str, image: FakeImage) -> None:
    """Nothing is asked for that a good container does not do."""
    finding = judge(slug, image)

    assert finding.verdict is Verdict.KEPT, finding.seen


def boots(**changes: object) -> Callable[[FakeImage], FakeImage]:
    """Change what every container of an image is like."""

    def change(image: FakeImage) -> FakeImage:
        return replace(image, boots=lambda posture: replace(good(posture), **changes))  # type: ignore[arg-type]

    return change


def writes(dockerfile: str) -> Callable[[FakeImage], FakeImage]:
    """Give an image another Dockerfile."""

    def change(image: FakeImage) -> FakeImage:
        (image.context / "Dockerfile").write_text(dockerfile)
        return image

    return change


def says(**changes: object) -> Callable[[FakeImage], FakeImage]:
    """Change what an image says of itself."""
    return lambda image: replace(image, config=replace(image.config, **changes))  # type: ignore[arg-type]


def leaks(place: str) -> Callable[[FakeImage], FakeImage]:
    """Let a layer hold a canary."""
    return lambda image: replace(image, leaks=lambda _: [Place(where="layer 0123", what=place)])


def stops(error: BuildError | None, only: str = "") -> Callable[[FakeImage], FakeImage]:
    """Let the builder stop otherwise; where `only` is given, for that input alone."""
    return lambda image: replace(image, stops=lambda edits: error if not only or only in edits else None)


def without_setting(**changes: object) -> Callable[[FakeImage], FakeImage]:
    """Change what happens where a setting is missing."""

    def boots(posture: Posture) -> FakeContainer:
        container = good(posture)
        return container if posture.settings else replace(container, **changes)  # type: ignore[arg-type]

    return lambda image: replace(image, boots=boots)


def checked(**changes: float) -> Callable[[FakeImage], FakeImage]:
    """Change the times of the health check."""
    times = {"interval_s": 10.0, "timeout_s": 3.0, "start_period_s": 30.0, **changes}
    return says(healthcheck=Healthcheck(test=("CMD", "probe"), retries=3, **times))


CUT = reply(whole=False)
FAILED = BuildError("the image does not build:", "no space left")
BROKEN: list[tuple[str, str, Callable[[FakeImage], FakeImage], str]] = [
    ("builds-clean", "a-stage-does-not", stops(FAILED, "target build"), "the image does not build:"),
    ("builds-clean", "no-stage", writes("# empty\n"), "0 of 0 stages built"),
    ("inputs-pinned", "latest", writes(DOCKERFILE.replace("3.13-slim", "latest")), "tag: python:latest"),
    ("inputs-pinned", "no-tag", writes("FROM python\n"), "without an exact tag: python"),
    ("inputs-pinned", "copied-from-latest", writes(DOCKERFILE + "COPY --from=uv / /\n"), "without an exact tag: uv"),
    ("inputs-pinned", "no-base", writes("FROM scratch\n"), "without an exact tag: no base at all"),
    ("inputs-pinned", "lock-not-enforced", stops(None), "built although requirements.txt was edited"),
    ("inputs-pinned", "stops-for-another-reason", stops(FAILED), "but not for that reason:"),
    ("no-secrets", "in-a-layer", leaks("/root/.netrc"), "/root/.netrc in layer 0123"),
    ("no-secrets", "in-env", says(env={"API_TOKEN": "x"}), "API_TOKEN in env"),
    ("no-context-leak", "in-a-layer", leaks("/app/.env"), "/app/.env in layer 0123"),
    ("numeric-non-root", "root", boots(uid=0), "root runs '/usr/bin/python gunicorn'"),
    ("numeric-non-root", "by-name", says(user="app"), "USER is 'app': a name"),
    ("numeric-non-root", "no-user", says(user=""), "USER is '': a name"),
    ("numeric-non-root", "zero", says(user="0"), "USER is '0': root"),
    ("read-only-root", "complains", boots(stderr="OSError: [Errno 30] Read-only file system\n"), "Read-only file"),
    ("read-only-root", "page-fails", boots(statuses={"/": 500}), "answered 500 after 0.1 s where 200 was expected"),
    ("no-privileges", "page-fails", boots(statuses={"/readyz": 503}), "answered 503"),
    ("server-is-pid-1", "shell", boots(first="/bin/sh -c gunicorn"), "process 1 is '/bin/sh -c gunicorn'"),
    ("reachable", "debug-port", boots(ports=frozenset({8000, 5678})), "listens on 5678, 8000"),
    ("reachable", "nothing-listens", boots(ports=frozenset()), "listens on nothing"),
    ("reachable", "not-found", boots(statuses={"/livez": 404}), "answered 404"),
    ("honours-port", "stays", boots(ports=frozenset({8000})), "with PORT=9123 it listens on 8000"),
    ("honours-port", "both", boots(ports=frozenset({8000, 9123})), "it listens on 8000, 9123"),
    ("fails-fast", "exits-0", without_setting(ends=(0, 0.4)), "exit 0 after 0.4 s"),
    ("fails-fast", "mute", without_setting(stdout=["{}"]), "does not name it"),
    ("fails-fast", "runs-on", without_setting(ends=(1, 99.0)), "still running after 15 s"),
    ("health-honest", "none", says(healthcheck=None), "declares no HEALTHCHECK"),
    ("health-honest", "every-five-minutes", checked(interval_s=300.0), "notice a frozen server only after 909 s"),
    ("health-honest", "never-healthy", boots(health_after_s={}), "starting 30 s after start: exit 1: curl: not found"),
    ("health-honest", "always-healthy", boots(health_after_s={"healthy": 1.0}), "still called healthy"),
    ("drains", "cut-short", boots(slow=CUT), "200, cut short after 0.1 s"),
    ("drains", "not-slow", boots(signalled_s=0.2), "/slow was answered before the signal: it is not slow"),
    ("drains", "fails", boots(slow=reply(500)), "request in flight 500"),
    ("drains", "no-answer", boots(slow=ContainerError("reset by peer")), "got no answer after SIGTERM: reset by peer"),
    ("drains", "exits-otherwise", boots(ends=(143, 3.0)), "exit 143 after 3.0 s of 30 s"),
    ("drains", "outlives-its-grace", boots(ends=(0, 31.0)), "still running after 30 s"),
    ("cpu-aware", "host", boots(workers=17), "workers: 17 at 0.5 CPU, 17 at 1 CPU, 17 at 2 CPU"),
    ("logs-structured", "plain", boots(stdout=["Listening at"]), "not one JSON object: 'Listening at'"),
    ("logs-structured", "a-json-text", boots(stdout=['"text"']), "not one JSON object: '\"text\"'"),
    ("logs-structured", "on-stderr", boots(stderr="warning\n"), "on stderr: 'warning'"),
    ("logs-structured", "a-log-file", boots(written=("/app/error.log",)), "a log file: /app/error.log"),
    ("logs-structured", "no-access-lines", boots(access_line=lambda *_: "{}"), "access lines a request: [0, 0, 0]"),
    (
        "logs-structured",
        "breaks-on-a-quote",
        boots(access_line=lambda path, agent: f'{{"path": "{path}", "agent": "{agent}"}}'),
        "not one JSON object: ",
    ),
    ("config-meant", "unknown-name", boots(outputs={"python3": "log_level\n", "gunicorn": ""}), "named log_level"),
    ("config-meant", "other-value", boots(outputs={"python3": "", "gunicorn": "workers = 9\n"}), "is '9', stated '3'"),
    ("config-meant", "no-table", boots(outputs={"python3": "", "gunicorn": ""}), "0 settings read"),
]


@pytest.mark.parametrize(
    ("slug", "change", "seen"),
    [pytest.param(slug, change, seen, id=f"{slug}-{name}") for slug, name, change, seen in BROKEN],
)
def test_a_promise_is_broken_by_what_is_not(
    slug: str, change: Callable[[FakeImage], FakeImage], seen: str, image: FakeImage
) -> None:
    """One thing is wrong, the promise notices, and what it saw says what."""
    finding = judge(slug, change(image))

    assert finding.verdict is Verdict.BROKEN
    assert seen in finding.seen


def test_every_promise_has_a_container_that_breaks_it() -> None:
    """A promise that nothing can break promises nothing."""
    assert {slug for slug, *_ in BROKEN} == set(PROMISES)


@pytest.mark.parametrize(
    ("slug", "project", "seen"),
    [
        ("inputs-pinned", replace(PROJECT, stale=None), "names no input that a lock file pins"),
        ("drains", replace(PROJECT, slow=None), "no slow path is declared to hold a request open with"),
        ("fails-fast", replace(PROJECT, settings={}), "it declares no required setting"),
        ("config-meant", replace(PROJECT, server=None), "no settings table is known for the server None"),
    ],
    ids=lambda value: value if isinstance(value, str) and "-" in value and " " not in value else "",
)
def test_what_is_not_declared_is_not_kept(slug: str, project: Project, seen: str, image: FakeImage) -> None:
    """A promise without anything to judge by is broken, not passed over."""
    finding = judge(slug, image, project)

    assert (finding.verdict, finding.seen) == (Verdict.BROKEN, seen)


class Silent(FakeImage):
    """An image of an engine that is gone: whatever is asked raises the same."""

    def __init__(self, error: Exception) -> None:
        object.__setattr__(self, "error", error)

    def __getattribute__(self, name: str) -> NoReturn:
        """Answer nothing."""
        raise object.__getattribute__(self, "error")


@pytest.mark.parametrize("slug", SLUGS)
def test_an_engine_that_fails_is_an_error_and_never_a_verdict(slug: str) -> None:
    """The instrument's failure says nothing of the container: neither kept nor broken."""
    finding = judge(slug, Silent(EngineError("no container engine answers")))

    assert (finding.verdict, finding.seen) == (Verdict.ERROR, "no container engine answers")


@pytest.mark.parametrize("slug", SLUGS)
def test_a_container_that_fails_breaks_the_promise(slug: str) -> None:
    """A container that is gone, or never came up, keeps none."""
    assert judge(slug, Silent(ContainerError("exited with status 3"))).verdict is Verdict.BROKEN
    up = judge(slug, Silent(NotReadyError("not ready after 40 s")))
    assert (up.verdict, up.seen) == (Verdict.BROKEN, f"{NOT_UP}not ready after 40 s")


def test_an_engine_that_fails_half_way_is_an_error_too(image: FakeImage) -> None:
    """What was seen before does not count."""

    def boots(posture: Posture) -> FakeContainer:
        if posture.cpus == 2.0:
            message = "the engine went away"
            raise EngineError(message)
        return good(posture)

    assert judge("cpu-aware", replace(image, boots=boots)).verdict is Verdict.ERROR


@pytest.mark.parametrize("slug", SLUGS)
def test_an_exemption_holds_where_it_is_allowed_and_nowhere_else(slug: str, image: FakeImage) -> None:
    """A reason is shown as it stands; where none may be given, the promise is judged all the same."""
    finding = judge(slug, image, replace(PROJECT, not_applicable={slug: "It serves no requests."}))

    expected = Verdict.NOT_APPLICABLE if PROMISES[slug].exemptible else Verdict.KEPT
    assert finding.verdict is expected
    assert (finding.seen == "It serves no requests.") == PROMISES[slug].exemptible


@pytest.mark.parametrize(
    ("slug", "attribute", "value"),
    [
        ("read-only-root", "read_only", True),
        ("no-privileges", "unprivileged", True),
        ("honours-port", "port", 9123),
        ("fails-fast", "await_ready", False),
        ("health-honest", "health_interval_s", 1.0),
        ("cpu-aware", "cpus", 0.5),
    ],
)
def test_a_promise_is_judged_in_its_posture(slug: str, attribute: str, value: object, image: FakeImage) -> None:
    """A container that was booted like any other proves nothing of limits."""
    judge(slug, image)

    assert getattr(image.postures[0], attribute) == value


def test_secrets_and_arguments_are_given_as_canaries(image: FakeImage) -> None:
    """Every secret that the build asks for is one that can be found again; other arguments are let be."""
    given: list[dict[str, object]] = []

    def leaks(probe: FakeImage) -> list[Place]:
        given.append(probe.given)
        return []

    finding = judge("no-secrets", replace(image, leaks=leaks))
    assert sorted(given[0]) == [".env", "index_token"]
    assert all("canary-" in str(value) for value in given[0].values())
    assert finding.seen.startswith("1 secret(s) asked for by the build and 1 planted file: ")


def test_private_files_are_planted_in_every_directory(image: FakeImage) -> None:
    """They lie most often where a directory is copied whole."""
    finding = judge("no-context-leak", image)

    assert finding.seen == "7 planted files: none reached a layer"


@pytest.mark.parametrize(
    ("reference", "pinned"),
    [
        ("python:3.13-slim", True),
        ("python@sha256:0123", True),
        ("registry.example:5000/python:3.13", True),
        ("registry.example:5000/python", False),
        ("python:latest", False),
        ("python:slim", False),
        ("python", False),
    ],
)
def test_an_exact_tag_names_a_version(reference: str, pinned: bool, image: FakeImage) -> None:  # noqa: FBT001 - a case
    """A registry's port is no tag, and a tag without a version moves."""
    (image.context / "Dockerfile").write_text(f"FROM {reference}\n")

    assert (judge("inputs-pinned", image).verdict is Verdict.KEPT) == pinned


@pytest.mark.parametrize("promised", CONTRACT, ids=lambda promised: promised.slug)
def test_a_promise_says_what_it_promises_and_on_whose_authority(promised: Promise) -> None:
    """Readers see one sentence and a link."""
    assert promised.title.endswith(".")
    assert promised.authority.startswith("https://")
    assert promised.slug == promised.slug.lower().replace("_", "-")
    assert promised.family == promised.function.__module__.rpartition(".")[2]


def test_a_promise_without_words_is_refused() -> None:
    """The docstring is the promise."""

    def mute(image: Image, project: Project) -> Judgement:
        raise NotImplementedError

    with pytest.raises(TypeError, match=r"mute promises nothing: it has no docstring"):
        promise(family="boot", authority="https://example.org")(mute)


def test_a_reply_is_the_expected_one_or_an_error() -> None:
    """Another status and a body that was cut short are refused, with how it began."""
    expect_200(FakeContainer(), "/")
    said = r"GET / answered 503 after 0\.1 s where 200 was expected: '\{\}'"
    with pytest.raises(ContainerError, match=said):
        expect_200(FakeContainer(statuses={"/": 503}), "/")
    with pytest.raises(ContainerError, match="GET / answered 200, cut short after"):
        expect_200(FakeContainer(whole=False), "/")


def test_detection_takes_every_retry_s_interval_and_timeout() -> None:
    """The worst time until a frozen server is noticed, in seconds."""
    check = Healthcheck(test=("CMD",), interval_s=10, timeout_s=3, start_period_s=0, retries=3)

    assert detection_s(check) == pytest.approx(39)
    assert str(Reply(status=200, body=b"", headers={}, whole=True, took_s=1.25)) == "200 after 1.2 s"


def test_what_holds_only_at_the_second_try_says_so(tmp_path: Path) -> None:
    """A retry that turned red into green is told to readers; what fails twice stays broken."""
    answers: Iterator[Reply | ContainerError] = iter([ContainerError("reset by peer"), reply()])
    flaky = FakeImage(context=tmp_path, boots=lambda posture: replace(good(posture), slow=next(answers)))
    broken = boots(slow=CUT)(FakeImage(context=tmp_path))

    finding = PROMISES["drains"].judge_twice(flaky, PROJECT)

    assert finding.verdict is Verdict.KEPT
    assert "; flaky, at the first try: the request in flight got no answer" in finding.seen
    assert PROMISES["drains"].judge_twice(broken, PROJECT).verdict is Verdict.BROKEN
