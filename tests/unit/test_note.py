"""The note of a project: what it holds and is trusted with, how an older one is taken over, a newer one refused."""

import base64
import hashlib
import json
import zlib
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from snippets.cli import main
from snippets.handbook import Handbook
from tests.unit.odd import lay
from tests.unit.projects import EDITED, NEWER, Command
from tests.unit.sample import DOCKERFILE, Library, evidence_of
from tests.unit.test_target import tree

CONF = "workers = 3\n"
NOTE = ".handbook/copied.json"
MERGED = NEWER + "LABEL mine=1\n"


@pytest.fixture
def handbook(proven: Callable[[], Handbook]) -> Command:
    """The command line over the sample library, which was proven once."""

    def run(*arguments: str) -> Result:
        result = CliRunner().invoke(main, arguments, obj=proven())
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    return run


@pytest.fixture
def newer(library: Library, proven: Callable[[], Handbook]) -> Callable[[], None]:
    """Prove a newer Dockerfile."""

    def prove() -> None:
        library.write("web/Dockerfile", NEWER)
        proven().store.write(evidence_of(library.snippet()), "web")
        proven().store.write(evidence_of(library.snippet("conf")), "conf")

    return prove


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A directory of the reader's."""
    (tmp_path / "project").mkdir()
    return tmp_path / "project"


def sha(text: str) -> str:
    """As notes have it."""
    return hashlib.sha256(text.encode()).hexdigest()


def old_project(project: Path, library: Library, *, yours: str = EDITED) -> None:
    """As a handbook of the older layout left it."""
    files = {"Dockerfile": DOCKERFILE, "serve.conf": CONF}
    entries = {path: {"snippet": "web", "sha256": sha(text)} for path, text in files.items()}
    note = {"version": 1, "snippets": {"web": library.snippet().digest}, "files": entries}
    (project / ".handbook/original").mkdir(parents=True)
    (project / NOTE).write_text(json.dumps(note))
    for path, text in files.items():
        (project / ".handbook/original" / path).write_text(text)
        (project / path).write_text(text)
    (project / "Dockerfile").write_text(yours)


def test_the_originals_lie_in_the_note_and_look_like_no_source(handbook: Command, project: Path) -> None:
    """Nothing that formats, or mends ends of files, finds a file to rewrite."""
    handbook("copy", "web", str(project))

    note = json.loads((project / NOTE).read_text())
    assert (note["version"], note["handbook"]) == (2, version("deployment-handbook"))
    packed = note["files"]["Dockerfile"]["original"]
    assert zlib.decompress(base64.b64decode(packed)).decode() == DOCKERFILE
    assert {path for path in tree(project) if path.startswith(".handbook")} == {NOTE}


REWRITES: dict[str, Callable[[bytes], bytes]] = {
    "line ends": lambda text: text.replace(b"\n", b"\r\n"),
    "no end": lambda text: text.rstrip(),
    "more ends": lambda text: text + b"\n\n",
    "one line": lambda text: json.dumps(json.loads(text)).encode(),
    "tabs and order": lambda text: json.dumps(dict(reversed(json.loads(text).items())), indent="\t").encode(),
    "byte order mark": lambda text: b"\xef\xbb\xbf" + text,
}


@pytest.mark.parametrize("rewrite", REWRITES)
def test_a_note_that_a_tool_has_laid_out_anew_is_the_same_note(
    rewrite: str, handbook: Command, newer: Callable[[], None], project: Path
) -> None:
    """Whatever it did to white space, and to the ends of lines."""
    handbook("copy", "web", str(project))
    (project / "Dockerfile").write_text(EDITED)
    (project / NOTE).write_bytes(REWRITES[rewrite]((project / NOTE).read_bytes()))
    newer()

    assert handbook("update", str(project)).exit_code == 0
    assert (project / "Dockerfile").read_text() == MERGED


@pytest.mark.parametrize(
    "rewrite", [lambda text: text, lambda text: text.replace(b"\n", b"\r\n")], ids=["as left", "line ends turned"]
)
def test_an_older_project_is_taken_over_in_place(
    rewrite: Callable[[bytes], bytes], handbook: Command, library: Library, newer: Callable[[], None], project: Path
) -> None:
    """Its originals move into the note, and the directory of them goes; also where a checkout turned all lines."""
    old_project(project, library)
    for path in (project / ".handbook").rglob("*"):
        if path.is_file():
            path.write_bytes(rewrite(path.read_bytes()))
    assert handbook("status", str(project)).exit_code == 0
    newer()

    result = handbook("update", str(project))

    assert (result.exit_code, (project / "Dockerfile").read_text()) == (0, MERGED)
    assert [path for path in tree(project) if path.startswith(".handbook")] == [NOTE]
    assert json.loads((project / NOTE).read_text())["version"] == 2
    assert handbook("update", str(project)).stdout == "everything is up to date\n"


