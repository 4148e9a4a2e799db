"""A snippet's commands -> findings: the strings on the page, run in their order in a fresh copy of the directory."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from ..catalog.admission import COMMAND_PREFIX
from ..catalog.snippet import Kind, Snippet
from ..contract import Finding, Verdict
from ..contract.observation import Done
from ..engine.engine import Engine
from ..engine.subjects.workdir import laid_out, published_port
from ..evidence.objection import command_rules
from .servers import bare

TAIL_LINES = 15


@contextmanager
def _shell(
    engine: Engine, snippet: Snippet, folder: Path, project: str, replaced: Mapping[Path, str] | None
) -> Iterator[Callable[[str], Done]]:
    """Where its reader's commands run: on this machine, or where somebody deploys from."""
    if snippet.kind is Kind.HOST:
        # What has to be installed was, when it was deployed to hosts that hold nothing, by the same commands.
        with bare(engine, snippet, folder, replaced, packed=True) as servers:
            yield lambda string: servers.run(string, check=False)
        return
    contexts = engine.contexts(snippet.bases)
    with (
        published_port(),
        laid_out(snippet, folder, project, run=engine.run, contexts=contexts, replaced=replaced) as workdir,
    ):
        yield workdir.run


def rehearse(
    engine: Engine,
    snippet: Snippet,
    folder: Path,
    commands: Mapping[str, str],
    replaced: Mapping[Path, str] | None = None,
) -> tuple[Sequence[Finding], str]:
    """Run every command until one fails; the findings, and the last one with the end of what it printed.

    `replaced` gives other text for some files, as a mutant has it. Raises EngineError where the engine is at fault.
    """
    findings: list[Finding] = []
    last = ""
    project = f"{snippet.name}-commands"
    with _shell(engine, snippet, folder, project, replaced) as run:
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
            # A reader's project is named after its directory, not after this run.
            printed = done.stdout.replace(engine.run.project(project), snippet.name).splitlines()[-TAIL_LINES:]
            last = "\n".join([f"`{string}`", *printed, f"exit status {done.status}"])
            if done.status != 0:
                break
    return findings, last
