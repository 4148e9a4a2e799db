"""What `handbook check` is told: handbook.toml, options, and what is guessed from the image and beside it."""

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from snippets.catalog import load
from snippets.check.copied import guesses_of_copy
from snippets.check.guess import Guess, guesses
from snippets.check.source import assembled
from snippets.check.stated import Stated
from snippets.contract.observation import Healthcheck, ImageConfig
from snippets.errors import ProjectError

BARE = ImageConfig(user="", entrypoint=(), command=("serve",), env={}, labels={}, healthcheck=None)


def asks(*words: str) -> ImageConfig:
    """An image whose health command is this."""
    check = Healthcheck(test=words, interval_s=10, timeout_s=3, start_period_s=30, retries=3)
    return replace(BARE, healthcheck=check)


IMAGES: list[tuple[str, ImageConfig, dict[str, object]]] = [
    ("nothing", BARE, {}),
    ("exposes", replace(BARE, ports=(8080,)), {"port": 8080}),
    ("exposes-two", replace(BARE, ports=(8080, 9090)), {}),
    ("port-variable", replace(BARE, env={"PORT": "5000"}), {"port": 5000}),
    ("port-variable-is-a-name", replace(BARE, env={"PORT": "http"}), {}),
    (
        "exposed-before-variable",
        replace(BARE, ports=(8080,), env={"PORT": "5000"}),
        {"port": 8080},
    ),
    ("health", asks("CMD", "curl", "-f", "http://localhost:3000/health"), {"port": 3000, "live": "/health"}),
    (
        "health-in-a-shell",
        asks("CMD-SHELL", "wget -qO- http://127.0.0.1:3000/up || exit 1"),
        {"port": 3000, "live": "/up"},
    ),
    ("health-without-port", asks("CMD", "curl", "http://localhost/"), {"port": 80, "live": "/"}),
    ("health-of-another-host", asks("CMD", "curl", "http://example.org:3000/health"), {}),
    (
        "gunicorn",
        replace(BARE, command=("gunicorn", "--bind", "0.0.0.0:8000", "app")),
        {"server": "gunicorn", "port": 8000},
    ),
    ("uvicorn", replace(BARE, command=("uvicorn", "--port", "8001", "app:app")), {"port": 8001}),
    ("entry-point", replace(BARE, entrypoint=("/init", "gunicorn"), command=()), {"server": "gunicorn"}),
    ("not-gunicorn", replace(BARE, command=("my-gunicornish",)), {}),
]


@pytest.mark.parametrize(("config", "guessed"), [pytest.param(*case[1:], id=case[0]) for case in IMAGES])
def test_what_an_image_says_is_guessed(config: ImageConfig, guessed: dict[str, object]) -> None:
    """Port, health path and server, and nothing where it is not clear."""
    assert {guess.key: guess.value for guess in guesses(config, None)} == guessed


