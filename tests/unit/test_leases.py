"""Whether anybody still writes to what was moved aside: waited for as long as a save takes, and no longer."""

from pathlib import Path

import pytest

from snippets.project import leases
from snippets.project.leases import MOMENT_S, PATIENCE_S, settle


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now, self.slept = 0.0, list[float]()

    def monotonic(self) -> float:
        """Seconds since it was made."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds
        self.slept.append(seconds)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock in the place of the system's."""
    clock = Clock()
    monkeypatch.setattr(leases, "time", clock)
    return clock


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A file that nobody has open."""
    (tmp_path / "file").write_bytes(b"x")
    return tmp_path / "file"


def test_what_nobody_writes_to_is_not_waited_for(clock: Clock, place: Path) -> None:
    """Nor what is not there."""
    assert settle([])
    assert settle([place, place.with_name("gone")])
    with place.open("rb"):
        assert settle([place])
    assert clock.slept == []


def test_who_writes_for_longer_than_a_save_takes_is_no_editor(clock: Clock, place: Path) -> None:
    """Whichever of the files it is; until then it is looked at again and again."""
    with place.open("ab"):
        assert not settle([place.with_name("gone"), place])

    assert PATIENCE_S < clock.now < PATIENCE_S + MOMENT_S
    assert set(clock.slept) == {MOMENT_S / 50}


def test_a_save_that_ends_is_waited_for(clock: Clock, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And for no moment more than it takes."""
    saving = place.open("ab")
    real = clock.sleep

    def closing(seconds: float) -> None:
        real(seconds)
        if len(clock.slept) == 3:
            saving.close()

    monkeypatch.setattr(clock, "sleep", closing)

    assert settle([place])
    assert clock.slept == [MOMENT_S / 50] * 3


def test_where_the_system_does_not_tell_a_save_is_given_a_moment(
    clock: Clock, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One for all files."""
    monkeypatch.setattr(leases, "fcntl", None)

    assert settle([place, place.with_name("gone")])
    assert clock.slept == [MOMENT_S]


def test_what_was_not_told_once_is_given_its_moment(clock: Clock, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though the system told of the others, and they were waited for meanwhile."""
    other = place.with_name("other")
    other.write_bytes(b"x")
    answers: dict[Path, list[bool | None]] = {place: [None], other: [True, True, False]}
    asked: list[Path] = []

    def told(one: Path) -> bool | None:
        asked.append(one)
        return answers[one][asked.count(one) - 1]

    monkeypatch.setattr(leases, "_is_written_to", told)

    assert settle([place, other])
    assert clock.slept == [MOMENT_S / 50, MOMENT_S / 50, MOMENT_S]
    assert asked == [place, other, other, other]


def test_what_cannot_be_opened_is_not_told(clock: Clock, place: Path) -> None:
    """A link is nobody's save, and is not followed."""
    link = place.with_name("link")
    link.symlink_to(place)
    with place.open("ab"):
        assert settle([link])

    assert clock.slept == [MOMENT_S]
