"""The file system that layers add up to: what a container sees of it is told, and what a later layer hides is not."""

import re
import tarfile

import pytest

from tests.unit.exports import diff_ids, export, file, folder, link, packed
from tests.unit.scanned import CANARY, SETUID, Exports, read


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


def test_a_hard_link_to_a_setuid_file_is_one(exports: Exports) -> None:
    """Both names lead to root; a symbolic link's own mode says nothing."""
    layer = packed(
        file("bin/su", mode=SETUID),
        link("bin/also", "bin/su", SETUID),
        link("bin/soft", "su", SETUID, tarfile.SYMTYPE),
    )
    exports(export([layer, packed(file("bin/su", mode=0o755))]))

    assert read([layer, packed(file("bin/su", mode=0o755))]).setuid == ("/bin/also",)


def test_names_that_are_no_utf_8_are_shown_and_can_be_recorded(exports: Exports) -> None:
    """Their bytes are written out, in whatever is told of them."""
    name = b"srv/caf\xe9-su".decode(errors="surrogateescape")
    layer = packed(file(name, CANARY.encode(), SETUID), file("srv/grün"))
    exports(export([layer]))

    contents = read([layer], sought=re.compile("^/srv/"))

    assert contents.setuid == (r"/srv/caf\xe9-su",)
    assert contents.found == (r"/srv/caf\xe9-su", "/srv/grün")
    assert contents.places[0].what.encode() == rb"/srv/caf\xe9-su"
