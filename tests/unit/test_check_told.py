"""What `handbook check` tells: the findings, how it ends, and the formats that a CI's own tools read."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from click.testing import CliRunner, Result

from snippets.check.guess import Guess
from snippets.check.judging import FailOn, Report, Status, judged, unbuilt
from snippets.check.shown import Telling, shown
from snippets.cli import main
from snippets.cli.check import FORMATS
from snippets.contract import CONTRACT, PROMISES, Finding, Verdict
from snippets.contract.observation import Memory, Posture, Reply
from snippets.errors import BuildError, EngineError, NotReadyError, OutOfMemoryError
from snippets.handbook import Handbook
from tests.unit.fake_container import FakeContainer, good
from tests.unit.fake_image import FakeImage, image_in
from tests.unit.fake_site import PROJECT

SCHEMA = Path(__file__).with_name("sarif-2.1.0.json")
HERE = Handbook.here()
NASTY = 'root runs "sh" <&> %0A\x1b[31m\nsecond, line: ::error::no\ud7ff'


def finding(promise: str, verdict: Verdict, seen: str = "something") -> Finding:
    """A promise that was judged so."""
    return Finding(promise=promise, rules="sha256:0", verdict=verdict, seen=seen, took_s=1.5)


KEPT = finding("reachable", Verdict.KEPT)
BROKEN = finding("numeric-non-root", Verdict.BROKEN, NASTY)
UNJUDGED = finding("drains", Verdict.ERROR, "state `slow`: a path")
LEFT_OUT = finding("config-meant", Verdict.NOT_APPLICABLE, "A reason.")


def report(*findings: Finding) -> Report:
    """A whole of these."""
    return Report(
        subject="my app/Dockerfile",
        engine="Docker 1",
        stand_ins=("python:3",),
        guessed=(Guess(key="port", value=8000, where="EXPOSE"),),
        findings=findings,
    )


ALL = report(KEPT, BROKEN, UNJUDGED, LEFT_OUT)
STATUSES: list[tuple[FailOn, tuple[Finding, ...], Status]] = [
    (FailOn.UNJUDGED, (KEPT, LEFT_OUT), Status.KEPT),
    (FailOn.UNJUDGED, (KEPT, UNJUDGED), Status.UNJUDGED),
    (FailOn.UNJUDGED, (BROKEN, UNJUDGED), Status.BROKEN),
    (FailOn.BROKEN, (KEPT, UNJUDGED), Status.KEPT),
    (FailOn.BROKEN, (BROKEN, UNJUDGED), Status.BROKEN),
    (FailOn.NOTHING, (BROKEN, UNJUDGED), Status.KEPT),
]


@pytest.mark.parametrize(("fail_on", "findings", "status"), STATUSES)
def test_the_status_says_how_the_whole_stands(fail_on: FailOn, findings: tuple[Finding, ...], status: Status) -> None:
    """Broken before unjudged, and what was left out is no failure."""
    assert report(*findings).status(fail_on) is status


def test_the_whole_is_told_in_one_line() -> None:
    """Only what there is of."""
    assert str(report(KEPT)) == "my app/Dockerfile: 1 of 1 kept, 0 broken"
    assert str(ALL) == "my app/Dockerfile: 1 of 4 kept, 1 broken, 1 could not be judged, 1 not asked"


@pytest.fixture
def image(tmp_path: Path) -> FakeImage:
    """An image that keeps every promise."""
    return image_in(tmp_path)


def test_a_good_image_keeps_what_is_asked_and_the_rest_has_its_reason(image: FakeImage) -> None:
    """Every promise once, in the contract's order."""
    found = list(judged(image, PROJECT, CONTRACT, {"drains": "It is a batch job."}))

    assert [each.promise for each in found] == [promise.slug for promise in CONTRACT]
    assert {each.seen for each in found if each.verdict is not Verdict.KEPT} == {"It is a batch job."}


def down(_posture: Posture) -> FakeContainer:
    """A container that does not come up."""
    raise NotReadyError("the container exited with status 3")


def test_of_a_container_that_is_down_one_promise_says_so(image: FakeImage) -> None:
    """No other one is broken by it, nor kept."""
    found = {each.promise: each for each in judged(replace(image, boots=down), PROJECT, CONTRACT, {})}

    assert (found["reachable"].verdict, found["any-uid"].verdict) == (Verdict.BROKEN, Verdict.ERROR)
    assert found["any-uid"].seen == "it does not come up: see reachable"
    assert found["no-setuid"].verdict is Verdict.KEPT


