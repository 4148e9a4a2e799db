"""What is installed where: an apt that is a few lines here, on machines that are folders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from snippets.engine.daemon.install import System, install
from snippets.errors import EngineError

DEBIAN_12 = 'ID=debian\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_CODENAME=bookworm\n'
BOOKWORM = {"docker.io": "20.10.24+dfsg1-1+deb12u1", "docker-compose": "1.29.2-3", "mmdebstrap": "1.3.5-7"}
TRIXIE = {
    "docker.io": "26.1.5+dfsg1-9",
    "docker-cli": "26.1.5+dfsg1-9",
    "docker-buildx": "0.13.1+ds1-3",
    "docker-compose": "2.26.1-4",
    "mmdebstrap": "1.5.7-1",
}
ALONGSIDE = "ca-certificates curl debian-archive-keyring mmdebstrap openssl procps"
NOBLE = {"docker.io": "28.2.2-0ubuntu1", "docker-buildx": "0.21.3-0ubuntu1", "docker-compose-v2": "2.37.1+ds1-0ubuntu2"}


@dataclass(kw_only=True)
class Apt:
    """A package manager that remembers what it was told; it finds `candidates` and has `installed`."""

    candidates: Mapping[str, str]
    installed: Mapping[str, str] = field(default_factory=dict)
    failing: str = ""
    commands: list[str] = field(default_factory=list)

    def __call__(self, command: Sequence[str]) -> tuple[int, str]:
        """Answer one command."""
        if command[0] == "apt-cache":
            return 0, "\n".join(self._policy(name) for name in command[2:] if name in self.candidates)
        words = " ".join(word for word in command if not word.startswith("--"))
        self.commands.append(words)
        if self.failing and self.failing in words:
            return 100, "Reading package lists...\nE: Unable to locate package docker.io\n"
        return 0, ""

    def _policy(self, name: str) -> str:
        had, candidate = self.installed.get(name, "(none)"), self.candidates[name]
        return f"{name}:\n  Installed: {had}\n  Candidate: {candidate}\n  Version table:\n     {candidate} 500"


def machine(folder: Path, release: str, sources: Mapping[str, str]) -> System:
    """A system in a folder."""
    for path, text in {"etc/os-release": release, **sources}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return System.read(folder)


def test_debian_13_takes_its_own_suite(tmp_path: Path) -> None:
    """Nothing is written below /etc/apt where the system's own packages are new enough."""
    release = 'ID=debian\nPRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nVERSION_CODENAME=trixie\n'
    apt, said = Apt(candidates=TRIXIE, installed={"mmdebstrap": "1.5.7-1"}), list[str]()

    install(machine(tmp_path, release, {}), apt, said.append)

    assert apt.commands == [
        "apt-get update",
        f"apt-get install docker.io docker-cli docker-buildx docker-compose {ALONGSIDE}",
    ]
    assert [path.name for path in (tmp_path / "etc").iterdir()] == ["os-release"]
    undo = "  apt-get purge --autoremove docker.io docker-cli docker-buildx docker-compose ca-certificates"
    assert f"{undo} curl debian-archive-keyring openssl procps" in said


def test_ubuntu_has_its_own_names(tmp_path: Path) -> None:
    """The command line is in docker.io there, and compose has another name."""
    system = machine(tmp_path, 'ID=ubuntu\nID_LIKE=debian\nPRETTY_NAME="Ubuntu 24.04"\nVERSION_CODENAME=noble\n', {})
    apt = Apt(candidates=NOBLE)

    install(system, apt, list[str]().append)

    assert system.debian
    assert apt.commands[-1].startswith("apt-get install docker.io docker-buildx docker-compose-v2 ca-certificates")


SOURCES = {
    "one line": (
        {"etc/apt/sources.list": "deb [arch=amd64 signed-by=/etc/k.gpg] http://mirror.example/d bookworm main\n"},
        "http://mirror.example/d",
        "/etc/k.gpg",
    ),
    "one line, no key": (
        {"etc/apt/sources.list.d/a.list": "deb-src http://s.example bookworm\ndeb http://a.example/d bookworm main\n"},
        "http://a.example/d",
        "/usr/share/keyrings/debian-archive-keyring.gpg",
    ),
    "deb822": (
        {
            "etc/apt/sources.list.d/debian.sources": (
                "Types: deb\nURIs: http://security.example/\nSuites: bookworm-security\n\n"
                "Enabled: no\nTypes: deb\nURIs: http://off.example/\nSuites: bookworm\n\n"
                "Types: deb deb-src\n# a note\nURIs: mirror+file:/etc/apt/mirrors/debian.list\n"
                "Suites: bookworm bookworm-updates\nComponents: main\nSigned-By: /etc/k.gpg\n"
            )
        },
        "mirror+file:/etc/apt/mirrors/debian.list",
        "/etc/k.gpg",
    ),
}


