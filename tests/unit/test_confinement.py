"""How a container is confined, read from what its kernel tells."""

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from snippets.catalog import load
from snippets.catalog.snippet import COMPOSE, Kind
from snippets.contract.confinement import Bounds, all_confined, confined, loose, writable
from snippets.contract.observation import Done

if TYPE_CHECKING:
    from snippets.contract.subject import Stack

# As a container prints them that has a volume, a secret and a tmpfs, holds one capability and may gain none.
STATUS = """\
Name:	caddy
Umask:	0022
CapInh:	0000000000000000
CapEff:	0000000000000400
CapBnd:	0000000000000400
NoNewPrivs:	1
"""
MOUNTS = """\
1410 1379 0:115 / / ro,relatime master:412 - overlay overlay rw,lowerdir=/l/A:/l/B,upperdir=/u,workdir=/w
1411 1410 0:118 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw
1412 1410 0:119 / /dev rw,nosuid - tmpfs tmpfs rw,size=65536k,mode=755
1413 1412 0:120 / /dev/pts rw,nosuid,noexec,relatime - devpts devpts rw,gid=5,mode=620,ptmxmode=666
1417 1410 0:124 / /tmp rw,nosuid,nodev,noexec,relatime - tmpfs tmpfs rw
1418 1410 254:0 /volumes/certificates/_data /data rw,relatime master:1 - ext4 /dev/vda rw
1419 1410 254:0 /srv/app/caddy /etc/caddy ro,relatime - ext4 /dev/vda rw
1420 1410 254:0 /containers/9/hosts /etc/hosts ro,relatime - ext4 /dev/vda rw
"""
MEANT = Bounds(("/data", "/tmp"), ("NET_BIND_SERVICE",))  # noqa: S108 - of a container
DEFAULT = "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_RAW SETFCAP SETGID SETPCAP SETUID SYS_CHROOT"


@pytest.mark.parametrize(
    ("find", "replace", "faults"),
    [
        ("", "", []),
        ("/ / ro", "/ / rw", ["may write to its own files"]),
        ("/etc/caddy ro", "/etc/caddy rw", ["may write to /etc/caddy"]),
        ("/data rw", "/data ro", ["may not write to /data"]),
        ("NoNewPrivs:\t1", "NoNewPrivs:\t0", ["may gain rights"]),
        # What Docker leaves to a container that drops nothing.
        ("CapBnd:\t0000000000000400", "CapBnd:\t00000000a80425fb", [f"holds {DEFAULT}"]),
        ("CapBnd:\t0000000000000400", "CapBnd:\t0000000000000000", ["does not hold NET_BIND_SERVICE"]),
    ],
    ids=["as-meant", "root", "settings", "volume-read-only", "new-privileges", "docker's-own", "one-too-few"],
)
def test_a_container_that_is_otherwise_than_meant_is_told(find: str, replace: str, faults: list[str]) -> None:
    """Each line of it that says something else, and none where all is as it is meant to be."""
    assert list(loose((STATUS + MOUNTS).replace(find, replace, 1), MEANT)) == faults


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("1418 1410 254:0 /v /data rw,relatime master:1 shared:7 - ext4 /dev/vda rw", "/data"),
        ("1418 1410 254:0 /v /data ro,relatime - ext4 /dev/vda rw", ""),
        ("1418 1410 254:0 /v /device rw,relatime - ext4 /dev/vda rw", "/device"),
        ("1418 1410 0:119 / /dev/shm rw,nosuid - tmpfs shm rw", ""),
        ("CapBnd:\t0000000000000400", ""),
    ],
    ids=["volume", "read-only", "named-like-a-device", "kernel's", "no-mount"],
)
def test_a_mount_that_may_be_written_to_is_found(line: str, place: str) -> None:
    """By its own options: those behind the dash are of the file system, which others may write to."""
    assert writable(line) == place


def test_who_is_looser_is_named() -> None:
    """All of them are told where all are as meant; nobody at all proves nothing."""
    good = STATUS + MOUNTS

    kept = confined({"caddy": good, "web": good}, {"caddy": MEANT, "web": MEANT})
    broken = confined({"caddy": good, "web": good.replace("/ / ro", "/ / rw", 1)}, {"caddy": MEANT, "web": MEANT})

    assert (kept.kept, broken.kept, confined({}, {}).kept) == (True, False, False)
    assert kept.seen.startswith(
        "2 containers write to 4 mounts and to nothing else, and may gain no rights; caddy holds"
    )
    assert broken.seen == "web may write to its own files"


@pytest.mark.parametrize(
    ("up", "seen"),
    [
        ("caddy\nweb\n", ""),
        ("caddy\ncache\nweb\n", "up or stated, and not both: cache"),
        ("caddy\n", "up or stated, and not both: web"),
    ],
    ids=["as-stated", "one-more", "one-less"],
)
def test_of_a_project_nobody_is_left_out(up: str, seen: str) -> None:
    """A service that somebody adds is confined as well, or this is broken."""

    def done(*_: object, **__: object) -> Done:
        return Done(status=0, stdout=STATUS + MOUNTS, stderr="", took_s=0.1)

    stack = SimpleNamespace(compose=lambda _: Done(status=0, stdout=up, stderr="", took_s=0.1), run=done)

    judgement = all_confined(cast("Stack", stack), {"caddy": MEANT, "web": MEANT})

    assert judgement.kept == (not seen)
    assert judgement.seen.startswith(seen)


def test_each_project_is_held_to_what_its_file_says() -> None:
    """A compose file that nobody looks at in this way may lose a line of it, and nothing notices."""
    compose = [snippet for snippet in load().snippets.values() if snippet.kind is Kind.COMPOSE]
    projects = [snippet for snippet in compose if snippet.root in snippet.sources[COMPOSE].path.parents]

    assert [project.name for project in projects if "every-container-is-confined" not in project.rehearsals] == []
    assert len(projects) > 1
