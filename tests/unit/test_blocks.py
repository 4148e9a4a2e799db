"""Atoms as HTML: one line each, the shapes that the style sheet knows, and the text as it was proven."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import replace
from html import escape
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec import structs
from pygments.lexers import DiffLexer, DockerLexer
from pygments.token import Token
from selectolax.lexbor import LexborHTMLParser

from snippets.catalog import load
from snippets.catalog.metadata import Edit, PitfallTable, SnippetTable
from snippets.catalog.pitfall import Pitfall
from snippets.catalog.snippet import Kind, Snippet, Source
from snippets.contract import DEPLOYED, PROMISES, Verdict
from snippets.evidence.records import Evidence
from snippets.handbook import Handbook
from snippets.render.blocks import Links, file, pitfall
from snippets.render.card import evidence
from snippets.render.diff import difference
from snippets.render.highlight import diff_html, file_html, text_html
from snippets.render.tables import catalogue, contract, files
from tests.unit.pages.synthetic import AWKWARD, handbook
from tests.unit.sample import Library, evidence_of


@pytest.fixture
def small(tmp_path: Path) -> Handbook:
    """Provide the small library, proven."""
    return handbook(tmp_path)


@pytest.fixture
def web(small: Handbook) -> Snippet:
    """Provide its image."""
    return small.catalog.snippets["web"]


@pytest.fixture
def record(small: Handbook) -> Evidence:
    """Provide the image's record."""
    record = small.snippets["web"].evidence
    assert record is not None
    return record


def text_of(html: str, selector: str) -> list[str]:
    """List the text of what a selector finds."""
    return [node.text() for node in LexborHTMLParser(html).css(selector)]


def test_every_file_of_the_library_keeps_its_bytes() -> None:
    """Colours add nothing and take nothing away, whatever the language."""
    for snippet in load().snippets.values():
        for path in snippet.sources:
            html = f"<pre><span></span>{file_html(snippet.text(path), path)}</pre>"

            assert "\n" not in html
            assert text_of(html, "pre") == [snippet.text(path)], f"{snippet.name}/{path}"


@pytest.mark.parametrize("path", ["Makefile", "a.py", "Dockerfile", "a.unknown", "uv.lock", "a.conf.j2", ".env"])
def test_any_name_gives_colours_or_plain_text(path: str) -> None:
    """A name that no lexer knows is no reason to change a file, or to fail."""
    assert text_of(f"<pre><span></span>{file_html(AWKWARD, path)}</pre>", "pre") == [AWKWARD]


def test_lines_are_lit_up_whole() -> None:
    """Line numbers begin with 1, and a token that runs over lines is cut."""
    html = file_html('a = """x\ny\nz"""\n', "a.py", [2])

    assert text_of(f"<pre>{html}</pre>", ".hll") == ["y\n"]


def test_a_file_has_the_shape_that_the_style_sheet_knows(web: Snippet) -> None:
    """Name, text, download and the way to the proof, on one line."""
    html = file(web, "requirements.txt", Links("../", frozenset({"web"})))

    assert html == (
        '<div class="hb-snippet highlight" data-hb="snippet:web/requirements.txt">'
        '<span class="filename">requirements.txt</span><pre><span></span><code>flask==3.1.3&#10;</code></pre>'
        '<p class="hb-links"><a href="../snippets/web/requirements.txt" download>Download</a> · '
        '<a href="#evidence-web">how it was proven</a></p></div>'
    )


