"""What README and CONTRIBUTING say is true: commands, variables, keys, files, and the snippet they walk through."""

import ast
import json
import re
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
import pytest

from snippets.catalog import LIBRARY, load
from snippets.catalog.metadata import SnippetTable
from snippets.catalog.snippet import Kind
from snippets.check.stated import CheckTable
from snippets.cli import main
from snippets.errors import CatalogError
from snippets.render.references import LANGUAGES

ROOT = Path(__file__).parents[2]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
NARRATED = "flask-one-stage"
PLACES = r"snippets|tests|docs|evidence|bench|\.github|\.ci"
# What one process of the project tells another; nobody sets these by hand.
INTERNAL = {"HANDBOOK_RUN", "HANDBOOK_BENCH_TAPE", "HANDBOOK_BENCH_NESTED"}
# Read by everything that starts a program.
ANYBODYS = {"COLUMNS", "PATH"}
CODE = [
    *(path for path in sorted((ROOT / "snippets").rglob("*.py")) if LIBRARY not in path.parents),
    *sorted((ROOT / "bench").glob("*.py")),
    ROOT / "noxfile.py",
    ROOT / "tests" / "conftest.py",
]
DOCUMENTS = [pytest.param(name, id=name) for name in ("README.md", "CONTRIBUTING.md")]


def code_in(text: str) -> str:
    """Everything that a document sets as code, one piece a line."""
    fenced = re.findall(r"^(`{3,})(?:console|bash|sh)?\n(.*?)^\1$", text, flags=re.MULTILINE | re.DOTALL)
    return "\n".join([*(body for _, body in fenced), *re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text)])


def table(heading: str) -> list[list[str]]:
    """The cells of the first table below a heading of CONTRIBUTING, without its head."""
    section = CONTRIBUTING.split(f" {heading}\n", 1)[1]
    rows = section[section.index("\n|") :].strip().split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows]


def names(cell: str) -> set[str]:
    """What a cell sets as code."""
    return set(re.findall(r"`([^`]+)`", cell))


def block(path: str) -> str:
    """The file that CONTRIBUTING gives under this path."""
    found = re.search(rf"^`{re.escape(path)}`:\n\n(`{{3,}})\w+\n(.*?)^\1$", CONTRIBUTING, re.MULTILINE | re.DOTALL)
    assert found is not None, f"CONTRIBUTING shows no {path}"
    return found[2]


def sessions() -> dict[str, ast.FunctionDef]:
    """The nox sessions, as noxfile.py defines them."""
    tree = ast.parse((ROOT / "noxfile.py").read_text())
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return {f.name: f for f in functions if any("session" in ast.unparse(mark) for mark in f.decorator_list)}


