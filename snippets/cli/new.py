"""`new`: a draft of a snippet in a checkout, from one that there is."""

from typing import TYPE_CHECKING

import click

from .completion import Slug
from .shelf import shelf, standing_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..catalog.draft import Draft

INSTALLED = "only the library is installed here: `handbook new` writes into a checkout of the handbook's repository"


@click.command()
@click.argument("slug")
@click.option("--from", "source", metavar="SLUG", type=Slug(), required=True, help="The snippet that it begins as.")
@click.pass_context
def new(ctx: click.Context, slug: str, source: str) -> None:
    """Begin a snippet of the handbook: a directory below snippets/library/ that is let in as it is.

    It has copies of what the other has of its own, shares what that shares, and runs the same commands under its own
    name. It has no pitfalls, and nobody has proven it; what is left to do is printed.
    """
    from ..catalog.draft import draft
    from ..errors import SnippetsError

    handbook = shelf(ctx)
    if handbook.docs is None:
        raise SnippetsError(INSTALLED)
    begun = draft(slug, standing_of(ctx, source).snippet, handbook.snippets)
    begun.write()
    place = f"snippets/library/{slug}"
    for path in sorted(begun.files):
        click.echo(f"{'wrote':6} {place}/{path}")
    for path, reference in begun.shared.items():
        click.echo(f"{'shares':6} {path}, which is {reference}")
    click.echo("\nNext:\n")
    for word, step in _steps(begun, place):
        click.echo(f"  {word:6} {step}")


def _steps(begun: "Draft", place: str) -> "Iterator[tuple[str, str]]":
    """What makes a snippet of a draft, in order."""
    from ..catalog.snippet import REHEARSAL, Kind

    name = begun.name
    yield "edit", f"{place}/snippet.toml: its title, its summary, and whatever is not so of yours"
    for path in begun.naming:
        yield "", f"{place}/{path}: it still names {begun.source.name}"
    if REHEARSAL in begun.files:
        yield "", f"{place}/{REHEARSAL}: what it promises beyond the contract, a function each"
    if begun.source.kind is Kind.CONFIG:
        yield "carry", f"put your file into {place}/, take its line out of [uses], and let an image use it"
        yield "", f"as {name}/<file>; that image is proven_in.snippet"
    yield "look", f"handbook show {name}"
    yield "prove", f"nox -s docs -- -k {name}"
    yield "page", f"docs/containers/{name}.md, which shows it by reference, and its line in `nav` of mkdocs.yml"
    yield "break", f"{place}/pitfalls/<fault>.toml: one edit that has to be noticed"
