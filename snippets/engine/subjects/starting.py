"""An image and how it is to run -> its container, started through testcontainers, and gone with the block."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import cast

from docker.errors import APIError, DockerException
from docker.models.containers import Container as Handle

from ...errors import EngineError, NotReadyError
from ..docker import engine_error

TMP_SIZE = "size=64m"
# What the engine says of an image that asks for what cannot be.
UNSTARTABLE = (
    "executable file not found",
    "no such file or directory",
    "permission denied",
    "no command specified",
    "unable to find user",
    "unable to find group",
    "max depth exceeded",
)


@contextmanager
def started(image: str, env: Mapping[str, str], port: int, posture: Mapping[str, object]) -> Iterator[Handle]:
    """Start it; raises NotReadyError where what the image asks for cannot be, EngineError where the engine fails."""
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
            handle = container.get_wrapped_container()
            handle.reload()
        except APIError as error:
            raise _start_failure(error) from None
        except OSError as error:
            raise engine_error("docker run", str(error)) from None
        yield handle
    finally:
        try:
            container.stop()
        except (DockerException, OSError) as error:
            raise engine_error("docker rm", str(error)) from None


def _start_failure(error: APIError) -> NotReadyError | EngineError:
    said = error.explanation or str(error)
    if any(sign in said for sign in UNSTARTABLE):
        return NotReadyError(f"the container does not start: {said}")
    return engine_error("docker run", said)