def test_a_card_says_what_was_judged_on_what_and_when(web: Snippet, record: Evidence) -> None:
    """Also that a base was stood in, and how the stand-in differs."""
    html = evidence(web, record, Links())

    assert text_of(html, ".hb-evidence > summary") == ["Proven on a stand-in web · 30 of 30 promises kept · 2026-01-02"]
    facts = dict(zip(text_of(html, "dt"), text_of(html, "dd"), strict=True))
    assert list(facts.items()) == [
        ("Image", "151 MB"),
        ("Built without a cache", "34 s"),
        ("First answer after", "1.2 s"),
        ("User", "10001"),
        ("When", "2026-01-02 09:41 UTC"),
        ("Engine", "Docker 26.1.5"),
        ("Digest", web.digest[7:19]),
        (
            "Base image",
            (
                "python:3.13-slim-trixie: verified on a stand-in: Debian 13, CPython 3.13.5 (abababababab). "
                "It differs: its Python is the distribution's"
            ),
        ),
    ]
    assert text_of(html, ".hb-findings tr:first-child td")[1:3] == ["kept", "builds-clean <seen> after 2 s"]
    assert "The command build runs as it stands on the page." in text_of(html, ".hb-findings td:first-child")


def test_what_was_never_booted_was_never_ready(web: Snippet, record: Evidence) -> None:
    """A file that is judged by layers alone shows no time of a boot."""
    assert record.image is not None
    html = evidence(web, replace(record, image=replace(record.image, ready_s=0.0)), Links())

    assert "First answer after" not in text_of(html, "dt")


def test_thirty_findings_are_a_line_a_family(web: Snippet, record: Evidence) -> None:
    """Each family says how many it kept, and holds its rows; none is left out."""
    html = evidence(web, record, Links())

    assert text_of(html, ".hb-family > summary") == [
        "What it was tried with stood in",
        "Image 8 of 8 kept",
        "Boot 9 of 9 kept",
        "Web 3 of 3 kept",
        "Logs 1 of 1 kept",
        "Resources 3 of 3 kept",
        "Lifecycle 6 of 6 kept",
        "Commands 2 of 2 kept",
    ]
    assert len(text_of(html, ".hb-family .hb-findings tr")) == len(record.findings)


def test_a_card_counts_what_applies(web: Snippet, record: Evidence) -> None:
    """An exemption is no promise kept, and is said with its reason."""
    first, *others = record.findings
    exempt = replace(first, verdict=Verdict.NOT_APPLICABLE, seen="It has `no` stages.")

    html = evidence(web, replace(record, findings=[exempt, *others]), Links())

    assert "29 of 29 promises kept, 1 not applicable" in text_of(html, "summary")[0]
    assert text_of(html, ".hb-na") == ["not applicable"]
    assert "<td>It has <code>no</code> stages.</td>" in html


def test_a_base_from_a_registry_is_not_called_a_stand_in(web: Snippet, record: Evidence) -> None:
    """The words say what was there."""
    (base,) = record.bases
    html = evidence(web, replace(record, bases=[replace(base, stand_in=False, differs="")]), Links())

    assert "stand-in" not in html
    assert "python:3.13-slim-trixie: Debian 13, CPython 3.13.5 (abababababab)" in text_of(html, "dd")


def test_a_configuration_names_the_image_it_was_proven_in(small: Handbook, record: Evidence) -> None:
    """Its card is of another image."""
    html = evidence(small.catalog.snippets["settings"], replace(record, image=None), Links())

    assert "the image of web" in text_of(html, "dd")
    assert "Image size" not in text_of(html, "dt")


def test_trials_without_promises_are_counted_as_trials(web: Snippet, record: Evidence) -> None:
    """A compose project has rehearsals, and none of them is a promise."""
    finding = replace(record.findings[0], promise="data-survives-down-and-up")

    html = evidence(web, replace(record, findings=[finding]), Links())

    assert text_of(html, "summary")[0] == "Proven on a stand-in web · 1 of 1 trials passed · 2026-01-02"
    assert text_of(html, ".hb-findings td:first-child") == ["Data survives down and up."]


