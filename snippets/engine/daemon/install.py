"""A Debian-family machine without an engine -> one with it, from the distribution's own packages."""

import os
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path

from ...errors import EngineError
from ..command import bounded

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
SOURCES = "etc/apt/sources.list.d/handbook-engine.sources"
PINS = "etc/apt/preferences.d/handbook-engine"
# Debian 12 has docker.io 20.10, no buildx, and a compose from before version 2.
OLD, NEW = "bookworm", "trixie"
PINNED = f"""\
# Nothing comes from {NEW} unless it is asked for by name.
Package: *
Pin: release n={NEW}
Pin-Priority: 50
"""
# The lowest versions with BuildKit by default, with --build-context, and with `docker compose` as a plugin.
ENGINE, BUILDX, COMPOSE = ("docker.io", 23), ("docker-buildx", 0), (("docker-compose-v2", 2), ("docker-compose", 2))
# Stand-in bases are made by mmdebstrap, which checks Debian's signatures; the engine asks `ps` for a container's
# processes; the commands of the pages are a reader's own curl and openssl.
ALONGSIDE = ("ca-certificates", "curl", "debian-archive-keyring", "mmdebstrap", "openssl", "procps")
LOG_LINES = 15
# For a slow mirror, and for another apt that holds the lock.
TIMEOUT_S = 1800.0
Run = Callable[[Sequence[str]], tuple[int, str]]
APT = ("apt-get", "--quiet", "--yes", "--option=DPkg::Lock::Timeout=300")


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """What os-release says of the machine whose files begin at `files`."""

    files: Path
    name: str
    family: frozenset[str]
    id: str
    codename: str

    @classmethod
    def read(cls, files: Path) -> "System":
        """Read os-release; https://www.freedesktop.org/software/systemd/man/latest/os-release.html."""
        path = files / "etc/os-release"
        lines = path.read_text().splitlines() if path.is_file() else []
        pairs = (line.partition("=")[::2] for line in lines if not line.startswith("#"))
        said = {name: " ".join(shlex.split(value)) for name, value in pairs}
        return cls(
            files=files,
            name=said.get("PRETTY_NAME", "this system"),
            id=said.get("ID", ""),
            family=frozenset([said.get("ID", ""), *said.get("ID_LIKE", "").split()]),
            codename=said.get("VERSION_CODENAME", ""),
        )

    @property
    def debian(self) -> bool:
        """Whether apt rules here."""
        return bool(self.family & {"debian", "ubuntu"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AptSource:
    """One suite of one archive, as apt's sources name it."""

    uris: str
    suites: tuple[str, ...]
    signed_by: str


def install(system: System, run: Run, say: Callable[[str], None]) -> None:
    """Install the engine, buildx and compose, and say how to undo it; raises EngineError with apt's last lines."""
    say(f"installing a container engine from the packages of {system.name} (a minute or two)")
    _must(run, [*APT, "update"])
    names = [ENGINE[0], BUILDX[0], "docker-cli", *(name for name, _ in COMPOSE), "apparmor", *ALONGSIDE]
    before = _versions(run, names)
    written: list[Path] = []
    if (packages := _own(before)) is None:
        if (system.id, system.codename) != ("debian", OLD):
            had = ", ".join(
                f"{name} {version}" for name, (_, version) in before.items() if version and name.startswith("docker")
            )
            message = f"the packages of {system.name} hold no engine that is new enough ({had or 'none at all'})."
            raise EngineError(f"{message}\nInstall one as https://docs.docker.com/engine/install/ says, and run again.")
        written = _offer_new(system, say)
        if written:
            _must(run, [*APT, "update"])
        packages = [f"{name}/{NEW}" for name in (ENGINE[0], "docker-cli", BUILDX[0], "docker-compose")]
    packages += ALONGSIDE
    # Where the kernel enforces AppArmor, containers do not start without its parser, which is only recommended.
    if _says_yes(system.files / "sys/module/apparmor/parameters/enabled"):
        packages.append("apparmor")
    say(f"apt-get install {' '.join(packages)}")
    try:
        _must(run, [*APT, "install", "--no-install-recommends", *packages])
    finally:
        added = [name for name in (package.partition("/")[0] for package in packages) if not before[name][0]]
        _tell_undoing(added, written, say)


def _own(versions: Mapping[str, tuple[str, str]]) -> list[str] | None:
    """The packages of this suite, or None where it lacks one or has it too old."""

    def new_enough(name: str, least: int) -> bool:
        return _major(versions[name][1]) >= least

    compose = [name for name, least in COMPOSE if new_enough(name, least)]
    if not (new_enough(*ENGINE) and new_enough(*BUILDX) and compose):
        return None
    # Debian 13 took the command line out of docker.io.
    client = ["docker-cli"] if new_enough("docker-cli", ENGINE[1]) else []
    return [ENGINE[0], *client, BUILDX[0], compose[0]]


def _offer_new(system: System, say: Callable[[str], None]) -> list[Path]:
    """Let apt see the next release of the machine's own mirror; the files written, none where it sees it already."""
    sources = _sources(system.files)
    if any(NEW in source.suites for source in sources):
        return []
    mirror = next((source for source in sources if OLD in source.suites), None)
    if mirror is None:
        raise EngineError(f"no source below /etc/apt names {OLD}, so there is no mirror to take {NEW} from.")
    stanza = {
        "Types": "deb",
        "URIs": mirror.uris,
        "Suites": NEW,
        "Components": "main",
        "Signed-By": mirror.signed_by or KEYRING,
    }
    files = {
        system.files / PINS: PINNED,
        system.files / SOURCES: "".join(f"{name}: {value}\n" for name, value in stanza.items()),
    }
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        say(f"wrote {path}")
    return list(files)


def _sources(files: Path) -> list[AptSource]:
    """What apt's one-line and deb822 sources name; https://manpages.debian.org/bookworm/apt/sources.list.5.en.html."""
    folder = files / "etc/apt"
    found = []
    for path in (folder / "sources.list", *sorted((folder / "sources.list.d").glob("*.list"))):
        for line in path.read_text().splitlines() if path.is_file() else ():
            if entry := re.match(r"deb\s+(?:\[(.*?)\]\s*)?(\S+)\s+(\S+)", line):
                options = dict(option.partition("=")[::2] for option in (entry[1] or "").split())
                found.append(AptSource(uris=entry[2], suites=(entry[3],), signed_by=options.get("signed-by", "")))
    for path in sorted((folder / "sources.list.d").glob("*.sources")):
        # A comment may stand between a field and its continuation.
        lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
        for text in re.split(r"\n\s*\n", "\n".join(lines).strip()):
            stanza = HeaderParser().parsestr(text)
            if "deb" in stanza.get("Types", "").split() and stanza.get("Enabled", "yes") != "no":
                suites = tuple(stanza.get("Suites", "").split())
                uris, signed_by = stanza.get("URIs", ""), stanza.get("Signed-By", "")
                found.append(AptSource(uris=uris, suites=suites, signed_by=signed_by))
    return found


def _versions(run: Run, names: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Installed and candidate version of each package; empty where there is none."""
    versions = dict.fromkeys(names, ("", ""))
    for block in re.split(r"\n(?=\S)", _must(run, ["apt-cache", "policy", *names])):
        if entry := re.match(r"(\S+):\n\s+Installed: (\S+)\n\s+Candidate: (\S+)", block):
            versions[entry[1]] = ("" if entry[2] == "(none)" else entry[2], "" if entry[3] == "(none)" else entry[3])
    return versions


def _major(version: str) -> int:
    """The first number after the epoch; -1 where there is no version."""
    found = re.match(r"(?:\d+:)?(\d+)", version)
    return int(found[1]) if found else -1


def _says_yes(path: Path) -> bool:
    return path.is_file() and path.read_text().strip() == "Y"


def _tell_undoing(added: Sequence[str], written: Sequence[Path], say: Callable[[str], None]) -> None:
    say("to undo it:")
    if added:
        say(f"  apt-get purge --autoremove {' '.join(added)}")
    if ENGINE[0] in added:
        say("  rm -r /var/lib/docker /var/lib/containerd   # images, containers and volumes")
    if written:
        say(f"  rm {' '.join(str(path) for path in written)} && apt-get update")


def _must(run: Run, command: Sequence[str]) -> str:
    status, said = run(command)
    if status != 0:
        tail = "\n".join(f"  {line}" for line in said.strip().splitlines()[-LOG_LINES:])
        raise EngineError(f"`{' '.join(command)}` failed:\n{tail}")
    return said


def run(command: Sequence[str]) -> tuple[int, str]:
    """Run it in English and without questions; its exit status and all it printed."""
    # dpkg refuses to work without the programs of sbin on its path.
    path = os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/local/sbin:/usr/sbin:/sbin"
    env = {**os.environ, "PATH": path, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    done = bounded(command, env=env, timeout_s=TIMEOUT_S, together=True)
    return done.status, done.stdout
