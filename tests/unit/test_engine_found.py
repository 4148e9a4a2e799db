"""Which engine a command gets: one that answers, or else one that may be started or installed, or none and why."""

import socket
from collections.abc import Mapping

import pytest

from snippets.engine.daemon.endpoint import Endpoint
from snippets.engine.daemon.session import USAGE, Machine
from tests.unit.fake_machine import Fake, ended


def test_an_engine_that_answers_is_used_and_left_alone(fake: Fake) -> None:
    """Where somebody else's engine answers, the command takes the process over and nothing is started or stopped."""
    (fake.folder / "up").touch()

    status, output, errors = ended(fake.start("sh", "-c", "echo $$; exit 5"))

    assert (status, errors) == (5, "")
    assert int(output) == fake.running[0].pid
    assert fake.up
    assert fake.starts() == []


def test_the_current_context_is_resolved(fake: Fake) -> None:
    """Docker's Python SDK ignores contexts, so their endpoint and certificates become variables."""
    (fake.folder / "context.json").write_text(
        '[{"Endpoints": {"docker": {"Host": "tcp://build.example:2376", "SkipTLSVerify": false}},'
        ' "TLSMaterial": {"docker": ["ca.pem"]}, "Storage": {"TLSPath": "/home/me/tls"}}]'
    )
    environment = {name: value for name, value in fake.environment.items() if name != "DOCKER_HOST"}

    endpoint = Endpoint.current(environment)

    assert endpoint.host == "tcp://build.example:2376"
    assert endpoint.socket is None
    assert endpoint.environment["DOCKER_CERT_PATH"] == "/home/me/tls/docker"
    assert endpoint.environment["DOCKER_TLS_VERIFY"] == "1"


def test_without_the_program_the_usual_socket_is_meant(fake: Fake) -> None:
    """Where there is no `docker` to ask for a context, the default stands."""
    (fake.folder / "bin/docker").unlink()
    environment = {"PATH": str(fake.folder / "bin")}

    assert Endpoint.current(environment).host == "unix:///var/run/docker.sock"


def test_a_remote_engine_is_never_replaced(fake: Fake) -> None:
    """DOCKER_HOST names another machine that is silent: an error, whatever may be installed here."""
    status, _, errors = ended(fake.start("true", DOCKER_HOST="tcp://127.0.0.1:1", HANDBOOK_INSTALL_ENGINE="1"))

    assert status == 1
    assert "no container engine answers (nothing at tcp://127.0.0.1:1)" in errors
    assert fake.starts() == []


def test_something_else_at_the_socket_is_not_pushed_aside(fake: Fake) -> None:
    """A daemon would take the socket from whatever listens there."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(fake.folder / "docker.sock"))
        listener.listen()
        status, _, errors = ended(fake.start("true"))

    assert status == 1
    assert f"something listens at unix://{fake.folder}/docker.sock and does not answer as a container engine" in errors
    assert fake.starts() == []


def test_an_old_buildx_is_refused(fake: Fake) -> None:
    """Builds need --build-context; its absence is said before the command runs."""
    (fake.folder / "up").touch()
    (fake.folder / "buildx").write_text("v0.7.1")

    status, output, errors = ended(fake.start("echo", "ran"))

    assert (status, output) == (1, "")
    assert "its command line lacks docker buildx 0.8 or newer." in errors
    assert "apt-get install docker-buildx docker-compose" in errors


def test_without_permission_nothing_is_started_or_installed(fake: Fake) -> None:
    """HANDBOOK_INSTALL_ENGINE=0 refuses, says what to do, and shows no traceback."""
    status, output, errors = ended(fake.start("true", HANDBOOK_INSTALL_ENGINE="0", CI="true"))

    assert (status, output) == (1, "")
    assert errors == (
        f"engine: no container engine answers (nothing at unix://{fake.folder}/docker.sock, and "
        "HANDBOOK_INSTALL_ENGINE=0 forbids one).\n"
        "Start one (`sudo systemctl start docker`), name one in DOCKER_HOST, or, as root on Debian or Ubuntu, "
        "run this command again with HANDBOOK_INSTALL_ENGINE=1.\n"
    )
    assert fake.starts() == []


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "and nobody allowed to install one)"),
        ({"CI": "false"}, "and nobody allowed to install one)"),
        ({"CI": "true"}, "nothing may be installed here"),
        ({"HANDBOOK_INSTALL_ENGINE": "1"}, "nothing may be installed here"),
    ],
)
def test_packages_need_a_permission(fake: Fake, environment: Mapping[str, str], said: str) -> None:
    """Without a terminal, only CI or HANDBOOK_INSTALL_ENGINE=1 lets it install; apt's own words are shown."""
    (fake.folder / "bin/dockerd").unlink()

    status, _, errors = ended(fake.start("true", **environment))

    assert status == 1
    assert said in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    ("environment", "allowed"),
    [({}, None), ({"CI": "1"}, True), ({"CI": ""}, None), ({"CI": "1", "HANDBOOK_INSTALL_ENGINE": "0"}, False)],
)
def test_what_is_allowed(environment: Mapping[str, str], allowed: bool | None) -> None:  # noqa: FBT001 - a row's value
    """An explicit answer goes before CI; no answer is neither yes nor no."""
    assert Machine(root=True, terminal=False, environment=environment).allowed is allowed


def test_another_family_is_told_so(fake: Fake) -> None:
    """Where apt does not rule, nothing is tried."""
    (fake.folder / "bin/dockerd").unlink()
    (fake.folder / "files/etc/os-release").write_text('ID=fedora\nPRETTY_NAME="Fedora 44"\n')

    _, _, errors = ended(fake.start("true", HANDBOOK_INSTALL_ENGINE="1"))

    assert "and Fedora 44 is not of the Debian family)" in errors


def test_no_command_is_a_usage_error(fake: Fake) -> None:
    """Nothing is looked for and nothing started."""
    status, _, errors = ended(fake.start())

    assert (status, errors) == (2, f"{USAGE}\n")
