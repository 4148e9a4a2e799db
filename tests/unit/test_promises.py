"""Promises: a container that is as it should be keeps them all; how they are judged, exempted and told."""

import mimetypes
import re
from dataclasses import replace
from pathlib import Path
from typing import NoReturn, Self

import pytest
from msgspec import structs

from snippets.contract import CONTRACT, NOT_UP, PROMISES, Project, Promise, Trial, Verdict
from snippets.contract.container.contents import PRIVATE_FILES
from snippets.contract.container.image import steps_run
from snippets.contract.container.lifecycle import detection_s
from snippets.contract.container.requests import expect_200
from snippets.contract.dockerfile import stages
from snippets.contract.observation import Healthcheck, Layer, Posture, Reply
from snippets.contract.promise import Judgement, promise
from snippets.contract.subject import Image
from snippets.errors import BuildError, ContainerError, EngineError, NotReadyError
from tests.unit.builders import BUILT, RUN_AGAIN, dockerfile, recorded
from tests.unit.fake_container import MIB, FakeContainer, good
from tests.unit.fake_image import STACK, FakeImage, image_in
from tests.unit.fake_site import CUT, DOCKERFILE, PAGE, PROJECT, SCRIPT, SITE, STYLE, reply
from tests.unit.judging import Change, boots, has, judge, says

SLUGS = [pytest.param(slug, id=slug) for slug in PROMISES]
FAMILIES = {"image", "boot", "lifecycle", "resources", "logs", "web"}


@pytest.fixture
def image(tmp_path: Path) -> FakeImage:
    """An image that keeps every promise."""
    return image_in(tmp_path)


@pytest.mark.parametrize("slug", SLUGS)
def test_a_promise_is_kept_by_what_is_as_it_should_be(slug: str, image: FakeImage) -> None:
    """Nothing is asked for that a good container does not do."""
    finding = judge(slug, image)

    assert finding.verdict is Verdict.KEPT, finding.seen


def one_process(image: FakeImage) -> FakeImage:
    """A server without workers."""
    return boots(workers=0)(image)


OTHER_SCRIPT = replace(SCRIPT, headers={**SCRIPT.headers, "content-type": "application/javascript"})
FONT_AND_ICON = boots(
    replies={
        "/": replace(SITE["/"], body=PAGE + b'<link rel="icon" href="/assets/own.ico">'),
        "/assets/app.css": replace(STYLE, body=b"a { src: url(own.woff2) } b { background: url(logo.svg) }"),
        "/assets/own.woff2": replace(SCRIPT, headers={**SCRIPT.headers, "content-type": "font/woff2"}),
        "/assets/own.ico": replace(SCRIPT, headers={**SCRIPT.headers, "content-type": "image/x-icon"}),
    }
)
UNUSUAL: list[tuple[str, str, Change, str]] = [
    ("no-secrets", "path-of-a-secret", says(env={"DB_PASSWORD_FILE": "/run/secrets/db"}), "none in a layer"),
    ("no-secrets", "key-of-the-base", says(env={"GPG_KEY": "7169605F62C751356D054A26A821E680E5FA6305"}), "none in"),
    ("no-secrets", "blank", says(env={"API_TOKEN": ""}), "1 secret(s) asked for by the build: found none in"),
    (
        "lean",
        "large-base",
        has(stack=(Layer(id="base", bytes=900 * MIB, own=False), *STACK[1:])),
        "adds 41 of 100 MiB to its base, no compiler, package cache or build tool",
    ),
    ("lean", "library-called-npm", has(files=("/srv/npm/index.js", "/usr/bin/makeself")), "adds 41 of 100 MiB"),
    ("state-explicit", "temporary-files", boots(written=("/tmp", "/tmp/a", "/var/tmp/b")), "outside /tmp: none"),  # noqa: S108 - the container's
    ("crash-safe", "one-process", one_process, "it is one process; killed whole and started, it answers after 0.6 s"),
    ("reachable", "one-process", one_process, "3 of 3 requests answered 200, 0.5 s after start, listens on 8000"),
    ("assets-complete", "older-type", boots(replies={"/assets/app.js?v=1": OTHER_SCRIPT}), "3 of 3 assets of / answer"),
    ("assets-complete", "font-and-icon", FONT_AND_ICON, "5 of 5 assets of / answer 200, of their type"),
    ("drains", "other-signal", boots(stop_by="SIGQUIT"), "SIGQUIT: request in flight 200 after 0.1 s, whole; exit 0"),
]


