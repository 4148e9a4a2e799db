"""`handbook check` on containers that somebody else wrote: every verdict is the one that was planted."""

import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from snippets.cli import main
from snippets.contract import CONTRACT
from snippets.contract.dockerfile import bases
from snippets.engine.bases.offline import VARIABLE
from snippets.engine.engine import Engine
from snippets.errors import EngineError

HERE = Path(__file__).parent
BASE = "python:3.13-slim-trixie"
PROJECTS = sorted(path.parent.name for path in HERE.glob("*/planted.toml"))


def planted(name: str) -> Mapping[str, Mapping[str, str]]:
    """Verdict -> promise -> a part of what has to be seen."""
    return tomllib.loads((HERE / name / "planted.toml").read_text())


def checked(*arguments: str) -> dict[str, dict[str, str]]:
    """Promise -> its finding, of a check in which something is broken."""
    result = CliRunner().invoke(main, ["check", "--json", *arguments])
    assert result.exit_code == 1, result.output
    return {each["promise"]: each for each in json.loads(result.stdout)["findings"]}


def verdicts_of(findings: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Promise -> verdict."""
    return {slug: finding["verdict"] for slug, finding in findings.items()}


def lacking(engine: Engine, name: str) -> str | None:
    """Why this machine cannot build a project: no registry answers, and the variable names no material."""
    try:
        engine.contexts(bases((HERE / name / "Dockerfile").read_text()))
    except EngineError as error:
        # A broken file in a folder that is named is no excuse.
        if VARIABLE in os.environ:
            raise
        return str(error)
    return None


def test_there_are_projects_of_several_languages() -> None:
    """Without any of them the test below would pass."""
    assert PROJECTS == ["django", "dotnet", "fastapi", "go", "node"]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", PROJECTS)
def test_every_verdict_is_as_planted(engine: Engine, name: str) -> None:
    """What is wrong on purpose is broken, for that reason; what is right is kept; what was left out is not asked.

    On a machine that lacks what a project is built on, that is what the reader is told.
    """
    if lack := lacking(engine, name):
        refused = CliRunner().invoke(main, ["check", str(HERE / name)])
        assert (refused.exit_code, VARIABLE in lack, lack in refused.stderr) == (3, True, True), refused.stderr
        return
    expected = planted(name)
    stated = tomllib.loads((HERE / name / "handbook.toml").read_text())

    findings = checked(str(HERE / name))

    assert list(findings) == [promise.slug for promise in CONTRACT]
    of_gunicorn = set() if stated.get("effective") else {"config-meant"}
    planted_verdicts = {
        **dict.fromkeys(findings, "kept"),
        **dict.fromkeys(expected["broken"], "broken"),
        **dict.fromkeys(expected["unjudged"], "error"),
        **dict.fromkeys(of_gunicorn.union(stated.get("skip", {})), "not-applicable"),
    }
    unlike = [
        f"{slug} is {found['verdict']}: {found['seen']}"
        for slug, found in findings.items()
        if found["verdict"] != planted_verdicts[slug]
    ]
    assert not unlike, "\n".join(unlike)
    for slug, seen in {**expected["broken"], **expected["unjudged"]}.items():
        assert seen in findings[slug]["seen"], slug


def test_what_does_not_build_is_one_broken_promise(tmp_path: Path) -> None:
    """The builder's words are there, and all else could not be judged, which is not a pass."""
    (tmp_path / "Dockerfile").write_text("FROM python:3.13-slim-trixie\nRUN echo canary && exit 7\n")
    (tmp_path / "handbook.toml").write_text("port = 8000\n[skip]\ndrains = 'A reason.'\n")

    findings = checked(str(tmp_path))

    assert "canary" in findings["builds-clean"]["seen"]
    verdicts = verdicts_of(findings)
    assert (verdicts.pop("builds-clean"), verdicts.pop("drains")) == ("broken", "not-applicable")
    assert len(verdicts) == len(CONTRACT) - 2
    assert set(verdicts.values()) == {"error"}


def test_what_does_not_come_up_is_told_once(tmp_path: Path) -> None:
    """A container that ends at once breaks one promise, and the others that need it are not judged."""
    (tmp_path / "Dockerfile").write_text(
        'FROM python:3.13-slim-trixie\nUSER 10001\nEXPOSE 8000\nCMD ["python", "-c", "exit(\'canary\')"]\n'
    )

    findings = checked(str(tmp_path), "--only=reachable", "--only=read-only-root", "--only=numeric-non-root")

    assert verdicts_of(findings) == {
        "numeric-non-root": "error",
        "read-only-root": "error",
        "reachable": "broken",
    }
    assert "canary" in findings["reachable"]["seen"]


def test_an_image_that_is_built_already_is_judged_without_its_source(engine: Engine) -> None:
    """What is in it is looked at; what only a build could show is not asked."""
    reference = engine.contexts([BASE]).get(BASE, BASE)

    only = ("--only=builds-clean", "--only=no-setuid", "--only=layer-stable")
    findings = checked("--image", reference, "--port", "8000", *only)

    assert verdicts_of(findings) == {
        "builds-clean": "not-applicable",
        "no-setuid": "broken",
        "layer-stable": "not-applicable",
    }
    assert "/usr/bin/mount" in findings["no-setuid"]["seen"]


def test_an_image_that_is_nowhere_is_not_judged() -> None:
    """Status 3, with the engine's words."""
    result = CliRunner().invoke(main, ["check", "--image", "nowhere.invalid/shop:1", "--port", "8000"])

    assert result.exit_code == 3
    assert result.stderr.startswith("Error: ")
    assert "nowhere.invalid" in result.stderr
