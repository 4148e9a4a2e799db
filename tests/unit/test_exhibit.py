"""An exhibit: whole files that fail, shown marked, with every fault proven by itself, and shown as nothing else."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from bench.bare import typed
from snippets.audit import audit
from snippets.audit.published import _as_parsed
from snippets.catalog import load
from snippets.evidence.records import Capture
from snippets.evidence.store import EvidenceStore
from snippets.handbook import Handbook
from snippets.render import Links, render, show
from snippets.render.blocks import file
from snippets.render.exhibit import marks
from snippets.render.highlight import file_html, marked_html
from tests.unit.pages.synthetic import DOCKERFILE, WHEN, handbook, prove

BEFORE = """\
FROM python:3.13
# fine for now
RUN pip install \\
    flask
USER app

CMD flask run
"""
EXHIBIT = """
title = "A first try"
exhibit = ["Dockerfile", "gunicorn.conf.py"]
stage = "contract"
promise = "numeric-non-root"
message = "uid 0"
why = "Nobody `knew`."
fix = "Take the other one."

[[faults]]
path = "Dockerfile"
find = "CMD flask run"
pitfall = "web/root"

[[faults]]
path = "Dockerfile"
find = '''
RUN pip install \\
    flask
'''
pitfall = "web/no-lock"

[[faults]]
path = "Dockerfile"
find = "flask\\nUSER"
pitfall = "web/root"