@dataclass(kw_only=True)
class Greedy(FakeContainer):
    """A container whose page is its end, once its memory is full."""

    def get(self, path: str, *, headers: Mapping[str, str] | None = None, timeout_s: float = 5.0) -> Reply:
        """Die of the page."""
        if path == PROJECT.page:
            raise OutOfMemoryError("the container exited with status 137, killed for its memory; it printed nothing")
        return super().get(path, headers=headers, timeout_s=timeout_s)

    def memory(self) -> Memory:
        """Its control group is gone."""
        raise OutOfMemoryError("the container exited with status 137, killed for its memory; it printed nothing")


def greedy(image: FakeImage) -> FakeImage:
    """An image whose every container dies of its page."""

    def boots(posture: Posture) -> FakeContainer:
        container = good(posture)
        return Greedy(**{field.name: getattr(container, field.name) for field in fields(container)})

    return replace(image, boots=boots)


def test_of_a_container_that_is_killed_for_its_memory_one_promise_says_so(image: FakeImage) -> None:
    """Before it is asked, and after: what else that breaks could not be judged."""
    found = {each.promise: each for each in judged(greedy(image), PROJECT, CONTRACT, {})}

    assert [slug for slug, each in found.items() if each.verdict is Verdict.BROKEN] == ["fits-memory"]
    unjudged = {slug for slug, each in found.items() if each.verdict is Verdict.ERROR}
    assert {found[slug].seen for slug in unjudged} == {"it is killed for its memory: see fits-memory"}
    assert len(unjudged) > 5


@pytest.mark.parametrize(
    ("asked", "skip"),
    [
        (["reachable", "no-privileges"], {}),
        (["reachable", "no-privileges", "fits-memory"], {"fits-memory": "Not now."}),
    ],
)
def test_where_no_promise_of_memory_tells_of_it_each_says_so_itself(
    asked: list[str], skip: dict[str, str], image: FakeImage
) -> None:
    """Nothing is left unjudged for a reason that stands nowhere."""
    found = list(judged(greedy(image), PROJECT, [PROMISES[slug] for slug in asked], skip))

    assert [each.verdict for each in found[:2]] == [Verdict.BROKEN] * 2
    assert all(each.seen.startswith("is killed for its memory: the container exited") for each in found[:2])


def test_a_container_that_is_down_in_one_posture_is_told_of_that(image: FakeImage) -> None:
    """It comes up otherwise, so the promise is broken."""

    def only_writable(posture: Posture) -> FakeContainer:
        return down(posture) if posture.read_only else good(posture)

    asked = [PROMISES["read-only-root"], PROMISES["cpu-aware"], PROMISES["reachable"]]
    found = {each.promise: each.verdict for each in judged(replace(image, boots=only_writable), PROJECT, asked, {})}

    assert found == {
        "read-only-root": Verdict.BROKEN,
        "cpu-aware": Verdict.KEPT,
        "reachable": Verdict.KEPT,
    }


def test_an_engine_that_is_gone_keeps_nothing(image: FakeImage) -> None:
    """Every promise that needs it could not be judged."""

    def gone(posture: Posture) -> FakeContainer:
        del posture
        raise EngineError("no container engine answers")

    found = list(judged(replace(image, boots=gone), PROJECT, [PROMISES["reachable"]], {}))

    assert [(each.verdict, each.seen) for each in found] == [(Verdict.ERROR, "no container engine answers")]


def test_without_its_source_an_image_is_not_judged_by_it(tmp_path: Path) -> None:
    """Promises of the build say so, those of the container are judged."""
    image = replace(image_in(tmp_path), source=None)
    found = {each.promise: each for each in judged(image, PROJECT, CONTRACT, {})}
    left_out = {slug for slug, each in found.items() if each.verdict is Verdict.NOT_APPLICABLE}

    assert left_out == {
        "builds-clean", "inputs-pinned", "layer-stable", "lean", "no-context-leak", "no-secrets", "traceable"
    }  # fmt: skip
    assert all(found[slug].seen.endswith("check the directory") for slug in left_out)
    assert found["reachable"].verdict is Verdict.KEPT


