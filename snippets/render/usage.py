"""A command of the command line -> how it is called, what it does and its options, as HTML on one line."""

import re
from collections.abc import Iterator, Mapping
from html import escape
from inspect import cleandoc

import click

from .blocks import prose

PROGRAM = "handbook"
# How click is told to leave a paragraph as it is written: here, a table of two columns.
_AS_WRITTEN = "\b\n"


def commands(program: click.Group) -> Mapping[str, click.Command]:
    """The program itself, and each of its commands, by name."""
    return {PROGRAM: program, **program.commands}


def usage(name: str, program: click.Group) -> str:
    """What `--help` says, which is written where the command is."""
    command = commands(program)[name]
    context = click.Context(program, info_name=PROGRAM, **program.context_settings)
    if name != PROGRAM:
        context = click.Context(command, parent=context, info_name=name)
    line = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    records = [record for param in command.get_params(context) if (record := param.get_help_record(context))]
    # An argument has no words of its own: those of the command speak of it.
    options = [(option, says) for option, says in records if says]
    return (
        f'<section class="hb-usage" data-hb="usage:{name}"><p><code>{escape(line, quote=False)}</code></p>'
        f"{''.join(_paragraphs(cleandoc(command.help or '')))}{_table(('Option', 'What it does'), options)}</section>"
    )


def _paragraphs(said: str) -> Iterator[str]:
    for paragraph in said.split("\n\n"):
        if paragraph.startswith(_AS_WRITTEN):
            rows = [re.split(r" {2,}", line.strip(), maxsplit=1) for line in paragraph.splitlines()[1:]]
            yield _table(("Word", "Meaning"), [(word, meaning) for word, meaning in rows])
        else:
            yield f"<p>{prose(paragraph)}</p>"


def _table(heads: tuple[str, str], rows: list[tuple[str, str]]) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    body = "".join(
        f"<tr><td><code>{escape(word, quote=False)}</code></td><td>{prose(says)}</td></tr>" for word, says in rows
    )
    return f'<table class="hb-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
