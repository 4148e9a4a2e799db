"""An image -> where strings occur in it: layers as a stream, history, environment and labels."""

import json
import re
import subprocess
import tarfile
from collections.abc import Collection, Iterator
from typing import IO, cast

from snippets.contract.subject import Place
from snippets.engine.docker import engine_error

CHUNK_BYTES = 1 << 20


def find(image: str, canaries: Collection[str], skipped_layers: Collection[str]) -> Iterator[Place]:
    """Every place in the image that holds one of these strings; `skipped_layers` are a base's own."""
    pattern = re.compile(b"|".join(re.escape(canary.encode()) for canary in canaries))
    longest = max(len(canary.encode()) for canary in canaries)
    for name, blob in _blobs(image):
        if name in skipped_layers:
            continue
        first = blob.read(1)
        if first == b"{":
            yield from _in_config(first + blob.read(), pattern)
            continue
        with tarfile.open(fileobj=cast("IO[bytes]", _Rejoined(first, blob)), mode="r|*") as layer:
            for member in layer:
                named = pattern.search(member.name.encode(errors="surrogateescape"))
                content = layer.extractfile(member) if member.isreg() else None
                if named or (content and _holds(content, pattern, longest)):
                    yield Place(where=f"layer {name[:12]}", what="/" + member.name)


def paths(image: str, skipped_layers: Collection[str]) -> Iterator[str]:
    """Every path in every layer but the skipped ones."""
    for name, blob in _blobs(image):
        first = blob.read(1)
        if name in skipped_layers or first == b"{":
            continue
        with tarfile.open(fileobj=cast("IO[bytes]", _Rejoined(first, blob)), mode="r|*") as layer:
            yield from ("/" + member.name for member in layer)


def _blobs(image: str) -> Iterator[tuple[str, IO[bytes]]]:
    """Name (hex digest) and content of each blob, in the order of the exported stream."""
    with subprocess.Popen(  # noqa: S603 - our own arguments, no shell
        ["docker", "image", "save", image],  # noqa: S607 - the docker on PATH
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        seen = 0
        try:
            with tarfile.open(fileobj=process.stdout, mode="r|") as export:
                for member in export:
                    if member.isreg() and member.name.startswith("blobs/"):
                        content = export.extractfile(member)
                        assert content is not None
                        seen += 1
                        yield member.name.rpartition("/")[2], content
        except tarfile.ReadError as error:
            raise engine_error("docker image save", process.stderr.read().decode() or str(error)) from None
        if process.wait() != 0 or not seen:
            raise engine_error("docker image save", process.stderr.read().decode())


def _holds(content: IO[bytes], pattern: re.Pattern[bytes], longest: int) -> bool:
    kept = b""
    while chunk := content.read(CHUNK_BYTES):
        if pattern.search(kept + chunk):
            return True
        kept = chunk[-longest:]
    return False


def _in_config(text: bytes, pattern: re.Pattern[bytes]) -> Iterator[Place]:
    document = json.loads(text)
    config = document.get("config") or {}
    if not isinstance(config, dict):
        return
    parts = {
        "env": config.get("Env") or [],
        "label": [f"{key}={value}" for key, value in (config.get("Labels") or {}).items()],
        "history": [step.get("created_by", "") for step in document.get("history", [])],
        "command": [*(config.get("Cmd") or []), *(config.get("Entrypoint") or [])],
    }
    for where, entries in parts.items():
        for entry in entries:
            if pattern.search(entry.encode()):
                yield Place(where=where, what=entry.partition("=")[0][:80])


class _Rejoined:
    """A stream whose first byte was read already; as much of a file as tarfile asks of one."""

    def __init__(self, first: bytes, rest: IO[bytes]) -> None:
        self.first = first
        self.rest = rest

    def read(self, size: int = -1) -> bytes:
        """Read on, from the byte that was taken."""
        first, self.first = self.first, b""
        return first + self.rest.read(size - len(first) if size >= 0 else -1)
