"""`handbook`, the command line: look at what is proven, copy it, keep it current, hold a container to the contract.

A reader waits for every import, so each command imports what it needs.
"""

import os
from typing import Any

import click

from ..environment import NO_COLOR
from ..errors import SnippetsError
from ..terminal import listening, printable, unheard
from .check import check
from .completion import completion
from .library import evidence, list_, show
from .new import new
from .project import copy, status, update
from .site import audit


def _width() -> int:
    """Columns for help, as click has them; it would import shutil to ask, which takes longer than all of ours."""
    try:
        columns = int(os.environ.get("COLUMNS") or os.get_terminal_size().columns)
    except (OSError, ValueError):
        columns = 80
    return max(min(columns, 80) - 2, 50)


class Refusing(click.Group):
    """A group that ends with a message and status 1, not a traceback, where the package refuses something."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the chosen command."""
        try:
            return super().invoke(ctx)
        except SnippetsError as error:
            raise click.ClickException(printable(str(error))) from None
        except BrokenPipeError:
            # Before click makes it a 1, which says that something is not so.
            unheard()

    def main(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - as click has it
        """Run as a program does, whatever its streams can take."""
        with listening():
            return super().main(*arguments, **options)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which a reader meets them."""
        del ctx
        return list(self.commands)


@click.group(cls=Refusing, context_settings={"help_option_names": ["-h", "--help"], "terminal_width": _width()})
@click.version_option(package_name="deployment-handbook", prog_name="handbook")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Copy deployment snippets that were built, booted and probed, and keep them current.

    Exit status: 0 where all that was asked for is so, 1 where something is not, 2 for wrong usage and
    (`status`, `update`) for what could not be told or done, 3 (`check`) where something could not be judged.
    """
    # https://no-color.org: set and not empty. Otherwise colours go to terminals alone.
    if os.environ.get(NO_COLOR.name):
        ctx.color = False


for command in (list_, show, evidence, copy, status, update, check, audit, new, completion):
    main.add_command(command)
