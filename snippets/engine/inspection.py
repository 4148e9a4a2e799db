"""An image's name -> what the engine tells of it, and what the image says of itself."""

import json
from collections.abc import Mapping
from typing import Any

from ..contract.observation import Healthcheck, ImageConfig
from .docker import docker

NS = 1_000_000_000


def config_of(image: str) -> ImageConfig:
    """What an image says of itself; EngineError where the engine has none of this name."""
    config = inspected(image)["Config"]
    exposed = [port.partition("/")[::2] for port in config.get("ExposedPorts") or ()]
    return ImageConfig(
        user=config.get("User") or "",
        entrypoint=tuple(config.get("Entrypoint") or ()),
        command=tuple(config.get("Cmd") or ()),
        env=dict(entry.partition("=")[::2] for entry in config.get("Env") or ()),
        labels=config.get("Labels") or {},
        healthcheck=_healthcheck(config.get("Healthcheck")),
        ports=tuple(sorted(int(number) for number, protocol in exposed if protocol in {"", "tcp"})),
    )


def inspected(image: str) -> dict[str, Any]:
    """All that the engine tells of it; raises likewise."""
    return dict(json.loads("".join(docker("image", "inspect", image)))[0])


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
