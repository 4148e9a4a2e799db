"""Pages in, pages out: golden files for what is shown, and each reason to refuse."""

import re
from dataclasses import replace
from pathlib import Path

import markdown
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from snippets.errors import ReferenceFault, UnverifiedError
from snippets.evidence.records import Evidence
from snippets.handbook import Handbook
from snippets.render import Rendered, refusal, render, root_of
from snippets.render.highlight import file_html
from snippets.render.passthrough import PassthroughExtension
from snippets.render.references import numbers
from tests.unit.pages.synthetic import AWKWARD, handbook

PAGES = Path(__file__).parent / "pages"
CASES = sorted(PAGES.glob("*.md"))
EXTENSIONS = ["admonition", "attr_list", "def_list", "md_in_html", "tables", "toc", "pymdownx.highlight"]
EXTENSIONS += ["pymdownx.superfences", "pymdownx.tabbed", "pymdownx.details"]
PACKED = re.compile(r'(<tr class="hb-archive"><td>.*?</td>)<td>[^<]+</td><td></td><td>[0-9a-f]{12}</td>')
SEEN = "what was seen: drains <seen> after 2 s"
MARKDOWN = markdown.Markdown(extensions=[*EXTENSIONS, PassthroughExtension()])


@pytest.fixture
def small(tmp_path: Path) -> Handbook:
    """Provide the small library, proven."""
    return handbook(tmp_path)


def said(rendered: Rendered) -> list[tuple[int, str]]:
    """List lines and reasons."""
    return [(objection.line, objection.why) for objection in rendered.objections]


def html(text: str) -> LexborHTMLParser:
    """Make HTML of Markdown as the site does."""
    return LexborHTMLParser(MARKDOWN.reset().convert(text))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_page_becomes_what_its_golden_file_says(small: Handbook, case: Path) -> None:
    """Rendered Markdown and refusals are compared as a whole."""
    rendered = render(case.read_text(), f"guide/{case.name}", small)

    refused = "".join(f"{objection.place}: {objection.why}\n" for objection in rendered.objections)
    downloads = "".join(f"{name}/{path}\n" for name, path in sorted(rendered.downloads))
    expected = case.with_suffix(".expected").read_text()
    # How small an archive gets is for whoever compresses it: another zlib, other bytes.
    text = PACKED.sub(r"\1<td>packed</td><td></td><td>digest</td>", rendered.text)
    assert f"{text}\n--- refused\n{refused}--- downloads\n{downloads}" == expected


@pytest.mark.parametrize(
    "page",
    [
        "{}",
        "- item\n\n{}",
        "1. item\n\n    - deeper\n\n{}",
        '!!! note "A"\n\n{}',
        '??? note "A"\n\n{}',
        '=== "A"\n\n{}\n\n=== "B"\n\n    x',
        "text\n\n> quoted\n\n{}",
        "<div markdown>\n\n{}\n\n</div>",
        "a\n{}\nb",
    ],
)
@pytest.mark.parametrize("fence", ["```", "~~~", "`````"])
def test_a_file_arrives_byte_for_byte_wherever_its_fence_stands(small: Handbook, page: str, fence: str) -> None:
    """Lists, tabs, notes and quotes leave tabs, blank lines and trailing white space as they are."""
    last = page.partition("{}")[0].rstrip("\n").rpartition("\n")[2]
    before = "> " if last.startswith(">") else ("" if page[0] in "{<at" else " " * (8 if "deeper" in page else 4))
    fenced = "\n".join(before + line for line in (f"{fence}snippet", "web/make/Makefile", fence))

    rendered = render(page.format(fenced), "a.md", small)

    assert rendered.objections == ()
    assert [block.text() for block in html(rendered.text).css("pre")] == [AWKWARD]


