"""Promises of a deployment by what they are told: what they believe, and what they do not."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import msgspec
import pytest

from snippets.contract import DEPLOYED, Verdict
from snippets.contract.observation import Done
from tests.unit.fake_servers import APP, Told, judged

if TYPE_CHECKING:
    from snippets.contract.deployment.subject import Deployed


def test_what_is_put_into_the_commands_of_a_probe() -> None:
    """The address and what is left, and nothing else in braces."""
    assert APP.leaving("n-1") == "curl https://app.test/notes -d n-1"
    assert APP.reading("n-1") == "curl https://app.test/notes?q=n-1"
    assert (APP.host, APP.ready, APP.page) == ("app.test", "https://app.test/readyz", "https://app.test/")


@pytest.mark.parametrize(
    ("told", "verdict"),
    [(Told(), Verdict.KEPT), (Told(status=503), Verdict.BROKEN), (Told(took_s=101.0), Verdict.BROKEN)],
    ids=["as-stated", "not-ready", "too-late"],
)
def test_it_arrives_ready_and_in_its_time(told: Told, verdict: Verdict) -> None:
    """Both are asked."""
    assert judged("arrives-from-nothing", told)[0] is verdict


RUNS = "kubectl get pods"


@dataclass
class Repeated(Told):
    """One whose second run starts anew what runs, or costs a visitor something."""

    anew: bool = False
    lost: bool = False

    def arrive(self) -> Done:
        """Once more."""
        if self.anew:
            self.answers = {RUNS: ("web containerd://2", 0)}
        return super().arrive()

    def run(self, command: str, *, on: str = "", check: bool = True) -> Done:
        """Visitors are answered; what else is asked, as it was laid out."""
        if command == "cat /run/visits.json":
            return Done(status=0, stdout='{"200": 9, "502": 1}' if self.lost else '{"200": 9}', stderr="", took_s=0.1)
        return super().run(command, on=on, check=check)


@pytest.mark.parametrize(
    ("told", "seen"),
    [
        (Repeated(), "all 2 things are as before; after 50 s; visitors got 9 times 200"),
        (Repeated(anew=True), "2 of 2 things differ: web containerd://1; web containerd://2"),
        (Repeated(lost=True), "visitors got 9 times 200, 1 times 502"),
    ],
    ids=["kept", "what-runs-is-started-anew", "a-visitor-is-lost"],
)
def test_a_second_run_leaves_what_runs(told: Repeated, seen: str) -> None:
    """What runs is looked at before and afterwards, pods as well."""
    told.answers = {RUNS: ("web containerd://1", 0)}
    verdict, said = judged("repeats-unchanged", told)

    assert seen in said
    assert (verdict is Verdict.KEPT) == (not told.anew and not told.lost)


@pytest.mark.parametrize(
    ("told", "seen"),
    [
        (Told(), "then the hosts without power after 65% of what it prints; run once more /readyz answers 200"),
        (Told(busy=False), "when all was done"),
        (Told(fails=True), "it does not arrive: canary"),
        (Told(status=500), "/readyz answers 500"),
    ],
    ids=["kept", "cut-too-late", "fails", "not-ready"],
)
def test_a_cut_counts_while_it_is_busy(told: Told, seen: str) -> None:
    """Cut off after it was done, nothing was cut off."""
    verdict, said = judged("arrives-after-failure", told)
    assert seen in said
    assert (verdict is Verdict.KEPT) == (told == Told())


FOUND, NOWHERE, KEY = ("1\n", 0), ("0\n", 0), ("s3cret", 0)
SOUGHT = {"cat /opt/canary": FOUND, "sought=": NOWHERE, "cat /srv/key": KEY}


@pytest.mark.parametrize(
    ("answers", "printed", "kept"),
    [
        (SOUGHT, "", True),
        (SOUGHT | {"sought=": FOUND}, "", False),
        (SOUGHT, "changed: s3cret", False),
        (SOUGHT | {"cat /srv/key": (" \n", 0)}, "", False),
        (SOUGHT | {"cat /srv/key": ("", 1)}, "", False),
        (SOUGHT | {"cat /opt/canary": NOWHERE}, "", False),
    ],
    ids=["nowhere", "somewhere", "printed", "empty", "no-such-file", "blind"],
)
def test_a_secret_is_sought_by_its_value(answers: dict[str, tuple[str, int]], printed: str, *, kept: bool) -> None:
    """One that is empty is found nowhere, and so is one that nobody can find where it lies: both prove nothing."""
    verdict, _ = judged("secrets-unseen", Told(answers=answers, printed=printed))
    assert (verdict is Verdict.KEPT) == kept


METADATA = {"grep -q ^CapEff": ("", 0), "find / -type d": ("/srv/uploads\n/tmp/a\n", 0), "docker exec web": ("", 1)}


@pytest.mark.parametrize(
    ("answers", "seen"),
    [
        (METADATA, "of 5 ways 0 work; it may write to /srv/uploads as stated"),
        (METADATA | {"find / -type d": ("/srv/uploads\n/srv/uploads-too\n", 0)}, "and to /srv/uploads-too"),
        (METADATA | {"docker exec web": ("", 0)}, "of 5 ways 5 work"),
        (METADATA | {"grep -q ^CapEff": ("", 1)}, "nothing by which somebody could try"),
    ],
    ids=["kept", "beyond", "all", "untriable"],
)
def test_a_way_counts_where_it_can_be_tried(answers: dict[str, tuple[str, int]], seen: str) -> None:
    """Where nothing can be tried nothing works, and that is no sign of few rights."""
    verdict, said = judged("least-rights", Told(answers=answers))
    assert seen in said
    assert (verdict is Verdict.KEPT) == (answers == METADATA)


SECURE = "HTTP/2 200\nstrict-transport-security: max-age=1\n"
AIMS = "HTTP/1.1 308 Permanent Redirect\r\nLocation: https://app.test/\r\n"
SPOKEN = ("New, TLSv1.3, Cipher is TLS_AES_128_GCM_SHA256", 0)
REFUSED = ("error: tlsv1 alert protocol version", 1)
HTTPS = {"-tls1_1": REFUSED, "verify_return_error": SPOKEN, "http://app.test/": (AIMS, 0), "https://": (SECURE, 0)}


@pytest.mark.parametrize(
    ("answers", "kept"),
    [
        (HTTPS, True),
        (HTTPS | {"http://app.test/": ("HTTP/1.1 200 OK\r\n", 0)}, False),
        (HTTPS | {"http://app.test/": (AIMS.replace("app.test", "app.test.evil"), 0)}, False),
        (HTTPS | {"-tls1_1": ("error: no protocols available, Cipher is (NONE)", 1)}, False),
        (HTTPS | {"-tls1_1": SPOKEN}, False),
        (HTTPS | {"verify_return_error": (SPOKEN[0], 1)}, False),
        (HTTPS | {"verify_return_error": ("Cipher is (NONE)", 0)}, False),
        (HTTPS | {"https://": (SECURE * 2, 0)}, False),
    ],
    ids=["kept", "plain", "elsewhere", "client-refuses", "old", "unverified", "none", "twice"],
)
def test_https_only_is_told_by_the_server(answers: dict[str, tuple[str, int]], *, kept: bool) -> None:
    """A client that speaks no old version by itself has tried nothing."""
    verdict, seen = judged("https-only", Told(answers=answers))
    assert (verdict is Verdict.KEPT) == kept, seen


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ('{"client": "10.0.0.9", "scheme": "https"}', True),
        ('{"client": "203.0.113.9", "scheme": "https"}', False),
        ('{"client": "10.0.0.9", "scheme": "http"}', False),
        ("{}", False),
    ],
)
def test_a_client_is_known_by_address_and_scheme(told: str, *, kept: bool) -> None:
    """Whichever of them is another one."""
    assert (judged("client-known", Told(answers={"/who": (told, 0)}))[0] is Verdict.KEPT) == kept


@dataclass
class Signed(Told):
    """One that shows another certificate at each look while somebody signs, and where nobody does an older one.

    With less than `told_s` left the timer's service has somebody told, where that is given.
    """

    renews: bool = True
    told_s: float = 30.0
    says: str = "certificate@app.test failed"
    timer: str = "certificate.timer"
    next_us: str = "3600000000"
    early: bool = False
    visited: str = '{"200": 9}'
    messages: list[str] = field(default_factory=list)
    minutes: int = 0
    looks: int = 0
    left_s: int = 59

    def run(self, command: str, *, on: str = "", check: bool = True) -> Done:
        """What is shown, which timers run, and what comes of starting what one of them would."""
        listed = f'[{{"unit": "{self.timer}", "next": {self.next_us}, "activates": "certificate.service"}}]\n0\n'
        if "-dateopt" in command:
            self.looks += self.renews
            self.left_s = max(0, self.left_s - (0 if self.renews else 10))
            until = f"2026-01-01 00:{self.minutes:02}:{self.left_s:02}Z"
            shown = f"serial={self.looks}\nnotAfter={until}\nnow=2026-01-01T00:00:00+00:00\n"
            return Done(status=0, stdout=shown, stderr="", took_s=0.1)
        if command == "systemctl start certificate.service" and (self.left_s < self.told_s or self.early):
            self.messages.append(self.says)
        self.answers = {"list-timers": (listed, 0), "visits.json": (self.visited, 0), "visits": ("", 0)}
        return super().run(command, on=on, check=check)

    @contextmanager
    def begun(self, *, signed_for_s: float | None = None) -> Iterator[None]:
        """As before."""
        assert signed_for_s
        yield

    @property
    def authority(self) -> "Signed":
        """Itself."""
        return self

    def pause(self) -> None:
        """Nobody signs."""
        self.renews, self.left_s = False, 59

    def told(self) -> list[str]:
        """So far."""
        return self.messages


@pytest.mark.parametrize(
    ("told", "seen"),
    [
        (Signed(), "with 19 s left somebody is told: certificate@app.test failed"),
        (Signed(messages=["a disk"]), "with 19 s left somebody is told: certificate@app.test failed"),
        (Signed(renews=False), "no other certificate within the 120 s"),
        (Signed(told_s=0.0), "and nobody is told"),
        (Signed(says="disk full"), "told: disk full"),
        (Signed(timer="other.timer"), "certificate.timer does not run in its time"),
        (Signed(next_us="null"), "certificate.timer does not run in its time"),
        (Signed(early=True), "somebody is told something while all is well"),
        (Signed(visited='{"200": 9, "URLError": 1}'), "1 times URLError"),
    ],
    ids=[
        "kept",
        "told-before",
        "not-renewed",
        "in-silence",
        "of-something-else",
        "no-timer",
        "no-next-time",
        "told-early",
        "a-request-lost",
    ],
)
def test_a_certificate_is_renewed_or_somebody_is_told(told: Signed, seen: str) -> None:
    """In time, of this site, by a timer that runs, and only then."""
    verdict, said = judged("renews-itself", told)
    assert seen in said
    assert (verdict is Verdict.KEPT) == ("with 19 s left" in seen and "somebody is told: certificate" in seen)


def test_an_authority_that_signs_for_longer_than_it_was_told_is_no_witness() -> None:
    """Of a certificate that is valid for a week nobody is told, whatever watches it."""
    assert judged("renews-itself", Signed(minutes=3)) == (
        Verdict.ERROR,
        "the authority was told to sign for 120 s: 239 s are left",
    )


def test_a_timer_that_comes_too_late_is_told() -> None:
    """It runs, and its next time is after the silence that was stated."""
    rare = msgspec.structs.replace(APP, timers={"certificate.timer": "30min"})
    finding = DEPLOYED["renews-itself"].judge(cast("Deployed", Signed()), rare)
    assert "certificate.timer does not run in its time" in finding.seen
    assert finding.verdict is Verdict.BROKEN
