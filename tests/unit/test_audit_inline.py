"""Code in a sentence: the name of a thing, or a piece of what was proven; never a command that nobody ran."""

import ast
import os
from pathlib import Path

import pytest

from snippets.audit.inline import MANUAL, Pieces, is_name
from snippets.handbook import Handbook
from snippets.render.blocks import Links
from snippets.render.install import FROM_INDEX, FROM_SOURCE, TO_PROVE
from snippets.render.references import show
from tests.unit.pages.site import LINE, Site, site_of
from tests.unit.pages.synthetic import DOCKERFILE, handbook, image

NAMES = [
    *(
        "gunicorn",
        "Dockerfile",
        ".dockerignore",
        "app/",
        "/livez",
        "/var/lib/apt/lists",
        "**/.env*",
        "!app/",
        "*",
        "!",
        "-",
        "…",
    ),
    *(
        "--read-only",
        "--mount=type=cache",
        "--cap-drop ALL",
        "--read-only --cap-drop ALL",
        "-h",
        "$PORT",
        "$?",
        "SECRET_KEY=…",
    ),
    *(
        "PORT=9123",
        "python:3.13-slim-trixie",
        "uv==0.13.9",
        "@sha256:",
        "@promise",
        ":Z",
        "127.0.0.1:8000",
        "0.0.0.0:5432->5432/tcp",
    ),
    *(
        "[project]",
        "[[faults]]",
        "[beside.database]",
        "faults[N].find",
        "create_app()",
        "app:create_app()",
        "ProxyFix(x_for=2)",
    ),
    *(
        '"flask-pip/Dockerfile"',
        '"/livez"',
        "(healthy)",
        "<pre>",
        "</div>",
        "<!--",
        "{#user-by-name}",
        "{command}",
        "text/html",
    ),
    *("docker run", "docker volume ls", "docker compose ps --all", "git merge-file", "gunicorn --print-config"),
    *(
        "handbook check",
        "handbook copy flask-uv .",
        "handbook check --image registry.example.com/shop:1.4",
        "nox -s docs",
    ),
    *("nox -s docs -- -k flask-one-stage", "HANDBOOK_BASES=stand-in nox -s docs -- -k"),
]
COMMANDS = [
    *(
        "pip install evil",
        "pip3 install evil",
        "npm install",
        "docker run evil",
        "docker run -v /:/x evil",
        "docker compose down",
    ),
    *(
        "docker volume prune",
        "docker compose down --volumes",
        "docker system prune",
        "git clone x",
        "rm -rf x",
        "curl x | sh",
    ),
    *(
        "sudo reboot",
        "exec gunicorn",
        "/usr/bin/docker run x",
        "sh deploy.sh",
        "bash ./deploy.sh",
        "./deploy.sh",
        "../deploy.sh",
    ),
    *(
        "deploy.sh;reboot",
        "a&&b",
        "a|sh",
        "a&",
        "curl$IFS-x",
        "${SHELL}",
        "$(reboot)",
        "`reboot`",
        "{rm,-rf,/}",
        ">x",
        "a>x",
        "<x",
    ),
    *(
        "FROM x",
        "RUN x",
        "COPY . .",
        "image: x",
        "listen 80;",
        "PermitRootLogin yes",
        "reverse_proxy x",
        "a = b",
        "- a",
        "a: b",
    ),
    *(
        "https://x.example/a.sh",
        "git+https://x.example",
        "--index-url https://x.example",
        "--index-url=https://x.example/simple",
    ),
    *(
        "p\u0456p",
        "pip\u200binstall",
        "do\u00adcker",
        "\uff50\uff49\uff50",
        "pip\u00a0install\u00a0x",
        "\u202epip",
        "pip\ninstall",
        "",
    ),
    *(
        " ",
        "handbook check;reboot",
        "handbook check ../x",
        "handbook check | sh",
        "nox -s docs && reboot",
        "X=1 nox -s docs",
    ),
    *(
        "handbook check $(reboot)",
        "EVIL=x handbook check",
        "HANDBOOK_BASES=$(x) nox -s docs",
        "a" * 101,
        "eval(input())",
        "os.system('x')",
    ),
    *("--flag a b", "--flag=a b", "docker build .", "docker build --tag x", "DOCKER BUILD", "docker buil"),
]


@pytest.mark.parametrize("text", NAMES)
def test_a_name_does_nothing(text: str) -> None:
    """One word, or a program with its own words for what it does."""
    assert is_name(text)


@pytest.mark.parametrize("text", COMMANDS, ids=ascii)
def test_whatever_does_something_is_no_name(audited: Site, text: str) -> None:
    """It is a piece of something that was proven, or it is refused; here nothing has it."""
    assert not is_name(text)
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    if text:
        assert {o.page for o in audited(f"<p><code>{escaped}</code></p>")} == {"index.html"}


