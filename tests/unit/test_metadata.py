"""Metadata: TOML is read key by key, so that one run names every fault, each by its file and key."""

from pathlib import Path

import pytest

from snippets.catalog.metadata import PitfallTable, SnippetTable, near, read

MINIMAL = 'title = "T"\nsummary = "S."\nkind = "image"\n'


@pytest.fixture
def said(tmp_path: Path) -> "Reader":
    """Through which a test reads a text as snippet.toml."""
    return Reader(tmp_path / "snippet.toml")


class Reader:
    """Reads a text as metadata and keeps what was said of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.faults: list[str] = []

    def of(self, text: str) -> list[str]:
        """Faults of this text."""
        self.path.write_text(text)
        self.faults = []
        table = read(self.path, "web/snippet.toml", SnippetTable, self.faults)
        assert (table is None) == bool(self.faults)
        return self.faults


def test_a_complete_table_is_read(tmp_path: Path) -> None:
    """Types are made at the door; what is left out has its default."""
    (tmp_path / "t").write_text(MINIMAL + '[project]\nport = 8000\nstop_grace_s = 30\nsettings = { KEY = "v" }\n')
    faults: list[str] = []
    table = read(tmp_path / "t", "t", SnippetTable, faults)

    assert table is not None
    assert table.project is not None
    assert (table.project.port, table.project.stop_grace_s, table.project.live) == (8000, 30.0, "/livez")
    assert table.project.settings == {"KEY": "v"}
    assert faults == []


def test_all_faults_are_named_in_one_run(said: Reader) -> None:
    """Unknown, missing and mistyped keys are reported together, nested ones by their whole path."""
    assert said.of('titel = "T"\nsummary = 3\nkind = "image"\n[project]\nprt = 1\n') == [
        "web/snippet.toml: unknown key titel (did you mean 'title'?)",
        "web/snippet.toml: missing key title",
        "web/snippet.toml: summary: Expected `str`, got `int`",
        "web/snippet.toml: unknown key project.prt (did you mean 'port'?)",
        "web/snippet.toml: missing key project.port",
    ]


def test_an_element_is_named_within_its_key(said: Reader) -> None:
    """A fault inside a list or table says where."""
    assert said.of(MINIMAL + '[highlight]\nDockerfile = [1, "2"]\n') == [
        "web/snippet.toml: highlight: Expected `int`, got `str` - at `highlight[...][1]`"
    ]


@pytest.mark.parametrize("port", ["true", "8000.0", '"8000"', "[8000]"])
def test_nothing_is_turned_into_a_number(said: Reader, port: str) -> None:
    """A boolean, a float or a text is no port, whatever it could be read as."""
    (fault,) = said.of(f"{MINIMAL}[project]\nport = {port}\n")

    assert fault.startswith("web/snippet.toml: project.port: Expected `int`, got ")


def test_a_table_is_not_a_text(said: Reader) -> None:
    """A key that holds a table refuses anything else."""
    assert said.of(MINIMAL + 'project = "web"\n') == ["web/snippet.toml: project: Expected `object | null`, got `str`"]


def test_a_key_given_twice_is_refused(said: Reader) -> None:
    """The last of two does not win in silence."""
    (fault,) = said.of(MINIMAL + 'title = "U"\n')

    assert fault.startswith("web/snippet.toml: not TOML: Cannot overwrite a value")


def test_a_pitfall_needs_all_its_keys(tmp_path: Path) -> None:
    """Every missing key is named, those of the edit as well."""
    (tmp_path / "p").write_text('title = "T"\nedit = { path = "Dockerfile" }\n')
    faults: list[str] = []

    assert read(tmp_path / "p", "p.toml", PitfallTable, faults) is None
    assert faults == [
        "p.toml: missing key edit.find",
        "p.toml: missing key edit.replace",
        "p.toml: missing key stage",
        "p.toml: missing key promise",
        "p.toml: missing key message",
        "p.toml: missing key why",
        "p.toml: missing key fix",
    ]


def test_what_cannot_be_read_is_a_fault(tmp_path: Path) -> None:
    """A directory in the place of the file is named, without a traceback."""
    faults: list[str] = []

    assert read(tmp_path, "web/snippet.toml", SnippetTable, faults) is None
    assert faults == ["web/snippet.toml: not a regular file"]


def test_a_hint_is_given_only_where_a_word_is_near() -> None:
    """A far word gets no hint at all."""
    assert near("titel", ["title", "kind"]) == " (did you mean 'title'?)"
    assert near("colour", ["title", "kind"]) == ""
