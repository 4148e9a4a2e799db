"""All files of a snippet in one: what unpacks is the directory, and the same directory is the same bytes."""

import hashlib
import subprocess
import zipfile
from pathlib import Path

import pytest

from snippets.catalog.archive import FORMATS
from snippets.catalog.snippet import SUMS
from snippets.errors import CatalogError
from tests.unit.sample import Library


def unpacked(packed: bytes, name: str, folder: Path) -> Path:
    """Laid out by the programs that readers have, below `folder`."""
    archive = folder / name
    archive.write_bytes(packed)
    if name.endswith(".zip"):
        with zipfile.ZipFile(archive) as file:
            assert file.testzip() is None
            for member in file.infolist():
                Path(file.extract(member, folder)).chmod(member.external_attr >> 16 & 0o777)
    else:
        subprocess.run(["tar", "--extract", "--gzip", "--file", name], cwd=folder, check=True)
    archive.unlink()
    return folder


@pytest.mark.parametrize("ending", FORMATS)
def test_what_unpacks_is_the_directory(library: Library, tmp_path: Path, ending: str) -> None:
    """Each file's bytes and whether it is executable, in a directory of the snippet's name."""
    library.write("web/start", "#!/bin/sh\n")
    (library.root / "web" / "start").chmod(0o755)
    web = library.snippet()
    name = f"web{ending}"
    (tmp_path / "here").mkdir()
    found = unpacked(web.archives[name], name, tmp_path / "here")

    laid = {str(path.relative_to(found / "web")): path for path in found.rglob("*") if path.is_file()}
    assert laid.keys() == web.sources.keys()
    assert {path: place.read_bytes() for path, place in laid.items()} == {path: web.content(path) for path in laid}
    assert {path: bool(place.stat().st_mode & 0o100) for path, place in laid.items()} == {
        path: source.executable for path, source in web.sources.items()
    }
    assert laid["start"].stat().st_mode & 0o777 == 0o755


def test_the_same_directory_is_the_same_bytes(library: Library) -> None:
    """Whenever it was packed, and whenever its files were written; another byte is another archive."""
    first = library.snippet().archives
    library.snippet().sources["Dockerfile"].path.touch()
    assert library.snippet().archives == first

    library.write("web/note.txt", "one file more\n")
    assert all(library.snippet().archives[name] != content for name, content in first.items())


def test_their_digests_are_beside_them(library: Library) -> None:
    """As `sha256sum --check` reads them."""
    archives = dict(library.snippet().archives)
    sums = archives.pop(SUMS).decode()

    assert sums == "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in archives.items())
    assert sorted(archives) == ["web.tar.gz", "web.zip"]


@pytest.mark.parametrize("path", ["web.zip", "web.tar.gz", SUMS])
def test_a_file_of_the_same_name_is_refused(library: Library, path: str) -> None:
    """One of the two would be offered in the place of the other."""
    library.write(f"web/{path}", "not an archive\n")

    with pytest.raises(CatalogError, match=f"{path}: what its own archive brings is called so"):
        library.load()