def test_an_older_project_with_nothing_new_is_taken_over_as_well(
    handbook: Command, library: Library, newer: Callable[[], None], project: Path
) -> None:
    """Before a formatter gets at it."""
    old_project(project, library)

    assert handbook("update", str(project)).stdout == "everything is up to date\n"
    assert [path for path in tree(project) if path.startswith(".handbook")] == [NOTE]
    newer()
    handbook("update", str(project))
    assert (project / "Dockerfile").read_text() == MERGED


@pytest.mark.parametrize("what", ["rewritten", "removed", "directory", "link"])
@pytest.mark.parametrize("yours", ["edited", "as copied"])
def test_where_an_older_original_is_lost_there_is_a_way_forward(  # noqa: PLR0913, PLR0917 - a fixture each
    what: str, yours: str, handbook: Command, library: Library, newer: Callable[[], None], project: Path
) -> None:
    """An unedited file is its own original; of an edited one every difference is marked, and nothing is lost."""
    old_project(project, library, yours=EDITED if yours == "edited" else DOCKERFILE)
    place = project / ".handbook/original/Dockerfile"
    place.unlink()
    if what == "rewritten":
        place.write_text("# formatted\n" + DOCKERFILE)
    else:
        lay(what, place, project / "Dockerfile")
    newer()

    result = handbook("update", str(project))

    text = (project / "Dockerfile").read_text()
    if yours == "as copied":
        assert (result.exit_code, text) == (0, NEWER)
    else:
        assert result.exit_code == 1
        assert "nobody has the original any more" in result.stdout
        assert "<<<<<<< yours\nFROM python:3.13\n=======\nFROM python:3.14\n>>>>>>> handbook\n" in text
        assert "<<<<<<< yours\nLABEL mine=1\n=======\n>>>>>>> handbook\n" in text


@pytest.mark.parametrize("packed", ["", "x", "eJwDAAAAAAE=", base64.b64encode(zlib.compress(b"other")).decode()])
def test_an_original_that_is_not_what_was_copied_is_nobodys(
    packed: str, handbook: Command, newer: Callable[[], None], project: Path
) -> None:
    """Its digest says so; all differences are marked."""
    handbook("copy", "web", str(project))
    (project / "Dockerfile").write_text(EDITED)
    note = json.loads((project / NOTE).read_text())
    note["files"]["Dockerfile"]["original"] = packed
    (project / NOTE).write_text(json.dumps(note))
    newer()

    result = handbook("update", str(project))

    assert result.exit_code == 1
    assert "LABEL mine=1\n" in (project / "Dockerfile").read_text()


def test_a_few_bytes_do_not_unpack_to_gigabytes(handbook: Command, newer: Callable[[], None], project: Path) -> None:
    """What is larger than any snippet is no original."""
    handbook("copy", "web", str(project))
    note = json.loads((project / NOTE).read_text())
    note["files"]["Dockerfile"]["original"] = base64.b64encode(zlib.compress(bytes(200 * 2**20), 1)).decode()
    (project / NOTE).write_text(json.dumps(note))
    newer()

    assert handbook("update", str(project)).exit_code == 0


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"version": 3}, "in layout 3"),
        ({"version": 3, "surprise": {"a": 1}, "files": []}, "in layout 3"),
        ({"handbook": "999.0"}, "written by handbook 999.0 in layout 2, and this is "),
        ({"handbook": "999.0rc1", "more": 1}, "written by handbook 999.0rc1"),
    ],
)
@pytest.mark.parametrize("command", [("copy", "web"), ("status",), ("update",)])
def test_a_newer_note_is_refused_by_its_version(
    changed: dict[str, object], said: str, command: tuple[str, ...], handbook: Command, project: Path
) -> None:
    """Not by a key that nobody knows here: an older handbook would bring the older files back."""
    handbook("copy", "web", str(project))
    (project / NOTE).write_text(json.dumps(json.loads((project / NOTE).read_text()) | changed))
    before = tree(project)

    result = handbook(*command, str(project))

    assert result.exit_code == (1 if command[0] == "copy" else 2)
    assert said in result.stderr
    assert ": install handbook " in result.stderr
    assert tree(project) == before