def test_a_pitfall_shows_edit_error_reason_and_way_out(small: Handbook, web: Snippet) -> None:
    """In the shape that the style sheet knows."""
    fault = small.pitfalls["web/root"]
    assert fault.capture is not None

    html = pitfall(fault.pitfall, web, fault.capture, Links("../"))

    assert text_of(html, ".hb-caught") == ["caught by numeric-non-root at the contract stage"]
    assert text_of(html, ".hb-diff pre") == [difference(fault.pitfall, web)]
    assert text_of(html, ".hb-error pre") == ["every process runs under uid 0\n  <root>"]
    assert text_of(html, ".hb-why, .hb-fix") == ["USER 0 is root.", "Name a number."]
    again = pitfall(fault.pitfall, web, replace(fault.capture, flaky="kept: uid 10001"), Links("../"))
    assert text_of(again, ".hb-caught")[0].endswith("at the contract stage; flaky: only at the second try")


def test_a_diff_is_what_every_tool_for_diffs_makes_of_it() -> None:
    """That of each pitfall, although only the lines around its edit are compared."""
    catalog = load()
    for fault in (fault for fault in catalog.pitfalls.values() if not fault.exhibit):
        edit, owner = fault.edit, catalog.snippets[fault.snippet]
        good = owner.text(edit.path) if edit.path else f"{owner.commands[edit.command or '']}\n"
        ours, theirs = (re.findall(r".*\n|.+", text) for text in (good.replace(edit.find, edit.replace, 1), good))

        assert difference(fault, owner) == "".join(
            line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
            for line in difflib.unified_diff(ours, theirs, edit.place, edit.place)
        ), fault.name


@given(
    before=st.lists(st.sampled_from("abcd"), max_size=12),
    find=st.lists(st.sampled_from("xyz"), min_size=1, max_size=4, unique=True),
    after=st.lists(st.sampled_from("abcd"), max_size=12),
    replace_by=st.lists(st.sampled_from("abxyz"), max_size=4),
)
def test_a_diff_makes_the_good_file_of_the_bad_one(
    before: list[str], find: list[str], after: list[str], replace_by: list[str]
) -> None:
    """Wherever the edit stands: with what goes a hunk is the bad file's, with what comes the good one's."""
    theirs, ours = [*before, *find, *after], [*before, *replace_by, *after]
    edit = Edit(path="f", find="\n".join(["", *find, ""]), replace="\n".join(["", *replace_by, ""]))
    good = "\n".join(["", *theirs, ""])
    assume(find != replace_by)

    _, _, *lines = difference_of(edit, good).splitlines()
    hunks = [line for line in lines if line.startswith("@@")]
    begins = int(hunks[0].split()[1].lstrip("-").partition(",")[0]) - 1 if hunks else 0

    for mark, text in (("-", ["", *ours]), ("+", ["", *theirs])):
        said = [line[1:] for line in lines if line[0] in (" ", mark)]
        assert len(hunks) > 1 or text[begins : begins + len(said)] == said


def difference_of(edit: Edit, good: str) -> str:
    """One edit of one text, as a diff."""
    table = PitfallTable(title="T", edit=edit, stage="build", promise="drains", message="x", why="W.", fix="F.")
    source = Source(path=Path("f"), sha256="", executable=False, text=good)
    snippet = Snippet(
        name="s",
        kind=Kind.CONFIG,
        root=Path(),
        sources={"f": source},
        table=SnippetTable(title="T", summary="S.", kind="config"),
        table_sha256="",
    )
    return difference(Pitfall(snippet="s", slug="p", table=table, table_sha256=""), snippet)


def test_a_diff_of_a_command_is_of_its_own_lines(small: Handbook, web: Snippet) -> None:
    """Under the name of its key; the string on the page ends a line, whether metadata says so or not."""
    table = structs.replace(
        small.catalog.pitfalls["web/root"].table, edit=Edit(command="build", find="web", replace="latest")
    )
    fault = replace(small.catalog.pitfalls["web/root"], table=table)

    assert difference(fault, web) == (
        "--- commands.build\n+++ commands.build\n@@ -1 +1 @@\n-docker build --tag latest .\n+docker build --tag web .\n"
    )