COMPOSE = """
services:
  web:
    build: .
    ports: ["127.0.0.1:80:3000"]
    stop_grace_period: 1m30s
    deploy: {resources: {limits: {memory: 1.5G}}}
    healthcheck: {test: curl http://localhost:3000/up}
"""
FOLDERS: list[tuple[str, str, str, dict[str, object]]] = [
    (
        "compose",
        "compose.yaml",
        COMPOSE,
        {"port": 3000, "live": "/up", "stop_grace_s": 90.0, "memory_mib": 1536},
    ),
    (
        "compose-long-form",
        "docker-compose.yml",
        "services:\n  web:\n    build: {context: ./}\n    ports: [{target: 3000}]\n    mem_limit: 300m\n",
        {"port": 3000, "memory_mib": 300},
    ),
    ("compose-of-two", "compose.yaml", "services:\n  a: {build: ., ports: [1]}\n  b: {build: ., ports: [2]}\n", {}),
    ("compose-of-images", "compose.yaml", "services:\n  db: {image: postgres, ports: ['5432:5432']}\n", {}),
    ("compose-elsewhere", "compose.yaml", "services:\n  a: {build: ./api, ports: ['80:3000']}\n", {}),
    (
        "compose-with-a-variable",
        "compose.yaml",
        "services:\n  a: {build: ., ports: ['80:${PORT}'], mem_limit: x}\n",
        {},
    ),
    ("compose-malformed", "compose.yaml", "services: [\n", {}),
    ("compose-of-a-list", "compose.yaml", "- services\n", {}),
    ("compose-with-a-tag", "compose.yaml", "services: !reset {}\n", {}),
    ("compose-empty", "compose.yaml", "", {}),
    ("compose-with-one-port", "compose.yaml", "services:\n  a: {build: ., ports: 80, healthcheck: {test: 5}}\n", {}),
    ("compose-with-odd-sizes", "compose.yaml", "services:\n  a: {build: ., mem_limit: 1.2.3m, deploy: 5}\n", {}),
    ("compose-with-no-date", "compose.yaml", "at: 2026-99-99\n", {}),
    ("compose-too-deep", "compose.yaml", "[" * 5000, {}),
    (
        "compose-that-laughs",
        "compose.yaml",
        "a0: &a0 {k: 1}\n" + "".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}\n" for n in range(1, 30)),
        {},
    ),
    ("compose-too-large", "compose.yaml", "services: {}\n" + "#" * (64 << 10), {}),
    ("procfile", "Procfile", "web: gunicorn --bind :$PORT app\n", {"server": "gunicorn"}),
    ("procfile-with-port", "Procfile", "worker: x -p 1\nweb: serve -p 4000\n", {"port": 4000}),
    ("procfile-without-web", "Procfile", "worker: gunicorn -b :8000 app\n", {}),
]


@pytest.mark.parametrize(("name", "text", "guessed"), [pytest.param(*case[1:], id=case[0]) for case in FOLDERS])
def test_what_lies_beside_the_source_is_guessed(
    name: str, text: str, guessed: dict[str, object], tmp_path: Path
) -> None:
    """From the one service that is built here, or the web process; what cannot be read says nothing."""
    (tmp_path / name).write_text(text)

    assert {guess.key: guess.value for guess in guesses(BARE, tmp_path)} == guessed


def test_what_the_image_says_comes_first_and_is_told(tmp_path: Path) -> None:
    """Each guess says by what it was made."""
    (tmp_path / "Procfile").write_text("web: gunicorn -b :9000 app\n")
    found = guesses(replace(BARE, ports=(8000,)), tmp_path)

    assert [str(guess) for guess in found] == ["port = 8000", 'server = "gunicorn"']
    assert [guess.where for guess in found] == ["EXPOSE", "Procfile"]


def stated(folder: Path, text: str, **options: object) -> Stated:
    """What a handbook.toml and options say."""
    (folder / "handbook.toml").write_text(text)
    (folder / "app.py").write_text("print('canary')\n")
    return Stated.read(folder, ("app.py",), options)


PORT = (Guess(key="port", value=8000, where="EXPOSE"),)


def test_options_go_before_the_file_and_the_file_before_guesses(tmp_path: Path) -> None:
    """A table is added to, a value replaced."""
    said = stated(
        tmp_path, 'port = 1\nslow = "/slow"\nsettings = { A = "1" }\n', port=2, settings={"B": "2"}, memory_mib=64
    )
    described = said.described([*PORT, Guess(key="live", value="/up", where="HEALTHCHECK")])

    assert described.project.port == 2
    assert described.project.slow == "/slow"
    assert described.project.settings == {"A": "1", "B": "2"}
    assert described.project.memory_mib == 64
    assert (described.project.live, described.project.ready) == ("/up", "/up")
    assert [guess.key for guess in described.guessed] == ["live", "ready"]


