"""A built site and the records -> what speaks against publishing it; knows nothing of how it was built."""

import os
from collections.abc import Iterator, Mapping
from io import FileIO
from operator import attrgetter
from pathlib import Path

from ..errors import SnippetsError
from ..handbook import Handbook
from ..render import DOWNLOADS, Objection
from ..render.thinned import words
from ..tutorials import FOLDER
from .document import audit_document
from .elements import SitePage
from .published import Published
from .static import static_faults


def audit(site: Path, handbook: Handbook) -> tuple[Objection, ...]:
    """Read every file of a built site, also those that no navigation names, and refuse what nobody proved.

    Pages are read as a browser reads them. Raises SnippetsError where the library or the tutorials cannot be read.
    """
    paths = dict(_files(str(site)))
    has_tutorials = any(path.startswith(f"{FOLDER}/") for path in paths)
    published = Published(handbook=handbook, tutorials=handbook.tutorials if has_tutorials else {})
    return tuple(_objections(site, paths, published))


def _files(folder: str, below: str = "") -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Path below the site and entry of everything in it that is no directory, in order."""
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=attrgetter("name"))
    except OSError as error:
        raise SnippetsError(f"{folder}: {error.strerror}") from None
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _files(entry.path, f"{below}{entry.name}/")
        else:
            yield f"{below}{entry.name}", entry


def _objections(site: Path, paths: Mapping[str, os.DirEntry[str]], published: Published) -> Iterator[Objection]:
    pages = {path for path in paths if path.endswith((".html", ".htm")) and not path.startswith("snippets/")}
    proven, said, named = 0, set[str](), set[str]()
    for path, entry in paths.items():
        if path not in pages:
            continue
        source, why = _page(entry)
        if why:
            yield Objection(page=path, line=0, why=why)
            continue
        named |= words([source])
        audited = audit_document(source, SitePage(path, paths.keys()), published)
        proven += audited.proven
        said |= audited.said
        yield from (Objection(page=path, line=line, why=why) for line, why in sorted(audited.faults))
    scripts = [path for path in paths if path.endswith(".js") and not path.startswith(DOWNLOADS)]
    named |= words(_page(paths[path])[0] for path in scripts)
    for path, entry in paths.items():
        if path in pages:
            continue
        content, why = _content(entry)
        if why:
            yield Objection(page=path, line=0, why=why)
            continue
        for line, why in static_faults(path, content, published, said, named):
            yield Objection(page=path, line=line, why=why)
    if not pages:
        yield Objection(page=site.name, line=0, why="the site holds no page")
    elif not proven:
        yield Objection(page=site.name, line=0, why="the site shows nothing that was proven")


def _content(entry: os.DirEntry[str]) -> tuple[bytes, str | None]:
    """A file's bytes, and why there are none that a server would send."""
    if not entry.is_file(follow_symlinks=False):
        return b"", "not a file but a link or a device"
    try:
        with FileIO(entry.path) as file:
            return file.readall(), None
    except OSError as error:
        return b"", f"cannot be read: {error.strerror}"


def _page(entry: os.DirEntry[str]) -> tuple[str, str | None]:
    """A page's text, and why it cannot be read as a browser would."""
    content, why = _content(entry)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        return "", f"not UTF-8 at byte {error.start}"
    return text, why or ("holds a NUL byte" if "\0" in text else None)
