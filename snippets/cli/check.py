"""`check`: a container of the reader's, held to the same contract as the library."""

import sys
from typing import TYPE_CHECKING, NoReturn

import click

from .completion import Folder
from .shelf import refuse_usage, shelf, unknown

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ..check.judging import Report
    from ..contract import Promise

FORMATS = ("text", "json", "sarif", "junit", "github")
USAGE, UNJUDGED = 2, 3


@click.command()
@click.argument("folder", metavar="[DIR]", default=".", type=Folder())
@click.option("--image", metavar="REF", help="Judge an image that is built already; of DIR only handbook.toml is read.")
@click.option("--port", metavar="PORT", type=click.IntRange(1, 65535), help="Where it listens.")
@click.option("--page", metavar="PATH", help="A page that visitors see. Default: /")
@click.option("--live", metavar="PATH", help="A path that answers 200 while it lives.")
@click.option("--ready", metavar="PATH", help="A path that answers 200 while it can serve.")
@click.option("--slow", metavar="PATH", help="A path that takes a few seconds to answer.")
@click.option("--memory", metavar="MIB", type=click.IntRange(min=16), help="Its memory limit. Default: 512")
@click.option("--setting", metavar="NAME=VALUE", multiple=True, help="A setting that it cannot start without.")
@click.option("--only", metavar="PROMISE", multiple=True, help="Judge by this promise and no other; again for more.")
@click.option("--skip", metavar="PROMISE=REASON", multiple=True, help="Do not judge by this promise, and say why.")
@click.option(
    "--fail-on",
    type=click.Choice(["unjudged", "broken", "nothing"]),
    default="unjudged",
    show_default=True,
    help="What makes the exit status another than 0.",
)
@click.option(
    "--format",
    "style",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="For people, or for what reads it in your CI.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.pass_context
def check(  # noqa: PLR0913 - an option each
    ctx: click.Context,
    /,
    folder: "Path",
    *,
    image: str | None,
    memory: int | None,
    setting: "Sequence[str]",
    only: "Sequence[str]",
    skip: "Sequence[str]",
    fail_on: str,
    style: str,
    as_json: bool,
    **stated: str | int | None,
) -> None:
    """Build the Dockerfile in DIR (default: the current directory) and judge what comes out by the contract.

    What cannot be seen from outside is asked for in DIR/handbook.toml or by the options; what EXPOSE, HEALTHCHECK,
    compose.yaml and Procfile say is guessed, and told. The container runs with limits on its memory, processors and
    processes, without mounts, on a port of 127.0.0.1 alone, and is removed in the end.

    Exit status: 0 where all promises are kept, 1 where one is broken, 2 for wrong usage, 3 where one could not be
    judged. --fail-on changes what counts.
    """
    options: dict[str, object] = {key: value for key, value in stated.items() if value is not None}
    options |= {"memory_mib": memory} if memory else {}
    options |= {"settings": _pairs("--setting NAME=VALUE", setting)} if setting else {}
    options |= {"skip": _pairs("--skip PROMISE=REASON", skip)} if skip else {}
    asked = _asked(only)
    report = _checked(ctx, folder, image, options, asked, "json" if as_json else style)
    from ..check.judging import FailOn

    ctx.exit(report.status(FailOn(fail_on)))


def _checked(  # noqa: PLR0913, PLR0917 - what was asked, each once
    ctx: click.Context,
    folder: "Path",
    image: str | None,
    options: dict[str, object],
    asked: "Sequence[Promise]",
    style: str,
) -> "Report":
    """Judge and print; what is not there, or said wrongly, ends the command."""
    try:
        from ..check import check_directory, check_image
        from ..check.shown import Telling, shown
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] == __name__.partition(".")[0]:
            raise
        _end(_needed(missing.name or ""), UNJUDGED)
    from ..errors import EngineError, ProjectError

    handbook = shelf(ctx)
    try:
        with Telling(lines=style == "text", moving=sys.stderr.isatty(), promises=len(asked)) as telling:
            if image:
                report = check_image(image, folder, options, asked, telling.tell)
            else:
                report = check_directory(folder, options, asked, telling.tell, handbook.catalog)
    except ProjectError as error:
        _end(str(error), USAGE)
    except EngineError as error:
        _end(str(error), UNJUDGED)
    except KeyboardInterrupt:
        _end("interrupted: what was started is removed, and nothing was judged", UNJUDGED)
    click.echo(shown(report, style, handbook))
    return report


def _asked(only: "Sequence[str]") -> "Sequence[Promise]":
    from ..contract import CONTRACT, PROMISES

    for slug in only:
        if slug not in PROMISES:
            unknown("promise", slug, PROMISES)
    return [promise for promise in CONTRACT if not only or promise.slug in only]


def _pairs(option: str, written: "Sequence[str]") -> dict[str, str]:
    pairs = {}
    for pair in written:
        name, equals, value = pair.partition("=")
        if not (name and equals):
            refuse_usage(f"{option}: {pair!r} has no `=`, or nothing before it")
        pairs[name] = value
    return pairs


def _needed(module: str) -> str:
    """How to get what is missing: another system, or packages from an index, where this one may be on none."""
    if module.partition(".")[0] in sys.stdlib_module_names:
        return f"this system has no `{module}`: `handbook check` runs on Linux and macOS, and on Windows inside WSL"
    from importlib.metadata import requires

    stated = [each.partition(";") for each in requires("deployment-handbook") or ()]
    packages = " ".join(f"'{package.strip()}'" for package, _, marker in stated if "prove" in marker)
    return (
        "`handbook check` builds and boots: it needs what `deployment-handbook[prove]` names, and "
        f"`python -m pip install {packages}` installs that"
    )


def _end(message: str, status: int) -> NoReturn:
    click.echo(f"Error: {message}", err=True)
    sys.exit(status)
