"""Who stands around a host: whoever deploys to it, and the authority that signs its certificate."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from snippets.engine.bases.ground import image_of
from snippets.engine.docker import docker
from snippets.engine.engine import Engine
from snippets.engine.subjects.authority import authority
from snippets.engine.subjects.host import Host
from snippets.engine.subjects.operator import Operator, operator


@pytest.fixture(scope="module")
def somebody(engine: Engine, internet: str, web: Host, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """Who has a clone with an inventory, and a key that the host knows."""
    clone = tmp_path_factory.mktemp("clone")
    (clone / "inventory.ini").write_text("web ansible_user=root\n")
    with operator([internet], engine.run, clone) as made:
        made.meets(web)
        yield made


def test_whoever_deploys_gets_in_by_key_and_by_nothing_else(somebody: Operator) -> None:
    """Ansible reaches it as a reader's would, in the clone, with no terminal; nobody is asked for a password."""
    done = somebody.run("ansible --inventory inventory.ini web --module-name ansible.builtin.ping")
    assert (done.status, '"ping": "pong"' in done.stdout) == (0, True), done.stdout
    without = somebody.run("ssh -o IdentitiesOnly=yes -i /dev/null root@web true")
    assert (without.status, "Permission denied" in without.stdout) == (255, True)
    assert somebody.run("tty").status != 0
    assert somebody.run("env | grep -c -e ^SSH_ -e ^AWS_ -e KUBECONFIG || true").stdout == "0\n"


def test_a_host_whose_key_is_not_the_one_that_was_told_is_refused(somebody: Operator, web: Host) -> None:
    """As it is when somebody else answers in its place; once it is forgotten and met again, it is let in."""
    web.run("rm /etc/ssh/ssh_host_* && ssh-keygen -A && systemctl restart ssh")
    refused = somebody.run("ssh root@web true")
    assert (refused.status, "Host key verification failed" in refused.stdout) == (255, True)
    somebody.forgets(web)
    somebody.meets(web)
    assert somebody.run("ssh root@web hostname").stdout == "web\n"


def test_an_authority_is_believed_by_its_own_root(engine: Engine, internet: str, web: Host) -> None:
    """Its address has a certificate that this root verifies and no other does; what it signs has another root."""
    with authority(internet, engine.run) as acme:
        web.run(f"cat > /root/acme.pem <<'END'\n{acme.own_root()}END")
        asked = f"curl --silent --show-error --cacert /root/acme.pem {acme.directory}"
        assert '"newOrder"' in web.run(asked).stdout
        stranger = web.run(f"curl --silent --show-error {acme.directory}", check=False)
        assert "certificate" in stranger.stderr
        assert "BEGIN CERTIFICATE" in acme.root() != acme.own_root()
        assert acme.issued() == 0
        acme.pause()
        assert web.run(f"{asked} --max-time 2", check=False).status != 0
        acme.resume()
        assert web.run(asked).status == 0


CADDYFILE = """
{
    acme_ca https://acme.test:14000/dir
    acme_ca_root /etc/caddy/acme.pem
}
site.test {
    respond "signed"
}
"""


def test_an_authority_signs_once_it_has_looked(engine: Engine, internet: str, web: Host, tmp_path: Path) -> None:
    """A proxy orders a certificate, is looked at by its name, and shows what the root verifies: one order."""
    image = image_of("caddy:2", engine.run)
    label = [f"--label={key}={value}" for key, value in engine.run.labels.items()]
    with authority(internet, engine.run) as acme:
        (tmp_path / "Caddyfile").write_text(CADDYFILE)
        (tmp_path / "acme.pem").write_text(acme.own_root())
        mounted = [f"--network={internet}", "--network-alias=site.test", f"--volume={tmp_path}:/etc/caddy:ro"]
        (proxy,) = docker("run", "--detach", *label, *mounted, image)
        try:
            web.run(f"cat > /root/root.pem <<'END'\n{acme.root()}END")
            asked = "curl --silent --show-error --max-time 2 --cacert /root/root.pem https://site.test"
            assert web.await_(lambda: web.run(asked, check=False).stdout == "signed", 60.0), docker("logs", proxy)
            assert acme.issued() == 1
        finally:
            docker("rm", "--force", "--volumes", proxy)