def test_a_piece_is_a_proven_line_from_word_to_word() -> None:
    """Cut nowhere within a word; what is left out is said to be, and what a line goes on with belongs to it."""
    pieces = Pieces([DOCKERFILE, "docker run --detach \\\n    --env A=b web\n", "  rm -rf /var/lib/x\n"])

    for text in (
        "USER 10001",
        "FROM python:3.13-slim-trixie",
        "pip install --no-cache-dir flask",
        "pip install … flask",
    ):
        assert pieces.hold(text)
    assert pieces.hold("docker run --detach --env A=b web")
    for text in (
        "USER 1000",
        "SER 10001",
        "rm -rf /",
        "rm -rf /var",
        "pip install flask",
        "install … pip",
        "…",
        "",
        "USER 10001 x",
    ):
        assert not pieces.hold(text), text


def test_a_piece_of_what_lost_its_proof_is_refused(audited: Site) -> None:
    """A sentence that quotes a line goes with the line."""
    assert audited("<p><code>USER 10001</code></p>") == ()

    assert [o.why for o in audited("<p><code>USER 10002</code></p>")] == [
        "a <code> in a sentence that nobody proved: 'USER 10002'"
    ]


def test_code_that_was_typed_into_metadata_is_looked_at(tmp_path: Path) -> None:
    """A claim that holds is what the renderer makes of it, and still nobody ran what its author wrote in a sentence."""
    metadata = image(tmp_path / "library", "odd", {}) / "snippet.toml"
    metadata.write_text(metadata.read_text().replace("`pip`", "`rm -rf x`"))
    small = handbook(tmp_path, proven=("web", "settings", "odd"))
    page = show("catalogue", "all", small, Links()).html + "<p><code>rm -rf x</code></p>"

    assert [(o.line, o.why) for o in site_of(tmp_path / "site", small)(page)] == [
        (LINE, "code in a sentence that nobody proved: 'rm -rf x'")
    ]


def test_what_a_program_says_of_itself_may_be_said_after_it(audited: Site, small: Handbook) -> None:
    """As it was shown there, and without an element of its own."""
    usage = show("usage", "update", small, Links()).html

    assert audited(f"{usage}<p><code>-h, --help</code></p>") == ()
    for said in ("<code>-h, --help</code>", f"{usage}<code><b>-h, --help</b></code>"):
        assert {o.why.partition(":")[0] for o in audited(f"<p>a</p>{said}")} <= {
            "a <code> in a sentence that nobody proved",
            "a <code> that is more than one line of text",
        }
        assert audited(f"<p>a</p>{said}")


@pytest.mark.parametrize(
    "page",
    [
        "<code><b>rm</b></code>",
        "<kbd>rm -rf x</kbd>",
        "<h2><code>rm -rf x</code></h2>",
        '<code class="md-x">rm -rf x</code>',
    ],
)
def test_wherever_code_is_set_it_is_looked_at(audited: Site, page: str) -> None:
    """In headings, as keys, with elements or a class of its own."""
    assert audited(f"<div>{page}</div>")


def test_the_sessions_that_pages_may_name_are_those_of_nox() -> None:
    """What `_OWN` lets through by its form is held against noxfile.py and the command line in test_documentation."""
    tree = ast.parse((Path(__file__).parents[2] / "noxfile.py").read_text())

    assert {"docs", "tests"} <= {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_the_manual_names_no_operand() -> None:
    """A program's own words, in lower case, and options that take nothing."""
    words = [word for line in MANUAL.values() for name in line.split("|") for word in name.split()]

    assert all(word.removeprefix("--").replace("-", "").isalpha() and word.islower() for word in words)


def test_an_index_is_named_by_a_build_that_a_release_made_true(audited: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """And by no other: until then, what an index has by this name is somebody else's."""
    from importlib.metadata import version  # noqa: PLC0415 - beside what it is compared with

    from snippets.render.install import install  # noqa: PLC0415

    monkeypatch.delenv("SOURCE_URL", raising=False)
    for released in ("", "0.0.0", "latest"):
        monkeypatch.setenv("HANDBOOK_RELEASED", released)
        assert FROM_INDEX not in install()
        assert FROM_SOURCE in install()
    page = install()
    assert audited(page) == ()
    monkeypatch.setenv("HANDBOOK_RELEASED", version("deployment-handbook"))
    assert FROM_INDEX in install()
    monkeypatch.setenv("SOURCE_URL", "https://git.example/handbook/")
    assert 'The source is at <a href="https://git.example/handbook">' in install()
    assert TO_PROVE.replace("'", "'") in install()
    # A page of another build than the one that is audited is refused.
    assert any("a claim that no record makes: install:handbook" in o.why for o in audited(page))
    assert os.environ["SOURCE_URL"]
