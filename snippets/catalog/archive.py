"""Files -> one archive of them all, whose bytes are the same whenever theirs are."""

import gzip
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO

# The first year that a zip can tell. When a file was written says nothing here, and would change the bytes.
EPOCH = datetime(1980, 1, 1, tzinfo=UTC)
_UNIX, _REGULAR = 3, 0o100000


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One file of an archive by its path in it, and its mode."""

    path: str
    content: bytes
    mode: int


def tar_gz(members: Iterable[Member]) -> bytes:
    """As `tar xzf` takes it: everybody's, so that it belongs to whoever unpacks it."""
    packed = BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for member in members:
            info = tarfile.TarInfo(member.path)
            info.size, info.mode, info.mtime = len(member.content), member.mode, int(EPOCH.timestamp())
            archive.addfile(info, BytesIO(member.content))
    return gzip.compress(packed.getvalue(), mtime=0)


def zipped(members: Iterable[Member]) -> bytes:
    """As Windows opens it."""
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in members:
            info = zipfile.ZipInfo(member.path, EPOCH.timetuple()[:6])
            info.compress_type, info.create_system = zipfile.ZIP_DEFLATED, _UNIX
            info.external_attr = (_REGULAR | member.mode) << 16
            archive.writestr(info, member.content)
    return packed.getvalue()


# By the end of its name.
FORMATS: Mapping[str, Callable[[Iterable[Member]], bytes]] = {".tar.gz": tar_gz, ".zip": zipped}
