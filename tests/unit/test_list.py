"""`handbook list`: plain columns for people, JSON for scripts, and a status that says whether all is proven."""

import json
from dataclasses import replace
from pathlib import Path

from snippets.contract import CONTRACT, KNOWN, Verdict
from snippets.evidence.store import EvidenceStore
from snippets.handbook import Handbook
from tests.unit.command_line import Proven, run
from tests.unit.sample import ALMA, DOCKERFILE, NOW, Library, evidence_of


def test_the_list_is_plain_columns_on_a_pipe(proven: Proven) -> None:
    """A row a snippet, no box and no colour, and 0 where all is proven or withheld."""
    result = run(proven(), "list")

    assert result.exit_code == 0
    assert result.stdout == (
        "SNIPPET  KIND    STANDING  WHAT\n"
        "alma     image   withheld  No registry answers.\n"
        "conf     config  proven    Its settings\n"
        "web      image   proven    A web server\n"
    )


def test_the_list_says_what_is_unproven_and_fails(unproven: Handbook) -> None:
    """One snippet without a record makes the status 1, and the reason stands in its row."""
    result = run(unproven, "list")

    assert result.exit_code == 1
    assert "web      image   unproven  web was never verified\n" in result.stdout


def test_a_row_is_one_line(library: Library, proven: Proven) -> None:
    """Of a reason in several lines the table shows the first, and JSON all."""
    library.write("alma/snippet.toml", ALMA.replace('"No registry answers."', '"""No registry.\nNone at all."""'))

    assert "alma     image   withheld  No registry.\nconf " in run(proven(), "list").stdout
    assert json.loads(run(proven(), "list", "--json").stdout)[0]["objection"] == "No registry.\nNone at all."


def test_json_is_a_stable_interface(proven: Proven) -> None:
    """Each object has exactly these keys; dates are ISO, and counts are of the record's findings."""
    result = run(proven(), "list", "--json")
    alma, conf, web = json.loads(result.stdout)

    assert result.exit_code == 0
    assert web == {
        "name": "web",
        "kind": "image",
        "title": "A web server",
        "standing": "proven",
        "objection": None,
        "stand_in": True,
        "verified_at": "2026-01-02T12:00:00Z",
        "kept": len(CONTRACT),
        "broken": 0,
        "not_applicable": 1,
    }
    assert (conf["kind"], conf["kept"]) == ("config", 1)
    assert alma == {
        **dict.fromkeys(web),
        "name": "alma",
        "kind": "image",
        "title": "On AlmaLinux",
        "standing": "withheld",
        "objection": "No registry answers.",
        "kept": 0,
        "broken": 0,
        "not_applicable": 0,
    }


def test_json_counts_what_was_broken(proven: Proven, library: Library, store: EvidenceStore) -> None:
    """A broken promise is counted and quoted, and the status is 1."""
    evidence = evidence_of(library.snippet())
    findings = [
        replace(f, verdict=Verdict.BROKEN, seen="cut short\nlog") if f.promise == "drains" else f
        for f in evidence.findings
    ]
    proven()
    store.write(replace(evidence, findings=findings), "web")

    result = run(proven(), "list", "--json")
    web = json.loads(result.stdout)[2]
    assert (result.exit_code, web["broken"], web["standing"]) == (1, 1, "unproven")
    assert web["objection"] == "web: drains is broken: cut short"


def test_promises_are_listed_in_the_contract_s_order(proven: Proven) -> None:
    """Each with the proven pitfalls that it was seen to catch, and no other."""
    result = run(proven(), "list", "--promises", "--json")

    rows = json.loads(result.stdout)
    assert result.exit_code == 0
    assert [row["slug"] for row in rows] == list(KNOWN)
    assert [list(row) for row in rows] == [["slug", "family", "title", "authority", "killed_by"]] * len(KNOWN)
    assert {row["slug"]: row["killed_by"] for row in rows if row["killed_by"]} == {
        "numeric-non-root": ["web/user-by-name"]
    }
    plain = run(proven(), "list", "--promises").stdout.splitlines()
    assert plain[0].split() == ["PROMISE", "FAMILY", "PITFALLS", "WHAT", "IS", "PROMISED"]
    assert len(plain) == len(KNOWN) + 1


def test_a_pitfall_that_is_not_proven_kills_nothing(proven: Proven, store: EvidenceStore) -> None:
    """What nobody saw caught is no proof of a promise."""
    handbook = proven()
    (store.root / "pitfalls/web/user-by-name.json").unlink()

    rows = json.loads(run(handbook, "list", "--promises", "--json").stdout)

    assert [row["slug"] for row in rows if row["killed_by"]] == []


def test_pitfalls_are_listed_with_who_notices(proven: Proven) -> None:
    """Each with its snippet, stage and promise."""
    caught = run(proven(), "list", "--pitfalls", "--json")

    assert caught.exit_code == 0
    assert json.loads(caught.stdout) == [
        {
            "name": "web/user-by-name",
            "snippet": "web",
            "slug": "user-by-name",
            "title": "USER by name",
            "stage": "contract",
            "promise": "numeric-non-root",
            "killed_by": "numeric-non-root",
            "standing": "proven",
            "objection": None,
        }
    ]


def test_an_uncaught_pitfall_fails_the_list(unproven: Handbook) -> None:
    """A pitfall without a record makes the status 1, nobody killed it, and the objection stands in its row."""
    result = run(unproven, "list", "--pitfalls")
    (row,) = json.loads(run(unproven, "list", "--pitfalls", "--json").stdout)

    assert (result.exit_code, row["killed_by"]) == (1, None)
    assert "web/user-by-name  numeric-non-root  unproven  pitfall web/user-by-name was never caught" in result.stdout


def test_nothing_is_stale_where_all_is_current(proven: Proven) -> None:
    """Nothing is printed, withheld snippets included, and the status is 0."""
    result = run(proven(), "list", "--stale")

    assert (result.exit_code, result.stdout) == (0, "")


def test_what_is_stale_is_named_one_a_line(proven: Proven, library: Library) -> None:
    """An image that moved takes its pitfalls and the configuration proven in it along."""
    library.write("web/Dockerfile", DOCKERFILE + "STOPSIGNAL SIGINT\n")
    result = run(proven(), "list", "--stale")

    changed = f"web changed since {NOW:%Y-%m-%d}: Dockerfile"
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"conf: conf is proven in web, but {changed}",
        f"web: {changed}",
        f"web/user-by-name: pitfall web/user-by-name changed since {NOW:%Y-%m-%d}",
    ]


def test_tutorials_are_stale_as_well(proven: Proven, tmp_path: Path) -> None:
    """A page whose cells have no record has to be executed."""
    page = tmp_path / "docs" / "tutorials" / "first.md"
    page.parent.mkdir(parents=True)
    page.write_text(
        "---\ndescription: A page.\nsnippets: [web]\njupyter:\n  kernelspec:\n    display_name: Python 3\n"
        "    language: python\n    name: python3\n---\n\n# First\n\n```python\nprint(1)\n```\n"
    )
    result = run(replace(proven(), docs=tmp_path / "docs"), "list", "--stale")

    assert (result.exit_code, result.stdout) == (1, "tutorials/first: tutorial first was never executed\n")
