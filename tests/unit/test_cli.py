"""The command line: what scripts read, what people read, and what each exit status says."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from snippets.cli import main
from snippets.cli.listing import pitfalls
from snippets.contract import CONTRACT, Verdict
from snippets.evidence.records import Cell, Execution
from snippets.evidence.store import EvidenceStore
from snippets.handbook import Handbook
from tests.unit.sample import ALMA, DOCKERFILE, NOW, Library, capture_of, evidence_of, judged

Proven = Callable[[], Handbook]
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


def run(handbook: Handbook | None, *arguments: str) -> Result:
    """Run the command line over this handbook; only what it prints and its status count."""
    result = CliRunner().invoke(main, arguments, obj=handbook)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


@pytest.fixture
def unproven(library: Library, store: EvidenceStore) -> Handbook:
    """The same library without any record."""
    return Handbook(catalog=library.load(), store=store, now=NOW)


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


@pytest.mark.parametrize("arguments", [("list",), ("list", "--stale"), ("show", "web"), ("evidence", "web")])
def test_what_a_record_says_is_shown_and_not_obeyed(
    proven: Proven, library: Library, store: EvidenceStore, arguments: tuple[str, ...]
) -> None:
    """What a terminal would obey is written out; so is what turns the direction of writing."""
    said = "clears \x1b[2J\x1b]0;title\x07 and turns \u202e"
    evidence = judged("drains", verdict=Verdict.BROKEN, seen=said)(evidence_of(library.snippet()))
    proven()
    store.write(evidence, "web")
    result = run(Handbook(catalog=library.load(), store=store, now=NOW), *arguments)

    assert r"clears \x1b[2J\x1b]0;title\x07 and turns \u202e" in result.stdout
    assert "\x1b" not in result.stdout
    assert "\u202e" not in result.stdout


class Terminal(io.StringIO):
    """Where somebody reads."""

    def isatty(self) -> bool:
        """It is one."""
        return True


def test_the_table_is_drawn_on_a_terminal(library: Library, proven: Proven, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names are whole however narrow it is, and brackets are no markup."""
    long = "web/" + "long-" * 6 + "name"
    pitfall = (library.root / "web/pitfalls/user-by-name.toml").read_text()
    library.write(f"{long.replace('/', '/pitfalls/')}.toml", pitfall)
    monkeypatch.setattr(sys, "stdout", terminal := Terminal())
    monkeypatch.setenv("COLUMNS", "70")
    drawn = pitfalls(proven())
    replace(drawn, cells=[[name, noticed, "[bold]", what] for name, noticed, _, what in drawn.cells]).show()

    assert long in terminal.getvalue()
    assert "─" in terminal.getvalue()
    assert "[bold]" in terminal.getvalue()


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
    assert [row["slug"] for row in rows] == [promise.slug for promise in CONTRACT]
    assert [list(row) for row in rows] == [["slug", "family", "title", "authority", "killed_by"]] * len(CONTRACT)
    assert {row["slug"]: row["killed_by"] for row in rows if row["killed_by"]} == {
        "numeric-non-root": ["web/user-by-name"]
    }
    plain = run(proven(), "list", "--promises").stdout.splitlines()
    assert plain[0].split() == ["PROMISE", "FAMILY", "PITFALLS", "WHAT", "IS", "PROMISED"]
    assert len(plain) == len(CONTRACT) + 1


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


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["list", "--stale", "--json"], "--stale prints plain lines: it takes no --json"),
        (["list", "--stale", "--promises"], "--promises, --pitfalls and --stale are three lists: ask for one"),
        (["show", "wep"], "no snippet 'wep' (did you mean 'web'?)"),
        (["show", "web", "Dokerfile"], "no file of web 'Dokerfile' (did you mean 'Dockerfile'?)"),
        (["show", "web", "../conf/serve.conf"], "no file of web '../conf/serve.conf' (did you mean 'serve.conf'?)"),
        (["show", "zzz"], "no snippet 'zzz'"),
        (["show"], "Missing argument 'SLUG'."),
        (["audit", "/nonexistent"], "Directory '/nonexistent' does not exist."),
        (["lst"], "No such command 'lst'."),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage_is_2_and_says_what_was_meant(proven: Proven, arguments: list[str], said: str) -> None:
    """Nothing is printed where a script would read it."""
    result = run(proven(), *arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_show_says_how_a_snippet_stands_and_what_it_holds(proven: Proven) -> None:
    """The files are listed as they are laid out, shared ones included."""
    result = run(proven(), "show", "web")

    assert result.exit_code == 0
    assert result.stdout == (
        "web: A web server\nIt serves.\n\nproven\n"
        f"{len(CONTRACT)} of {len(CONTRACT) + 1} kept on 2026-01-02, by Docker 26.1.5\n"
        "python:3.13 was stood in: Debian 13, CPython 3.13.5\n\n  Dockerfile\n  serve.conf\n"
    )


def test_show_says_why_something_is_not_proven(unproven: Handbook) -> None:
    """Unproven is 1; withheld is a decision, and 0."""
    web, alma = run(unproven, "show", "web"), run(unproven, "show", "alma")

    assert web.exit_code == 1
    assert "unproven: web was never verified\n" in web.stdout
    assert alma.exit_code == 0
    assert "withheld: No registry answers.\n" in alma.stdout


@pytest.mark.parametrize("content", [b"a\r\nb", b"\ttab \n\n\n", "é\u2028\x1b[31m\n".encode(), b""])
def test_show_writes_the_exact_bytes(library: Library, store: EvidenceStore, content: bytes) -> None:
    """Line ends, tabs and a missing end of line come out as they were proven."""
    library.write("web/raw.txt", content)
    store.write(evidence_of(library.snippet()), "web")
    result = run(Handbook(catalog=library.load(), store=store, now=NOW), "show", "web", "raw.txt")

    assert (result.exit_code, result.stdout_bytes) == (0, content)


def test_what_is_unproven_is_not_copied_by_mistake(unproven: Handbook) -> None:
    """The file is refused with the objection; nothing reaches stdout but where it is asked for all the same."""
    refused = run(unproven, "show", "web", "Dockerfile")
    withheld = run(unproven, "show", "alma", "Dockerfile")
    given = run(unproven, "show", "--unproven", "web", "Dockerfile")

    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == (
        "Error: web is unproven: web was never verified\nWith --unproven it is written all the same.\n"
    )
    assert (withheld.exit_code, withheld.stdout) == (1, "")
    assert "Error: alma is withheld: No registry answers.\n" in withheld.stderr
    assert (given.exit_code, given.stdout) == (0, DOCKERFILE)


def test_a_file_that_moved_meanwhile_is_not_written(proven: Proven, library: Library) -> None:
    """Proven are the bytes that were read, not those that lie there now."""
    handbook = proven()
    library.write("web/Dockerfile", "FROM evil\n")
    result = run(handbook, "show", "web", "Dockerfile")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "web: Dockerfile: changed since the library was read" in result.stderr


def test_what_the_package_refuses_is_a_message_and_not_a_traceback(proven: Proven, tmp_path: Path) -> None:
    """A fault in what is read is said on stderr with status 1."""
    handbook = replace(proven(), docs=tmp_path / "docs")
    (tmp_path / "docs" / "tutorials").mkdir(parents=True)
    result = run(handbook, "list", "--stale")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: the library has 1 fault(s):\n  no tutorial in ")


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


def test_the_version_is_the_distribution_s() -> None:
    """Asked for its version, it says that of what is installed."""
    result = run(None, "--version")

    assert result.exit_code == 0
    assert result.stdout.startswith("handbook, version ")


def test_every_command_has_help() -> None:
    """Help says what a command does and which status means what."""
    assert "Exit status: 0" in run(None, "--help").stdout
    for command in main.commands:
        assert run(None, command, "--help").exit_code == 0


def test_help_imports_nothing_that_it_does_not_need() -> None:
    """A reader does not wait for TOML, Docker, tables or the library."""
    listed = "import sys, snippets.cli; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", listed], capture_output=True, text=True, check=True)

    loaded = set(done.stdout.split())
    assert not loaded & {"msgspec", "rich", "docker", "tomllib", "mkdocs", "pytest", "snippets.catalog"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_is_told_how_to_complete(shell: str) -> None:
    """By a script that asks the program itself."""
    result = run(None, "completion", shell)

    assert result.exit_code == 0
    assert "_HANDBOOK_COMPLETE" in result.stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("handbook st", "plain,status"),
        ("handbook copy flask-u", "plain,flask-uv"),
        ("handbook update --dr", "plain,--dry-run"),
    ],
)
def test_commands_options_and_snippets_are_completed(words: str, expected: str) -> None:
    """As bash asks for them: the words so far, and which of them is being typed."""
    asked = {"_HANDBOOK_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    program = "from snippets.cli import main; main(prog_name='handbook')"
    done = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, **asked}, capture_output=True, text=True, check=False
    )

    assert done.stdout.splitlines() == [expected]


def test_no_color_is_honoured(proven: Proven, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the terminal can do: see no-color.org."""
    arguments = ["copy", "web", str(tmp_path / "new"), "--dry-run"]
    coloured = CliRunner().invoke(main, arguments, obj=proven(), color=True)
    monkeypatch.setenv("NO_COLOR", "1")
    plain = CliRunner().invoke(main, arguments, obj=proven(), color=True)

    assert "\x1b[32m+FROM python:3.13" in coloured.stdout
    assert "\x1b" not in plain.stdout
