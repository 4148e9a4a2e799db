"""The one place that decides: what speaks against showing a snippet or a pitfall, by its record."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snippets.contract import Finding, Verdict
from snippets.evidence.objection import objection, pitfall_objection, requirements
from snippets.evidence.records import Capture, Evidence
from tests.unit.sample import DOCKERFILE, NOW, REHEARSAL, WEB, Library, capture_of, evidence_of, judged, sample_library

JOB = """\
title = "A job"
summary = "It runs."
kind = "workflow"
"""
WALKS = """\
title = "It walks"
edit = { path = "run.sh", find = "run", replace = "walk" }
stage = "rehearsal"
promise = "it-sells"
message = "walks"
why = "Walking is slower."
fix = "Run."
"""

SAID = "web: drains"


def refusal(library: Library, change: Callable[[Evidence], Evidence], *, days: int | None = None) -> str | None:
    """What is said against `web` by a record that vouches for it, changed in one respect."""
    web = library.snippet()
    max_age = None if days is None else timedelta(days=days)
    return objection(web, change(evidence_of(web)), now=NOW, max_age=max_age)


def test_a_record_of_these_bytes_vouches_for_them(library: Library) -> None:
    """There is nothing to say against a snippet whose every promise was kept."""
    assert refusal(library, lambda evidence: evidence) is None


def test_no_record_is_no_proof(library: Library) -> None:
    """Without a record a snippet was never verified."""
    assert objection(library.snippet(), None, now=NOW) == "web was never verified"


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("web/Dockerfile", DOCKERFILE + "\n"),
        ("web/Dockerfile", DOCKERFILE.replace("\n", "\r\n")),
        ("conf/serve.conf", "workers = 4\n"),
        ("web/new.txt", ""),
    ],
    ids=["own-file", "line-ends", "shared-file", "new-file"],
)
def test_any_changed_byte_voids_the_record(library: Library, path: str, content: str) -> None:
    """Evidence speaks for the bytes it saw, and the objection names the file that moved."""
    evidence = evidence_of(library.snippet())
    moved = library.write(path, content).snippet()

    assert objection(moved, evidence, now=NOW) == f"web changed since 2026-01-02: {path.partition('/')[2]}"


def test_a_changed_mode_voids_the_record(library: Library) -> None:
    """A file that becomes executable is another file."""
    evidence = evidence_of(library.snippet())
    (library.root / "web" / "Dockerfile").chmod(0o755)

    assert objection(library.snippet(), evidence, now=NOW) == "web changed since 2026-01-02: Dockerfile"


def test_every_moved_file_is_named(library: Library) -> None:
    """Removed, renamed and new files are listed."""
    evidence = evidence_of(library.snippet())
    moved = library.write("conf/serve.conf", "w\n").write("web/a.txt", "a\n").snippet()

    assert objection(moved, evidence, now=NOW) == "web changed since 2026-01-02: a.txt, serve.conf"


def test_a_loosened_contract_voids_the_record(library: Library) -> None:
    """The metadata says how a snippet is judged, so it is part of what was judged."""
    evidence = evidence_of(library.snippet())
    table = WEB.replace("port = 8000", "port = 8000\nstop_grace_s = 300")
    loosened = library.write("web/snippet.toml", table).snippet()

    assert objection(loosened, evidence, now=NOW) == "web changed since 2026-01-02: snippet.toml"


def test_a_record_of_another_snippet_vouches_for_nothing(library: Library) -> None:
    """A copied record is recognised, even of a snippet with the same bytes."""
    said = refusal(library, lambda evidence: replace(evidence, snippet="wep"))

    assert said == "web was never verified: the record is of wep"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (judged("drains", verdict=Verdict.BROKEN, seen="cut short\nlog"), f"{SAID} is broken: cut short"),
        (judged("drains", verdict=Verdict.ERROR, seen="no engine"), f"{SAID} is error: no engine"),
        (judged("drains", verdict=Verdict.BROKEN, seen=""), f"{SAID} is broken: nothing was seen"),
        (judged("drains", verdict=Verdict.NOT_APPLICABLE, seen="why not"), f"{SAID} is not-applicable: why not"),
        (judged("drains", rules="sha256:01d"), f"{SAID} was judged by other code than today's"),
        (judged("drains", seen=" \n"), f"{SAID} was kept, but nothing was seen"),
        (judged("drains", promise="drain"), f"{SAID} was not judged"),
        (judged("command-build", rules="sha256:01d"), "web: command-build was judged by other code than today's"),
        (judged("drains", promise="reachable"), "web: the record judges a promise twice"),
    ],
    ids=["broken", "error", "mute", "not-applicable", "other-rules", "unseen", "missing", "other-rehearsal", "twice"],
)
def test_every_promise_was_kept_by_the_code_of_today(
    library: Library, change: Callable[[Evidence], Evidence], said: str
) -> None:
    """One promise that is broken, in error, not judged or judged by other code is enough."""
    assert refusal(library, change) == said


def test_an_exemption_needs_its_reason_in_the_snippet(library: Library) -> None:
    """What the snippet exempts may be not applicable, and may as well be kept."""
    assert refusal(library, judged("cpu-aware", verdict=Verdict.KEPT, seen="1 worker")) is None


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_promise_that_nobody_asks_for_was_not_judged(library: Library, verdict: Verdict) -> None:
    """A broken one speaks against the record, and a kept one would be shown as a promise that there is not."""
    gone = Finding(promise="gone", rules="sha256:01d", verdict=verdict, seen="it leaks", took_s=1.0)

    said = refusal(library, lambda e: replace(e, findings=[*e.findings, gone]))
    assert said == f"web: gone is {verdict}, and nobody asks for it: it leaks"


def told(**facts: object) -> Callable[[Evidence], Evidence]:
    """Change what a record tells of its image."""
    return lambda evidence: replace(evidence, image=replace(evidence.image, **facts))  # type: ignore[type-var]


def based(**facts: object) -> Callable[[Evidence], Evidence]:
    """Change what a record tells of its base."""
    return lambda evidence: replace(
        evidence,
        bases=[replace(base, **facts) for base in evidence.bases],  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (based(stand_in=False), "calls python:3.13 none and says otherwise"),
        (based(differs=" "), "calls python:3.13 a stand-in and says otherwise"),
        (based(packaged=True), "calls python:3.13, which is an image of others, one that no registry has"),
        (
            based(packaged=True, stand_in=False, differs=""),
            "calls python:3.13, which is an image of others, one that no",
        ),
        (based(digest=""), "gives python:3.13 a digest that is none: ''"),
        (based(digest="sha256:" + "BA5E" * 16), "gives python:3.13 a digest that is none: "),
        (lambda evidence: replace(evidence, bases=[*evidence.bases] * 2), "says twice what python:3.13 was"),
        (told(id="latest"), "gives the image an id that is none: 'latest'"),
        (told(bytes=0), "tells of 0 bytes, built in 1 s, up in 1 s"),
        (told(build_s=-0.1), "tells of 1000 bytes, built in -0.1 s, up in 1 s"),
        (told(ready_s=-2.0), "tells of 1000 bytes, built in 1 s, up in -2 s"),
        (lambda evidence: replace(evidence, engine=""), "names no engine"),
        (told(bytes=(1 << 40) + 1), "tells of 1099511627777 bytes, built in 1 s, up in 1 s"),
        (told(build_s=86_401.0), "tells of 1000 bytes, built in 86401 s, up in 1 s"),
        (told(ready_s=float("inf")), "tells of 1000 bytes, built in 1 s, up in inf s"),
        (told(build_s=float("nan")), "tells of 1000 bytes, built in nan s, up in 1 s"),
        (judged("drains", took_s=-1.0), "tells that drains took -1 s"),
        (judged("drains", took_s=float("nan")), "tells that drains took nan s"),
        (judged("drains", took_s=90_000.0), "tells that drains took 90000 s"),
    ],
)
def test_a_record_that_cannot_be_true_is_refused(
    library: Library, change: Callable[[Evidence], Evidence], said: str
) -> None:
    """Whoever wrote it down, no build, boot or base was like this."""
    why = refusal(library, change)
    assert why is not None
    assert why.startswith(f"web: the record {said}")


@pytest.mark.parametrize(
    "change",
    [
        told(bytes=1),
        told(bytes=1 << 40),
        told(build_s=0.0),
        told(ready_s=86_400.0),
        judged("drains", took_s=0.0),
        judged("drains", took_s=86_400.0),
        lambda evidence: replace(evidence, verified_at=datetime(2013, 3, 20, tzinfo=UTC)),
    ],
    ids=["small", "large", "quick", "slow", "instant", "day-long", "first"],
)
def test_what_may_just_be_true_is_believed(library: Library, change: Callable[[Evidence], Evidence]) -> None:
    """Up to the very bounds."""
    assert refusal(library, change) is None


def test_the_day_before_the_first_release_is_refused(library: Library) -> None:
    """To the second."""
    early = datetime(2013, 3, 19, 23, 59, 59, tzinfo=UTC)

    assert refusal(library, lambda evidence: replace(evidence, verified_at=early)) == (
        "web was verified before there was an engine: 2013-03-19T23:59:59+00:00"
    )


def test_a_record_from_before_there_was_an_engine_is_refused(library: Library) -> None:
    """Docker was first released in March 2013."""
    assert refusal(library, dated(-timedelta(days=4700))) == (
        "web was verified before there was an engine: 2013-02-19T12:00:00+00:00"
    )


def test_a_record_in_which_nothing_was_kept_proves_nothing(library: Library) -> None:
    """Exemptions alone are no proof, should any ever get past the door."""
    conf = library.snippet("conf")
    lax = replace(conf, table=msgspec.structs.replace(conf.table, not_applicable={"drains": "Not here."}))

    assert objection(lax, evidence_of(lax), now=NOW) == "conf: no promise was kept"


def test_what_nothing_judges_is_not_verified(library: Library) -> None:
    """Should a configuration without a promise ever get past the door."""
    conf = library.snippet("conf")
    assert conf.table.proven_in is not None
    nothing = msgspec.structs.replace(conf.table.proven_in, promises=[])
    lax = replace(conf, table=msgspec.structs.replace(conf.table, proven_in=nothing))

    assert objection(lax, evidence_of(lax), now=NOW) == "conf has nothing to be judged by"


def test_a_base_left_out_of_the_record_could_have_been_anything(library: Library) -> None:
    """Every FROM is accounted for: otherwise a stand-in could pass for the real base."""
    said = refusal(library, lambda evidence: replace(evidence, bases=[]))

    assert said == "web: the record does not say what python:3.13 was"


def test_a_record_of_an_image_names_it(library: Library) -> None:
    """What was booted has an id."""
    assert refusal(library, lambda evidence: replace(evidence, image=None)) == "web: the record names no image"


def test_a_record_from_the_future_is_refused(library: Library) -> None:
    """A clock that ran ahead would keep a record fresh for ever; a few minutes of skew are let pass."""
    assert refusal(library, dated(timedelta(minutes=5))) is None
    assert refusal(library, dated(timedelta(minutes=6))) == "web was verified in the future: 2026-01-02T12:06:00+00:00"


def test_a_record_may_be_as_old_as_is_allowed_and_no_older(library: Library) -> None:
    """Age counts only where an age is given, as when publishing."""
    assert refusal(library, dated(-timedelta(days=3650))) is None
    assert refusal(library, dated(-timedelta(days=7)), days=7) is None
    said = refusal(library, dated(-timedelta(days=7, seconds=1)), days=7)
    assert said == "web was last verified on 2025-12-26, more than 7 days ago"


def dated(shift: timedelta) -> Callable[[Evidence], Evidence]:
    """Move a record in time."""
    return lambda evidence: replace(evidence, verified_at=NOW + shift)


def with_job(library: Library, judges: str = REHEARSAL) -> Library:
    """A library with a job as well, of which a pitfall walks."""
    library.write("job/snippet.toml", JOB).write("job/run.sh", "run\n").write("job/rehearsal.py", judges)
    return library.write("job/pitfalls/walks.toml", WALKS)


def test_a_rehearsal_is_required_beside_the_commands(library: Library) -> None:
    """Each with the digest of its own code; what only one of them calls is no part of the other's."""
    job = with_job(library).snippet("job")

    assert list(requirements(job)) == ["it-sells", "it-closes"]
    assert len(set(requirements(job).values())) == 2
    assert objection(job, replace(evidence_of(job), image=None), now=NOW) is None


