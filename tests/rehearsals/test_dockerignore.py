"""`dockerignore`: what the builder is sent of each stack, beyond what reaches a layer of an image."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from snippets.catalog import Catalog
from snippets.engine import Engine
from snippets.engine.image import BuiltImage
from snippets.snippet import Kind

pytestmark = pytest.mark.rehearses("dockerignore")

IGNORES = ".dockerignore"
# Everything that the builder was sent, and nothing else.
SENT = "FROM scratch\nCOPY . /\n"
LIMIT_KIB = 256
# pip, uv, and pnpm beside pip.
STACKS = 3
BESIDE = (
    *(".env", ".env.production", ".git/config", ".aws/credentials", "id_rsa", "server.pem", "dump.sql"),
    *("backup.tar.gz", "notes/customers.csv", "node_modules/left-pad/index.js", ".venv/bin/python"),
)
WITHIN = (
    *(".env", ".env.production", "id_ed25519", "server.key"),
    *("node_modules/a/b.js", "__pycache__/a.pyc", "dist/b.js"),
)


def test_private_files_never_reach_the_builder(
    engine: Engine, catalog: Catalog, seen: Callable[[str], None], tmp_path: Path
) -> None:
    """With private files beside and within what is copied, the builder is sent what it is sent without them."""
    shared = catalog.snippets["dockerignore"].sources[IGNORES].path
    images = [s for s in catalog.snippets.values() if s.kind is Kind.IMAGE and s.withheld is None]
    carriers = [snippet for snippet in images if IGNORES in snippet.sources and snippet.sources[IGNORES].path == shared]
    assert len(carriers) >= STACKS
    for snippet in carriers:
        recipe = snippet.sources["Dockerfile"].path
        image = engine.mutant(tmp_path / snippet.name, catalog, snippet, {recipe: SENT})
        folders = sorted({path.partition("/")[0] for path in snippet.sources if "/" in path})
        planted = [*BESIDE, *(f"{folder}/{name}" for folder in folders for name in WITHIN)]

        without, _ = sent(image)
        paths, kib = sent(image.rebuilt(edits=dict.fromkeys(planted, b"private\n")))

        assert paths, f"{snippet.name}: the builder is sent nothing"
        assert paths == without, f"{snippet.name}: {', '.join(sorted(set(paths) - set(without))) or 'fewer files'}"
        assert kib < LIMIT_KIB, f"{snippet.name}: {kib:.0f} KiB are sent, {LIMIT_KIB} at most"
        seen(f"{snippet.name}: 0 of {len(planted)} private files sent, {len(paths)} files of {kib:.0f} KiB are")


def sent(image: BuiltImage) -> tuple[tuple[str, ...], float]:
    """Paths and KiB of all that an image holds whose only step copies the whole context."""
    contents = image.contents((), re.compile(""))
    return contents.found, contents.own_bytes / 1024
