"""A deployment -> its strip: a release that is cut off at one moment after the other, and what was left each time.

python -m snippets.proving.strips NAME CELLS
"""

import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from ..catalog import Catalog
from ..catalog.metadata import near
from ..contract.deployment.cut import Cut, Mishap, cut
from ..contract.deployment.description import NEXT, Deployment
from ..engine.engine import Engine
from ..engine.run import opened
from ..engine.subjects.servers import Servers
from ..errors import ContainerError, SnippetsError
from ..evidence.aside import released_to
from ..evidence.objection import cut_digest, cut_rules
from ..evidence.records import CutOff, Outcome, Strip
from ..handbook import Handbook
from .servers import arrived


def strip(engine: Engine, catalog: Catalog, name: str, cells: int, tell: Callable[[str], None]) -> Strip:
    """Deploy it, measure a release, and cut one off at so many moments, each in all ways and each on fresh hosts.

    Of a pitfall it is the mutant that is deployed. Raises ContainerError where a release that nobody cuts off fails,
    or where none could be cut off, and NotReadyError where it does not arrive.
    """
    pitfall = catalog.pitfalls.get(name)
    snippet = catalog.snippets[pitfall.snippet if pitfall else name]
    deployment = snippet.deployment
    assert deployment is not None, "only a deployment is released to"
    replaced = pitfall.replaced(snippet) if pitfall else None
    with tempfile.TemporaryDirectory() as folder, arrived(engine, snippet, Path(folder), replaced) as servers:
        if pitfall:
            # Whoever judges one looks once. Here each cell begins with it.
            servers.keep()
        whole = servers.release(NEXT)
        if whole.status != 0:
            raise ContainerError(f"a release that nobody cuts off exits {whole.status}")
        tell(f"a release takes {whole.took_s:.0f} s")
        seen = []
        for each in _cut_off(servers, deployment, whole.took_s, cells):
            tell(f"{each.outcome}: {each.seen}")
            seen.append(each)
    if not seen:
        raise ContainerError("each release was over before it was cut off")
    return Strip(
        deployment=name,
        digest=cut_digest(name, catalog),
        rules=cut_rules(),
        engine=engine.description,
        stand_in=any(base.stand_in for base in engine.bases(snippet)),
        verified_at=datetime.now(UTC).replace(microsecond=0),
        whole_s=round(whole.took_s, 1),
        cells=seen,
    )


def _cut_off(servers: Servers, deployment: Deployment, whole_s: float, cells: int) -> Iterator[CutOff]:
    for mishap in Mishap:
        for number in range(cells):
            after_s = whole_s * (number + 0.5) / cells
            # Each as it was deployed: what one has left is not what the next one begins with.
            servers.renewed()
            seen = cut(servers, deployment, NEXT, after_s, mishap)
            # One that was over by then was not cut off.
            if seen.busy:
                yield CutOff(after_s=round(after_s, 1), mishap=mishap, outcome=outcome(seen), seen=str(seen))


def outcome(seen: Cut) -> Outcome:
    """Whether somebody has to help, and whether that would be too late."""
    if seen.right:
        return Outcome.RIGHT
    return Outcome.HAND if seen.serves and seen.wrote > 0 and not seen.lost else Outcome.WRONG


@click.command()
@click.argument("name")
@click.argument("cells", type=click.IntRange(1, 200))
def main(name: str, cells: int) -> None:
    """Draw the strip of the deployment NAME, or of a pitfall of one, CELLS of each way to be cut off, and keep it."""
    try:
        handbook = Handbook.here()
        known = released_to(handbook.catalog)
        if name not in known:
            raise click.BadParameter(f"there is no deployment {name!r}{near(name, known)}", param_hint="NAME")
        with opened() as run:
            drawn = strip(Engine(run=run), handbook.catalog, name, cells, click.echo)
        handbook.store.write(drawn, name)
    except SnippetsError as error:
        raise click.ClickException(str(error)) from None
    wrong = [cell for cell in drawn.cells if cell.outcome is not Outcome.RIGHT]
    click.echo(f"{len(drawn.cells)} releases cut off, {len(wrong)} of them not made up for by the next one")


if __name__ == "__main__":
    main()
