"""What README, CONTRIBUTING and the pages say is true: commands, files, refusals, and the walks that they take."""

import ast
import json
import re
import shutil
from pathlib import Path

import click
import msgspec
import pytest
from selectolax.lexbor import LexborHTMLParser

from snippets.catalog import LIBRARY, load
from snippets.catalog.draft import draft
from snippets.catalog.fences import scan
from snippets.catalog.keys import FILES
from snippets.catalog.metadata import CheckTable
from snippets.catalog.snippet import Kind
from snippets.cli import main
from snippets.contract import PROMISES
from snippets.errors import CatalogError
from snippets.handbook import Handbook
from snippets.render import refusal, render
from snippets.render.references import LANGUAGES

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
README = (ROOT / "README.md").read_text()
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
WALK = (DOCS / "reference" / "contributing.md").read_text()
CHECK = (DOCS / "containers" / "check.md").read_text()
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
RECIPES = "snippets/engine/bases/recipes/README.md"
# What a reader who follows the walks makes, and nobody else has.
NARRATED = ("flask-one-stage", "secrets-with-pip", "our-conf", "flask-ours")
PLACES = r"snippets|tests|docs|evidence|bench|\.github|\.ci"
SIZE_LIMIT = 6_500
ALL = ["README.md", "CONTRIBUTING.md", RECIPES, *(path.relative_to(ROOT).as_posix() for path in DOCS.rglob("*.md"))]
DOCUMENTS = [pytest.param(name, id=name) for name in sorted(ALL)]
AT_THE_ROOT = [pytest.param(name, id=name) for name in ("README.md", "CONTRIBUTING.md")]


def code_in(text: str) -> str:
    """Everything that a document sets as code, one piece a line."""
    fenced = re.findall(r"^ *(`{3,})(?:console|bash|sh|text)?\n(.*?)^ *\1$", text, flags=re.MULTILINE | re.DOTALL)
    return "\n".join([*(body for _, body in fenced), *re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text)])


def rows(document: str, head: str) -> list[list[str]]:
    """The cells of the table whose first heading is this."""
    found = re.search(rf"^\| ?{re.escape(head)} ?\|.*\n\|[-| ]+\|\n((?:\|.*\n)+)", document, flags=re.MULTILINE)
    assert found is not None, f"there is no table of {head}"
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in found[1].splitlines()]


def names(cell: str) -> set[str]:
    """What a cell sets as code."""
    return set(re.findall(r"`([^`]+)`", cell))


def sessions() -> dict[str, ast.FunctionDef]:
    """The nox sessions, as noxfile.py defines them."""
    tree = ast.parse((ROOT / "noxfile.py").read_text())
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return {f.name: f for f in functions if any("session" in ast.unparse(mark) for mark in f.decorator_list)}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_command_exists(name: str) -> None:
    """Sessions of nox, commands of `handbook` and their options are named as they are."""
    code = code_in((ROOT / name).read_text())
    assert set(re.findall(r"\bnox -s ([\w-]+)", code)) <= sessions().keys()
    for command, rest in re.findall(r"^\W*handbook ([a-z]+)(.*)$", code, flags=re.MULTILINE):
        assert command in main.commands
        known = {option for parameter in main.commands[command].params for option in parameter.opts}
        assert set(re.findall(r"(?<!\S)--[\w-]+", rest)) <= known | {"--help"}