def test_a_rehearsal_that_hides_what_it_uses_proves_nothing(library: Library) -> None:
    """A snippet whose judgement cannot be told from its code cannot be verified, and the function is named."""
    hiding = REHEARSAL.replace('stack.stop("web")', 'getattr(stack, "stop")("web")')
    job = with_job(library, hiding).snippet("job")
    evidence = replace(evidence_of(library.snippet()), snippet="job", digest=job.digest, files=job.files)

    said = objection(job, evidence, now=NOW)

    assert said == (
        "job cannot be verified: job/rehearsal.py: library.job.rehearsal.it_closes uses getattr: "
        "what it asks for cannot be told"
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(data=st.data())
def test_no_single_change_of_a_record_goes_unnoticed(library: Library, data: st.DataObject) -> None:
    """Whatever finding is dropped, doubled or judged otherwise: the record no longer vouches."""
    web = library.snippet()
    evidence = evidence_of(web)
    index = data.draw(st.integers(0, len(evidence.findings) - 1))
    chosen = evidence.findings[index]
    others = [finding for finding in evidence.findings if finding is not chosen]
    changed = data.draw(
        st.sampled_from(
            [
                others,
                [*evidence.findings, chosen],
                [*others, replace(chosen, verdict=Verdict.ERROR)],
                [*others, replace(chosen, verdict=Verdict.BROKEN)],
                [*others, replace(chosen, rules=chosen.rules[:-1])],
                [*others, replace(chosen, promise=chosen.promise.upper())],
            ]
        )
    )

    assert objection(web, evidence, now=NOW) is None
    assert objection(web, replace(evidence, findings=changed), now=NOW) is not None


def test_a_pitfall_is_shown_as_it_was_caught(library: Library) -> None:
    """Its record is of this fault, in this snippet, at the stated stage and in the stated words."""
    catalog = library.load()
    pitfall, capture = catalog.pitfalls["web/user-by-name"], capture_of(catalog, "web/user-by-name")

    def said(changed: Capture | None) -> str | None:
        return pitfall_objection(pitfall, catalog, changed, now=NOW, max_age=timedelta(days=7))

    name = "pitfall web/user-by-name"
    assert said(capture) is None
    assert said(None) == f"{name} was never caught"
    assert said(replace(capture, pitfall="web/b")) == f"{name} was never caught: the record is of web/b"
    assert said(replace(capture, digest="sha256:01d")) == f"{name} changed since 2026-01-02"
    assert said(replace(capture, error=" ")) == f"{name} was caught without a word"
    otherwise = f"{name} was caught otherwise than stated"
    assert said(replace(capture, error="no space left\nat all")) == f"{otherwise}: contract: no space left"
    assert said(replace(capture, stage="boot")) == f"{otherwise}: boot: USER is 'app': a name"
    aged = replace(capture, verified_at=NOW - timedelta(days=8))
    assert said(aged) == f"{name} was last verified on 2025-12-25, more than 7 days ago"
    assert said(replace(capture, verified_at=NOW - timedelta(days=7))) is None
    ahead = replace(capture, verified_at=NOW + timedelta(minutes=6))
    assert said(ahead) == f"{name} was verified in the future: 2026-01-02T12:06:00+00:00"
    ancient = replace(capture, verified_at=datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))))
    assert said(ancient) == f"{name} was verified before there was an engine: 0001-01-01T00:00:00+14:00"
    assert said(replace(capture, engine="\t")) == f"{name}: the record names no engine"


