"""TOML -> typed metadata, refused at the door: every fault names its file and key, with the nearest word."""

import dataclasses
import difflib
import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import msgspec

from snippets.contract import BackingService, BehindProxy, Reload, StaleInput


class Struct(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all metadata is: frozen, named, complete."""


class ProjectTable(Struct, frozen=True, kw_only=True):
    """`[project]` of an image: see `contract.Project`."""

    port: int
    page: str = "/"
    live: str = "/livez"
    ready: str = "/readyz"
    slow: str | None = None
    api: str | None = None
    server: str | None = None
    stop_grace_s: float = 10.0
    pre_stop_s: float = 0.0
    graceful_timeout_s: float | None = None
    memory_mib: int = 512
    size_mib: int = 250
    code: str | None = None
    revision: str = "REVISION"
    absent: list[str] = []
    settings: dict[str, str] = {}
    stale: StaleInput | None = None
    backing: BackingService | None = None
    proxy: BehindProxy | None = None
    reload: Reload | None = None


class ProvenIn(Struct, frozen=True, kw_only=True):
    """`[proven_in]` of a configuration: the image that carries it, and the promises it answers for."""

    snippet: str
    promises: list[str]


class Withheld(Struct, frozen=True, kw_only=True):
    """`[withheld]`: the base that cannot be had where no registry answers, and why."""

    base: str
    reason: str


class SnippetTable(Struct, frozen=True, kw_only=True):
    """snippet.toml."""

    title: str
    summary: str
    kind: str
    uses: dict[str, str] = {}
    highlight: dict[str, list[int]] = {}
    project: ProjectTable | None = None
    proven_in: ProvenIn | None = None
    effective: dict[str, str] = {}
    rehearsal: list[str] = []
    not_applicable: dict[str, str] = {}
    commands: dict[str, str] = {}
    withheld: Withheld | None = None


class Edit(Struct, frozen=True, kw_only=True):
    """One replacement in one file; `find` occurs there exactly once."""

    path: str
    find: str
    replace: str


class Fault(Struct, frozen=True, kw_only=True):
    """What is wrong in one place of an exhibit: `find` occurs there exactly once, `pitfall` proves it by itself."""

    path: str
    find: str
    pitfall: str


class PitfallTable(Struct, frozen=True, kw_only=True):
    """pitfalls/<fault>.toml: one `edit`, or whole files of an `exhibit` and the `faults` in them."""

    title: str
    edit: Edit | None = None
    exhibit: list[str] = []
    faults: list[Fault] = []
    stage: str
    promise: str
    message: str
    why: str
    fix: str


T = TypeVar("T", bound=Struct)


def read(path: Path, shown: str, type_: type[T], faults: list[str]) -> T | None:
    """Read one TOML file; on any fault append one line for each to `faults` and return None.

    `shown` is how messages name the file.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        faults.append(f"{shown}: not UTF-8 at byte {error.start}")
        return None
    except OSError as error:
        faults.append(f"{shown}: {error.strerror}")
        return None
    return parse(text, shown, type_, faults)


def parse(text: str, shown: str, type_: type[T], faults: list[str]) -> T | None:
    """Make a table of the text of one TOML file; faults as with `read`."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        faults.append(f"{shown}: not TOML: {error}")
        return None
    return made(table, shown, type_, faults)


def made(table: Mapping[str, Any], shown: str, type_: type[T], faults: list[str]) -> T | None:
    """Make a table of what TOML's reader made of its text; faults as with `read`."""
    before = len(faults)
    values = _values(table, type_, shown, "", faults)
    return type_(**values) if len(faults) == before else None


@cache
def pattern(message: str) -> re.Pattern[str]:
    """What a pitfall's `message` says, compiled once; raises re.error where it is no regular expression."""
    return re.compile(message)


def near(word: str, known: Collection[str]) -> str:
    """Hint at the nearest known word, or say nothing."""
    close = difflib.get_close_matches(word, known, n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def _values(
    table: Mapping[str, Any], type_: type[Any], shown: str, prefix: str, faults: list[str]
) -> dict[str, object]:
    """Convert key by key, so that one run reports every fault and not the first alone."""
    fields, required = _fields(type_)  # type: ignore[arg-type] # a class has a hash
    faults.extend(f"{shown}: unknown key {prefix}{key}{near(key, fields)}" for key in table if key not in fields)
    values: dict[str, object] = {}
    for name, (field_type, nested) in fields.items():
        if name not in table:
            if name in required:
                faults.append(f"{shown}: missing key {prefix}{name}")
            continue
        if nested is not None and isinstance(table[name], Mapping):
            before = len(faults)
            inner = _values(table[name], nested, shown, f"{prefix}{name}.", faults)
            if len(faults) == before:
                values[name] = nested(**inner)
            continue
        try:
            values[name] = msgspec.convert(table[name], field_type)
        except msgspec.ValidationError as error:
            said = str(error).replace(" - at `$", f" - at `{prefix}{name}").replace("`$", f"`{prefix}{name}")
            faults.append(f"{shown}: {prefix}{name}: {said}")
    return values


@cache
def _fields(type_: type[Any]) -> tuple[dict[str, tuple[Any, type[Any] | None]], frozenset[str]]:
    """Name -> type of all keys of a table, with that of a nested table, and which of them it must have."""
    infos = msgspec.inspect.type_info(type_)
    assert isinstance(infos, msgspec.inspect.StructType | msgspec.inspect.DataclassType), "only these are tables"
    hints = get_type_hints(type_)
    fields = {f.name: (hints[f.name], _table_of(hints[f.name])) for f in infos.fields}
    return fields, frozenset(f.name for f in infos.fields if f.required)


def _table_of(type_: object) -> type[Any] | None:
    """The type of a nested table; a dataclass as well, in which msgspec alone would let any key pass."""
    options: Sequence[object] = getattr(type_, "__args__", (type_,))
    for option in options:
        if isinstance(option, type) and (issubclass(option, Struct) or dataclasses.is_dataclass(option)):
            return option
    return None
