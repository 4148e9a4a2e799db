"""Every tutorial runs from its first cell to its last, as a reader would run it."""

import os
import shutil
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest

from snippets.catalog import Catalog, load
from snippets.catalog.metadata import VERSION
from snippets.catalog.snippet import COMPOSE, Snippet
from snippets.contract.deployment.description import NEXT
from snippets.engine.command import bounded
from snippets.engine.docker import docker, try_docker
from snippets.engine.engine import Engine
from snippets.engine.run import COMPOSE_LABEL
from snippets.engine.subjects.operator import HOME
from snippets.engine.subjects.servers import Servers
from snippets.engine.subjects.shim import WORKDIR_LABEL, environment
from snippets.engine.subjects.workdir import laid_out, published_port
from snippets.evidence.records import Cell, Execution
from snippets.proving.judging import withheld
from snippets.proving.recorder import Witness
from snippets.proving.servers import bare
from snippets.render.notebook import to_download
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


T = TypeVar("T")
# What of a cell takes a port of this machine, which one tutorial has at a time.
PUBLISH = ("--publish", "docker compose")
SUMS = "find . -type f -exec sha256sum {} +"
# Compose reads settings of the same names, which nobody has set who is not played.
PLAYED = """#!/bin/sh
unset {names}
exec {docker} "$@"
"""
# What the registry of a run has under a tag, as whoever deploys to a cluster asks it.
ASKED = """
curl --silent --show-error --fail --insecure --head \\
    --header "Accept: application/vnd.docker.distribution.manifest.v2+json" \\
    "https://$(echo "$VERSION" | sed 's|/|/v2/|; s|@.*||')/manifests/{tag}" |
    tr --delete '\\r' | sed --quiet 's/^docker-content-digest: //Ip'
"""


def projects(tutorial: Tutorial, catalog: Catalog) -> list[Snippet]:
    """Its snippets that are brought up by compose."""
    return [catalog.snippets[name] for name in tutorial.snippets if COMPOSE in catalog.snippets[name].sources]


def fetched(tutorial: Tutorial, catalog: Catalog, sums: str) -> dict[str, str]:
    """What differs between the files of the snippets and those that lie there, by what `sha256sum` prints of these.

    Of several compose projects each lies in a directory of its name.
    """
    found = {path.removeprefix("./"): sha256 for sha256, path in (line.split("  ", 1) for line in sums.splitlines())}
    several = len(projects(tutorial, catalog)) > 1
    sources = {
        f"{name}/{path}" if several else path: source
        for name in tutorial.snippets
        for path, source in catalog.snippets[name].sources.items()
    }
    return {
        path: "differs" if path in found else "missing"
        for path, source in sources.items()
        if found.get(path) != source.sha256
    }


@contextmanager
def composed(
    tutorial: Tutorial, catalog: Catalog, engine: Engine, folder: Path, workdir: Path
) -> Iterator[Mapping[str, str]]:
    """What makes `docker compose` in a reader's directory use what stands in; whatever it leaves is removed.

    Several projects are one there: the reader's own compose file has the services of all of them.
    """
    if not tutorial.here or not (used := projects(tutorial, catalog)):
        yield {}
        return
    with ExitStack() as stack:
        files, project = [workdir / COMPOSE], ""
        for snippet in used:
            place, contexts = folder / "stated" / snippet.name, engine.contexts(snippet.bases)
            # Of the same project, with the same override, and a compose file before the reader has one.
            stated = stack.enter_context(laid_out(snippet, place, tutorial.name, run=engine.run, contexts=contexts))
            assert stated.override is not None
            files.append(stated.override)
            project = stated.env["COMPOSE_PROJECT_NAME"]
        try:
            yield {"COMPOSE_FILE": os.pathsep.join(map(str, files)), "COMPOSE_PROJECT_NAME": project}
        finally:
            # Of a service that only the reader's own file has, nobody else knows.
            if left := try_docker("ps", "--all", "--quiet", "--filter", f"label={COMPOSE_LABEL}={project}"):
                docker("rm", "--force", "--volumes", *left)


@contextmanager
def reader(tutorial: Tutorial, catalog: Catalog, engine: Engine, folder: Path) -> Iterator[Servers | None]:
    """Where a reader sits: with the servers that the tutorial is of, and at this machine with its ports free."""
    with ExitStack() as stack:
        servers = None
        if tutorial.servers:
            servers = stack.enter_context(bare(engine, catalog.snippets[tutorial.servers], folder))
        # A cluster takes its time, and others want these ports.
        if tutorial.here and any(word in cell.text for cell in tutorial.cells for word in PUBLISH):
            stack.enter_context(published_port())
        yield servers


