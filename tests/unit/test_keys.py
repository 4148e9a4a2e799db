"""The tables of keys: made of the types that read the files, and of nothing else."""

import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from selectolax.lexbor import LexborHTMLParser

from snippets.audit.published import Published
from snippets.catalog.admission import STAGES
from snippets.catalog.diagrams import DiagramTable
from snippets.catalog.keys import FILES, File, Key, groups
from snippets.catalog.metadata import APART, CheckTable, PitfallTable, SnippetTable
from snippets.catalog.snippet import Kind
from snippets.check.stated import Stated
from snippets.contract.project import Project, Table
from snippets.errors import CatalogError, ProjectError
from snippets.handbook import Handbook
from snippets.render import Links, render, show
from tests.unit.sample import WEB, Library

CHECK = Path(__file__).parents[2] / "snippets" / "check"


def keys(name: str) -> dict[str, Key]:
    """Every key of a file, by its dotted name."""
    return {key.name: key for group in groups(FILES[name]) for key in group.keys}


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("snippet.toml", SnippetTable),
        ("pitfalls/<fault>.toml", PitfallTable),
        ("diagrams/<name>.toml", DiagramTable),
        ("handbook.toml", CheckTable),
    ],
)
def test_every_key_of_a_file_is_there(name: str, table: type[Table]) -> None:
    """Those of its own table but for what is stated elsewhere, each with a sentence, required where it is."""
    fields = {field.name: field for field in msgspec.structs.fields(table) if field.name not in FILES[name].elsewhere}
    found = keys(name)

    assert {key for key in found if "." not in key} == fields.keys()
    assert all(key.says.strip() for key in found.values())
    assert all(group.says.endswith(".") for group in groups(FILES[name]))
    required = {key for key, field in fields.items() if field.required and key not in FILES[name].found}
    assert {key for key in fields if found[key].without is None} == required


def test_nested_tables_are_named_as_toml_opens_them() -> None:
    """A table, a table by a name of one's own, and one of several; a second of the same kind is not told again."""
    headers = [group.header for group in groups(FILES["snippet.toml"])]
    check, pitfall = keys("handbook.toml"), keys("pitfalls/<fault>.toml")

    assert headers[:3] == ["", "[project]", "[project.stale]"]
    assert {"[beside.NAME]", "[stack]", "[proven_in]", "[withheld]"} <= set(headers)
    assert check["beside.NAME.image"].without is None
    assert not any(key.startswith("backing.") for key in check)
    assert pitfall["faults[N].find"].says == "what is wrong in it"


def test_defaults_are_as_toml_has_them() -> None:
    """Strings in quotes, numbers and truths as they are written, and a word for what is empty."""
    found = keys("snippet.toml")

    assert found["project.live"].without == '`"/livez"`'
    assert found["project.stop_grace_s"].without == "`10`"
    assert found["project.settings"].without == "nothing"
    assert found["project.stale"].without == "nothing"
    assert keys("diagrams/<name>.toml")["nodes.NAME.to.NAME.closed"].without == "`false`"


@pytest.mark.parametrize("key", sorted(f"project.{key}" for key in APART))
def test_what_is_stated_elsewhere_is_refused_here(key: str, library: Library) -> None:
    """A key that the table leaves out is none that the door lets in."""
    name = key.removeprefix("project.")
    value = '{ db = { image = "x", setting = "Y", value = "db" } }' if name == "beside" else '{ cpu-aware = "Why." }'
    library.write("web/snippet.toml", WEB.replace("port = 8000\n", f"port = 8000\n{name} = {value}\n"))

    with pytest.raises(CatalogError, match=re.escape(f"unexpected key {key}: it stands by itself")):
        library.load()


def test_a_readers_file_calls_exemptions_by_another_key(tmp_path: Path) -> None:
    """The same of handbook.toml: what it leaves out is refused, with the right word."""
    assert "skip" in keys("handbook.toml")
    assert "not_applicable" not in keys("handbook.toml")
    (tmp_path / "handbook.toml").write_text('port = 80\n[not_applicable]\ncpu-aware = "One process."\n')

    with pytest.raises(ProjectError, match="not_applicable: here it is called skip"):
        Stated.read(tmp_path, None, {})


def test_what_is_found_without_being_stated_is_what_is_guessed() -> None:
    """Every key that a guess is made of says so in the table, and no other does."""
    guessed = {
        key
        for name in ("guess.py", "stated.py")
        for key in re.findall(r'Guess\(key="(\w+)"', (CHECK / name).read_text())
    }

    assert FILES["handbook.toml"].found.keys() == guessed <= set(Project.__struct_fields__)


def test_words_that_a_key_may_hold_are_all_named() -> None:
    """Kinds and stages are in the sentence of their key."""
    kinds = re.findall(r"`(\w+)`", keys("snippet.toml")["kind"].says)
    stages = re.findall(r"`(\w+)`", keys("pitfalls/<fault>.toml")["stage"].says)

    assert kinds == [kind.value for kind in Kind]
    assert stages == list(STAGES)


def test_a_key_without_a_sentence_is_refused() -> None:
    """Nobody adds a key that the page could not explain."""

    class Silent(Table, frozen=True, kw_only=True):
        """A table."""

        word: str

    with pytest.raises(AssertionError, match="word has no description"):
        groups(File(table=Silent))


@pytest.mark.parametrize("name", FILES)
def test_a_page_shows_them_and_the_audit_knows_the_table(name: str, proven: Callable[[], Handbook]) -> None:
    """On one line, as the claim of its file; changed by hand, it is no claim that anybody makes."""
    handbook = proven()
    rendered = render(f"```keys\n{name}\n```\n", "reference/keys.md", handbook)
    node = LexborHTMLParser(rendered.text).css_first("table.hb-table")
    assert node is not None
    claim = node.attributes["data-hb"] or ""
    published = Published(handbook=handbook, tutorials={})

    assert rendered.objections == ()
    assert "\n" not in show("keys", name, handbook, Links()).html
    assert claim == f"keys:{name}"
    assert published.shows(node.html or "", claim, "../../")
    assert not published.shows((node.html or "").replace("required", "optional"), claim, "../../")
    assert [cell.text() for cell in node.css("tbody td:first-child")] == list(keys(name))


def test_the_keys_of_no_file_are_refused(proven: Callable[[], Handbook]) -> None:
    """With the nearest file there is."""
    refused = render("```keys\nsnipet.toml\n```\n", "a.md", proven())

    assert [each.why for each in refused.objections] == [
        "there is no table of the keys of 'snipet.toml' (did you mean 'snippet.toml'?)"
    ]