[[faults]]
path = "gunicorn.conf.py"
find = "workers = 99"
pitfall = "settings/many"
"""
SINGLE = """
title = "{title}"
edit = {{ path = "{path}", find = "{find}", replace = "x" }}
stage = "contract"
promise = "{promise}"
message = "<root>"
why = "W."
fix = "F."
"""
SECTIONS = "## A { #web-root }\n\n## B { #web-no-lock }\n\n### C { #settings-many .more }\n\n"
HEAD = '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>T</title></head><body>\n'
FENCES = ("exhibit:web/first/Dockerfile", "exhibit:web/first/gunicorn.conf.py", "exhibit:web/first", "faults:web/first")


@dataclass(frozen=True)
class Shelf:
    """The small library with an exhibit in it, and its records."""

    root: Path

    def handbook(self) -> Handbook:
        """How all of it stands, read anew."""
        store = EvidenceStore(self.root / "evidence")
        return Handbook(catalog=load(self.root / "library"), store=store, now=WHEN)

    def forget(self, pitfall: str) -> None:
        """Lose one capture."""
        (self.root / "evidence" / "pitfalls" / f"{pitfall}.json").unlink()

    def show(self, reference: str) -> str:
        """What a fence shows."""
        language, _, name = reference.partition(":")
        return show(language, name, self.handbook(), Links("../")).html

    def said(self, reference: str, before: str = SECTIONS) -> list[str]:
        """What speaks against a page that holds this fence."""
        language, _, name = reference.partition(":")
        page = f"{before}```{language}\n{name}\n```\n"
        return [objection.why for objection in render(page, "a.md", self.handbook()).objections]


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """Lay out an exhibit of two files beside what the small library holds, and prove everything."""
    handbook(tmp_path)
    library = tmp_path / "library"
    texts = {
        "web/exhibits/first/Dockerfile": BEFORE,
        "web/exhibits/first/gunicorn.conf.py": "workers = 99\n",
        "web/pitfalls/first.toml": EXHIBIT,
        "web/pitfalls/no-lock.toml": SINGLE.format(
            title="`pip` guesses", path="Dockerfile", find="RUN pip", promise="inputs-pinned"
        ),
        "settings/pitfalls/many.toml": SINGLE.format(
            title="Too many", path="gunicorn.conf.py", find="workers", promise="cpu-aware"
        ),
    }
    for path, text in texts.items():
        (library / path).parent.mkdir(parents=True, exist_ok=True)
        (library / path).write_text(text)
    catalog = load(library)
    prove(catalog, EvidenceStore(tmp_path / "evidence"), ["web", "settings"], catalog.pitfalls)
    return Shelf(tmp_path)


Site = Callable[[str], list[str]]


@pytest.fixture
def audited(shelf: Shelf) -> Site:
    """Audit a site of one page, which shows a proven file and then this text."""

    def site(text: str) -> list[str]:
        page = shelf.root / "site" / "a" / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        proven = file(shelf.handbook().catalog.snippets["web"], "Dockerfile", Links("../"))
        (shelf.root / "site" / "snippets" / "web").mkdir(parents=True, exist_ok=True)
        (shelf.root / "site" / "snippets" / "web" / "Dockerfile").write_text(DOCKERFILE)
        page.write_text(f"{HEAD}{proven}\n{text}\n</body></html>\n")
        return [objection.why for objection in audit(shelf.root / "site", shelf.handbook())]

    return site


def test_an_exhibit_replaces_whole_files(shelf: Shelf, tmp_path: Path) -> None:
    """Its own and those that the snippet shares, and everything else stays."""
    catalog = shelf.handbook().catalog
    fault, web = catalog.pitfalls["web/first"], catalog.snippets["web"]

    context = web.assemble(tmp_path / "context", fault.replaced(web))

    assert (context / "Dockerfile").read_text() == BEFORE
    assert (context / "gunicorn.conf.py").read_text() == "workers = 99\n"
    assert (context / "requirements.txt").read_text() == "flask==3.1.3\n"


def test_the_files_of_an_exhibit_are_none_of_the_snippet(shelf: Shelf) -> None:
    """They are in no context, no download and no digest of the good files."""
    web = shelf.handbook().catalog.snippets["web"]

    assert [path for path in web.sources if "exhibit" in path or "first" in path] == []


def test_a_changed_byte_of_an_exhibit_voids_its_capture(shelf: Shelf) -> None:
    """The record is of these files, and the objection says so."""
    path = shelf.root / "library" / "web" / "exhibits" / "first" / "Dockerfile"
    path.write_text(BEFORE + "\n")

    assert shelf.said(FENCES[0]) == ["pitfall web/first changed since 2026-01-02"]


def test_an_exhibit_has_no_edit(shelf: Shelf) -> None:
    """Whoever asks for one is told, and no page shows half of it."""
    with pytest.raises(TypeError, match="web/first is an exhibit: whole files and no edit"):
        _ = shelf.handbook().catalog.pitfalls["web/first"].edit


def test_faults_on_the_same_lines_share_a_mark(shelf: Shelf) -> None:
    """Marks go down the file, however their faults are ordered, and cover whole lines."""
    found = marks(shelf.handbook().catalog.pitfalls["web/first"], "Dockerfile")

    assert [(str(mark), [fault.pitfall for fault in mark.faults]) for mark in found] == [
        ("3\N{EN DASH}5", ["web/no-lock", "web/root"]),
        ("7", ["web/root"]),
    ]


def test_a_run_of_lines_is_lit_up_as_one() -> None:
    """Its number is counted by the style sheet, which counts runs; the text stays as it is."""
    tree = LexborHTMLParser(f"<pre>{marked_html(BEFORE, 'Dockerfile', [range(3, 6), range(7, 8)])}</pre>")

    assert [node.text() for node in tree.css("pre")] == [BEFORE]
    assert [node.text() for node in tree.css(".hll")] == [
        "RUN pip install \\\n    flask\nUSER app\n",
        "CMD flask run\n",
    ]
    assert marked_html("a\n", "a", []) == file_html("a\n", "a")


def test_a_file_is_shown_whole_and_cannot_be_copied(shelf: Shelf) -> None:
    """Its bytes, its marks and its name: no download, and no element that the theme puts a button on."""
    html = shelf.show(FENCES[0])
    tree = LexborHTMLParser(html)

    assert [node.text() for node in tree.css("pre")] == [BEFORE]
    assert len(tree.css(".hll")) == 2
    assert [node.text() for node in tree.css(".filename")] == ["Before: Dockerfile"]
    assert tree.css("a, code") == []
    assert "\n" not in html
    assert render("```exhibit\nweb/first/Dockerfile\n```\n", "a.md", shelf.handbook()).downloads == frozenset()


def test_the_table_says_where_what_who_and_what_was_seen(shelf: Shelf) -> None:
    """A row a fault, by its mark, with the line of the real error that says it."""
    tree = LexborHTMLParser(shelf.show("faults:web/first"))
    rows = [[cell.text() for cell in row.css("td, th")] for row in tree.css("tbody tr")]

    assert rows == [
        ["Dockerfile"],
        ["1", "3\N{EN DASH}5", "pip guesses", "inputs-pinned", "<root>"],
        ["1", "3\N{EN DASH}5", "The user is root", "numeric-non-root", "every process runs under uid 0"],
        ["2", "7", "The user is root", "numeric-non-root", "every process runs under uid 0"],
        ["gunicorn.conf.py"],
        ["1", "1", "Too many", "cpu-aware", "<root>"],
    ]
    assert [node.attributes["href"] for node in tree.css("tr:nth-child(2) a")] == [
        "#web-no-lock",
        "../containers/contract/#promise-inputs-pinned",
    ]


def test_what_became_of_all_of_it_is_shown_with_the_way_out(shelf: Shelf) -> None:
    """The error of the files together, for which there is no diff."""
    tree = LexborHTMLParser(shelf.show("exhibit:web/first"))

    assert [node.text() for node in tree.css("pre")] == ["every process runs under uid 0\n  <root>"]
    assert [node.text() for node in tree.css(".hb-why, .hb-fix")] == ["Nobody knew.", "Take the other one."]


@pytest.mark.parametrize("fence", FENCES)
@pytest.mark.parametrize("lost", ["web/first", "web/no-lock", "settings/many"])
def test_nothing_is_shown_before_every_fault_was_caught(shelf: Shelf, fence: str, lost: str) -> None:
    """One capture that is missing speaks against all of it."""
    assert shelf.said(fence) == []
    shelf.forget(lost)

    assert shelf.said(fence) == [f"pitfall {lost} was never caught"]


@pytest.mark.parametrize(
    ("fence", "why"),
    [
        ("exhibit:web/fist", "there is no pitfall 'web/fist' (did you mean 'web/first'?)"),
        ("exhibit:web", "there is no pitfall 'web/' (did you mean 'web/root'?)"),
        ("exhibit:web/first/Dockerfil", "web/first has no file 'Dockerfil' (did you mean 'Dockerfile'?)"),
        ("exhibit:web/first/requirements.txt", "web/first has no file 'requirements.txt'"),
        ("exhibit:web/root", "web/root is no exhibit but one edit: it is shown by a pitfall fence"),
        ("faults:web/root", "web/root is no exhibit but one edit: it is shown by a pitfall fence"),
        ("faults:web/first/Dockerfile", "there is no pitfall 'web/first/Dockerfile' (did you mean 'web/first'?)"),
        (
            "pitfall:web/first",
            "web/first is an exhibit: its files are shown by an exhibit fence, what is wrong in them by faults",
        ),
    ],
)
def test_a_wrong_reference_says_which_is_right(shelf: Shelf, fence: str, why: str) -> None:
    """An exhibit and a single pitfall are shown by different fences."""
    assert shelf.said(fence) == [why]


def test_the_page_tells_of_every_fault_that_its_table_names(shelf: Shelf) -> None:
    """The table's links lead to headings of the same page."""
    assert shelf.said("faults:web/first", "## A { #web-root }\n\n") == [
        "web/first: the page has no heading for { #web-no-lock }, { #settings-many }"
    ]


