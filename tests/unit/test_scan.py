"""The scan: what an image's layers hold, told from the stream that the engine exports."""

import gzip
import os
import re
import shlex
import subprocess
import tarfile
import tracemalloc
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import pytest

from snippets.contract.observation import Contents, Layer, Place
from snippets.engine.subjects.scan import CHUNK_BYTES, scan
from snippets.errors import EngineError
from tests.unit.exports import diff_ids, digest, export, file, folder, link, packed

MIB = 1 << 20
CANARY, OTHER = "canary-5f1c9e-secret-", "canary-5f1c9e-file-"
NOTHING = re.compile(r"(?!)")
SETUID = 0o4755
Exports = Callable[..., None]


@pytest.fixture
def exports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Exports:
    """A `docker` that prints a stream, or what a command prints, says something, and exits."""
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir()
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")

    def write(stream: bytes = b"", *, command: str = "", said: str = "", status: int = 0) -> None:
        (tmp_path / "export.tar").write_bytes(stream)
        program.write_text(
            f'#!/bin/sh\n[ "$*" = "image save sha256:1d" ] || exit 9\n{command or f"cat {tmp_path}/export.tar"}\n'
            f"printf %s {shlex.quote(said)} >&2\nexit {status}\n"
        )
        program.chmod(0o755)

    return write


def read(
    layers: Sequence[bytes], base: Collection[str] = (), sought: re.Pattern[str] = NOTHING, ids: Sequence[str] = ()
) -> Contents:
    """Scan, and know the layers by their own digests where no others are given."""
    return scan("sha256:1d", ids or diff_ids(layers), base, (CANARY, OTHER), sought)


def test_layers_are_told_with_their_bytes_and_whose_they_are(exports: Exports) -> None:
    """In the order of the stack, by their diff ids; a directory and a link have no bytes."""
    base = packed(folder("usr"), file("usr/python", b"12345"))
    own = packed(folder("srv"), file("srv/app", b"123"), file("srv/b", b"4"), link("srv/c", "srv/b"))
    exports(export([base, own]))

    contents = read([base, own], base=diff_ids([base]))

    assert contents == Contents(
        layers=(Layer(id=diff_ids([base])[0], bytes=5, own=False), Layer(id=diff_ids([own])[0], bytes=4, own=True)),
        places=(),
        setuid=(),
        found=(),
    )
    assert contents.own_bytes == 4


@pytest.mark.parametrize("mode", [0o4755, 0o2755, 0o6755])
def test_setuid_and_setgid_are_seen(mode: int, exports: Exports) -> None:
    """Of files, in base layers as well; a directory with setgid makes nobody another user."""
    base = packed(folder("var/mail", 0o2775), file("bin/su", mode=mode))
    exports(export([base]))

    assert read([base], base=diff_ids([base])).setuid == ("/bin/su",)


def test_setuid_that_a_later_layer_takes_away_is_gone(exports: Exports) -> None:
    """A chmod leaves a copy in its own layer, and the copy is what a container sees."""
    layers = [packed(file("bin/su", mode=SETUID), file("bin/mount", mode=SETUID)), packed(file("bin/su", mode=0o755))]
    exports(export(layers))

    assert read(layers).setuid == ("/bin/mount",)


def test_setuid_that_a_later_layer_sets_is_seen(exports: Exports) -> None:
    """The upper one counts."""
    layers = [packed(file("bin/su")), packed(file("./bin/su", mode=SETUID))]
    exports(export(layers))

    assert read(layers).setuid == ("/bin/su",)