@settings(max_examples=60, deadline=None, database=None)
@given(text=st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\t\n\r"), min_size=1))
def test_any_text_arrives_byte_for_byte(text: str) -> None:
    """No text is changed by colours, by Markdown or by the parser of HTML."""
    for path in ("Dockerfile", "a.py", "a.yaml", "a.unknown"):
        block = f'<div class="hb-snippet"><pre><span></span><code>{file_html(text, path, [1])}</code></pre></div>'

        assert [pre.text() for pre in html(f"- a\n\n    {block}\n").css("pre")] == [text]


@pytest.mark.parametrize(
    ("first", "is_coloured"),
    [
        ("#!/bin/bash", True),
        ("#!/bin/sh", True),
        ("#!/usr/bin/env python3", True),
        ("#!/usr/bin/bush", False),
        ("# bash", False),
    ],
)
def test_a_script_has_the_colours_of_the_program_that_it_names(first: str, *, is_coloured: bool) -> None:
    """Its own name need not tell."""
    assert ("<span" in file_html(f'{first}\nif true; then print("1"); fi\n', "release")) is is_coloured


@pytest.mark.parametrize(
    ("page", "why"),
    [
        ("```snippet\nwep/Dockerfile\n```", "there is no snippet 'wep' (did you mean 'web'?)"),
        ("```snippet\nweb/Dockerfil\n```", "web has no file 'Dockerfil' (did you mean 'Dockerfile'?)"),
        ("```snippet\nweb/../web/Dockerfile\n```", "web has no file '../web/Dockerfile' (did you mean 'Dockerfile'?)"),
        ("```command\nweb/biuld\n```", "web has no command 'biuld' (did you mean 'build'?)"),
        ("```command\nweb\n```", "web has no command ''"),
        ("```pitfall\nweb/rot\n```", "there is no pitfall 'web/rot' (did you mean 'web/root'?)"),
        ("```evidence\nsetting\n```", "there is no snippet 'setting' (did you mean 'settings'?)"),
        ("```effective\nweb\n```", "web states no effective settings"),
        ("```contract\nweb\n```", "there is no contract of 'web'"),
    ],
)
def test_an_unknown_reference_is_refused_with_the_nearest_word(small: Handbook, page: str, why: str) -> None:
    """What does not exist is named, on its line."""
    rendered = render(f"# A\n\n{page}\n", "a.md", small)

    assert said(rendered) == [(4, why)]
    assert not rendered.objections[0].unproven


@pytest.mark.parametrize(
    ("page", "why"),
    [
        ("```dockerfile\nFROM x\n```", "unknown fence 'dockerfile': code is shown by reference"),
        ("```snipet\nweb\n```", "unknown fence 'snipet' (did you mean 'snippet'?): code is shown by reference"),
        ("```snippet title=x\nweb\n```", "unknown fence 'snippet title=x'"),
        ("```\nFROM x\n```", "a fence without a language: code is shown by reference"),
        ("~~~ bash\nrm x\n~~~", "unknown fence 'bash'"),
        ("````yaml\n```snippet\n```\n````", "unknown fence 'yaml'"),
        ("```snippet\n\n```", "an empty snippet fence"),
        # An illustration is code to whoever looks for some.
        ("```text\n```", "unknown fence 'text'"),
        ("```text\nFROM python\n```", "unknown fence 'text'"),
        ("```text\ncontainer is healthy after 3 s\n```", "unknown fence 'text'"),
        ("```text\n--index-url https://x.example/simple\nflask\n```", "unknown fence 'text'"),
        ("```text\np\u0456p install x\n```", "unknown fence 'text'"),
        ("```TEXT\n/usr/bin/docker run x\n```", "unknown fence 'TEXT'"),
        ("~~~ text\nexec gunicorn\n~~~", "unknown fence 'text'"),
        ("```console\n./deploy.sh\n```", "unknown fence 'console'"),
        ("```output\nlisten 80\n```", "unknown fence 'output'"),
        ("- ```snippet\n  web\n  ```", "a fence beside a list marker: give it a line of its own"),
        ("```snippet\nweb", "the fence ```snippet is never closed"),
        ("    FROM x", "an indented code block typed by hand"),
        ("\tFROM x", "an indented code block typed by hand"),
        ("- a\n\n        FROM x", "an indented code block typed by hand"),
        ('=== "A"\n\n        FROM x', "an indented code block typed by hand"),
        ("text\n\n    ```snippet\n    web\n    ```", "an indented code block typed by hand"),
        (">     FROM x", "an indented code block typed by hand"),
        ("# A\n    FROM x", "an indented code block typed by hand"),
        ("<pre>x</pre>", "<pre> typed by hand"),
        ("text <CODE>x</CODE>", "<code> typed by hand"),
        ("<script>x()</script>", "<script> typed by hand"),
        ("- a\n\n    <iframe srcdoc=x>", "<iframe> typed by hand"),
        ("`a` <pre>x</pre> `b`", "<pre> typed by hand"),
        ("`a\nb` <pre>x</pre> `c`", "<pre> typed by hand"),
        ("<!-- a --> <pre>x</pre> <!-- b -->", "<pre> typed by hand"),
        ("text <!-- a", "the comment <!-- is never closed"),
    ],
)
def test_code_typed_by_hand_is_refused(small: Handbook, page: str, why: str) -> None:
    """Whatever way it is typed, code that no snippet holds does not get through."""
    assert [reason for _, reason in said(render(page, "a.md", small)) if reason.startswith(why)]


@pytest.mark.parametrize(
    "page",
    [
        "Run `docker run x`, or ``a ` b``, or ```c```.",
        "A paragraph\n    goes on.",
        "- item\n\n    its second paragraph\n\n    - deeper\n\n        still prose",
        "1. item\n   goes on\n\n2. item",
        '!!! note "A"\n\n    prose\n\n    prose\n\nprose',
        "Term\n:   What it is\n\n    and more",
        "[^1]: A note\n\n    and more",
        "<!-- <pre>x</pre>\n```bash\nrm x\n```\n    FROM x -->\n\nprose",
        "`<!--` begins a comment, `<pre>` a block",
        "> quoted\n> more\n>\n> - item\n>\n>     prose",
        "| a | b |\n|---|---|\n| `x` | y |",
    ],
)
def test_prose_passes(small: Handbook, page: str) -> None:
    """What is no block of code is none of the renderer's business."""
    assert said(render(page, "a.md", small)) == []


def test_a_comment_never_reaches_the_site(small: Handbook) -> None:
    """A comment that two parsers end at different places would hide code from one of them."""
    rendered = render("a <!-- b --> c <!-- d\ne --> f\n`<!--` g", "a.md", small)

    assert rendered.text == "a  c \n f\n`<!--` g"


def test_inline_code_is_put_on_one_line(small: Handbook) -> None:
    """Browsers show it so, and the audit refuses code of several lines."""
    rendered = render("See `gunicorn\n    --print-config` and\n> `a\n> b`.\n\n- a ` b\n- c ` d\n", "a.md", small)

    assert rendered.text == "See `gunicorn --print-config` and\n> `a b`.\n\n- a ` b\n- c ` d\n"


def test_a_command_in_a_sentence_is_the_command(small: Handbook) -> None:
    """By reference as in a fence; and one in backticks tells of the syntax itself."""
    rendered = render("Run {command}`web/build`, or say `{command}` and `web/build`.\n", "a.md", small)

    assert rendered.objections == ()
    assert rendered.text == "Run `docker build --tag web .`, or say `{command}` and `web/build`.\n"


@pytest.mark.parametrize(
    ("page", "why"),
    [
        ("{command}`web/biuld`", "web has no command 'biuld' (did you mean 'build'?)"),
        ("a {command}`wep/build` b", "there is no snippet 'wep' (did you mean 'web'?)"),
        ("{command}`web/run`", "web/run is more than a sentence holds: show it by a command fence"),
        ("{command}`alma/build`", "alma/build is withheld: a sentence cannot show it"),
        ("{seen}`web/drain: s`", "web is judged by no 'drain' (did you mean 'drains'?)"),
        ("{seen}`alma/drains: s`", "alma/drains: s is withheld: nobody saw it"),
        (
            "{seen}`web/drains: min`",
            "web/drains: no number stands before 'min' in " + SEEN,
        ),
        ("{seen}`web/drains`", "web/drains: no number stands before '' in " + SEEN),
    ],
)
def test_a_wrong_reference_in_a_sentence_is_refused(small: Handbook, page: str, why: str) -> None:
    """On its line, as one in a fence is."""
    assert said(render(f"# A\n\n- {page}\n", "a.md", small)) == [(3, why)]


def test_a_figure_in_a_sentence_is_what_was_seen(small: Handbook) -> None:
    """The number before the words, and the words."""
    rendered = render("It took {seen}`web/drains: s`.", "a.md", small)

    assert rendered.objections == ()
    assert rendered.text == "It took **2 s**."


@pytest.mark.parametrize(
    ("seen", "found"),
    [
        ("1,000 s in all", ["1,000 s in all"]),
        ("after 1.5 s in all.", ["1.5 s in all"]),
        ("3 s in all; 4 s in all", ["3 s in all", "4 s in all"]),
        ("s in all", []),
        ("3 s in allotments", []),
    ],
)
def test_a_figure_is_a_whole_number_before_whole_words(seen: str, found: list[str]) -> None:
    """All of them: where there are several a page is refused, for nobody knows which one is meant."""
    assert numbers("s in all", seen) == found


def test_an_unproven_command_is_in_no_sentence(small: Handbook) -> None:
    """It stands as it was typed, and the page is refused."""
    (small.store.root / "web.json").unlink()
    unproven = Handbook(catalog=small.catalog, store=small.store, now=small.now)

    rendered = render("Run {command}`web/build`.", "a.md", unproven)

    assert "docker build" not in rendered.text
    assert [objection.unproven for objection in rendered.objections] == [True]


def test_every_fault_of_a_page_is_reported_by_line(small: Handbook) -> None:
    """Never the first alone, and lines are those of the file with its front matter."""
    page = "```bash\nx\n```\n<pre>\n```snippet\nweb/a\nweb/Dockerfile\nwob/b\n```\n"

    assert [line for line, _ in said(render(page, "a.md", small, first_line=5))] == [5, 8, 10, 12]


def test_a_withheld_snippet_shows_its_reason_and_no_file(small: Handbook) -> None:
    """Its page says why, whatever is asked of it."""
    page = "```snippet\nalma/only-here.txt\nalma\n```\n```evidence\nalma\n```\n```command\nalma/build\n```\n"

    rendered = render(page, "a.md", small)

    assert rendered.objections == ()
    assert rendered.downloads == frozenset()
    assert "a file that nobody proved" not in rendered.text
    assert rendered.text.count("No registry answers, and the base cannot be stood in.") == 4


def test_an_unproven_snippet_shows_nothing_and_is_refused_once(tmp_path: Path) -> None:
    """Nothing of the file is on the page, and the reason is given where it would have been first."""
    unproven = handbook(tmp_path, proven=["settings"])
    page = "```snippet\nweb/Dockerfile\nweb\n```\n```command\nweb/build\n```\n```pitfall\nweb/root\n```\n"

    rendered = render(page, "a.md", unproven)

    assert said(rendered) == [(2, "web was never verified")]
    assert rendered.objections[0].unproven
    assert rendered.text.strip() == ""


def test_a_pitfall_nobody_caught_is_refused(small: Handbook) -> None:
    """A fault that no record shows is a story."""
    (small.store.root / "pitfalls" / "web" / "root.json").unlink()

    assert said(render("```pitfall\nweb/root\n```", "a.md", small)) == [(2, "pitfall web/root was never caught")]


def test_effective_settings_need_a_server_that_was_asked(small: Handbook) -> None:
    """The table is shown where config-meant was judged."""
    rendered = render("```effective\nsettings\n```", "a.md", small)

    assert "<td><code>workers</code></td><td><code>3</code></td>" in rendered.text


def test_a_card_says_what_a_whole_machine_showed(small: Handbook) -> None:
    """Beside what was seen of the promise here: with the kernel of the machine, or the engine on it, and when."""
    card = "```evidence\nweb\n```"
    assert "On a whole machine" not in render(card, "a.md", small).text
    record = small.store.read(Evidence, "web")
    assert record is not None
    seen = replace(next(f for f in record.findings if f.promise == "drains"), seen="none of 40 were lost")
    base = replace(record.bases[0], ref="machine", version="6.12.1", stand_in=False, packaged=True, differs="")
    small.machines.write(replace(record, findings=[seen], bases=[base]), "web")

    rows = html(render(card, "a.md", Handbook(catalog=small.catalog, store=small.store, now=small.now)).text)
    told = [cell.text() for cell in rows.css(".hb-findings td") if "On a whole machine" in cell.text()]
    assert told == [f"{record_seen(record)}On a whole machine (Linux 6.12.1; 2026-01-02): none of 40 were lost"]
    small.machines.write(replace(record, findings=[seen], engine="Docker 26, cgroup v2"), "web")
    again = render(card, "a.md", Handbook(catalog=small.catalog, store=small.store, now=small.now)).text
    assert "On a whole machine</strong> (Docker 26, cgroup v2; " in again


def record_seen(record: Evidence) -> str:
    """What was seen of `drains` where it was judged first."""
    return next(finding.seen for finding in record.findings if finding.promise == "drains")


def test_what_a_machine_alone_tells_is_withheld_in_its_place(small: Handbook) -> None:
    """Its page says so and is published all the same."""
    name = "web/root"
    pitfall = small.catalog.pitfalls[name]
    pitfall = replace(pitfall, table=msgspec.structs.replace(pitfall.table, machine=True))
    catalog = replace(small.catalog, pitfalls={**small.catalog.pitfalls, name: pitfall})
    rendered = render(f"```pitfall\n{name}\n```", "a.md", Handbook(catalog=catalog, store=small.store, now=small.now))

    assert not rendered.objections
    assert "only a whole machine tells it" in rendered.text


def test_links_lead_to_the_card_where_the_page_has_one(small: Handbook) -> None:
    """And elsewhere to what a card means."""
    file = "```snippet\nweb/Dockerfile\n```\n"

    assert 'href="#evidence-web"' in render(f"{file}```evidence\nweb\n```\n", "a/b.md", small).text
    assert 'href="../../reference/proof/"' in render(file, "a/b.md", small).text
    assert 'href="../../snippets/web/Dockerfile" download' in render(file, "a/b.md", small).text


@pytest.mark.parametrize(
    ("page", "root"),
    [("index.md", ""), ("a.md", "../"), ("a/index.md", "../"), ("a/b.md", "../../"), ("a/README.md", "../")],
)
def test_the_way_up_follows_from_the_path(page: str, root: str) -> None:
    """Each page is a directory of its own."""
    assert root_of(page) == root


def test_a_refusal_says_what_a_rehearsal_would_mend(tmp_path: Path) -> None:
    """Unproven snippets and faults of pages are listed together; the way out is named where it is one."""
    unproven = handbook(tmp_path, proven=[])
    objections = render("```snippet\nweb\n```\n```sh\n```\n", "a.md", unproven).objections

    both, faults = refusal(objections), refusal([o for o in objections if not o.unproven])

    assert isinstance(both, UnverifiedError)
    assert "a.md:2: web was never verified\n  a.md:4: unknown fence 'sh'" in str(both)
    assert "Run `nox -s docs`" in str(both)
    assert isinstance(faults, ReferenceFault)
    assert str(faults).startswith("refusing to publish: 1 objection(s)\n  a.md:4: unknown fence 'sh'")


def test_there_are_golden_pages() -> None:
    """No case at all would be no test."""
    assert CASES
