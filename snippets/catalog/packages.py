"""Files that name packages -> those that somebody asked for by name, with the versions that are locked."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping

from .snippet import Snippet

# How a requirement begins: https://packaging.python.org/en/latest/specifications/dependency-specifiers/
_NAME = re.compile(r"[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*")
_PINNED = re.compile(rf"({_NAME.pattern})(?:\[[^]]*\])?==([^\s;\\]+)")
_PROJECT, _LOCK, _PINS, _NPM = "pyproject.toml", "uv.lock", "requirements.in", "package.json"


def packages(snippet: Snippet) -> Mapping[str, str]:
    """Name -> version of what the snippet's files ask for.

    What a file asks for that no tool could read is left out: the image that is made of it fails.
    """
    found: dict[str, str] = {}
    for path in snippet.sources:
        try:
            found |= dict(_asked_for(snippet, path))
        except (ValueError, LookupError, TypeError, AttributeError):
            continue
    return found


def _asked_for(snippet: Snippet, path: str) -> Iterator[tuple[str, str]]:
    folder, _, name = path.rpartition("/")
    lock = f"{folder}/{_LOCK}".lstrip("/")
    if name == _PROJECT and lock in snippet.sources:
        versions = {package["name"]: package["version"] for package in tomllib.loads(snippet.text(lock))["package"]}
        for wanted in tomllib.loads(snippet.text(path))["project"]["dependencies"]:
            if (named := _NAME.match(wanted)) and named[0] in versions:
                yield named[0], versions[named[0]]
    elif name == _PINS:
        for line in snippet.text(path).splitlines():
            if pinned := _PINNED.match(line):
                yield pinned[1], pinned[2]
    elif name == _NPM:
        table = json.loads(snippet.text(path))
        yield from (table.get("dependencies", {}) | table.get("devDependencies", {})).items()