@pytest.mark.parametrize("whiteout", ["bin/.wh.su", "./bin/.wh.su", "usr/.wh.bin"])
def test_what_a_later_layer_deletes_is_gone(whiteout: str, exports: Exports) -> None:
    """A file, or a directory above it; its neighbours stay."""
    layers = [
        packed(file("bin/su", mode=SETUID), file("usr/bin/su", mode=SETUID), file("bin/sudo", mode=SETUID)),
        packed(file(whiteout)),
    ]
    exports(export(layers))

    gone = "/usr/bin/su" if "usr" in whiteout else "/bin/su"
    assert set(read(layers, sought=re.compile("su$")).setuid) == {"/bin/su", "/usr/bin/su", "/bin/sudo"} - {gone}
    assert set(read(layers, sought=re.compile("su$")).found) == {"/bin/su", "/usr/bin/su"} - {gone}


def test_a_directory_is_no_file_that_was_sought(exports: Exports) -> None:
    """What lies in it is found by itself."""
    layer = packed(folder("bin/make"), file("bin/cargo"))
    exports(export([layer]))

    assert read([layer], sought=re.compile("/bin/")).found == ("/bin/cargo",)


def test_what_comes_back_after_it_was_deleted_is_seen(exports: Exports) -> None:
    """A layer hides what lies below it, not what lies above."""
    layers = [packed(file("bin/su")), packed(file("bin/.wh.su")), packed(file("bin/su", mode=SETUID))]
    exports(export(layers))

    assert read(layers).setuid == ("/bin/su",)


def test_an_opaque_directory_hides_what_lay_in_it(exports: Exports) -> None:
    """At any depth, but not what its own layer puts there, nor what lies beside it."""
    layers = [
        packed(file("opt/a/su", mode=SETUID), file("opt/a/b/su", mode=SETUID), file("opt/ab/su", mode=SETUID)),
        packed(folder("opt/a"), file("opt/a/.wh..wh..opq"), file("opt/a/new", mode=SETUID)),
    ]
    exports(export(layers))

    assert read(layers).setuid == ("/opt/a/new", "/opt/ab/su")


def test_a_file_hides_what_lay_in_the_directory_it_replaces(exports: Exports) -> None:
    """No whiteout says so: the engine puts the file in the directory's place."""
    layers = [packed(folder("opt"), folder("opt/tool"), file("opt/tool/su", mode=0o4755)), packed(file("opt/tool"))]
    exports(export(layers))

    assert read(layers).setuid == ()


def test_a_directory_hides_nothing_that_lay_in_it(exports: Exports) -> None:
    """A layer lists the directories above whatever it adds."""
    layers = [packed(folder("opt"), file("opt/su", mode=0o4755)), packed(folder("opt"), file("opt/other"))]
    exports(export(layers))

    assert read(layers).setuid == ("/opt/su",)


def test_a_layer_that_begins_with_a_brace_is_no_config(exports: Exports) -> None:
    """A template may be named for what it fills in."""
    layers = [packed(file("{{ name }}", f"key = {CANARY}".encode()), file("bin/su", mode=0o4755))]
    exports(export(layers))

    contents = read(layers)

    assert contents.setuid == ("/bin/su",)
    assert [place.what for place in contents.places] == ["/{{ name }}"]


def test_a_hard_link_to_a_setuid_file_is_one(exports: Exports) -> None:
    """Both names lead to root; a symbolic link's own mode says nothing."""
    layer = packed(
        file("bin/su", mode=SETUID),
        link("bin/also", "bin/su", SETUID),
        link("bin/soft", "su", SETUID, tarfile.SYMTYPE),
    )
    exports(export([layer, packed(file("bin/su", mode=0o755))]))

    assert read([layer, packed(file("bin/su", mode=0o755))]).setuid == ("/bin/also",)


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


def test_names_that_are_no_utf_8_are_shown_and_can_be_recorded(exports: Exports) -> None:
    """Their bytes are written out, in whatever is told of them."""
    name = b"srv/caf\xe9-su".decode(errors="surrogateescape")
    layer = packed(file(name, CANARY.encode(), SETUID), file("srv/grün"))
    exports(export([layer]))

    contents = read([layer], sought=re.compile("^/srv/"))

    assert contents.setuid == (r"/srv/caf\xe9-su",)
    assert contents.found == (r"/srv/caf\xe9-su", "/srv/grün")
    assert contents.places[0].what.encode() == rb"/srv/caf\xe9-su"


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


