"""Every tutorial runs from its first cell to its last, as a reader would run it."""

import shutil
import sysconfig
from dataclasses import replace
from pathlib import Path

import pytest

from snippets.catalog import Catalog, load
from snippets.engine.docker import docker, try_docker
from snippets.engine.engine import Engine
from snippets.engine.subjects.shim import WORKDIR_LABEL, environment
from snippets.engine.subjects.workdir import published_port
from snippets.evidence.records import Execution
from snippets.proving.recorder import Witness
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


def fetched(tutorial: Tutorial, catalog: Catalog, workdir: Path) -> dict[str, str]:
    """What differs between the files of the snippets and what the cells laid out."""
    sources = {path: source for name in tutorial.snippets for path, source in catalog.snippets[name].sources.items()}
    return {
        path: "differs" if (workdir / path).is_file() else "missing"
        for path, source in sources.items()
        if not (workdir / path).is_file() or (workdir / path).read_bytes() != source.path.read_bytes()
    }


@pytest.mark.parametrize(
    "name", [pytest.param(name, id=name, marks=pytest.mark.proves(f"tutorial:{name}")) for name in TUTORIALS]
)
def test_tutorial_runs(name: str, catalog: Catalog, engine: Engine, witness: Witness, tmp_path: Path) -> None:
    """Every cell succeeds in a fresh directory, with exactly the files of the snippets that it names."""
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
            with published_port():
                return execute(
                    tutorial,
                    catalog=catalog,
                    workdir=workdir,
                    env=env,
                    engine=engine.description,
                    stand_in=any(ground.base.stand_in for ground in grounds),
                )
        finally:
            # After its last cell a tutorial has cleaned up; after one that failed, nobody has.
            left.append(try_docker("ps", "--all", "--quiet", "--filter", f"label={WORKDIR_LABEL}={tmp_path}"))
            if left[-1]:
                docker("rm", "--force", "--volumes", *left[-1])

    left: list[list[str]] = []
    try:
        execution = executed()
    except CellError as error:
        # Once more: a fault fails twice, a noisy machine is told of in the record and on the page.
        execution = replace(executed(), flaky=str(error))

    assert left[-1] == [], "the tutorial leaves containers behind"
    assert fetched(tutorial, catalog, workdir) == {}
    witness.execution(execution)
