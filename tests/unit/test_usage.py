"""The page of commands: what `--help` says, as HTML."""

from collections.abc import Callable
from dataclasses import replace

import click
import pytest
from selectolax.lexbor import LexborHTMLParser

from snippets.cli import main
from snippets.handbook import Handbook
from snippets.render import render
from snippets.render.usage import commands, usage


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def mine() -> None:
    """What a mine is for."""


@mine.command()
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
    tree = LexborHTMLParser(usage("dig", mine))

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


@pytest.mark.parametrize("name", commands(main))
def test_every_command_has_words_and_options(name: str) -> None:
    """Nothing of the real ones is lost or empty."""
    command = commands(main)[name]
    tree = LexborHTMLParser(usage(name, main))
    listed = {word.split()[0].rstrip(",") for word in (node.text() for node in tree.css("table:last-of-type td code"))}

    assert len(tree.css("section > p")) > 1
    assert {param.opts[0] for param in command.params if isinstance(param, click.Option)} <= listed
    assert all(node.text().strip() for node in tree.css("td"))


def test_without_a_command_line_a_page_shows_no_help(proven: Callable[[], Handbook]) -> None:
    """Whoever renders pages gives the program; a command that it does not have is named, with the nearest."""
    page = "```usage\nchek\n```\n"
    (without,) = render(page, "a.md", proven()).objections
    (unknown,) = render(page, "a.md", replace(proven(), program=main)).objections

    assert (without.line, without.why) == (2, "no command line is at hand whose help could be shown")
    assert unknown.why == "there is no command 'chek' (did you mean 'check'?)"
    assert render(page.replace("chek", "check"), "a.md", replace(proven(), program=main)).objections == ()
