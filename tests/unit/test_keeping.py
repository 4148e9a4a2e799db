"""Promises of what is kept through updates, and of room on the disk, by what they are told."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from snippets.contract import Verdict
from snippets.contract.deployment.keep import FOUND
from snippets.contract.observation import Done
from tests.unit.fake_servers import APP, judged
from tests.unit.test_releases import Released

LARGE = 30_000_000


@dataclass
class Kept(Released):
    """One that keeps so many releases besides the one that serves, and tells this of a full disk.

    An update has `another` version serve, where that is given.
    """

    keeps: int = 1
    tells: str = "/mnt/filled: 96% of its space and 1% of its files are used"
    past: list[str] = field(default_factory=lambda: [""])
    messages: list[str] = field(default_factory=lambda: ["of another matter"])
    waits: list[bool] = field(default_factory=lambda: [False] * 2)
    another: str | None = None
    written: int = 0
    missing: str = ""

    def told(self) -> Sequence[str]:
        """All of them."""
        return self.messages

    def release(self, version: str = "") -> Done:
        """Beside those that are kept."""
        self.past = [*(each for each in self.past if each != version), version][-1 - self.keeps :]
        return super().release(version)

    def run(self, command: str, *, on: str = "", check: bool = True) -> Done:
        """What is on the disk, of which one takes room; what comes of an update, and of looking at the disk."""
        if command == "du":
            return Done(status=0, stdout=f"{LARGE * (1 + ('next' in self.past))}\n", stderr="", took_s=0.1)
        if command.startswith("systemctl start") and self.tells:
            self.messages.append(f"disk failed on app.test\n{self.tells}")
        if command == "cat /run/written":
            return Done(status=0, stdout=" ".join(map(str, range(1, self.written + 1))), stderr="", took_s=0.1)
        if "grep --quiet --fixed-strings" in command:
            return Done(status=0, stdout=self.missing, stderr="", took_s=0.1)
        if command == APP.update:
            self.serves = self.another if self.another is not None else self.serves
        return super().run(command, on=on, check=check)


@pytest.mark.parametrize(
    ("told", "is_kept", "seen"),
    [
        (Kept(), True, "releases have 60 MB on the disk, and two releases later 30 MB"),
        (Kept(keeps=9), False, "two releases later 60 MB"),
        (Kept(tells=""), False, "nobody is told of it"),
        (Kept(tells="a certificate ends"), False, "nobody is told of it"),
        (Kept(keeps=0, stays=True), True, "two releases later 30 MB"),
    ],
    ids=["kept", "never-goes", "nobody-is-told", "told-of-another-matter", "keeps-none"],
)
def test_older_releases_leave_the_disk(told: Kept, *, is_kept: bool, seen: str) -> None:
    """And somebody is told of one that is full, and of that one."""
    verdict, said = judged("disk-bounded", told)

    assert (verdict is Verdict.KEPT, seen in said) == (is_kept, True), said


@pytest.mark.parametrize(
    ("told", "is_kept"),
    [
        (Kept(written=3), True),
        (Kept(written=3, loses=True), True),
        (Kept(written=3, updated=100), False),
        (Kept(written=3, dark=True), False),
        (Kept(written=3, another="other"), False),
        (Kept(written=3, replaces=False), False),
        (Kept(written=3, missing="update-2-"), False),
        (Kept(written=2), False),
    ],
    ids=["kept", "for-some-seconds", "fails", "nobody", "another", "nothing-is-updated", "a-write-lost", "few-wrote"],
)
def test_an_update_ends_serving(told: Kept, *, is_kept: bool) -> None:
    """By itself, what served before, with all that was acknowledged; that visitors wait meanwhile is told."""
    assert (judged("updates-survived", told)[0] is Verdict.KEPT) == is_kept


@pytest.mark.parametrize(
    ("reading", "told"),
    [
        ("cat there", (0, "write-2-\n")),
        ("cat there | tee /dev/null", (0, "write-2-\n")),
        # The first answer of three fails, as a 502 does to curl.
        ("{ echo >>asked; test $(wc --lines <asked) -gt 1 && cat there; }", (0, "write-2-\n")),
        ("false", (1, "")),
        ("true", (0, "write-1-\nwrite-2-\n")),
    ],
    ids=["found", "by-a-pipeline", "asked-again", "nobody-answers", "an-answer-without-it"],
)
def test_a_write_is_lost_once_an_answer_lacks_it(reading: str, told: tuple[int, str], tmp_path: Path) -> None:
    """Who was not answered cannot tell."""
    (tmp_path / "there").write_text("of before\nwrite-1- and more\n")
    looked = FOUND.format(nonces="write-1- write-2-", reading=reading, tries=3)

    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f"sleep() {{ :; }}; {looked}"],
        cwd=tmp_path,
        text=True,
        capture_output=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == told
    assert ("nobody answers whether write-1- is there" in done.stderr) == (told[0] == 1)
