"""A small library on disk, the records that vouch for it, and a clock that stands still."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from snippets.catalog import Catalog, load
from snippets.catalog.snippet import Snippet
from snippets.contract import Finding, Verdict
from snippets.evidence.objection import fault_digest, requirements
from snippets.evidence.records import Base, Capture, Evidence, ImageFacts

BASE, IMAGE = "sha256:" + "ba5e" * 16, "sha256:" + "1d" * 32
NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
DOCKERFILE = "FROM python:3.13\nCOPY serve.conf .\nUSER 10001\n"
WEB = """\
title = "A web server"
summary = "It serves."
kind = "image"

[uses]
"serve.conf" = "conf/serve.conf"

[project]
port = 8000

[not_applicable]
cpu-aware = "It is one process."

[commands]
build = "docker build ."
"""
CONF = """\
title = "Its settings"
summary = "They are meant."
kind = "config"

[proven_in]
snippet = "web"
promises = ["drains"]
"""
ALMA = """\
title = "On AlmaLinux"
summary = "It serves as well."
kind = "image"

[project]
port = 8000

[commands]
build = "docker build ."

[withheld]
base = "almalinux:9-minimal"
reason = "No registry answers."
"""
BY_NAME = """\
title = "USER by name"
edit = { path = "Dockerfile", find = "USER 10001", replace = "USER app" }
stage = "contract"
promise = "numeric-non-root"
message = "a name"
why = "Kubernetes cannot tell that it is not root."
fix = "Write the number."
"""


BESIDE = """
[beside.database]
image = "postgres:18"
setting = "DATABASE_URL"
value = "postgresql://database/app"
"""
SHOP = """\
title = "A shop"
summary = "It sells."
kind = "compose"

[stack]
service = "web"
port = 8000
published = "PORT"

[commands]
up = "docker compose up --detach --wait"
"""
SERVICES = """\
services:
  web:
    image: python:3.13
    ports: ["127.0.0.1:${PORT}:8000"]
  database:
    image: "postgres:18"
"""
REHEARSAL = '''\
"""What it is judged by."""

from ...contract.promise import Judgement, kept_if, promise
from ...contract.subject import Stack


@promise(family="rehearsal", authority="https://docs.example")
def it_sells(stack: Stack) -> Judgement:
    """What is asked for is sold."""
    return kept_if(stack.get("/").status == 200, "200")


@promise(family="rehearsal", authority="https://docs.example")
def it_closes(stack: Stack) -> Judgement:
    """Closed it answers nothing."""
    stack.stop("web")
    return kept_if(condition=True, seen=told(stack))


def told(stack: Stack) -> str:
    """What it said last."""
    return stack.logs("web")
'''


@dataclass(frozen=True)
class Library:
    """A library of our own: `web`, the `conf` it uses, and `alma`, which is withheld."""

    root: Path

    def write(self, path: str, content: str | bytes) -> "Library":
        """Write one file of it."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content if isinstance(content, bytes) else content.encode())
        return self

    def load(self) -> Catalog:
        """Read it, as it is now."""
        return load(self.root)

    def snippet(self, name: str = "web") -> Snippet:
        """One snippet of it."""
        return self.load().snippets[name]


def evidence_of(snippet: Snippet) -> Evidence:
    """A record that vouches for a snippet: what is required was judged by today's code and kept."""
    findings = [
        Finding(
            promise=slug,
            rules=rules,
            verdict=Verdict.NOT_APPLICABLE if slug in snippet.table.not_applicable else Verdict.KEPT,
            seen=snippet.table.not_applicable.get(slug, "as promised"),
            took_s=1.0,
        )
        for slug, rules in requirements(snippet).items()
    ]
    return Evidence(
        snippet=snippet.name,
        digest=snippet.digest,
        files=snippet.files,
        engine="Docker 26.1.5",
        bases=[
            Base(
                ref=ref, digest=BASE, stand_in=True, os="Debian 13", version="CPython 3.13.5", differs="It is smaller."
            )
            for ref in snippet.bases
        ],
        image=ImageFacts(id=IMAGE, bytes=1000, user="10001", build_s=1.0, ready_s=1.0),
        verified_at=NOW,
        findings=findings,
    )


def judged(slug: str, **changes: object) -> Callable[[Evidence], Evidence]:
    """Change one finding of a record."""

    def change(evidence: Evidence) -> Evidence:
        assert any(finding.promise == slug for finding in evidence.findings)
        findings = [
            replace(finding, **changes) if finding.promise == slug else finding  # type: ignore[arg-type]
            for finding in evidence.findings
        ]
        return replace(evidence, findings=findings)

    return change


def capture_of(catalog: Catalog, name: str) -> Capture:
    """A record that vouches for a pitfall."""
    pitfall = catalog.pitfalls[name]
    return Capture(
        pitfall=name,
        digest=fault_digest(pitfall, catalog),
        stage=pitfall.table.stage,
        error="USER is 'app': a name",
        engine="Docker 26.1.5",
        stand_in=True,
        verified_at=NOW,
    )


def sample_library(root: Path) -> Library:
    """Write a library without a fault."""
    library = Library(root)
    library.write("web/snippet.toml", WEB).write("web/Dockerfile", DOCKERFILE)
    library.write("web/pitfalls/user-by-name.toml", BY_NAME)
    library.write("conf/snippet.toml", CONF).write("conf/serve.conf", "workers = 3\n")
    return library.write("alma/snippet.toml", ALMA).write("alma/Dockerfile", "FROM almalinux:9-minimal\n")
