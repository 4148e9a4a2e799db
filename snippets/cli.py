"""`handbook`, the command line: how everything stands, each file and why it may be copied, what a site shows.

A reader waits for every import, so each command imports what it needs.
"""

from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from snippets.errors import SnippetsError

if TYPE_CHECKING:
    from collections.abc import Collection

    from snippets.standing import Standing, Standings


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

    Exit status: 0 where everything asked for is proven or withheld, 1 where something is not, 2 for wrong usage.
    """


@main.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@click.option("--promises", "what", flag_value="promises", help="List the contract's promises.")
@click.option("--pitfalls", "what", flag_value="pitfalls", help="List the pitfalls.")
@click.option("--stale", "what", flag_value="stale", help="Print the names of what has to be proven, one a line.")
@click.option("--snippets", "what", flag_value="snippets", default=True, help="List the snippets (the default).")
@click.pass_context
def list_(ctx: click.Context, what: str, *, as_json: bool) -> None:
    """List snippets, promises or pitfalls, and how each stands."""
    from snippets import listing

    if what == "stale":
        if as_json:
            message = "--stale prints plain names: it takes no --json"
            raise click.UsageError(message)
        names = listing.stale(_standings(ctx))
        click.echo("".join(f"{name}\n" for name in names), nl=False)
        ctx.exit(1 if names else 0)
    if what == "promises":
        promises = listing.promises()
        if as_json:
            click.echo(listing.as_json(promises))
        else:
            listing.show([(row.slug, row.family, row.title) for row in promises], ("PROMISE", "FAMILY", "WHAT IT SAYS"))
        return
    if what == "pitfalls":
        pitfalls = listing.pitfalls(_standings(ctx))
        if as_json:
            click.echo(listing.as_json(pitfalls))
        else:
            cells = [(row.name, row.promise, row.standing, row.objection or row.title) for row in pitfalls]
            listing.show(cells, ("PITFALL", "NOTICED BY", "STANDING", "WHAT"))
        ctx.exit(1 if any(row.standing == "unproven" for row in pitfalls) else 0)
    rows = listing.snippets(_standings(ctx))
    if as_json:
        click.echo(listing.as_json(rows))
    else:
        listing.show(
            [(row.name, row.kind, row.standing, row.objection or row.title) for row in rows],
            ("SNIPPET", "KIND", "STANDING", "WHAT"),
        )
    ctx.exit(1 if any(row.standing == "unproven" for row in rows) else 0)


@main.command()
@click.argument("slug")
@click.argument("file", required=False)
@click.option("--unproven", is_flag=True, help="Write the file although nothing vouches for it.")
@click.pass_context
def show(ctx: click.Context, slug: str, file: str | None, *, unproven: bool) -> None:
    """Print how a snippet stands and its files, or one FILE of it, byte for byte."""
    from snippets.standing import State

    snippets = _standings(ctx).snippets
    if slug not in snippets:
        _unknown("snippet", slug, snippets)
    standing = snippets[slug]
    if file is None:
        click.echo("\n".join(_card(standing)))
        ctx.exit(1 if standing.state is State.UNPROVEN else 0)
    sources = standing.snippet.sources
    if file not in sources:
        _unknown(f"file of {slug}", file, sources)
    if standing.state is not State.PROVEN and not unproven:
        message = f"{slug} is {standing.state}: {standing.objection}\nWith --unproven it is written all the same."
        raise click.ClickException(message)
    # Bytes, not text: line ends and a missing one at the end are part of what was proven.
    click.echo(standing.snippet.content(file), nl=False)


@main.command()
@click.argument("site", type=click.Path(exists=True, file_okay=False, path_type=Path), default="site")
@click.pass_context
def audit(ctx: click.Context, site: Path) -> None:
    """Read a built SITE as a browser would and name every block that nobody proved."""
    from snippets.audit import audit

    objections = audit(site, _standings(ctx))
    for objection in objections:
        click.echo(f"{objection.place}: {objection.why}")
    ctx.exit(1 if objections else 0)


def _card(standing: "Standing") -> list[str]:
    snippet, evidence = standing.snippet, standing.evidence
    lines = [f"{snippet.name}: {snippet.title}", snippet.table.summary, ""]
    lines.append(f"{standing.state}: {standing.objection}" if standing.objection else f"{standing.state}")
    if evidence:
        kept = sum(finding.verdict == "kept" for finding in evidence.findings)
        lines[-1] += f" ({kept} kept, last on {evidence.verified_at:%Y-%m-%d}, by {evidence.engine})"
        lines += [f"  {base.ref} was stood in: {base.os}, {base.version}" for base in evidence.bases if base.stand_in]
    return [*lines, "", *(f"  {path}" for path in sorted(snippet.sources))]


def _standings(ctx: click.Context) -> "Standings":
    """How everything stands; a caller may give its own as the context's object."""
    from snippets.catalog import load
    from snippets.evidence import EvidenceStore
    from snippets.standing import Standings

    given = ctx.obj
    return given if isinstance(given, Standings) else Standings(catalog=load(), store=EvidenceStore())


def _unknown(what: str, word: str, known: "Collection[str]") -> NoReturn:
    from snippets.metadata import near

    message = f"no {what} {word!r}{near(word, known)}"
    raise click.UsageError(message)
