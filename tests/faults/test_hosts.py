"""A host: it boots, it is reached, its power is cut, it comes up again from a snapshot, and nothing of it is left."""

import time

import pytest

from snippets.engine.docker import docker, try_docker
from snippets.engine.engine import Engine
from snippets.engine.run import LABEL
from snippets.engine.subjects import host as host_module
from snippets.engine.subjects.host import Host, cut, network, rented
from snippets.engine.subjects.make import CONTAINER
from snippets.errors import ContainerError, NotReadyError


@pytest.mark.machine
def test_a_host_is_a_system(web: Host) -> None:
    """It has its own processes, keys that nobody else has, and Python, which a playbook needs."""
    assert web.run("cat /proc/1/comm").stdout == "systemd\n"
    assert web.run("systemctl is-active ssh.service").stdout == "active\n"
    assert web.run("python3 --version").stdout.startswith("Python 3.13")
    assert web.run("ls /etc/ssh/ssh_host_ed25519_key.pub").status == 0


def test_a_command_that_fails_is_told_with_its_last_words(web: Host) -> None:
    """Its status, what it printed, and on which host."""
    with pytest.raises(ContainerError, match=r"web: `echo canary >&2; exit 3` exits 3; its last lines:\ncanary"):
        web.run("echo canary >&2; exit 3")
    assert web.run("exit 3", check=False).status == 3


def test_what_the_host_s_own_engine_says_is_no_fault_of_ours(web: Host) -> None:
    """A host has an engine too, which fails in the same words: they are the command's, and not an engine's fault."""
    with pytest.raises(ContainerError, match="exits 1; its last lines:\nCannot connect to the Docker daemon"):
        web.run("echo Cannot connect to the Docker daemon >&2; exit 1")


def test_a_command_without_an_end_is_its_author_s_fault(web: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told with what it printed."""
    monkeypatch.setattr(host_module, "COMMAND_S", 2.0)
    with pytest.raises(ContainerError, match=r"its last lines:\ncanary\s+no end within 2 s"):
        web.run("echo canary; sleep 60")


def test_a_host_that_has_ended_is_told_at_once(engine: Engine, internet: str) -> None:
    """Whatever is asked of it, and while it is waited for."""
    with rented("web", [internet], engine.run) as host:
        host.kill()
        with pytest.raises(ContainerError, match="it has ended"):
            host.run("true")
        started = time.monotonic()
        with pytest.raises(NotReadyError, match="web does not boot: it has ended"):
            host.await_boot()
        assert time.monotonic() - started < host_module.BOOT_S / 2


@pytest.mark.machine
def test_two_hosts_reach_each_other_by_name_and_by_both_versions(web: Host, engine: Engine, internet: str) -> None:
    """And their keys differ."""
    with rented("store", [internet], engine.run) as store:
        for address in ("web", web.address(internet), web.address(internet, version=6)):
            assert address
            assert "OpenSSH" in store.run(f"timeout 5 bash -c 'exec 3<>/dev/tcp/{address}/22; head -1 <&3'").stdout
        key = "cat /etc/ssh/ssh_host_ed25519_key.pub"
        assert store.run(key).stdout != web.run(key).stdout


@pytest.mark.machine
def test_what_was_on_its_disks_is_there_after_its_power_was_cut(engine: Engine, internet: str) -> None:
    """On the root and on each volume, attributes included; what was in memory is not. Two may come of one snapshot."""
    with rented("web", [internet], engine.run) as host:
        # On a machine all that is one file.
        paths = ("/srv", *(host.disks if host.make is CONTAINER else ()))
        for path in paths:
            # A machine loses what its kernel has not yet written.
            host.run(f"echo kept > {path}/file && chmod 0640 {path}/file && chown daemon {path}/file && sync")
        host.run("echo lost > /run/file")
        snapshot = cut(host)
        with pytest.raises(ContainerError):
            host.run("true")
    for _ in range(2):
        with rented("web", [internet], engine.run, snapshot) as again:
            for path in paths:
                assert again.run(f"stat --format='%U %a' {path}/file && cat {path}/file").stdout == "daemon 640\nkept\n"
                again.run(f"rm {path}/file")
            assert again.run("ls /run/file", check=False).status != 0


def test_a_unit_that_fails_at_boot_is_named(engine: Engine, internet: str) -> None:
    """A host on which something is broken is not taken for one that is up."""
    with rented("web", [internet], engine.run) as host:
        unit = "[Service]\\nType=oneshot\\nExecStart=/bin/false\\n[Install]\\nWantedBy=multi-user.target\\n"
        host.run(f"printf '{unit}' > /etc/systemd/system/canary.service && systemctl enable canary.service")
        host.stop()
        with pytest.raises(NotReadyError, match=r"web does not boot: it is degraded; its last lines:\ncanary.service"):
            host.start()


def test_nothing_is_left_of_a_host(engine: Engine) -> None:
    """No container, no network, no volume; others of this run may come and go meanwhile."""
    with network(engine.run, "internet") as internet, rented("web", [internet], engine.run) as host:
        snapshot = cut(host)
        made = {"container": [host.id], "network": [internet], "volume": [*host.disks.values()]}
        for kind, names in made.items():
            assert docker(kind, "inspect", "--format={{.Name}}", *names)
        labels = docker("volume", "inspect", f'--format={{{{index .Labels "{LABEL}"}}}}', *snapshot.disks.values())
        # What a snapshot holds stays for as long as the run, and is swept with it.
        assert labels == [engine.run.key] * len(snapshot.disks)
    for kind, names in made.items():
        for name in names:
            assert try_docker(kind, "inspect", "--format={{.Name}}", name) == []
