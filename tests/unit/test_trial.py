"""The trial: what promises share of an image, what they never share, and that nothing is left at its end."""

from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from snippets.contract import CONTRACT, PROMISES, Project, Trial, Verdict
from snippets.contract.container.boot import ANY_UID, MOVED_PORT, READ_ONLY, UNPRIVILEGED
from snippets.contract.container.lifecycle import HEALTH_ASKED, OWN_SERVICES
from snippets.contract.observation import PLAIN, Posture
from snippets.contract.promise import NOT_UP
from snippets.contract.subject import Image
from snippets.errors import ContainerError, EngineError, LateError, NotReadyError
from tests.unit.fake_container import FakeContainer, good
from tests.unit.fake_image import FakeImage, image_in
from tests.unit.fake_site import PROJECT, PROXY


@pytest.fixture
def image(tmp_path: Path) -> FakeImage:
    """An image that keeps every promise."""
    return image_in(tmp_path)


def open_ones(image: FakeImage) -> int:
    """How many of its containers nobody closed."""
    return sum(not container.closed for container in image.booted)


def refusing(image: FakeImage) -> FakeImage:
    """The same image, whose read-only containers do not come up."""

    def boots(posture: Posture) -> FakeContainer:
        if posture.read_only:
            raise NotReadyError("no usable temporary directory")
        return good(posture)

    return replace(image, boots=boots)


def test_equal_postures_share_a_boot(image: FakeImage) -> None:
    """Whoever asks for the same gets the same container; it runs on when they are done with it."""
    with Trial(image) as trial:
        with trial.boot() as first:
            pass
        with trial.boot(Posture(cpus=1.0)) as second:
            pass
        with trial.boot(READ_ONLY) as third:
            pass

        assert first is second
        assert third is not first
        assert (trial.boots, image.postures) == (2, [PLAIN, READ_ONLY])
        assert open_ones(image) == 2


def test_a_spoiled_container_is_no_one_else_s(image: FakeImage) -> None:
    """It is joined, ended, and the next one boots anew."""
    with Trial(image) as trial:
        with trial.boot() as first:
            pass
        with trial.boot(spoils=True) as spoiled:
            assert spoiled.running()
        with trial.boot() as last:
            pass

        assert spoiled is first
        assert not spoiled.running()
        assert last is not first
        assert (trial.boots, open_ones(image)) == (2, 1)


def test_a_container_that_ended_is_booted_anew(image: FakeImage) -> None:
    """Nobody is handed one that does not run, and what is left of it is removed."""
    with Trial(image) as trial:
        with trial.boot() as first:
            first.signal("SIGKILL")
        with trial.boot() as second:
            assert second.running()

        assert second is not first
        assert (trial.boots, open_ones(image)) == (2, 1)


def test_a_container_that_was_started_again_stays_shared(image: FakeImage) -> None:
    """It runs as it did, on whatever port."""
    with Trial(image) as trial:
        with trial.boot() as first:
            first.signal("SIGKILL")
            first.start()
        with trial.boot() as second:
            pass

        assert second is first
        assert trial.boots == 1


def test_a_failed_boot_is_told_to_the_next_and_not_tried_again(image: FakeImage) -> None:
    """Both hear the same words; other postures are booted all the same; a renewed trial tries once more."""
    with Trial(refusing(image)) as trial:
        for _ in range(3):
            with pytest.raises(NotReadyError, match="no usable temporary directory"), trial.boot(READ_ONLY):
                raise AssertionError
        assert trial.boots == 1
        with trial.boot() as container:
            assert container.running()
        trial.renewed()
        with pytest.raises(NotReadyError, match="no usable temporary directory"), trial.boot(READ_ONLY):
            raise AssertionError
        assert trial.boots == 3
        trial.renewed()
        with pytest.raises(NotReadyError, match="no usable temporary directory"), trial.boot(READ_ONLY):
            raise AssertionError
        assert trial.boots == 3