@pytest.mark.parametrize("backwards", [False, True])
def test_the_stack_is_what_the_manifest_says_whatever_comes_first(backwards: bool, exports: Exports) -> None:  # noqa: FBT001 - a case
    """Blobs come in the order of their digests: it tells nothing of the layers' own."""
    layers = [
        packed(file("a", mode=SETUID)),
        packed(file("a")),
        packed(file("b", b"12")),
        packed(file("b", mode=SETUID)),
    ]
    exports(export(layers, order=lambda names: sorted(names, reverse=backwards)))

    contents = read(layers)

    assert contents.setuid == ("/b",)
    assert [layer.bytes for layer in contents.layers] == [0, 0, 2, 0]


def test_a_compressed_layer_is_read_and_known_by_its_diff_id(exports: Exports) -> None:
    """The blob has another digest than what it holds."""
    plain = packed(file("a", CANARY.encode()), file("bin/su", mode=SETUID))
    squeezed = gzip.compress(plain, mtime=0)
    exports(export([squeezed]))

    contents = read([squeezed], ids=diff_ids([plain]))

    assert contents.setuid == ("/bin/su",)
    assert contents.places[0].where == f"layer {digest(squeezed)[:12]}"
    assert [layer.id for layer in contents.layers] == diff_ids([plain])


def test_a_layer_that_is_there_twice_counts_twice(exports: Exports) -> None:
    """Its blob is exported once; two steps that change the same have one digest."""
    layer, between = packed(file("a", b"123")), packed(file(".wh.a"))
    exports(export([layer, between, layer]))

    contents = read([layer, between, layer], sought=re.compile("a"))

    assert contents.own_bytes == 6
    assert contents.found == ("/a",)


def test_what_is_the_base_s_is_not_counted_and_what_it_holds_is_told(exports: Exports) -> None:
    """A base may have a compiler; a secret in it is a secret all the same."""
    base = packed(file("usr/bin/gcc", b"12345"), file("root/key", CANARY.encode()), file("bin/su", mode=SETUID))
    own = packed(file("usr/bin/make", b"1"))
    exports(export([base, own]))

    contents = read([base, own], base=diff_ids([base]), sought=re.compile("/bin/(gcc|make)$"))

    assert contents.found == ("/usr/bin/make",)
    assert contents.own_bytes == 1
    assert [place.what for place in contents.places] == ["/root/key"]
    assert contents.setuid == ("/bin/su",)


def test_an_engine_that_exports_nothing_is_an_error_in_its_own_words(exports: Exports) -> None:
    """Such as where the image is gone."""
    exports(said="Error response from daemon: No such image: sha256:1d\n", status=1)

    with pytest.raises(EngineError, match=r"^`docker image save` failed: Error response from daemon: No such image"):
        read([packed(file("a"))])


def test_an_export_that_fails_at_its_end_is_an_error(exports: Exports) -> None:
    """All that was read may be there: the engine says that it is not whole."""
    layer = packed(file("a"))
    exports(export([layer]), said="write: no space left on device\n", status=1)

    with pytest.raises(EngineError, match="the engine's disk is full: write: no space left on device"):
        read([layer])


@pytest.mark.parametrize("kept", [0, 100])
@pytest.mark.parametrize("status", [0, 1])
def test_an_export_that_hardly_begins_is_an_error(kept: int, status: int, exports: Exports) -> None:
    """Whatever the engine makes of it."""
    layer = packed(file("core", bytes(8 * MIB)))
    exports(export([layer])[:kept], said="the stream broke\n" * status, status=status)

    with pytest.raises(EngineError, match=r"^`docker image save` failed: "):
        read([layer])


