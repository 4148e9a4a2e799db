"""What a page promises: that everything it names is there."""

import re
from collections.abc import Iterator
from mimetypes import MimeTypes
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from ...errors import UndescribedError
from ..observation import PLAIN, Reply
from ..project import Project
from ..promise import Judgement, kept_if, promise
from ..subject import Container, Image
from .named import of_page, of_style
from .requests import expect_200

NOT_FOUND = 404
NOT_THERE = "hb-no-such-file.js"
# Python's own table, not that of the machine that judges; and what its older versions do not know.
TYPES = MimeTypes()
NEWER = {
    ".avif": "image/avif",
    ".mjs": "text/javascript",
    ".otf": "font/otf",
    ".ttf": "font/ttf",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
}
# Two names for one thing: https://www.rfc-editor.org/rfc/rfc9239
SAME = ({"text/javascript", "application/javascript"}, {"image/x-icon", "image/vnd.microsoft.icon"})


@promise(family="web", authority="https://vite.dev/guide/backend-integration", exemptible=True)
def assets_complete(image: Image, project: Project) -> Judgement:
    """Every script, style and image that a page names is there, of its type, with a cache time; nothing else is."""
    faults: list[str] = []
    with image.boot(PLAIN) as container:
        assets = list(_assets(container, project.page))
        for path in assets:
            faults += _asset_faults(path, container.get(path))
        folders = sorted({urlsplit(path).path.rpartition("/")[0] for path in assets})
        absent = [f"{folder}/{NOT_THERE}" for folder in folders]
        faults += [
            f"GET {path} answers {reply.status}"
            for path in absent
            if (reply := container.get(path)).status != NOT_FOUND
        ]
        if project.api:
            reply = container.get(project.api)
            kind = _type(reply)
            if reply.status != NOT_FOUND or kind != "application/json":
                faults.append(f"GET {project.api}, which is not there, answers {reply.status} {kind}")
    if not assets and not faults:
        raise UndescribedError("page", f"a page that names its assets; {project.page} names none")
    seen = f"{len(assets)} of {len(assets)} assets of {project.page} answer 200, of their type, with a cache time; "
    seen += f"{len(absent)} paths beside them 404"
    return kept_if(not faults, "; ".join(faults[:4]) or seen)


def _assets(container: Container, page: str) -> Iterator[str]:
    """Paths of all that a page names on its own origin, and of what its styles name."""
    ahead = list(of_page(expect_200(container, page), page))
    seen: set[str] = set()
    while ahead:
        path = ahead.pop(0)
        if path in seen:
            continue
        seen.add(path)
        yield path
        reply = container.get(path)
        if _type(reply) == "text/css":
            ahead += of_style(reply, path)


def _asset_faults(path: str, reply: Reply) -> Iterator[str]:
    if reply.status != 200 or not reply.whole:  # noqa: PLR2004 - a status code
        yield f"GET {path} answers {reply}"
        return
    file = PurePosixPath(unquote(urlsplit(path).path))
    expected = NEWER.get(file.suffix) or TYPES.guess_type(file.name)[0]
    kind = _type(reply)
    if not kind:
        yield f"{path} says no type"
    # A name without a known ending says nothing of what it should be.
    elif expected and kind != expected and not any({kind, expected} <= names for names in SAME):
        yield f"{path} is of type {kind}, not {expected}"
    if not re.search(r"max-age=[1-9]", reply.headers.get("cache-control", "")):
        yield f"{path} has no cache time: {reply.headers.get('cache-control', 'no Cache-Control')}"


def _type(reply: Reply) -> str:
    return reply.headers.get("content-type", "").partition(";")[0].strip().lower()