def test_a_diff_says_where_a_file_ends_without_a_line_end(small: Handbook, web: Snippet) -> None:
    """As every tool for diffs does."""
    fault = small.catalog.pitfalls["web/root"]
    (web.root / "Dockerfile").write_text("RUN a\x0cb\nUSER 10001")
    ended = load(web.root.parent).snippets["web"]

    assert difference(fault, ended) == (
        "--- Dockerfile\n+++ Dockerfile\n@@ -1,2 +1,2 @@\n RUN a\x0cb\n"
        "-USER 0\n\\ No newline at end of file\n+USER 10001\n\\ No newline at end of file\n"
    )


def test_a_diff_has_the_colours_of_pygments() -> None:
    """Its lines are coloured here by their first character, which is all that Pygments goes by."""
    text = "--- f\n+++ f\n@@ -1,3 +1,2 @@\n a <b>\n-c\n\n+\td  \n\\ No newline at end of file\n"
    colours = {"Deleted": "gd", "Inserted": "gi", "Subheading": "gu"}
    wanted = "".join(
        f'<span class="{colours[kind[-1]]}">{escape(value)}</span>' if kind[-1] in colours else escape(value)
        for kind, value in ((kind, value) for _, kind, value in DiffLexer().get_tokens_unprocessed(text))
    )

    assert diff_html(text) == wanted.replace("\n", "&#10;").replace("\t", "&#9;")


def test_a_dockerfile_is_coloured_as_a_whole() -> None:
    """Its instructions are coloured one by one, each but once a run, and come out as together."""
    for snippet in load().snippets.values():
        for path in (path for path in snippet.sources if path.startswith("Dockerfile")):
            whole = list(DockerLexer().get_tokens_unprocessed(snippet.text(path)))
            words = {value for _, kind, value in whole if kind in Token.Keyword}

            keywords = LexborHTMLParser(file_html(snippet.text(path), path)).css(".k")
            assert {node.text() for node in keywords} == words


def test_tables_name_every_promise_snippet_and_file(small: Handbook, web: Snippet) -> None:
    """Nothing is left out, and what is not proven says so."""
    (small.store.root / "settings.json").unlink()

    assert text_of(contract("containers", small, Links()), "tr[id] strong") == list(PROMISES)
    assert text_of(contract("deployments", small, Links()), "tr[id] strong") == [
        *(slug for slug in DEPLOYED if DEPLOYED[slug].family == "arrive"),
        *(slug for slug in DEPLOYED if DEPLOYED[slug].family == "guard"),
        *(slug for slug in DEPLOYED if DEPLOYED[slug].family == "release"),
        *(slug for slug in DEPLOYED if DEPLOYED[slug].family == "keep"),
        *(slug for slug in DEPLOYED if DEPLOYED[slug].family == "watch"),
    ]
    assert [row.split(" · ")[1] for row in text_of(catalogue(small.snippets.values()), "td:first-child")] == [
        "alma",
        "settings",
        "web",
    ]
    assert text_of(catalogue(small.snippets.values()), "td:last-child") == [
        "withheld No registry answers, and the base cannot be stood in.",
        "not proven settings was never verified",
        "proven 2026-01-02, on a stand-in base",
    ]
    assert text_of(files(web, Links()), "td:first-child") == [*web.archives, *sorted(web.sources)]