@pytest.mark.parametrize(
    ("slug", "change", "seen"),
    [pytest.param(slug, change, seen, id=f"{slug}-{name}") for slug, name, change, seen in UNUSUAL],
)
def test_a_promise_is_kept_by_what_is_unusual_and_right(slug: str, change: Change, seen: str, image: FakeImage) -> None:
    """What only looks like a fault is none."""
    finding = judge(slug, change(image))

    assert finding.verdict is Verdict.KEPT, finding.seen
    assert seen in finding.seen


class Silent:
    """An image of an engine that is gone: whatever is asked raises the same."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def renewed(self) -> Self:
        """There is nothing to end."""
        return self

    def __getattr__(self, name: str) -> NoReturn:
        """Answer nothing."""
        raise self.error


def silent(error: Exception) -> Image:
    """As an image, which it is by what it is asked."""
    return Silent(error)


@pytest.mark.parametrize("slug", SLUGS)
def test_an_engine_that_fails_is_an_error_and_never_a_verdict(slug: str) -> None:
    """The instrument's failure says nothing of the container: neither kept nor broken."""
    finding = judge(slug, silent(EngineError("no container engine answers")))

    assert (finding.verdict, finding.seen) == (Verdict.ERROR, "no container engine answers")


@pytest.mark.parametrize("slug", SLUGS)
def test_a_container_that_fails_breaks_the_promise(slug: str) -> None:
    """A container that is gone, or never came up, keeps none."""
    assert judge(slug, silent(ContainerError("exited with status 3"))).verdict is Verdict.BROKEN
    up = judge(slug, silent(NotReadyError("not ready after 40 s")))
    assert (up.verdict, up.seen) == (Verdict.BROKEN, f"{NOT_UP}not ready after 40 s")


def test_an_engine_that_fails_half_way_is_an_error_too(image: FakeImage) -> None:
    """What was seen before does not count."""

    def going(posture: Posture) -> FakeContainer:
        if posture.cpus == 2.0:
            raise EngineError("the engine went away")
        return good(posture)

    assert judge("cpu-aware", replace(image, boots=going)).verdict is Verdict.ERROR


def test_an_engine_that_cannot_end_what_was_broken_is_an_error(image: FakeImage) -> None:
    """It may be what broke it."""
    stuck = boots(slow=CUT)(image)

    def renewed() -> FakeImage:
        raise EngineError("`docker rm` failed: it said nothing")

    stuck.renewed = renewed  # type: ignore[method-assign] # an engine that fails at this alone
    finding = judge("drains", stuck)

    assert (finding.verdict, finding.seen) == (Verdict.ERROR, "`docker rm` failed: it said nothing")


def test_a_broken_promise_leaves_nothing_behind(image: FakeImage) -> None:
    """After a broken verdict nobody joins what was booted for it; after any other it stays shared."""
    broken = boots(slow=CUT)(image)

    judge("drains", broken)
    judge("drains", image)
    judge("drains", silent(EngineError("it is gone")))

    assert (broken.renewals, image.renewals) == (1, 0)


@pytest.mark.parametrize("slug", SLUGS)
def test_an_exemption_holds_where_it_is_allowed_and_nowhere_else(slug: str, image: FakeImage) -> None:
    """A reason is shown as it stands; where none may be given, the promise is judged all the same."""
    finding = judge(slug, image, structs.replace(PROJECT, not_applicable={slug: "It serves no requests."}))

    expected = Verdict.NOT_APPLICABLE if PROMISES[slug].exemptible else Verdict.KEPT
    assert finding.verdict is expected
    assert (finding.seen == "It serves no requests.") == PROMISES[slug].exemptible


