"""A snippet -> a fresh copy of its directory and the environment in which a reader's commands run there."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from ...catalog.snippet import COMPOSE, Snippet
from ...contract.observation import Done
from ...errors import EngineError
from ..command import OverdueError, bounded
from ..docker import docker, engine_error, engine_fault, try_docker
from ..lock import held, lock_file
from ..run import Run
from . import shim

# Also services that start only where their profile is asked for.
ALL = ("--profile", "*")
COMMAND_TIMEOUT_S = 600.0
DOWN_TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Workdir:
    """Where commands run: the assembled directory, their environment, and for compose the override file."""

    root: Path
    env: Mapping[str, str]
    override: Path | None

    def run(self, command: str, *, together: bool = True) -> Done:
        """Run one command string as a reader's shell would; where `together`, errors are in stdout, in order.

        Raises EngineError where the engine is at fault: that says nothing of the command.
        """
        shell = ["bash", "-euo", "pipefail", "-c", command]
        try:
            done = bounded(shell, cwd=self.root, env=self.env, timeout_s=COMMAND_TIMEOUT_S, together=together)
        except OverdueError as error:
            # A command without an end is its author's fault.
            done = replace(error.done, stdout=f"{error.done.stdout}\nno end within {COMMAND_TIMEOUT_S:.0f} s")
        if done.status != 0 and (fault := engine_fault(done.stdout + done.stderr)):
            raise engine_error(command, fault)
        return done


@contextmanager
def laid_out(  # noqa: PLR0913 - what is laid out, where, and on what
    snippet: Snippet,
    folder: Path,
    project: str,
    *,
    run: Run,
    contexts: Mapping[str, str],
    replaced: Mapping[Path, str] | None = None,
) -> Iterator[Workdir]:
    """Assemble the snippet below `folder` and remove, afterwards, whatever its commands left running.

    `contexts` are the images that stand in for its bases; `replaced` gives other text for some sources, as a
    mutant has it.
    """
    root = snippet.assemble(folder / snippet.name, replaced)
    env = shim.environment(run, folder / "shim", contexts)
    override = None
    if COMPOSE in snippet.sources:
        override = folder / "override.json"
        override.write_text(json.dumps({"services": _swapped(root, contexts)}))
        env |= {
            "COMPOSE_FILE": f"{root / COMPOSE}{os.pathsep}{override}",
            "COMPOSE_PROJECT_NAME": run.project(project),
        }
    try:
        yield Workdir(root=root, env=env, override=override)
    finally:
        if COMPOSE in snippet.sources:
            down = ["docker", "compose", *ALL, "down", "--volumes", "--timeout", "5"]
            # What does not go so is removed below, or by the sweep of this run.
            with suppress(EngineError):
                bounded(down, cwd=root, env=env, timeout_s=DOWN_TIMEOUT_S)
        if left := try_docker("ps", "--all", "--quiet", "--filter", f"label={shim.WORKDIR_LABEL}={folder}"):
            docker("rm", "--force", "--volumes", *left)


@contextmanager
def published_port() -> Iterator[None]:
    """Readers' commands publish a fixed port, so one rehearsal runs at a time."""
    with held(lock_file("port")):
        yield


def _swapped(root: Path, contexts: Mapping[str, str]) -> dict[str, object]:
    """Stood-in bases for the services of a compose file; nothing else of it is touched."""
    config = ["docker", "compose", "--file", str(root / COMPOSE), *ALL, "config", "--format", "json"]
    shown = bounded(config, timeout_s=DOWN_TIMEOUT_S)
    if shown.status != 0:
        raise engine_error("docker compose config", shown.stderr)
    services: dict[str, object] = {}
    for name, service in json.loads(shown.stdout)["services"].items():
        if "build" in service:
            swaps = {reference: f"docker-image://{image}" for reference, image in contexts.items()}
            services[name] = {"build": {"additional_contexts": swaps}} if swaps else {}
        elif service["image"] in contexts:
            services[name] = {"image": contexts[service["image"]]}
    return services
