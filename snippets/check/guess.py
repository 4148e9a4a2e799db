"""What an image says of itself, compose.yaml and Procfile -> what its author need not say again."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..catalog.yaml import LARGEST_BYTES, YamlError, table_of
from ..contract.observation import ImageConfig
from ..reading import regular

COMPOSE_FILES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
# What a health command asks of its own container.
_OWN_URL = re.compile(r"https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?::(\d+))?(/[^\s\"'|;)\\]*)?")
_BOUND = re.compile(r"(?:--bind|-b|--listen)[ =]\S*?:(\d+)\b|(?:--port|-p)[ =](\d+)\b")
_WEB = re.compile(r"^web:(.*)$", re.MULTILINE)
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_MIB = {"b": 1 / (1 << 20), "k": 1 / 1024, "m": 1.0, "g": 1024.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """A key of handbook.toml, the value that it is taken to have, and what says so."""

    key: str
    value: object
    where: str

    def __str__(self) -> str:
        """As it is told; of a table the name alone, for it may be long."""
        return f"{self.key} = {'{...}' if isinstance(self.value, dict) else json.dumps(self.value)}"


def guesses(config: ImageConfig, folder: Path | None, copied: Iterable[Guess] = ()) -> tuple[Guess, ...]:
    """One a key: what the image says before what lies beside its source in `folder`, and that before a copy's."""
    found: dict[str, Guess] = {}
    for guess in (*_of_image(config), *(_of_folder(folder) if folder else ()), *copied):
        found.setdefault(guess.key, guess)
    return tuple(found.values())


def _of_image(config: ImageConfig) -> Iterator[Guess]:
    asked = _OWN_URL.search(" ".join(config.healthcheck.test)) if config.healthcheck else None
    if len(config.ports) == 1:
        yield Guess(key="port", value=config.ports[0], where="EXPOSE")
    if asked:
        yield from _of_url(asked, "HEALTHCHECK")
    if config.env.get("PORT", "").isdecimal():
        yield Guess(key="port", value=int(config.env["PORT"]), where="ENV PORT")
    yield from _of_command(" ".join([*config.entrypoint, *config.command]), "the image's command")


def _of_url(asked: re.Match[str], where: str) -> Iterator[Guess]:
    port, path = asked.groups()
    yield Guess(key="port", value=int(port or 80), where=where)
    yield Guess(key="live", value=path or "/", where=where)


def _of_command(command: str, where: str) -> Iterator[Guess]:
    if re.search(r"\bgunicorn\b", command):
        yield Guess(key="server", value="gunicorn", where=where)
    if bound := _BOUND.search(command):
        yield Guess(key="port", value=int(bound[1] or bound[2]), where=where)


def _of_folder(folder: Path) -> Iterator[Guess]:
    for name in COMPOSE_FILES:
        if (folder / name).is_file():
            yield from _of_service(_service(_loaded(folder / name)), name)
            break
    procfile = folder / "Procfile"
    if web := _WEB.search(_read(procfile)):
        yield from _of_command(web[1], "Procfile")


def _read(path: Path) -> str:
    """Its text, or nothing where it is no file that anybody wrote."""
    try:
        return regular(str(path), LARGEST_BYTES).decode(errors="replace")
    except OSError:
        return ""


def _loaded(path: Path) -> Mapping[str, Any]:
    """What it says, or nothing: what compose understands and YAML's own rules do not is no fault of its author's."""
    try:
        return table_of(_read(path))
    except YamlError:
        return {}


def _service(compose: Mapping[str, Any]) -> Mapping[str, Any]:
    """The one service that is built from this directory, or nothing where several are, or none is."""
    services = compose.get("services")
    listed: Sequence[Any] = list(services.values()) if isinstance(services, Mapping) else []
    built = [service for service in listed if isinstance(service, Mapping) and _is_built_here(service.get("build"))]
    return built[0] if len(built) == 1 else {}


def _is_built_here(build: object) -> bool:
    context = build.get("context", ".") if isinstance(build, Mapping) else build
    return isinstance(context, str) and context.rstrip("/") == "."


def _of_service(service: Mapping[str, Any], where: str) -> Iterator[Guess]:
    listed = service.get("ports")
    ports = [port for entry in (listed if isinstance(listed, list) else ()) if (port := _inner_port(entry))]
    if len(ports) == 1:
        yield Guess(key="port", value=ports[0], where=where)
    test = _at(service, "healthcheck", "test")
    if asked := _OWN_URL.search(" ".join(map(str, test)) if isinstance(test, list) else str(test)):
        yield from _of_url(asked, where)
    if seconds := _sized(service.get("stop_grace_period"), _SECONDS, whole=True):
        yield Guess(key="stop_grace_s", value=seconds, where=where)
    limit = service.get("mem_limit") or _at(service, "deploy", "resources", "limits", "memory")
    if mib := _sized(limit, _MIB, whole=False):
        yield Guess(key="memory_mib", value=int(mib), where=where)


def _at(tree: object, *keys: str) -> object:
    """What lies below these keys, None where one of them is missing."""
    for key in keys:
        tree = tree.get(key) if isinstance(tree, Mapping) else None
    return tree


def _inner_port(entry: object) -> int | None:
    """The container's side of a published port: https://docs.docker.com/reference/compose-file/services/#ports."""
    target = entry.get("target") if isinstance(entry, Mapping) else str(entry).partition("/")[0].rpartition(":")[2]
    return int(str(target)) if str(target).isdecimal() else None


def _sized(stated: object, units: Mapping[str, float], *, whole: bool) -> float:
    """Sum of numbers with their units, as in "1m30s"; 0 where nothing is stated, or something else."""
    text = str(stated or "").lower()
    found = re.findall(r"(\d+(?:\.\d+)?)([a-z]+)", text)
    known = [(number, unit if whole else unit[0]) for number, unit in found]
    if "".join(f"{number}{unit}" for number, unit in found) != text or any(unit not in units for _, unit in known):
        return 0.0
    return sum(float(number) * units[unit] for number, unit in known)
