"""The page of commands: what `--help` says, as HTML."""

import click
import pytest
from selectolax.lexbor import LexborHTMLParser

from snippets.render.usage import commands, usage


@click.command()
@click.argument("place", metavar="PLACE")
@click.option("--depth", default=3, show_default=True, help="How <deep>, in `levels`.")
def dig(place: str, depth: int) -> None:
    """Dig in PLACE.

    \b
    stone   too hard
    no ore  that's all

    Exit status 1 where there is nothing.
    """  # noqa: D301 - \b is how click is told to leave a paragraph alone
    del place, depth


def test_a_command_is_shown_as_its_help_says() -> None:
    """How it is called, its paragraphs, a table of two columns, and its options."""
    tree = LexborHTMLParser(usage("dig", dig))

    assert [node.text() for node in tree.css("section > p")] == [
        "handbook dig [OPTIONS] PLACE",
        "Dig in PLACE.",
        "Exit status 1 where there is nothing.",
    ]
    assert [node.text() for node in tree.css("td")] == [
        *("stone", "too hard", "no ore", "that's all"),
        *("--depth INTEGER", "How <deep>, in levels. [default: 3]"),
        *("-h, --help", "Show this message and exit."),
    ]


@pytest.mark.parametrize("name", commands())
def test_every_command_has_words_and_options(name: str) -> None:
    """Nothing of the real ones is lost or empty."""
    command = commands()[name]
    tree = LexborHTMLParser(usage(name, command))
    listed = {word.split()[0].rstrip(",") for word in (node.text() for node in tree.css("table:last-of-type td code"))}

    assert len(tree.css("section > p")) > 1
    assert {param.opts[0] for param in command.params if isinstance(param, click.Option)} <= listed
    assert all(node.text().strip() for node in tree.css("td"))