def narrated(folder: Path) -> Path:
    """Lay out a library of the project's own snippets and the one that CONTRIBUTING walks through."""
    library = folder / "library"
    shutil.copytree(LIBRARY, library)
    root = f"snippets/library/{NARRATED}"
    for path in ("Dockerfile", "snippet.toml", "pitfalls/user-above-the-install.toml"):
        place = library / NARRATED / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(block(f"{root}/{path}"))
    return library


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_command_exists(name: str) -> None:
    """Sessions of nox, commands of `handbook` and their options are named as they are."""
    code = code_in((ROOT / name).read_text())
    asked = re.findall(r"\bnox -s ([\w-]+)", code)
    assert asked, f"{name} names no nox session"
    assert set(asked) <= sessions().keys()
    for command, rest in re.findall(r"^\W*handbook ([a-z]+)(.*)$", code, flags=re.MULTILINE):
        assert command in main.commands
        known = {option for parameter in main.commands[command].params for option in parameter.opts}
        assert set(re.findall(r"--[\w-]+", rest)) <= known | {"--help"}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_path_exists(name: str) -> None:
    """Files and directories that a document names are there, and its links lead somewhere."""
    text = (ROOT / name).read_text()
    found = re.findall(rf"(?<![\w/.])((?:{PLACES})/[\w./-]*)", code_in(text))
    paths = [path for path in found if NARRATED not in path]
    links = [link for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text) if link]

    assert [path for path in (*paths, *links) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_link_within_a_page_finds_its_heading(name: str) -> None:
    """What a document links to in itself is one of its headings, as GitHub derives anchors from them."""
    text = (ROOT / name).read_text()
    prose = re.sub(r"^(`{3,})\w*\n.*?^\1$", "", text, flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", prose, flags=re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}

    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= anchors


def test_every_session_has_a_docstring() -> None:
    """The docstrings are the help that `nox --list` prints."""
    assert [name for name, function in sessions().items() if not ast.get_docstring(function)] == []


def test_the_table_of_sessions_is_complete() -> None:
    """CONTRIBUTING names every session, and no other."""
    assert {row[0] for row in table("What you need")} == {f"`nox -s {name}`" for name in sessions()}


def constants(tree: ast.Module) -> dict[str, str]:
    """The strings that a module gives names to, one by one or several at once."""
    found: dict[str, str] = {}
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
                pairs = list(zip(targets, values, strict=False))
            case ast.Assign(targets=[target], value=value):
                pairs = [(target, value)]
            case _:
                continue
        for name, value in pairs:
            if isinstance(name, ast.Name) and isinstance(value, ast.Constant) and isinstance(value.value, str):
                found[name.id] = value.value
    return found


def variables(path: Path) -> Iterator[str]:
    """Environment variables that a module reads, by `.get`, by `[]`, by `in` or by `getenv`."""
    tree = ast.parse(path.read_text())
    known = constants(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=place, attr="get"), args=[key, *_]) if is_environment(place):
                pass
            case ast.Subscript(value=place, slice=key, ctx=ast.Load()) if is_environment(place):
                pass
            case ast.Compare(left=key, ops=[ast.In() | ast.NotIn()], comparators=[place]) if is_environment(place):
                pass
            case ast.Call(func=ast.Attribute(attr="getenv"), args=[key, *_]):
                pass
            case _:
                continue
        if isinstance(key, ast.Constant):
            yield str(key.value)
        else:
            assert isinstance(key, ast.Name), f"{path}: which variable does {ast.unparse(node)} read?"
            yield known[key.id]


def is_environment(node: ast.expr) -> bool:
    """Whether an expression is an environment: `os.environ`, or what is called one."""
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name in {"environ", "environment"}


def test_the_table_of_variables_is_what_the_code_reads() -> None:
    """No variable is read and not documented, and none is documented and not read."""
    read = {name for path in CODE for name in variables(path)}
    read |= set(re.findall(r"!ENV \[(\w+)", (ROOT / "mkdocs.yml").read_text()))
    documented = {name for row in table("Environment variables") for name in names(row[0])}

    assert read >= INTERNAL, "a variable that nothing reads any more"
    assert documented == read - INTERNAL - ANYBODYS


def test_the_table_of_keys_is_what_the_door_admits() -> None:
    """Every key of snippet.toml is explained, every kind is named, and nothing is invented."""
    rows = table("snippet.toml, key by key")
    keys = {key for row in rows for key in names(row[0])}
    kinds = next(names(row[2]) for row in rows if row[0] == "`kind`")

    assert keys == {field.name for field in msgspec.structs.fields(SnippetTable)}
    assert kinds == {kind.value for kind in Kind}
    assert {kind for row in rows for kind in names(row[1])} <= kinds


def test_the_table_of_fences_is_what_pages_may_hold() -> None:
    """Every fence is shown with what it takes."""
    assert {name for row in table("6. Show it") for name in names(row[0])} == {*LANGUAGES, "text"}


def test_the_table_of_tests_is_complete() -> None:
    """Every directory below tests/ is explained."""
    there = {path.parent.name for path in (ROOT / "tests").glob("*/*") if path.parent.name != "__pycache__"}

    assert {name for row in table("How the tests are laid out") for name in names(row[0])} == {
        f"tests/{name}/" for name in there
    }


def test_the_snippet_that_is_walked_through_is_let_in(tmp_path: Path) -> None:
    """Its files, as they stand in the document, are a snippet and a pitfall without a fault."""
    catalog = load(narrated(tmp_path))

    assert catalog.snippets[NARRATED].kind is Kind.IMAGE
    assert f"{NARRATED}/user-above-the-install" in catalog.pitfalls
    assert len(catalog.snippets[NARRATED].commands) == 4


@pytest.mark.parametrize(
    ("right", "wrong"),
    [('title = "', 'titel = "'), ("gunicorn-conf/gunicorn.conf.py", "gunicorn-conf/gunicorn.config.py")],
)
def test_the_refusals_that_are_quoted_are_the_real_ones(tmp_path: Path, right: str, wrong: str) -> None:
    """A slip in the narrated snippet.toml is refused in the very words that the document shows."""
    library = narrated(tmp_path)
    metadata = library / NARRATED / "snippet.toml"
    metadata.write_text(metadata.read_text().replace(right, wrong, 1))

    with pytest.raises(CatalogError) as refused:
        load(library)

    assert f"Error: {refused.value}\n" in CONTRIBUTING


def test_the_page_of_commands_has_all_of_them() -> None:
    """In the order of the help, each below its heading, and shown from the code."""
    page = (ROOT / "docs" / "reference" / "commands.md").read_text()

    assert re.findall(r"^## handbook (\w+)$", page, flags=re.MULTILINE) == list(main.commands)
    assert re.findall(r"^```usage\n(\w+)\n```$", page, flags=re.MULTILINE) == ["handbook", *main.commands]


def test_the_keys_of_a_readers_own_description_are_all_explained() -> None:
    """What `handbook check` asks for is what the page says, but for what only a snippet states."""
    page = (ROOT / "docs" / "containers" / "check.md").read_text()
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", page, flags=re.MULTILINE)
    explained = {key for row in rows for key in names(row)} - {"text", "json", "sarif", "junit", "github"}

    rare = {"api", "server", "pre_stop_s", "revision", "absent"}
    assert explained == {field.name for field in msgspec.structs.fields(CheckTable)} - rare


def test_the_findings_that_are_counted_are_as_many() -> None:
    """Thirty and four: what the contract has promises for, and what the narrated snippet has commands for."""
    numbers = {4: "four", 30: "thirty", 34: "Thirty-four"}
    commands = len(tomllib.loads(block(f"snippets/library/{NARRATED}/snippet.toml"))["commands"])
    promises = len(load().snippets["flask-pip"].promises)

    said = f"{numbers[promises + commands]} findings are {numbers[promises]} promises of the contract and "
    assert f"{said}{numbers[commands]} commands." in CONTRIBUTING


@pytest.mark.parametrize("workflow", [pytest.param(path, id=path.name) for path in WORKFLOWS])
def test_a_workflow_is_pinned_and_asks_for_what_exists(workflow: Path) -> None:
    """Every action is named by its commit with the version beside it, and every session exists."""
    text = workflow.read_text()
    uses = re.findall(r"^\s+(?:- )?uses: (.+)$", text, flags=re.MULTILINE)

    assert uses
    assert [u for u in uses if not re.fullmatch(r"\./\S+( #.*)?|[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", u)] == []
    assert set(re.findall(r"\bnox -s ([\w-]+)", text)) <= sessions().keys()
    for command in re.findall(r"bin/handbook ([a-z]+)", text):
        assert isinstance(main.commands[command], click.Command)


def test_hooks_have_the_versions_of_the_sessions() -> None:
    """What pre-commit installs is what nox installs, wherever both have it."""
    constraints = dict(re.findall(r"^([\w-]+)==(\S+)", (ROOT / "constraints.txt").read_text(), flags=re.MULTILINE))
    hooks = re.findall(r"([\w-]+)==([\w.]+)", (ROOT / ".pre-commit-config.yaml").read_text())

    assert hooks
    assert [(name, version) for name, version in hooks if constraints.get(name, version) != version] == []


def test_the_changelog_has_a_place_for_what_is_next() -> None:
    """Changes that nobody released yet stand under a heading of their own, and there are some."""
    text = (ROOT / "CHANGELOG.md").read_text()
    unreleased = text.split("## [Unreleased]\n", 1)[1].split("\n## ", 1)[0]

    assert re.findall(r"^### (?:Added|Changed|Deprecated|Removed|Fixed|Security)$", unreleased, flags=re.MULTILINE)
    assert re.findall(r"^- \S", unreleased, flags=re.MULTILINE)


def test_the_figures_of_the_readme_are_what_was_measured() -> None:
    """Each with its goal, those that were missed as well, and the machine that they hold for."""
    results = json.loads((ROOT / "bench" / "results.json").read_bytes())
    readme = (ROOT / "README.md").read_text()
    rows = re.findall(r"^\| (.+) \| ([\d.]+) (\w+) \| ([\d.]+) \w+ \|$", readme, flags=re.MULTILINE)

    measured = [(f["says"], f["values"]["median"], f["unit"], f["limit"]) for f in results["figures"]]
    assert [(says, float(median), unit, float(limit)) for says, median, unit, limit in rows] == [
        (says, round(median, 2), unit, limit) for says, median, unit, limit in measured
    ]
    assert len(rows) > 5
    machine = results["machine"]
    for word in (machine["processor"], f"{machine['cores']} cores", machine["engine"], results["taken_at"][:10]):
        assert word in readme
