"""TOML -> typed metadata, refused at the door: every fault names its file and key, with the nearest word."""

import difflib
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

from ..contract.deployment.addition import Addition
from ..contract.deployment.description import Deployment
from ..contract.project import Beside, Project, Table
from ..expression import Expression, expression
from .toml import TomlError, load, loads

# Said beside `[project]`, though they are part of the same description.
APART = ("beside", "effective", "not_applicable")
# Of unknown keys a few tell what is wrong; ten thousand take a minute to compare with those there are.
_TOLD = 10
_LONGEST_KEY = 80


class ProvenIn(Table, frozen=True, kw_only=True):
    """Where a configuration is judged: the image that carries it, and the promises it answers for."""

    snippet: Annotated[str, Meta(description="its carrier: the image snippet that it is judged in")]
    promises: Annotated[list[str], Meta(description="the promises that it answers for there")]


class Withheld(Table, frozen=True, kw_only=True):
    """The base that cannot be had where no registry answers, and why nothing can stand in for it."""

    base: Annotated[str, Meta(description="the reference that a `FROM` names")]
    reason: Annotated[str, Meta(description="why nothing can stand in for it")]


class StackTable(Table, frozen=True, kw_only=True):
    """Where a compose project answers once it is up."""

    service: Annotated[str, Meta(description="the service that answers")]
    port: Annotated[int, Meta(description="where it listens in its container")]
    published: Annotated[str, Meta(description="the variable of `.env` that says on which port of this machine")]
    env: Annotated[dict[str, str], Meta(description="what `.env` says instead; each `{port}` in it is a free one")] = {}


# What is put into `env` of hosts, each as a whole value: the image by its digest, the authority, the file with its
# root, and the address where somebody is told.
VERSION = "{version}"
PUT = (VERSION, "{acme}", "{acme_root}", "{alerts}")


class HostTable(Table, frozen=True, kw_only=True):
    """Which hosts a snippet is for, each as it is rented: a Debian 13 that holds nothing."""

    names: Annotated[list[str], Meta(description="the hosts, by the names that its inventory has for them")]
    sites: Annotated[
        dict[str, list[str]], Meta(description="names by which visitors find a host as well, by its own name")
    ] = {}
    env: Annotated[
        dict[str, str], Meta(description=f"what is set where it is deployed from; put in are `{'`, `'.join(PUT)}`")
    ] = {}
    packages: Annotated[
        list[str], Meta(description="packages that its commands install, which hosts of its pitfalls hold already")
    ] = []

    @property
    def found_by(self) -> list[str]:
        """All names by which one of them is found."""
        return [*self.names, *(site for sites in self.sites.values() for site in sites)]


class SnippetTable(Table, frozen=True, kw_only=True):
    """What a snippet is, what of it is shared, what readers type, and what it is judged by."""

    title: Annotated[str, Meta(description="what pages call it")]
    summary: Annotated[str, Meta(description="what it is, in one sentence")]
    kind: Annotated[str, Meta(description="`image`, `config`, `compose`, `host`, `cluster` or `workflow`")]
    uses: Annotated[dict[str, str], Meta(description="files of other snippets, by the path where they are put")] = {}
    highlight: Annotated[dict[str, list[int]], Meta(description="lines that are lit up, by file")] = {}
    project: Annotated[Project | None, Meta(description="an image: where it listens and how it is asked")] = None
    beside: Annotated[dict[str, Beside], Meta(description="an image: services that it needs, by their names")] = {}
    stack: Annotated[StackTable | None, Meta(description="a compose project: where it answers")] = None
    host: Annotated[HostTable | None, Meta(description="a host: what it is, and by which names")] = None
    deployment: Annotated[Deployment | None, Meta(description="a deployment: where it answers and how it is asked")] = (
        None
    )
    addition: Annotated[Addition | None, Meta(description="what is added to a deployment, and how it is judged")] = None
    proven_in: Annotated[ProvenIn | None, Meta(description="a configuration: the image that carries it")] = None
    effective: Annotated[dict[str, str], Meta(description="settings that the server itself has to state so")] = {}
    not_applicable: Annotated[
        dict[str, str],
        Meta(description="an image or a deployment: promises that make no sense here, each with its reason"),
    ] = {}
    commands: Annotated[dict[str, str], Meta(description="what readers type, by name, in their order")] = {}
    withheld: Annotated[Withheld | None, Meta(description="a base that cannot be had where no registry answers")] = None


class Edit(Table, frozen=True, kw_only=True):
    """One replacement in one file, or in one command; `find` occurs there exactly once."""

    path: Annotated[str | None, Meta(description="the file that is edited")] = None
    command: Annotated[str | None, Meta(description="or the command, by its name")] = None
    find: Annotated[str, Meta(description="what is replaced")]
    replace: Annotated[str, Meta(description="by what")]

    @property
    def place(self) -> str:
        """What a diff calls it."""
        return self.path or f"commands.{self.command}"

    def applied(self, text: str) -> str:
        """What becomes of the text."""
        return text.replace(self.find, self.replace, 1)


class Fault(Table, frozen=True, kw_only=True):
    """What is wrong in one place of an exhibit: `find` occurs there exactly once, `pitfall` proves it by itself."""

    path: Annotated[str, Meta(description="a file of the exhibit")]
    find: Annotated[str, Meta(description="what is wrong in it")]
    pitfall: Annotated[str, Meta(description="the pitfall that proves it by itself")]


