"""Every tutorial runs from its first cell to its last, as a reader would run it."""

import os
import shutil
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from snippets.catalog import Catalog, load
from snippets.catalog.snippet import COMPOSE
from snippets.engine.command import bounded
from snippets.engine.docker import docker, try_docker
from snippets.engine.engine import Engine
from snippets.engine.subjects.servers import Servers
from snippets.engine.subjects.shim import WORKDIR_LABEL, environment
from snippets.engine.subjects.workdir import laid_out, published_port
from snippets.evidence.records import Execution
from snippets.proving.recorder import Witness
from snippets.proving.servers import bare
from snippets.tutorials import Tutorial, load_tutorials
from snippets.tutorials.execution import CellError, execute

LIBRARY = load()
TUTORIALS = load_tutorials(Path(__file__).parents[2] / "docs", LIBRARY)

# `handbook show` refuses what is not proven yet, and the proof of a snippet may be made in this very
# session: its record is written when all tests are through.
HANDBOOK = """#!/bin/sh
[ "$1 $#" = "show 3" ] && set -- "$@" --unproven
exec '{scripts}/handbook' "$@"
"""


SUMS = "find . -type f -exec sha256sum {} +"


def fetched(tutorial: Tutorial, catalog: Catalog, sums: str) -> dict[str, str]:
    """What differs between the files of the snippets and those that lie there, by what `sha256sum` prints of these."""
    found = {path.removeprefix("./"): sha256 for sha256, path in (line.split("  ", 1) for line in sums.splitlines())}
    sources = {path: source for name in tutorial.snippets for path, source in catalog.snippets[name].sources.items()}
    return {
        path: "differs" if path in found else "missing"
        for path, source in sources.items()
        if found.get(path) != source.sha256
    }


@contextmanager
def composed(
    tutorial: Tutorial, catalog: Catalog, engine: Engine, folder: Path, workdir: Path
) -> Iterator[Mapping[str, str]]:
    """What makes `docker compose` in a reader's directory use what stands in; whatever it leaves is removed."""
    projects = [catalog.snippets[name] for name in tutorial.snippets if COMPOSE in catalog.snippets[name].sources]
    if tutorial.servers or not projects:
        yield {}
        return
    (snippet,) = projects
    contexts = engine.contexts(snippet.bases)
    # Of the same project, with the same override, and a compose file before the reader has one.
    with laid_out(snippet, folder / "stated", tutorial.name, run=engine.run, contexts=contexts) as stated:
        assert stated.override is not None
        files = os.pathsep.join([str(workdir / COMPOSE), str(stated.override)])
        yield {"COMPOSE_FILE": files, "COMPOSE_PROJECT_NAME": stated.env["COMPOSE_PROJECT_NAME"]}


@contextmanager
def reader(tutorial: Tutorial, catalog: Catalog, engine: Engine, folder: Path) -> Iterator[Servers | None]:
    """Where a reader sits: with the servers that the tutorial is of, or at this machine with its ports free."""
    if tutorial.servers:
        with bare(engine, catalog.snippets[tutorial.servers], folder) as servers:
            yield servers
    else:
        with published_port():
            yield None


@pytest.mark.parametrize(
    "name", [pytest.param(name, id=name, marks=pytest.mark.proves(f"tutorial:{name}")) for name in TUTORIALS]
)
def test_tutorial_runs(name: str, catalog: Catalog, engine: Engine, witness: Witness, tmp_path: Path) -> None:
    """Every cell succeeds from nothing, with exactly the files of the snippets that the tutorial names."""
    tutorial = TUTORIALS[name]
    grounds = engine.grounds([base for used in tutorial.snippets for base in catalog.snippets[used].bases])
    env = environment(
        engine.run, tmp_path / "bin", {ground.base.ref: ground.image for ground in grounds if ground.image}
    )
    shim = tmp_path / "bin" / "handbook"
    shim.write_text(HANDBOOK.format(scripts=sysconfig.get_path("scripts")))
    shim.chmod(0o755)
    workdir = tmp_path / name

    def executed() -> Execution:
        shutil.rmtree(workdir, ignore_errors=True)
        workdir.mkdir()
        try:
            with (
                reader(tutorial, catalog, engine, tmp_path) as servers,
                composed(tutorial, catalog, engine, tmp_path, workdir) as files,
            ):
                execution = execute(
                    tutorial,
                    catalog=catalog,
                    workdir=workdir,
                    env={**env, **files},
                    engine=engine.description,
                    stand_in=any(ground.base.stand_in for ground in grounds),
                    there=servers.lent() if servers else (),
                )
                sums.append(
                    servers.run(SUMS).stdout
                    if servers
                    else bounded(["sh", "-c", SUMS], cwd=workdir, timeout_s=60).stdout
                )
                return execution
        finally:
            # After its last cell a tutorial has cleaned up; after one that failed, nobody has.
            left.append(try_docker("ps", "--all", "--quiet", "--filter", f"label={WORKDIR_LABEL}={tmp_path}"))
            if left[-1]:
                docker("rm", "--force", "--volumes", *left[-1])

    left: list[list[str]] = []
    sums: list[str] = []
    try:
        execution = executed()
    except CellError as error:
        # Once more: a fault fails twice, a noisy machine is told of in the record and on the page.
        execution = replace(executed(), flaky=str(error))

    assert left[-1] == [], "the tutorial leaves containers behind"
    assert fetched(tutorial, catalog, sums[-1]) == {}
    witness.execution(execution)