@pytest.mark.parametrize("log", ["line\nlast line", ""])
def test_what_does_not_build_breaks_one_promise(log: str) -> None:
    """The others could not be judged; what was left out stays out. A builder may say nothing."""
    error = BuildError("the image does not build:", log)
    found = {each.promise: each for each in unbuilt(error, CONTRACT, {"drains": "A reason."})}

    assert found.pop("builds-clean").verdict is Verdict.BROKEN
    assert found.pop("drains").verdict is Verdict.NOT_APPLICABLE
    assert {each.verdict for each in found.values()} == {Verdict.ERROR}
    assert len(found) == len(CONTRACT) - 2


@pytest.mark.parametrize("style", FORMATS)
def test_every_format_that_can_be_asked_for_tells_of_all_that_is_broken(style: str) -> None:
    """Whatever is offered on the command line can be shown."""
    assert "numeric-non-root" in shown(ALL, style, HERE)


def test_sarif_is_as_its_schema_says() -> None:
    """Every verdict has a kind; the level is an error for what is broken alone."""
    told = json.loads(shown(ALL, "sarif", HERE))
    jsonschema.validate(told, json.loads(SCHEMA.read_text()))
    results = told["runs"][0]["results"]

    assert [(each["ruleId"], each["kind"], each["level"]) for each in results] == [
        ("reachable", "pass", "none"),
        ("numeric-non-root", "fail", "error"),
        ("drains", "open", "none"),
        ("config-meant", "notApplicable", "none"),
    ]
    assert results[1]["message"]["text"] == NASTY
    place = results[1]["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "my%20app/Dockerfile"}, "region": {"startLine": 1}}
    rules = told["runs"][0]["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [each.promise for each in ALL.findings]
    assert rules[1]["helpUri"] == PROMISES["numeric-non-root"].authority


def test_the_schema_refuses_what_is_not_sarif() -> None:
    """A validation that passes everything would prove nothing."""
    told = json.loads(shown(ALL, "sarif", HERE))
    told["runs"][0]["results"][0]["kind"] = "kept"

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(told, json.loads(SCHEMA.read_text()))


def test_json_holds_all_of_it() -> None:
    """Its keys are a stable interface."""
    told = json.loads(shown(ALL, "json", HERE))

    assert list(told) == ["subject", "engine", "stand_ins", "guessed", "counts", "findings"]
    assert told["counts"] == {"kept": 1, "broken": 1, "not-applicable": 1, "error": 1}
    assert told["guessed"] == [{"key": "port", "value": 8000, "where": "EXPOSE"}]
    broken = told["findings"][1]
    assert list(broken) == [
        "promise",
        "family",
        "title",
        "authority",
        "verdict",
        "seen",
        "mended_by",
        "pages",
        "took_s",
    ]
    assert broken["seen"] == NASTY
    assert "flask-pip/no-user" in broken["mended_by"]
    assert "docs/pitfalls/image.md#no-user" in broken["pages"]
    assert told["findings"][0]["mended_by"] == told["findings"][0]["pages"] == []


def test_junit_counts_what_it_holds() -> None:
    """Well-formed whatever was seen, with an outcome for all but what is kept."""
    suite = ET.fromstring(shown(ALL, "junit", HERE))  # noqa: S314 - our own

    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "4", "failures": "1", "errors": "1", "skipped": "1"}
    outcomes = {case.get("name"): case[0].tag for case in suite}
    assert outcomes == {
        "reachable": "system-out",
        "numeric-non-root": "failure",
        "drains": "error",
        "config-meant": "skipped",
    }
    assert suite.findtext("testcase/failure") == NASTY.replace("\x1b", "\ufffd")


def test_github_is_told_of_what_is_not_kept() -> None:
    """A line each, which nothing that was seen can end or begin."""
    lines = shown(ALL, "github", HERE).splitlines()

    assert len(lines) == 3
    assert lines[0].startswith("::error file=my app/Dockerfile,title=numeric-non-root is broken::root runs")
    assert "%250A" in lines[0]
    assert "%0Asecond, line: ::error::no" in lines[0]
    assert lines[1] == ("::warning file=my app/Dockerfile,title=drains could not be judged::state `slow`: a path")
    assert lines[2].startswith("::notice title=handbook check::my app/Dockerfile: 1 of 4 kept")


def test_each_broken_promise_is_told_with_what_mends_it() -> None:
    """The pitfalls that say what was seen before those that only break the same promise."""
    text = shown(
        report(finding("numeric-non-root", Verdict.BROKEN, "root runs '/venv/bin/python /venv/bin/gunicorn'")),
        "text",
        HERE,
    )

    assert "  Name a user by number, after everything that has to be root's is done.\n" in text
    assert "    as in flask-pip/no-user: The container runs as root\n    docs/pitfalls/image.md#no-user\n" in text
    assert "user-by-name" not in text


def test_findings_are_told_as_they_come(capsys: pytest.CaptureFixture[str]) -> None:
    """A line each; of what is broken all that was seen, but the same lines once."""
    with Telling(lines=True, moving=False, promises=4) as telling:
        telling.tell("building Dockerfile")
        telling.tell(finding("reachable", Verdict.KEPT, "one\ntwo"))
        telling.tell(finding("any-uid", Verdict.BROKEN, "exited:\nlast line"))
        telling.tell(finding("no-privileges", Verdict.BROKEN, "ended:\nlast line"))
        telling.tell(finding("drains", Verdict.ERROR, ""))

    assert capsys.readouterr().out == (
        "building Dockerfile\n"
        "kept      reachable           one\n"
        "broken    any-uid             exited:\n          last line\n"
        "broken    no-privileges       ended:\n          as of any-uid\n"
        "unjudged  drains              \n"
    )


def test_nothing_is_told_but_the_whole_where_another_format_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    """What a tool reads has to begin at its beginning."""
    with Telling(lines=False, moving=False, promises=1) as telling:
        telling.tell("building Dockerfile")
        telling.tell(KEPT)

    assert capsys.readouterr() == ("", "")


def check(*arguments: str) -> Result:
    """Run it as far as it goes without an engine."""
    result = CliRunner().invoke(main, ["check", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


REFUSED: list[tuple[tuple[str, ...], str]] = [
    (("--only", "drain"), "no promise 'drain' (did you mean 'drains'?)"),
    (("--skip", "drains"), "--skip PROMISE=REASON: 'drains' has no `=`, or nothing before it"),
    (("--setting", "=1"), "--setting NAME=VALUE: '=1' has no `=`"),
    (("--port", "70000"), "70000 is not in the range"),
    (("--format", "xml"), "'xml' is not one of"),
    (("--image", "app:1", "--skip", "drain=x"), "skip: no promise 'drain' (did you mean 'drains'?)"),
]


@pytest.mark.parametrize(("arguments", "said"), REFUSED)
def test_wrong_usage_ends_with_status_2(arguments: tuple[str, ...], said: str) -> None:
    """Before anything is built; the message names what is wrong."""
    result = check(*arguments)

    assert result.exit_code == 2
    assert said in result.stderr


def test_without_an_engine_nothing_is_judged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Status 3, and how to get one."""
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no.sock")
    result = check(str(tmp_path))

    assert result.exit_code == 3
    assert "no container engine answers (nothing answers at unix://" in result.stderr


def without(module: str) -> subprocess.CompletedProcess[str]:
    """Run it in a Python that lacks a module."""
    program = f"import sys; sys.modules[{module!r}] = None; from snippets.cli import main; main(['check'])"
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("missing", ["docker", "tinycss2", "ada_url"])
def test_without_what_builds_it_says_what_to_install(missing: str) -> None:
    """The command line comes without, and names the extra; also what is used only long after the build."""
    done = without(missing)

    assert done.returncode == 3
    needed = "'ada-url>=4' 'testcontainers>=4.15' 'tinycss2>=1.5' 'webencodings>=0.6'"
    assert f"`python -m pip install {needed}`" in done.stderr


def test_on_a_system_that_cannot_judge_it_says_which_can() -> None:
    """No package brings what Windows has not."""
    done = without("fcntl")

    assert done.returncode == 3
    assert "this system has no `fcntl`: `handbook check` runs on Linux and macOS" in done.stderr
    assert "pip install" not in done.stderr


@pytest.mark.parametrize(
    ("error", "status"), [(KeyboardInterrupt(), 3), (EngineError("the disk is full"), 3)], ids=["ctrl-c", "engine"]
)
def test_what_was_not_judged_to_its_end_is_no_pass(
    error: BaseException, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No traceback either."""

    def fails(*_: object) -> Callable[[], None]:
        raise error

    monkeypatch.setattr("snippets.check.check_image", fails)
    result = check("--image", "app:1")

    assert (result.exit_code, result.stdout) == (status, "")
    assert result.stderr.startswith("Error: ")
