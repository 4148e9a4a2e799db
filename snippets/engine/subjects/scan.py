"""An image -> what its layers hold: one pass over the stream that the engine exports, nothing unpacked to disk."""

import gzip
import json
import re
import stat
import subprocess
import tarfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BufferedReader
from re import Pattern
from typing import IO, cast

from ...contract.observation import Contents, Layer, Place
from ..docker import engine_error

CHUNK_BYTES = 1 << 20
# Four times what a pipe holds by itself, a quarter of what anybody may ask for.
PIPE_BYTES = 1 << 18
WHITEOUT, OPAQUE = ".wh.", ".wh..wh..opq"
TAR_MAGIC = b"ustar"
GZIP_MAGIC = b"\x1f\x8b"
SETID = stat.S_ISUID | stat.S_ISGID


@dataclass(slots=True)
class _Found:
    """What one layer holds; of paths that nobody asked for only the hash, to know what they hide."""

    bytes: int = 0
    places: list[Place] = field(default_factory=list)
    setuid: set[str] = field(default_factory=set)
    sought: set[str] = field(default_factory=set)
    folders: set[int] = field(default_factory=set)
    files: set[int] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    emptied: set[str] = field(default_factory=set)

    def hides(self, path: str) -> bool:
        """Whether a lower layer's path is replaced or deleted by this one."""
        above = [path]
        while (parent := above[-1].rpartition("/")[0]) != above[-1]:
            above.append(parent)
        return (
            hash(path) in self.folders
            or any(p in self.removed or hash(p) in self.files for p in above)
            or any(p in self.emptied for p in above[1:])
        )


def scan(
    image: str, diff_ids: Sequence[str], base: Collection[str], canaries: Collection[str], sought: Pattern[str]
) -> Contents:
    """Read every layer once. `diff_ids` are the image's layers in order, `base` those that the build did not add.

    Raises EngineError where the engine does not export the image, or not all of it.
    """
    search = _Search(canaries)
    blobs: dict[str, _Found] = {}
    places: list[Place] = []
    order: list[str] = []
    with _exported(image) as export:
        for name, blob in _blobs(export):
            if name == "manifest.json":
                order = [layer.rpartition("/")[2] for layer in json.loads(blob.read())[0]["Layers"]]
                continue
            first = blob.peek(tarfile.BLOCKSIZE)[: tarfile.BLOCKSIZE]
            # A layer may begin with a file whose name does.
            if first.startswith(b"{") and TAR_MAGIC not in first:
                places += _in_config(blob.read(), search)
            elif first:
                blobs[name] = _in_layer(name, _unpacked(blob, first), search, sought)
    if len(order) != len(diff_ids) or not blobs.keys() >= set(order):
        raise engine_error("docker image save", f"it exports {len(blobs)} of {len(diff_ids)} layers")
    return _seen_from_above([blobs[name] for name in order], diff_ids, base, places)


def _seen_from_above(
    found: Sequence[_Found], diff_ids: Sequence[str], base: Collection[str], places: Sequence[Place]
) -> Contents:
    setuid: list[str] = []
    kept: list[str] = []
    for depth, layer in enumerate(found):
        above = found[depth + 1 :]
        setuid += [path for path in layer.setuid if not any(other.hides(path) for other in above)]
        if diff_ids[depth] not in base:
            kept += [path for path in layer.sought if not any(other.hides(path) for other in above)]
    return Contents(
        layers=tuple(
            Layer(id=id_, bytes=layer.bytes, own=id_ not in base) for id_, layer in zip(diff_ids, found, strict=True)
        ),
        places=(*places, *(place for layer in found for place in layer.places)),
        setuid=tuple(sorted(set(setuid))),
        found=tuple(sorted(set(kept))),
    )


def _in_layer(name: str, blob: IO[bytes], search: "_Search", sought: Pattern[str]) -> _Found:
    found = _Found()
    with tarfile.open(fileobj=blob, mode="r:") as layer:
        for member in layer:
            path = "/" + member.name.removeprefix("./").strip("/")
            folder, _, last = path.rpartition("/")
            if last == OPAQUE:
                found.emptied.add(folder)
                continue
            if last.startswith(WHITEOUT):
                found.removed.add(f"{folder}/{last.removeprefix(WHITEOUT)}")
                continue
            if member.isdir():
                found.folders.add(hash(path))
                continue
            found.files.add(hash(path))
            # A hard link has the mode of what it links to.
            if member.mode & SETID and (member.isreg() or member.islnk()):
                found.setuid.add(_shown(path))
            if sought.search(path):
                found.sought.add(_shown(path))
            found.bytes += member.size
            content = layer.extractfile(member) if member.isreg() else None
            held = search.text(path) | (search.stream(content) if content else set())
            found.places += [Place(canary=c, where=f"layer {name[:12]}", what=_shown(path)) for c in sorted(held)]
            # The stream keeps every member it has read; nobody comes back for one.
            layer.members.clear()  # type: ignore[attr-defined] # tarfile's own way, which its types do not know
    return found


