"""What a site may hold: with the record of something go its texts, its files, its cells and what was seen of it."""

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from snippets.audit import audit
from snippets.audit.published import Published
from snippets.evidence.records import Capture, Cell, Evidence, Execution
from snippets.handbook import Handbook
from snippets.render.blocks import Links, file
from snippets.render.notebook import as_notebook, render_tutorial
from snippets.render.references import show
from tests.unit.pages.site import HEAD
from tests.unit.pages.synthetic import DOCKERFILE, WHEN, handbook, image, prove

TUTORIAL = """---
description: A page.
snippets: [web]
jupyter:
  kernelspec:
    display_name: Python 3
    language: python
    name: python3
---

# First

```bash
echo 1
```
"""
AGE = timedelta(days=7)
SEEN = "drains <seen> after 2 s"
ERROR = "every process runs under uid 0\n  <root>"


@pytest.fixture
def told(tmp_path: Path, small: Handbook) -> Handbook:
    """The small library with an executed tutorial as well."""
    (tmp_path / "docs" / "tutorials").mkdir(parents=True)
    (tmp_path / "docs" / "tutorials" / "first.md").write_text(TUTORIAL)
    told = replace(small, docs=tmp_path / "docs", max_age=AGE)
    execution = Execution(
        tutorial="first",
        digest=told.tutorials["first"].tutorial.digest(small.catalog),
        engine="Docker",
        stand_in=False,
        verified_at=WHEN,
        cells=[Cell(source="echo 1", output="one of them")],
    )
    small.store.write(execution, "first")
    return replace(told)


def published(handbook: Handbook) -> Published:
    """All that its records prove."""
    return Published(handbook=handbook, tutorials=handbook.tutorials)


def test_what_is_proven_may_be_shown(told: Handbook) -> None:
    """Files, commands, edits, errors, cells and outputs as blocks, and of what was seen each line."""
    shown = published(told)

    assert {DOCKERFILE, "docker build --tag web .", ERROR, "echo 1", "one of them"} <= shown.blocks
    assert {"snippets/web/Dockerfile", "tutorials/first.ipynb", "tutorials/first.md"} <= shown.files.keys()
    assert all(shown.pieces.hold(text) for text in (SEEN, "USER 10001", "one of them"))


def test_with_its_record_goes_all_that_was_proven(told: Handbook) -> None:
    """A record that is there and too old is none."""
    aged = replace(told, now=WHEN + AGE + timedelta(seconds=1))
    shown = published(aged)

    assert (aged.snippets["web"].evidence, aged.pitfalls["web/root"].capture) != (None, None)
    assert aged.tutorials["first"].execution is not None
    assert (shown.blocks, shown.exhibits, shown.indexed, shown.files) == (frozenset(), frozenset(), frozenset(), {})
    assert not any(shown.pieces.hold(text) for text in (SEEN, "USER 10001", "one of them"))
    for name, html in published(told)._cells.items():  # noqa: SLF001 - what a page shows of it
        assert published(told).shows(html, f"cell:{name}", "")
        assert not shown.shows(html, f"cell:{name}", "")


@pytest.mark.parametrize("record", [Evidence, Capture])
def test_an_error_goes_with_what_it_is_of(told: Handbook, record: type) -> None:
    """Whether the pitfall's own record is too old or that of the snippet that it breaks."""
    later = WHEN + AGE + timedelta(days=1)
    names = {Evidence: ("web", "settings"), Capture: ("web/root",)}
    for type_, each in names.items():
        for name in each if type_ is not record else ():
            found = told.store.read(type_, name)
            assert found is not None
            (told.store.root / told.store.place(type_, name)).unlink()
            told.store.write(replace(found, verified_at=later), name)
    shown = published(replace(told, now=later))

    assert ERROR not in shown.blocks
    assert (DOCKERFILE in shown.blocks) == (record is Capture)


