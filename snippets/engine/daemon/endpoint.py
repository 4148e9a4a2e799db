"""An environment -> the engine's endpoint in it, and whether an engine answers there."""

import json
import re
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...environment import DOCKER_HOST
from ...errors import EngineError
from ..command import OverdueError, bounded
from ..docker import ABSENT

DEFAULT_SOCKET = Path("/var/run/docker.sock")
ANSWER_TIMEOUT_S = 20
# --build-context came with 0.8: https://docs.docker.com/reference/cli/docker/buildx/build/
BUILDX = (0, 8)
COMPOSE = (2, 0)
NOT_FOUND = 127


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """Where the engine is, or would be, as the environment of whoever asks it."""

    environment: Mapping[str, str]

    @classmethod
    def current(cls, environment: Mapping[str, str]) -> "Endpoint":
        """DOCKER_HOST, or the current context's, which Docker's Python SDK does not look at."""
        found = {} if environment.get(DOCKER_HOST.name) else _context(environment)
        return cls(environment={**environment, **found})

    @property
    def host(self) -> str:
        """As docker writes it."""
        return self.environment[DOCKER_HOST.name]

    @property
    def socket(self) -> Path | None:
        """The socket on this machine, where it is one."""
        return Path(self.host.removeprefix("unix://")) if self.host.startswith("unix:///") else None

    def answers(self) -> bool:
        """Whether an engine answers there."""
        return self._version()[0] == 0

    def refuse_stranger(self) -> None:
        """Raise EngineError where something is there that may not be asked, or is no engine: it is not replaced."""
        listens = self._listens()
        status, said = self._version()
        if status == NOT_FOUND and listens is not False:
            raise EngineError(ABSENT.format(said=said))
        if status != 0 and listens:
            message = f"something listens at {self.host} and does not answer as a container engine: {said}"
            raise EngineError(message)

    def _version(self) -> tuple[int, str]:
        return _output(["docker", "version", "--format", "{{.Server.Version}}"], self.environment)

    def _listens(self) -> bool | None:
        """Whether anything listens at the socket; None where it is on another machine."""
        if not self.socket:
            return None
        with socket.socket(socket.AF_UNIX) as connection:
            try:
                connection.connect(str(self.socket))
            except (FileNotFoundError, ConnectionRefusedError):
                return False
            except PermissionError:
                raise EngineError(_denied(self.socket)) from None
        return True

    def lacking(self) -> list[str]:
        """Which of the programs that builds need are missing or too old."""
        return [
            f"docker {name} {least[0]}.{least[1]} or newer"
            for name, least in (("buildx", BUILDX), ("compose", COMPOSE))
            if _version(_output(["docker", name, "version"], self.environment)[1]) < least
        ]


def _context(environment: Mapping[str, str]) -> dict[str, str]:
    """What DOCKER_HOST and its like would say for the current context."""
    status, said = _output(["docker", "context", "inspect"], environment)
    if status == NOT_FOUND:
        return {DOCKER_HOST.name: f"unix://{DEFAULT_SOCKET}"}
    if status != 0:
        raise EngineError(f"docker's current context cannot be read: {said}")
    context = json.loads(said)[0]
    found = {DOCKER_HOST.name: context["Endpoints"]["docker"]["Host"]}
    if context["TLSMaterial"].get("docker"):
        found["DOCKER_CERT_PATH"] = str(Path(context["Storage"]["TLSPath"], "docker"))
        found["DOCKER_TLS_VERIFY"] = "" if context["Endpoints"]["docker"]["SkipTLSVerify"] else "1"
    return found


def _output(command: Sequence[str], environment: Mapping[str, str]) -> tuple[int, str]:
    """Exit status and what was printed: the output of a success, the last line of a failure."""
    try:
        done = bounded(command, env=environment, timeout_s=ANSWER_TIMEOUT_S)
    except FileNotFoundError:
        return NOT_FOUND, f"there is no `{command[0]}` program on PATH"
    except OverdueError:
        return 1, f"no answer within {ANSWER_TIMEOUT_S} s"
    last = done.stderr.strip().rpartition("\n")[2]
    return done.status, done.stdout.strip() if done.status == 0 else last


def _version(said: str) -> tuple[int, int]:
    found = re.search(r"\bv?(\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _denied(path: Path) -> str:
    return (
        f"this user may not ask the container engine at {path}.\n"
        "Add yourself to its group (`sudo usermod --append --groups docker $USER`, then log in again), or use sudo."
    )
