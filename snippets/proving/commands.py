"""A snippet's commands -> findings: the strings on the page, run in their order in a fresh copy of the directory."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace as put
from pathlib import Path

from ..catalog.admission import COMMAND_PREFIX
from ..catalog.snippet import Snippet
from ..contract import Finding, Verdict
from ..contract.observation import Done
from ..engine.engine import Engine
from ..engine.subjects.servers import Servers
from ..engine.subjects.workdir import laid_out, published_port
from ..evidence.objection import command_rules
from .servers import bare

TAIL_LINES = 15


@contextmanager
def _shell(
    engine: Engine, snippet: Snippet, folder: Path, replaced: Mapping[Path, str] | None
) -> Iterator[Callable[[str], Done]]:
    """Where its reader's commands run: on this machine, or where somebody deploys from."""
    if snippet.table.host:
        # What has to be installed was, when it was deployed to hosts that hold nothing, by the same commands.
        with bare(engine, snippet, folder, replaced, packed=True) as servers:
            yield lambda string: servers.run(string, check=False)
        return
    contexts = engine.contexts(snippet.bases)
    project = f"{snippet.name}-commands"
    with (
        published_port(),
        laid_out(snippet, folder, project, run=engine.run, contexts=contexts, replaced=replaced) as workdir,
    ):

        def run(string: str) -> Done:
            done = workdir.run(string)
            # A reader's project is named after its directory, not after this run.
            return put(done, stdout=done.stdout.replace(engine.run.project(project), snippet.name))

        yield run


@contextmanager
def _since(servers: Servers) -> Iterator[Callable[[str], Done]]:
    """Where they run once some of them have brought it there. Those are not run again: how they ended is known."""
    as_arrived = servers.renewed()
    yield lambda string: as_arrived.brought(string) or as_arrived.run(string, check=False)


def rehearse(  # noqa: PLR0913, PLR0917 - what runs, where, and what of it is another
    engine: Engine,
    snippet: Snippet,
    folder: Path,
    commands: Mapping[str, str],
    replaced: Mapping[Path, str] | None = None,
    arrived: Servers | None = None,
) -> tuple[Sequence[Finding], str]:
    """Run every command until one fails; the findings, and the last one with the end of what it printed.

    `replaced` gives other text for some files, as a mutant has it; `arrived` is where it is already, by its commands.
    Raises EngineError where the engine is at fault.
    """
    findings: list[Finding] = []
    last = ""
    with _since(arrived) if arrived else _shell(engine, snippet, folder, replaced) as run:
        for name, string in commands.items():
            done = run(string)
            findings.append(
                Finding(
                    promise=f"{COMMAND_PREFIX}{name}",
                    rules=command_rules(),
                    verdict=Verdict.KEPT if done.status == 0 else Verdict.BROKEN,
                    seen=str(done),
                    took_s=round(done.took_s, 2),
                )
            )
            printed = done.stdout.splitlines()[-TAIL_LINES:]
            last = "\n".join([f"`{string}`", *printed, f"exit status {done.status}"])
            if done.status != 0:
                break
    return findings, last


def rehearse_twice(
    engine: Engine, snippet: Snippet, folder: Path, arrived: Servers | None = None
) -> tuple[Sequence[Finding], str]:
    """Run them all, and where one fails all of them once more: what holds only then says so in what was seen.

    The second try begins with another fresh copy. Takes, returns and raises what `rehearse` does.
    """
    first, said = rehearse(engine, snippet, folder, snippet.commands, arrived=arrived)
    failed = first[-1]
    if failed.verdict is Verdict.KEPT:
        return first, said
    again = folder / "again"
    again.mkdir()
    second, last = rehearse(engine, snippet, again, snippet.commands, arrived=arrived)
    flaky = "flaky, " if second[-1].verdict is Verdict.KEPT else ""
    told = [
        put(finding, seen=f"{finding.seen}; {flaky}at the first try: {failed.seen}")
        if finding.promise == failed.promise
        else finding
        for finding in second
    ]
    return told, f"{last}\nat the first try: {said}"