def test_nothing_stated_is_the_page_for_live_and_ready(tmp_path: Path) -> None:
    """And no settings table is asked of a server that has none."""
    described = Stated.read(tmp_path, (), {}).described(PORT)

    assert (described.project.page, described.project.live, described.project.ready) == ("/", "/", "/")
    assert list(described.skip) == ["config-meant"]
    server = Guess(key="server", value="gunicorn", where="the image's command")
    assert Stated.read(tmp_path, (), {}).described([*PORT, server]).skip == {}


def test_a_port_that_nobody_names_is_asked_for(tmp_path: Path) -> None:
    """In the words of all three places where it can be said."""
    with pytest.raises(ProjectError, match=r"EXPOSE it in the Dockerfile, or state `port` in handbook.toml or by --"):
        Stated.read(tmp_path, (), {}).described(())


FAULTS: list[tuple[str, str, str]] = [
    ("unknown-key", "prot = 8000\n", "handbook.toml: unknown key prot (did you mean 'port'?)"),
    ("wrong-type", 'port = "8000"\n', "handbook.toml: port: Expected `int`, got `str`"),
    ("not-toml", "port = \n", "handbook.toml: not TOML: Invalid value (at line 1, column 8)"),
    ("unknown-promise", '[skip]\ndrain = "x"\n', "handbook.toml: skip: no promise 'drain' (did you mean 'drains'?)"),
    ("no-reason", '[skip]\ndrains = " "\n', "handbook.toml: skip.drains: says no reason"),
    ("code-not-there", 'code = "main.py"\n', "handbook.toml: code: missing file main.py (did you mean 'app.py'?)"),
]


@pytest.mark.parametrize(("text", "fault"), [pytest.param(*case[1:], id=case[0]) for case in FAULTS])
def test_what_is_stated_wrongly_is_refused_by_file_and_key(text: str, fault: str, tmp_path: Path) -> None:
    """Before anything is built."""
    with pytest.raises(ProjectError) as refused:
        stated(tmp_path, text)

    assert fault in str(refused.value)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    """Whoever mends one would meet the next."""
    with pytest.raises(ProjectError) as refused:
        stated(tmp_path, 'code = "no.py"\n[skip]\nx = "y"\ndrains = ""\n')

    assert len(refused.value.faults) == 3


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    """By the byte at which it ends to be."""
    (tmp_path / "handbook.toml").write_bytes(b"port = 8000 # \xff\n")

    with pytest.raises(ProjectError, match="not UTF-8 at byte 14"):
        Stated.read(tmp_path, (), {})


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda path: path.write_text("a = " + "[" * 5000), "line 1: nested more than 16 deep"),
        (lambda path: path.write_text("a." * 5000 + "b = 1"), "line 1: nested more than 16 deep"),
        (lambda path: path.write_text(f"port = {'9' * 5000}"), "line 1: a word of 5000 characters"),
        (lambda path: path.write_text("#" * (65 << 10)), "66560 bytes, larger than 65536"),
        (os.mkfifo, "not a regular file"),
        (Path.mkdir, ""),
        (lambda path: path.symlink_to("/dev/zero"), "a symlink"),
    ],
    ids=["deep", "dotted", "number", "large", "pipe", "directory", "device"],
)
def test_what_no_author_wrote_is_refused_at_once(make: Callable[[Path], None], why: str, tmp_path: Path) -> None:
    """With a name and a reason, whatever it would have done to who reads it."""
    make(tmp_path / "handbook.toml")

    with pytest.raises(ProjectError, match=f"handbook.toml: .*{why}"):
        Stated.read(tmp_path, (), {})


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", ["compose.yaml", "Procfile"])
def test_a_pipe_beside_the_source_says_nothing(name: str, tmp_path: Path) -> None:
    """Nobody waits for who writes to it."""
    os.mkfifo(tmp_path / name)

    assert guesses(BARE, tmp_path) == ()


