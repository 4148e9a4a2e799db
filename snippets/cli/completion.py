"""`completion`: what a shell needs to complete commands, options and the names of snippets."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pathlib import Path

    from click.shell_completion import CompletionItem

PROGRAM, VARIABLE = "handbook", "_HANDBOOK_COMPLETE"


class Slug(click.types.StringParamType):
    """The name of a snippet; a shell that completes is told those that begin so."""

    name = "slug"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
        """All of the library, with their titles: whether they are proven takes longer than a shell should wait."""
        from click.shell_completion import CompletionItem

        from ..catalog import load

        del ctx, param
        found = load().snippets.values()
        return [CompletionItem(each.name, help=each.title) for each in found if each.name.startswith(incomplete)]


class Folder(click.Path):
    """A directory's path, whether it is there or not."""

    name = "directory"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> "Path":  # type: ignore[override] # a reader of `--help` does not wait for pathlib
        """As the commands take it."""
        from pathlib import Path

        return Path(str(super().convert(value, param, ctx)))


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print a script that completes commands, options and snippets in SHELL.

    \b
    bash   eval "$(handbook completion bash)", in ~/.bashrc
    zsh    eval "$(handbook completion zsh)", in ~/.zshrc
    fish   handbook completion fish | source, in ~/.config/fish/config.fish
    """  # noqa: D301 - \b is how click is told to leave a paragraph alone
    from click.shell_completion import get_completion_class

    made = get_completion_class(shell)
    assert made is not None
    click.echo(made(ctx.find_root().command, {}, PROGRAM, VARIABLE).source())
