"""A module's text -> its definitions, each with the names and attributes that it uses; nothing is imported.

The grain is a function, a method, a class without its methods, or a statement that binds names. Comments, layout
and docstrings are no part of a definition; decorators are.
"""

import ast
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

DEFINING = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
# What the grammar of a newer Python adds to the same source, and where a node stands.
SILENT = frozenset({"ctx", "kind", "type_comment", "type_params", "lineno", "col_offset"})
MODULE = ""


@dataclass(frozen=True, kw_only=True)
class Definition:
    """One definition: its nodes, and what it uses.

    `names` are loaded, `own` are its parameters and variables, `types` stand in its annotations: of those classes it
    is given instances. `attributes` are asked of anything, `pairs` (name, attribute) of something with a name.
    """

    nodes: Sequence[ast.AST]
    names: frozenset[str]
    own: frozenset[str]
    types: frozenset[str]
    attributes: frozenset[str]
    pairs: frozenset[tuple[str, str]]

    @cached_property
    def text(self) -> str:
        """Canonical text of it: the same whatever its layout, and under every Python that reads it."""
        return "\n".join(_canonical(node) for node in self.nodes)

    @property
    def sentence(self) -> str:
        """Its docstring, where it is a function with one."""
        node = self.nodes[0] if self.nodes else None
        found = ast.get_docstring(node) if isinstance(node, ast.FunctionDef) else None
        return found or ""


@dataclass(slots=True)
class Module:
    """The top of one module: definitions by name, methods by class, and where each imported name comes from.

    An origin is (level, module, name): `from ..errors import EngineError` gives (2, "errors", "EngineError").
    """

    definitions: dict[str, list[Definition]] = field(default_factory=lambda: defaultdict(list))
    methods: dict[str, dict[str, Definition]] = field(default_factory=dict)
    imports: dict[str, list[tuple[int, str, str]]] = field(default_factory=lambda: defaultdict(list))
    stars: list[str] = field(default_factory=list)


def parsed(text: str) -> Module:
    """Read one module; raises SyntaxError."""
    module = Module()
    for node in ast.parse(text).body:
        for inner in ast.walk(node):
            # Wherever it stands: an import inside a function is used as well.
            if isinstance(inner, ast.Import | ast.ImportFrom):
                _import(inner, module)
        if isinstance(node, ast.ClassDef):
            methods = [inner for inner in node.body if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef)]
            rest = [inner for inner in node.body if inner not in methods and not _is_docstring(inner)]
            module.definitions[node.name].append(
                _definition([*node.decorator_list, *node.bases, *node.keywords, *rest])
            )
            # A property and its setter have one name.
            named: dict[str, list[ast.AST]] = defaultdict(list)
            for method in methods:
                named[method.name].append(method)
            module.methods[node.name] = {name: _definition(nodes) for name, nodes in named.items()}
        elif not isinstance(node, ast.Import | ast.ImportFrom):
            definition = _definition([node])
            for name in _bound(node):
                module.definitions[name].append(definition)
    return module


def _import(node: ast.Import | ast.ImportFrom, module: Module) -> None:
    if isinstance(node, ast.Import):
        for alias in node.names:
            module.imports[alias.asname or alias.name.partition(".")[0]].append((0, alias.name, MODULE))
        return
    for alias in node.names:
        if alias.name == "*":
            module.stars.append(node.module or "")
        module.imports[alias.asname or alias.name].append((node.level, node.module or "", alias.name))


def _bound(node: ast.stmt) -> Iterator[str]:
    """Names that a top-level statement binds, inside `if`, `try` and the like as well."""
    if isinstance(node, DEFINING):
        yield node.name
        return
    inner = list(ast.walk(node))
    loops = [child for child in inner if isinstance(child, ast.comprehension)]
    local = {name.id for loop in loops for name in ast.walk(loop.target) if isinstance(name, ast.Name)}
    for child in inner:
        if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store) and child.id not in local:
            yield child.id
        elif isinstance(child, DEFINING):
            yield child.name


def _definition(nodes: Sequence[ast.AST]) -> Definition:
    names, own, types = set[str](), set[str](), set[str]()
    attributes, pairs = set[str](), set[tuple[str, str]]()
    ahead: list[ast.AST] = list(nodes)
    while ahead:
        node = ahead.pop()
        for name, value in ast.iter_fields(node):
            children = [
                child for child in (value if isinstance(value, list) else [value]) if isinstance(child, ast.AST)
            ]
            if name in {"annotation", "returns"}:
                types.update(_types(children))
            else:
                ahead += children
        if isinstance(node, ast.Name):
            (names if isinstance(node.ctx, ast.Load) else own).add(node.id)
        elif isinstance(node, ast.arg):
            own.add(node.arg)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            pairs.add((node.value.id, node.attr))
        elif isinstance(node, ast.Attribute):
            attributes.add(node.attr)
    return Definition(
        nodes=nodes,
        names=frozenset(names),
        own=frozenset(own),
        types=frozenset(types),
        attributes=frozenset(attributes),
        pairs=frozenset(pairs),
    )


def _types(annotations: Collection[ast.AST]) -> Iterator[str]:
    """Names in annotations, those in quotes included."""
    for annotation in annotations:
        for node in ast.walk(annotation):
            if isinstance(node, ast.Name):
                yield node.id
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                try:
                    yield from _types([ast.parse(node.value, mode="eval")])
                except SyntaxError:
                    continue


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _canonical(value: object) -> str:
    if isinstance(value, ast.AST):
        fields = (
            f"{name}={_canonical(child)}"
            for name, child in ast.iter_fields(value)
            if name not in SILENT and child is not None and child != []
        )
        return f"{type(value).__name__}({','.join(fields)})"
    if isinstance(value, list):
        return f"[{','.join(_canonical(child) for child in value if not _is_docstring(child))}]"
    return repr(value)
