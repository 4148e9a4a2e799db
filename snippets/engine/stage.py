"""A snippet -> a fresh copy of its directory and the environment in which a reader's commands run there."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from snippets.engine import Engine, shim
from snippets.engine.docker import docker, engine_error, engine_fault, try_docker
from snippets.engine.lock import held
from snippets.snippet import Snippet

COMMAND_TIMEOUT_S = 600.0
COMPOSE = "compose.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where commands run: the assembled directory, their environment, and for compose the override file."""

    root: Path
    env: Mapping[str, str]
    override: Path | None

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run one command string as a reader's shell would, output and errors together, in order.

        Raises EngineError where the engine is at fault: that says nothing of the command.
        """
        done = subprocess.run(  # noqa: S603 - a published command, in a copy of its own directory
            ["bash", "-euo", "pipefail", "-c", command],  # noqa: S607 - the reader's own bash
            cwd=self.root,
            env=dict(self.env),
            text=True,
            errors="replace",
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=COMMAND_TIMEOUT_S,
        )
        if done.returncode != 0 and (fault := engine_fault(done.stdout)):
            raise engine_error(command, fault)
        return done


@contextmanager
def staged(
    engine: Engine, snippet: Snippet, folder: Path, project: str, replaced: Mapping[Path, str] | None = None
) -> Iterator[Stage]:
    """Assemble the snippet below `folder` and remove, afterwards, whatever its commands left running.

    `replaced` gives other text for some sources, as a mutant has it.
    """
    root = snippet.assemble(folder / snippet.name, replaced)
    contexts = engine.contexts(snippet.bases)
    env = shim.environment(engine.run, folder / "shim", contexts)
    override = None
    if COMPOSE in snippet.sources:
        override = folder / "override.json"
        override.write_text(json.dumps({"services": _swapped(root, contexts)}))
        env |= {
            "COMPOSE_FILE": f"{root / COMPOSE}{os.pathsep}{override}",
            "COMPOSE_PROJECT_NAME": engine.run.project(project),
        }
    try:
        yield Stage(root=root, env=env, override=override)
    finally:
        if COMPOSE in snippet.sources:
            subprocess.run(
                ["docker", "compose", "down", "--volumes", "--timeout", "5"],  # noqa: S607 - the docker on PATH
                cwd=root,
                env=env,
                capture_output=True,
                check=False,
                timeout=COMMAND_TIMEOUT_S,
            )
        if left := try_docker("ps", "--all", "--quiet", "--filter", f"label={shim.STAGE_LABEL}={folder}"):
            docker("rm", "--force", "--volumes", *left)


@contextmanager
def published_port() -> Iterator[None]:
    """Readers' commands publish a fixed port, so one rehearsal runs at a time."""
    with held("port"):
        yield


def _swapped(root: Path, contexts: Mapping[str, str]) -> dict[str, object]:
    """Stood-in bases for the services of a compose file; nothing else of it is touched."""
    shown = subprocess.run(  # noqa: S603 - our own arguments
        ["docker", "compose", "--file", str(root / COMPOSE), "config", "--format", "json"],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    if shown.returncode != 0:
        raise engine_error("docker compose config", shown.stderr)
    services: dict[str, object] = {}
    for name, service in json.loads(shown.stdout)["services"].items():
        if "build" in service:
            swaps = {reference: f"docker-image://{image}" for reference, image in contexts.items()}
            services[name] = {"build": {"additional_contexts": swaps}} if swaps else {}
        elif service["image"] in contexts:
            services[name] = {"image": contexts[service["image"]]}
    return services
