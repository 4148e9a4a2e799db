"""A small library and records that vouch for it, so that pages can be rendered and audited without an engine."""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from snippets.catalog import Catalog, load
from snippets.cli import main
from snippets.contract import Finding, Verdict
from snippets.evidence.objection import fault_digest, requirements
from snippets.evidence.records import Base, Capture, Evidence, ImageFacts
from snippets.evidence.store import EvidenceStore
from snippets.handbook import Handbook

WHEN = datetime(2026, 1, 2, 9, 41, tzinfo=UTC)
DOCKERFILE = "FROM python:3.13-slim-trixie\nRUN pip install --no-cache-dir flask\nUSER 10001\n"
# Every character that Markdown or HTML could take for its own, tabs, blank and trailing white space.
AWKWARD = "\n\n\tall: *x* _y_ `z` <b>&amp;</b>  \n\n\t$(shell echo \\$$HOME)   \r\n</pre>\n\n\n"
IMAGE = """
title = "{name}"
summary = "An image with `pip`."
kind = "image"
highlight = {{ Dockerfile = [2] }}
[project]
port = 8000
slow = "/slow?seconds=3"
server = "gunicorn"
settings = {{ SECRET_KEY = "only-for-the-rehearsal" }}
stale = {{ path = "requirements.txt", find = "3.1.3", replace = "3.1.2", message = "HASHES" }}
[commands]
build = "docker build --tag {name} ."
run = '''
docker run --detach \\
    --env SECRET_KEY="$(openssl rand -hex 32)" {name}'''
"""
CONFIG = """
title = "Settings"
summary = "One file."
kind = "config"
[proven_in]
snippet = "web"
promises = ["config-meant"]
[effective]
workers = "3"
errorlog = "-"
"""
PITFALL = """
title = "The user is root"
edit = { path = "Dockerfile", find = "USER 10001", replace = "USER 0" }
stage = "contract"
promise = "numeric-non-root"
message = "uid 0"
why = "`USER 0` is root."
fix = "Name a number."
"""
WITHHELD = """
[withheld]
base = "python:3.13-slim-trixie"
reason = "No registry answers, and the base cannot be stood in."
"""


def image(root: Path, name: str, files: Mapping[str, str], *, more: str = "") -> Path:
    """Lay out an image snippet; `more` is added to its metadata."""
    folder = root / name
    for path, text in {"Dockerfile": DOCKERFILE, "requirements.txt": "flask==3.1.3\n", **files}.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode())
    (folder / "snippet.toml").write_text(IMAGE.format(name=name) + more)
    return folder


def library(root: Path) -> Catalog:
    """`web` with a pitfall, `settings` proven in it, and `alma`, which is withheld."""
    awkward = {"make/Makefile": AWKWARD, "app/views.html": "<p>\n  {{ x }}\n</p>"}
    web = image(root, "web", awkward, more='[uses]\n"gunicorn.conf.py" = "settings/gunicorn.conf.py"\n')
    (web / "pitfalls").mkdir()
    (web / "pitfalls" / "root.toml").write_text(PITFALL)
    settings = root / "settings"
    settings.mkdir()
    (settings / "gunicorn.conf.py").write_text("workers = 3\n")
    (settings / "snippet.toml").write_text(CONFIG)
    image(root, "alma", {"only-here.txt": "a file that nobody proved\n"}, more=WITHHELD)
    return load(root)


def prove(catalog: Catalog, store: EvidenceStore, names: Iterable[str], pitfalls: Iterable[str] = ()) -> None:
    """Write records as if these had been proven, and these pitfalls caught."""
    for name in names:
        snippet = catalog.snippets[name]
        findings = [
            Finding(promise=slug, rules=rules, verdict=Verdict.KEPT, seen=f"{slug} <seen> after 2 s", took_s=0.1)
            for slug, rules in requirements(snippet).items()
        ]
        stand_in = Base(
            ref="python:3.13-slim-trixie",
            digest="sha256:" + "ab" * 32,
            stand_in=True,
            os="Debian 13",
            version="CPython 3.13.5",
            differs="its Python is the distribution's",
        )
        record = Evidence(
            snippet=name,
            digest=snippet.digest,
            files=snippet.files,
            engine="Docker 26.1.5",
            bases=[stand_in],
            image=ImageFacts(id="sha256:" + "cd" * 32, bytes=151_200_000, user="10001", build_s=33.6, ready_s=1.24),
            verified_at=WHEN,
            findings=findings,
        )
        store.write(record, name)
    for name in pitfalls:
        pitfall = catalog.pitfalls[name]
        capture = Capture(
            pitfall=name,
            digest=fault_digest(pitfall, catalog),
            stage="contract",
            error="every process runs under uid 0\n  <root>",
            engine="Docker 26.1.5",
            stand_in=True,
            verified_at=WHEN,
        )
        store.write(capture, name)


def handbook(root: Path, *, proven: Collection[str] = ("web", "settings")) -> Handbook:
    """How the small library stands where these snippets, and all their pitfalls, are proven."""
    catalog = library(root / "library")
    store = EvidenceStore(root / "evidence")
    caught = [pitfall.name for pitfall in catalog.pitfalls.values() if pitfall.snippet in proven]
    prove(catalog, store, proven, caught)
    return Handbook(catalog=catalog, store=store, now=WHEN, program=main)
