"""The command line without a process of its own: how tests call it, and over which handbook."""

from collections.abc import Callable

from click.testing import CliRunner, Result

from snippets.cli import main
from snippets.handbook import Handbook

Proven = Callable[[], Handbook]


def run(handbook: Handbook | None, *arguments: str) -> Result:
    """Run the command line over this handbook; only what it prints and its status count."""
    result = CliRunner().invoke(main, arguments, obj=handbook)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result
