"""The environment, read once and checked at the door."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from psycopg import ProgrammingError
from psycopg.conninfo import make_conninfo


class SettingsError(Exception):
    """A setting is missing or makes no sense. The message names it and never holds its value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the application is told from outside. Secrets stay out of its ``repr``."""

    secret_key: str = field(repr=False)
    secret_key_fallbacks: tuple[str, ...] = field(repr=False)
    database: str | None = field(repr=False)
    uploads: Path | None
    proxy_hops: int
    revision: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Read every setting, or raise SettingsError for the first that is missing or wrong."""
        hops = environment.get("PROXY_HOPS") or "0"
        if not hops.isdecimal():
            raise SettingsError("PROXY_HOPS must be the number of proxies in front, such as 1")
        return cls(
            secret_key=require(environment, "SECRET_KEY"),
            # Keys of before, until what they signed and
            # sealed is gone: so a key can be replaced.
            secret_key_fallbacks=tuple((read(environment, "SECRET_KEY_FALLBACKS") or "").split()),
            database=database_url(environment),
            uploads=uploads(environment),
            proxy_hops=int(hops),
            revision=environment.get("REVISION") or "unknown",
        )


def database_url(environment: Mapping[str, str] = os.environ, *, required: bool = False) -> str | None:
    """Where the database is, as libpq wants it; None where the application runs without one, and may.

    Platforms write postgres://, and libpq takes either. SQLAlchemy wants postgresql://.
    """
    url = require(environment, "DATABASE_URL") if required else read(environment, "DATABASE_URL")
    if url is None:
        return None
    # The URL may be public and the password a
    # file: they are put together only here.
    password = read(environment, "DATABASE_PASSWORD")
    try:
        return make_conninfo(url, password=password)
    except ProgrammingError:
        raise SettingsError("DATABASE_URL must look like postgresql://user@host:5432/name") from None


def uploads(environment: Mapping[str, str]) -> Path | None:
    """A directory that outlives the container; None where nobody may bring a file."""
    name = environment.get("UPLOADS")
    if not name:
        return None
    if not os.access(name, os.W_OK | os.X_OK):
        raise SettingsError(f"UPLOADS must be a directory that user {os.getuid()} can write to: {name}")
    return Path(name)


def require(environment: Mapping[str, str], name: str) -> str:
    """A setting without which nothing works. There is no default: a default would be public."""
    value = read(environment, name)
    if value is None:
        raise SettingsError(f"{name} is not set: give its value, or the path of a file as {name}_FILE")
    return value


def read(environment: Mapping[str, str], name: str) -> str | None:
    """The value of NAME, or what the file holds that NAME_FILE names; None where neither is set.

    Files are how Compose, Swarm and Kubernetes hand over secrets: an environment is
    inherited by every child process and shown by ``docker inspect``, a file is not.
    """
    value, path = environment.get(name), environment.get(f"{name}_FILE")
    if value and path:
        raise SettingsError(f"{name} and {name}_FILE are both set: keep one")
    if not path:
        return value or None
    try:
        # Editors and `echo` end a file with a
        # newline that is no part of the secret.
        held = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not text"
        raise SettingsError(f"{name}_FILE cannot be read: {path}: {why}") from None
    if not held:
        raise SettingsError(f"{name}_FILE is an empty file: {path}")
    return held