class PitfallTable(Table, frozen=True, kw_only=True):
    """One `edit` of a snippet that works, or whole files of an `exhibit` and the `faults` in them; who notices."""

    title: Annotated[str, Meta(description="what is wrong, in a few words")]
    edit: Annotated[Edit | None, Meta(description="the one edit")] = None
    exhibit: Annotated[list[str], Meta(description="or whole files, by name, which lie in `exhibits/`")] = []
    faults: Annotated[list[Fault], Meta(description="what is wrong in them")] = []
    stage: Annotated[
        str, Meta(description="how far the mutant gets: `build`, `boot`, `contract`, `arrive` or `rehearsal`")
    ]
    promise: Annotated[str, Meta(description="who has to notice: a promise, a rehearsal, or `command-` and its name")]
    message: Annotated[str, Meta(description="a regular expression that what was seen matches")]
    machine: Annotated[
        bool, Meta(description="whether a whole machine alone can tell, such as what is on its disk without power")
    ] = False
    why: Annotated[str, Meta(description="what comes of it")]
    fix: Annotated[str, Meta(description="what mends it")]


class CheckTable(Project, frozen=True, kw_only=True):
    """What the author of a container says of it, and the promises that are not asked, each with its reason."""

    skip: Annotated[dict[str, str], Meta(description="promises that are not asked, each with its reason")] = {}
    backing: Annotated[Beside | None, Meta(description="as `[beside.backing]`, by its older name")] = None

    @property
    def services(self) -> Mapping[str, Beside]:
        """What stands beside it, under either name of the key."""
        return {**self.beside, **({"backing": self.backing} if self.backing else {})}


T = TypeVar("T", bound=Table)


def read(path: Path, shown: str, type_: type[T], faults: list[str]) -> T | None:
    """Read one TOML file; on any fault append one line for each to `faults` and return None.

    `shown` is how messages name the file.
    """
    try:
        table = load(path)
    except FileNotFoundError as error:
        faults.append(f"{shown}: {error.strerror}")
        return None
    except TomlError as error:
        faults.append(f"{shown}: {error}")
        return None
    return made(table, shown, type_, faults)


def parse(text: str, shown: str, type_: type[T], faults: list[str]) -> T | None:
    """Make a table of the text of one TOML file; faults as with `read`."""
    try:
        table = loads(text)
    except TomlError as error:
        faults.append(f"{shown}: {error}")
        return None
    return made(table, shown, type_, faults)


def made(table: Mapping[str, Any], shown: str, type_: type[T], faults: list[str], prefix: str = "") -> T | None:
    """Make a table of what TOML's reader made of its text; faults as with `read`, keys shown after `prefix`."""
    before = len(faults)
    values = _values(table, type_, shown, prefix, faults)
    return type_(**values) if len(faults) == before else None


def pattern(message: str) -> Expression:
    """What a pitfall's `message` says; raises ExpressionError where it is no regular expression."""
    return expression(message)


def near(word: str, known: Collection[str]) -> str:
    """Hint at the nearest known word, or say nothing."""
    close = difflib.get_close_matches(word, known, n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def _values(
    table: Mapping[str, Any], type_: type[Any], shown: str, prefix: str, faults: list[str]
) -> dict[str, object]:
    """Convert key by key, so that one run reports every fault and not the first alone."""
    fields, required = _fields(type_)  # type: ignore[arg-type] # a class has a hash
    unknown = [key for key in table if key not in fields]
    faults.extend(f"{shown}: unknown key {prefix}{plain(key)}{near(key, fields)}" for key in unknown[:_TOLD])
    if more := len(unknown[_TOLD:]):
        faults.append(f"{shown}: {more} more unknown keys")
    values: dict[str, object] = {}
    for name, (field_type, nested) in fields.items():
        if name not in table:
            if name in required:
                faults.append(f"{shown}: missing key {prefix}{name}")
            continue
        where, stated = f"{prefix}{name}", table[name]
        if nested is not None and isinstance(stated, Mapping):
            if get_origin(field_type) is not dict:
                values[name] = made(stated, shown, nested, faults, f"{where}.")
            elif odd := [key for key, each in stated.items() if not isinstance(each, Mapping)]:
                faults.append(f"{shown}: {where}.{plain(odd[0])}: not a table")
            else:
                values[name] = {
                    key: made(each, shown, nested, faults, f"{where}.{plain(key)}.") for key, each in stated.items()
                }
            continue
        try:
            values[name] = msgspec.convert(stated, field_type)
        except msgspec.ValidationError as error:
            said = str(error).replace(" - at `$", f" - at `{where}").replace("`$", f"`{where}")
            faults.append(f"{shown}: {where}: {said}")
    return values


def plain(key: str) -> str:
    """A key as messages name it: a terminal obeys what is not printable, and nobody reads to the end of a long one."""
    return key if key.isprintable() and len(key) <= _LONGEST_KEY else repr(key[:_LONGEST_KEY])


@cache
def _fields(type_: type[Any]) -> tuple[dict[str, tuple[Any, type[Table] | None]], frozenset[str]]:
    """Name -> type of all keys of a table, with that of a nested table, and which of them it must have."""
    hints = get_type_hints(type_)
    fields = {f.name: (hints[f.name], _table_of(hints[f.name])) for f in msgspec.structs.fields(type_)}
    return fields, frozenset(f.name for f in msgspec.structs.fields(type_) if f.required)


def _table_of(type_: object) -> type[Table] | None:
    """The type of a nested table, or of tables by their names."""
    for option in get_args(type_) or (type_,):
        if isinstance(option, type) and issubclass(option, Table):
            return option
    return None
