"""Code that judges -> its digest, at the grain of functions: editing one of them voids what it judged, and no more.

A finding rests on the function of its promise, on all that this calls, on `Promise.judge`, which makes a verdict of
its answer, and on the methods that its subject lends it. Which methods those are is told by their names: of every
class that the code makes or is given, a method counts once something asks for an attribute of its name. That is more
than what is called, and never less; what could hide a call, such as getattr, is refused.
"""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from .definitions import MODULE, Definition, Module, parsed
from .kept import Digests

PACKAGE = Path(__file__).parents[1]
TOP = __name__.partition(".")[0]
KNOWN = Digests(PACKAGE)
# A protocol that judgements name -> what fulfils it, and what brings it up.
SUBJECTS = {
    ("contract.subject", "Image"): (("contract.trial", "Trial"), ("engine.subjects.image", "BuiltImage")),
    ("contract.servers", "Servers"): (("engine.subjects.servers", "Servers"), ("proving.servers", "arrived")),
    ("contract.servers", "Clone"): (("engine.subjects.servers", "Servers"), ("proving.servers", "bare")),
    ("contract.deployment.subject", "Deployed"): (
        ("engine.subjects.servers", "Servers"),
        ("proving.servers", "arrived"),
    ),
    ("contract.subject", "Stack"): (("engine.subjects.stack", "ComposeStack"), ("proving.stacks", "started")),
}
# Judges commands, which have no subject to ask: it makes what they run in by itself.
APART = ("proving.commands", "rehearse")
JUDGE = ("contract.promise", "Promise")
JUDGING = frozenset({"judge", "judge_twice"})
# Judges nothing, or says what the record states by itself: which files and which base, by their digests.
NOT_FOLLOWED = (
    "catalog",
    "engine.bases",
    "engine.run",
    "engine.lock",
    "engine.trace",
    "environment",
    "contract.rules",
    "contract.definitions",
    "contract.kept",
)
HIDING = frozenset(
    {"getattr", "attrgetter", "methodcaller", "__getattribute__", "__dict__", "eval", "exec"}
    | {"globals", "locals", "vars", "__import__", "import_module"}
)
Address = tuple[str, str]


@cache
def rules_digest(function: Callable[..., object]) -> str:
    """Digest (sha256) of all code that judges where this function is a promise's; TypeError where it cannot be told."""
    module, _, name = name_of(function).rpartition(".")
    return digest_at(module, name, Path(function.__code__.co_filename))


def name_of(function: Callable[..., object]) -> str:
    """Its name below the package, whatever the package is called here."""
    return f"{function.__module__.removeprefix(f'{TOP}.')}.{function.__name__}"


@cache
def digest_at(module: str, name: str, path: Path | None = None) -> str:
    """The same by the function's name below the package; `path` is where its module lies, if not there."""
    if path is not None and _code().path(module) != path:
        return Code(root=PACKAGE, elsewhere={module: path}).digest(module, name)
    known = KNOWN.get(f"{module}.{name}")
    if known is None:
        known = _code().digest(module, name)
        KNOWN.keep(f"{module}.{name}", known)
    return known


@cache
def _code() -> "Code":
    return Code(root=PACKAGE)