def _unpacked(blob: BufferedReader, first: bytes) -> IO[bytes]:
    """A layer as it was built; the containerd image store exports what it pulled, which is compressed."""
    return cast("IO[bytes]", gzip.GzipFile(fileobj=blob)) if first.startswith(GZIP_MAGIC) else blob


def _shown(path: str) -> str:
    """A path that is not UTF-8, so that a record can hold it."""
    return path.encode(errors="surrogateescape").decode(errors="backslashreplace")


class _Search:
    """Which of some strings occur in a text or in a stream."""

    def __init__(self, canaries: Collection[str]) -> None:
        self._wanted = {canary: canary.encode() for canary in canaries}
        self._longest = max((len(wanted) for wanted in self._wanted.values()), default=0)

    def text(self, text: str) -> set[str]:
        """Those in a text."""
        return {canary for canary in self._wanted if canary in text}

    def stream(self, content: IO[bytes]) -> set[str]:
        """Those in a stream, those across two of its chunks included."""
        found: set[str] = set()
        end = b""
        while chunk := content.read(CHUNK_BYTES):
            # Two searches: joining the chunks would copy each of them.
            seam = end + chunk[: self._longest]
            found |= {canary for canary, wanted in self._wanted.items() if wanted in chunk or wanted in seam}
            end = chunk[-self._longest :]
        return found


@contextmanager
def _exported(image: str) -> Iterator[tarfile.TarFile]:
    """The exported stream; whoever reads it to an early end hears why the engine ended it."""
    with subprocess.Popen(  # noqa: S603 - our own arguments, no shell
        ["docker", "image", "save", image],  # noqa: S607 - the docker on PATH
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=PIPE_BYTES,
        pipesize=PIPE_BYTES,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            pipe = cast("IO[bytes]", _Forward(process.stdout))
            with tarfile.open(fileobj=pipe, mode="r:") as export:
                yield export
        except (tarfile.ReadError, EOFError) as error:
            # It may still want to write, and says nothing before it ends.
            process.stdout.close()
            raise engine_error("docker image save", process.stderr.read().decode() or str(error)) from None
        if process.wait() != 0:
            raise engine_error("docker image save", process.stderr.read().decode())


def _blobs(export: tarfile.TarFile) -> Iterator[tuple[str, BufferedReader]]:
    """Name (hex digest) and content of each blob, and the manifest, in the order of the exported stream."""
    for member in export:
        if member.isreg() and (member.name.startswith("blobs/") or member.name == "manifest.json"):
            content = export.extractfile(member)
            assert isinstance(content, BufferedReader)
            yield member.name.rpartition("/")[2], content


def _in_config(text: bytes, search: _Search) -> Iterator[Place]:
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
            # Variables and labels by their names; a step by how it begins.
            what = re.split(r"[=\n]", entry, maxsplit=1)[0][:80]
            yield from (Place(canary=canary, where=where, what=what) for canary in sorted(search.text(entry)))


class _Forward:
    """A pipe that may be sought in, onwards; as much of a file as tarfile asks of one.

    tarfile's own way with a pipe copies what it has read ahead at each read, which is half its time.
    """

    def __init__(self, pipe: IO[bytes]) -> None:
        self.pipe = pipe
        self.position = 0

    def read(self, size: int) -> bytes:
        """Read on."""
        content = self.pipe.read(size)
        self.position += len(content)
        return content

    def seek(self, position: int) -> int:
        """Pass over what lies before the position."""
        while self.position < position and self.read(min(position - self.position, CHUNK_BYTES)):
            pass
        return self.position

    def seekable(self) -> bool:
        """Onwards; who reads an archive in order asks for no more."""
        return True

    def tell(self) -> int:
        """Bytes that were read or passed over."""
        return self.position
