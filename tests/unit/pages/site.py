"""A site of one page that shows a proven file, on which somebody tries what the audit has to refuse."""

from collections.abc import Callable
from pathlib import Path

from snippets.audit import audit
from snippets.handbook import Handbook
from snippets.render import Objection
from snippets.render.blocks import Links, file
from tests.unit.pages.synthetic import DOCKERFILE

HEAD = '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>T</title></head><body>\n'
COMMENT = "<!-- <pre>hidden</pre>\n<pre> -->\n"
LINE = 6
PROVEN = f"<pre><span></span><code>{DOCKERFILE}</code></pre>"
Site = Callable[..., tuple[Objection, ...]]


def site_of(root: Path, small: Handbook) -> Site:
    """Audit a site of one page that shows a proven file, then a text in line 6, and of further files."""

    def site(text: str = "", files: dict[str, bytes] | None = None, page: str = "index.html") -> tuple[Objection, ...]:
        shown = file(small.catalog.snippets["web"], "Dockerfile", Links("../" * page.count("/")))
        pages = {page: f"{HEAD}{COMMENT}{shown}\n{text}\n</body></html>\n".encode()}
        pages["snippets/web/Dockerfile"] = DOCKERFILE.encode()
        for path, content in (pages | (files or {})).items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content)
        return audit(root, small)

    return site