@pytest.mark.parametrize("form", SOURCES)
def test_debian_12_takes_the_engine_from_the_next_release(tmp_path: Path, form: str) -> None:
    """Its own is too old: the machine's own mirror is asked for trixie, pinned low, and undoing it is said."""
    sources, mirror, key = SOURCES[form]
    apt, said = Apt(candidates=BOOKWORM), list[str]()

    install(machine(tmp_path, DEBIAN_12, sources), apt, said.append)

    written = tmp_path / "etc/apt/sources.list.d/handbook-engine.sources"
    pins = tmp_path / "etc/apt/preferences.d/handbook-engine"
    assert written.read_text() == f"Types: deb\nURIs: {mirror}\nSuites: trixie\nComponents: main\nSigned-By: {key}\n"
    assert "Package: *\nPin: release n=trixie\nPin-Priority: 50\n" in pins.read_text()
    assert apt.commands == [
        "apt-get update",
        "apt-get update",
        f"apt-get install docker.io/trixie docker-cli/trixie docker-buildx/trixie docker-compose/trixie {ALONGSIDE}",
    ]
    assert f"  rm {pins} {written} && apt-get update" in said


def test_a_machine_that_sees_trixie_keeps_its_own_files(tmp_path: Path) -> None:
    """A second source of the same suite would only warn; its owner's pins stay as they are."""
    line = "deb http://mirror.example/debian bookworm main\ndeb http://mirror.example/debian trixie main\n"
    apt, said = Apt(candidates=BOOKWORM), list[str]()

    install(machine(tmp_path, DEBIAN_12, {"etc/apt/sources.list": line}), apt, said.append)

    assert not (tmp_path / "etc/apt/sources.list.d").exists()
    assert "docker.io/trixie" in apt.commands[-1]
    assert not any(line.startswith("  rm ") and "apt" in line for line in said)


def test_apparmor_comes_along_where_the_kernel_enforces_it(tmp_path: Path) -> None:
    """Containers do not start there without its parser."""
    files = {"sys/module/apparmor/parameters/enabled": "Y\n"}
    apt = Apt(candidates=TRIXIE)

    install(machine(tmp_path, "ID=debian\n", files), apt, list[str]().append)

    assert apt.commands[-1].endswith(" apparmor")


def test_an_old_relative_is_sent_to_docker_itself(tmp_path: Path) -> None:
    """A derivative without a new enough engine, whose mirror is not Debian's, is told what it has."""
    system = machine(
        tmp_path, 'ID=raspbian\nID_LIKE="debian"\nPRETTY_NAME="Raspbian 12"\nVERSION_CODENAME=bookworm\n', {}
    )

    with pytest.raises(EngineError) as refusal:
        install(system, Apt(candidates=BOOKWORM), list[str]().append)

    assert str(refusal.value) == (
        "the packages of Raspbian 12 hold no engine that is new enough (docker.io 20.10.24+dfsg1-1+deb12u1, "
        "docker-compose 1.29.2-3).\n"
        "Install one as https://docs.docker.com/engine/install/ says, and run again."
    )


def test_a_failed_installation_is_quoted_and_still_undoable(tmp_path: Path) -> None:
    """The last lines of apt are in the error, and what was written until then is named."""
    sources = {"etc/apt/sources.list": "deb http://mirror.example/debian bookworm main\n"}
    said: list[str] = []

    with pytest.raises(EngineError, match=r"E: Unable to locate package docker\.io"):
        install(machine(tmp_path, DEBIAN_12, sources), Apt(candidates=BOOKWORM, failing="install"), said.append)

    assert any("handbook-engine.sources" in line and line.startswith("  rm ") for line in said)


def test_debian_12_without_a_mirror_is_an_error(tmp_path: Path) -> None:
    """No mirror is made up."""
    with pytest.raises(EngineError, match="no source below /etc/apt names bookworm, so there is no mirror"):
        install(machine(tmp_path, DEBIAN_12, {}), Apt(candidates=BOOKWORM), list[str]().append)


@pytest.mark.parametrize(
    ("release", "debian"), [("ID=fedora\n", False), ("", False), ("ID=mint\nID_LIKE=ubuntu\n", True)]
)
def test_the_family_is_read_from_os_release(tmp_path: Path, release: str, debian: bool) -> None:  # noqa: FBT001 - a row's value
    """ID or one of ID_LIKE."""
    assert machine(tmp_path, release, {}).debian is debian
