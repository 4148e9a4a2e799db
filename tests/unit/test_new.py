"""`handbook new`: a draft that is let in as it is, and nothing at all where one cannot be made."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from snippets.catalog import LIBRARY, Catalog, load
from snippets.catalog.draft import _used, draft
from snippets.catalog.snippet import METADATA, REHEARSAL, Kind
from snippets.cli import main
from snippets.errors import SnippetsError
from snippets.evidence.store import EvidenceStore
from snippets.handbook import Handbook
from tests.unit.sample import DOCKERFILE, WEB, Library

New = Callable[..., Result]
NAMES = sorted(load().snippets)


@pytest.fixture
def own(tmp_path: Path) -> Catalog:
    """The project's own library, where a draft may be written."""
    shutil.copytree(LIBRARY, tmp_path / "own", ignore=shutil.ignore_patterns("__pycache__"))
    return load(tmp_path / "own")


@pytest.fixture
def new(library: Library, tmp_path: Path) -> New:
    """The command in a checkout whose library is the sample's."""

    def run(*arguments: str, docs: Path | None = tmp_path / "docs") -> Result:
        handbook = Handbook(catalog=library.load(), store=EvidenceStore(tmp_path / "evidence"), docs=docs)
        result = CliRunner().invoke(main, ["new", *arguments], obj=handbook)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    return run


def tree(root: Path) -> dict[str, bytes]:
    """Every file below a directory, those that are hidden as well."""
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", NAMES)
def test_what_it_makes_of_any_snippet_is_let_in(name: str, own: Catalog) -> None:
    """It has the same files, kind and commands, an honest title, and no pitfalls."""
    source = own.snippets[name]
    draft("brand-new", source, own.snippets).write()

    after = load(source.root.parent)
    made = after.snippets["brand-new"]
    assert made.kind is source.kind
    assert {path: each.text for path, each in made.sources.items()} == {
        path: each.text for path, each in source.sources.items()
    }
    assert {path: each.executable for path, each in made.sources.items()} == {
        path: each.executable for path, each in source.sources.items()
    }
    assert made.rehearsals == source.rehearsals
    assert made.title == "Draft: brand-new"
    assert made.table.summary == f"A draft that began as {name}, and says nothing of its own yet."
    assert made.commands.keys() == source.commands.keys()
    assert not any(name in command for command in made.commands.values())
    assert not [pitfall for pitfall in after.pitfalls if pitfall.startswith("brand-new/")]


def test_it_has_the_permissions_that_a_checkout_gives(library: Library) -> None:
    """Whatever those of the source are: a file may be read by all, and run where its owner may run it."""
    library.write("web/start", "#!/bin/sh\n")
    (library.root / "web" / "start").chmod(0o700)
    (library.root / "web" / "Dockerfile").chmod(0o600)
    catalog = library.load()
    draft("brand-new", catalog.snippets["web"], catalog.snippets).write()

    root = library.root / "brand-new"
    assert {path.name: oct(path.stat().st_mode & 0o7777) for path in (root, *root.iterdir())} == {
        "brand-new": "0o755",
        "start": "0o755",
        "Dockerfile": "0o644",
        "snippet.toml": "0o644",
    }


def test_lines_of_a_text_that_look_like_keys_stay(library: Library) -> None:
    """The first of each is the snippet's own; a header in a text opens no table."""
    command = "run = '''\ncat > web.toml <<END\ntitle = 1\nsummary = 2\nEND'''\n"
    catalog = library.write("web/snippet.toml", WEB + command).load()
    draft("brand-new", catalog.snippets["web"], catalog.snippets).write()

    assert library.snippet("brand-new").commands["run"] == ("cat > brand-new.toml <<END\ntitle = 1\nsummary = 2\nEND")
    assert _used("[uses]\na = 'b'\n\n[t]\nx = '''\n[uses]\n'''\n", "c = 'd'\n") == (
        "[uses]\nc = 'd'\na = 'b'\n\n[t]\nx = '''\n[uses]\n'''\n"
    )


@pytest.mark.parametrize("name", NAMES)
def test_own_files_are_copied_and_shared_ones_stay_shared(name: str, own: Catalog) -> None:
    """But for a configuration, whose files its carrier holds: they stay the source's until somebody edits them."""
    source = own.snippets[name]
    mine = {path for path, each in source.sources.items() if each.path.is_relative_to(source.root)}
    begun = draft("brand-new", source, own.snippets)

    copied = begun.files.keys() - {METADATA, REHEARSAL}
    assert copied == (set() if source.kind is Kind.CONFIG else mine)
    assert (REHEARSAL in begun.files) == bool(source.rehearsals)
    assert source.table.uses.items() <= begun.shared.items()


