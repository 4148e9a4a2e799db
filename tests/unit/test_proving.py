"""What tests prove by: subjects that are shared, and judgements of a snippet's own."""

import os
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from snippets.catalog import load
from snippets.catalog.metadata import StackTable
from snippets.catalog.snippet import Snippet
from snippets.contract import DEPLOYED, PROMISES, Finding, Project, Promise, Trial, Verdict
from snippets.contract.observation import Done
from snippets.contract.promise import Described, Judgement, kept_if
from snippets.engine.run import Run
from snippets.engine.subjects.image import BuiltImage
from snippets.engine.subjects.servers import Servers
from snippets.errors import BuildError, ContainerError, EngineError, NotReadyError, SnippetsError
from snippets.proving.judging import BUILDS, judged, rehearsal, unbuilt
from snippets.proving.sharing import Subjects, Trials
from snippets.proving.stacks import dotenv, started
from tests.unit.fake_image import image_in
from tests.unit.fake_site import PROJECT
from tests.unit.sample import REHEARSAL, SERVICES, SHOP, Library

if TYPE_CHECKING:
    from snippets.engine.engine import Engine

Make = Callable[..., BuiltImage]


@pytest.fixture
def built(tmp_path: Path) -> Make:
    """An image that no engine has: by its id, and how its first build ended."""

    def built(id_: str = "sha256:1", stumbled: str = "", project: Project = PROJECT) -> BuiltImage:
        run = Run(key="k1", state=tmp_path)
        return BuiltImage(
            id=id_, source=None, project=project, run=run, contexts={}, bases=(), build_s=1.0, stumbled=stumbled
        )

    return built


@pytest.fixture
def shop(library: Library) -> Snippet:
    """A compose project with two rehearsals, in a library that is not the package's own."""
    library.write("shop/snippet.toml", SHOP).write("shop/compose.yaml", SERVICES)
    return library.write("shop/rehearsal.py", REHEARSAL).snippet("shop")


def test_a_rehearsal_is_a_promise_like_any_other(shop: Snippet) -> None:
    """Its imports reach the contract, wherever its library lies, and its digest is that of the door."""
    sells = rehearsal(shop, "it-sells")

    assert (sells.slug, sells.family, sells.authority) == ("it-sells", "rehearsal", "https://docs.example")
    assert sells.title == "What is asked for is sold."
    assert sells.rules.startswith("sha256:")
    assert sells.rules != rehearsal(shop, "it-closes").rules


def test_what_is_called_a_promise_and_is_none_is_refused(library: Library, shop: Snippet) -> None:
    """Somebody wrote a decorator of that name."""
    library.write("shop/rehearsal.py", REHEARSAL.replace("\n\n\n@", "\n\n\npromise = lambda **_: print\n\n\n@", 1))

    with pytest.raises(TypeError, match=r"^shop/rehearsal.py: it_sells is no promise$"):
        rehearsal(shop, "it-sells")


def test_a_build_that_stumbled_is_told_by_the_promise_that_it_builds(built: Make, tmp_path: Path) -> None:
    """And by no other: the network was at fault, and the whole of it was built in the end."""
    with Trial(image_in(tmp_path)) as trial:
        builds = judged(PROMISES[BUILDS], built(stumbled="connection reset"), trial)
        reachable = judged(PROMISES["reachable"], built(stumbled="connection reset"), trial)

    assert builds.verdict is Verdict.KEPT
    assert builds.seen.endswith("; flaky, at the first try: connection reset")
    assert "flaky" not in reachable.seen


@pytest.mark.parametrize(
    ("slug", "log", "seen"),
    [
        (BUILDS, "RUN pip install\nno space left", "the image does not build:\nRUN pip install\nno space left"),
        ("reachable", "RUN pip install\nno space left", "the image does not build: no space left"),
        (BUILDS, "", "the image does not build:"),
        ("reachable", "", "the image does not build:"),
    ],
)
def test_nothing_holds_of_what_does_not_build(slug: str, log: str, seen: str) -> None:
    """The first promise quotes all of it, the others its last line; a builder may say nothing."""
    finding = unbuilt(PROMISES[slug], BuildError("the image does not build:", log))

    assert (finding.verdict, finding.promise, finding.rules) == (Verdict.BROKEN, slug, PROMISES[slug].rules)
    assert finding.seen.strip() == seen