def reached(servers: Servers, snippet: Snippet, folder: Path, env: Mapping[str, str]) -> Mapping[str, str]:
    """What makes this machine the one that a cluster is deployed from, for programs which are given this environment.

    It has that one's home and `kubectl`, which finds the cluster by an address; so does `curl` its sites. Of the two
    versions that the registry has, FIRST_IMAGE and NEXT_IMAGE are the names.
    """
    table = snippet.table.host
    assert table is not None, "the door asks every snippet of servers for it"
    # There kubectl waits until it has a whole cluster.
    servers.run("kubectl version")
    home, programs, id_ = folder / "home", folder / "programs", servers.lent()[-1]
    for place in (home, programs):
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
    docker("cp", f"{id_}:{HOME}/.", str(home))
    docker("cp", f"{id_}:/usr/local/bin/kube", str(programs / "kube"))
    (programs / "kubectl").write_text('#!/bin/sh\nexec kube kubectl "$@"\n')
    names, ours = [*table.env], shutil.which("docker", path=env["PATH"])
    (programs / "docker").write_text(PLAYED.format(names=" ".join(names), docker=ours))
    for program in ("kubectl", "docker"):
        (programs / program).chmod(0o755)
    config, resolved = home / ".kube" / "config", ""
    for host, sites in table.sites.items():
        for site in sites:
            config.write_text(config.read_text().replace(site, servers.address(host)))
            resolved += f'connect-to = "{site}::{servers.address(host)}:"\n'
    (home / ".curlrc").write_text(resolved)
    set_there = {name: servers.run(f'printf %s "${name}"').stdout.replace(HOME, str(home)) for name in names}
    (versioned,) = (name for name, value in table.env.items() if value == VERSION)
    first = set_there.pop(versioned)
    digest = servers.run(f"VERSION={first}{ASKED.format(tag=NEXT)}").stdout.strip()
    given = {"FIRST_IMAGE": first, "NEXT_IMAGE": f"{first.partition('@')[0]}@{digest}"}
    return {**set_there, **given, "HOME": str(home), "PATH": f"{programs}{os.pathsep}{env['PATH']}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where a reader works through a tutorial: with its snippets' bases, from an empty directory, more than once."""

    tutorial: Tutorial
    catalog: Catalog
    engine: Engine
    folder: Path
    env: Mapping[str, str]
    stand_in: bool

    @property
    def workdir(self) -> Path:
        """The reader's directory."""
        return self.folder / self.tutorial.name

    def work(self, run: Callable[[Mapping[str, str], tuple[str, ...]], T]) -> T:
        """Run it from nothing, with an environment and what a program is put after.

        It leaves no container, and exactly the files of the snippets.
        """
        shutil.rmtree(self.workdir, ignore_errors=True)
        self.workdir.mkdir()
        try:
            with (
                reader(self.tutorial, self.catalog, self.engine, self.folder) as servers,
                composed(self.tutorial, self.catalog, self.engine, self.folder, self.workdir) as files,
            ):
                there: tuple[str, ...] = ()
                env = {**self.env, **files}
                if servers and self.tutorial.here:
                    snippet = self.catalog.snippets[self.tutorial.servers]
                    env |= reached(servers, snippet, self.folder, env)
                elif servers:
                    there = servers.lent()
                done = run(env, there)
                sums = servers.run(SUMS).stdout if servers and there else self._sums()
        finally:
            # After its last cell a tutorial has cleaned up; after one that failed, nobody has.
            left = try_docker("ps", "--all", "--quiet", "--filter", f"label={WORKDIR_LABEL}={self.folder}")
            if left:
                docker("rm", "--force", "--volumes", *left)
        assert left == [], "the tutorial leaves containers behind"
        assert fetched(self.tutorial, self.catalog, sums) == {}
        return done

    def _sums(self) -> str:
        return bounded(["sh", "-c", SUMS], cwd=self.workdir, timeout_s=60).stdout


def carriers(tutorial: Tutorial, catalog: Catalog) -> list[Snippet]:
    """Its snippets: what has no base of its own stands on that of the image which carries it."""
    return [catalog.snippets[catalog.snippets[used].carrier] for used in tutorial.snippets]


def seated(tutorial: Tutorial, catalog: Catalog, engine: Engine, tmp_path: Path) -> Desk:
    """Where it is worked through."""
    grounds = engine.grounds([base for used in carriers(tutorial, catalog) for base in used.bases])
    images = {ground.base.ref: ground.image for ground in grounds if ground.image}
    env = environment(engine.run, tmp_path / "bin", images)
    shim = tmp_path / "bin" / "handbook"
    shim.write_text(HANDBOOK.format(scripts=sysconfig.get_path("scripts")))
    shim.chmod(0o755)
    stand_in = any(ground.base.stand_in for ground in grounds)
    return Desk(tutorial=tutorial, catalog=catalog, engine=engine, folder=tmp_path, env=env, stand_in=stand_in)


@pytest.mark.parametrize(
    "name", [pytest.param(name, id=name, marks=pytest.mark.proves(f"tutorial:{name}")) for name in TUTORIALS]
)
def test_tutorial_runs(name: str, catalog: Catalog, engine: Engine, witness: Witness, tmp_path: Path) -> None:
    """Every cell succeeds from nothing, with exactly the files of the snippets that the tutorial names.

    What is run is the notebook that the site offers of it, in an empty directory and by what `jupyter execute` is.
    """
    tutorial = TUTORIALS[name]
    if why := next(filter(None, (withheld(carrier, engine) for carrier in carriers(tutorial, catalog))), None):
        witness.withhold(tutorial.label, why)
        return
    desk = seated(tutorial, catalog, engine, tmp_path)
    # Its own outputs are not there yet. Of servers no reader has the cells, so theirs are not offered.
    blank = Execution(
        tutorial=name,
        digest=tutorial.digest(catalog),
        engine=desk.engine.description,
        stand_in=desk.stand_in,
        verified_at=datetime.now(UTC),
        cells=[Cell(source=cell.text, output="") for cell in tutorial.cells],
    )
    notebook = None if tutorial.servers else to_download(tutorial, blank)[tutorial.notebook]

    def executed(env: Mapping[str, str], there: tuple[str, ...]) -> Execution:
        return execute(
            tutorial,
            catalog=desk.catalog,
            workdir=desk.workdir,
            env=env,
            engine=desk.engine.description,
            stand_in=desk.stand_in,
            there=there,
            notebook=notebook,
        )

    try:
        execution = desk.work(executed)
    except CellError as error:
        # Once more: a fault fails twice, a noisy machine is told of in the record and on the page.
        execution = replace(desk.work(executed), flaky=str(error))
    witness.execution(execution)