@dataclass(frozen=True, kw_only=True)
class Code:
    """A package's code below `root`, and modules that lie elsewhere; read as far as somebody asks."""

    root: Path
    elsewhere: Mapping[str, Path] = field(default_factory=dict)
    subjects: Mapping[Address, Collection[Address]] = field(default_factory=lambda: SUBJECTS)
    judge: Address = JUDGE
    _modules: dict[str, Module] = field(default_factory=dict, init=False)

    def digest(self, module: str, name: str) -> str:
        """Digest of what one function rests on, its own sentence included: that is what was promised."""
        found = self.reached(module, name)
        sentence = found[f"{module}.{name}"].sentence
        text = "\n".join([sentence, *(f"{place}\n{found[place].text}" for place in sorted(found))])
        return "sha256:" + hashlib.sha256(text.encode()).hexdigest()

    def reached(self, module: str, name: str) -> Mapping[str, Definition]:
        """Name below the package -> definition, of all that judges where this function does."""
        if name not in self.module(module).definitions:
            raise TypeError(f"{module} defines no {name}")
        reach = _Reach(code=self)
        reach.add(module, name)
        if (module, name) == APART:
            return reach.found
        named = {kind for one in self.module(module).definitions[name] for kind in one.types}
        asked = {place for kind in named for place in self.origins(module, kind) if place in self.subjects}
        if not asked:
            # Without it nothing of what it asks would count, and nobody would hear of it.
            raise TypeError(f"{module}.{name} names no subject: annotate it, such as `image: Image`")
        for place in asked:
            for lent in self.subjects[place]:
                reach.add(*lent)
        reach.add(*self.judge)
        reach.ask(JUDGING)
        return reach.found

    def module(self, name: str) -> Module:
        """One module, read once; raises TypeError where an import hides what it uses."""
        if name not in self._modules:
            path = self.path(name)
            module = parsed(path.read_text(encoding="utf-8")) if path else Module()
            if module.stars:
                raise TypeError(f"{name} imports * from {module.stars[0]}: what it uses of it cannot be told")
            self._modules[name] = module
        return self._modules[name]

    def path(self, name: str) -> Path | None:
        """Where a module lies, None where there is none of this name."""
        if name in self.elsewhere:
            return self.elsewhere[name]
        place = self.root.joinpath(*name.split("."))
        return next((path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()), None)

    def origins(self, module: str, name: str) -> Iterator[Address]:
        """Where a name of a module is defined: (module, name), the name empty for a module; nothing where elsewhere."""
        if name in self.module(module).definitions:
            yield module, name
        for level, source, what in self.module(module).imports.get(name, ()):
            if (place := self._imported(module, level, source, what)) is None:
                continue
            inner, there = place
            if there == MODULE:
                yield inner, MODULE
            elif (inner, there) != (module, name):
                yield from self.origins(inner, there)

    def _imported(self, module: str, level: int, source: str, what: str) -> Address | None:
        if level:
            # A package is one floor above its own modules.
            is_package = (path := self.path(module)) is not None and path.name == "__init__.py"
            parts = module.split(".")
            parts = parts[: len(parts) - (level - 1 if is_package else level)]
            base = ".".join([*parts, *([source] if source else [])])
        elif source.partition(".")[0] in {TOP, self.root.name}:
            base = source.partition(".")[2]
        else:
            return None
        nested = f"{base}.{what}".strip(".") if what else base
        return (nested, MODULE) if self.path(nested) is not None or not what else (base, what)


@dataclass(kw_only=True)
class _Reach:
    """What was reached so far: definitions, attributes that something asks for, classes that have instances."""

    code: Code
    found: dict[str, Definition] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    live: set[Address] = field(default_factory=set)

    def add(self, module: str, name: str) -> None:
        """A definition by its place, and what it uses."""
        if any(module == room or module.startswith(f"{room}.") for room in NOT_FOLLOWED):
            return
        if (module, name) in self.live:
            return
        top = self.code.module(module)
        for number, definition in enumerate(top.definitions.get(name, ())):
            self._take(module, f"{module}.{name}{f'#{number}' if number else ''}", definition)
        if name in top.methods:
            self.live.add((module, name))
            unseen = {method for method in top.methods[name] if _is_called_unseen(name, method)}
            self._ask_of(module, name, unseen | self.asked)

    def ask(self, attributes: Collection[str]) -> None:
        """Attributes that something asks for: of each live class."""
        new = set(attributes) - self.asked
        self.asked |= new
        for module, name in list(self.live) if new else ():
            self._ask_of(module, name, new)

    def _ask_of(self, module: str, name: str, attributes: Collection[str]) -> None:
        methods = self.code.module(module).methods[name]
        for method in methods.keys() & set(attributes):
            self._take(module, f"{module}.{name}.{method}", methods[method])

    def _take(self, module: str, key: str, definition: Definition) -> None:
        if key in self.found:
            return
        self.found[key] = definition
        if hiding := sorted((definition.names | {word for chain in definition.chains for word in chain}) & HIDING):
            raise TypeError(f"{key} uses {', '.join(hiding)}: what it asks for cannot be told")
        for name in definition.names | definition.types:
            for place in self.code.origins(module, name):
                if place[1] != MODULE:
                    self.add(*place)
                elif name not in definition.own:
                    raise _handed_on(key, place[0])
        asked = set(definition.attributes)
        for name, *attributes in definition.chains:
            if name in definition.own or name not in self.code.module(module).imports:
                asked |= set(attributes)
            # Of another package's module nothing of ours is asked.
            for place in self.code.origins(module, name):
                asked |= set(self._walk(key, place, attributes))
        self.ask(asked)

    def _walk(self, key: str, place: Address, attributes: Sequence[str]) -> Sequence[str]:
        """Follow attributes from module to module to a definition; those that are then asked of it."""
        if place[1] != MODULE:
            self.add(*place)
            return attributes
        if not attributes:
            raise _handed_on(key, place[0])
        first, *rest = attributes
        # The package itself has no name below itself.
        nested = (f"{place[0]}.{first}".lstrip("."), MODULE)
        places = [nested] if self.code.path(nested[0]) else list(self.code.origins(place[0], first))
        return [attribute for inner in places for attribute in self._walk(key, inner, rest)]


def _handed_on(key: str, module: str) -> TypeError:
    return TypeError(f"{key} hands on the module {module}: what is asked of it cannot be told")


def _is_called_unseen(name: str, method: str) -> bool:
    """Whether others than our code may call it: Python itself, or a library that is handed a private object."""
    return name.startswith("_") or (method.startswith("__") and method.endswith("__"))