# Builds, shows an empty configuration, and never comes up.
DOCKER = """#!/bin/sh
case " $* " in
    *" config "*) echo '{"services": {}}' ;;
    *" up "*) echo "$SAID" >&2; exit 1 ;;
esac
"""


@pytest.mark.parametrize(
    ("said", "error", "told"),
    [
        ("container shop-web-1 is unhealthy", NotReadyError, "the project does not come up: container shop-web-1 is"),
        ("Cannot connect to the Docker daemon at unix:///x", EngineError, "no container engine answers"),
        ("write /var/lib: no space left on device", EngineError, "the engine's disk is full"),
        ("failed to create endpoint web: exchange full", EngineError, "`docker compose up --no-build"),
    ],
)
def test_an_engine_that_fails_as_a_project_comes_up_says_nothing_of_the_project(  # noqa: PLR0913, PLR0917 - a fixture each
    said: str, error: type[SnippetsError], told: str, shop: Snippet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what the project itself does wrong breaks its promises."""
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text(DOCKER)
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{docker.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("SAID", said)
    engine = cast("Engine", SimpleNamespace(run=Run(key="k1", state=tmp_path), contexts=lambda _: {}))

    with pytest.raises(error) as raised, started(engine, shop, tmp_path / "laid_out", "shop"):
        raise AssertionError

    assert str(raised.value).startswith(told)


@pytest.mark.parametrize(
    ("one", "other", "counts"),
    [
        (Verdict.KEPT, Verdict.KEPT, Verdict.KEPT),
        (Verdict.NOT_APPLICABLE, Verdict.KEPT, Verdict.NOT_APPLICABLE),
        (Verdict.NOT_APPLICABLE, Verdict.BROKEN, Verdict.BROKEN),
        (Verdict.NOT_APPLICABLE, Verdict.ERROR, Verdict.ERROR),
        (Verdict.ERROR, Verdict.KEPT, Verdict.ERROR),
        (Verdict.ERROR, Verdict.BROKEN, Verdict.BROKEN),
    ],
)
def test_of_two_looks_the_worse_counts(one: Verdict, other: Verdict, counts: Verdict) -> None:
    """In either order, and both are told."""
    first, second = (
        Finding(promise="drains", rules="sha256:1d", verdict=verdict, seen=verdict.value, took_s=1.0)
        for verdict in (one, other)
    )
    for joined, seen in ((first.joined(second), (one, other)), (second.joined(first), (other, one))):
        assert joined.verdict is counts
        assert joined.seen == "; ".join(dict.fromkeys(seen))


def test_tests_of_one_image_share_its_trial(built: Make) -> None:
    """While they come one after the other; another image ends it, and so does the end of the run."""
    trials = Trials()
    first = trials.of(built("sha256:1"))

    assert trials.of(built("sha256:1")) is first
    assert trials.of(built("sha256:2")) is not first
    assert trials.of(built("sha256:1")) is not first
    trials.close()
    trials.close()


def test_each_port_of_a_stack_is_free_and_another() -> None:
    """One variable says where it is published, or several say more; a port is put in wherever one is asked for."""
    plain = StackTable(service="web", port=80, published="PORT")
    both = StackTable(
        service="web", port=80, published="HTTP", env={"HTTP": "127.0.0.1:{port}", "TLS": "{port}", "A": "b"}
    )

    assert dotenv(plain).removeprefix("PORT=").strip().isdecimal()
    lines = dict(line.split("=") for line in dotenv(both).splitlines())
    assert list(lines) == ["HTTP", "TLS", "A"]
    assert lines["HTTP"].startswith("127.0.0.1:")
    assert lines["HTTP"].removeprefix("127.0.0.1:") != lines["TLS"]
    assert lines["A"] == "b"


class Booting(Servers):
    """Servers that serve at the third time somebody asks, and whose visitors before that are told so."""

    def __init__(self) -> None:
        """No host is rented."""
        self.asked = self.given_back = 0

    @property
    def pace(self) -> float:
        """As fast as those that somebody rents."""
        return 1.0

    def run(self, command: str, *, on: str = "", check: bool = True) -> Done:
        """Whether it serves, whatever was asked."""
        del command, on, check
        self.asked += 1
        return Done(status=0 if self.asked % 3 == 0 else 22, stdout="", stderr="", took_s=0.0)

    def await_(self, what: Callable[[], bool], timeout_s: float) -> float | None:
        """Without a pause."""
        return next((float(number) for number in range(int(timeout_s)) if what()), None)

    def renewed(self) -> "Booting":
        """As kept: they boot once more."""
        self.asked, self.given_back = 0, self.given_back + 1
        return self


@pytest.mark.parametrize(
    ("keeps", "verdict", "seen"),
    [
        ([True], Verdict.KEPT, "look 1, asked 3"),
        ([False, True], Verdict.KEPT, "look 2, asked 3; flaky, at the first try: look 1, asked 3"),
        ([False, False], Verdict.BROKEN, "look 2, asked 3; at the first try: look 1, asked 3"),
    ],
    ids=["kept", "flaky", "broken"],
)
def test_servers_that_just_booted_are_judged_once_they_serve(
    keeps: list[bool], verdict: Verdict, seen: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the first look, and at the second, which finds them given back: both are told."""
    servers, looks = Booting(), iter(enumerate(keeps, 1))

    def look(subject: Booting, described: Described) -> Judgement:
        del described
        number, keeps_it = next(looks)
        return kept_if(keeps_it, f"look {number}, asked {subject.asked}")

    promise = replace(DEPLOYED["release-lossless"], function=look)
    monkeypatch.setattr("snippets.proving.sharing.opened", lambda *_: nullcontext(servers))
    monkeypatch.setattr(Promise, "rules", "sha256:1d")
    finding = Subjects(cast("Engine", None), tmp_path).judged(promise, load().snippets["ansible-app-docker"])

    assert (finding.verdict, finding.seen) == (verdict, seen)
    assert servers.given_back == keeps.count(False)


def test_servers_that_nobody_can_ask_are_left_to_the_promise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is at fault, it is told as a promise that is broken, and not as an error of the proof."""

    def gone(*_: object, **__: object) -> Done:
        raise ContainerError("neighbour is not running")

    def look(subject: Booting, described: Described) -> Judgement:
        del described
        return kept_if(subject.run("true").status == 0, "")

    promise = replace(DEPLOYED["release-lossless"], function=look)
    monkeypatch.setattr(Booting, "run", gone)
    monkeypatch.setattr("snippets.proving.sharing.opened", lambda *_: nullcontext(Booting()))
    monkeypatch.setattr(Promise, "rules", "sha256:1d")
    finding = Subjects(cast("Engine", None), tmp_path).judged(promise, load().snippets["ansible-app-docker"])

    told = "neighbour is not running"
    assert (finding.verdict, finding.seen) == (Verdict.BROKEN, f"{told}; at the first try: {told}")


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (None, ["kept: served; flaky, at the first try: node-1 does not boot", "kept: served"]),
        (EngineError("no engine"), ["error: no engine", "kept: served"]),
    ],
    ids=["hosts that do not boot", "an engine at fault"],
)
def test_what_is_half_there_is_given_back(
    fault: EngineError | None, told: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is next has another, from nothing: one host that does not boot again says nothing of all other promises."""
    brought: list[Booting] = []

    def bring(*_: object) -> nullcontext[Booting]:
        brought.append(Booting())
        return nullcontext(brought[-1])

    def look(subject: Booting, described: Described) -> Judgement:
        del described
        if fault and subject is brought[0]:
            raise fault
        return kept_if(subject is not brought[0], "served")

    def off(_subject: Booting) -> Booting:
        message = "node-1 does not boot"
        raise NotReadyError(message)

    promise = replace(DEPLOYED["release-lossless"], function=look)
    monkeypatch.setattr(Booting, "renewed", off)
    monkeypatch.setattr("snippets.proving.sharing.opened", bring)
    monkeypatch.setattr(Promise, "rules", "sha256:1d")
    subjects, snippet = Subjects(cast("Engine", None), tmp_path), load().snippets["ansible-app-docker"]
    findings = [subjects.judged(promise, snippet) for _ in range(2)]

    assert [f"{each.verdict.value}: {each.seen}" for each in findings] == told
    assert len(brought) == 2


def test_hosts_on_which_commands_cannot_be_run_are_given_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked of them next is asked of others."""
    monkeypatch.setattr("snippets.proving.sharing.opened", lambda *_: nullcontext(Booting()))
    subjects, snippet = Subjects(cast("Engine", None), tmp_path), load().snippets["ansible-app-docker"]
    with subjects.arrived(snippet) as first:
        pass
    with pytest.raises(NotReadyError), subjects.arrived(snippet) as again:
        raise NotReadyError
    with subjects.arrived(snippet) as other:
        assert (again is first, other is first) == (True, False)
