"""What stands beside a reader's container: said by its name as a host, or by the older key."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from snippets.check.guess import Guess
from snippets.check.stated import Described, Stated
from snippets.contract import Beside
from snippets.errors import ProjectError

BACKING = """
[backing]
image = "postgres:18"
setting = "DATABASE_URL"
value = "postgresql://backing/app"
"""
BESIDE = """
[beside.cache]
image = "valkey:9"
setting = "CACHE_URL"
value = "redis://cache:6379"
env = { MAXMEMORY = "64mb" }
"""
DATABASE = Beside(image="postgres:18", setting="DATABASE_URL", value="postgresql://backing/app")
CACHE = Beside(image="valkey:9", setting="CACHE_URL", value="redis://cache:6379", env={"MAXMEMORY": "64mb"})
COPIED = Guess(
    key="beside",
    value={"db": {"image": "postgres:17", "setting": "DB", "value": "db"}},
    where="web, which was copied",
)


def described(folder: Path, text: str, *guesses: Guess) -> Described:
    """What a handbook.toml makes of it."""
    (folder / "handbook.toml").write_text(f"port = 8000\n{text}")
    return Stated.read(folder, (), {}).described(guesses)


@pytest.mark.parametrize(
    ("text", "services"),
    [
        pytest.param("", {}, id="nothing"),
        pytest.param(BACKING, {"backing": DATABASE}, id="the-older-key"),
        pytest.param(BESIDE, {"cache": CACHE}, id="by-name"),
        pytest.param(BACKING + BESIDE, {"backing": DATABASE, "cache": CACHE}, id="both"),
        pytest.param(
            BESIDE + BACKING.replace("[backing]", "[beside.backing]"), {"backing": DATABASE, "cache": CACHE}, id="two"
        ),
    ],
)
def test_a_service_is_reached_under_its_name(text: str, services: Mapping[str, Beside], tmp_path: Path) -> None:
    """That of the older key is `backing`; several stand side by side."""
    assert described(tmp_path, text).project.beside == services


@pytest.mark.parametrize("text", [BACKING, BESIDE], ids=["older", "by-name"])
def test_what_is_stated_is_not_guessed(text: str, tmp_path: Path) -> None:
    """Whoever names one service names them all, by whichever key: nothing of a copied snippet comes on top."""
    said = described(tmp_path, text, COPIED)

    assert len(said.project.beside) == 1
    assert "db" not in said.project.beside
    assert "beside" not in [guess.key for guess in said.guessed]
    assert list(described(tmp_path, "", COPIED).project.beside) == ["db"]


FAULTS: list[tuple[str, str, str]] = [
    (
        "older-on-another-host",
        BACKING.replace("//backing", "//db"),
        "handbook.toml: backing.value: does not name the host 'backing'",
    ),
    (
        "on-another-host",
        BESIDE.replace("//cache", "//localhost"),
        "handbook.toml: beside.cache.value: does not name the host 'cache'",
    ),
    ("older-mute", BACKING.replace("postgres:18", " "), "handbook.toml: backing.image: says nothing"),
    ("mute", BESIDE.replace("CACHE_URL", ""), "handbook.toml: beside.cache.setting: says nothing"),
    ("no-host", BESIDE.replace("cache", "Cache"), "handbook.toml: beside.Cache: not a host name in lower case"),
    ("older-key", f"{BACKING}imgae = 1\n", "handbook.toml: unknown key backing.imgae (did you mean 'image'?)"),
    ("key", f"{BESIDE}imgae = 1\n", "handbook.toml: unknown key beside.cache.imgae (did you mean 'image'?)"),
    ("missing", "[beside.cache]\n", "handbook.toml: missing key beside.cache.image"),
    ("alone", 'migrate = "migrate"\n', "handbook.toml: migrate: nothing stands beside it that it could migrate"),
    ("mute-migration", f'migrate = " "\n{BESIDE}', "handbook.toml: migrate: says nothing"),
    ("no-table", '[beside]\ncache = "valkey:9"\n', "handbook.toml: beside.cache: not a table"),
    (
        "other-word-for-skip",
        '[not_applicable]\ndrains = "It is a batch job."\n',
        "handbook.toml: not_applicable: here it is called skip",
    ),
]


@pytest.mark.parametrize(("text", "fault"), [pytest.param(*case[1:], id=case[0]) for case in FAULTS])
def test_what_is_stated_wrongly_is_refused_by_its_own_key(text: str, fault: str, tmp_path: Path) -> None:
    """Whichever of the two it was said by."""
    with pytest.raises(ProjectError) as refused:
        described(tmp_path, text)

    assert fault in refused.value.faults
