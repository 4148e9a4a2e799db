"""Two applications on one host, judged by hosts that answer as it was laid out: what is spared, and what is not."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import msgspec
import pytest

from snippets.contract import ADDED, DEPLOYED, Verdict
from snippets.contract.deployment.addition import Cohosted, Hog, Neighbour
from snippets.contract.observation import Done
from tests.unit.fake_servers import APP, Told

if TYPE_CHECKING:
    from snippets.contract.deployment.subject import Deployed

HOG = Hog(takes="eat memory", unit="MiB of memory", least=64, most=384)
COHOSTED = Cohosted(deployment=APP, neighbour=Neighbour(page="https://wiki.test/", hogs={"memory": HOG}, answer_s=60.0))
WELL = {
    "eat memory": ("16\n240\n", 0),
    "cat /run/spared.json": ('[{"200": 40}, 0.4]', 0),
    "notes?q=": ("beside-memory", 0),
    "uptime": ("since noon", 0),
}
SEEN = "the memory hog gets 240 MiB of memory; 40 visitors beside the memory hog get 40 times 200, the last after "
SEEN += "0.4 s beside the memory hog, ssh after 50.0 s"


@dataclass
class Restarting(Told):
    """Something of it is up since another time at each look."""

    looks: int = 0

    def run(self, command: str, *, on: str = "", check: bool = True) -> Done:
        """What was laid out, and since when it is up."""
        if command == "uptime":
            self.looks += 1
            return Done(status=0, stdout=f"since look {self.looks}", stderr="", took_s=0.1)
        return super().run(command, on=on, check=check)


def judged(told: Told, cohosted: Cohosted = COHOSTED) -> tuple[Verdict, str]:
    """The verdict, and what was seen."""
    finding = DEPLOYED["neighbour-spared"].judge(cast("Deployed", told), cohosted)
    return finding.verdict, finding.seen


def test_a_neighbour_is_spared() -> None:
    """What was taken, who was answered meanwhile, and the slowest of them."""
    assert judged(Told(answers=WELL)) == (Verdict.KEPT, SEEN)


@pytest.mark.parametrize(
    ("otherwise", "seen"),
    [
        ({"eat memory": ("1024\n", 0)}, "gets 1024 MiB of memory, of 384 at most; "),
        ({"eat memory": ("32\n", 0)}, "gets 32 MiB of memory; "),
        ({"eat memory": ("", 1)}, "gets 0 MiB of memory; "),
        ({"cat /run/spared.json": ('[{"200": 40, "URLError": 1}, 0.4]', 0)}, "get 40 times 200, 1 times URLError, "),
        ({"cat /run/spared.json": ("[{}, 0.0]", 0)}, "0 visitors beside the memory hog get nothing, "),
        ({"cat /run/spared.json": ('[{"200": 3}, 61.0]', 0)}, "; it does not answer in time"),
        ({"ssh ": ("", 255)}, "; sshd does not answer in time"),
        ({"/notes -d": ("", 7)}, "; nothing can be written to its database"),
        ({"notes?q=": ("another", 0)}, "; nothing can be written to its database"),
        ({"curl --silent --fail --output /dev/null": ("", 22)}, "; the other application does not come back"),
    ],
)
def test_whoever_notices_something_is_not_spared(otherwise: dict[str, tuple[str, int]], seen: str) -> None:
    """It is told what: and a hog that gets nothing is none."""
    verdict, told = judged(Told(answers=otherwise | {key: WELL[key] for key in WELL if key not in otherwise}))

    assert verdict is Verdict.BROKEN
    assert seen in told


def test_what_is_started_anew_was_not_spared() -> None:
    """Its visitors may have noticed nothing, by chance."""
    assert judged(Restarting(answers=WELL)) == (Verdict.BROKEN, f"{SEEN}; something of it is started anew")


def test_the_first_that_is_not_spared_ends_it() -> None:
    """What one hog leaves behind is not the next one's doing."""
    two = msgspec.structs.replace(COHOSTED.neighbour, hogs={"disk": HOG, "memory": HOG})
    cohosted = Cohosted(deployment=APP, neighbour=two)

    verdict, told = judged(Told(answers=WELL | {"eat memory": ("1024\n", 0)}), cohosted)

    assert verdict is Verdict.BROKEN
    assert told.count("hog gets") == 1


def test_it_is_what_such_an_addition_is_judged_by() -> None:
    """And by nothing else of the contract."""
    assert [promise.slug for promise in ADDED["neighbour"]] == ["neighbour-spared"]


@pytest.mark.parametrize(
    ("printed", "named"), [("240 MiB\n", "'MiB'"), ("killed by the kernel\n", "'kernel'")], ids=["a-unit", "words"]
)
def test_what_is_no_number_is_named(printed: str, named: str) -> None:
    """As it was printed, beside whose it is."""
    verdict, told = judged(Told(answers=WELL | {"eat memory": (printed, 0)}))

    assert (verdict, told) == (
        Verdict.BROKEN,
        f"the last word of what the memory hog prints is no number: {named}",
    )
