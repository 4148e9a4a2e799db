"""Who stands around a host: whoever deploys to it, and the authority that signs its certificate."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from snippets.catalog.snippet import OPERATOR
from snippets.engine.bases.ground import image_of
from snippets.engine.docker import docker
from snippets.engine.engine import Engine
from snippets.engine.subjects.alerts import alerts
from snippets.engine.subjects.authority import authority
from snippets.engine.subjects.host import Host
from snippets.engine.subjects.operator import Operator, operator
from snippets.engine.subjects.registry import HUB, NAME, registry, stocked
from snippets.engine.subjects.waiting import awaited
from snippets.errors import EngineError


@pytest.fixture(scope="module")
def somebody(engine: Engine, internet: str, web: Host, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """Who has a clone with an inventory, and a key that the host knows."""
    clone = tmp_path_factory.mktemp("clone")
    (clone / "inventory.ini").write_text("web ansible_user=root\n")
    with operator([internet], engine.run, clone) as made:
        made.meets(web)
        made.knows(web)
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
    somebody.meets(web)
    somebody.knows(web)
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


def test_an_authority_that_has_signed_too_much_says_so(engine: Engine, internet: str, web: Host) -> None:
    """Orders are refused with 429, and nothing else is."""
    with authority(internet, engine.run) as acme:
        order = acme.directory.replace("/dir", "/order-plz")
        asked = "curl --silent --insecure --output /dev/null --write-out '%{http_code}' "
        assert web.run(f"{asked} --data '' {order}").stdout != "429"
        acme.refuse()
        assert web.run(f"{asked} --data '' {order}").stdout == "429"
        assert web.run(f"{asked} {acme.directory}").stdout == "200"


def test_one_authority_takes_the_place_of_another(engine: Engine, internet: str, web: Host) -> None:
    """Under the same name another one answers, and afterwards the first does as before."""
    asked = "curl --silent --show-error --max-time 5 --output /dev/null --cacert /root/{}.pem {}"
    with authority(internet, engine.run) as usual:
        web.run(f"cat > /root/usual.pem <<'END'\n{usual.own_root()}END")
        with usual.away(internet), authority(internet, engine.run, 60.0) as other:
            web.run(f"cat > /root/other.pem <<'END'\n{other.own_root()}END")
            assert web.run(asked.format("other", other.directory)).status == 0
            assert web.run(asked.format("usual", other.directory), check=False).status != 0
        assert web.run(asked.format("usual", usual.directory)).status == 0


def test_what_somebody_is_told_is_kept_in_its_order(engine: Engine, internet: str, web: Host) -> None:
    """Byte for byte, on several lines as well."""
    with alerts(internet, engine.run) as place:
        assert place.told() == ()
        for body in ("down\nsince noon", '"up"'):
            web.run(f"curl --silent --show-error --fail --data-binary '{body}' {place.address}")
        assert place.told() == ("down\nsince noon", '"up"')


def test_a_registry_has_what_it_was_given_by_its_digest(engine: Engine, internet: str, web: Host) -> None:
    """Under its own name and the public one, to whoever believes its root; another digest it does not have."""
    image = image_of(OPERATOR, engine.run)
    stock = stocked({"app": image, "library/web:2": image}, engine.run)
    assert stock == stocked({"library/web:2": image, "app": image}, engine.run)
    with registry(internet, engine.run, stock) as made:
        web.run(f"cat > /root/registry.pem <<'END'\n{made.root()}END")
        asked = "curl --silent --show-error --head --cacert /root/registry.pem https://{}/v2/{}/manifests/{}"
        accepts = " --header 'Accept: application/vnd.docker.distribution.manifest.v2+json'"
        name, digest = made.reference("app").split("@")
        assert (name, digest) == (f"{NAME}/app", stock.digests["app"])
        assert made.references == (f"{NAME}/app@{digest}", "web:2")
        assert " 200 " in web.run(asked.format(NAME, "app", digest) + accepts).stdout
        assert " 200 " in web.run(asked.format(HUB, "library/web", "2") + accepts).stdout
        assert " 404 " in web.run(asked.format(NAME, "app", f"sha256:{'0' * 64}") + accepts).stdout
        assert "certificate" in web.run(f"curl --silent --show-error https://{NAME}/v2/", check=False).stderr


def test_a_registry_is_not_given_what_is_not_there(engine: Engine) -> None:
    """That is no fault of a host which later looks for it."""
    with pytest.raises(EngineError, match="No such image"):
        stocked({"app": "handbook.local/canary:none"}, engine.run)


def test_whoever_deploys_is_cut_off_in_the_middle(somebody: Operator) -> None:
    """What it did ends, its files stay, and it goes on as before."""
    somebody.run("touch ~/kept")
    with ThreadPoolExecutor(1) as aside:
        busy = aside.submit(somebody.run, "touch ~/begun; sleep 300")
        assert awaited(lambda: somebody.run("test -e ~/begun").status == 0, 30.0, refuse=lambda: None) is not None
        somebody.cut()
        assert busy.exception(timeout=60) is not None or busy.result().status != 0
    assert somebody.run("ls ~/kept").status == 0
