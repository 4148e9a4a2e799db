"""`copy`, `status`, `update`: proven files in a project of the reader's, and how they are kept current."""

from typing import TYPE_CHECKING

import click

from .completion import Folder, Slug
from .shelf import shelf, standing_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ..project import Change, Target

FOLDER = click.argument("folder", metavar="[DIR]", default=".", type=Folder())
NOTHING = (
    "nothing was copied into {folder}: `handbook copy SLUG {folder}` copies a snippet, `handbook list` has their names"
)
DRY_RUN = click.option("--dry-run", is_flag=True, help="Show what would change, as a diff; write nothing.")


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
    """
    from ..project import Target, plan_copy, write

    standing, target = standing_of(ctx, slug), Target.at(folder)
    _recovered(target, dry_run=dry_run)
    plan = plan_copy(standing, target, force=force)
    if dry_run:
        _show_diff([*plan.backups.values(), *plan.written])
        return
    write(target, plan.changes)
    for change in plan.written:
        click.echo(f"{'replaced' if change.before is not None else 'wrote':9} {change.path}")
        if change.path in plan.backups:
            click.echo(f"{'kept':9} {plan.backups[change.path].path}")
    for path in plan.there:
        click.echo(f"{'identical':9} {path}")
    if standing.snippet.commands:
        click.echo("\nNext, as it was proven:")
        for command in standing.snippet.commands.values():
            click.echo("\n".join(f"  {line}" for line in command.splitlines()))


@click.command()
@FOLDER
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array, whose keys are a stable interface.")
@click.pass_context
def status(ctx: click.Context, folder: "Path", *, as_json: bool) -> None:
    """Say how each copied file in DIR stands against what was copied, and against the library of today.

    \b
    identical      as it is proven today
    yours differs  edited by you; nothing newer
    newer          a newer proven version exists: `handbook update` takes it
    both           edited by you, and newer: `handbook update` merges
    added          new in the snippet since you copied it
    conflict       a merge left marks in it, which wait for you
    missing        removed by you
    dropped        no longer part of the handbook

    Exit status 1 where something is newer or in conflict, for use in your CI.
    """  # noqa: D301 - \b is how click is told to leave a paragraph alone
    from ..project import Target
    from ..project import status as of
    from . import listing

    target = Target.at(folder)
    _recovered(target, dry_run=True)
    found = of(shelf(ctx), target)
    if not found and not as_json:
        raise click.ClickException(NOTHING.format(folder=folder))
    table = listing.files(found)
    if as_json:
        click.echo(table.as_json())
    else:
        table.show()
    ctx.exit(1 if any(each.is_outdated for each in found) else 0)


@click.command()
@FOLDER
@DRY_RUN
@click.pass_context
def update(ctx: click.Context, folder: "Path", *, dry_run: bool) -> None:
    """Bring the copied files in DIR up to date, merging what you edited.

    Conflicts are left in the file, marked as git marks them, and listed; exit status 1 while there are any. A
    run that was interrupted is finished or undone by the next.
    """
    from ..project import Outcome, Target, plan_update, read_note, write

    target = Target.at(folder)
    _recovered(target, dry_run=dry_run)
    if not read_note(target).files:
        raise click.ClickException(NOTHING.format(folder=folder))
    plan = plan_update(shelf(ctx), target)
    if dry_run:
        _show_diff(plan.shown)
    else:
        write(target, plan.changes)
    for file in plan.files:
        click.echo(f"{file.outcome:9} {file.path}{f': {file.said}' if file.said else ''}")
    if not plan.files:
        click.echo("everything is up to date")
    if any(file.outcome is Outcome.MERGED for file in plan.files) and not dry_run:
        click.echo("\nWhat was merged is no longer what was proven: `handbook check` judges it.")
    ctx.exit(1 if plan.has_conflicts else 0)


def _recovered(target: "Target", *, dry_run: bool) -> None:
    """Finish or undo what a killed run left, before anything is read; whoever only looks leaves it."""
    from ..errors import ProjectError
    from ..project import is_interrupted, recover

    if dry_run and is_interrupted(target):
        raise ProjectError(
            "a run of `handbook` was interrupted here: `handbook copy` or `handbook update` finishes or undoes it"
        )
    if not dry_run and (done := recover(target)):
        click.echo(f"the run before this one was interrupted: it was {done}", err=True)


def _show_diff(changes: "Sequence[Change]") -> None:
    """As git shows it; in colour on a terminal."""
    for line in _diff(changes):
        colour = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1])
        click.echo(click.style(line, fg=colour) if colour and not line.startswith(("+++", "---")) else line)


def _diff(changes: "Sequence[Change]") -> "Iterator[str]":
    import difflib

    for change in changes:
        before = (change.before or b"").decode(errors="replace").split("\n")
        after = change.after.decode(errors="replace").split("\n")
        names = ("/dev/null" if change.before is None else f"a/{change.path}", f"b/{change.path}")
        yield from difflib.unified_diff(before, after, *names, lineterm="")
