"""The tables of TOML files -> every key that one may hold: its dotted name, what it says, and what holds without it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from inspect import cleandoc
from typing import Any

from msgspec import NODEFAULT, Struct, inspect

from .diagrams import DiagramTable
from .metadata import APART, CheckTable, PitfallTable, SnippetTable


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file that people write: its table, and which keys of that are `elsewhere`, or `found` where nobody states them.

    `found` are words for readers, by key; the tests hold them against what is really guessed.
    """

    table: type[Struct]
    elsewhere: frozenset[str] = frozenset()
    found: Mapping[str, str] = field(default_factory=dict)


FILES: Mapping[str, File] = {
    "snippet.toml": File(
        table=SnippetTable, elsewhere=frozenset({*(f"project.{key}" for key in APART), "deployment.not_applicable"})
    ),
    "pitfalls/<fault>.toml": File(table=PitfallTable),
    "diagrams/<name>.toml": File(table=DiagramTable),
    "handbook.toml": File(
        table=CheckTable,
        # Here it is called skip.
        elsewhere=frozenset({"not_applicable"}),
        found={
            "port": "what the image exposes or asks in its `HEALTHCHECK`, else what compose.yaml or Procfile says",
            "live": "what the `HEALTHCHECK` asks, else `page`",
            "ready": "the same as `live`",
            "server": "`gunicorn`, where the command starts it",
            "stop_grace_s": "what compose.yaml says, else `10`",
            "memory_mib": "what compose.yaml says, else `512`",
        },
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key by its dotted name; `without` is None where it is required."""

    name: str
    says: str
    without: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The keys of one table, under the header by which TOML opens it; the whole file's has none."""

    header: str
    says: str
    keys: tuple[Key, ...]


def groups(file: File) -> tuple[Group, ...]:
    """Every table of a file, itself first, each kind of table once: a second of the same kind says so by itself."""
    return tuple(_groups(file, file.table, "", "", set()))


def _groups(file: File, table: type[Struct], header: str, prefix: str, told: set[type]) -> Iterator[Group]:
    told.add(table)
    known = inspect.type_info(table)
    assert isinstance(known, inspect.StructType)
    fields = [each for each in known.fields if f"{prefix}{each.name}" not in file.elsewhere]
    keys = tuple(_key(file, each, f"{prefix}{each.name}") for each in fields)
    yield Group(header=header, says=" ".join(cleandoc(table.__doc__ or "").split("\n\n")[0].split()), keys=keys)
    for each in fields:
        name = f"{prefix}{each.name}"
        nested, one, opened = _nested(each.type, name)
        if nested is not None and nested not in told:
            yield from _groups(file, nested, opened, f"{one}.", told)


def _key(file: File, each: inspect.Field, name: str) -> Key:
    assert isinstance(each.type, inspect.Metadata), f"{name} has no description"
    says = (each.type.extra_json_schema or {})["description"]
    return Key(name=name, says=says, without=file.found.get(name) or _default(each))


def _default(each: inspect.Field) -> str | None:
    """A default as TOML has it, in backticks; a word where it is empty, which TOML cannot say."""
    if each.required:
        return None
    default: Any = each.default
    if default is NODEFAULT or default in (None, ""):
        return "nothing"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f'`"{default}"`' if isinstance(default, str) else f"`{default:g}`"


def _nested(type_: inspect.Type, name: str) -> tuple[type[Struct] | None, str, str]:
    """The table that a key holds, how one of it is named, and the header that opens it in TOML."""
    match type_:
        case inspect.Metadata(type=inner):
            return _nested(inner, name)
        case inspect.UnionType(types=types):
            return next((found for each in types if (found := _nested(each, name))[0]), (None, "", ""))
        case inspect.DictType(value_type=inspect.StructType(cls=cls)):
            return cls, f"{name}.NAME", f"[{name}.NAME]"
        case inspect.ListType(item_type=inspect.StructType(cls=cls)):
            return cls, f"{name}[N]", f"[[{name}]]"
        case inspect.StructType(cls=cls):
            return cls, name, f"[{name}]"
    return None, "", ""
