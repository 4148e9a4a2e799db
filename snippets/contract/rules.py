"""Code that judges -> its digest, so that editing one promise voids that promise's findings alone."""

import ast
import hashlib
import inspect
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

INTERFACES = ("observation", "subject", "promise", "project", "rules", "trial")
WHOLE = ""


@cache
def rules_digest(function: Callable[..., object]) -> str:
    """Digest (sha256) of a function's source and of every name of its package that it uses.

    Source text, not bytecode or a syntax tree, so that it is the same under every Python.
    Interfaces and result types (`observation`, `subject`, `promise`, `project`) are not followed: they judge nothing.
    Raises TypeError where an import could hide what is used.
    """
    package = function.__module__.rpartition(".")[0]
    pieces: dict[str, str] = {}
    _gather(package, function.__module__, function.__name__, pieces)
    text = "\n".join(f"{name}\n{pieces[name]}" for name in sorted(pieces))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _gather(package: str, module: str, name: str, pieces: dict[str, str]) -> None:
    if module.removeprefix(f"{package}.") in INTERFACES:
        return
    # Named within the package, so that the same code has the same digest wherever it is imported.
    key = f"{module.removeprefix(package)}.{name}"
    definitions = _definitions(module)
    if key in pieces:
        return
    if name == WHOLE:
        pieces[key] = definitions.text
        for own in definitions.sources:
            _gather(package, module, own, pieces)
    elif name in definitions.sources:
        pieces[key] = "\n".join(definitions.sources[name])
        for used in sorted(definitions.names[name]):
            _gather(package, module, used, pieces)
    for origin in definitions.imported.get(name, ()):
        _gather(package, *origin, pieces)


class _Definitions:
    """The top-level definitions of one module: their source, the names they use, what it imports."""

    def __init__(self, module: ModuleType) -> None:
        self.text = inspect.getsource(module)
        # Not splitlines(): to Python's grammar a form feed or U+2028 is no line end.
        lines = self.text.split("\n")
        self.sources: defaultdict[str, list[str]] = defaultdict(list)
        self.names: defaultdict[str, set[str]] = defaultdict(set)
        self.imported: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for node in ast.parse(self.text).body:
            # Every command of ours waits for this, so a statement is walked through once.
            inner = list(ast.walk(node))
            used = {n.id for n in inner if isinstance(n, ast.Name)}
            for statement in inner:
                # Wherever it stands: an import inside a function is used as well.
                if isinstance(statement, ast.Import | ast.ImportFrom):
                    for name, origin in _origins(statement, module):
                        self.imported[name].append(origin)
            decorators: list[ast.expr] = getattr(node, "decorator_list", [])
            first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
            for name in _bound(node, inner):
                self.sources[name].append("\n".join(lines[first - 1 : node.end_lineno]))
                self.names[name] |= used - {name}


def _origins(node: ast.Import | ast.ImportFrom, module: ModuleType) -> Iterator[tuple[str, tuple[str, str]]]:
    """Name -> the module and the name there, for what is imported from the module's own package."""
    package = str(module.__name__).rpartition(".")[0]
    own = (package, f"{package}.")
    if isinstance(node, ast.Import):
        for alias in node.names:
            if alias.name == package or alias.name.startswith(own[1]):
                yield alias.asname or alias.name.partition(".")[0], (alias.name, WHOLE)
        return
    source = node.module or ""
    if node.level:
        source = ".".join(filter(None, [module.__name__.rsplit(".", node.level)[0], source]))
    if source != package and not source.startswith(own[1]):
        return
    for alias in node.names:
        if alias.name == "*":
            message = f"{module.__name__} imports * from {source}: what it uses of it cannot be told"
            raise TypeError(message)
        nested = f"{source}.{alias.name}"
        is_module = source == package and find_spec(nested) is not None
        yield alias.asname or alias.name, (nested, WHOLE) if is_module else (source, alias.name)


def _bound(node: ast.stmt, inner: Sequence[ast.AST]) -> Iterator[str]:
    """Names that a top-level statement binds, inside `if`, `try` and the like as well; `inner` is all of it."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif not isinstance(node, ast.Import | ast.ImportFrom):
        loops = [child for child in inner if isinstance(child, ast.comprehension)]
        local = {name.id for loop in loops for name in ast.walk(loop.target) if isinstance(name, ast.Name)}
        for child in inner:
            if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store) and child.id not in local:
                yield child.id
            elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield child.name


@cache
def _definitions(module: str) -> _Definitions:
    return _Definitions(import_module(module))
