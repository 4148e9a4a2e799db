"""What a page promises: that everything it names is there."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from mimetypes import MimeTypes
from pathlib import PurePosixPath
from urllib.parse import urljoin, urlsplit

from ...errors import UndescribedError
from ..observation import PLAIN, Reply
from ..project import Project
from ..promise import Judgement, kept_if, promise
from ..subject import Container, Image
from .requests import expect_200

# Where a browser fetches by itself what an element names.
FETCHED = {("script", "src"), ("link", "href"), ("img", "src"), ("source", "src"), ("use", "href")}
LINKED = {"stylesheet", "icon", "modulepreload", "preload", "apple-touch-icon", "manifest"}
CSS_URL = re.compile(rb"""url\(\s*["']?([^"')]+)""")
NOT_FOUND = 404
NOT_THERE = "hb-no-such-file.js"
# Python's own table, not that of the machine that judges; and what its older versions do not know.
TYPES = MimeTypes()
NEWER = {".mjs": "text/javascript", ".webp": "image/webp", ".woff": "font/woff", ".woff2": "font/woff2"}
# Two names for one thing: https://www.rfc-editor.org/rfc/rfc9239
SAME = ({"text/javascript", "application/javascript"}, {"image/x-icon", "image/vnd.microsoft.icon"})


class _Named(HTMLParser):
    """The files that a page makes a browser fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.urls: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what one element names."""
        stated = dict(attrs)
        if tag == "link" and not LINKED & set((stated.get("rel") or "").split()):
            return
        self.urls += [value for name, value in attrs if (tag, name) in FETCHED and value]


@promise(family="web", authority="https://vite.dev/guide/backend-integration", exemptible=True)
def assets_complete(image: Image, project: Project) -> Judgement:
    """Every script, style and image that a page names is there, of its type, with a cache time; nothing else is."""
    faults: list[str] = []
    with image.boot(PLAIN) as container:
        assets = list(_assets(container, project.page))
        for path in assets:
            faults += _asset_faults(path, container.get(path))
        folders = sorted({path.rpartition("/")[0] for path in assets})
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
    expect_200(container, page)
    named = _Named()
    named.feed(container.get(page).body.decode(errors="replace"))
    ahead = [(page, url) for url in named.urls]
    seen: set[str] = set()
    while ahead:
        origin, url = ahead.pop(0)
        parts = urlsplit(urljoin(f"http://own{origin}", url))
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        if parts.netloc != "own" or path in seen:
            continue
        seen.add(path)
        yield path
        if parts.path.endswith(".css"):
            ahead += [(parts.path, found.decode()) for found in CSS_URL.findall(container.get(path).body)]


def _asset_faults(path: str, reply: Reply) -> Iterator[str]:
    if reply.status != 200 or not reply.whole:  # noqa: PLR2004 - a status code
        yield f"GET {path} answers {reply}"
        return
    file = PurePosixPath(urlsplit(path).path)
    expected = NEWER.get(file.suffix) or TYPES.guess_type(file.name)[0]
    kind = _type(reply)
    if kind != expected and not any({kind, expected} <= names for names in SAME):
        yield f"{path} is of type {kind or 'none'}, not {expected}"
    if not re.search(r"max-age=[1-9]", reply.headers.get("cache-control", "")):
        yield f"{path} has no cache time: {reply.headers.get('cache-control', 'no Cache-Control')}"


def _type(reply: Reply) -> str:
    return reply.headers.get("content-type", "").partition(";")[0].strip().lower()
