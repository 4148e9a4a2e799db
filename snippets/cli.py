"""`handbook`, the command line: how everything stands, each file and why it may be copied, what a site shows.

A reader waits for every import, so each command imports what it needs.
"""

from typing import TYPE_CHECKING, NoReturn

import click

from snippets.errors import SnippetsError

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from snippets.standing import Standings


class Refusing(click.Group):
    """A group that ends with a message and status 1, not a traceback, where the package refuses something."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the chosen command."""
        try:
            return super().invoke(ctx)
        except SnippetsError as error:
            raise click.ClickException(str(error)) from None


@click.group(cls=Refusing, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="deployment-handbook", prog_name="handbook")
def main() -> None:
    """Show deployment snippets that were built, booted and probed.

    Exit status: 0 where all that was asked for is proven or withheld, 1 where something is not, 2 for wrong usage.
    """


@main.command("list")
@click.option("--promises", is_flag=True, help="List the promises of the contract instead.")
@click.option("--pitfalls", is_flag=True, help="List the pitfalls instead.")
@click.option("--stale", is_flag=True, help="Print the names of what has to be proven, one a line, tutorials included.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array, whose keys are a stable interface.")
@click.pass_context
def list_(ctx: click.Context, *, promises: bool, pitfalls: bool, stale: bool, as_json: bool) -> None:
    """List the snippets and how each stands."""
    from snippets import listing

    if promises + pitfalls + stale > 1:
        _refuse_usage("--promises, --pitfalls and --stale are three lists: ask for one")
    if stale and as_json:
        _refuse_usage("--stale prints plain names: it takes no --json")
    if stale:
        standings, docs = _shelf(ctx)
        names = listing.stale(standings, docs)
        click.echo("".join(f"{name}\n" for name in names), nl=False)
        ctx.exit(1 if names else 0)
    if promises:
        table = listing.promises()
    else:
        table = listing.pitfalls(_shelf(ctx)[0]) if pitfalls else listing.snippets(_shelf(ctx)[0])
    if as_json:
        click.echo(table.as_json())
    else:
        table.show()
    ctx.exit(1 if table.unproven else 0)


@main.command()
@click.argument("slug")
@click.argument("file", required=False)
@click.option("--unproven", is_flag=True, help="Write the file although nothing vouches for it.")
@click.pass_context
def show(ctx: click.Context, slug: str, file: str | None, *, unproven: bool) -> None:
    """Print how a snippet stands and its files, or one FILE of it, byte for byte."""
    from snippets.listing import card
    from snippets.standing import State

    snippets = _shelf(ctx)[0].snippets
    if slug not in snippets:
        _unknown("snippet", slug, snippets)
    standing = snippets[slug]
    if file is None:
        click.echo(card(standing))
        ctx.exit(1 if standing.state is State.UNPROVEN else 0)
    if file not in standing.snippet.sources:
        _unknown(f"file of {slug}", file, standing.snippet.sources)
    if standing.state is not State.PROVEN and not unproven:
        message = f"{slug} is {standing.state}: {standing.objection}\nWith --unproven it is written all the same."
        raise click.ClickException(message)
    # Bytes, not text: line ends are part of what was proven, as is a missing one at the end.
    click.echo(standing.snippet.content(file), nl=False)


@main.command()
@click.argument("site", type=click.Path(exists=True, file_okay=False), default="site")
@click.option("--no-stand-ins", is_flag=True, help="Refuse records that rest on a base which was stood in.")
@click.option("--max-age-days", type=click.IntRange(min=0), help="Refuse records that are older.")
@click.pass_context
def audit(ctx: click.Context, site: str, max_age_days: int | None, *, no_stand_ins: bool) -> None:
    """Read a built SITE as a browser would and name all that nobody proved, as page:line: why.

    The two options are for publishing: what was proven long ago, or on other bases than the registry's, may be
    shown to contributors and not to readers.
    """
    from dataclasses import replace
    from datetime import timedelta
    from pathlib import Path

    from snippets import listing
    from snippets.audit import audit

    standings, docs = _shelf(ctx)
    if max_age_days is not None:
        standings = replace(standings, max_age=timedelta(days=max_age_days))
    refused = [f"{objection.place}: {objection.why}" for objection in audit(Path(site), standings)]
    if no_stand_ins:
        shown = docs if (Path(site) / "tutorials").is_dir() else None
        refused += [f"{name}: proven on a base that was stood in" for name in _on_stand_ins(standings, shown)]
    # What no page shows was not asked about, and has to be proven all the same.
    refused = refused or [f"{name}: has no current record" for name in listing.stale(standings, docs)]
    for line in refused:
        click.echo(line)
    ctx.exit(1 if refused else 0)


def _on_stand_ins(standings: "Standings", docs: "Path | None") -> "list[str]":
    if docs is None:
        return list(standings.on_stand_ins())
    from snippets.tutorials import load_tutorials, tutorial_standings

    tutorials = tutorial_standings(load_tutorials(docs, standings.catalog), standings.catalog, standings.store)
    executed = [name for name, standing in tutorials.items() if standing.execution and standing.execution.stand_in]
    return [*standings.on_stand_ins(), *executed]


def _shelf(ctx: click.Context) -> "tuple[Standings, Path]":
    """How everything stands, and where the pages lie; a caller may give others as the context's object."""
    from pathlib import Path

    from snippets.catalog import load
    from snippets.standing import Standings
    from snippets.store import EvidenceStore

    if isinstance(ctx.obj, tuple):
        return ctx.obj
    return Standings(catalog=load(), store=EvidenceStore()), Path(__file__).parent.parent / "docs"


def _unknown(what: str, word: str, known: "Collection[str]") -> NoReturn:
    from snippets.metadata import near

    _refuse_usage(f"no {what} {word!r}{near(word, known)}")


def _refuse_usage(message: str) -> NoReturn:
    raise click.UsageError(message)
