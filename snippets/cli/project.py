"""`copy`, `status`, `update`: proven files in a project of the reader's, and how they are kept current."""

from typing import TYPE_CHECKING

import click

from ..terminal import printable
from .completion import Folder, Slug
from .shelf import shelf, standing_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from ..project import Change, Target

# As with `diff` and `grep`: 1 is an answer, 2 is trouble.
TROUBLE = 2
FOLDER = click.argument("folder", metavar="[DIR]", default=".", type=Folder())
NOTHING = (
    "nothing was copied into {folder}: `handbook copy SLUG {folder}` copies a snippet, `handbook list` has their names"
)
DRY_RUN = click.option("--dry-run", is_flag=True, help="Print a patch for `git apply` instead; write nothing.")


class TroubleError(click.ClickException):
    """It could not be told, or not be done."""

    exit_code = TROUBLE


class Comparing(click.Command):
    """A command whose status 1 says that files differ, so that what it refuses, or cannot do, is 2."""

    def invoke(self, ctx: click.Context) -> object:
        """Run it."""
        from ..errors import SnippetsError

        try:
            return super().invoke(ctx)
        except SnippetsError as error:
            raise TroubleError(printable(str(error))) from None


@click.command()
@click.argument("slug", type=Slug())
@FOLDER
@click.option("--force", is_flag=True, help="Replace files that differ; what was there is kept beside them.")
@DRY_RUN
@click.pass_context
def copy(ctx: click.Context, slug: str, folder: "Path", *, force: bool, dry_run: bool) -> None:
    """Copy a proven snippet's files into DIR (default: the current directory), all of them or none.

    A file that is there and differs is never written over. What was copied is noted in DIR/.handbook, which
    belongs into your version control: `status` and `update` read it.

    Exit status: 0 where all files are there, 1 where they are not, with nothing changed.
    """
    from ..project import Target, plan_copy, write

    standing, target = standing_of(ctx, slug), Target.at(folder)
    _recovered(target, standing.snippet.sources, dry_run=dry_run)
    plan = plan_copy(shelf(ctx), slug, target, force=force)
    if dry_run:
        _show_patch(target, plan.shown)
        return
    write(target, plan.changes, plan.there)
    for change in plan.written:
        click.echo(f"{'replaced' if change.path in plan.backups else 'wrote':9} {change.path}")
        if change.path in plan.backups:
            click.echo(f"{'kept':9} {plan.backups[change.path].path}")
    for path in plan.there:
        click.echo(f"{'identical':9} {path}")
    if standing.snippet.commands:
        click.echo("\nNext, as it was proven:")
        for command in standing.snippet.commands.values():
            click.echo("\n".join(f"  {line}" for line in command.splitlines()))


@click.command(cls=Comparing)
@FOLDER
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array, whose keys are a stable interface.")
@click.pass_context
def status(ctx: click.Context, folder: "Path", *, as_json: bool) -> None:
    """Say how each copied file in DIR stands against what was copied, and against the library of today.

    \b
    identical      as it is proven today
    yours differs  edited by you, or not executable any more; nothing newer
    newer          a newer proven version exists: `handbook update` takes it
    both           edited by you, and newer: `handbook update` merges
    added          new in the snippet since you copied it
    conflict       a merge left marks in it, which wait for you
    missing        removed by you
    dropped        no longer part of the handbook
    unreadable     no file, or one that may not be read

    Exit status, for use in your CI: 0 where nothing is to be done, 1 where something is newer or in conflict, 2
    where that cannot be told, of one file or of all.
    """  # noqa: D301 - \b is how click is told to leave a paragraph alone
    from ..project import FileState, Target
    from ..project import status as of
    from . import listing

    target = Target.at(folder)
    _recovered(target, (), dry_run=True)
    found = of(shelf(ctx), target)
    if not found and not as_json:
        raise TroubleError(NOTHING.format(folder=printable(str(folder))))
    table = listing.files(found)
    if as_json:
        click.echo(table.as_json())
    else:
        table.show()
    unreadable = [each for each in found if each.state is FileState.UNREADABLE]
    for each in unreadable:
        click.echo(printable(f"Error: {each.why}"), err=True)
    ctx.exit(TROUBLE if unreadable else 1 if any(each.is_outdated for each in found) else 0)


@click.command(cls=Comparing)
@FOLDER
@DRY_RUN
@click.pass_context
def update(ctx: click.Context, folder: "Path", *, dry_run: bool) -> None:
    """Bring the copied files in DIR up to date, merging what you edited.

    Conflicts are left in the file, marked as git marks them, and listed. What a run that was interrupted moved aside
    is put back by the next.

    Exit status: 0 where all is up to date, 1 while there are conflicts, 2 where a file, or all of it, could not be
    brought up to date.
    """
    from ..project import Outcome, Target, plan_update, read_note, write

    target = Target.at(folder)
    _recovered(target, (), dry_run=dry_run)
    if not read_note(target).files:
        raise TroubleError(NOTHING.format(folder=printable(str(folder))))
    plan = plan_update(shelf(ctx), target)
    if dry_run:
        _show_patch(target, plan.shown)
    else:
        write(target, plan.changes, plan.read)
    # A patch is for a program, which reads stdout: what is said of it goes elsewhere.
    for file in plan.files:
        said = f"{file.outcome:9} {file.path}{f': {file.said}' if file.said else ''}"
        click.echo(printable(said), err=dry_run or file.outcome is Outcome.FAILED)
    if not plan.files:
        click.echo("everything is up to date", err=dry_run)
    if any(file.outcome is Outcome.MERGED for file in plan.files) and not dry_run:
        click.echo("\nWhat was merged is no longer what was proven: `handbook check` judges it.")
    ctx.exit(TROUBLE if plan.has_failures else 1 if plan.has_conflicts else 0)


def _recovered(target: "Target", paths: "Iterable[str]", *, dry_run: bool) -> None:
    """Put back what a killed run moved aside, before anything is read; whoever only looks leaves it."""
    from ..errors import ProjectError
    from ..project import is_interrupted, pending, recover

    for said in pending(target):
        click.echo(printable(said), err=True)
    paths = tuple(paths)
    if dry_run and is_interrupted(target, paths):
        raise ProjectError(
            "a run of `handbook` is under way here, or was interrupted: `handbook copy` or `handbook update` puts back "
            "what that one moved aside"
        )
    if not dry_run:
        for said in recover(target, paths):
            click.echo(printable(said), err=True)


def _show_patch(target: "Target", changes: "Sequence[Change]") -> None:
    """For `git apply`, byte for byte; in colour where a person reads it, and without what a terminal obeys."""
    import sys

    from click._compat import should_strip_ansi

    from ..project import patch

    made = patch(target, changes)
    is_terminal = sys.stdout is not None and sys.stdout.isatty()
    if not is_terminal and should_strip_ansi(sys.stdout, click.get_current_context().color):
        click.echo(made, nl=False)
        return
    for line in made.decode(errors="replace").split("\n")[:-1]:
        colour = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1])
        shown = printable(line)
        click.echo(click.style(shown, fg=colour) if colour and not line.startswith(("+++", "---")) else shown)
