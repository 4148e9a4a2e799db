"""A built image and the source it came from -> what the contract's `Image` may be asked."""

import json
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from docker.errors import APIError, DockerException
from docker.models.containers import Container as Handle

from snippets.contract import Project
from snippets.contract.subject import Healthcheck, ImageConfig, Place
from snippets.engine import scan
from snippets.engine.build import build
from snippets.engine.container import BootedContainer
from snippets.engine.docker import docker, engine_error, trace
from snippets.engine.run import Run
from snippets.errors import EngineError, NotReadyError

READY_TIMEOUT_S = 40.0
PIDS = 256
TMP_SIZE = "size=64m"
NS = 1_000_000_000


@dataclass(frozen=True, kw_only=True)
class BuiltImage:
    """An image by its id; `contexts` are the bases that were swapped in, `context` its source.

    `stumbled` is how a first build ended where only a second one succeeded.
    """

    id: str
    context: Path
    project: Project
    run: Run
    contexts: Mapping[str, str]
    build_s: float
    stumbled: str = ""
    ready: list[float] = field(default_factory=list)

    @property
    def size_bytes(self) -> int:
        """Size of all its layers."""
        return int(self._inspected()["Size"])

    @property
    def config(self) -> ImageConfig:
        """What it says of itself."""
        config = self._inspected()["Config"]
        return ImageConfig(
            user=config.get("User") or "",
            entrypoint=tuple(config.get("Entrypoint") or ()),
            command=tuple(config.get("Cmd") or ()),
            env=dict(entry.partition("=")[::2] for entry in config.get("Env") or ()),
            labels=config.get("Labels") or {},
            healthcheck=_healthcheck(config.get("Healthcheck")),
        )

    @contextmanager
    def boot(  # noqa: PLR0913 - one keyword a posture, each of them a promise's own
        self,
        *,
        settings: Mapping[str, str] | None = None,
        env: Mapping[str, str] | None = None,
        port: int | None = None,
        read_only: bool = False,
        unprivileged: bool = False,
        cpus: float | None = None,
        health_interval_s: float | None = None,
        await_ready: bool = True,
    ) -> Iterator[BootedContainer]:
        """Boot, wait until it answers, and remove whatever is left of it afterwards."""
        started = time.monotonic()
        inner = port or self.project.port
        posture = {
            "mem_limit": f"{self.project.memory_mib}m",
            "memswap_limit": f"{self.project.memory_mib}m",
            "pids_limit": PIDS,
            "labels": self.run.labels,
            "read_only": read_only,
            "cap_drop": ["ALL"] if unprivileged else [],
            "security_opt": ["no-new-privileges"] if unprivileged else [],
            "nano_cpus": int(cpus * NS) if cpus else None,
            # Off unless it is what is judged, so that it is neither counted nor logged.
            "healthcheck": {"interval": int(health_interval_s * NS)} if health_interval_s else {"test": ["NONE"]},
        }
        values = {**(self.project.settings if settings is None else settings), **(env or {})}
        with _started(self.id, values, inner, posture) as handle:
            container = BootedContainer(handle, inner, self._inspected()["Config"].get("StopSignal") or "SIGTERM")
            try:
                if await_ready:
                    container.await_answer(self.project.live, READY_TIMEOUT_S)
                    self.ready.append(container.ready_s)
                yield container
            finally:
                what = {"container": handle.id, "image": self.id, "port": inner, "env": values, "posture": posture}
                trace("boot", what, started)

    def rebuilt(
        self,
        *,
        edits: Mapping[str, bytes] | None = None,
        arguments: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
        target: str | None = None,
    ) -> "BuiltImage":
        """Build an edited copy of the source, with the builder's cache."""
        with tempfile.TemporaryDirectory(prefix="handbook-context-") as folder:
            copy = shutil.copytree(self.context, Path(folder) / "context")
            for path, content in (edits or {}).items():
                (copy / path).parent.mkdir(parents=True, exist_ok=True)
                (copy / path).write_bytes(content)
            identity, build_s = build(
                copy,
                self.run.tag(uuid.uuid4().hex[:12]),
                contexts=self.contexts,
                arguments=arguments,
                secrets=secrets,
                target=target,
            )
        return BuiltImage(
            id=identity,
            context=self.context,
            project=self.project,
            run=self.run,
            contexts=self.contexts,
            build_s=build_s,
        )

    def find(self, canaries: Collection[str]) -> Iterator[Place]:
        """Every place that holds one of these strings; layers of stood-in bases are not looked into."""
        return scan.find(self.id, canaries, self._base_layers())

    def layer_paths(self) -> Iterator[str]:
        """Every path in every layer that is not of a base."""
        return scan.paths(self.id, self._base_layers())

    def _base_layers(self) -> frozenset[str]:
        documents = json.loads("".join(docker("image", "inspect", *self.contexts.values()))) if self.contexts else []
        return frozenset(layer.removeprefix("sha256:") for d in documents for layer in d["RootFS"]["Layers"])

    def _inspected(self) -> dict[str, Any]:
        return dict(json.loads("".join(docker("image", "inspect", self.id)))[0])


@contextmanager
def _started(image: str, env: Mapping[str, str], port: int, posture: Mapping[str, object]) -> Iterator[Handle]:
    # Its reaper needs an image that may be out of reach; the sweep by label does that work here.
    os.environ["TESTCONTAINERS_RYUK_DISABLED"] = "true"
    from testcontainers.core.container import DockerContainer  # noqa: PLC0415 - it reads the variable when imported

    try:
        container = DockerContainer(image, env=dict(env)).with_kwargs(**posture)
        # Its own signature knows no address: https://docker-py.readthedocs.io/en/stable/containers.html
        ports = cast("dict[str, object]", container.ports)
        ports[f"{port}/tcp"] = ("127.0.0.1", None)
        if posture["read_only"]:
            container.with_tmpfs_mount("/tmp", TMP_SIZE)  # noqa: S108 - inside the container
    except DockerException as error:
        raise engine_error("docker", str(error)) from None
    try:
        try:
            container.start()
        except APIError as error:
            raise _start_failure(error) from None
        handle = container.get_wrapped_container()
        handle.reload()
        yield handle
    finally:
        try:
            container.stop()
        except DockerException as error:
            raise engine_error("docker rm", str(error)) from None


def _start_failure(error: APIError) -> NotReadyError | EngineError:
    said = error.explanation or str(error)
    if "executable file not found" in said or "no such file or directory" in said or "permission denied" in said:
        return NotReadyError(f"the container does not start: {said}")
    return engine_error("docker run", said)


def _healthcheck(stated: Mapping[str, Any] | None) -> Healthcheck | None:
    if not stated or stated.get("Test", ["NONE"])[0] == "NONE":
        return None
    # The engine's defaults: https://docs.docker.com/reference/dockerfile/#healthcheck
    return Healthcheck(
        test=tuple(stated["Test"]),
        interval_s=stated.get("Interval", 30 * NS) / NS,
        timeout_s=stated.get("Timeout", 30 * NS) / NS,
        start_period_s=stated.get("StartPeriod", 0) / NS,
        retries=stated.get("Retries") or 3,
    )