@pytest.mark.parametrize("name", AT_THE_ROOT)
def test_what_is_read_first_names_commands_and_sessions(name: str) -> None:
    """Otherwise the test above would pass by finding none."""
    code = code_in((ROOT / name).read_text())

    assert re.search(r"\bnox -s docs\b", code)
    assert re.search(r"^handbook new\b", code, flags=re.MULTILINE)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_path_exists(name: str) -> None:
    """Files and directories that a document names are there, and the links of those outside the site lead somewhere."""
    path, text = ROOT / name, (ROOT / name).read_text()
    found = re.findall(rf"(?<![\w/.-])((?:{PLACES})/[\w./-]*)", code_in(text))
    places = [place for place in found if not any(own in place for own in NARRATED)]
    links = [] if DOCS in path.parents else re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)

    assert [place for place in places if not (ROOT / place).exists()] == []
    assert [link for link in links if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("name", AT_THE_ROOT)
def test_every_anchor_is_a_heading(name: str) -> None:
    """What is linked to within a page of the site is one of its headings, as both derive anchors from them."""
    for path, anchor in re.findall(r"\]\(([^)#:]*\.md)#([^)]+)\)", (ROOT / name).read_text()):
        text = (ROOT / path).read_text()
        stated = {anchor for _, anchor in scan(text).anchors}
        plain = re.findall(r"^#+ ([^{\n]+)$", text, flags=re.MULTILINE)

        assert anchor in stated | {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in plain}


def test_the_short_way_is_short() -> None:
    """Whoever wants to help reads all of it."""
    assert len(CONTRIBUTING.encode()) <= SIZE_LIMIT


def test_every_session_has_a_docstring() -> None:
    """The docstrings are the help that `nox --list` prints."""
    assert [name for name, function in sessions().items() if not ast.get_docstring(function)] == []


def test_the_table_of_sessions_is_complete() -> None:
    """CONTRIBUTING names every session, and no other."""
    assert {row[0] for row in rows(CONTRIBUTING, "session")} == {f"`nox -s {name}`" for name in sessions()}


def test_the_table_of_rooms_is_complete() -> None:
    """Every room of the package has its place in the table, and what README draws is a way through them."""
    rooms = {path.parent.name for path in (ROOT / "snippets").glob("*/__init__.py")} | {"library"}
    told = {room for row in rows(CONTRIBUTING, "directory") for room in re.findall(r"`snippets/(\w+)/`", row[0])}
    drawn = set(re.findall(r"^(?:  -> )?snippets/(\w+)", README, flags=re.MULTILINE))

    assert told == rooms
    assert {"library", "catalog", "engine", "contract", "proving", "evidence", "render", "audit"} <= drawn <= rooms


def test_the_table_of_tests_is_complete() -> None:
    """Every directory below tests/ is explained."""
    there = {path.parent.name for path in (ROOT / "tests").glob("*/*") if path.parent.name != "__pycache__"}

    assert {name for row in rows(WALK, "Directory") for name in names(row[0])} == {f"tests/{name}/" for name in there}


def test_the_table_of_fences_is_what_pages_may_hold() -> None:
    """Every fence is shown with what it takes, which is there."""
    table = rows((DOCS / "reference" / "pages.md").read_text(), "Fence")
    assert {name for row in table for name in names(row[0])} == LANGUAGES.keys()

    page = "".join(
        f"```{language}\n{reference}\n```\n\n"
        for row in table
        for language in names(row[0])
        for reference in names(row[1])
    )
    # The headings to which a table of faults leads are those of its own page.
    objections = render(page, "a.md", handbook()).objections
    assert [each.why for each in objections if not each.unproven and "has no heading" not in each.why] == []


def handbook() -> Handbook:
    """The checkout's own, with its command line."""
    return Handbook(catalog=load(), store=Handbook.here().store, docs=DOCS, program=main)


def test_what_pages_refuse_is_quoted_as_it_is() -> None:
    """A slip of the page that is narrated is refused in these very words."""
    lines = ["# A", "", *[""] * 15, "```command", "flask-pip/biuld", "```", "", "```bash", "ls", "```", ""]
    refused = str(refusal(render("\n".join(lines), "containers/flask-one-stage.md", handbook()).objections))
    quoted = (DOCS / "reference" / "pages.md").read_text()

    for line in refused.splitlines()[1:]:
        assert f"\n> {line.strip().replace('flask-pip', 'flask-one-stage')}\n" in quoted


@pytest.mark.parametrize("name", FILES)
def test_the_page_of_keys_is_generated(name: str) -> None:
    """It has a fence for each file, and no table of its own."""
    text = (DOCS / "reference" / "keys.md").read_text()

    assert f"```keys\n{name}\n```" in text
    assert not re.search(r"^\|", text, flags=re.MULTILINE)


def test_the_page_of_variables_is_generated() -> None:
    """Likewise."""
    text = (DOCS / "reference" / "variables.md").read_text()

    assert "```variables\nall\n```" in text
    assert not re.search(r"^\|", text, flags=re.MULTILINE)


def test_what_a_reader_states_is_what_promises_ask_for() -> None:
    """The page of `handbook check` names promises and keys that there are, and each key that a promise asks for."""
    table = rows(CHECK, "To have this judged")
    keys = {key for row in table for key in names(row[1])}
    asked = {
        key
        for path in (ROOT / "snippets" / "contract" / "container").glob("*.py")
        for key in re.findall(r'UndescribedError\("(\w+)"', path.read_text())
    }

    assert asked <= keys <= {field.name for field in msgspec.structs.fields(CheckTable)}
    slugs = {slug for row in table for slug in re.findall(r"\b[a-z]+(?:-[a-z]+)+\b", row[0])}
    assert slugs <= PROMISES.keys()


def test_the_page_of_commands_has_all_of_them() -> None:
    """In the order of the help, each below its heading, and shown from the code."""
    page = (DOCS / "reference" / "commands.md").read_text()

    assert re.findall(r"^## handbook (\w+)$", page, flags=re.MULTILINE) == list(main.commands)
    assert re.findall(r"^```usage\n(\w+)\n```$", page, flags=re.MULTILINE) == ["handbook", *main.commands]


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """The project's own library, to walk in."""
    root = tmp_path / "library"
    shutil.copytree(LIBRARY, root, ignore=shutil.ignore_patterns("__pycache__"))
    return root


def begun(library: Path, name: str, source: str) -> Path:
    """What `handbook new` makes."""
    assert f"`handbook new {name} --from {source}`" in WALK
    snippets = load(library).snippets
    draft(name, snippets[source], snippets).write()
    return library / name


def edited(path: Path, *edits: tuple[str, str]) -> None:
    """Replace what occurs once."""
    text = path.read_text()
    for find, replace in edits:
        assert text.count(find) == 1, find
        text = text.replace(find, replace)
    path.write_text(text)


def taken_over(root: Path, pitfall: str, source: str) -> None:
    """Copy a pitfall of the snippet that this one began as."""
    assert f"`{pitfall}`" in WALK
    (root / "pitfalls").mkdir()
    shutil.copy(root.parent / source / "pitfalls" / pitfall, root / "pitfalls")


def test_the_walk_of_an_image_ends_at_a_snippet(library: Path) -> None:
    """Each edit that it asks for can be made, and what comes of it is let in, its pitfall as well."""
    root = begun(library, "flask-one-stage", "flask-pip")
    copy = re.findall(r"The first is `(COPY .+)`, the second is\n *the last `RUN` of the first stage without", WALK)[0]
    dockerfile = root / "Dockerfile"
    install = dockerfile.read_text().split("\nFROM ")[1].rpartition("\nRUN ")[2].strip()
    run = f"RUN {install}".replace(" --python /venv/bin/python", "")
    assert run.count("pip install") == 1
    dockerfile.write_text(dockerfile.read_text()[dockerfile.read_text().rindex("\nFROM ") + 1 :])
    edited(
        dockerfile,
        ("COPY --from=build /venv /venv", f"{copy}\n{run}"),
        ("PATH=/venv/bin:$PATH \\\n    PYTHONUNBUFFERED=1", "PYTHONUNBUFFERED=1"),
        ('title="flask-pip"', 'title="flask-one-stage"'),
    )
    taken_over(root, "user-by-name.toml", "flask-pip")

    catalog = load(library)
    assert catalog.snippets["flask-one-stage"].kind is Kind.IMAGE
    assert "flask-one-stage/user-by-name" in catalog.pitfalls


def test_the_walk_of_a_compose_project_ends_at_a_snippet(library: Path) -> None:
    """Likewise."""
    root = begun(library, "secrets-with-pip", "runtime-secrets")
    key, value = re.findall(r"put a line\n *of `(\"requirements.+?)` and `(\".+?)`", WALK)[0]
    added = f"{key} = {value}"
    edited(
        root / "snippet.toml",
        ('"flask-uv/Dockerfile"', '"flask-pip/Dockerfile"'),
        ('"pyproject.toml" = "flask-uv/pyproject.toml"\n"uv.lock" = "flask-uv/uv.lock"', added),
    )
    taken_over(root, "stop-grace-too-short.toml", "runtime-secrets")

    catalog = load(library)
    made = catalog.snippets["secrets-with-pip"]
    assert made.kind is Kind.COMPOSE
    assert "requirements.txt" in made.sources
    assert "secrets-with-pip/stop-grace-too-short" in catalog.pitfalls


def test_the_walk_of_a_configuration_ends_at_a_snippet_and_its_carrier(library: Path) -> None:
    """Both are let in, and the image carries the very file of the configuration."""
    root, image = begun(library, "our-conf", "gunicorn-conf"), begun(library, "flask-ours", "flask-pip")
    shutil.copy(library / "gunicorn-conf" / "gunicorn.conf.py", root)
    edited(
        root / "snippet.toml",
        ('[uses]\n"gunicorn.conf.py" = "gunicorn-conf/gunicorn.conf.py"\n', ""),
        ('snippet = "flask-pip"', 'snippet = "flask-ours"'),
    )
    edited(image / "snippet.toml", ('"gunicorn-conf/gunicorn.conf.py"', '"our-conf/gunicorn.conf.py"'))

    catalog = load(library)
    assert catalog.carriers(catalog.snippets["our-conf"]) == (catalog.snippets["flask-ours"],)


@pytest.mark.parametrize("document", ["CONTRIBUTING.md", "docs/reference/contributing.md"])
def test_the_refusal_that_is_quoted_is_the_real_one(library: Path, document: str) -> None:
    """A slip in the narrated snippet.toml is refused in the very words that the document shows."""
    root = begun(library, "flask-one-stage", "flask-pip")
    edited(root / "snippet.toml", ('title = "', 'titel = "'))

    with pytest.raises(CatalogError) as refused:
        load(library)

    lines = [line.strip(" >") for line in (ROOT / document).read_text().splitlines()]
    said = [line.strip() for line in f"Error: {refused.value}".splitlines()]
    assert "\n".join(said) in "\n".join(line for line in lines if line)


def test_messages_that_the_walk_quotes_are_in_the_code() -> None:
    """Those of a promise, of a standing and of the session that builds the site."""
    code = "".join(path.read_text() for path in (ROOT / "snippets").rglob("*.py")) + (ROOT / "noxfile.py").read_text()

    for said in (
        "the image declares no HEALTHCHECK",
        "every record is current: no container engine is needed, and none was started",
    ):
        assert said in WALK
        assert said in code
    assert "“unproven: flask-one-stage was never verified”" in WALK
    assert ' was never verified"' in code


@pytest.mark.parametrize("name", ["keys", "variables", "words", "pages", "contributing", "commands"])
def test_a_page_of_reference_says_what_it_is_for(name: str) -> None:
    """It has a description, a lead, and a place in the navigation."""
    text = (DOCS / "reference" / f"{name}.md").read_text()

    assert re.match(r"---\ndescription: .+\.\n---\n\n# .+\n\n(?:.+\n)+\{ \.hb-lead \}\n", text)
    assert f"reference/{name}.md" in (ROOT / "mkdocs.yml").read_text()


def test_generated_tables_have_as_many_cells_as_heads() -> None:
    """What the pages of keys and variables hold is whole."""
    for name in ("keys", "variables"):
        text = (DOCS / "reference" / f"{name}.md").read_text().split("\n---\n", 1)[1]
        rendered = render(text, f"reference/{name}.md", handbook())
        assert rendered.objections == ()
        for table in LexborHTMLParser(rendered.text).css("table"):
            heads = len(table.css("thead th"))
            counts = {len(row.css("td")) for row in table.css("tbody tr") if row.css_first("td")}
            assert counts == {heads}


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
    figures = re.findall(r"^\| (.+) \| ([\d.]+) (\w+) \| ([\d.]+) \w+ \|$", README, flags=re.MULTILINE)

    measured = [(f["says"], f["values"]["median"], f["unit"], f["limit"]) for f in results["figures"]]
    assert [(says, float(median), unit, float(limit)) for says, median, unit, limit in figures] == [
        (says, round(median, 2), unit, limit) for says, median, unit, limit in measured
    ]
    assert len(figures) > 5
    machine = results["machine"]
    for word in (machine["processor"], f"{machine['cores']} cores", machine["engine"], results["taken_at"][:10]):
        assert word in README


def test_no_script_writes_to_a_reader_that_leaves_early() -> None:
    """Where any part of a pipe may fail it, whoever writes to `head` fails it, as soon as there is enough to write."""
    scripts = [ROOT / ".ci" / "run", *sorted((ROOT / ".github").rglob("*.y*ml")), ROOT / "action.yml"]
    texts = {path: path.read_text(encoding="utf-8") for path in scripts if path.is_file()}
    early = re.compile(r"\| *(?:head\b|grep +(?:-\w*q|--quiet)|sed +\S*q\b)")

    assert (ROOT / ".ci" / "run") in texts
    assert [f"{path.name}: {found[0]}" for path, text in texts.items() for found in early.finditer(text)] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_column_has_a_name(name: str) -> None:
    """Whoever hears a table instead of seeing it is told each cell's column by its heading."""
    heads = re.findall(r"^\|.*\|(?=\n\|[-:| ]+\|$)", (ROOT / name).read_text(), flags=re.MULTILINE)

    assert not [head for head in heads if "" in (cell.strip() for cell in head.strip("|").split("|"))]
