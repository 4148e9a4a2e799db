"""Layers read from what the engine exports: all of them, in their order and in little memory, or an error."""

import gzip
import os
import re
import tarfile
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import pytest

from snippets.contract.observation import Contents, Layer
from snippets.errors import EngineError
from tests.unit.exports import diff_ids, digest, export, file, folder, link, packed
from tests.unit.scanned import CANARY, MIB, SETUID, Exports, read


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
