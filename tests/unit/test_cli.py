"""The command line as a whole: wrong usage, errors, help, its version, and what a shell completes."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from snippets.cli import main
from tests.unit.command_line import Proven, run


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["list", "--stale", "--json"], "--stale prints plain lines: it takes no --json"),
        (["list", "--stale", "--promises"], "--promises, --pitfalls and --stale are three lists: ask for one"),
        (["show", "wep"], "no snippet 'wep' (did you mean 'web'?)"),
        (["show", "web", "Dokerfile"], "no file of web 'Dokerfile' (did you mean 'Dockerfile'?)"),
        (["show", "web", "../conf/serve.conf"], "no file of web '../conf/serve.conf' (did you mean 'serve.conf'?)"),
        (["show", "zzz"], "no snippet 'zzz'"),
        (["show"], "Missing argument 'SLUG'."),
        (["audit", "/nonexistent"], "Directory '/nonexistent' does not exist."),
        (["lst"], "No such command 'lst'."),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage_is_2_and_says_what_was_meant(proven: Proven, arguments: list[str], said: str) -> None:
    """Nothing is printed where a script would read it."""
    result = run(proven(), *arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_what_the_package_refuses_is_a_message_and_not_a_traceback(proven: Proven, tmp_path: Path) -> None:
    """A fault in what is read is said on stderr with status 1."""
    handbook = replace(proven(), docs=tmp_path / "docs")
    (tmp_path / "docs" / "tutorials").mkdir(parents=True)
    result = run(handbook, "list", "--stale")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: the library has 1 fault(s):\n  no tutorial in ")


def test_the_version_is_the_distribution_s() -> None:
    """Asked for its version, it says that of what is installed."""
    result = run(None, "--version")

    assert result.exit_code == 0
    assert result.stdout.startswith("handbook, version ")


def test_every_command_has_help() -> None:
    """Help says what a command does and which status means what."""
    assert "Exit status: 0" in run(None, "--help").stdout
    for command in main.commands:
        assert run(None, command, "--help").exit_code == 0


def test_help_imports_nothing_that_it_does_not_need() -> None:
    """A reader does not wait for TOML, Docker, tables or the library."""
    listed = "import sys, snippets.cli; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", listed], capture_output=True, text=True, check=True)

    loaded = set(done.stdout.split())
    assert not loaded & {"msgspec", "rich", "docker", "tomllib", "mkdocs", "pytest", "snippets.catalog"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_is_told_how_to_complete(shell: str) -> None:
    """By a script that asks the program itself."""
    result = run(None, "completion", shell)

    assert result.exit_code == 0
    assert "_HANDBOOK_COMPLETE" in result.stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("handbook st", "plain,status"),
        ("handbook copy flask-u", "plain,flask-uv"),
        ("handbook update --dr", "plain,--dry-run"),
    ],
)
def test_commands_options_and_snippets_are_completed(words: str, expected: str) -> None:
    """As bash asks for them: the words so far, and which of them is being typed."""
    asked = {"_HANDBOOK_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    program = "from snippets.cli import main; main(prog_name='handbook')"
    done = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, **asked}, capture_output=True, text=True, check=False
    )

    assert done.stdout.splitlines() == [expected]
