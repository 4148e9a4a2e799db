"""What every command stands on: how everything stands, and how wrong usage is told."""

from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from snippets.standing import Standing, Standings


def shelf(ctx: click.Context) -> "tuple[Standings, Path]":
    """How everything stands, and where the pages lie; a caller may give others as the context's object."""
    from pathlib import Path

    from snippets.catalog import load
    from snippets.standing import Standings
    from snippets.store import EvidenceStore

    if isinstance(ctx.obj, tuple):
        return ctx.obj
    return Standings(catalog=load(), store=EvidenceStore()), Path(__file__).parents[2] / "docs"


def standing_of(ctx: click.Context, slug: str) -> "Standing":
    """How one snippet stands."""
    snippets = shelf(ctx)[0].snippets
    if slug not in snippets:
        unknown("snippet", slug, snippets)
    return snippets[slug]


def unknown(what: str, word: str, known: "Collection[str]") -> NoReturn:
    """Refuse a word, and hint at the nearest."""
    from snippets.metadata import near

    refuse_usage(f"no {what} {word!r}{near(word, known)}")


def refuse_usage(message: str) -> NoReturn:
    """End with the message and status 2."""
    raise click.UsageError(message)
