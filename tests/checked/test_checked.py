"""`handbook check` on containers that somebody else wrote: every verdict is the one that was planted."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from snippets.cli import main
from snippets.contract import CONTRACT

HERE = Path(__file__).parent
PROJECTS = sorted(path.parent.name for path in HERE.glob("*/planted.toml"))


def planted(name: str) -> Mapping[str, Mapping[str, str]]:
    """Verdict -> promise -> a part of what has to be seen."""
    return tomllib.loads((HERE / name / "planted.toml").read_text())


def test_there_are_projects_of_several_languages() -> None:
    """Without any of them the test below would pass."""
    assert PROJECTS == ["django", "go", "node"]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", PROJECTS)
def test_every_verdict_is_as_planted(name: str) -> None:
    """What is wrong on purpose is broken, for that reason; what is right is kept; what was left out is not asked."""
    expected = planted(name)
    stated = tomllib.loads((HERE / name / "handbook.toml").read_text())

    result = CliRunner().invoke(main, ["check", str(HERE / name), "--json"])

    assert result.exit_code == 1, result.output
    findings = {each["promise"]: each for each in json.loads(result.stdout)["findings"]}
    assert list(findings) == [promise.slug for promise in CONTRACT]
    of_gunicorn = set() if stated.get("effective") else {"config-meant"}
    verdicts = {
        "broken": set(expected["broken"]),
        "error": set(expected["unjudged"]),
        "not-applicable": set(stated["skip"]) | of_gunicorn,
    }
    verdicts["kept"] = set(findings) - set().union(*verdicts.values())
    for verdict, promises in verdicts.items():
        found = {slug: each["seen"] for slug, each in findings.items() if each["verdict"] == verdict}
        assert set(found) == promises, (verdict, found)
    for slug, seen in {**expected["broken"], **expected["unjudged"]}.items():
        assert seen in findings[slug]["seen"], slug


def test_what_does_not_build_is_one_broken_promise(tmp_path: Path) -> None:
    """The builder's words are there, and all else could not be judged, which is not a pass."""
    (tmp_path / "Dockerfile").write_text("FROM python:3.13-slim-trixie\nRUN echo canary && exit 7\n")
    (tmp_path / "handbook.toml").write_text("port = 8000\n[skip]\ndrains = 'A reason.'\n")

    result = CliRunner().invoke(main, ["check", str(tmp_path), "--json"])

    assert result.exit_code == 1, result.output
    findings = {each["promise"]: each for each in json.loads(result.stdout)["findings"]}
    assert findings.pop("builds-clean")["verdict"] == "broken"
    assert findings.pop("drains")["verdict"] == "not-applicable"
    assert {each["verdict"] for each in findings.values()} == {"error"}
    assert "canary" in result.stdout


def test_what_does_not_come_up_is_told_once(tmp_path: Path) -> None:
    """A container that ends at once breaks one promise, and the others that need it are not judged."""
    (tmp_path / "Dockerfile").write_text(
        'FROM python:3.13-slim-trixie\nUSER 10001\nEXPOSE 8000\nCMD ["python", "-c", "exit(\'canary\')"]\n'
    )

    asked = ("reachable", "read-only-root", "numeric-non-root")
    result = CliRunner().invoke(
        main, ["check", str(tmp_path), "--json", *(word for slug in asked for word in ("--only", slug))]
    )

    assert result.exit_code == 1, result.output
    findings = {each["promise"]: each for each in json.loads(result.stdout)["findings"]}
    assert {slug: each["verdict"] for slug, each in findings.items()} == {
        "numeric-non-root": "error",
        "read-only-root": "error",
        "reachable": "broken",
    }
    assert "canary" in findings["reachable"]["seen"]
