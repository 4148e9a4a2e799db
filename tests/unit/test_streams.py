"""A program among others: whatever its streams can take, it ends without a traceback, and nothing on them is obeyed."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from snippets.cli import main
from snippets.contract import Verdict
from snippets.evidence.store import EvidenceStore
from snippets.handbook import Handbook
from snippets.terminal import UNHEARD, UNWRITTEN, printable
from tests.unit.command_line import Proven, run
from tests.unit.sample import NOW, Library, evidence_of, judged

ROOT = Path(__file__).parents[2]
PROGRAM = (sys.executable, "-c", "from snippets.cli import main; main(prog_name='handbook')")
# Tables are printed, bytes written, and help told before any command is there.
LISTS = [("list", "--promises"), ("show", "flask-uv", "Dockerfile"), ("--help",)]


def shell(script: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the program in a shell; `$@` is the program with its arguments."""
    command = ["bash", "-c", script, "bash", *PROGRAM, *arguments]
    env = {**os.environ, **environment}
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


@pytest.mark.usefixtures("vouched")
@pytest.mark.parametrize("arguments", LISTS, ids=" ".join)
@pytest.mark.parametrize(
    "script",
    ['"$@" | head -1 >&2', '"$@" | true', '"$@" >&- 2>&-', '"$@" > /dev/full'],
)
def test_whoever_reads_may_go_at_any_time(script: str, arguments: tuple[str, ...]) -> None:
    """Without a word of Python's, at most one of ours."""
    done = shell(script, *arguments)

    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    if "/dev/full" in script:
        assert done.returncode == UNWRITTEN
        assert done.stderr == "Error: what was to be said could not be written: No space left on device\n"


def test_who_is_not_heard_says_so_by_its_status() -> None:
    """And not by that of an answer."""
    assert shell('"$@" | true; exit ${PIPESTATUS[0]}', "list", "--promises", "--json").returncode == UNHEARD


@pytest.mark.usefixtures("vouched")
@pytest.mark.parametrize(
    "environment",
    [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}],
    ids=["ascii", "C"],
)
def test_an_ascii_terminal_gets_escapes(environment: dict[str, str]) -> None:
    """And no traceback at the first letter that it cannot show."""
    done = shell('"$@"', "evidence", "flask-uv", **environment)

    assert (done.returncode, done.stderr) == (0, "")
    assert "\\u" in done.stdout or "\\x" in done.stdout


# Nothing that an earlier command kept is there, and whatever of ours asks the system for an encoding is an error.
STRICT = """
import warnings
warnings.simplefilter("ignore", EncodingWarning)
warnings.filterwarnings("error", category=EncodingWarning, module="snippets")
from snippets.contract.kept import Digests
Digests.get = lambda *_: None
from snippets.cli import main
main(prog_name="handbook")
"""


@pytest.mark.usefixtures("vouched")
@pytest.mark.parametrize(
    "arguments",
    ["list --json", "show flask-uv Dockerfile", "evidence flask-uv", "copy flask-uv {}", "status {}", "update {}"],
)
def test_no_file_is_read_in_the_encoding_of_a_system(arguments: str, tmp_path: Path) -> None:
    """It would be read otherwise on the next, or not at all."""
    folder = str(tmp_path / "project")
    if arguments.startswith(("status", "update")):
        assert shell('"$@"', "copy", "flask-uv", folder).returncode == 0
    command = [sys.executable, "-X", "warn_default_encoding", "-c", STRICT, *arguments.format(folder).split()]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.stderr == ""
    assert done.returncode in {0, 1}


@pytest.mark.parametrize("text", ["plain text\n\twith tabs", "é…ß漢", ""])
def test_text_is_printed_as_it_is(text: str) -> None:
    """Whatever the language."""
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("back\x08\r", "back\\x08\\r"),
        ("\x9b31m", "\\x9b31m"),
        ("\u202eexe.txt", "\\u202eexe.txt"),
        ("\u2066a\u2069", "\\u2066a\\u2069"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("half\udc80", "half\\udc80"),
        ("\U000e0041", "\\U000e0041"),
        ("a\u2028b\x00", "a\\u2028b\\x00"),
    ],
)
def test_what_a_terminal_would_obey_is_written_out(text: str, shown: str) -> None:
    """Controls, directions, what has no width, and what is no letter."""
    assert printable(text) == shown


def test_a_patch_on_a_terminal_obeys_nothing_and_on_a_pipe_is_whole(
    proven: Callable[[], Handbook], tmp_path: Path
) -> None:
    """The reader's file may hold anything, which `git apply` has to get."""
    (tmp_path / "serve.conf").write_bytes(b"\x1b[31mred\xff\n")
    arguments = ["copy", "web", str(tmp_path), "--dry-run", "--force"]

    shown = CliRunner().invoke(main, arguments, obj=proven(), color=True)
    piped = CliRunner().invoke(main, arguments, obj=proven())

    assert "-\\x1b[31mred" in shown.stdout
    assert b"-\x1b[31mred\xff\n" in piped.stdout_bytes


def test_an_error_about_an_odd_name_is_told_without_it(proven: Callable[[], Handbook], tmp_path: Path) -> None:
    """The name of a directory that somebody else made."""
    folder = tmp_path / "\x1b[31mred\u202e"
    folder.mkdir()
    (folder / ".handbook").write_text("mine\n")

    for command in ("status", "update"):
        result = CliRunner().invoke(main, [command, str(folder)], obj=proven())
        assert result.exit_code == 2
        assert result.output.replace("\n", "").isprintable()


@pytest.mark.parametrize("arguments", [("list",), ("list", "--stale"), ("show", "web"), ("evidence", "web")])
def test_what_a_record_says_is_shown_and_not_obeyed(
    proven: Proven, library: Library, store: EvidenceStore, arguments: tuple[str, ...]
) -> None:
    """What a terminal would obey is written out; so is what turns the direction of writing."""
    said = "clears \x1b[2J\x1b]0;title\x07 and turns \u202e"
    evidence = judged("drains", verdict=Verdict.BROKEN, seen=said)(evidence_of(library.snippet()))
    proven()
    store.write(evidence, "web")
    result = run(Handbook(catalog=library.load(), store=store, now=NOW), *arguments)

    assert r"clears \x1b[2J\x1b]0;title\x07 and turns \u202e" in result.stdout
    assert "\x1b" not in result.stdout
    assert "\u202e" not in result.stdout


def test_no_color_is_honoured(proven: Proven, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the terminal can do: see no-color.org."""
    arguments = ["copy", "web", str(tmp_path / "new"), "--dry-run"]
    coloured = CliRunner().invoke(main, arguments, obj=proven(), color=True)
    monkeypatch.setenv("NO_COLOR", "1")
    plain = CliRunner().invoke(main, arguments, obj=proven(), color=True)

    assert "\x1b[32m+FROM python:3.13" in coloured.stdout
    assert "\x1b" not in plain.stdout
