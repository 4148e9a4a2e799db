"""Canaries in an image: found in whatever layer, file, name or setting one is left, and told by where it stands."""

import subprocess
from pathlib import Path

import pytest

from snippets.contract.observation import Place
from snippets.engine.subjects.scan import CHUNK_BYTES
from tests.unit.exports import diff_ids, digest, export, file, packed
from tests.unit.scanned import CANARY, MIB, OTHER, Exports, read


def test_a_canary_that_a_later_layer_deletes_is_still_found(exports: Exports) -> None:
    """Whoever has the image has all its layers."""
    layers = [packed(file("root/.netrc", f"password {CANARY}token\n".encode())), packed(file("root/.wh..netrc"))]
    exports(export(layers))

    contents = read(layers, base=diff_ids(layers))

    assert contents.places == (Place(canary=CANARY, where=f"layer {digest(layers[0])[:12]}", what="/root/.netrc"),)
    assert str(contents.places[0]) == f"/root/.netrc in layer {digest(layers[0])[:12]}"


@pytest.mark.parametrize("before", [0, 1, CHUNK_BYTES - len(CANARY), CHUNK_BYTES - 5, CHUNK_BYTES, 2 * CHUNK_BYTES - 1])
def test_a_canary_is_found_wherever_it_stands(before: int, exports: Exports) -> None:
    """Also where two chunks meet, and at the very end."""
    layer = packed(file("core", b"x" * before + CANARY.encode()))
    exports(export([layer]))

    assert [place.what for place in read([layer]).places] == ["/core"]


def test_half_a_canary_in_each_of_two_files_is_none(exports: Exports) -> None:
    """Files are searched one by one."""
    half = len(CANARY) // 2
    layer = packed(file("a", CANARY[:half].encode()), file("b", CANARY[half:].encode()))
    exports(export([layer]))

    assert read([layer]).places == ()


def test_each_canary_is_told_by_itself_and_names_are_searched_as_well(exports: Exports) -> None:
    """A private file's name tells of it as its content does."""
    layer = packed(file("a", f"{OTHER}a {CANARY}b".encode()), file(f"opt/{OTHER}c"))
    exports(export([layer]))

    assert [(place.canary, place.what) for place in read([layer]).places] == [
        (OTHER, "/a"),
        (CANARY, "/a"),
        (OTHER, f"/opt/{OTHER}c"),
    ]


@pytest.mark.parametrize(
    ("config", "place"),
    [
        ({"config": {"Env": ["PATH=/bin", f"TOKEN={CANARY}x"]}}, "TOKEN in env"),
        ({"config": {"Labels": {"built.with": f"{CANARY}x"}}}, "built.with in label"),
        ({"config": {"Cmd": ["serve", f"--key={CANARY}x"]}}, "--key in command"),
        ({"config": {"Entrypoint": [f"{CANARY}x"]}}, f"{CANARY}x in command"),
        ({"history": [{"created_by": "FROM"}, {"created_by": f"RUN <<E\n pip {CANARY}x\nE"}]}, "RUN <<E in history"),
        ({"history": [{"empty_layer": True}], "config": {"Env": None, "Labels": None, "Cmd": [CANARY]}}, "in command"),
    ],
    ids=["env", "label", "command", "entrypoint", "history", "nulls"],
)
def test_a_canary_in_what_the_image_says_of_itself_is_found(
    config: dict[str, object], place: str, exports: Exports
) -> None:
    """And is told by the name of the variable or label, or by how the step begins."""
    layer = packed(file("a"))
    exports(export([layer], config))

    places = [str(place) for place in read([layer]).places]
    assert len(places) == 1
    assert places[0].endswith(place)


def test_a_layer_that_begins_with_a_brace_is_no_config(exports: Exports) -> None:
    """A template may be named for what it fills in."""
    layers = [packed(file("{{ name }}", f"key = {CANARY}".encode()), file("bin/su", mode=0o4755))]
    exports(export(layers))

    contents = read(layers)

    assert contents.setuid == ("/bin/su",)
    assert [place.what for place in contents.places] == ["/{{ name }}"]


def test_a_large_member_is_searched_whole(exports: Exports) -> None:
    """To its last byte, and what follows it as well."""
    layer = packed(file("core", bytes(8 * MIB) + CANARY.encode()), file("after", CANARY.encode()))
    exports(export([layer]))

    contents = read([layer])

    assert [place.what for place in contents.places] == ["/core", "/after"]
    assert contents.own_bytes == 8 * MIB + 2 * len(CANARY)


@pytest.mark.parametrize("form", ["gnu", "posix"])
def test_a_sparse_member_is_searched_as_it_would_be_read(form: str, exports: Exports, tmp_path: Path) -> None:
    """Its holes are zero bytes, in either way that tar has to write them."""
    with (tmp_path / "core").open("wb") as core:
        core.seek(8 * MIB)
        core.write(CANARY.encode())
    (tmp_path / "z").write_text(OTHER)
    tar = ["tar", "--create", "--sparse", f"--format={form}", "--directory", str(tmp_path), "core", "z"]
    layer = subprocess.run(tar, check=True, capture_output=True).stdout
    assert len(layer) < MIB
    exports(export([layer]))

    contents = read([layer])

    assert [place.what for place in contents.places] == ["/core", "/z"]
    assert contents.own_bytes == 8 * MIB + len(CANARY) + len(OTHER)
