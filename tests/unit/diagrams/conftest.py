"""What tests of diagrams share: a page with one of them, and the records that vouch for it."""

from dataclasses import replace
from pathlib import Path

import pytest

from snippets.evidence.records import Cell, Execution
from snippets.handbook import Handbook
from tests.unit.diagrams.texts import PAGE, PRINTED, TUTORIAL, Drawn
from tests.unit.pages.synthetic import WHEN


@pytest.fixture
def described(tmp_path: Path, small: Handbook) -> Drawn:
    """Lay out a page, a tutorial that printed something, and one diagram; the small library, proven, with these."""

    def made(text: str, page: str = PAGE, name: str = "way.toml", printed: str = PRINTED) -> Handbook:
        (tmp_path / "docs" / "diagrams").mkdir(parents=True, exist_ok=True)
        (tmp_path / "docs" / "diagrams" / name).write_text(text)
        (tmp_path / "docs" / "index.md").write_text(page)
        (tmp_path / "docs" / "tutorials").mkdir(exist_ok=True)
        (tmp_path / "docs" / "tutorials" / "first.md").write_text(TUTORIAL)
        told = replace(small, docs=tmp_path / "docs")
        execution = Execution(
            tutorial="first",
            digest=told.tutorials["first"].tutorial.digest(small.catalog),
            engine="Docker",
            stand_in=False,
            verified_at=WHEN,
            cells=[Cell(source="echo 1", output=printed)],
        )
        (small.store.root / "tutorials" / "first.json").unlink(missing_ok=True)
        small.store.write(execution, "first")
        return replace(told)

    return made
