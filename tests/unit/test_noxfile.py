"""What nox runs can fail: a check whose command is told to be quiet would pass whatever it found."""

import ast
import re
import subprocess
import sys
import tomllib
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


def test_every_room_of_tests_is_run() -> None:
    """By `nox -s tests`, but for what needs a browser: that is what the session `site` names."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    named = set(settings["tool"]["pytest"]["ini_options"]["testpaths"])
    rooms = {path.parent.relative_to(ROOT).as_posix() for path in (ROOT / "tests").glob("*/test_*.py")}

    assert named | {"tests/site"} == rooms
    assert 'run(session, "pytest", "tests/site", *session.posargs)' in (ROOT / "noxfile.py").read_text()


def test_the_browser_is_asked_wherever_a_site_is_made_to_be_shown() -> None:
    """The job that builds what a change would publish presses its buttons; publishing waits for that job."""
    workflows = ROOT / ".github" / "workflows"
    site = (workflows / "check.yml").read_text().split("\n  site:\n")[1]

    assert "run: nox -s site\n" in site
    for caller in ("publish.yml", "nightly.yml"):
        assert "uses: ./.github/workflows/check.yml" in (workflows / caller).read_text()


def test_what_is_published_was_proven_in_the_same_run() -> None:
    """The committed records are what a forger could write: the job that publishes reads those of its own run."""
    text = (ROOT / ".github" / "workflows" / "publish.yml").read_text()
    checked = (ROOT / ".github" / "workflows" / "check.yml").read_text()
    proving = checked.split("\n  prove:\n")[1].split("\n  site:\n")[0]

    for job in ("Build and audit the site", "Refuse stand-ins and old records"):
        step = text.split(f"- name: {job}\n")[1].split("\n      - name: ")[0]
        assert "HANDBOOK_EVIDENCE: ${{ runner.temp }}/proven" in step
    assert "needs: check" in text
    assert "HANDBOOK_EVIDENCE: ${{ runner.temp }}/proven" in proving
    assert "HANDBOOK_BASES: registry" in proving
    assert "name: proven" in text
    assert "run-id:" not in text
    assert "handbook audit site --no-stand-ins --max-age-days 1" in text


def test_whatever_is_asked_for_has_one_version() -> None:
    """A session installs the same tomorrow and elsewhere: nothing that pyproject.toml names is left out of the pins."""
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())
    named = [asked["project"]["dependencies"], *asked["project"]["optional-dependencies"].values()]
    wanted = {re.split("[<>=]", each)[0] for group in (*named, *asked["dependency-groups"].values()) for each in group}
    pinned = re.findall(r"^([\w-]+)==", (ROOT / "constraints.txt").read_text(), flags=re.MULTILINE)

    assert wanted > {"click", "kubernetes-validate"}
    assert wanted - set(pinned) == set()