@pytest.mark.parametrize(("error", "boots"), [(NotReadyError("the container exited"), 2), (LateError("no answer"), 1)])
def test_an_image_that_never_comes_up_is_booted_twice_or_waited_for_once(
    error: NotReadyError, boots: int, image: FakeImage
) -> None:
    """A wait is most of a minute; in whatever posture it is asked for afterwards, the same is heard at once."""

    def refuses(_: Posture) -> FakeContainer:
        raise error

    down = replace(image, boots=refuses, starts=lambda _: refuses(PLAIN))
    with Trial(down) as trial:
        findings = [promise.judge_twice(trial, PROJECT) for promise in CONTRACT if promise.family != "image"]

    assert {(finding.verdict, finding.seen) for finding in findings} == {(Verdict.BROKEN, f"{NOT_UP}{error}")}
    assert trial.boots == boots


def test_a_posture_that_is_in_use_is_not_shared(image: FakeImage) -> None:
    """Whoever is given a container within another's block gets one of its own, which ends with it."""
    with Trial(image) as trial:
        with trial.boot() as outer:
            with trial.boot(spoils=True) as inner:
                assert inner is not outer
            assert not inner.running()
            with pytest.raises(ContainerError, match="inside"), trial.boot():
                raise ContainerError("inside")
            assert outer.running()
        with trial.boot() as again:
            assert again is outer


def test_what_stands_beside_is_started_once_and_ends_with_the_trial(image: FakeImage) -> None:
    """All boots share it; a second look finds it as new."""
    with Trial(image) as trial:
        for posture in (PLAIN, READ_ONLY):
            with trial.boot(posture):
                pass
        with trial.start(PLAIN, {}):
            pass
        assert image.accompanied_for == [0]
        trial.renewed()
        assert image.accompanied_for == [3]
        with trial.boot():
            pass

    assert image.accompanied_for == [3, 4]


def test_an_engine_that_fails_is_asked_again(image: FakeImage) -> None:
    """Its failure says nothing of the container, so it is not remembered as the container's."""
    failures = [EngineError("the engine went away")]

    def boots(posture: Posture) -> FakeContainer:
        if failures:
            raise failures.pop()
        return good(posture)

    with Trial(replace(image, boots=boots)) as trial:
        with pytest.raises(EngineError, match="the engine went away"), trial.boot():
            raise AssertionError
        with trial.boot() as container:
            assert container.running()


def test_a_broken_verdict_renews_the_trial(image: FakeImage) -> None:
    """What a promise found broken is ended with all else that runs; what was kept is shared on."""
    with Trial(replace(image, boots=lambda posture: replace(good(posture), stderr="a warning\n"))) as trial:
        assert PROMISES["reachable"].judge(trial, PROJECT).verdict is Verdict.KEPT
        assert PROMISES["server-is-pid-1"].judge(trial, PROJECT).verdict is Verdict.KEPT
        assert trial.boots == 1
        assert PROMISES["read-only-root"].judge(trial, PROJECT).verdict is Verdict.KEPT
        assert open_ones(image) == 2
        assert PROMISES["logs-structured"].judge(trial, PROJECT).verdict is Verdict.BROKEN
        assert open_ones(image) == 0
        assert PROMISES["reachable"].judge(trial, PROJECT).verdict is Verdict.KEPT
        assert trial.boots == 3


def test_a_second_look_is_at_another_container(image: FakeImage) -> None:
    """What broke the first is not what the second is judged by."""
    stderrs = ["", "a warning\n"]
    flaky = replace(image, boots=lambda posture: replace(good(posture), stderr=stderrs.pop()))

    with Trial(flaky) as trial:
        finding = PROMISES["logs-structured"].judge_twice(trial, PROJECT)

    assert finding.verdict is Verdict.KEPT
    assert finding.seen.endswith("; flaky, at the first try: on stderr: 'a warning'")