def test_it_prints_what_it_made_and_what_is_left_to_do(new: New, library: Library) -> None:
    """Files, what is shared with whom, and the next steps under the new name."""
    library.write("web/Dockerfile", f'{DOCKERFILE}LABEL title="web" of="web-like"\n')
    library.write("web/snippet.toml", WEB.replace("docker build .", "docker build --tag web ."))

    result = new("shop", "--from", "web")

    assert result.exit_code == 0, result.output
    assert result.stdout == (
        "wrote  snippets/library/shop/Dockerfile\n"
        "wrote  snippets/library/shop/snippet.toml\n"
        "shares serve.conf, which is conf/serve.conf\n"
        "\n"
        "Next:\n"
        "\n"
        "  edit   snippets/library/shop/snippet.toml: its title, its summary, and whatever is not so of yours\n"
        "         snippets/library/shop/Dockerfile: it still names web\n"
        "  look   handbook show shop\n"
        "  prove  nox -s docs -- -k shop\n"
        "  page   docs/containers/shop.md, which shows it by reference, and its line in `nav` of mkdocs.yml\n"
        "  break  snippets/library/shop/pitfalls/<fault>.toml: one edit that has to be noticed\n"
    )
    assert library.snippet("shop").commands == {"build": "docker build --tag shop ."}


def test_a_configuration_is_told_that_an_image_has_to_carry_it(new: New, library: Library) -> None:
    """Its file is shared at first, since the image holds that very file."""
    result = new("tuned", "--from", "conf")

    assert "shares serve.conf, which is conf/serve.conf\n" in result.stdout
    assert "  carry  put your file into snippets/library/tuned/, take its line out of [uses]," in result.stdout
    assert library.snippet("tuned").sources["serve.conf"].path == library.root / "conf" / "serve.conf"


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("web", "--from", "conf"), 1, "there is a snippet web already: choose another name"),
        (("Web_Shop", "--from", "web"), 1, "'Web_Shop' is no name of a snippet: names are in lower-case-with-hyphens"),
        (("../shop", "--from", "web"), 1, "'../shop' is no name of a snippet"),
        (("shop", "--from", "wep"), 2, "no snippet 'wep' (did you mean 'web'?)"),
        (("shop",), 2, "Missing option '--from'"),
    ],
)
def test_what_cannot_be_made_is_refused(
    new: New, tmp_path: Path, arguments: tuple[str, ...], status: int, said: str
) -> None:
    """By what is wrong, and nothing is written."""
    before = tree(tmp_path)

    result = new(*arguments)

    assert result.exit_code == status
    assert said in result.stderr
    assert tree(tmp_path) == before


def test_what_is_in_the_way_is_refused(library: Library) -> None:
    """Also where it is no snippet: a directory that is empty, or a link that leads nowhere."""
    catalog = library.load()
    (library.root / "empty").mkdir()
    (library.root / "link").symlink_to("nowhere")

    for name in ("empty", "link"):
        with pytest.raises(SnippetsError, match=f"{name} is there already: choose another name, or remove it"):
            draft(name, catalog.snippets["web"], catalog.snippets).write()

    assert sorted(path.name for path in library.root.iterdir()) == ["alma", "conf", "empty", "link", "web"]


def test_where_only_the_library_is_installed_it_is_refused(new: New, library: Library) -> None:
    """A wheel has no checkout to write into."""
    result = new("shop", "--from", "web", docs=None)

    assert result.exit_code == 1
    assert "only the library is installed here" in result.stderr
    assert not (library.root / "shop").exists()


def test_a_write_that_fails_leaves_nothing(library: Library) -> None:
    """Neither a half of it nor the directory in which it was made."""
    catalog = library.load()
    begun = draft("shop", catalog.snippets["web"], catalog.snippets)
    blocked = replace(begun, files={"a": (b"", False), "a/b": (b"", False)})
    before = tree(library.root)

    with pytest.raises(SnippetsError, match="nothing was written"):
        blocked.write()

    assert tree(library.root) == before
    assert sorted(path.name for path in library.root.iterdir()) == ["alma", "conf", "web"]


def test_a_shell_that_begins_a_line_with_a_bracket_ends_no_commands(library: Library) -> None:
    """Every command has the new name, also below such a line, and what stands behind the commands has it not."""
    text = WEB.replace(
        'build = "docker build ."\n',
        "build = '''\n[ -e web ] ||\n    docker build --tag web .'''\nstop = \"docker stop web web-like\"\n"
        '[withheld]\nbase = "python:3.13"\nreason = "No web."\n',
    )
    library.write("web/snippet.toml", text)
    catalog = library.load()

    draft("shop", catalog.snippets["web"], catalog.snippets).write()

    made = library.snippet("shop")
    assert made.commands["build"] == "[ -e shop ] ||\n    docker build --tag shop ."
    assert made.commands["stop"] == "docker stop shop web-like"
    assert made.withheld is not None
    assert made.withheld.reason == "No web."


def test_metadata_that_cannot_be_edited_is_refused(library: Library) -> None:
    """A title of several lines is no line that could be exchanged."""
    library.write("web/snippet.toml", WEB.replace('"A web server"', '"""\nA web\nserver"""'))
    catalog = library.load()

    with pytest.raises(SnippetsError, match="title and summary are not a line each"):
        draft("shop", catalog.snippets["web"], catalog.snippets)
