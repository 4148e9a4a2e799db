"""A module's text -> its definitions, each with the names and attributes that it uses; nothing is imported.

The grain is a function, a method, a class without its methods, or a statement that binds names. Comments, layout,
docstrings and the meaning of a key are no part of a definition; decorators are.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property

DEFINING = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
# What the grammar of a newer Python adds to the same source, and where a node stands.
SILENT = frozenset({"ctx", "kind", "type_comment", "type_params", "lineno", "col_offset"})
MODULE = ""


@dataclass(frozen=True, kw_only=True)
class Definition:
    """One definition: its nodes, and what it uses.

    `names` are loaded as they are, `own` are its parameters and variables, `types` stand in its annotations: of
    those classes it is given instances. `attributes` are asked of anything, those in `chains` of something with a
    name, as in ("http", "client", "get").
    """

    nodes: Sequence[ast.AST]
    names: frozenset[str]
    own: frozenset[str]
    types: frozenset[str]
    attributes: frozenset[str]
    chains: frozenset[tuple[str, ...]]

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
            # What binds nothing changes what it touches.
            for name in set(_bound(node)) or definition.names | {chain[0] for chain in definition.chains}:
                module.definitions[name].append(definition)
    return module


def _import(node: ast.Import | ast.ImportFrom, module: Module) -> None:
    if isinstance(node, ast.Import):
        for alias in node.names:
            # `import a.b` binds `a`, of which `b` is then asked.
            bound = alias.name if alias.asname else alias.name.partition(".")[0]
            module.imports[alias.asname or bound].append((0, bound, MODULE))
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
        elif isinstance(child, ast.Attribute | ast.Subscript) and isinstance(child.ctx, ast.Store):
            yield _root(child)
        elif isinstance(child, ast.MatchAs | ast.MatchStar | ast.MatchMapping):
            yield (child.rest if isinstance(child, ast.MatchMapping) else child.name) or ""
        elif isinstance(child, DEFINING):
            yield child.name


def _root(node: ast.expr) -> str:
    """The name of what an attribute or an item of is set."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _definition(nodes: Sequence[ast.AST]) -> Definition:
    uses = _Uses()
    for node in nodes:
        uses.visit(node)
    return Definition(
        nodes=nodes,
        names=frozenset(uses.names),
        own=frozenset(uses.own),
        types=frozenset(uses.types),
        attributes=frozenset(uses.attributes),
        chains=frozenset(uses.chains),
    )


class _Uses(ast.NodeVisitor):
    """What nodes use, gathered as they are visited."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.own: set[str] = set()
        self.types: set[str] = set()
        self.attributes: set[str] = set()
        self.chains: set[tuple[str, ...]] = set()

    def visit_Name(self, node: ast.Name) -> None:
        """A name that is loaded, or a variable."""
        (self.own if isinstance(node.ctx, ast.Store) else self.names).add(node.id)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """One of something that has a name, or of anything else."""
        if chain := _chain(node):
            self.chains.add(chain)
        else:
            self.attributes.add(node.attr)
            self.visit(node.value)

    def visit_arg(self, node: ast.arg) -> None:
        """A parameter."""
        self.own.add(node.arg)
        self._annotated(node.annotation)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """A variable or a field with its type."""
        self._annotated(node.annotation)
        for part in (node.target, node.value):
            if part is not None:
                self.visit(part)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """What it is decorated with, takes, does and returns."""
        self._annotated(node.returns)
        for part in (*node.decorator_list, node.args, *node.body):
            self.visit(part)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815

    def _annotated(self, annotation: ast.AST | None) -> None:
        """Names in an annotation are types, those in quotes included."""
        inside = _Uses()
        if annotation is not None:
            inside.visit(annotation)
            for node in ast.walk(annotation):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    with suppress(SyntaxError):
                        self._annotated(ast.parse(node.value, mode="eval"))
        self.types |= inside.names
        self.chains |= inside.chains


def _chain(node: ast.expr) -> tuple[str, ...]:
    """A name and the attributes that are asked for one of the other; nothing where they are not of a name."""
    if isinstance(node, ast.Name):
        return (node.id,)
    before = _chain(node.value) if isinstance(node, ast.Attribute) else ()
    return (*before, node.attr) if isinstance(node, ast.Attribute) and before else ()


def _is_docstring(node: object) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _without_meaning(call: ast.Call) -> ast.Call:
    """What is said of a key is for readers alone; other bounds of it are not."""
    keywords = [keyword for keyword in call.keywords if keyword.arg != "description"]
    return ast.Call(func=call.func, args=call.args, keywords=keywords)


def _canonical(value: object) -> str:
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "Meta":
        value = _without_meaning(value)
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
