"""handbook.toml and options, with guesses for the rest -> the description that a reader's container is judged by."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ..catalog.description import beside_faults, project_faults
from ..catalog.metadata import CheckTable, made, near
from ..catalog.toml import TomlError, load
from ..contract import PROMISES, Project
from ..contract.container.web import config_meant
from ..errors import ProjectError
from ..reading import regular
from .guess import Guess
from .source import LARGEST_BYTES

FILE = "handbook.toml"
# Until the image is built nobody knows where it listens; any port will do to look at the rest.
_ANY_PORT = {"port": 8000}
NO_GUNICORN = "the image's command starts no gunicorn, whose table of settings this reads"


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A complete description, what of it was guessed, and the promises that are not asked, each with its reason."""

    project: Project
    guessed: Sequence[Guess]
    skip: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What an author said: the keys of handbook.toml, those of the command line on top."""

    folder: Path
    values: Mapping[str, object]
    files: Collection[str] | None

    @property
    def skip(self) -> Mapping[str, str]:
        """The promises that are not asked, each with its reason."""
        return self._table(_ANY_PORT).skip

    @classmethod
    def read(cls, folder: Path, files: Collection[str] | None, options: Mapping[str, object]) -> "Stated":
        """Read and look through all of it; raises ProjectError that lists every fault.

        `files` are the paths that the image is built from, None where it is built already.
        """
        values = dict(_loaded(folder / FILE))
        for key, value in options.items():
            known = values.get(key)
            values[key] = {**known, **value} if isinstance(known, dict) and isinstance(value, dict) else value
        stated = cls(folder=folder, values=values, files=files)
        stated._table(_ANY_PORT)
        return stated

    def described(self, guesses: Sequence[Guess]) -> Described:
        """Fill in what was not said; raises ProjectError where that leaves something open, or wrong."""
        said = self.values.keys() | ({"beside"} if "backing" in self.values else set())
        guessed = [guess for guess in guesses if guess.key not in said]
        known = {**{guess.key: guess.value for guess in guessed}, **self.values}
        if "port" not in known:
            raise ProjectError(
                f"where it listens is not known: EXPOSE it in the Dockerfile, or state `port` in {FILE} or by --port"
            )
        last = [Guess(key="live", value=str(known.get("page", "/")), where="nothing that names a health path")]
        last += [Guess(key="ready", value=str(known.get("live", last[0].value)), where="the live path")]
        guessed += [guess for guess in last if guess.key not in known]
        table = self._table({guess.key: guess.value for guess in guessed})
        skip = {config_meant.slug: NO_GUNICORN} if table.server is None else {}
        fields = {name: getattr(table, name) for name in Project.__struct_fields__}
        project = Project(**fields | {"beside": table.services})
        return Described(project=project, guessed=guessed, skip=skip | table.skip)

    def _table(self, guessed: Mapping[str, object]) -> CheckTable:
        faults: list[str] = []
        table = made({**guessed, **self.values}, FILE, CheckTable, faults)
        if table is not None:
            if self.files is None:
                # What is said of a source is for whoever builds.
                table = msgspec.structs.replace(table, code=None, stale=None)
            faults += [f"{FILE}: {fault}" for fault in self._faults(table)]
            faults += [f"{FILE}: {fault}" for fault in _skip_faults(table.skip)]
        if faults or table is None:
            raise ProjectError(*faults)
        return table

    def _faults(self, table: CheckTable) -> Iterator[str]:
        for fault in project_faults(table, self.files or (), self._text):
            yield fault.removeprefix("project.")
        for fault in beside_faults(table.services, table):
            named = table.backing and fault.startswith("beside.backing")
            yield fault.removeprefix("beside." if named else "project.")
        if table.backing and "backing" in table.beside:
            yield "backing: there is a table beside.backing as well, which is the same by its newer name"
        if table.not_applicable:
            yield "not_applicable: here it is called skip"
        for key, path in (("code", table.code), ("stale.path", table.stale.path if table.stale else None)):
            # A link may lead out of what is built.
            if path and (self.folder / path).resolve() != self.folder.resolve() / path:
                yield f"{key}: {path} is a symbolic link, or lies behind one: name the file itself"

    def _text(self, path: str) -> str:
        try:
            return regular(str(self.folder / path), LARGEST_BYTES).decode()
        except UnicodeDecodeError as error:
            raise ProjectError(f"{path}: not UTF-8 at byte {error.start}, and {FILE} wants it edited") from None
        except OSError as error:
            raise ProjectError(f"{path}: {error.strerror}") from None


def _skip_faults(skip: Mapping[str, str]) -> Sequence[str]:
    unknown = [f"skip: no promise {slug!r}{near(slug, PROMISES)}" for slug in skip if slug not in PROMISES]
    return [*unknown, *(f"skip.{slug}: says no reason" for slug, reason in skip.items() if not reason.strip())]


def _loaded(path: Path) -> Mapping[str, object]:
    try:
        return load(path)
    except FileNotFoundError:
        return {}
    except TomlError as error:
        raise ProjectError(f"{path}: {error}") from None
