"""What tests of tutorials share: a library of two snippets, a page that uses one, and the record of its run."""

from pathlib import Path

import pytest

from snippets.catalog import Catalog, load
from snippets.evidence.records import Cell, Execution
from snippets.evidence.store import EvidenceStore
from snippets.tutorials import Tutorial, TutorialStanding, load_tutorials, tutorial_standings
from tests.unit.tutorials.page import NOW, PAGE, Standing, Write

REHEARSAL = '''
@promise("workflow", "https://docs.example")
def deploys(stack):
    """It deploys."""
'''
HOST = """title = "Web"
summary = "A host."
kind = "host"

[host]
names = ["web.test"]

[commands]
keys = "echo key > keys"
arrive = "ansible-playbook web.yml"
again = "ansible-playbook web.yml --check"
"""


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A library of one snippet, and of one with a host."""
    tables = {"deploy": 'title = "Deploy"\nsummary = "Deploys."\nkind = "workflow"\n', "web": HOST}
    for name, table in tables.items():
        snippet = tmp_path / "library" / name
        snippet.mkdir(parents=True)
        (snippet / f"{name}.yml").write_text("steps: []\n")
        (snippet / "snippet.toml").write_text(table)
        (snippet / "rehearsal.py").write_text(REHEARSAL)
    return tmp_path / "library"


@pytest.fixture
def catalog(library: Path) -> Catalog:
    """It, read."""
    return load(library)


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """A documentation directory without a tutorial."""
    (tmp_path / "docs" / "tutorials").mkdir(parents=True)
    return tmp_path / "docs"


@pytest.fixture
def write(docs: Path, catalog: Catalog) -> Write:
    """Write a page and read it back."""

    def written(text: str = PAGE, name: str = "page") -> Tutorial:
        (docs / "tutorials" / f"{name}.md").write_text(text)
        return load_tutorials(docs, catalog)[name]

    return written


@pytest.fixture
def tutorial(write: Write) -> Tutorial:
    """The page above."""
    return write()


@pytest.fixture
def execution(tutorial: Tutorial, catalog: Catalog) -> Execution:
    """A record of it, as a run would have made it."""
    first, second = tutorial.cells
    return Execution(
        tutorial="page",
        digest=tutorial.digest(catalog),
        engine="Docker 29",
        stand_in=True,
        verified_at=NOW,
        cells=[Cell(source=first.text, output='a\tb\n<0> & "1"'), Cell(source=second.text, output="")],
    )


@pytest.fixture
def standing(catalog: Catalog, tmp_path: Path) -> Standing:
    """How a tutorial stands by a store that holds this one record."""

    def stands(tutorial: Tutorial, execution: Execution | None) -> TutorialStanding:
        store = EvidenceStore(tmp_path / "evidence")
        if execution is not None:
            store.write(execution, tutorial.name)
        return tutorial_standings({tutorial.name: tutorial}, catalog, store, now=NOW)[tutorial.name]

    return stands