def test_what_is_to_be_edited_is_no_link(tmp_path: Path) -> None:
    """Neither is a directory above it: whoever edits it would edit something else."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "main.py").write_text("1\n")
    (tmp_path / "main.py").symlink_to("real/main.py")
    (tmp_path / "linked").symlink_to("real")
    stale = 'stale = { path = "main.py", find = "1", replace = "2", message = "lock" }\n'
    (tmp_path / "handbook.toml").write_text(f'code = "linked/main.py"\n{stale}')

    with pytest.raises(ProjectError) as refused:
        Stated.read(tmp_path, ("main.py", "linked/main.py"), {})

    assert [fault.partition(" is ")[0] for fault in refused.value.faults] == [
        "handbook.toml: code: linked/main.py",
        "handbook.toml: stale.path: main.py",
    ]


def test_of_an_image_that_is_built_already_no_source_is_asked_for(tmp_path: Path) -> None:
    """What handbook.toml says of files is for whoever builds; all else counts, and is looked through."""
    stale = 'stale = { path = "lock", find = "1", replace = "2", message = "lock" }\n'
    (tmp_path / "handbook.toml").write_text(f'port = 1\nslow = "/slow"\ncode = "main.py"\n{stale}')
    described = Stated.read(tmp_path, None, {}).described(())

    assert (described.project.slow, described.project.code, described.project.stale) == ("/slow", None, None)
    (tmp_path / "handbook.toml").write_text("port = 0\n")
    with pytest.raises(ProjectError, match=r"handbook.toml: port: 0 is no port"):
        Stated.read(tmp_path, None, {})


def test_what_is_to_be_edited_is_text(tmp_path: Path) -> None:
    """Otherwise nobody knows what an edit of it would be."""
    (tmp_path / "lock").write_bytes(b"1\xff")
    (tmp_path / "handbook.toml").write_text('stale = { path = "lock", find = "1", replace = "2", message = "lock" }\n')

    with pytest.raises(ProjectError, match=r"lock: not UTF-8 at byte 1, and handbook.toml wants it edited"):
        Stated.read(tmp_path, ("lock",), {})


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda path: path.write_bytes(b"FROM \xff\n"), "not UTF-8 at byte 5"),
        (lambda path: path.symlink_to("nowhere"), "No such file or directory"),
        (lambda path: path.symlink_to("/dev/zero"), "not a regular file"),
    ],
    ids=["not-utf-8", "dangling", "device"],
)
def test_a_dockerfile_that_cannot_be_read_is_refused(make: Callable[[Path], None], why: str, tmp_path: Path) -> None:
    """Before anything is built."""
    make(tmp_path / "Dockerfile")

    with pytest.raises(ProjectError, match=f"Dockerfile: {why}"):
        assembled(tmp_path, tmp_path / "copy")


def repository(folder: Path) -> None:
    """Two files that git knows, one that it was told of, and one that it ignores."""
    for name, text in (("Dockerfile", "FROM scratch\n"), (".gitignore", ".env\n"), (".env", "A=1\n"), ("new", "")):
        (folder / name).write_text(text)
    for command in (["init", "-q"], ["add", "Dockerfile", ".gitignore"]):
        subprocess.run(["git", "-C", str(folder), *command], check=True)


def test_what_a_clean_checkout_holds_is_built(tmp_path: Path) -> None:
    """What git ignores stays out, what is new comes along, and what was removed is not there."""
    folder, target = tmp_path / "project", tmp_path / "copy"
    folder.mkdir()
    repository(folder)
    (folder / "gone").write_text("")
    subprocess.run(["git", "-C", str(folder), "add", "gone"], check=True)
    (folder / "gone").unlink()
    source = assembled(folder, target)

    assert list(source.files) == [".gitignore", "Dockerfile", "new"]
    assert sorted(path.name for path in target.iterdir()) == [".gitignore", "Dockerfile", "new"]
    assert source.chosen == "3 files, as git has them"


def test_without_a_repository_all_of_it_is_built(tmp_path: Path) -> None:
    """A link comes along as a link, wherever it leads; a directory's own names stay."""
    folder = tmp_path / "project"
    (folder / "app").mkdir(parents=True)
    (folder / "Dockerfile").write_text("FROM scratch\n")
    (folder / "app" / "main.py").write_text("")
    (folder / "out").symlink_to("/etc/passwd")
    source = assembled(folder, tmp_path / "copy")

    assert list(source.files) == ["Dockerfile", "app/main.py", "out"]
    assert (tmp_path / "copy" / "out").is_symlink()
    assert source.chosen == "3 files, no git repository"


