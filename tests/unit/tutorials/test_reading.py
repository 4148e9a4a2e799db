"""Reading a tutorial: its prose and its cells, and everything that is refused at the door."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from snippets.catalog import Catalog, load
from snippets.errors import CatalogError
from snippets.tutorials import Tutorial, load_tutorials
from snippets.tutorials.cells import front_matter
from snippets.tutorials.execution import misread
from tests.unit.tutorials.page import FRONT, KERNEL, PAGE, SERVERS, Write


def test_a_page_is_prose_and_cells(tutorial: Tutorial) -> None:
    """Reading keeps the order, the exact source of each cell and the line where each passage begins."""
    assert [(passage.line, passage.language) for passage in tutorial.passages] == [
        (11, None),
        (17, "bash"),
        (21, None),
        (24, "python"),
    ]
    assert tutorial.cells[0].text == "printf 'a\\tb\\n' | grep --count '<b>' || true"
    assert tutorial.snippets == ("deploy",)
    assert (tutorial.page, tutorial.notebook, tutorial.markdown) == (
        "tutorials/page.md",
        "tutorials/page.ipynb",
        "tutorials/page.md",
    )


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (f"{FRONT}\nOnly prose.\n", "tutorials/page.md: no cells"),
        (PAGE.replace("deploy", "deplyo"), "snippets: no snippet 'deplyo' (did you mean 'deploy'?)"),
        (PAGE.replace("[deploy]", "[]"), "snippets: not a list of the snippets that its cells use"),
        (PAGE.replace("snippets:", "snipets:"), "unknown key snipets (did you mean 'snippets'?)"),
        (PAGE.replace("name: python3", "name: bash"), "jupyter.kernelspec.name: not python3"),
        (PAGE.replace(KERNEL, ""), "jupyter.kernelspec.name: not python3"),
        (PAGE.replace("```bash", "```console"), "page.md:17: unknown fence 'console': a tutorial holds"),
        (PAGE.replace("```bash", "```javascript"), "page.md:17: unknown fence 'javascript'"),
        (PAGE.replace("```bash", "~~~bash").replace("true\n```", "true\n~~~"), "page.md:17: unknown fence 'bash'"),
        (PAGE.replace("```bash", "```"), "page.md:17: unknown fence ''"),
        (PAGE.replace("```bash", "```bash --no-raise-error"), "page.md:17: a cell's fence is ```bash and nothing else"),
        (PAGE.replace("```python", '```python tags=["raises-exception"]'), "page.md:24: a cell's fence is ```"),
        (PAGE.removesuffix("```\n"), "page.md:24: a cell's fence is ```python and nothing else, and is closed by ```"),
        (f"{PAGE}\n```bash\n\n```\n", "page.md:28: an empty cell"),
        (
            PAGE.replace('print("two', "x = " + "-" * 60_000 + '1;print("two'),
            "page.md:24: not Python that anybody could read: a zero byte, or nested deeper",
        ),
        (PAGE.replace('print("two', '!false ("two'), "page.md:25: not Python (invalid syntax): commands go"),
        (f"{PAGE}\n<pre>docker run x</pre>\n", "page.md:28: <pre> typed by hand"),
        (f"{PAGE}\n    docker run x\n", "page.md:28: an indented code block typed by hand"),
        (f"{PAGE}\n<!-- #region -->\nHidden.\n<!-- #endregion -->\n", "page.md:28: no cell and no prose: <!--"),
    ],
)
def test_what_could_pass_unseen_is_refused(write: Write, text: str, fault: str) -> None:
    """Each way in which a cell could go unexecuted, or fail without a word, is named with its line."""
    with pytest.raises(CatalogError) as refused:
        write(text)

    assert fault in str(refused.value)


def test_a_page_names_servers(write: Write) -> None:
    """A tutorial knows on whose hosts its cells work, by default on none; it may break the lines of a command."""
    assert (write(SERVERS).servers, write(PAGE).servers) == ("web", "")
    assert write(SERVERS.replace("playbook web.yml", "playbook \\\n    web.yml")).servers == "web"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (SERVERS.replace("servers: web", "servers: wbe"), "page.md: servers: no snippet 'wbe' (did you mean 'web'?)"),
        (SERVERS.replace("servers: web", 'servers: ""'), "page.md: servers: no snippet ''"),
        (SERVERS.replace("servers: web", "servers: [web]"), "page.md: servers: not the name of a snippet of hosts"),
        (SERVERS.replace("servers: web", "servers:"), "page.md: servers: not the name of a snippet of hosts"),
        (SERVERS.replace("servers: web", "server: web"), "page.md: unknown key server (did you mean 'servers'?)"),
        (
            SERVERS.replace("servers: web", "servers: deploy"),
            "page.md: servers: deploy is of kind workflow and has none",
        ),
        (
            SERVERS.replace("[web, deploy]", "[deploy]"),
            "page.md: servers: web is not among snippets, by which a record",
        ),
        (f"{SERVERS}\n```python\nprint(1)\n```\n", "page.md:21: a python cell: where servers are deployed from"),
        (SERVERS.replace("> keys", "> ~/keys"), "page.md: servers: no cell has the command web/keys word for word"),
        (SERVERS.replace("web.yml", "site.yml"), "page.md: servers: no cell has the command web/arrive word for word"),
    ],
)
def test_servers_that_cannot_be_deployed_to_are_refused(write: Write, text: str, fault: str) -> None:
    """What has no hosts, what would not age with them, and cells that are run otherwise than readers are told."""
    with pytest.raises(CatalogError) as refused:
        write(text)

    assert [fault in line for line in refused.value.faults] == [True]


def test_all_faults_come_at_once(docs: Path, catalog: Catalog) -> None:
    """One run lists the faults of every page, text that is no text among them."""
    (docs / "tutorials" / "One.md").write_text(f"{FRONT}\n```sh\ntrue\n```\n")
    (docs / "tutorials" / "two.md").write_bytes(b"---\n\xff\n")

    with pytest.raises(CatalogError) as refused:
        load_tutorials(docs, catalog)

    assert refused.value.faults == (
        "tutorials/One.md: not named in lower-case-with-hyphens",
        "tutorials/One.md:11: unknown fence 'sh' (did you mean 'bash'?): a tutorial holds bash and python cells",
        "tutorials/two.md: not UTF-8 at byte 4",
    )


def test_front_matter_that_is_no_yaml_is_a_fault(write: Write) -> None:
    """It is named as such, and nobody sees a traceback."""
    with pytest.raises(CatalogError, match=r"tutorials/page\.md:3: front matter: neither `key: text` nor `key: \["):
        write(PAGE.replace("[deploy]", "[deploy"))


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("description: A page: of two", "page.md:2: front matter: neither"),
        ("description: A page # of two", "page.md:2: front matter: neither"),
        ("description: 'A page.'", "page.md:2: front matter: neither"),
        ('description: "A \\"page\\"."', "page.md:2: front matter: neither"),
        ("description: >", "page.md:2: front matter: neither"),
        ("description: *page", "page.md:2: front matter: neither"),
        ("description: No", "page.md:2: front matter: neither"),
        ("description: 2026-11-23", "page.md:2: front matter: neither"),
        ("description:", "page.md: description: not a text"),
        (" description: A page.", "page.md:2: front matter: neither"),
        ("description: A page.\n  of: two", "page.md:3: front matter: neither"),
        ("description: A page.\n...", "page.md:3: front matter: neither"),
        ("description: A page.\ndescription: A page.", "page.md:3: front matter: description is there twice"),
    ],
)
def test_front_matter_is_a_part_of_yaml(write: Write, line: str, why: str) -> None:
    """What YAML reads otherwise than as the text that stands there is refused, by its line."""
    with pytest.raises(CatalogError) as refused:
        write(PAGE.replace("description: A page.", line))

    assert why in str(refused.value)


@given(st.text(alphabet="ab:-#'\"1.[]{},&*!|>%@`~=<+ eE\t_/", max_size=8))
def test_front_matter_reads_as_yaml_does(value: str) -> None:
    """Whatever is let in is the same to whoever reads it as YAML, as MkDocs and jupytext do."""
    keys, _, faults = front_matter(["---", f"description: {value}", "---"])

    assert faults or yaml.safe_load(f"description: {value}") == keys or keys == {"description": {}}


def test_settings_of_jupytext_are_refused(write: Write) -> None:
    """They could cut cells elsewhere than where the page shows them."""
    with pytest.raises(CatalogError, match=r"page\.md: unknown key jupyter\.jupytext"):
        write(PAGE.replace("jupyter:\n", "jupyter:\n  jupytext:\n    split_at_heading: a\n"))


@pytest.mark.parametrize("end", ["\r", "\x0c", "\u2028"])
def test_a_line_ends_with_a_line_feed(write: Write, end: str) -> None:
    """Where readers differ in what a line is they differ in what a cell is."""
    with pytest.raises(CatalogError, match=r"tutorials/page\.md: ends lines with more than line feeds"):
        write(PAGE.replace("Then", f"Then{end}"))


def test_a_cell_is_a_cell_to_jupytext(tutorial: Tutorial) -> None:
    """The strict reader and the one that every notebook comes from agree on a page of everything we let in."""
    assert misread(tutorial) is None


def test_whoever_looks_at_tutorials_waits_for_no_jupyter() -> None:
    """Every `handbook list --stale`, audit and build would."""
    code = "import sys, snippets.tutorials, snippets.audit; print(*sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()

    assert not {"jupytext", "nbformat", "nbclient", "jupyter_client", "yaml"} & set(loaded)
    assert "snippets.tutorials.execution" not in loaded


def test_no_tutorial_at_all_is_a_fault(docs: Path, catalog: Catalog) -> None:
    """An empty directory does not pass for tutorials that are fine; an index page is none of them."""
    (docs / "tutorials" / "index.md").write_text("# Tutorials\n")

    with pytest.raises(CatalogError, match="no tutorial in "):
        load_tutorials(docs, catalog)


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("lay", "why"),
    [
        (os.mkfifo, "not a regular file"),
        (os.mkdir, "not a regular file"),
        (lambda path: path.symlink_to("/dev/zero"), "a symlink: put the page itself there"),
        (lambda path: path.symlink_to("nowhere"), "a symlink: put the page itself there"),
        (lambda path: path.write_bytes(b" " * (1 << 21)), "2097152 bytes, larger than 1048576"),
    ],
    ids=["pipe", "directory", "device", "dangling", "huge"],
)
def test_only_a_file_is_a_tutorial(docs: Path, catalog: Catalog, lay: Callable[[Path], object], why: str) -> None:
    """What came with a clone is not waited for, nor read without an end."""
    lay(docs / "tutorials" / "page.md")

    with pytest.raises(CatalogError) as refused:
        load_tutorials(docs, catalog)

    assert refused.value.faults == (f"tutorials/page.md: {why}",)


def test_the_handbooks_own_tutorials_load() -> None:
    """Every page in docs/tutorials is one that could be executed, and the same to jupytext."""
    tutorials = load_tutorials(Path(__file__).parents[3] / "docs", load())

    assert {name: tutorial.servers for name, tutorial in tutorials.items() if tutorial.servers} == {
        "back-up-destroy-restore": "backup-restic-pgdump",
        "from-compose-to-kubernetes": "kubernetes-app",
        "lose-a-node": "kubernetes-app",
        "one-server": "ansible-app-docker",
    }
    assert {name for name, tutorial in tutorials.items() if tutorial.servers and tutorial.here} == {
        "from-compose-to-kubernetes"
    }
    assert {name: misread(tutorial) for name, tutorial in tutorials.items()} == dict.fromkeys(tutorials)


def beside(servers: str, names: str) -> str:
    """A page that has these snippets, and every command that brings the servers' own to them."""
    cells = "".join(f"\n```bash\n{command.strip()}\n```\n" for command in load().snippets[servers].commands.values())
    return f"---\nsnippets: [{names}]\nservers: {servers}\n{KERNEL}---\n{cells}"


@pytest.mark.parametrize(
    ("names", "here"),
    [("kubernetes-app", False), ("kubernetes-app, flask-uv", False), ("compose-caddy-postgres, kubernetes-app", True)],
    ids=["alone", "image", "compose"],
)
def test_a_compose_project_has_its_tutorial_run_here(docs: Path, names: str, here: bool) -> None:  # noqa: FBT001 - a case
    """With the cluster in reach; without one the cells are run where the cluster is deployed from."""
    (docs / "tutorials" / "page.md").write_text(beside("kubernetes-app", names))

    assert load_tutorials(docs, load())["page"].here is here


def test_no_compose_project_stands_beside_hosts(docs: Path) -> None:
    """Their keys are with whoever deploys to them, and not on this machine."""
    (docs / "tutorials" / "page.md").write_text(
        beside("ansible-app-docker", "compose-caddy-postgres, ansible-app-docker")
    )

    with pytest.raises(CatalogError) as refused:
        load_tutorials(docs, load())

    (fault,) = refused.value.faults
    assert fault == (
        "tutorials/page.md: servers: ansible-app-docker is of kind host, "
        "and no key of this machine, where compose projects run, opens one"
    )