def test_an_exhibit_passes_the_audit_as_it_was_rendered(shelf: Shelf, audited: Site) -> None:
    """And the renderer writes it as the parser does, so that nothing has to be read back."""
    blocks = [shelf.show(fence) for fence in FENCES]

    assert audited("".join(blocks)) == []
    for html, fence in zip(blocks, FENCES, strict=True):
        assert [_as_parsed(html)] == [node.html for node in LexborHTMLParser(html).css("[data-hb]")], fence


@pytest.mark.parametrize(
    ("fence", "right", "wrong"),
    [
        (FENCES[0], "fine for now", "fine for ever"),
        (FENCES[0], "Before: ", "After: "),
        (FENCES[0], '<span class="hll">', "<span>"),
        (FENCES[0], "</pre></div>", '</pre></div><a href="../snippets/web/app.py" download>Download</a>'),
        (FENCES[1], "99", "9"),
        (FENCES[3], "Too many", "Too few"),
        (FENCES[3], 'href="#web-root"', 'href="#web-no-lock"'),
    ],
)
def test_an_edited_exhibit_is_refused(shelf: Shelf, audited: Site, fence: str, right: str, wrong: str) -> None:
    """A byte, a mark, a name or a link: what a page shows is what the records say."""
    html = shelf.show(fence)
    assert right in html

    said = audited(f"<div>{html.replace(right, wrong)}</div>")

    assert [why for why in said if "nobody proved" in why or "no record makes" in why or "no file of this site" in why]


@pytest.mark.parametrize(
    "text",
    [
        f"<pre><span></span><code>{BEFORE}</code></pre>",
        f'<div class="hb-snippet highlight"><span class="filename">Dockerfile</span><pre>{BEFORE}</pre></div>',
        f'<div class="hb-exhibit highlight"><pre>{BEFORE}</pre></div>',
        f'<div class="hb-text highlight"><pre>{BEFORE}</pre></div>',
        f'<div data-hb="exhibit:web/first/Dockerfile"><pre>{BEFORE}</pre></div>',
        f'<code data-hb="exhibit:web/first/Dockerfile"><pre>{BEFORE}</pre></code>',
    ],
)
def test_a_faulty_file_passes_for_nothing_else(audited: Site, text: str) -> None:
    """The very bytes of an exhibit are refused wherever the page does not say that they are one."""
    assert audited(text)


def test_the_page_counts_its_faults_right() -> None:
    """The numbers that its prose states are those of the library."""
    words = {3: "Three", 5: "Five", 11: "eleven", 19: "Nineteen"}
    pitfalls = load().pitfalls
    stages = [pitfalls[fault.pitfall].table.stage for fault in pitfalls["flask-react-pnpm/first-evening"].table.faults]
    counted = {stage: words[stages.count(stage)] for stage in ("build", "boot", "contract")}
    page = " ".join((Path(__file__).parents[2] / "docs" / "pitfalls" / "first-evening.md").read_text().split())

    assert f"## {words[len(stages)]} faults, each tried alone" in page
    assert f"{counted['build']} stop the build. {counted['boot']} stop the container from coming up." in page
    assert f"The other {counted['contract']} build, start and answer." in page


def test_a_site_without_the_plugin_types_it_out(shelf: Shelf) -> None:
    """The benchmark's bare pages hold the same texts."""
    text = typed("```exhibit\nweb/first/Dockerfile\nweb/first\n```\n", "a.md", shelf.handbook())

    assert BEFORE in text
    assert "Take the other one." in text


def test_a_capture_is_kept_under_the_exhibit_s_name(shelf: Shelf) -> None:
    """One record for all of its files."""
    capture = shelf.handbook().store.read(Capture, "web/first")

    assert capture is not None
    assert capture.pitfall == "web/first"
