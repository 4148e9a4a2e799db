"""What `docker image save` writes, made in memory: layers, a config, and the tar stream that holds them."""

import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Member = tuple[tarfile.TarInfo, bytes]


def file(name: str, content: bytes = b"", mode: int = 0o644) -> Member:
    """A file of a layer."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    return entry, content


def folder(name: str, mode: int = 0o755) -> Member:
    """A directory of a layer."""
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode = tarfile.DIRTYPE, mode
    return entry, b""


def link(name: str, to: str, mode: int = 0o644, kind: bytes = tarfile.LNKTYPE) -> Member:
    """A hard link, with the mode of what it links to; or a symbolic one."""
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname, entry.mode = kind, to, mode
    return entry, b""


def packed(*members: Member) -> bytes:
    """A tar stream; names may hold what is no UTF-8, as surrogates."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT, errors="surrogateescape") as archive:
        for entry, content in members:
            archive.addfile(entry, io.BytesIO(content))
    return stream.getvalue()


def digest(blob: bytes) -> str:
    """The name of a blob."""
    return hashlib.sha256(blob).hexdigest()


def diff_ids(layers: Sequence[bytes]) -> list[str]:
    """How the engine calls these layers."""
    return [f"sha256:{digest(layer)}" for layer in layers]


def export(
    layers: Sequence[bytes],
    config: Mapping[str, Any] | None = None,
    order: Callable[[Sequence[str]], Sequence[str]] = sorted,
) -> bytes:
    """An image as it is exported: its blobs in the order of their names, as the engine has them, or in another."""
    described = json.dumps({"architecture": "amd64", "config": {}, "history": [], **(config or {})}).encode()
    pointed = {"schemaVersion": 2, "config": {"mediaType": "application/vnd.oci.image.config.v1+json"}}
    blobs = {digest(blob): blob for blob in (*layers, described, json.dumps(pointed).encode())}
    names = [f"blobs/sha256/{digest(layer)}" for layer in layers]
    manifest = [{"Config": f"blobs/sha256/{digest(described)}", "RepoTags": None, "Layers": names}]
    return packed(
        folder("blobs/"),
        folder("blobs/sha256/"),
        *(file(f"blobs/sha256/{name}", blobs[name]) for name in order(list(blobs))),
        file("index.json", b"{}"),
        file("manifest.json", json.dumps(manifest).encode()),
        file("oci-layout", b"{}"),
    )
