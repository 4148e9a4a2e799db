"""What nox runs can fail: a check whose command is told to be quiet would pass whatever it found."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SETTINGS = """\
site_name: A site of two pages
validation: { nav: { omitted_files: warn }, links: { not_found: warn, anchors: warn } }
nav: [index.md]
"""


def command(name: str) -> tuple[str, ...]:
    """A command that noxfile.py states under a name."""
    for node in ast.parse((ROOT / "noxfile.py").read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            return tuple(ast.literal_eval(node.value))
    raise LookupError(name)


def built(folder: Path, page: str, outside: str | None = None) -> subprocess.CompletedProcess[str]:
    """The site of one page, or two, built as the session `docs` builds ours."""
    (folder / "docs").mkdir()
    (folder / "mkdocs.yml").write_text(SETTINGS)
    (folder / "docs" / "index.md").write_text(page)
    if outside is not None:
        (folder / "docs" / "outside.md").write_text(outside)
    program, *arguments = command("BUILD")
    return subprocess.run(
        [sys.executable, "-m", program, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def test_the_build_passes_where_nothing_is_wrong(tmp_path: Path) -> None:
    """The pages below fail for what is said of them."""
    assert built(tmp_path, "# One\n").returncode == 0


@pytest.mark.parametrize(
    ("page", "outside", "says"),
    [
        ("[to](nowhere.md)", None, "nowhere.md"),
        ("[to](#no-such-heading)", None, "no-such-heading"),
        ("# One", "# Two", "outside.md"),
        ("# One", "[to](nowhere.md)", "nowhere.md"),
    ],
)
def test_the_build_refuses_what_mkdocs_only_warns_of(page: str, outside: str | None, says: str, tmp_path: Path) -> None:
    """Dead links, and pages that no reader would find."""
    done = built(tmp_path, page, outside)
    assert done.returncode == 1
    assert says in done.stderr