@pytest.mark.parametrize(
    ("slug", "attribute", "values"),
    [
        ("any-uid", "user", ["1000770000:0"]),
        ("read-only-root", "read_only", [True]),
        ("no-privileges", "unprivileged", [True]),
        ("unprivileged-port", "unprivileged", [True]),
        ("honours-port", "port", [9123]),
        ("honours-port", "env", [(("PORT", "9123"),)]),
        ("health-honest", "health_interval_s", [1.0]),
        ("live-is-not-ready", "own_services", [True]),
        ("proxy-trust", "env", [(), (("PROXY_HOPS", "1"),)]),
        ("cpu-aware", "cpus", [0.5, 1.0, 2.0]),
    ],
)
def test_a_promise_is_judged_in_its_posture(slug: str, attribute: str, values: list[object], image: FakeImage) -> None:
    """A container that was booted like any other proves nothing of limits."""
    judge(slug, image)

    assert [getattr(posture, attribute) for posture in image.postures] == values


def test_a_log_that_is_read_wrongly_speaks_against_no_image(image: FakeImage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another builder may word it otherwise: nobody knows then which layers moved."""
    monkeypatch.setattr(FakeImage, "_told", lambda *_: iter(("#2 [stage-1 2/9] RUN make installed",)))

    finding = judge("layer-stable", image)

    assert finding.verdict is Verdict.ERROR
    assert finding.seen == "the builder tells of 1 steps, and there are 2 layers"


def test_a_promise_says_that_it_spoils_its_container(image: FakeImage) -> None:
    """Whatever ends, freezes or changes it is not for others to find."""
    spoilers = set()
    for slug in PROMISES:
        image.spoiled.clear()
        judge(slug, image)
        spoilers |= {slug} if image.spoiled else set()

    assert spoilers == {"drains", "health-honest", "live-is-not-ready", "reload-lossless"}


@pytest.mark.parametrize(
    ("slug", "signals"), [("crash-safe", ["SIGKILL"]), ("reload-lossless", ["SIGHUP"] * 4), ("drains", ["SIGTERM"])]
)
def test_a_promise_sends_the_signal_that_it_speaks_of(slug: str, signals: list[str], image: FakeImage) -> None:
    """Another one would be taken another way."""
    judge(slug, image)

    assert image.booted[0].signals == signals


def test_secrets_are_given_as_canaries_and_never_taken_from_the_cache(image: FakeImage) -> None:
    """Each secret that the build asks for can be found again; a step that is cached would not print it."""
    (image.context / "Dockerfile").write_text(f"{DOCKERFILE}ARG API_KEY\n")

    with Trial(image) as trial:
        finding = judge("no-secrets", trial)

    (given,) = image.rebuilds
    assert given.items() >= {name: f"canary-5f1c9e-secret-{name}" for name in ("API_KEY", "index_token")}.items()
    assert "REVISION" not in given
    assert len(image.uncached) == 1
    assert finding.seen.startswith("2 secret(s) asked for by the build: found none")


def test_a_build_that_asks_for_no_secret_is_taken_from_the_cache(image: FakeImage) -> None:
    """There is nothing for it to print."""
    (image.context / "Dockerfile").write_text("FROM python:3.13-slim\n")

    finding = judge("no-secrets", image)

    assert finding.seen.startswith("the build asks for no secret: found none")
    assert image.uncached == []


def test_an_edit_of_the_code_is_one_that_no_build_has_seen(image: FakeImage) -> None:
    """Otherwise the cache has it, on layers of another day; and it changes nothing in any language."""
    source = (image.context / "app" / "app.py").read_text()
    for _ in range(2):
        judge("layer-stable", image)

    first, second = (given["app/app.py"] for given in image.rebuilds if "app/app.py" in given)
    assert first != second
    assert [first.rstrip(), second.rstrip()] == [source.rstrip()] * 2


def test_types_are_the_same_on_every_machine(image: FakeImage, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the judging machine takes a suffix for says nothing of the server."""
    monkeypatch.setitem(mimetypes.types_map, ".css", "application/odd")

    assert judge("assets-complete", image).verdict is Verdict.KEPT


def test_private_files_are_planted_in_every_directory(image: FakeImage) -> None:
    """They lie most often where a directory is copied whole."""
    finding = judge("no-context-leak", image)

    assert {*PRIVATE_FILES, "app/.env"} < image.rebuilds[0].keys()
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


def test_every_promise_belongs_to_a_family() -> None:
    """Readers find promises by six of them, and none is empty."""
    assert {promised.family for promised in CONTRACT} == FAMILIES
    assert len(PROMISES) == len(CONTRACT) == 30


@pytest.mark.parametrize("promised", CONTRACT, ids=lambda promised: promised.slug)
def test_a_promise_says_what_it_promises_and_on_whose_authority(promised: Promise) -> None:
    """Readers see one sentence and a link."""
    assert promised.title.endswith(".")
    assert promised.authority.startswith("https://")
    assert promised.slug == promised.slug.lower().replace("_", "-")


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
        expect_200(FakeContainer(replies={"/": reply(503)}), "/")
    with pytest.raises(ContainerError, match="GET / answered 200, cut short after"):
        expect_200(FakeContainer(replies={"/": replace(SITE["/"], whole=False)}), "/")


def test_detection_takes_every_retry_s_interval_and_timeout() -> None:
    """The worst time until a frozen server is noticed, in seconds."""
    check = Healthcheck(test=("CMD",), interval_s=10, timeout_s=3, start_period_s=0, retries=3)

    assert detection_s(check) == pytest.approx(39)
    assert str(Reply(status=200, body=b"", headers={}, whole=True, took_s=1.25)) == "200 after 1.2 s"


def test_what_holds_only_at_the_second_try_says_so(image: FakeImage) -> None:
    """A retry that turned red into green is told to readers; what fails twice stays broken."""
    answers: list[Reply | ContainerError] = [reply(), ContainerError("reset by peer")]
    flaky = replace(image, boots=lambda posture: replace(good(posture), slow=answers.pop()))

    finding = PROMISES["drains"].judge_twice(flaky, PROJECT)

    assert finding.verdict is Verdict.KEPT
    assert "; flaky, at the first try: the request in flight got no answer" in finding.seen
    assert PROMISES["drains"].judge_twice(boots(slow=CUT)(image), PROJECT).verdict is Verdict.BROKEN


def test_a_build_that_fails_breaks_the_promise(image: FakeImage) -> None:
    """What the builder said is what was seen."""
    stopped = replace(image, stops=lambda _: BuildError("the image does not build:", "no space left"))

    finding = judge("traceable", stopped)

    assert (finding.verdict, finding.seen) == (Verdict.BROKEN, "the image does not build:\nno space left")


@pytest.mark.parametrize("shape", RUN_AGAIN)
def test_steps_are_told_apart_by_what_the_builder_says(shape: str) -> None:
    """In the order of the Dockerfile, however the builder lists them; a stage that is copied from makes no layer."""
    assert steps_run(recorded(shape), stages(dockerfile(shape))) == RUN_AGAIN[shape]


@pytest.mark.parametrize("shape", RUN_AGAIN)
def test_a_platform_in_front_of_a_stage_changes_nothing(shape: str) -> None:
    """Builders write it where there is more than one, or another than their own."""
    text = dockerfile(shape)
    stage = re.compile(r"^(#\d+ \[)(?!internal)", re.MULTILINE)
    log = stage.sub(r"\1linux/arm64 ", recorded(shape))

    assert log != recorded(shape)
    assert steps_run(log, stages(text)) == RUN_AGAIN[shape]


def test_every_log_of_a_builder_is_read() -> None:
    """None lies there that nothing is asked of."""
    assert {path.name for path in BUILT.iterdir()} == {f"{s}.{end}" for s in RUN_AGAIN for end in ("dockerfile", "log")}
