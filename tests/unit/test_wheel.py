"""The wheel: the same bytes each time, of proven files alone, and of use where there is neither checkout nor engine."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from snippets.contract import PROMISES
from snippets.contract.rules import name_of
from snippets.evidence.objection import judges
from snippets.handbook import Handbook
from tests.unit.sample import DOCKERFILE, REHEARSAL, Library, evidence_of

ROOT = Path(__file__).parents[2]
SITE, SOURCE = "https://docs.example/", "https://code.example/handbook/"
JOB = 'title = "A job"\nsummary = "It runs."\nkind = "workflow"\n'
# What nobody but pip says of a README.
RELATIVE = re.compile(r"\]\((?!https://)")


@pytest.fixture
def checkout(tmp_path: Path, library: Library, proven: Callable[[], Handbook]) -> Path:
    """The sources, with the sample library and a job in the place of the real one, and evidence of them."""
    library.write("job/snippet.toml", JOB).write("job/run.sh", "run\n").write("job/rehearsal.py", REHEARSAL)
    store = proven().store
    store.write(evidence_of(library.snippet("job")), "job")
    root = tmp_path / "checkout"
    unwanted = shutil.ignore_patterns("library", "__pycache__")
    shutil.copytree(ROOT / "snippets", root / "snippets", ignore=unwanted)
    shutil.copytree(library.root, root / "snippets" / "library")
    shutil.copytree(store.root, root / "evidence")
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, root)
    return root


def built(checkout: Path, place: Path, *, target: str = "wheel", **addresses: str) -> subprocess.CompletedProcess[str]:
    """Build it, as `pip wheel` does once it has made an environment."""
    env = {name: value for name, value in os.environ.items() if name not in {"SITE_URL", "SOURCE_URL"}}
    command = [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", str(place)]
    return subprocess.run(command, cwd=checkout, env=env | addresses, capture_output=True, text=True, check=False)


def wheel_of(checkout: Path, place: Path, *, target: str = "wheel", **addresses: str) -> zipfile.ZipFile:
    """The wheel that is built of it."""
    done = built(checkout, place, target=target, **addresses)
    assert done.returncode == 0, done.stderr
    return zipfile.ZipFile(next(place.glob("*.whl")))


def metadata(wheel: zipfile.ZipFile) -> str:
    """What it says of itself, its README included."""
    return wheel.read(next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))).decode()


def handbook(
    site: Path, *arguments: str, cwd: Path | None = None, **variables: str
) -> subprocess.CompletedProcess[bytes]:
    """Run what was installed, and nothing of this checkout."""
    program = f"""
import sys
sys.path.insert(0, {str(site)!r})
from deployment_handbook.cli import main
main(prog_name="handbook")
"""
    # The records inside are those that count, whatever this run's own directory of them is.
    env = {name: value for name, value in os.environ.items() if name not in {"HANDBOOK_EVIDENCE", "PYTHONPATH"}}
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, cwd=cwd or site, env=env | variables, capture_output=True, check=False)


@pytest.fixture
def site(checkout: Path, tmp_path: Path) -> Path:
    """Where it is installed, with nothing else."""
    with wheel_of(checkout, tmp_path / "wheel") as wheel:
        wheel.extractall(tmp_path / "site-packages")
    return tmp_path / "site-packages"


def test_a_wheel_is_the_same_each_time(checkout: Path, tmp_path: Path) -> None:
    """Whoever builds it again can compare it with what was published."""
    first, second = (wheel_of(checkout, tmp_path / place) for place in ("first", "second"))

    assert Path(str(first.filename)).read_bytes() == Path(str(second.filename)).read_bytes()


def test_a_wheel_is_one_package_and_what_pip_keeps_of_it(checkout: Path, tmp_path: Path) -> None:
    """Nothing at its top that another distribution, or a reader's own project, could have as well."""
    with wheel_of(checkout, tmp_path / "wheel") as wheel:
        names = wheel.namelist()

    tops = {name.partition("/")[0] for name in names}
    assert [top for top in sorted(tops) if not top.endswith(".dist-info")] == ["deployment_handbook"]
    assert len(tops) == 2
    assert {"deployment_handbook/rules.json", "deployment_handbook/records/web.json"} < set(names)
    assert "deployment_handbook/library/job/rehearsal.py" in names
    assert "deployment_handbook/pages.json" not in names


def test_the_digests_of_a_wheel_are_those_of_its_checkout(checkout: Path, tmp_path: Path, library: Library) -> None:
    """Of every promise, of commands and of each rehearsal, by the name below the package."""
    with wheel_of(checkout, tmp_path / "wheel") as wheel:
        shipped = json.loads(wheel.read("deployment_handbook/rules.json"))

    assert shipped == judges(library.load())
    assert {name_of(promise.function) for promise in PROMISES.values()} < shipped.keys()
    assert {"proving.commands.rehearse", "library.job.rehearsal.it_sells"} < shipped.keys()


def test_what_is_installed_works_alone(site: Path, tmp_path: Path) -> None:
    """What it lists is proven, by the evidence inside; what it gives out are the bytes of the library."""
    listed = handbook(site, "list")

    assert listed.returncode == 0, listed
    assert b"web      image     proven    A web server\n" in listed.stdout
    assert b"job      workflow  proven    A job\n" in listed.stdout
    assert handbook(site, "show", "web", "Dockerfile").stdout == DOCKERFILE.encode()
    assert handbook(site, "copy", "web", str(tmp_path / "project")).returncode == 0
    assert (tmp_path / "project" / "serve.conf").read_text() == "workers = 3\n"


