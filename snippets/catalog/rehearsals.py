"""A snippet's rehearsal.py -> the judgements in it, by slug; read and not run, so that a list costs no import."""

import ast
import re
from collections.abc import Iterator, Mapping

DECORATOR = "promise"
# Whoever tells what it rests on follows each expression by calls of its own.
DEEPEST = 100
_DEEP = f"nested more than {DEEPEST} deep, and nobody reads that"
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def read_rehearsals(text: str, shown: str, faults: list[str]) -> Mapping[str, str]:
    """Slug -> name of each function that is decorated as a promise, in order; one line for each fault to `faults`."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        line = error.lineno if isinstance(error, SyntaxError) else None
        faults.append(f"{shown}{f':{line}' if line else ''}: not Python: {getattr(error, 'msg', error)}")
        return {}
    except (RecursionError, MemoryError):
        faults.append(f"{shown}: {_DEEP}")
        return {}
    if (line := _too_deep(tree)) is not None:
        faults.append(f"{shown}:{line}: {_DEEP}")
        return {}
    found: dict[str, str] = {}
    for function in _decorated(tree):
        slug = function.name.replace("_", "-")
        if not SLUG.fullmatch(slug):
            faults.append(f"{shown}:{function.lineno}: {function.name}: not named in lower_case_with_underscores")
        if slug in found:
            faults.append(f"{shown}:{function.lineno}: {function.name} is there twice")
        if not ast.get_docstring(function):
            faults.append(f"{shown}:{function.lineno}: {function.name} promises nothing: it has no docstring")
        found[slug] = function.name
    if not found:
        faults.append(f"{shown}: no function is decorated with @{DECORATOR}")
    return found


def _decorated(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef):
            continue
        calls = [each.func for each in node.decorator_list if isinstance(each, ast.Call)]
        if any(isinstance(call, ast.Name) and call.id == DECORATOR for call in calls):
            yield node


def _too_deep(tree: ast.Module) -> int | None:
    """The first line that is too deep, None where none is."""
    waiting: list[tuple[ast.AST, int, int]] = [(tree, 0, 1)]
    while waiting:
        node, depth, line = waiting.pop()
        if depth > DEEPEST:
            return line
        line = getattr(node, "lineno", line)
        waiting += [(child, depth + 1, line) for child in ast.iter_child_nodes(node)]
    return None
