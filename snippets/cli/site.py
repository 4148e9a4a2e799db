"""`audit`: a built site, held against the evidence."""

import click

from .shelf import shelf


@click.command()
@click.argument("site", type=click.Path(exists=True, file_okay=False), default="site")
@click.option("--no-stand-ins", is_flag=True, help="Refuse records that rest on a base which was stood in.")
@click.option("--max-age-days", type=click.IntRange(0, 36_500), help="Refuse records that are older.")
@click.pass_context
def audit(ctx: click.Context, site: str, max_age_days: int | None, *, no_stand_ins: bool) -> None:
    """Read a built SITE as a browser would and name all that nobody proved, as page:line: why.

    The two options are for publishing: what was proven long ago, or on other bases than the registry's, may be
    shown to contributors and not to readers.
    """
    from dataclasses import replace
    from datetime import timedelta
    from pathlib import Path

    from ..audit import audit
    from ..terminal import printable

    handbook = shelf(ctx)
    refused = [f"{objection.place}: {objection.why}" for objection in audit(Path(site), handbook)]
    if no_stand_ins:
        refused += [f"{name}: proven on a base that was stood in" for name in handbook.on_stand_ins]
    refused += [f"{path}: a record of nothing that there is: remove it" for path in handbook.strays]
    # What no page shows was not asked about, and has to be proven all the same. Age is asked after the pages:
    # each of their blocks would be refused for it, and none would say so.
    aged = handbook if max_age_days is None else replace(handbook, max_age=timedelta(days=max_age_days))
    if not refused or aged is not handbook:
        refused += [f"{name}: {why}" for name, why in aged.stale.items()]
    for line in refused:
        click.echo(printable(line))
    ctx.exit(1 if refused else 0)
