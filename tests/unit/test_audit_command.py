"""`handbook audit`: which faults of a site and of its records are named, and what is too old to publish."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from snippets.evidence.records import Cell, Execution
from snippets.evidence.store import EvidenceStore
from snippets.handbook import Handbook
from tests.unit.command_line import Proven, run
from tests.unit.sample import DOCKERFILE, NOW, Library, capture_of, evidence_of

TUTORIAL = """\
---
title: First
description: It is the first.
snippets: [web]
jupyter:
  kernelspec:
    name: python3
---

```bash
echo 1
```
"""


def test_a_site_without_pages_is_refused(proven: Proven, tmp_path: Path) -> None:
    """An empty site passes nowhere."""
    (tmp_path / "site").mkdir()
    result = run(proven(), "audit", str(tmp_path / "site"))

    assert (result.exit_code, result.stdout) == (1, "site: the site holds no page\n")


def test_an_unproven_block_is_named_by_page_and_line(proven: Proven, tmp_path: Path) -> None:
    """What nobody proved is printed as an editor understands it, and the status is 1."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("<!doctype html>\n<html><body>\n<pre>FROM evil:1</pre></body></html>\n")
    result = run(proven(), "audit", str(site))

    assert result.exit_code == 1
    assert result.stdout.startswith("index.html:3: ")


def test_publishing_refuses_stand_ins_and_old_records(proven: Proven, tmp_path: Path) -> None:
    """Contributors see what was proven on a stand-in, or long ago; readers do not, and each is named."""
    (tmp_path / "index.html").write_text(
        "<!doctype html><html lang=en><title>x</title><body><p>Prose.</p></body></html>"
    )
    result = run(proven(), "audit", str(tmp_path), "--no-stand-ins", "--max-age-days", "0")

    assert result.exit_code == 1
    assert "web: proven on a base that was stood in" in result.output.splitlines()
    assert "proven on a base" not in run(proven(), "audit", str(tmp_path)).output


def test_publishing_refuses_one_stand_in_among_the_registry_s_own(
    proven: Proven, library: Library, store: EvidenceStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One base of several is enough; a snippet that stands on none that was stood in is not named."""
    monkeypatch.setattr("snippets.audit.audit", lambda *_: ())
    library.write("web/Dockerfile", f"FROM node:24\n{DOCKERFILE}")
    capture = replace(capture_of(library.load(), "web/user-by-name"), stand_in=False)
    web = evidence_of(library.snippet())
    proven()
    for stands_in, named in ((True, ["web: proven on a base that was stood in"]), (False, [])):
        own = [replace(base, stand_in=False, differs="") for base in web.bases]
        store.write(replace(web, bases=[web.bases[0], *own[1:]] if stands_in else own), "web")
        store.write(capture, "web/user-by-name")
        result = run(Handbook(catalog=library.load(), store=store, now=NOW), "audit", str(tmp_path), "--no-stand-ins")
        assert result.stdout.splitlines() == named


def test_too_old_is_said_as_such_and_once_a_record(
    proven: Proven, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not as the hundred blocks of the site that rest on it, of which none is to blame."""
    monkeypatch.setattr("snippets.audit.audit", lambda _, handbook: () if not handbook.stale else pytest.fail("aged"))
    handbook = replace(proven(), now=NOW + timedelta(days=3))
    result = run(handbook, "audit", str(tmp_path), "--max-age-days", "1")

    assert result.exit_code == 1
    assert f"web: web was last verified on {NOW:%Y-%m-%d}, more than 1 days ago" in result.stdout.splitlines()
    assert len(result.stdout.splitlines()) == len(replace(handbook, max_age=timedelta(days=1)).stale)
    assert run(handbook, "audit", str(tmp_path), "--max-age-days", "4").exit_code == 0


def test_every_kind_of_record_is_asked_for_its_age_and_named_once(
    proven: Proven, store: EvidenceStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a snippet, of a pitfall, of a tutorial: one that is as old as is allowed passes."""
    monkeypatch.setattr("snippets.audit.audit", lambda *_: ())
    (tmp_path / "tutorials").mkdir()
    (tmp_path / "tutorials" / "first.md").write_text(TUTORIAL)
    handbook = replace(proven(), docs=tmp_path)
    (tutorial,) = (standing.tutorial for standing in handbook.tutorials.values())
    cells = [Cell(source="echo 1", output="1")]
    digest = tutorial.digest(handbook.catalog)
    execution = Execution(
        tutorial="first", digest=digest, engine="Docker", stand_in=False, verified_at=NOW, cells=cells
    )
    store.write(execution, "first")
    late = replace(handbook, now=NOW + timedelta(days=3))

    assert run(late, "audit", str(tmp_path), "--max-age-days", "3").output == ""
    assert run(late, "audit", str(tmp_path), "--max-age-days", "2").stdout.splitlines() == [
        "conf: conf was last verified on 2026-01-02, more than 2 days ago",
        "web: web was last verified on 2026-01-02, more than 2 days ago",
        "web/user-by-name: pitfall web/user-by-name was last verified on 2026-01-02, more than 2 days ago",
        "tutorials/first: tutorial first was last executed on 2026-01-02, more than 2 days ago",
    ]


@pytest.mark.parametrize(
    "path", ["gone.json", "pitfalls/web/gone.json", "pitfalls/web.json", "tutorials/web.json", ".record-x1", "WEB.json"]
)
def test_a_record_of_nothing_that_there_is_is_named(
    proven: Proven, store: EvidenceStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """What was removed from the library, what a killed run left, and what somebody laid there; links as well."""
    monkeypatch.setattr("snippets.audit.audit", lambda *_: ())
    monkeypatch.setattr("snippets.handbook.load_tutorials", lambda *_: {})
    handbook = replace(proven(), docs=tmp_path)
    before = run(handbook, "audit", str(tmp_path))
    assert (before.exit_code, before.output) == (0, "")
    (store.root / path).parent.mkdir(parents=True, exist_ok=True)
    (store.root / path).symlink_to(tmp_path, target_is_directory=True)
    result = run(handbook, "audit", str(tmp_path))

    assert (result.exit_code, result.stdout) == (1, f"{path}: a record of nothing that there is: remove it\n")


@pytest.mark.parametrize("days", ["-1", "36501", "1000000000", "x", "9" * 400])
def test_an_age_that_is_none_is_refused(proven: Proven, tmp_path: Path, days: str) -> None:
    """A number of days that no calendar holds is a usage error, not a traceback."""
    result = run(proven(), "audit", str(tmp_path), f"--max-age-days={days}")

    assert (result.exit_code, result.stdout) == (2, "")
    assert "Invalid value for '--max-age-days'" in result.stderr


def test_what_no_page_shows_has_to_be_proven_too(
    unproven: Handbook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A site without a fault is refused while any record is missing, and the record is named."""
    monkeypatch.setattr("snippets.audit.audit", lambda *_: ())
    result = run(unproven, "audit", str(tmp_path))

    assert result.exit_code == 1
    assert "web: web was never verified" in result.stdout.splitlines()


def test_a_site_without_a_fault_passes_in_silence(
    proven: Proven, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where all is proven nothing is printed: `nox -s docs` takes silence for a pass."""
    monkeypatch.setattr("snippets.audit.audit", lambda *_: ())
    result = run(proven(), "audit", str(tmp_path))

    assert (result.exit_code, result.output) == (0, "")