def within_a_layer(layers: Sequence[bytes]) -> bytes:
    """An export that ends in the midst of its first layer."""
    stream = export(layers)
    return stream[: stream.index(layers[0]) + len(layers[0]) // 2]


@pytest.mark.parametrize("status", [0, 1])
def test_an_export_that_ends_within_a_layer_is_an_error(status: int, exports: Exports) -> None:
    """In the engine's words where it has any."""
    layer = packed(file("core", bytes(8 * MIB)))
    exports(within_a_layer([layer]), said="the stream broke\n" * status, status=status)

    said = "the stream broke" if status else "unexpected end of data"
    with pytest.raises(EngineError, match=f"^`docker image save` failed: {said}"):
        read([layer])


def test_a_compressed_layer_that_is_damaged_is_an_error(exports: Exports) -> None:
    """It is the export that is not whole, and what follows of it is not waited for."""
    damaged = gzip.compress(packed(file("a", os.urandom(MIB))), mtime=0)[: MIB // 2]
    exports(export([damaged, packed(file("core", bytes(8 * MIB)))], order=lambda names: names))

    with pytest.raises(EngineError, match=r"^`docker image save` failed: "):
        read([damaged])


def test_a_layer_in_a_form_that_nobody_reads_is_an_error(exports: Exports) -> None:
    """Such as one that is compressed otherwise."""
    exports(export([b"\x28\xb5\x2f\xfd" * 1000]))

    with pytest.raises(EngineError, match=r"^`docker image save` failed: "):
        read([b"\x28\xb5\x2f\xfd" * 1000])


@pytest.mark.parametrize("missing", [0, 1])
def test_a_layer_that_is_missing_is_an_error(missing: int, exports: Exports) -> None:
    """Nobody says of an image what was seen of its other layers."""
    layers = [packed(file("a")), packed(file("b"))]
    exports(export(layers, order=lambda names: [name for name in names if name != digest(layers[missing])]))

    with pytest.raises(EngineError, match=r"`docker image save` failed: it exports 1 of 2 layers"):
        read(layers)


def test_an_image_with_other_layers_than_it_should_have_is_an_error(exports: Exports) -> None:
    """The tag may have moved between two questions."""
    layer = packed(file("a"))
    exports(export([layer]))

    with pytest.raises(EngineError, match=r"it exports 1 of 2 layers"):
        read([layer], ids=["sha256:1", "sha256:2"])


def peak_of(layers: Sequence[bytes]) -> tuple[Contents, int]:
    """What a scan finds, and the most bytes that Python held while it ran."""
    tracemalloc.start()
    try:
        return read(layers), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_large_layer_takes_little_memory(exports: Exports, tmp_path: Path) -> None:
    """An image of gigabytes is read on a machine that has few."""
    size = 200 * MIB
    entry, _ = file("core")
    entry.size = size
    head = entry.tobuf(tarfile.GNU_FORMAT)
    after = packed(file("after", CANARY.encode()))
    blob, _ = file("blobs/sha256/0123456789abcdef")
    blob.size = len(head) + size + len(after)
    manifest = packed(file("manifest.json", b'[{"Layers": ["blobs/sha256/0123456789abcdef"]}]'))
    (tmp_path / "head").write_bytes(blob.tobuf(tarfile.GNU_FORMAT) + head)
    (tmp_path / "tail").write_bytes(after + bytes(-blob.size % 512) + manifest)
    exports(command=f"cat {tmp_path}/head; head -c {size} /dev/zero; cat {tmp_path}/tail")

    contents, peak = peak_of([b""])

    assert contents.own_bytes == size + len(CANARY)
    assert [place.what for place in contents.places] == ["/after"]
    assert peak < 64 * MIB


def test_a_layer_of_many_files_takes_little_memory(exports: Exports) -> None:
    """None of them is kept once it was looked at."""
    layer = file("srv/a")[0].tobuf(tarfile.GNU_FORMAT) * 10_000 + packed(file("srv/b"))
    exports(export([layer]))

    _, peak = peak_of([layer])

    assert peak < 5 * MIB