def test_what_it_was_tried_with_says_what_each_was_to_it(web: Snippet, record: Evidence) -> None:
    """What a Dockerfile begins with, what stood beside it, and what no registry has; and how many were stood in."""
    (base,) = record.bases
    beside = replace(base, ref="postgres:18", stand_in=False)
    packed = replace(base, ref="debian-13", stand_in=False, packaged=True)

    html = evidence(web, replace(record, bases=[base, beside, packed]), Links())
    assert text_of(html, ".hb-family > summary")[0] == "What it was tried with 3, 1 stood in"
    assert text_of(html, "dt")[-3:] == ["Base image", "Beside it", "Made of packages"]

    elsewhere = evidence(replace(web, sources={}), replace(record, bases=[base, packed]), Links())
    assert text_of(elsewhere, "dt")[-2:] == ["Image", "Made of packages"]

    none = evidence(web, replace(record, bases=[beside, packed]), Links())
    assert text_of(none, "summary")[:2] == [
        "Proven web · 30 of 30 promises kept · 2026-01-02",
        "What it was tried with 2, none stood in",
    ]
    assert "What it was tried with as it is" in text_of(
        evidence(web, replace(record, bases=[beside]), Links()), "summary"
    )
    both = replace(record, bases=[base, replace(beside, stand_in=True)])
    assert "What it was tried with 2, all stood in" in text_of(evidence(web, both, Links()), "summary")


@pytest.mark.parametrize(
    ("texts", "made_with"),
    [
        (
            {"requirements.in": "flask==3.1.3\npsycopg[binary]==3.3.9\n# canary==1\nblinker>=1\n"},
            "flask 3.1.3, psycopg 3.3.9",
        ),
        (
            {
                "pyproject.toml": '[project]\ndependencies = ["flask>=3,<4", "absent"]\n',
                "uv.lock": 'package = [{ name = "flask", version = "3.1.3" }, { name = "blinker", version = "1" }]\n',
            },
            "flask 3.1.3",
        ),
        (
            {"web/package.json": '{"dependencies": {"react": "19.3.1"}, "devDependencies": {"vite": "8.3.8"}}'},
            "react 19.3.1, vite 8.3.8",
        ),
        ({"pyproject.toml": '[project]\ndependencies = ["flask"]\n'}, ""),
        ({"package.json": "[]", "requirements.in": "", "pyproject.toml": "=", "uv.lock": "="}, ""),
        ({"pyproject.toml": "[project]\n", "uv.lock": "[[package]]\n"}, ""),
    ],
    ids=["pip", "uv", "npm", "not-locked", "unreadable", "nothing-in-it"],
)
def test_a_card_names_the_packages_that_were_asked_for(
    library: Library, texts: Mapping[str, str], made_with: str
) -> None:
    """By their locked versions; what they bring along is left to the lock file."""
    for path, text in texts.items():
        library.write(f"web/{path}", text)
    web = library.snippet()
    html = evidence(web, evidence_of(web), Links())

    facts = dict(zip(text_of(html, "dt"), text_of(html, "dd"), strict=True))
    assert facts.get("Packages", "") == made_with


def test_a_promise_shows_what_it_was_seen_to_fail_on(small: Handbook, tmp_path: Path) -> None:
    """Proven pitfalls alone, each with the way to its section where a page has one."""
    name, pitfall = next(iter(small.catalog.pitfalls.items()))
    slug, row = pitfall.slug, f"#promise-{pitfall.table.promise} td:nth-child(2)"
    assert text_of(contract("containers", small, Links("../")), row) == [slug]

    page = tmp_path / "docs" / "pitfalls" / "image.md"
    page.parent.mkdir(parents=True)
    page.write_text(f"## As root {{ #here }}\n\n```pitfall\n{name}\n```\n")
    told = replace(small, docs=tmp_path / "docs")
    assert f'<a href="../pitfalls/image/#here">{slug}</a>' in contract("containers", told, Links("../"))

    (small.store.root / "pitfalls" / f"{name}.json").unlink()
    unproven = Handbook(catalog=small.catalog, store=small.store, now=small.now)
    assert text_of(contract("containers", unproven, Links()), row) == [""]


def test_text_is_escaped_and_on_one_line() -> None:
    """No text can end its element or its line."""
    assert text_html('</pre>\n\t"&\r') == "&lt;/pre&gt;&#10;&#9;&quot;&amp;&#13;"
