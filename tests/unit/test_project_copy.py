"""A snippet copied into a project: the proven bytes and no others, and nothing of the reader's written over."""

import base64
import hashlib
import json
import shutil
import zlib
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from snippets.evidence.store import EvidenceStore
from tests.unit.projects import NEWER, Command, own
from tests.unit.sample import CONF, DOCKERFILE, WEB, Library, evidence_of
from tests.unit.test_target import tree


def test_copy_writes_the_proven_bytes_and_says_what_is_next(handbook: Command, project: Path) -> None:
    """Those of shared snippets as well; the note holds the originals."""
    result = handbook("copy", "web", str(project))

    assert (result.exit_code, result.stdout) == (
        0,
        "wrote     Dockerfile\nwrote     serve.conf\n\nNext, as it was proven:\n  docker build .\n",
    )
    assert own(project) == {"Dockerfile": DOCKERFILE.encode(), "serve.conf": b"workers = 3\n", "mine.py": b"mine\n"}
    assert [path for path in tree(project) if path.startswith(".handbook/")] == [".handbook/copied.json"]
    assert set(json.loads((project / ".handbook/copied.json").read_text())["files"]) == {"Dockerfile", "serve.conf"}


def test_copy_again_changes_nothing(handbook: Command, project: Path) -> None:
    """Files that are as they should be are told of."""
    handbook("copy", "web", str(project))
    before = tree(project)

    result = handbook("copy", "web", str(project))

    assert result.stdout.startswith("identical Dockerfile\nidentical serve.conf\n")
    assert tree(project) == before


def test_copy_writes_nothing_where_one_file_differs(handbook: Command, project: Path) -> None:
    """It says which, and what to do."""
    (project / "serve.conf").write_text("mine\n")
    before = tree(project)

    result = handbook("copy", "web", str(project))

    assert result.exit_code == 1
    assert result.stderr == (
        "Error: serve.conf: is there and differs; move it away, or `--force` keeps it as serve.conf.before-handbook\n"
    )
    assert tree(project) == before


def test_force_keeps_what_was_there(handbook: Command, project: Path) -> None:
    """Twice, under two names, where it was another each time."""
    for text in ("first\n", "second\n"):
        (project / "serve.conf").write_text(text)
        assert handbook("copy", "web", str(project), "--force").exit_code == 0

    assert (project / "serve.conf").read_text() == "workers = 3\n"
    assert (project / "serve.conf.before-handbook").read_text() == "first\n"
    assert (project / "serve.conf.before-handbook-2").read_text() == "second\n"


def test_the_note_stays_as_it_is_where_it_says_the_same(handbook: Command, project: Path) -> None:
    """However another handbook packed the bytes in it, and whatever it was."""
    handbook("copy", "web", str(project))
    note = json.loads((project / ".handbook/copied.json").read_text())
    packed = base64.b64encode(zlib.compress(DOCKERFILE.encode(), 0)).decode()
    assert note["files"]["Dockerfile"]["original"] != packed
    note["files"]["Dockerfile"]["original"] = packed
    text = msgspec.json.format(msgspec.json.encode(note, order="sorted"), indent=2) + b"\n"
    (project / ".handbook/copied.json").write_bytes(text)

    assert handbook("copy", "web", str(project)).exit_code == 0
    assert (project / ".handbook/copied.json").read_bytes() == text


def test_the_note_is_of_the_bytes_that_were_copied_last(
    handbook: Command, library: Library, prove: Callable[[], None], project: Path
) -> None:
    """What was copied by force is no update that a later one would have to merge."""
    handbook("copy", "web", str(project))
    library.write("web/Dockerfile", NEWER)
    prove()

    assert handbook("copy", "web", str(project), "--force").exit_code == 0
    note = json.loads((project / ".handbook/copied.json").read_text())
    assert note["files"]["Dockerfile"]["sha256"] == hashlib.sha256(NEWER.encode()).hexdigest()
    assert zlib.decompress(base64.b64decode(note["files"]["Dockerfile"]["original"])) == NEWER.encode()


def test_a_file_of_a_snippet_that_is_gone_is_not_written_over(
    handbook: Command, library: Library, store: EvidenceStore, project: Path
) -> None:
    """Nobody can tell any more what it shared."""
    handbook("copy", "web", str(project))
    shutil.rmtree(library.root / "web")
    library.write("conf/snippet.toml", CONF.replace('"web"', '"more"'))
    library.write("more/snippet.toml", WEB).write("more/Dockerfile", NEWER)
    for name in ("more", "conf"):
        store.write(evidence_of(library.snippet(name)), name)

    result = handbook("copy", "more", str(project))

    assert result.stderr == (
        "Error: Dockerfile: was copied with web, and more has another; copy it to a directory of its own\n"
    )


@pytest.mark.parametrize(
    ("slug", "status", "said"),
    [
        ("alma", 1, "alma is withheld: No registry answers."),
        ("wab", 2, "no snippet 'wab' (did you mean 'web'?)"),
    ],
)
def test_only_what_is_proven_is_copied(slug: str, status: int, said: str, handbook: Command, project: Path) -> None:
    """Nothing is written for anything else."""
    result = handbook("copy", slug, str(project))

    assert result.exit_code == status
    assert said in result.stderr
    assert own(project) == {"mine.py": b"mine\n"}


def test_what_is_not_proven_any_more_is_not_copied(handbook: Command, library: Library, project: Path) -> None:
    """The bytes changed since."""
    library.write("web/Dockerfile", NEWER)

    result = handbook("copy", "web", str(project))

    assert result.exit_code == 1
    assert "web is unproven: web changed since" in result.stderr
    assert not (project / ".handbook").exists()


def test_a_dry_run_shows_and_writes_nothing(handbook: Command, tmp_path: Path) -> None:
    """Not even the directory."""
    result = handbook("copy", "web", str(tmp_path / "new"), "--dry-run")

    assert "--- /dev/null\n+++ b/Dockerfile\n@@ -0,0 +1,3 @@\n" in result.stdout
    assert not (tmp_path / "new").exists()


def test_two_snippets_share_what_is_the_same(handbook: Command, library: Library, project: Path) -> None:
    """And clash over what is not, before anything is written."""
    assert handbook("copy", "conf", str(project)).exit_code == 0
    assert handbook("copy", "web", str(project)).exit_code == 0
    assert set(json.loads((project / ".handbook/copied.json").read_text())["snippets"]) == {"conf", "web"}

    other = WEB.replace('"serve.conf" = "conf/serve.conf"', "").replace("[uses]\n", "")
    library.write("other/snippet.toml", other).write("other/Dockerfile", NEWER).write("other/new.txt", "new\n")
    before = tree(project)
    store = EvidenceStore(library.root.parent / "evidence")
    store.write(evidence_of(library.snippet("other")), "other")

    result = handbook("copy", "other", str(project))

    assert "Dockerfile: was copied with web, and other has another" in result.stderr
    assert tree(project) == before


def test_an_edited_shared_file_gets_advice_that_helps(
    handbook: Command, library: Library, prove: Callable[[], None], project: Path
) -> None:
    """It is not another file of another snippet, and there is nothing to merge until there is something newer."""
    handbook("copy", "conf", str(project))
    (project / "serve.conf").write_text("workers = 9\n")
    first = handbook("copy", "web", str(project))
    library.write("conf/serve.conf", "workers = 4\n")
    prove()
    second = handbook("copy", "web", str(project))

    assert "you edited it since it was copied with conf, and nothing newer is there to merge" in first.stderr
    assert "`handbook update` merges" in second.stderr
    assert own(project)["serve.conf"] == b"workers = 9\n"
