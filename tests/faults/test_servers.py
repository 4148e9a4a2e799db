"""Hosts that somebody deploys to: what arrives, what a neighbour is answered, and the same again for a second look."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from snippets.contract.servers import NEIGHBOUR
from snippets.engine.engine import Engine
from snippets.engine.subjects.internet import bare_internet
from snippets.engine.subjects.servers import Servers, hosted
from snippets.errors import ContainerError, NotReadyError

ARRIVE = "ssh root@site.example.org 'echo arrived > /srv/state'"
SERVE = "systemd-run --quiet --unit site python3 -m http.server --directory /srv 80"


@pytest.fixture(scope="module")
def servers(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """One host, to which nobody has deployed yet."""
    clone = tmp_path_factory.mktemp("clone")
    (clone / "file").write_text("of the clone\n")
    verbs = {"arrive": ["cat file", ARRIVE]}
    with bare_internet(engine.run) as around, hosted(["site.example.org"], verbs, clone, around) as made:
        yield made


def test_who_deploys_has_the_clone_and_a_key(servers: Servers) -> None:
    """Its commands run there, in their order, and the host has what they brought."""
    servers.run("rm -f /srv/state", on="site.example.org")
    assert servers.arrive().status == 0
    assert servers.run("cat file").stdout == "of the clone\n"
    assert servers.run("cat /srv/state", on="site.example.org").stdout == "arrived\n"


def test_what_was_done_since_is_gone_at_a_second_look(servers: Servers) -> None:
    """It is again as when somebody had just deployed, the key of whoever did included."""
    servers.arrive()
    servers.keep()
    servers.run("rm /srv/state && touch /srv/later", on="site.example.org")

    again = servers.renewed()

    assert again.run("ls /srv", on="site.example.org").stdout == "state\n"
    assert again.run("ssh root@site.example.org hostname").stdout == "site.example.org\n"


def test_a_block_that_breaks_off_leaves_the_hosts_as_deployed(servers: Servers) -> None:
    """Whoever looks next finds what had arrived, and not what the block began with."""
    servers.arrive()
    servers.keep()
    with pytest.raises(ContainerError, match="canary"), servers.begun():
        servers.run("ls /srv/state || { echo canary >&2; exit 1; }", on="site.example.org")

    assert servers.run("cat /srv/state", on="site.example.org").stdout == "arrived\n"


def test_what_somebody_left_is_gone_on_with(servers: Servers, engine: Engine, tmp_path: Path) -> None:
    """Their hosts, and what they had made where they deployed from; of two files of one name, the one that came now."""
    servers.arrive()
    servers.run("echo of before > file; echo made > made")
    (home := tmp_path / "home").mkdir()
    left = servers.hand_over(home)
    (clone := tmp_path / "clone").mkdir()
    (clone / "file").write_text("of now\n")

    names, verbs = ["site.example.org", "store.example.org"], {"arrive": ["cat file"]}
    with bare_internet(engine.run) as around, hosted(names, verbs, clone, around) as others:
        others.take_over(left)

        assert others.run("cat file made").stdout == "of now\nmade\n"
        assert others.run("ssh root@site.example.org cat /srv/state").stdout == "arrived\n"
        assert others.run("ssh root@store.example.org ls /srv").stdout == ""
        assert others.run("ls /srv", on="site.example.org").stdout == "state\n"
    # Whoever is asked next finds them up.
    servers.start("site.example.org")


def test_a_host_that_is_lost_is_another_one(servers: Servers) -> None:
    """It has the name, holds nothing, and lets in who deploys; a second look finds the one that was kept."""
    servers.arrive()
    servers.keep()

    servers.lose("site.example.org")

    assert servers.run("ls /srv", on="site.example.org").stdout == ""
    assert servers.arrive().status == 0
    assert servers.run("cat /srv/state", on="site.example.org").stdout == "arrived\n"
    assert servers.renewed().run("ls /srv", on="site.example.org").stdout == "state\n"


def test_what_has_no_command_is_neither_backed_up_nor_restored(servers: Servers) -> None:
    """And it is told so."""
    for ask, name in ((servers.backup, "backup"), (servers.restore, "restore")):
        with pytest.raises(ContainerError, match=f"no command is called {name}"):
            ask()


def test_a_neighbour_is_answered_by_name(servers: Servers) -> None:
    """Status, headers and body; where nobody answers, that is told."""
    servers.run(f"echo arrived > /srv/state && {SERVE}", on="site.example.org")
    servers.run("timeout 10 bash -c 'until curl -fs localhost:80; do sleep 0.1; done'", on="site.example.org")
    there = servers.get("http://site.example.org/state", headers={"X-Canary": "a b"})
    absent = servers.get("http://site.example.org/canary")

    assert (there.status, there.body, there.headers["content-length"]) == (200, b"arrived\n", "8")
    assert absent.status == 404
    with pytest.raises(ContainerError, match="Failed to connect"):
        servers.get("http://site.example.org:81/")
    assert servers.run("id --user", on=NEIGHBOUR).stdout == "0\n"


def test_a_command_that_fails_is_why_it_does_not_arrive(engine: Engine, tmp_path: Path) -> None:
    """The first that does, with its last words; those after it are not run."""
    failing = ["true", "echo canary >&2; exit 3", "touch /tmp/later"]
    with bare_internet(engine.run) as around, hosted(["site"], {"arrive": failing}, tmp_path, around) as made:
        with pytest.raises(NotReadyError, match=r"`echo canary >&2; exit 3` exits 3; its last lines:\ncanary"):
            made.arrive()
        assert made.run("ls /tmp/later", check=False).status != 0