def test_an_exception_ends_the_container_in_which_it_was_raised(image: FakeImage) -> None:
    """That one alone: nobody knows what is left in it."""
    with Trial(image) as trial:
        with trial.boot(READ_ONLY):
            pass
        with pytest.raises(ContainerError, match="never settled"), trial.boot():
            raise ContainerError("its answers never settled")

        plain = image.booted[-1]
        assert plain.closed
        assert open_ones(image) == 1
        with trial.boot() as container:
            assert container is not plain


def test_a_start_with_other_settings_is_never_shared(image: FakeImage) -> None:
    """It is not expected to come up, and is closed when it was looked at."""
    with Trial(image) as trial:
        for _ in range(2):
            with trial.start(PLAIN, {}) as container:
                assert container.wait(15.0) == (1, 0.4)

        assert trial.boots == 2
        assert open_ones(image) == 0


def test_once_asks_once(image: FakeImage) -> None:
    """The answer is remembered by the question, even across a renewal: it is of the image, not of a boot."""
    asked: list[str] = []

    def name(_: Image) -> str:
        asked.append("name")
        return "flask"

    def nothing(_: Image) -> None:
        asked.append("nothing")

    with Trial(image) as trial:
        answers = [trial.once(name), trial.once(nothing), trial.renewed().once(name), trial.once(nothing)]

    assert answers == ["flask", None, "flask", None]
    assert asked == ["name", "nothing"]


def test_a_question_that_failed_is_asked_again(image: FakeImage) -> None:
    """An error is no answer."""
    asked: list[int] = []

    def scan(_: Image) -> int:
        asked.append(1)
        if len(asked) == 1:
            raise EngineError("the export ended early")
        return len(asked)

    with Trial(image) as trial:
        with pytest.raises(EngineError, match="the export ended early"):
            trial.once(scan)
        assert trial.once(scan) == 2


def test_all_containers_are_closed_at_the_end(image: FakeImage) -> None:
    """Whatever ends the trial, an exception included."""
    with pytest.raises(KeyboardInterrupt), Trial(image) as trial, trial.boot(), trial.boot(READ_ONLY):  # noqa: PT012 - as it happens
        assert open_ones(image) == 2
        raise KeyboardInterrupt

    assert len(image.booted) == 2
    assert open_ones(image) == 0


TWO = {"API_KEY": "a-value", "SECRET_KEY": "another"}


@pytest.mark.parametrize(
    ("project", "boots"),
    [(PROJECT, 10), (structs.replace(PROJECT, settings=TWO), 11)],
    ids=["one-setting", "two-settings"],
)
def test_the_whole_contract_takes_ten_boots_and_one_more_for_each_further_setting(
    project: Project, boots: int, image: FakeImage
) -> None:
    """A boot takes seconds: promises are in such an order, and ask for such postures, that it is shared."""
    image = replace(image, required=tuple(project.settings))

    with Trial(image) as trial:
        findings = [promised.judge(trial, project) for promised in CONTRACT]

        assert trial.boots == boots
    assert [finding.seen for finding in findings if finding.verdict is not Verdict.KEPT] == []
    assert image.postures == [
        PLAIN,
        Posture(user=ANY_UID),
        READ_ONLY,
        UNPRIVILEGED,
        Posture(env=(("PORT", str(MOVED_PORT)),), port=MOVED_PORT),
        Posture(env=tuple(PROXY.env.items())),
        OWN_SERVICES,
        HEALTH_ASKED,
        PLAIN,
    ]
    assert len(image.booted) == boots
    assert open_ones(image) == 0


def test_the_layers_are_read_once_for_the_whole_contract(image: FakeImage) -> None:
    """Five promises judge by one pass over them, and by as many builds as there are things to try."""
    with Trial(image) as trial:
        for promised in CONTRACT:
            promised.judge(trial, PROJECT)

    planted = [given for given in image.rebuilds if ".env" in given]
    assert len(planted) == 1
    # A stage, the plants, other code, and a revision.
    assert len(image.rebuilds) == 4