def test_a_pitfall_is_caught_by_the_rehearsal_that_it_names(
    library: Library, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Its digest moves with that rehearsal's code and with no other's; where that cannot be told nobody catches it."""
    catalog = with_job(library).load()
    capture = replace(capture_of(catalog, "job/walks"), error="it walks")

    def said(judges: str) -> str | None:
        # In a directory of its own: what a file was judged by is read once.
        other = with_job(sample_library(tmp_path_factory.mktemp("other")), judges).load()
        return pitfall_objection(other.pitfalls["job/walks"], other, capture, now=NOW)

    assert said(REHEARSAL) is None
    assert said(REHEARSAL.replace('stop("web")', 'stop("database")')) is None
    assert said(REHEARSAL.replace("== 200", "< 400")) == "pitfall job/walks changed since 2026-01-02"
    assert said(REHEARSAL.replace("stack.get", 'getattr(stack, "get")')) == (
        "pitfall job/walks cannot be caught: job/rehearsal.py: library.job.rehearsal.it_sells uses getattr: "
        "what it asks for cannot be told"
    )


def test_an_image_is_judged_by_the_whole_contract_and_its_commands(library: Library) -> None:
    """What is required of an image is every promise and every command that its page shows."""
    web = library.snippet()

    assert list(requirements(web)) == [*(promise.slug for promise in web.promises), "command-build"]
    assert list(requirements(library.snippet("conf"))) == ["drains"]
