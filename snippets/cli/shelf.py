"""What every command stands on: the handbook, and how wrong usage is told."""

from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from collections.abc import Collection

    from ..evidence.standing import Standing
    from ..handbook import Handbook


def shelf(ctx: click.Context) -> "Handbook":
    """The handbook that was installed, or a checkout's; a caller may give another as the context's object."""
    from dataclasses import replace

    from ..handbook import Handbook

    root = ctx.find_root()
    if not isinstance(root.obj, Handbook):
        root.obj = Handbook.here()
    if root.obj.program is None and isinstance(root.command, click.Group):
        root.obj = replace(root.obj, program=root.command)
    return root.obj


def standing_of(ctx: click.Context, slug: str) -> "Standing":
    """How one snippet stands."""
    snippets = shelf(ctx).snippets
    if slug not in snippets:
        unknown("snippet", slug, snippets)
    return snippets[slug]


def unknown(what: str, word: str, known: "Collection[str]") -> NoReturn:
    """Refuse a word, and hint at the nearest."""
    from ..catalog.metadata import near

    refuse_usage(f"no {what} {word!r}{near(word, known)}")


def refuse_usage(message: str) -> NoReturn:
    """End with the message and status 2."""
    raise click.UsageError(message)
