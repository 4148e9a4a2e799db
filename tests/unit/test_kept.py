"""Digests that need not be computed again: kept beside the package while not one byte of it is another."""

import json
import os
from pathlib import Path

import pytest

from snippets.contract.kept import Digests

SOURCES = {
    "__init__.py": "",
    "contract/boot.py": "LIMIT = 3\n",
    "library/web/rehearsal.py": "SLOW_S = 2\n",
    "library/web/app/main.py": "print()\n",
    "engine/bases/recipes/python/as-upstream.py": "print()\n",
}
KEPT = ".cache/rules.json"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A package."""
    for path, text in SOURCES.items():
        (tmp_path / "ours" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "ours" / path).write_text(text)
    return tmp_path / "ours"


def test_what_is_kept_is_known_to_the_next_run(root: Path) -> None:
    """Each under its name, and nothing else."""
    first = Digests(root)
    assert first.get("contract.boot.drains") is None
    first.keep("contract.boot.drains", "sha256:1")
    first.keep("contract.boot.starts", "sha256:2")

    second = Digests(root)
    assert [second.get(f"contract.boot.{name}") for name in ("drains", "starts", "sinks")] == [
        "sha256:1",
        "sha256:2",
        None,
    ]
    assert [path.name for path in (root.parent / ".cache").iterdir()] == ["rules.json"]


@pytest.mark.parametrize(
    "path", ["contract/boot.py", "contract/new.py", "library/web/rehearsal.py", "library/new/rehearsal.py"]
)
def test_another_byte_of_what_could_judge_voids_all_that_is_kept(root: Path, path: str) -> None:
    """Whichever file it is in: who uses what is only told by reading all of it."""
    Digests(root).keep("contract.boot.drains", "sha256:1")
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    with (root / path).open("a") as file:
        file.write("#")

    assert Digests(root).get("contract.boot.drains") is None


@pytest.mark.parametrize("move", [("contract/boot.py", "contract/boots.py"), ("contract/boot.py", "boot.py")])
def test_another_name_of_a_file_is_another_byte(root: Path, move: tuple[str, str]) -> None:
    """The same text under another name is other code."""
    Digests(root).keep("contract.boot.drains", "sha256:1")
    (root / move[0]).rename(root / move[1])

    assert Digests(root).get("contract.boot.drains") is None


@pytest.mark.parametrize(
    "path", ["library/web/app/main.py", "engine/bases/recipes/python/as-upstream.py", "contract/note.md"]
)
def test_what_judges_nothing_voids_nothing(root: Path, path: str) -> None:
    """Files that readers copy, those of bases, and prose."""
    Digests(root).keep("contract.boot.drains", "sha256:1")
    (root / path).write_text("other\n")

    assert Digests(root).get("contract.boot.drains") == "sha256:1"


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"{",
        b"[]",
        b'{"code": 1}',
        b'{"digests": {}}',
        b"\0",
        b'{"code": "x", "digests": 1}',
        b'{"code": "\xff"}',
        b"[" * 9_999,
    ],
)
def test_a_damaged_file_is_none(root: Path, damaged: bytes) -> None:
    """What was kept is computed again, and kept anew."""
    Digests(root).keep("contract.boot.drains", "sha256:1")
    (root.parent / KEPT).write_bytes(damaged)

    digests = Digests(root)
    assert digests.get("contract.boot.drains") is None
    digests.keep("contract.boot.drains", "sha256:2")
    assert Digests(root).get("contract.boot.drains") == "sha256:2"


@pytest.mark.timeout(120)
def test_what_is_no_file_is_none(root: Path) -> None:
    """A pipe in its place is not waited for."""
    (root.parent / KEPT).parent.mkdir()
    os.mkfifo(root.parent / KEPT)

    digests = Digests(root)
    assert digests.get("contract.boot.drains") is None
    digests.keep("contract.boot.drains", "sha256:2")
    assert Digests(root).get("contract.boot.drains") == "sha256:2"


def test_where_nothing_can_be_written_nothing_is_kept(root: Path) -> None:
    """Nor is anybody told: the run that asked has its digest all the same."""
    (root.parent / ".cache").write_text("a file in the place of the folder\n")
    digests = Digests(root)
    digests.keep("contract.boot.drains", "sha256:1")

    assert digests.get("contract.boot.drains") == "sha256:1"
    assert Digests(root).get("contract.boot.drains") is None


def test_what_was_shipped_is_believed(root: Path) -> None:
    """It was computed from the code that a wheel was built of; nothing is kept beside it."""
    (root / "rules.json").write_text(json.dumps({"contract.boot.drains": "sha256:shipped"}))
    digests = Digests(root)

    assert digests.get("contract.boot.drains") == "sha256:shipped"
    digests.keep("contract.boot.drains", "sha256:1")
    assert Digests(root).get("contract.boot.drains") == "sha256:shipped"


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"a": 1}', b"\xff", b"[" * 20_000])
def test_of_what_was_shipped_and_is_damaged_nothing_is_taken(damage: bytes, root: Path) -> None:
    """The code is there as well, and says the same."""
    (root / "rules.json").write_bytes(damage)

    assert Digests(root).get("contract.boot.drains") is None


def test_what_was_shipped_needs_no_source(root: Path) -> None:
    """A command is not kept waiting for what a hundred files say."""
    (root / "rules.json").write_text(json.dumps({"contract.boot.drains": "sha256:shipped"}))
    (root / "contract" / "boot.py").unlink()
    (root / "contract" / "boot.py").symlink_to("nowhere.py")

    assert Digests(root).get("contract.boot.drains") == "sha256:shipped"


@pytest.mark.timeout(120)
def test_what_lies_in_the_place_of_what_was_shipped_is_not_waited_for(root: Path) -> None:
    """A pipe gives nothing."""
    os.mkfifo(root / "rules.json")

    assert Digests(root).shipped == {}