def test_a_directory_that_git_ignores_is_not_built_whole(tmp_path: Path) -> None:
    """What git would not give to anybody is no clean checkout."""
    repository(tmp_path)
    (tmp_path / ".gitignore").write_text("*\n")
    subprocess.run(["git", "-C", str(tmp_path), "rm", "-q", "-r", "-f", "--cached", "."], check=True)

    with pytest.raises(ProjectError, match="Dockerfile: git ignores it"):
        assembled(tmp_path, tmp_path / "copy")


@pytest.mark.parametrize(("ignored", "why"), [(True, "git ignores it"), (False, "there is none")])
def test_without_a_dockerfile_there_is_nothing_to_check(*, ignored: bool, why: str, tmp_path: Path) -> None:
    """It says why, and what can be done instead."""
    repository(tmp_path)
    subprocess.run(["git", "-C", str(tmp_path), "rm", "-q", "--cached", "Dockerfile"], check=True)
    (tmp_path / ".gitignore").write_text("Dockerfile\n")
    if not ignored:
        (tmp_path / "Dockerfile").unlink()

    with pytest.raises(ProjectError, match=f"Dockerfile: {why}; name the directory that has one, or a built image"):
        assembled(tmp_path, tmp_path / "copy")
    with pytest.raises(ProjectError, match="nowhere: no such directory"):
        assembled(tmp_path / "nowhere", tmp_path / "copy")


def test_a_copied_snippet_says_of_itself_what_it_said_in_the_library(tmp_path: Path) -> None:
    """What no longer fits is left out; what the image says goes before."""
    write_copy(tmp_path)
    found = {guess.key: guess for guess in guesses_of_copy(tmp_path, load())}

    assert {"slow", "settings", "stale", "code", "proxy", "reload", "beside", "effective"} <= set(found)
    assert {guess.where for guess in found.values()} == {"flask-uv, which was copied"}
    merged = guesses(replace(BARE, ports=(9000,)), tmp_path, found.values())
    assert [guess.value for guess in merged if guess.key == "port"] == [9000]
    described = Stated.read(tmp_path, ("app/__init__.py", "pyproject.toml"), {}).described(merged)
    assert list(described.project.beside) == ["database"]
    assert (described.project.live, described.project.ready) == ("/livez", "/readyz")
    (tmp_path / "app" / "__init__.py").unlink()
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    assert set(found) - {guess.key for guess in guesses_of_copy(tmp_path, load())} == {"code", "stale"}


def test_a_directory_of_ones_own_has_nothing_of_a_copy(tmp_path: Path) -> None:
    """Neither has one with a snippet that has no Dockerfile, or that the library does not know any more."""
    assert list(guesses_of_copy(tmp_path, load())) == []
    write_copy(tmp_path)
    note = tmp_path / ".handbook" / "copied.json"
    note.write_text(note.read_text().replace("flask-uv", "flask-of-old"))
    assert list(guesses_of_copy(tmp_path, load())) == []


def write_copy(folder: Path) -> None:
    """What `handbook copy flask-uv` leaves, proven or not."""
    catalog = load()
    snippet = catalog.snippets["flask-uv"]
    snippet.assemble(folder)
    files = {path: {"snippet": "flask-uv", "sha256": sha} for path, sha in snippet.files.items()}
    (folder / ".handbook").mkdir()
    note = {"version": 1, "snippets": {"flask-uv": snippet.digest}, "files": files}
    (folder / ".handbook" / "copied.json").write_text(json.dumps(note))