def test_a_newer_handbook_alone_changes_no_note(handbook: Command, project: Path) -> None:
    """Or whoever has the older one would be refused for nothing."""
    handbook("copy", "web", str(project))
    (project / NOTE).write_text((project / NOTE).read_text().replace(version("deployment-handbook"), "0.0.1"))
    before = tree(project)

    assert handbook("update", str(project)).exit_code == 0
    assert handbook("copy", "web", str(project)).exit_code == 0
    assert tree(project) == before


PATHS = [
    *("../x", "/etc/passwd", "C:/x", "c:x", "a\\b", "a\0b", "a//b", "./a", "", "a/", "a:b"),
    *(
        ".git/hooks/post-checkout",
        ".GIT/config",
        ".Git/config",
        "a/.git/config",
        "git~1/config",
        "GIT~1/x",
        "a/GIT~2/x",
    ),
    *(".gi\u200ct/config", ".git./config", ".git /config", "x\u202egpj.sh", "x\x1b[31m", "x\x7f", "x\u2028y", "x\x85y"),
    *("CON", "nul.txt", "a/aux", "COM1.txt", "com¹", "lpt9 .txt", "LONGFI~1.TXT", "x" * 300),
    *(".handbook/copied.json", ".HANDBOOK/x"),
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("command", ["status", "update"])
def test_a_note_that_names_no_file_of_a_project_is_refused(
    path: str, command: str, handbook: Command, newer: Callable[[], None], project: Path
) -> None:
    """It came with a clone: nothing is read or written there, and nothing of it reaches the terminal as it is."""
    handbook("copy", "web", str(project))
    note = json.loads((project / NOTE).read_text())
    note["files"][path] = note["files"]["Dockerfile"]
    (project / NOTE).write_text(json.dumps(note))
    newer()
    before = tree(project.parent)

    result = handbook(command, str(project))

    assert result.exit_code == 2
    assert result.stderr.startswith(f"Error: {NOTE}: ")
    assert result.output.isascii()
    assert result.output.replace("\n", "").isprintable()
    assert tree(project.parent) == before


@pytest.mark.parametrize(
    "changed",
    [
        {"snippets": {"\x1b[31mweb": "00"}},
        {"snippets": {"web": "\x1b[31m"}},
        {"files": {"Dockerfile": {"snippet": "web\x1b[31m", "sha256": "0" * 64}}},
        {"files": {"Dockerfile": {"snippet": "web", "sha256": "\x1b[31m"}}},
        {"files": {"Dockerfile": {"snippet": "web", "sha256": "0" * 64, "\x1b[31m": 1}}},
        {"files": {"a": {"snippet": "web", "sha256": "0" * 64}, "A": {"snippet": "web", "sha256": "0" * 64}}},
        {"files": {"é": {"snippet": "web", "sha256": "0" * 64}, "e\u0301": {"snippet": "web", "sha256": "0" * 64}}},
        {"files": {"a": {"snippet": "web", "sha256": "0" * 64}, "a/b": {"snippet": "web", "sha256": "0" * 64}}},
        {"handbook": "\x1b[31m1"},
        {"handbook": "9" * 5_000},
        {"version": 0},
        {"version": -1},
        {"version": "2"},
        {"\x1b[31m": 1},
    ],
)
def test_a_note_that_nobody_wrote_is_refused(changed: dict[str, object], handbook: Command, project: Path) -> None:
    """With the way to mend it, and without what a terminal would obey."""
    handbook("copy", "web", str(project))
    (project / NOTE).write_text(json.dumps(json.loads((project / NOTE).read_text()) | changed))

    result = handbook("status", str(project))

    assert result.exit_code == 2
    assert "Restore it from your version control" in result.stderr
    assert result.output.replace("\n", "").isprintable()


@pytest.mark.parametrize("text", [b"", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"version": 1e999}', b"{" * 100_000])
def test_what_is_no_note_is_refused(text: bytes, handbook: Command, project: Path) -> None:
    """Empty, of another kind, or nested until a parser gives up."""
    (project / ".handbook").mkdir()
    (project / NOTE).write_bytes(text)

    result = handbook("status", str(project))

    assert (result.exit_code, "Restore it from your version control" in result.stderr) == (2, True)


def test_what_an_older_note_tells_of_stands_as_it_did_while_nothing_newer_is_proven(
    handbook: Command, library: Library, project: Path
) -> None:
    """It did not say what is executable; what the library of today has at that path does."""
    old_project(project, library, yours=DOCKERFILE)
    library.write("web/Dockerfile", NEWER)

    def stands() -> dict[str, str]:
        rows = json.loads(handbook("status", str(project), "--json").stdout)
        return {row["path"]: row["state"] for row in rows}

    assert stands() == {"Dockerfile": "identical", "serve.conf": "identical"}
    (library.root / "web" / "Dockerfile").chmod(0o755)
    assert stands() == {"Dockerfile": "yours differs", "serve.conf": "identical"}
    (project / "Dockerfile").chmod(0o755)
    assert stands() == {"Dockerfile": "identical", "serve.conf": "identical"}


def test_a_note_is_read_up_to_a_size_that_none_has(handbook: Command, project: Path) -> None:
    """To the byte: no clone has anybody read without end."""
    handbook("copy", "web", str(project))
    largest = (project / NOTE).read_bytes().rjust(64 * 1024 * 1024)
    (project / NOTE).write_bytes(largest)
    assert handbook("status", str(project)).exit_code == 0

    (project / NOTE).write_bytes(largest + b" ")
    result = handbook("status", str(project))
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: .handbook/copied.json: of 67108865 bytes, which is no note's size. Restore")


@pytest.mark.parametrize("what", [".handbook", NOTE])
@pytest.mark.parametrize("kind", ["link", "directory", "pipe", "file"])
@pytest.mark.parametrize("command", [("copy", "web"), ("status",), ("update",)])
def test_an_odd_thing_in_the_place_of_the_note_is_refused(  # noqa: PLR0913, PLR0917 - a fixture each
    what: str, kind: str, command: tuple[str, ...], handbook: Command, project: Path, tmp_path: Path
) -> None:
    """Followed, waited for or written into is none."""
    if (what, kind) in {(".handbook", "directory"), (NOTE, "file")}:
        return
    (tmp_path / "outside").mkdir()
    (project / what).parent.mkdir(exist_ok=True)
    lay(kind, project / what, tmp_path / "outside")
    before = tree(tmp_path)

    result = handbook(*command, str(project))

    assert (result.exit_code, result.stderr.startswith("Error: .handbook")) == (1 if command[0] == "copy" else 2, True)
    assert tree(tmp_path) == before


def test_a_journal_that_came_with_a_clone_is_never_followed(
    handbook: Command, newer: Callable[[], None], project: Path
) -> None:
    """It would have run code: its files would be written, its directories removed; it is told instead."""
    handbook("copy", "web", str(project))
    evil = b"#!/bin/sh\necho ran\n"
    pending = project / ".handbook/pending"
    pending.mkdir()
    (pending / hashlib.sha256(evil).hexdigest()).write_bytes(evil)
    steps = [
        {"path": path, "before": None, "after": hashlib.sha256(evil).hexdigest(), "executable": True}
        for path in (".git/hooks/post-checkout", "run.sh")
    ]
    (pending / "journal.json").write_text(json.dumps({"steps": steps, "made": ["../outside"]}))
    (project / ".handbook/staging-x").mkdir()
    (project.parent / "outside").mkdir()
    (project / ".git/hooks").mkdir(parents=True)
    (project / ".git/HEAD").write_text("ref: refs/heads/main\n")
    newer()
    before = tree(project.parent)

    for command in (("status",), ("update", "--dry-run")):
        result = handbook(*command, str(project))
        assert ".handbook/pending: left by an older handbook, or laid there; nothing of it is done" in result.stderr
        assert ".handbook/staging-x: left by" in result.stderr
    assert tree(project.parent) == before
    assert handbook("update", str(project)).exit_code == 0
    assert handbook("copy", "conf", str(project)).exit_code == 0

    after = tree(project.parent)
    changed = {path for path in {*before, *after} if before.get(path) != after.get(path)}
    assert changed == {"project/Dockerfile", f"project/{NOTE}"}
    assert (project.parent / "outside").is_dir()
    assert (project / ".handbook/staging-x").is_dir()