def test_a_package_of_the_reader_s_is_not_taken_for_ours(site: Path, tmp_path: Path) -> None:
    """Whatever it is called and wherever Python finds it: in the current directory, or by PYTHONPATH."""
    for name in ("snippets", "docs", "library"):
        (tmp_path / "mine" / name).mkdir(parents=True)
        (tmp_path / "mine" / name / "__init__.py").write_text("raise SystemExit('the reader s own')\n")

    for arguments in (("list",), ("list", "--stale"), ("show", "web"), ("copy", "web", "project")):
        done = handbook(site, *arguments, cwd=tmp_path / "mine", PYTHONPATH=".")
        assert (done.returncode, done.stderr) == (0, b""), arguments
    assert (tmp_path / "mine" / "project" / "Dockerfile").read_text() == DOCKERFILE


def test_pages_beside_the_package_are_a_stranger_s(site: Path) -> None:
    """A folder that another distribution left there tells nothing of ours, neither tutorials nor sections."""
    (site / "docs" / "tutorials").mkdir(parents=True)
    (site / "docs" / "tutorials" / "theirs.md").write_text("# Theirs\n")
    (site / "docs" / "wrong.md").write_text("## By name { #by-name }\n\n```pitfall\nweb/user-by-name\n```\n")
    (site / "evidence").mkdir()

    stale = handbook(site, "list", "--stale")

    assert (stale.returncode, stale.stdout, stale.stderr) == (0, b"", b"")


def test_a_wheel_for_a_site_knows_its_addresses(checkout: Path, tmp_path: Path) -> None:
    """Of every pitfall: a section that is missing is named, and no wheel is built."""
    page = checkout / "docs/wrong.md"
    page.parent.mkdir()
    page.write_text("## By name { #by-name }\n\n```pitfall\nweb/another\n```\n")

    refused = built(checkout, tmp_path / "wheel", SITE_URL=SITE)
    assert refused.returncode != 0
    assert "no page has a section of web/user-by-name: " in refused.stderr

    page.write_text(page.read_text().replace("another", "user-by-name"))
    with wheel_of(checkout, tmp_path / "wheel", SITE_URL=SITE) as wheel:
        assert json.loads(wheel.read("deployment_handbook/pages.json")) == {
            "web/user-by-name": "https://docs.example/wrong/#by-name"
        }
        said = metadata(wheel)
    assert "Project-URL: Documentation, https://docs.example\n" in said
    assert "Source, " not in said


def test_a_published_wheel_says_where_it_is_from(checkout: Path, tmp_path: Path) -> None:
    """Its source and what changed; the links of its README lead there."""
    (checkout / "README.md").write_text(
        "# Handbook\n\n![A page](.github/page.png) [how](CONTRIBUTING.md#rules) [study](https://example.org/a)\n"
    )
    with wheel_of(checkout, tmp_path / "wheel", SOURCE_URL=SOURCE) as wheel:
        said = metadata(wheel)

    assert re.findall(r"^Project-URL: (.*)$", said, flags=re.MULTILINE) == [
        "Source, https://code.example/handbook",
        "Changelog, https://code.example/handbook/blob/main/CHANGELOG.md",
    ]
    assert "![A page](https://code.example/handbook/raw/main/.github/page.png)" in said
    assert "[how](https://code.example/handbook/blob/main/CONTRIBUTING.md#rules)" in said
    assert "[study](https://example.org/a)" in said


@pytest.mark.parametrize("source", ["", SOURCE])
def test_no_link_of_the_readme_leads_nowhere(source: str, checkout: Path, tmp_path: Path) -> None:
    """Where nothing is known of a repository its words stay, and no address is made up."""
    with wheel_of(checkout, tmp_path / "wheel", **({"SOURCE_URL": source} if source else {})) as wheel:
        said = metadata(wheel)

    assert ("Project-URL" in said) == bool(source)
    assert not RELATIVE.findall(said)
    assert "# The Deployment Handbook" in said


def test_an_editable_installation_is_the_checkout_s_own_code(checkout: Path, tmp_path: Path) -> None:
    """Under the name that it has where it is installed, and whatever is proven of it so far."""
    with (checkout / "snippets/library/web/Dockerfile").open("a") as file:
        file.write("# edited\n")
    with wheel_of(checkout, tmp_path / "wheel", target="wheel:editable") as wheel:
        wheel.extractall(tmp_path / "site-packages")

    listed = handbook(tmp_path / "site-packages", "list", cwd=tmp_path)
    assert listed.returncode == 1, listed
    assert b"web changed since 2026-01-02: Dockerfile\n" in listed.stdout


def test_no_wheel_is_built_of_what_is_not_proven(checkout: Path, tmp_path: Path) -> None:
    """Each is named; nothing is left that could be uploaded."""
    with (checkout / "snippets/library/web/Dockerfile").open("a") as file:
        file.write("# edited\n")

    done = built(checkout, tmp_path / "wheel")

    assert done.returncode != 0
    assert "refusing to build a wheel of what is not proven:\n" in done.stderr
    assert "  web changed since 2026-01-02: Dockerfile\n" in done.stderr
    assert not list(tmp_path.glob("wheel/*.whl"))