@pytest.mark.parametrize("name", ["web", "settings"])
def test_what_lost_its_proof_after_the_build_is_refused(tmp_path: Path, name: str) -> None:
    """The audit believes today's records, whatever the site was built from."""
    before = handbook(tmp_path)
    blocks = show("snippet", f"{name}/gunicorn.conf.py", before, Links()).html
    blocks += show("evidence", name, before, Links()).html
    content = before.catalog.snippets[name].content("gunicorn.conf.py")
    path = tmp_path / "site" / "snippets" / name / "gunicorn.conf.py"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    (tmp_path / "site" / "index.html").write_text(f"{HEAD}{blocks}</body></html>")
    assert audit(tmp_path / "site", before) == ()

    shutil.rmtree(tmp_path / "evidence")

    after = Handbook(catalog=before.catalog, store=before.store, now=WHEN)
    assert [o.why for o in audit(tmp_path / "site", after)] == [
        "a <pre> that nobody proved: 'workers = 3'",
        f"a claim that no record makes: evidence:{name}",
        f"a claim that no record makes: snippet:{name}/gunicorn.conf.py",
        "nobody proved a file of this name",
        "the site shows nothing that was proven",
    ]


def test_executed_cells_pass_and_others_do_not(tmp_path: Path, small: Handbook) -> None:
    """A tutorial's cells and outputs are as good as a file, while its record is of these cells."""
    told = replace(small, docs=tmp_path / "docs")
    (tmp_path / "docs" / "tutorials").mkdir(parents=True)
    (tmp_path / "docs" / "tutorials" / "first.md").write_text(TUTORIAL)
    tutorial = told.tutorials["first"].tutorial
    execution = Execution(
        tutorial="first",
        digest=tutorial.digest(small.catalog),
        engine="Docker",
        stand_in=False,
        verified_at=WHEN,
        cells=[Cell(source="echo 1", output="1")],
    )
    small.store.write(execution, "first")
    proven = replace(told)
    block = render_tutorial(proven.tutorials["first"]).text.splitlines()[2]
    page = tmp_path / "site" / "tutorials" / "first" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text(f"{HEAD}{block}</body></html>")
    download = tmp_path / "site" / "tutorials" / "first.ipynb"
    download.write_bytes(as_notebook(tutorial, execution))

    assert audit(tmp_path / "site", proven) == ()

    download.write_bytes(as_notebook(tutorial, execution) + b" ")
    assert [o.why for o in audit(tmp_path / "site", proven)] == ["differs from the file that was proven"]
    (small.store.root / "tutorials" / "first.json").unlink()
    unproven = replace(told)
    assert "a <pre> that nobody proved: 'echo 1'" in [o.why for o in audit(tmp_path / "site", unproven)]


def test_a_snippet_is_refused_until_it_is_proven(tmp_path: Path) -> None:
    """Being in the library is not enough."""
    image(tmp_path / "library", "other", {"Dockerfile": "FROM python:3.13-slim-trixie\nRUN echo other\n"})
    small = handbook(tmp_path)
    text = small.catalog.snippets["other"].text("Dockerfile")
    (tmp_path / "site").mkdir()
    block = file(small.catalog.snippets["other"], "Dockerfile", Links())
    (tmp_path / "site" / "index.html").write_text(f"{HEAD}{block}</body></html>")
    (tmp_path / "site" / "snippets" / "other").mkdir(parents=True)
    (tmp_path / "site" / "snippets" / "other" / "Dockerfile").write_text(text)
    assert "a <pre> that nobody proved: 'FROM python:3.13-slim-trixie'" in [
        o.why for o in audit(tmp_path / "site", small)
    ]

    prove(small.catalog, small.store, ["other"])

    assert audit(tmp_path / "site", Handbook(catalog=small.catalog, store=small.store, now=WHEN)) == ()


def test_a_pitfall_may_be_withheld_alone(small: Handbook) -> None:
    """Its notice is a claim about this pitfall, and no longer one once it was told."""
    name = "web/root"
    pitfall = small.catalog.pitfalls[name]
    pitfall = replace(pitfall, table=msgspec.structs.replace(pitfall.table, machine=True))
    catalog = replace(small.catalog, pitfalls={**small.catalog.pitfalls, name: pitfall})
    waiting = Handbook(catalog=catalog, store=small.store, now=small.now)
    notice = show("pitfall", name, waiting, Links("../")).html

    assert published(waiting).shows(notice, f"withheld:{name}", "../")
    assert not published(small).shows(notice, f"withheld:{name}", "../")
