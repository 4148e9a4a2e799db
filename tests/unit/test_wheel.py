"""The wheel: the same bytes each time, of proven files alone, and of use where there is neither checkout nor engine."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from snippets.handbook import Handbook
from tests.unit.sample import DOCKERFILE, Library

ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path: Path, library: Library, proven: Callable[[], Handbook]) -> Path:
    """The sources, with the sample library in the place of the real one, and its evidence."""
    proven()
    root = tmp_path / "checkout"
    unwanted = shutil.ignore_patterns("library", "__pycache__")
    shutil.copytree(ROOT / "snippets", root / "snippets", ignore=unwanted)
    shutil.copytree(library.root, root / "snippets" / "library")
    shutil.copytree(tmp_path / "evidence", root / "evidence")
    shutil.copytree(ROOT / "tests" / "rehearsals", root / "tests" / "rehearsals", ignore=unwanted)
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, root)
    return root


def built(checkout: Path, place: str, site: str = "") -> subprocess.CompletedProcess[str]:
    """Build it, as `pip wheel` does once it has made an environment."""
    env = {**os.environ, "SITE_URL": site}
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", place]
    return subprocess.run(command, cwd=checkout, env=env, capture_output=True, text=True, check=False)


def handbook(site: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run what was installed, and nothing of this checkout."""
    program = (
        f"import sys; sys.path.insert(0, {str(site)!r}); from snippets.cli import main; main(prog_name='handbook')"
    )
    # The records inside are those that count, whatever this run's own directory of them is.
    env = {name: value for name, value in os.environ.items() if name != "HANDBOOK_EVIDENCE"}
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, cwd=site, env=env, capture_output=True, check=False)


def test_a_wheel_is_the_same_each_time_and_works_alone(checkout: Path, tmp_path: Path) -> None:
    """What it lists is proven, by the evidence inside; what it gives out are the bytes of the library."""
    wheels = []
    for place in ("first", "second"):
        done = built(checkout, str(tmp_path / place))
        assert done.returncode == 0, done.stderr
        wheels.append(next((tmp_path / place).glob("*.whl")))
    assert wheels[0].read_bytes() == wheels[1].read_bytes()

    site = tmp_path / "site-packages"
    with zipfile.ZipFile(wheels[0]) as wheel:
        wheel.extractall(site)
    listed = handbook(site, "list")
    assert listed.returncode == 0, listed
    assert b"web      image   proven    A web server\n" in listed.stdout
    assert handbook(site, "show", "web", "Dockerfile").stdout == DOCKERFILE.encode()
    assert handbook(site, "copy", "web", str(tmp_path / "project")).returncode == 0
    assert (tmp_path / "project" / "serve.conf").read_text() == "workers = 3\n"


def test_a_wheel_for_a_site_knows_its_addresses(checkout: Path, tmp_path: Path) -> None:
    """Of every pitfall: a section that is missing is named, and no wheel is built."""
    page = checkout / "docs/wrong.md"
    page.parent.mkdir()
    page.write_text("## By name { #by-name }\n\n```pitfall\nweb/another\n```\n")

    refused = built(checkout, str(tmp_path / "wheel"), site="https://docs.example/")
    assert refused.returncode != 0
    assert "no page has a section of web/user-by-name: " in refused.stderr

    page.write_text(page.read_text().replace("another", "user-by-name"))
    done = built(checkout, str(tmp_path / "wheel"), site="https://docs.example/")
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(next((tmp_path / "wheel").glob("*.whl"))) as wheel:
        pages = json.loads(wheel.read("snippets/pages.json"))
    assert pages == {"web/user-by-name": "https://docs.example/wrong/#by-name"}


def test_no_wheel_is_built_of_what_is_not_proven(checkout: Path, tmp_path: Path) -> None:
    """Each is named; nothing is left that could be uploaded."""
    with (checkout / "snippets/library/web/Dockerfile").open("a") as file:
        file.write("# edited\n")

    done = built(checkout, str(tmp_path / "wheel"))

    assert done.returncode != 0
    assert "refusing to build a wheel of what is not proven:\n" in done.stderr
    assert "  web changed since 2026-01-02: Dockerfile\n" in done.stderr
    assert not list(tmp_path.glob("wheel/*.whl"))
