"""`list`, `show`, `evidence`: what there is, how it stands, and why it may be copied."""

import click

from .completion import Slug
from .shelf import refuse_usage, shelf, standing_of, unknown


@click.command("list")
@click.option("--promises", is_flag=True, help="List the promises of the contract instead.")
@click.option("--pitfalls", is_flag=True, help="List the pitfalls instead.")
@click.option("--stale", is_flag=True, help="Print what has to be proven and why, one a line, tutorials included.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array, whose keys are a stable interface.")
@click.pass_context
def list_(ctx: click.Context, *, promises: bool, pitfalls: bool, stale: bool, as_json: bool) -> None:
    """List the snippets and how each stands."""
    from ..terminal import printable
    from . import listing

    if promises + pitfalls + stale > 1:
        refuse_usage("--promises, --pitfalls and --stale are three lists: ask for one")
    if stale and as_json:
        refuse_usage("--stale prints plain lines: it takes no --json")
    if stale:
        whys = shelf(ctx).stale
        click.echo(printable("".join(f"{name}: {why}\n" for name, why in whys.items())), nl=False)
        ctx.exit(1 if whys else 0)
    rows = listing.promises if promises else listing.pitfalls if pitfalls else listing.snippets
    table = rows(shelf(ctx))
    if as_json:
        click.echo(table.as_json())
    else:
        table.show()
    ctx.exit(1 if table.unproven else 0)


@click.command()
@click.argument("slug", type=Slug())
@click.argument("file", required=False)
@click.option("--unproven", is_flag=True, help="Write the file although nothing vouches for it.")
@click.pass_context
def show(ctx: click.Context, slug: str, file: str | None, *, unproven: bool) -> None:
    """Print how a snippet stands and its files, or one FILE of it, byte for byte."""
    from ..evidence.standing import State
    from .listing import card

    standing = standing_of(ctx, slug)
    if file is None:
        click.echo(card(standing))
        ctx.exit(1 if standing.state is State.UNPROVEN else 0)
    if file not in standing.snippet.sources:
        unknown(f"file of {slug}", file, standing.snippet.sources)
    if standing.state is not State.PROVEN and not unproven:
        message = f"{slug} is {standing.state}: {standing.objection}\nWith --unproven it is written all the same."
        raise click.ClickException(message)
    # Bytes, not text: line ends are part of what was proven, as is a missing one at the end.
    click.echo(standing.snippet.content(file), nl=False)


@click.command()
@click.argument("slug", type=Slug())
@click.option("--json", "as_json", is_flag=True, help="Print the record as it lies on disk.")
@click.pass_context
def evidence(ctx: click.Context, slug: str, *, as_json: bool) -> None:
    """Print the record of a snippet: each promise, its verdict, and what was seen.

    Exit status 1 where there is no record, or it vouches for other bytes than today's.
    """
    import msgspec

    from ..evidence.standing import State
    from . import listing

    standing = standing_of(ctx, slug)
    if standing.evidence is None:
        raise click.ClickException(f"{slug} has no record: {standing.objection}")
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(standing.evidence, order="sorted"), indent=2))
    else:
        click.echo(listing.card(standing) + "\n")
        listing.findings(standing.evidence).show()
    ctx.exit(0 if standing.state is State.PROVEN else 1)
