"""A number of MiB -> an image as `docker image save` exports it, made while it is read; nothing lies on disk.

It imports nothing of ours, so that whoever reads it waits for the stream alone.
"""

import io
import json
import random
from base64 import b64encode
from tarfile import BLOCKSIZE, TarInfo
from typing import IO

MIB = 1 << 20
LAYERS = 10
# A Debian with Python has 4,488 files, 26 KiB each: of each tenth by size the middle one, and now and then a large one.
SIZES = (108, 396, 697, 1261, 2122, 4231, 8832, 17876, 28464, 80392)
LARGE_BYTES, LARGE_EVERY = 2_500_000, 200
POOL_BYTES = 4 * MIB
PLANTED = "srv/config/production.env"
END = bytes(2 * BLOCKSIZE)


def names() -> list[str]:
    """Of the layers, the lowest first, as hex digests."""
    return [f"{number:064x}" for number in range(1, LAYERS + 1)]


def write(out: IO[bytes], mib: int, canary: str) -> None:
    """Write an image with so many MiB of files, and one of a MiB in the uppermost layer that holds the canary."""
    members = _members(mib * MIB // LAYERS)
    # Across two of the chunks in which a large file is read, whatever their size below a MiB.
    planted = _file(PLANTED, b"x" * (MIB - len(canary) // 2) + canary.encode())
    out.write(_file(f"blobs/sha256/{0:064x}", json.dumps({"config": {"Env": ["PATH=/bin"]}}).encode()))
    for name in names():
        parts = [members, planted, END] if name == names()[-1] else [members, END]
        out.write(_header(f"blobs/sha256/{name}", sum(map(len, parts))))
        for part in parts:
            out.write(part)
    manifest = [{"Layers": [f"blobs/sha256/{name}" for name in names()]}]
    out.write(_file("manifest.json", json.dumps(manifest).encode()) + END)


def _members(size: int) -> bytes:
    """A layer up to its archive's end, with `size` bytes of files; half of these are text."""
    chance = random.Random(0)  # noqa: S311 - the same bytes each time, and no secret
    noise = chance.randbytes(POOL_BYTES)
    pools = (noise, b64encode(noise)[:POOL_BYTES])
    packed = io.BytesIO()
    number = 0
    while size:
        length = min(size, LARGE_BYTES if number % LARGE_EVERY == LARGE_EVERY - 1 else SIZES[number % len(SIZES)])
        begin = chance.randrange(POOL_BYTES - length)
        # By turns a folder has binaries and text, of all sizes.
        pool = pools[number // len(SIZES) % len(pools)]
        folder = f"usr/lib/python3/package_{number // len(SIZES)}"
        packed.write(_file(f"{folder}/part_{number}.py", pool[begin : begin + length]))
        size -= length
        number += 1
    return packed.getvalue()


def _file(name: str, content: bytes) -> bytes:
    return _header(name, len(content)) + content + bytes(-len(content) % BLOCKSIZE)


def _header(name: str, size: int) -> bytes:
    entry = TarInfo(name)
    entry.size = size
    return entry.tobuf()
